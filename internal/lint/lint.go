// Package lint finds what is valid in an API, and makes its clients harder to use: what to
// write in Pydantic instead is in the hint.
package lint

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Rule is something that wsgen lint looks for.
type Rule struct {
	ID    string
	Hint  string // what to write in Pydantic
	check func(*linter)
}

// Finding is a place where a rule applies.
type Finding struct {
	*Rule
	At      string // "tasks.get_stats", "Task.title"
	Message string
	Pos     text.Pos
}

// Rules are all rules; docs/lint.md explains each.
var Rules = []*Rule{
	{"method-undocumented", "write a docstring for the handler", (*linter).methodDocs},
	{"event-undocumented", "write a docstring for the model that is published", (*linter).eventDocs},
	{"method-without-errors", "declare what can go wrong: @websocket_rpc(…, errors=[TaskNotFound])", (*linter).methodErrors},
	{"event-access-unstated", "say who may subscribe: @centrifugo_channel(…, permission=may_read), or access=\"public\"", (*linter).eventAccess},
	{"open-params", "refuse typing errors: model_config = ConfigDict(extra=\"forbid\")", (*linter).openParams},
	{"untagged-union", "give each model a Literal member, and the union Field(discriminator=…)", (*linter).untaggedUnions},
	{"unbounded-list", "bound it: Annotated[list[…], Field(max_length=…)], or return a page with a cursor", (*linter).unboundedLists},
	{"untyped-value", "declare a model, or JsonValue if it can really be anything", (*linter).untypedValues},
	{"money-as-float", "use Decimal, which travels as text without rounding", (*linter).moneyAsFloat},
	{"secret-in-result", "leave it out, or declare it SecretStr where only params have it", (*linter).secrets},
	{"integer-beyond-javascript", "bound it below 2**53, set `typescript: {int64: bigint}` in wsgen.yaml, or let it travel as a string", (*linter).wideIntegers},
	{"repeated-literal", "give it a name: class Status(StrEnum), or type Status = Literal[…]", (*linter).repeatedLiterals},
	{"colliding-names", "rename one, or choose the name in code under `rename` in wsgen.yaml", (*linter).collidingNames},
	{"generic-name", "give it a name: class TaskPage(Page[Task]): pass, or use `rename` in wsgen.yaml", (*linter).genericNames},
	{"long-name", "name the generic: class TaskPage(Page[Task]): pass, or use `rename` in wsgen.yaml", (*linter).longNames},
}

