package typescript

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/schema"
)

// validateFile prints validate.ts, an entry point of its own: who does not import it does
// not pay for it.
type validateFile struct {
	*emit.Buffer
	names     *names
	scope     *naming.Scope
	imports   map[string]bool // names of rpc/checks.ts
	formats   map[schema.Format]bool
	functions map[*schema.Check]string
	marks     map[*schema.Check]string // functions that mark what a check describes
	queue     []queued
	lists     []doc

	codecs     bool // codecs.ts is used
	converters map[converter]bool

	// Of the function that is being printed.
	function string
	strict   bool // it uses its second parameter
	found    bool // it adds issues
	member   bool // it looks at members or items
}

// queued is a function that is to be printed.
type queued struct {
	name  string
	check *schema.Check
	mark  bool // it marks what the check describes
}

// reservedChecks are what validate.ts imports and declares itself.
var reservedChecks = naming.Set(keywords, `RPCCaller Check Checks Issue Issues Validator add anyOf checking count formats isInteger isMultiple isNumber mark markIf markItems markMembers marked seen Marks
	isObject join longer matches needs oneOf own params repeats same shorter size types under validating validator wrong at m v i key other strict`)

// writeValidators prints
//
//	export const validateTask = validator<types.Task>(checkTask, false);
//
// for each form of each type that has a name, what checks params before they are sent,
// and the functions that do the work.
func writeValidators(n *names) []byte {
	f := &validateFile{
		names: n, scope: naming.NewScope("TypeScript", nil, n.reserved(reservedChecks)),
		imports: map[string]bool{"checking": true}, formats: map[schema.Format]bool{},
		functions: map[*schema.Check]string{}, marks: map[*schema.Check]string{}, converters: map[converter]bool{},
	}
	validators := n.plan.Validators()
	f.Buffer = emit.New(indent, lineWidth)
	f.writeExports(validators)
	f.writeParams(validators)
	functions := emit.New(indent, lineWidth)
	for len(f.queue) > 0 {
		next := f.queue[0]
		f.queue = f.queue[1:]
		functions.Blank()
		if next.mark {
			functions.Append(f.writeMark(next))
		} else {
			functions.Append(f.writeFunction(next))
		}
	}
	all := emit.New(indent, lineWidth)
	all.Line(header)
	all.Blank()
	if f.codecs {
		writeImport(all, []string{"codec"}, "./codecs"+n.extension)
	}
	writeImport(all, []string{"type RPCCaller"}, "./rpc-client"+n.extension)
	writeImport(all, slices.Sorted(maps.Keys(f.imports)), "./rpc/checks"+n.extension)
	writeConverterImports(all, f.converters, n.extension)
	if f.imports["validator"] {
		all.Line(`import type * as types from "./types`, n.extension, `";`)
	}
	all.Blank()
	all.Line(`export type { Issue, Validator } from "./rpc/checks`, n.extension, `";`)
	all.Blank()
	all.Append(f.Buffer)
	if len(f.formats) > 0 {
		all.Blank()
		f.writeFormats(all)
	}
	for _, list := range f.lists {
		all.Blank()
		printDoc(all, list)
	}
	all.Append(functions)
	return all.Bytes()
}

// writeExports prints the validators.
func (f *validateFile) writeExports(validators []plan.Validator) {
	for _, v := range validators {
		if f.names.inPlace(v.Type) {
			continue
		}
		for _, input := range f.names.forms(v.Type) {
			if !f.names.isExported(v.Type, input) {
				continue
			}
			check := v.Out
			if input {
				check = v.Input
			}
			f.use("validator")
			called := f.names.typeName(v.Type, input)
			f.Blank()
			comment{body: []string{"Tells all that is wrong with a value: nothing where it is a valid " + code(called) + "."}}.write(f.Buffer)
			left := raw("export const " + f.scope.Distinct("validate"+naming.Title(called)))
			args := []doc{raw(f.call(check, called)), raw(strconv.FormatBool(input))}
			if f.names.converted(v.Type) {
				use := func(c converter) { f.converters[c] = true }
				args = append(args, concat(raw("codec("), conversionOf(f.names, v.Type, use), raw(")")))
				f.codecs = true
			}
			call := group(commaList("/* @__PURE__ */ validator<types."+called+">(", args, ")", ","))
			printDoc(f.Buffer, concat(assignment(left, call), raw(";")))
		}
	}
}

