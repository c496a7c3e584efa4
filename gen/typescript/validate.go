package typescript

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
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
		names: n, scope: naming.NewScope("TypeScript", nil, reservedChecks),
		imports: map[string]bool{"checking": true}, formats: map[schema.Format]bool{},
		functions: map[*schema.Check]string{}, marks: map[*schema.Check]string{},
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
	writeImport(all, []string{"type RPCCaller"}, "./rpc-client"+n.extension)
	writeImport(all, slices.Sorted(maps.Keys(f.imports)), "./rpc/checks"+n.extension)
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
			check := v.Out
			if input {
				check = v.Input
			}
			f.use("validator")
			called := f.names.typeName(v.Type, input)
			f.Blank()
			comment{body: []string{"Tells all that is wrong with a value: nothing where it is a valid " + code(called) + "."}}.write(f.Buffer)
			left := raw("export const " + f.scope.Distinct("validate"+naming.Title(called)))
			call := group(commaList("/* @__PURE__ */ validator<types."+called+">(", []doc{raw(f.call(check, called)), raw(strconv.FormatBool(input))}, ")", ","))
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

// inline prints
//
//	if (typeof m !== "string") {
//	  at = add(at, "type", "must be a string", "title");
//	} else if (shorter(m, 1)) {
//	  …
func (f *validateFile) inline(c *schema.Check, value, key string) {
	tests := func(types []string) { f.scalars(c, value, key, types) }
	if c.Types == nil {
		if c.Null && hasScalarRules(c) {
			f.block("if (", when(value+" !== null"), func() { tests(c.Types) })
		} else if hasScalarRules(c) {
			tests(c.Types)
		}
		return
	}
	conditions := f.otherTypes(c, value)
	if c.Null {
		conditions = append(when(value+" !== null"), conditions...)
	}
	f.condition("if (", conditions)
	f.Indent(func() { f.add("type", typeMessage(c), key) })
	switch {
	case !hasScalarRules(c):
	case c.Null:
		f.condition("} else if (", when(value+" !== null"))
		f.Indent(func() { tests(c.Types) })
	default:
		f.Line("} else {")
		f.Indent(func() { tests(c.Types) })
	}
	f.Line("}")
}

func isScalarNode(n *text.Node) bool { return n.Kind != text.KindArray && n.Kind != text.KindObject }

func hasScalarRules(c *schema.Check) bool {
	return c.Listed || c.Limits != (schema.Limits{}) || plan.CheckedFormat(c) != schema.FormatNone
}

// otherTypes are the conditions under which a value has none of the types.
func (f *validateFile) otherTypes(c *schema.Check, value string) []doc {
	var conditions []string
	for _, typ := range c.Types {
		switch typ {
		case "string", "boolean":
			conditions = append(conditions, "typeof "+value+` !== "`+typ+`"`)
		case "null":
			conditions = append(conditions, value+" !== null")
		case "integer":
			if !slices.Contains(c.Types, "number") {
				conditions = append(conditions, "!"+f.use("isInteger")+"("+value+")")
			}
		case "number":
			conditions = append(conditions, "!"+f.use("isNumber")+"("+value+")")
		case "array":
			conditions = append(conditions, "!Array.isArray("+value+")")
		case "object":
			conditions = append(conditions, "!"+f.use("isObject")+"("+value+")")
		}
	}
	return when(conditions...)
}

func typeMessage(c *schema.Check) string {
	words := make([]string, 0, len(c.Types))
	for _, typ := range c.Types {
		words = append(words, map[string]string{"string": "a string", "integer": "an integer", "number": "a number", "boolean": "a boolean",
			"array": "an array", "object": "an object", "null": "null"}[typ])
	}
	if c.Null {
		words = append(words, "null")
	}
	return "must be " + strings.Join(words, " or ")
}

// scalars prints the tests of texts and numbers, and of values that are listed.
func (f *validateFile) scalars(c *schema.Check, value, key string, types []string) {
	if tests := f.textTests(c, value); len(tests) > 0 && allows(types, "string") {
		f.tests(tests, key, len(types) != 1, `typeof `+value+` === "string"`)
	}
	if tests := f.numberTests(c, value); len(tests) > 0 && (allows(types, "number") || allows(types, "integer")) {
		guard := ""
		if len(types) != 1 {
			guard = f.use("isNumber") + "(" + value + ")"
		}
		f.tests(tests, key, len(types) != 1, guard)
	}
	if c.Listed {
		f.listed(c, value, key)
	}
}

func allows(types []string, typ string) bool { return types == nil || slices.Contains(types, typ) }

// test is a condition under which a value is wrong.
type test struct {
	condition    doc
	typ, message string
}