// Check applies all rules to an API. The findings are in the order of their places.
func Check(p *plan.Plan) []Finding {
	l := &linter{Plan: p}
	for _, r := range Rules {
		l.rule = r
		r.check(l)
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		switch {
		case a.Pos.Before(b.Pos):
			return -1
		case b.Pos.Before(a.Pos):
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return l.findings
}

type linter struct {
	*plan.Plan
	rule     *Rule
	findings []Finding
}

func (l *linter) add(pos text.Pos, at, format string, args ...any) {
	l.findings = append(l.findings, Finding{l.rule, at, fmt.Sprintf(format, args...), pos})
}

func (l *linter) methodDocs() {
	for _, m := range l.Methods {
		if m.Doc == "" {
			l.add(m.Pos, m.Wire, "the method has no description")
		}
	}
}

func (l *linter) eventDocs() {
	for _, e := range l.Events {
		if e.Doc == "" {
			l.add(e.Pos, e.Wire, "the event has no description")
		}
	}
}

// methodErrors leaves out methods that take nothing, which have little to refuse.
func (l *linter) methodErrors() {
	for _, m := range l.Methods {
		if m.Params != nil && len(m.Errors) == 0 && !m.Notify {
			l.add(m.Pos, m.Wire, "the method declares no errors, so callers cannot tell its refusals apart")
		}
	}
}

func (l *linter) eventAccess() {
	for _, e := range l.Events {
		if !e.AccessStated {
			l.add(e.Pos, e.Wire, "nothing says who may subscribe; it is %q by default", e.Access)
		}
	}
}

func (l *linter) openParams() {
	for _, m := range l.Methods {
		o, ok := schema.Core(m.Params).(*schema.Object)
		if ok && m.Params != nil && !o.Closed && o.Extra == nil && len(o.Fields) > 0 {
			l.add(o.Pos, o.Name, "params of %s ignore members that are not declared", m.Wire)
		}
	}
}

func (l *linter) untaggedUnions() {
	for _, t := range l.Types {
		u, ok := t.(*schema.Union)
		if !ok {
			continue
		}
		planned, objects := l.Union(u), 0
		for _, v := range planned.Variants {
			if _, ok := schema.Resolve(v.Type).(*schema.Object); ok {
				objects++
			}
		}
		if planned.Tag == "" && objects > 1 {
			l.add(u.Pos, u.Name, "%d models are told apart by their members only", objects)
		}
	}
}

// unboundedLists looks at lists in results that have no name of their own.
func (l *linter) unboundedLists() {
	for _, m := range l.Methods {
		if unbounded(m.Result) {
			l.add(m.Pos, m.Wire, "the result is a list without a bound, and replies have one")
		}
	}
	l.members(func(o *schema.Object, f *schema.Field) {
		if o.Out && unbounded(f.Type) {
			l.add(f.Pos, o.Name+"."+f.Wire, "the list has no bound, and replies have one")
		}
	})
}

func unbounded(t schema.Type) bool {
	list, ok := schema.Core(t).(*schema.List)
	return ok && (list.Limits == nil || list.Limits.MaxLength == "")
}

func (l *linter) untypedValues() {
	l.members(func(o *schema.Object, f *schema.Field) {
		if _, ok := schema.Core(f.Type).(*schema.Any); ok {
			l.add(f.Pos, o.Name+"."+f.Wire, "the member may be anything")
		}
	})
}

var (
	money  = regexp.MustCompile(`^(price|amount|cost|total_price|balance|fee|salary|subtotal|discount|tax)s?$`)
	secret = regexp.MustCompile(`^(password|passwd|secret|api_?key|private_?key|access_?token|refresh_?token|client_?secret|password_?hash)$`)
)

func (l *linter) moneyAsFloat() {
	l.members(func(o *schema.Object, f *schema.Field) {
		s, ok := schema.Core(f.Type).(*schema.Scalar)
		last := f.Name[len(f.Name)-1]
		if ok && s.Kind == schema.Number && s.Format == schema.FormatNone && money.MatchString(last) {
			l.add(f.Pos, o.Name+"."+f.Wire, "an amount of money is a float, which rounds")
		}
	})
}

func (l *linter) secrets() {
	l.members(func(o *schema.Object, f *schema.Field) {
		s, ok := schema.Core(f.Type).(*schema.Scalar)
		if ok && o.Out && s.Kind == schema.String && (s.Hint == "password" || f.WriteOnly || secret.MatchString(strings.Join(f.Name, "_"))) {
			l.add(f.Pos, o.Name+"."+f.Wire, "a secret is sent to clients")
		}
	})
}

func (l *linter) wideIntegers() {
	l.members(func(o *schema.Object, f *schema.Field) {
		s, ok := schema.Core(f.Type).(*schema.Scalar)
		if ok && plan.BeyondDouble(s) {
			l.add(f.Pos, o.Name+"."+f.Wire, "the integer may need more than 53 bits, and a number of JavaScript has no more")
		}
	})
}

func (l *linter) repeatedLiterals() {
	first := map[string]string{}
	l.members(func(o *schema.Object, f *schema.Field) {
		e, ok := schema.Core(f.Type).(*schema.Enum)
		if !ok || !e.Inline || len(e.Values) < 2 {
			return
		}
		at, values := o.Name+"."+f.Wire, schema.Describe(e)
		if before, seen := first[values]; seen {
			l.add(f.Pos, at, "%s has the same values", before)
			return
		}
		first[values] = at
	})
}

// collidingNames looks for what is told apart on the wire, and by an ending or a number in code.
func (l *linter) collidingNames() {
	key := func(n schema.Name) string { return strings.Join(n, "_") }
	types := map[string]string{}
	for _, t := range l.Types {
		d := t.Head()
		words := key(schema.SplitName(d.Name))
		if other, taken := types[words]; taken && !d.Inline {
			l.add(d.Pos, d.Name, "the type is called like %s but for the spelling", other)
		}
		types[words] = d.Name
		o, ok := t.(*schema.Object)
		if !ok {
			continue
		}
		members := map[string]string{}
		for _, f := range o.Fields {
			if other, taken := members[key(f.Name)]; taken {
				l.add(f.Pos, o.Name+"."+f.Wire, "the member is called like %s but for the spelling", other)
			}
			members[key(f.Name)] = f.Wire
		}
	}
}

// genericNames looks for names that nobody has chosen.
func (l *linter) genericNames() {
	for _, t := range l.Types {
		if d := t.Head(); d.Generic && d.Name == d.DocName { // nobody has renamed it
			l.add(d.Pos, d.Name, "the name is made of those of a generic model and its arguments")
		}
	}
}

// longName is more than most people want to write.
const longName = 40

func (l *linter) longNames() {
	for _, t := range l.Types {
		if d := t.Head(); len(d.Name) > longName && !d.Inline {
			l.add(d.Pos, d.Name, "the name has %d characters", len(d.Name))
		}
	}
}

// members visits each member of each object.
func (l *linter) members(visit func(*schema.Object, *schema.Field)) {
	for _, t := range l.Types {
		if o, ok := t.(*schema.Object); ok {
			for _, f := range o.Fields {
				visit(o, f)
			}
		}
	}
}