// writeParams prints
//
//	export function validating(rpc: RPCCaller): RPCCaller {
//	  return checking(rpc, params);
//	}
func (f *validateFile) writeParams(validators []plan.Validator) {
	checks := map[schema.Named]*schema.Check{}
	for _, v := range validators {
		checks[v.Type] = v.Input
	}
	f.Blank()
	comment{body: []string{"Checks the params of calls before they are sent: `new APIClient(validating(rpc))`. What is wrong is an `InvalidParamsError`, as if the server had said so; its `sent` is false."}}.write(f.Buffer)
	f.Block("export function validating(rpc: RPCCaller): RPCCaller {", func() { f.Line("return checking(rpc, params);") }, "}")
	var members []doc
	for _, m := range f.names.plan.Methods {
		if named, ok := m.Params.(schema.Named); ok && checks[named] != nil {
			members = append(members, group(raw(literalKey(m.Wire)+":"), indented(line, raw(f.call(checks[named], named.Head().Name)))))
		}
	}
	f.Blank()
	if len(members) == 0 {
		f.Line("const params = {};")
		return
	}
	all := braces("const params = ", members, ",")
	all.forced = true
	printDoc(f.Buffer, concat(all, raw(";")))
}

// writeFormats prints how texts of the formats look.
func (f *validateFile) writeFormats(b *emit.Buffer) {
	var members []member
	for _, format := range slices.Sorted(maps.Keys(f.formats)) {
		members = append(members, member{string(format), raw(quote("^(?:" + plan.FormatPattern(format) + ")$"))})
	}
	printDoc(b, concat(raw("const formats = "), brokenObject(members), raw(";")))
}

// use notes which names of rpc/checks.ts are used.
func (f *validateFile) use(called string) string {
	f.imports[called] = true
	return called
}

// call returns the name of the function for a check, which is to be printed.
func (f *validateFile) call(c *schema.Check, called string) string {
	if name := f.functions[c]; name != "" {
		return name
	}
	if c.Key != "" {
		called = c.Key
	}
	name := f.scope.Distinct(identifier("check" + naming.Title(called)))
	f.functions[c] = name
	f.queue = append(f.queue, queued{name: name, check: c})
	return name
}

// part is [validateFile.call] for a part of the function that is being printed.
func (f *validateFile) part(c *schema.Check, called string) string {
	return f.call(c, strings.TrimPrefix(f.function, "check")+naming.Pascal(schema.SplitName(called)))
}

// writeFunction prints
//
//	function checkTask(v: unknown, strict: boolean): Issues {
//	  if (!isObject(v)) {
//	    return wrong("type", "must be an object");
//	  }
//	  let at: Issues;
//	  …
//	  return at;
//	}
func (f *validateFile) writeFunction(q queued) *emit.Buffer {
	f.use("type Issues")
	outer := f.Buffer
	defer func() { f.Buffer = outer }()
	body := emit.New(indent, lineWidth)
	f.Buffer, f.function, f.strict, f.found, f.member = body, q.name, false, false, false
	b := emit.New(indent, lineWidth)
	var early, late *emit.Buffer
	body.Indent(func() { early = f.apart(func() { f.early(q.check) }) })
	body.Indent(func() { late = f.apart(func() { f.whole(q.check) }) })
	value, strict := "v", "strict"
	if !f.strict {
		strict = "_strict"
	}
	if early.Len() == 0 && (late.Len() == 0 || q.check.Never) {
		value = "_v"
	}
	printDoc(b, concat(group(commaList("function "+q.name+"(", []doc{raw(value + ": unknown"), raw(strict + ": boolean")}, ")", ","), raw(": Issues")), raw(" {")))
	b.Append(early)
	b.Indent(func() {
		if f.found {
			b.Line("let at: Issues;")
		}
		if f.member {
			b.Line("let m: unknown;")
		}
	})
	b.Append(late)
	b.Indent(func() {
		if f.found {
			b.Line("return at;")
		} else {
			b.Line("return undefined;")
		}
	})
	b.Line("}")
	return b
}

// apart prints into a buffer of its own, one level deep.
func (f *validateFile) apart(write func()) *emit.Buffer {
	old := f.Buffer
	defer func() { f.Buffer = old }()
	f.Buffer = emit.New(indent, lineWidth)
	f.Indent(write)
	return f.Buffer
}

