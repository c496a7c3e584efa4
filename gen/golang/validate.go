package golang

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// validateWriter prints validate.go. What Go's types have a place for is checked in place; the
// rest is checked in the JSON of a value, by the runtime, with rules that are printed as JSON.
type validateWriter struct {
	codecWriter
	rules    *plan.Rules
	params   *plan.Rules
	own      map[schema.Named][]*schema.Check
	matchers map[string]string        // by pattern
	formats  map[string]schema.Format // of matchers that are for one
	scope    *naming.Scope

	owner string // the type whose method is printed
	input bool   // of params: what results always carry may be missing in them
	depth int
	loops int
}

// validate prints the method Validate of every type that has a schema, and the function
// Validating.
func (g *generator) validate(diags *text.Diagnostics) []byte {
	w := &validateWriter{
		codecWriter: codecWriter{file: g.newFile(importRPC)},
		rules:       plan.NewRules(plan.RE2Pattern), params: plan.NewRules(plan.RE2Pattern),
		own: map[schema.Named][]*schema.Check{}, matchers: map[string]string{}, formats: map[string]schema.Format{}, scope: naming.NewScope("Go", nil, nil),
	}
	validators := g.plan.Validators()
	for _, c := range plan.Unchecked(validators, plan.RE2Pattern) {
		d := diags.Add(c.Pos, "pattern-unchecked", "validators in Go do not check a pattern of this schema: Go's regular expressions do not have it", "write it without lookarounds and backreferences")
		d.Severity = text.Warning
	}
	for _, v := range validators {
		w.own[v.Type] = []*schema.Check{v.Input, v.Out}
	}
	for _, v := range validators {
		if w.isType(v.Type) {
			w.writeValidator(v)
		}
	}
	w.writeValidating()
	w.writeMatchers()
	w.writeRules("schemas", w.rules)
	w.imports = importRPC // what was printed and not kept may have noted more
	if code := w.b.Bytes(); bytes.Contains(code, []byte("json.RawMessage]")) {
		w.imports |= importJSON
	}
	return w.bytes("")
}

// isType tells whether a type has methods of its own.
func (w *validateWriter) isType(t schema.Named) bool {
	a, alias := t.(*schema.Alias)
	return w.names.hasMethods(t) && (!alias || isDefined(a))
}

// writeValidator prints
//
//	// Validate tells all that is wrong with v, in an [rpc.ValidationError].
//	func (v *User) Validate() error { return rpc.Validate(v, false, (*User).validate) }
//
//	func (v *User) validate(p *rpc.Problems) {
//		if rpc.Shorter(v.Name, 1) {
//			p.AddAt("name", "limit", "must have at least 1 character")
//		}
//	}
func (w *validateWriter) writeValidator(v plan.Validator) {
	name := w.names.types[v.Type]
	o, object := v.Type.(*schema.Object)
	if !object || !slices.Contains(w.names.fields[o], "Validate") {
		strict := strconv.FormatBool(!v.Type.Head().Out)
		w.b.Blank()
		comment(w.b, "Validate tells all that is wrong with v, in an [rpc.ValidationError].")
		w.b.Block("func (v *"+name+") Validate() error {", func() {
			w.b.Line("return rpc.Validate(v, ", strict, ", (*", name, ").validate)")
		}, "}")
	}
	w.owner = name
	w.b.Line()
	w.b.Block("func (v *"+name+") validate(p *rpc.Problems) {", func() {
		printInput := func() { w.input = true; w.whole(v.Type, v.Input) }
		printOut := func() { w.input = false; w.whole(v.Type, v.Out) }
		input, out := w.apart(printInput), w.apart(printOut)
		switch {
		case v.Out == nil || bytes.Equal(input.Bytes(), out.Bytes()):
			w.b.Append(input)
		case v.Input == nil:
			w.b.Append(out)
		default:
			w.b.Line("if p.Strict {")
			w.b.Indent(printInput)
			w.b.Line("} else {")
			w.b.Indent(printOut)
			w.b.Line("}")
		}
	}, "}")
}

