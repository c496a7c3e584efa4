package golang

import (
	"bytes"
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
	if w.names.isForeign(t) {
		return false
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