func (f *validateFile) tests(tests []test, key string, guarded bool, guard string) {
	for _, t := range tests {
		conditions := []doc{t.condition}
		if guarded {
			conditions = append(when(guard), t.condition)
		}
		f.block("if (", conditions, func() { f.add(t.typ, t.message, key) })
	}
}

func (f *validateFile) textTests(c *schema.Check, value string) (tests []test) {
	if c.MinLength != "" {
		tests = append(tests, test{f.calls("", "shorter", value, c.MinLength), "limit", plan.AtLeast(c.MinLength, "characters")})
	}
	if c.MaxLength != "" {
		tests = append(tests, test{f.calls("", "longer", value, c.MaxLength), "limit", plan.AtMost(c.MaxLength, "characters")})
	}
	if c.Pattern != "" {
		tests = append(tests, test{f.calls("!", "matches", value, quote(plan.ECMAPattern(c.Pattern))), "format", "must match the pattern " + c.Pattern})
	}
	if format := plan.CheckedFormat(c); format != schema.FormatNone {
		f.formats[format] = true
		tests = append(tests, test{f.calls("!", "matches", value, "formats"+access(string(format))), "format", "must be of the format " + string(format)})
	}
	return tests
}

// access is `.uuid` or `["date-time"]`.
func access(key string) string {
	if isIdentifier(key) {
		return "." + key
	}
	return "[" + quote(key) + "]"
}

func (f *validateFile) numberTests(c *schema.Check, value string) (tests []test) {
	for _, l := range []struct{ operator, bound, words string }{
		{" < ", c.Minimum, "at least "}, {" <= ", c.ExclusiveMinimum, "more than "},
		{" > ", c.Maximum, "at most "}, {" >= ", c.ExclusiveMaximum, "less than "},
	} {
		if isFinite(l.bound) {
			if isRounded(l.bound) { // so are the values beside it
				l.operator = strings.ReplaceAll(l.operator, "=", "")
			}
			tests = append(tests, test{raw(value + l.operator + number(l.bound)), "limit", "must be " + l.words + l.bound})
		}
	}
	if isFinite(c.MultipleOf) && number(c.MultipleOf) != "0" {
		tests = append(tests, test{f.calls("!", "isMultiple", value, number(c.MultipleOf)), "limit", "must be a multiple of " + c.MultipleOf})
	}
	return tests
}