// whole prints what checks the receiver of a method.
func (w *validateWriter) whole(t schema.Named, c *schema.Check) {
	if inner, ok := t.(*schema.Alias); ok {
		target, null := w.names.stripNull(inner.Target)
		body := w.apart(func() { w.value(c, target, "(*v)", "", true) })
		if null && body.Len() > 0 {
			w.b.Line("if *v != nil {")
			w.b.Indent(func() { w.value(c, target, "(*v)", "", true) })
			w.b.Line("}")
			return
		}
		w.b.Append(body)
		return
	}
	x := "v"
	if _, ok := t.(*schema.Enum); ok {
		x = "*v"
	}
	w.value(c, t, x, "", true)
}

// writeValidating prints
//
//	// Validating checks the params of calls before they are sent through caller.
//	func Validating(caller rpc.Caller) rpc.Caller { return rpc.Checking(caller, params) }
func (w *validateWriter) writeValidating() {
	for _, m := range w.plan.Methods {
		if named, ok := m.Params.(schema.Named); ok && w.own[named] != nil {
			if c := w.own[named][0]; c != nil {
				w.params.Add(m.Wire, c)
			}
		}
	}
	name := w.names.scope.Distinct("Validating")
	w.b.Blank()
	comment(w.b, name+" checks the params of calls before they are sent through caller. What is wrong is an [rpc.InvalidParamsError], as if the server had said so, which was not sent:\n\n"+
		"```\napi := NewAPIClientWith("+name+"(NewCentrifugoRPCClient(url, token, userID)))\n```")
	w.b.Block("func "+name+"(caller rpc.Caller) rpc.Caller {", func() { w.b.Line("return rpc.Checking(caller, params)") }, "}")
	if w.params.JSON() == "" {
		w.b.Line()
		w.b.Line("var params = rpc.NewRules(`{}`)")
		return
	}
	w.writeRules("params", w.params)
}

// writeRules prints rules as JSON.
func (w *validateWriter) writeRules(name string, rules *plan.Rules) {
	if text := rules.JSON(); text != "" {
		w.b.Line()
		literal := "`" + text + "`"
		if strings.ContainsAny(text, "`\r") || quoteAll(text) {
			literal = strconv.Quote(text)
		}
		w.b.Raw("var " + name + " = rpc.NewRules(" + literal + ")\n")
	}
}

// quoteAll tells whether a text has characters that should not stand in source code.
func quoteAll(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && !strconv.IsPrint(r) })
}

// apart prints into a buffer of its own, as deep as the current one.
func (w *validateWriter) apart(body func()) *emit.Buffer {
	old := w.b
	defer func() { w.b = old }()
	w.b = newBuffer()
	w.b.SetIndent(old)
	body()
	return w.b
}

// value prints what checks x, which is not null and has the Go type of t: in place, or in
// its JSON. key is the member's name as a Go string, "" where p is at x already.
func (w *validateWriter) value(c *schema.Check, t schema.Type, x, key string, top bool) {
	if plan.Idle(c) {
		return
	}
	covered := false
	body := w.apart(func() { covered = w.typed(c, t, x, key, top) })
	if covered {
		w.b.Append(body)
		return
	}
	code := w.plainFunction(t)
	if top {
		code = "(*" + w.owner + ").codeJSON"
	}
	w.enter(key, func() {
		w.b.Line("rpc.CheckJSON(", reference(x), ", p, schemas, ", quote(w.rules.Name(c, w.owner+"Part")), ", ", code, ")")
	})
}

// reference is &x.
func reference(x string) string {
	if x == "v" {
		return x
	}
	if rest, ok := strings.CutPrefix(x, "*"); ok {
		return rest
	}
	if rest, ok := strings.CutPrefix(x, "(*"); ok && strings.HasSuffix(rest, ")") {
		return strings.TrimSuffix(rest, ")")
	}
	return "&" + x
}

