package typescript

import (
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/schema"
)

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