// isFinite tells whether JavaScript's numbers reach as far as the text of a number.
func isFinite(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// isRounded tells whether JavaScript's numbers have no neighbours of an integer.
func isRounded(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && math.Abs(f) > 1<<53
}

// listed prints what refuses other values than those that are listed. A newer server may
// send others.
func (f *validateFile) listed(c *schema.Check, value, key string) {
	var conditions []string
	scalars := true
	for _, v := range c.Values {
		if !isScalarNode(v) {
			scalars = false
			conditions = append(conditions, "!"+f.use("same")+"("+value+", "+jsonLiteral(v)+")")
			continue
		}
		conditions = append(conditions, value+" !== "+jsonLiteral(v))
	}
	message := plan.OnlyMessage(c)
	report := func() { f.add("const", message, key) }
	switch {
	case len(c.Values) == 0:
		report()
	case len(c.Values) == 1:
		f.strict = true
		f.block("if (", when(append([]string{"strict"}, conditions...)...), report)
	case !scalars:
		f.strict = true
		f.block("if (", when(append([]string{"strict"}, conditions...)...), report)
	default:
		f.strict = true
		f.Block("switch ("+value+") {", func() {
			for _, v := range c.Values {
				f.Line("case ", jsonLiteral(v), ":")
			}
			f.Indent(func() { f.Line("break;") })
			f.Line("default:")
			f.Indent(func() { f.block("if (", when("strict"), report) })
		}, "}")
	}
}

// jsonLiteral is a value as code.
func jsonLiteral(n *text.Node) string {
	var parts []string
	switch n.Kind {
	case text.KindArray:
		for _, item := range n.Items {
			parts = append(parts, jsonLiteral(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case text.KindObject:
		for _, m := range n.Members {
			parts = append(parts, literalKey(m.Key)+": "+jsonLiteral(m.Value))
		}
		if parts == nil {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	if n.Kind == text.KindNull {
		return "null"
	}
	return valueLiteral(n)
}

// array prints the tests of an array and its items.
func (f *validateFile) array(c *schema.Check) {
	if c.MinItems != "" {
		f.block("if (", when("v.length < "+c.MinItems), func() { f.add("limit", plan.AtLeast(c.MinItems, "items"), "") })
	}
	if c.MaxItems != "" {
		conditions := []string{"v.length > " + c.MaxItems}
		if c.Prefix != nil { // a newer server may send more
			f.strict = true
			conditions = append([]string{"strict"}, conditions...)
		}
		f.block("if (", when(conditions...), func() { f.add("limit", plan.AtMost(c.MaxItems, "items"), "") })
	}
	if c.Unique {
		f.block("if (", when(f.use("repeats")+"(v)"), func() { f.add("limit", "must have no item twice", "") })
	}
	for i, item := range c.Prefix {
		if !plan.Idle(item) {
			f.block("if (", when("v.length > "+strconv.Itoa(i)), func() {
				if !item.Never { // else its value does not matter
					f.Line("m = v[", strconv.Itoa(i), "];")
				}
				f.value(item, strconv.Itoa(i), "item "+strconv.Itoa(i+1))
			})
		}
	}
	first := strconv.Itoa(len(c.Prefix))
	switch {
	case plan.Idle(c.Items):
	case c.Items.Never:
		f.strict = true
		f.block("if (", when("strict", "v.length > "+first), func() { f.add("limit", plan.AtMost(first, "items"), "") })
	default:
		f.Block("for (let i = "+first+"; i < v.length; i++) {", func() {
			f.Line("m = v[i];")
			f.value(c.Items, "i", "item")
		}, "}")
	}
	f.contains(c)
}

// contains prints how many items must fit.
func (f *validateFile) contains(c *schema.Check) {
	if c.Contains == nil {
		return
	}
	least := c.MinContains
	if least == "" {
		least = "1"
	}
	if least == "0" && c.MaxContains == "" {
		return
	}
	number := f.use("count") + "(v, " + f.part(c.Contains, "contained") + ")"
	if least != "0" {
		f.block("if (", when(number+" < "+least), func() { f.add("limit", plan.AtLeast(least, "items")+" of a kind", "") })
	}
	if c.MaxContains != "" {
		f.block("if (", when(number+" > "+c.MaxContains), func() { f.add("limit", plan.AtMost(c.MaxContains, "items")+" of a kind", "") })
	}
}

// object prints the tests of an object and its members.
func (f *validateFile) object(c *schema.Check) {
	if c.MinMembers != "" {
		f.block("if (", when(f.use("size")+"(v) < "+c.MinMembers), func() { f.add("limit", plan.AtLeast(c.MinMembers, "members"), "") })
	}
	if c.MaxMembers != "" {
		f.block("if (", when(f.use("size")+"(v) > "+c.MaxMembers), func() { f.add("limit", plan.AtMost(c.MaxMembers, "members"), "") })
	}
	for _, key := range plan.OnlyRequired(c) {
		f.missing(c, key)
	}
	for _, m := range c.Members {
		f.declared(c, m)
	}
	for _, n := range c.Needs {
		for _, other := range n.Others {
			f.found = true
			f.statement("at = "+f.use("needs")+"(", raw("at"), raw("v"), raw(quote(n.Key)), raw(quote(other)))
		}
	}
	for _, d := range c.Dependent {
		if !plan.Idle(d.Check) {
			f.block("if (", when(f.get(d.Key)+" !== undefined"), func() { f.join(f.part(d.Check, "with "+d.Key), "v", "") })
		}
	}
	f.others(c)
}

// get is the member of v: not what all objects inherit.
func (f *validateFile) get(key string) string {
	if inherited[key] {
		return f.use("own") + "(v, " + quote(key) + ")"
	}
	return "v[" + quote(key) + "]"
}

// read prints `m = v["title"];`.
func (f *validateFile) read(key string) {
	value := raw(f.get(key))
	if !inherited[key] {
		value = group(raw("v["), indented(softline, raw(quote(key))), softline, raw("]"))
	}
	printDoc(f.Buffer, group(raw("m ="), group(indented(line, value)), raw(";")))
}

var inherited = naming.Set(`__proto__ __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ constructor hasOwnProperty
	isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf`)

func (f *validateFile) missing(c *schema.Check, key string) {
	f.block("if (", when(f.get(key)+" === undefined"), func() { f.add("missing", "is missing", quote(key)) })
}

// declared prints
//
//	m = v["title"];
//	if (m === undefined) {
//	  at = add(at, "missing", "is missing", "title");
//	} else {
//	  …
//	}
func (f *validateFile) declared(c *schema.Check, m schema.CheckMember) {
	required := plan.Required(c, m.Key)
	if plan.Idle(m.Check) {
		if required {
			f.missing(c, m.Key)
		}
		return
	}
	f.member = true
	f.read(m.Key)
	if required {
		f.condition("if (", when("m === undefined"))
		f.Indent(func() { f.add("missing", "is missing", quote(m.Key)) })
		f.Line("} else {")
	} else {
		f.condition("if (", when("m !== undefined"))
	}
	f.Indent(func() { f.value(m.Check, quote(m.Key), m.Key) })
	f.Line("}")
}

// others prints the tests of members by their names, and of those that are not declared.
func (f *validateFile) others(c *schema.Check) {
	names, additional := !plan.Idle(c.Names), !plan.Idle(c.Additional)
	if !names && !additional && c.Patterns == nil {
		return
	}
	lone := additional && c.Additional.Never && !names && c.Patterns == nil
	loop := func() {
		f.Block("for (const key in v) {", func() {
			f.member = true
			f.Line("m = v[key];")
			f.block("if (", when("m === undefined"), func() { f.Line("continue;") })
			if names {
				f.join(f.part(c.Names, "name"), "key", "key")
			}
			f.byName(c, additional, lone)
		}, "}")
	}
	if lone {
		f.strict = true
		f.block("if (", when("strict"), loop)
		return
	}
	loop()
}

func (f *validateFile) byName(c *schema.Check, additional, lone bool) {
	if additional && (len(c.Members) > 0 || len(c.Patterns) > 0) {
		f.Line("let other = true;")
		if len(c.Members) > 0 {
			f.Block("switch (key) {", func() {
				for _, m := range c.Members {
					f.Line("case ", quote(m.Key), ":")
				}
				f.Indent(func() { f.Line("other = false;") })
			}, "}")
		}
	}
	for i, p := range c.Patterns {
		if plan.Idle(p.Check) && !additional {
			continue
		}
		f.block("if (", []doc{f.calls("", "matches", "key", quote(plan.ECMAPattern(p.Key)))}, func() {
			if additional {
				f.Line("other = false;")
			}
			if !plan.Idle(p.Check) {
				f.value(p.Check, "key", "pattern "+strconv.Itoa(i+1))
			}
		})
	}
	if !additional {
		return
	}
	report := func() {
		if c.Additional.Never {
			f.add("extra", "is not known", "key")
		} else {
			f.value(c.Additional, "key", "extra")
		}
	}
	var conditions []string
	if len(c.Members) > 0 || len(c.Patterns) > 0 {
		conditions = append(conditions, "other")
	}
	if c.Additional.Never && !lone {
		f.strict = true
		conditions = append(conditions, "strict")
	}
	if conditions == nil {
		report()
		return
	}
	f.block("if (", when(conditions...), report)
}

// combined prints the tests that other checks of the same value make.
func (f *validateFile) combined(c *schema.Check) {
	if c.Ref != nil {
		f.join(f.part(c.Ref, ""), "v", "")
	}
	for i, part := range c.AllOf {
		f.join(f.part(part, "part "+strconv.Itoa(i+1)), "v", "")
	}
	f.alternatives("anyOf", c.AnyOf)
	f.alternatives("oneOf", c.OneOf)
	if c.Not != nil {
		f.block("if (", when(f.part(c.Not, "not")+"(v, true) === undefined"), func() { f.add("never", "is not allowed", "") })
	}
	f.unevaluated(c)
	if c.If == nil || c.Then == nil && c.Else == nil {
		return
	}
	condition := f.part(c.If, "if") + "(v, true)"
	if c.Then != nil {
		f.block("if (", when(condition+" === undefined"), func() { f.join(f.part(c.Then, "then"), "v", "") })
	}
	if c.Else != nil {
		f.block("if (", when(condition+" !== undefined"), func() { f.join(f.part(c.Else, "else"), "v", "") })
	}
}

// alternatives prints the choice between several checks: by a member that tells them
// apart, where there is one.
func (f *validateFile) alternatives(keyword string, branches []*schema.Check) {
	if branches == nil {
		return
	}
	f.found, f.strict = true, true
	var functions []doc
	for i, b := range branches {
		functions = append(functions, raw(f.part(b, "variant "+strconv.Itoa(i+1))))
	}
	list := f.scope.Distinct(lowerFirst(strings.TrimPrefix(f.function, "check")) + "Alternatives")
	f.lists = append(f.lists, concat(assignment(raw("const "+list), arrayDoc(functions, false)), raw(";")))
	args := []doc{raw("v"), raw("strict"), raw(strconv.FormatBool(plan.OpenAlternatives(branches))), raw(list)}
	d := plan.DispatchOf(branches)
	if d != nil {
		args = append(args, raw(quote(d.Member)))
	}
	otherwise := func() {
		f.statement("at = "+f.use("join")+"(", raw("at"), group(commaList(f.use(keyword)+"(", args, ")", ",")))
	}
	if d == nil {
		otherwise()
		return
	}
	f.Block("switch ("+f.use("own")+"(v, "+quote(d.Member)+")) {", func() {
		for i, tags := range d.Tags {
			for _, tag := range tags {
				f.Line("case ", quote(tag), ":")
			}
			f.Indent(func() {
				f.join(functions[i].text, "v", "")
				f.Line("break;")
			})
		}
		f.Line("default:")
		f.Indent(otherwise)
	}, "}")
}