// bare is x where it needs no parentheses.
func bare(x string) string {
	if x == "(*v)" {
		return "*v"
	}
	return x
}

// enter prints body between p.Enter and p.Leave, where it is about a member.
func (w *validateWriter) enter(key string, body func()) {
	if key == "" {
		body()
		return
	}
	inner := w.apart(body)
	if inner.Len() == 0 {
		return
	}
	w.b.Line("p.Enter(", key, ")")
	w.b.Append(inner)
	w.b.Line("p.Leave()")
}

// add prints what notes a problem.
func (w *validateWriter) add(key, rule, message string) {
	if key == "" {
		w.b.Line("p.Add(", quote(rule), ", ", quote(message), ")")
		return
	}
	w.b.Line("p.AddAt(", key, ", ", quote(rule), ", ", quote(message), ")")
}

// when prints a problem under a condition.
func (w *validateWriter) when(condition, key, rule, message string) {
	w.b.Block("if "+condition+" {", func() { w.add(key, rule, message) }, "}")
}

// maxTyped bounds how deep checks are printed in place that are not those of a named type.
const maxTyped = 12

// typed prints what checks x in place; it returns false where Go's type has no place for
// what is demanded.
func (w *validateWriter) typed(c *schema.Check, t schema.Type, x, key string, top bool) bool {
	if plan.Idle(c) {
		return true
	}
	if w.depth++; w.depth > maxTyped {
		w.depth--
		return false
	}
	defer func() { w.depth-- }()
	if c.Never || c.Not != nil || c.Then != nil || c.Else != nil || c.UnevaluatedItems != nil || c.UnevaluatedMembers != nil {
		return false
	}
	if !top && w.call(c, t, x, key) {
		return true
	}
	parts := slices.Concat(refOf(c), c.AllOf)
	if _, union := schema.Core(t).(*schema.Union); union && (c.AnyOf != nil || c.OneOf != nil) {
		return w.union(c, t, x, key)
	}
	for _, branches := range [][]*schema.Check{c.AnyOf, c.OneOf} {
		if only := possible(branches, t); len(only) == 1 {
			parts = append(parts, only[0])
		} else if branches != nil {
			return false
		}
	}
	for _, part := range parts {
		if !w.typed(part, t, x, key, false) {
			return false
		}
	}
	rest := *c
	if rest.Ref, rest.AllOf, rest.AnyOf, rest.OneOf = nil, nil, nil, nil; plan.Idle(&rest) {
		return true
	}
	switch t := schema.Core(t).(type) {
	case *schema.Scalar:
		return w.scalar(c, t, x, key)
	case *schema.Enum:
		return w.enum(c, t, x, key)
	case *schema.List:
		return w.list(c, t, x, key)
	case *schema.Map:
		return w.dict(c, t, x, key)
	case *schema.Object:
		covered := false
		w.enter(key, func() { covered = w.object(c, t, strings.TrimPrefix(x, "*")) })
		return covered
	case *schema.Tuple:
		covered := false
		w.enter(key, func() { covered = w.tuple(c, t, strings.TrimPrefix(x, "*")) })
		return covered
	case *schema.Null:
		return c.Null || slices.Contains(c.Types, "null")
	}
	return false
}

// possible returns the alternatives that values of a type can fit.
func possible(branches []*schema.Check, t schema.Type) (fit []*schema.Check) {
	kind := jsonType(t)
	for _, b := range branches {
		typed := b
		for hops := 0; typed.Ref != nil && typed.Types == nil && hops < maxTyped; hops++ {
			typed = typed.Ref
		}
		if typed.Types == nil || slices.Contains(typed.Types, kind) || kind == "integer" && slices.Contains(typed.Types, "number") ||
			kind == "number" && slices.Contains(typed.Types, "integer") || kind == "" {
			fit = append(fit, b)
		}
	}
	return fit
}

