package typescript

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/schema"
)

// unevaluated prints the tests of the members and items that no part of a check describes:
//
//	const seen = marked(v, markTask);
//	if (isObject(v) && !seen.all) {
//	  for (const key in v) {
//	    if (!seen.keys.has(key)) {
//	      …
func (f *validateFile) unevaluated(c *schema.Check) {
	if plan.Idle(c.UnevaluatedMembers) && plan.Idle(c.UnevaluatedItems) {
		return
	}
	own := *c
	own.UnevaluatedItems, own.UnevaluatedMembers = nil, nil
	f.Line("const seen = ", f.use("marked"), "(v, ", f.mark(&own), ");")
	f.block("if (", when("!seen.all"), func() {
		if rest := c.UnevaluatedMembers; !plan.Idle(rest) {
			f.use("isObject")
			f.block("if (", when("isObject(v)"), func() {
				f.Block("for (const key in v) {", func() {
					f.block("if (", when("v[key] !== undefined", "!seen.keys.has(key)"), func() { f.rest(rest, "v[key]", "key") })
				}, "}")
			})
		}
		if rest := c.UnevaluatedItems; !plan.Idle(rest) {
			f.block("if (", when("Array.isArray(v)"), func() {
				f.Block("for (let i = 0; i < v.length; i++) {", func() {
					f.block("if (", when("!seen.keys.has(i)"), func() { f.rest(rest, "v[i]", "i") })
				}, "}")
			})
		}
	})
}

// rest prints the test of a member or an item that is not described.
func (f *validateFile) rest(c *schema.Check, value, key string) {
	if !c.Never {
		f.member = true
		f.Line("m = ", value, ";")
		f.value(c, key, "rest")
		return
	}
	f.strict = true
	f.block("if (", when("strict"), func() { f.add("extra", "is not known", key) })
}

// mark returns the name of the function that marks what a check describes.
func (f *validateFile) mark(c *schema.Check) string {
	if name := f.marks[c]; name != "" {
		return name
	}
	name := f.scope.Distinct("mark" + naming.Title(strings.TrimPrefix(strings.TrimPrefix(f.function, "check"), "mark")))
	f.marks[c] = name
	f.queue = append(f.queue, queued{name, c, true})
	return name
}

// writeMark prints
//
//	function markTask(v: unknown, seen: Marks): void {
//	  markMembers(v, seen, ["id"], [], false);
//	  markIf(v, seen, checkBase, markBase);
//	}
func (f *validateFile) writeMark(q queued) *emit.Buffer {
	f.use("type Marks")
	f.function = q.name
	c := q.check
	all := c.UnevaluatedItems != nil || c.UnevaluatedMembers != nil
	body := f.apart(func() {
		if hasObjectRules(c) {
			f.statement(f.use("markMembers")+"(", raw("v"), raw("seen"), keysDoc(c.Members), keysDoc(c.Patterns), raw(strconv.FormatBool(c.Additional != nil)))
		}
		if c.Prefix != nil || c.Items != nil || c.Contains != nil {
			args := []doc{raw("v"), raw("seen"), raw(strconv.Itoa(len(c.Prefix)))}
			if c.Items != nil {
				args[2] = raw("Infinity")
			}
			if c.Contains != nil {
				args = append(args, raw(f.markPart(c.Contains)))
			}
			f.statement(f.use("markItems")+"(", args...)
		}
		for _, d := range c.Dependent {
			f.block("if (", when(f.use("own")+"(v, "+quote(d.Key)+") !== undefined"), func() { f.markIf(d.Check) })
		}
		for _, part := range slices.Concat(refsOf(c), c.AllOf, c.AnyOf, c.OneOf) {
			f.markIf(part)
		}
		f.markCondition(c)
	})
	b := emit.New(indent, lineWidth)
	value, seen := "v", "seen"
	if body.Len() == 0 {
		value = "_v"
		if !all {
			seen = "_seen"
		}
	}
	printDoc(b, concat(group(commaList("function "+q.name+"(", []doc{raw(value + ": unknown"), raw(seen + ": Marks")}, ")", ","), raw(": void")), raw(" {")))
	if all {
		b.Indent(func() { b.Line("seen.all = true;") })
	}
	b.Append(body)
	b.Line("}")
	return b
}

func refsOf(c *schema.Check) []*schema.Check {
	if c.Ref == nil {
		return nil
	}
	return []*schema.Check{c.Ref}
}

func keysDoc(members []schema.CheckMember) doc {
	keys := make([]doc, len(members))
	for i, m := range members {
		keys[i] = raw(quote(m.Key))
	}
	return arrayDoc(keys, false)
}

func (f *validateFile) markPart(c *schema.Check) string {
	return f.call(c, strings.TrimPrefix(f.function, "mark")+"Part")
}

func (f *validateFile) markArgs(c *schema.Check) []doc {
	return []doc{raw("v"), raw("seen"), raw(f.markPart(c)), raw(f.mark(c))}
}

func (f *validateFile) markIf(c *schema.Check) {
	f.statement(f.use("markIf")+"(", f.markArgs(c)...)
}

func (f *validateFile) markCondition(c *schema.Check) {
	if c.If == nil {
		return
	}
	f.condition("if (", []doc{group(commaList(f.use("markIf")+"(", f.markArgs(c.If), ")", ","))})
	f.Indent(func() {
		if c.Then != nil {
			f.markIf(c.Then)
		}
	})
	if c.Else != nil {
		f.Line("} else {")
		f.Indent(func() { f.markIf(c.Else) })
	}
	f.Line("}")
}