// early prints what ends the function at once.
func (f *validateFile) early(c *schema.Check) {
	if c.Null {
		f.block("if (", when("v === null"), func() { f.Line("return undefined;") })
	}
	if c.Never || c.Types == nil {
		return
	}
	f.block("if (", f.otherTypes(c, "v"), func() {
		f.statement("return "+f.use("wrong")+"(", raw(`"type"`), raw(quote(typeMessage(c))))
	})
}

// whole prints all that is demanded of v, which has one of the types already.
func (f *validateFile) whole(c *schema.Check) {
	if c.Never {
		f.add("never", "is not allowed", "")
		return
	}
	f.scalars(c, "v", "", c.Types)
	if hasArrayRules(c) {
		f.ofType(c, "array", "Array.isArray(v)", func() { f.array(c) })
	}
	if hasObjectRules(c) {
		f.ofType(c, "object", "isObject(v)", func() { f.object(c) })
	}
	f.combined(c)
}

// ofType prints body for the values of one type.
func (f *validateFile) ofType(c *schema.Check, typ, condition string, body func()) {
	switch {
	case c.Types == nil || len(c.Types) > 1 && slices.Contains(c.Types, typ):
		if typ == "object" {
			f.use("isObject")
		}
		f.block("if (", when(condition), body)
	case c.Types[0] == typ:
		body()
	}
}

// block prints `if (a && b) {`, the body and `}`.
func (f *validateFile) block(open string, conditions []doc, body func()) {
	f.condition(open, conditions)
	f.Indent(body)
	f.Line("}")
}

func (f *validateFile) condition(open string, conditions []doc) {
	printDoc(f.Buffer, group(raw(open), indented(softline, separated(conditions, " &&")), softline, raw(") {")))
}

// when are conditions that all must hold.
func when(conditions ...string) []doc {
	docs := make([]doc, len(conditions))
	for i, c := range conditions {
		docs[i] = raw(c)
	}
	return docs
}

// calls is a call that is a condition.
func (f *validateFile) calls(not, called string, args ...string) doc {
	return group(commaList(not+f.use(called)+"(", when(args...), ")", ","))
}

// statement prints a call with its arguments.
func (f *validateFile) statement(open string, args ...doc) {
	printDoc(f.Buffer, concat(group(commaList(open, args, ")", ",")), raw(";")))
}

// add prints `at = add(at, "limit", "must be at least 1", "count");`.
func (f *validateFile) add(typ, message, key string) {
	f.found = true
	args := []doc{raw("at"), raw(quote(typ)), raw(quote(message))}
	if key != "" {
		args = append(args, raw(key))
	}
	f.statement("at = "+f.use("add")+"(", args...)
}

// join prints what adds the issues that another function finds in the same value, or
// in a member or an item.
func (f *validateFile) join(function, value, key string) {
	f.found, f.strict = true, true
	issues := group(commaList(function+"(", []doc{raw(value), raw("strict")}, ")", ","))
	if key == "" {
		f.statement("at = "+f.use("join")+"(", raw("at"), issues)
		return
	}
	f.statement("at = "+f.use("under")+"(", raw("at"), issues, raw(key))
}

// value prints what checks a member or an item: in place where that is little code.
func (f *validateFile) value(c *schema.Check, key, called string) {
	f.member = f.member || !c.Never
	switch {
	case c.Never:
		f.add("never", "is not allowed", key)
	case isInline(c):
		f.inline(c, "m", key)
	case c.Ref != nil && isReference(c):
		call := func() { f.join(f.part(c.Ref, called), "m", key) }
		if c.Null {
			f.block("if (", when("m !== null"), call)
		} else {
			call()
		}
	default:
		f.join(f.part(c, called), "m", key)
	}
}

// isReference tells whether a check is no more than the one that it refers to, or null.
func isReference(c *schema.Check) bool {
	rest := *c
	rest.Ref, rest.Null = nil, false
	return plan.Idle(&rest)
}

// isInline tells whether a check looks at scalars only.
func isInline(c *schema.Check) bool {
	return plan.IsFlat(c) && !hasArrayRules(c) && !hasObjectRules(c) && (c.Key == "" || plan.Idle(c))
}

func hasArrayRules(c *schema.Check) bool {
	return c.MinItems != "" || c.MaxItems != "" || c.Unique || c.Prefix != nil || c.Items != nil || c.Contains != nil
}

func hasObjectRules(c *schema.Check) bool {
	return c.MinMembers != "" || c.MaxMembers != "" || c.Required != nil || c.Members != nil || c.Patterns != nil ||
		c.Additional != nil || c.Names != nil || c.Needs != nil || c.Dependent != nil
}