// jsonType is the type of all values of t; "" where there are several.
func jsonType(t schema.Type) string {
	switch t := schema.Core(t).(type) {
	case *schema.Scalar:
		return t.Kind.String()
	case *schema.Enum:
		if t.Base != schema.Mixed {
			return t.Base.String()
		}
	case *schema.List, *schema.Tuple:
		return "array"
	case *schema.Map, *schema.Object:
		return "object"
	}
	return ""
}

func refOf(c *schema.Check) []*schema.Check {
	if c.Ref == nil {
		return nil
	}
	return []*schema.Check{c.Ref}
}

// call prints a call of the method that checks the values of a named type.
func (w *validateWriter) call(c *schema.Check, t schema.Type, x, key string) bool {
	named, ok := t.(schema.Named)
	for hops := 0; ok && hops < maxTyped; hops++ {
		if slices.Contains(w.own[named], c) && w.isType(named) {
			w.enter(key, func() { w.b.Line(strings.TrimPrefix(x, "*"), ".validate(p)") })
			return true
		}
		rest := *c
		rest.Ref, rest.Null = nil, false
		if c.Ref == nil || !plan.Idle(&rest) {
			break
		}
		c = c.Ref
	}
	return false
}

// hasOnly tells whether the types of a check, if it names any, include one.
func hasOnly(c *schema.Check, types ...string) bool {
	return c.Types == nil || slices.ContainsFunc(types, func(t string) bool { return slices.Contains(c.Types, t) })
}

// scalar prints the limits of a text or a number.
func (w *validateWriter) scalar(c *schema.Check, t *schema.Scalar, x, key string) bool {
	switch {
	case t.Kind == schema.String:
		return hasOnly(c, "string") && w.text(c, x, key) && w.listed(c, goString, x, key)
	case t.Wide():
		return false
	case t.Kind == schema.Integer:
		return hasOnly(c, "integer", "number") && w.integer(c, x, key) && w.listed(c, goInt, x, key)
	case t.Kind == schema.Number:
		return hasOnly(c, "number") && w.float(c, x, key) && w.listed(c, goFloat, x, key)
	}
	return hasOnly(c, "boolean") && w.listed(c, goBool, x, key)
}

func (w *validateWriter) enum(c *schema.Check, t *schema.Enum, x, key string) bool {
	switch base := enumBase(t); base {
	case goString:
		return hasOnly(c, "string") && w.text(c, x, key) && w.listed(c, base, x, key)
	case goInt:
		return hasOnly(c, "integer", "number") && w.integer(c, x, key) && w.listed(c, base, x, key)
	case goBool:
		return hasOnly(c, "boolean") && w.listed(c, base, x, key)
	}
	return false
}

// listed prints what refuses values that are not listed.
func (w *validateWriter) listed(c *schema.Check, base goBase, x, key string) bool {
	if !c.Listed {
		return true
	}
	var literals []string
	for _, v := range c.Values {
		switch {
		case base == goString && v.Kind == text.KindString:
			literals = append(literals, quote(v.Text))
		case base == goBool && v.Kind == text.KindBool:
			literals = append(literals, v.Text)
		case base == goInt && v.Kind == text.KindNumber:
			n, ok := new(big.Int).SetString(v.Text, 10)
			if !ok || !n.IsInt64() {
				return false
			}
			literals = append(literals, n.String())
		default:
			return false
		}
	}
	slices.Sort(literals)
	literals = slices.Compact(literals)
	message := plan.OnlyMessage(c)
	switch {
	case len(literals) == 0:
		return false
	case len(literals) == 1 && base == goBool:
		not := "!"
		if literals[0] == "false" {
			not = ""
		}
		w.when("p.Strict && "+not+"bool("+x+")", key, "const", message)
	case len(literals) == 1:
		w.when("p.Strict && "+x+" != "+literals[0], key, "const", message)
	case base == goBool:
	default:
		w.b.Block("if p.Strict {", func() {
			w.b.Line("switch ", x, " {")
			w.b.Line("case ", strings.Join(literals, ", "), ":")
			w.b.Line("default:")
			w.b.Indent(func() { w.add(key, "const", message) })
			w.b.Line("}")
		}, "}")
	}
	return true
}

func (w *validateWriter) text(c *schema.Check, x, key string) bool {
	if c.MinLength != "" {
		w.when("rpc.Shorter("+x+", "+c.MinLength+")", key, "limit", plan.AtLeast(c.MinLength, "characters"))
	}
	if c.MaxLength != "" {
		w.when("rpc.Longer("+x+", "+c.MaxLength+")", key, "limit", plan.AtMost(c.MaxLength, "characters"))
	}
	if c.Pattern != "" {
		for _, p := range plan.RE2Pattern(c.Pattern) {
			w.when("!"+w.matcher(p, schema.FormatNone)+"(string("+x+"))", key, "format", "must match the pattern "+c.Pattern)
		}
	}
	if f := plan.CheckedFormat(c); f != schema.FormatNone {
		w.when("!"+w.matcher("^(?:"+plan.FormatPattern(f)+")$", f)+"(string("+x+"))", key, "format", "must be of the format "+string(f))
	}
	return true
}

// matcher returns the variable for a pattern:
//
//	var matchesPattern1 = rpc.Matcher(`^[a-z]+$`)
func (w *validateWriter) matcher(pattern string, format schema.Format) string {
	name := w.matchers[pattern]
	if name == "" {
		name = fmt.Sprintf("matchesPattern%d", len(w.matchers)+1)
		w.matchers[pattern], w.formats[name] = name, format
	}
	return name
}

func (w *validateWriter) writeMatchers() {
	names := make([]string, 0, len(w.matchers))
	patterns := map[string]string{}
	for pattern, name := range w.matchers {
		names = append(names, name)
		patterns[name] = pattern
	}
	if len(names) == 0 {
		return
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	lines := make([]column, len(names))
	for i, name := range names {
		make := "= rpc.Matcher("
		if f := w.formats[name]; f != schema.FormatNone {
			make = "= rpc.FormatMatcher(" + quote(string(f)) + ", "
		}
		lines[i] = column{cells: []string{name, make + quote(patterns[name]) + ")"}}
	}
	w.b.Line()
	w.b.Line("// The patterns are compiled when they are first needed.")
	w.b.Block("var (", func() { aligned(w.b, lines) }, ")")
}

func (w *validateWriter) integer(c *schema.Check, x, key string) bool {
	for _, l := range boundsOf(c) {
		n, ok := new(big.Int).SetString(l.bound, 10)
		if !ok || !n.IsInt64() {
			return false
		}
		w.when(x+l.operator+n.String(), key, "limit", "must be "+l.words+l.bound)
	}
	if c.MultipleOf == "" {
		return true
	}
	n, ok := new(big.Int).SetString(c.MultipleOf, 10)
	if !ok || !n.IsInt64() || n.Sign() <= 0 {
		return false
	}
	w.when(x+"%"+n.String()+" != 0", key, "limit", "must be a multiple of "+c.MultipleOf)
	return true
}

func (w *validateWriter) float(c *schema.Check, x, key string) bool {
	for _, l := range boundsOf(c) {
		if _, err := strconv.ParseFloat(l.bound, 64); err != nil {
			return false
		}
		w.when(x+l.operator+l.bound, key, "limit", "must be "+l.words+l.bound)
	}
	if c.MultipleOf != "" {
		w.when("!rpc.IsMultiple("+x+", "+quote(c.MultipleOf)+")", key, "limit", "must be a multiple of "+c.MultipleOf)
	}
	return true
}

type bound struct{ operator, bound, words string }

func boundsOf(c *schema.Check) (bounds []bound) {
	for _, l := range []bound{
		{" < ", c.Minimum, "at least "}, {" <= ", c.ExclusiveMinimum, "more than "},
		{" > ", c.Maximum, "at most "}, {" >= ", c.ExclusiveMaximum, "less than "},
	} {
		if l.bound != "" {
			bounds = append(bounds, l)
		}
	}
	return bounds
}

// size prints the limits of how many items or members there are.
func (w *validateWriter) size(least, most, of, x, key string) {
	if least != "" {
		w.when("len("+x+") < "+least, key, "limit", plan.AtLeast(least, of))
	}
	if most != "" {
		w.when("len("+x+") > "+most, key, "limit", plan.AtMost(most, of))
	}
}

func (w *validateWriter) list(c *schema.Check, t *schema.List, x, key string) bool {
	if !hasOnly(c, "array") || c.Prefix != nil || c.Contains != nil || c.Listed {
		return false
	}
	w.size(c.MinItems, c.MaxItems, "items", x, key)
	if c.Unique {
		s, ok := schema.Resolve(t.Elem).(*schema.Scalar)
		if !ok || s.Wide() || s.Kind == schema.Number {
			return false
		}
		w.when("rpc.Repeats("+x+")", key, "limit", "must have no item twice")
	}
	w.loops++
	i := "i"
	if w.loops > 1 {
		i += itoa(w.loops)
	}
	items := w.apart(func() { w.b.Indent(func() { w.nullable(c.Items, t.Elem, x+"["+i+"]", "") }) })
	w.loops--
	if items.Len() == 0 {
		return true
	}
	w.enter(key, func() {
		w.b.Line("for ", i, " := range ", bare(x), " {")
		w.b.Indent(func() { w.b.Line("p.EnterItem(", i, ")") })
		w.b.Append(w.deeper(func() { w.nullable(c.Items, t.Elem, x+"["+i+"]", "") }))
		w.b.Indent(func() { w.b.Line("p.Leave()") })
		w.b.Line("}")
	})
	return true
}

// deeper prints the body of a loop.
func (w *validateWriter) deeper(body func()) *emit.Buffer {
	w.loops++
	defer func() { w.loops-- }()
	return w.apart(func() { w.b.Indent(body) })
}

func (w *validateWriter) dict(c *schema.Check, t *schema.Map, x, key string) bool {
	if !hasOnly(c, "object") || c.Patterns != nil || c.Members != nil || c.Needs != nil || c.Dependent != nil || c.Listed {
		return false
	}
	if c.Additional != nil && c.Additional.Never {
		return false
	}
	w.size(c.MinMembers, c.MaxMembers, "members", x, key)
	for _, name := range c.Required {
		if _, ok := schema.Resolve(t.Key).(*schema.Scalar); !ok {
			return false
		}
		w.enter(key, func() {
			w.b.Block("if _, ok := "+x+"["+quote(name)+"]; !ok {", func() { w.add(quote(name), "missing", "is missing") }, "}")
		})
	}
	covered := true
	print := func() {
		if c.Names != nil {
			covered = w.typed(c.Names, t.Key, "key", "", false)
		}
		if c.Additional != nil {
			item := w.apart(func() { w.nullable(c.Additional, t.Value, "item", "") })
			if item.Len() > 0 {
				w.b.Line("item := ", x, "[key]")
				w.b.Append(item)
			}
		}
	}
	inner := w.deeper(print)
	if !covered || inner.Len() == 0 {
		return covered
	}
	w.enter(key, func() {
		w.b.Line("for key := range ", bare(x), " {")
		w.b.Indent(func() { w.b.Line("p.Enter(string(key))") })
		w.b.Append(w.deeper(print))
		w.b.Indent(func() { w.b.Line("p.Leave()") })
		w.b.Line("}")
	})
	return covered
}

// tuple prints what checks the items that have a field.
func (w *validateWriter) tuple(c *schema.Check, t *schema.Tuple, x string) bool {
	least := itoa(t.Min)
	if !hasOnly(c, "array") || c.Unique || c.Contains != nil || c.Listed || len(c.Prefix) != len(t.Items) || t.Rest != nil || keepsItems(t) ||
		c.MinItems != least && c.MinItems != "" || c.MaxItems != "" && c.MaxItems != itoa(len(t.Items)) {
		return false
	}
	for i, item := range c.Prefix {
		inner, null := w.names.stripNull(t.Items[i].Type)
		_, pointer := w.itemOf(t, i)
		field := x + "." + w.names.items[t][i]
		body := func() {
			w.b.Line("p.EnterItem(", itoa(i), ")")
			w.value(item, inner, field, "", false)
			w.b.Line("p.Leave()")
		}
		switch {
		case plan.Idle(item):
		case pointer && !null && i < t.Min:
			return false
		case pointer:
			field = "*" + field
			w.unlessNil(field[1:], body, nil)
		case w.names.isNilable(inner):
			return false
		default:
			body()
		}
	}
	return true
}

// nullable prints what checks an item or a value, which may be null.
func (w *validateWriter) nullable(c *schema.Check, t schema.Type, x, key string) {
	if plan.Idle(c) {
		return
	}
	inner, null := w.names.stripNull(t)
	switch {
	case null && w.names.isNilable(inner):
		w.unlessNil(x, func() { w.value(c, inner, x, key, false) }, nil)
	case null:
		w.unlessNil(x, func() { w.value(c, inner, "*"+x, key, false) }, nil)
	case w.names.isNilable(inner):
		w.unlessNil(x, func() { w.value(c, inner, x, key, false) }, func() { w.add(key, "type", "must not be null") })
	default:
		w.value(c, inner, x, key, false)
	}
}

// unlessNil prints
//
//	if x != nil {
//		…
//	} else {
//		…
//	}
func (w *validateWriter) unlessNil(x string, body, otherwise func()) {
	inner := w.apart(func() { w.b.Indent(body) })
	switch {
	case inner.Len() > 0:
		w.b.Line("if ", x, " != nil {")
		w.b.Append(inner)
		if otherwise != nil {
			w.b.Line("} else {")
			w.b.Indent(otherwise)
		}
		w.b.Line("}")
	case otherwise != nil:
		w.b.Line("if ", x, " == nil {")
		w.b.Indent(otherwise)
		w.b.Line("}")
	}
}

func (w *validateWriter) object(c *schema.Check, o *schema.Object, x string) bool {
	if !hasOnly(c, "object") || c.Patterns != nil || c.Names != nil || c.Needs != nil || c.Dependent != nil || c.Listed || c.MinMembers != "" || c.MaxMembers != "" {
		return false
	}
	fields := w.members[o]
	byWire := map[string]*member{}
	for i := range fields {
		byWire[fields[i].Wire] = &fields[i]
	}
	for _, name := range c.Required {
		if f := byWire[name]; f == nil {
			if w.plan.Object(o).TypedExtra {
				return false
			}
			w.b.Block("if _, ok := "+x+".Extra["+quote(name)+"]; !ok {", func() { w.add(quote(name), "missing", "is missing") }, "}")
		}
	}
	for _, m := range c.Members {
		f := byWire[m.Key]
		switch {
		case f != nil:
			w.field(m.Check, f, x+"."+f.name, plan.Required(c, m.Key))
		case !plan.Idle(m.Check):
			return false
		}
	}
	return w.extra(c, o, x)
}

// field prints what checks a member.
func (w *validateWriter) field(c *schema.Check, f *member, x string, required bool) {
	var otherwise func()
	if required && !f.always && !f.remembersNull() && w.input {
		otherwise = func() { w.add(f.wire, "missing", "is missing") }
	} else if f.always && !f.null && !plan.Idle(c) && !c.Null {
		otherwise = func() { w.add(f.wire, "type", "must not be null") }
	}
	switch {
	case f.constant():
		if f.Const.Kind == text.KindString {
			w.when(`p.Strict && `+x+` != "" && `+x+" != "+quote(f.Const.Text), f.wire, "const", "must be "+f.Const.JSON())
		}
	case f.pointer:
		w.unlessNil(x, func() { w.value(c, f.inner, "*"+x, f.wire, false) }, otherwise)
	case w.names.isNilable(f.inner):
		if _, any := schema.Core(f.inner).(*schema.Any); any && !required {
			otherwise = nil
		}
		w.unlessNil(x, func() { w.value(c, f.inner, x, f.wire, false) }, otherwise)
	default:
		w.value(c, f.inner, x, f.wire, false)
	}
}

// extra prints what checks the members that have no field.
func (w *validateWriter) extra(c *schema.Check, o *schema.Object, x string) bool {
	switch {
	case plan.Idle(c.Additional):
		return true
	case c.Additional.Never:
		var nulls []string
		for _, f := range w.members[o] {
			if f.remembersNull() {
				nulls = append(nulls, f.wire)
			}
		}
		w.b.Line("p.NoExtra(", strings.Join(append([]string{x + ".Extra"}, nulls...), ", "), ")")
		return !w.plan.Object(o).TypedExtra
	case !w.plan.Object(o).TypedExtra || len(c.Members) < len(o.Fields):
		return false
	}
	return w.dict(&schema.Check{Additional: c.Additional}, &schema.Map{Key: &schema.Scalar{Kind: schema.String}, Value: o.Extra}, x+".AdditionalProperties", "")
}

// union prints a switch over the variants, where each is the type that one of the
// alternatives describes:
//
//	switch v := v.Payment.(type) {
//	case Card:
//		v.validate(p)
//	case *Card:
//		if v != nil {
//			v.validate(p)
//		}
//	case UnknownPayment:
//		if p.Strict {
//			p.Add("union", "fits none of the alternatives")
//		}
//	}
func (w *validateWriter) union(c *schema.Check, t schema.Type, x, key string) bool {
	u, ok := schema.Core(t).(*schema.Union)
	rest := *c
	rest.AnyOf, rest.OneOf, rest.Null = nil, nil, false
	if !ok || !plan.Idle(&rest) || c.AnyOf != nil && c.OneOf != nil {
		return false
	}
	branches := slices.Concat(c.AnyOf, c.OneOf)
	if len(branches) != len(w.names.variants[u]) || c.OneOf != nil && plan.DispatchOf(branches) == nil {
		return false
	}
	for _, v := range w.names.variants[u] {
		named, ok := v.typ.(schema.Named)
		if !ok || v.wrapper || !w.isType(named) || !slices.ContainsFunc(branches, func(b *schema.Check) bool { return w.describes(b, named) }) {
			return false
		}
	}
	w.enter(key, func() {
		w.b.Line("switch v := ", x, ".(type) {")
		for _, v := range w.names.variants[u] {
			w.b.Line("case ", v.goName, ":")
			w.b.Indent(func() { w.b.Line("v.validate(p)") })
			w.b.Line("case *", v.goName, ":")
			w.b.Indent(func() { w.b.Block("if v != nil {", func() { w.b.Line("v.validate(p)") }, "}") })
		}
		if unknown := w.names.unknown[u]; unknown != "" {
			w.b.Line("case ", unknown, ":")
			w.b.Indent(func() {
				w.b.Block("if p.Strict {", func() { w.add("", "union", "fits none of the alternatives") }, "}")
			})
		}
		w.b.Line("}")
	})
	return true
}

// describes tells whether a check is that of a named type.
func (w *validateWriter) describes(c *schema.Check, named schema.Named) bool {
	for hops := 0; c != nil && hops < maxTyped; hops++ {
		if slices.Contains(w.own[named], c) {
			return true
		}
		rest := *c
		rest.Ref = nil
		if !plan.Idle(&rest) {
			return false
		}
		c = c.Ref
	}
	return false
}
