package typescript

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

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
			bound := number(l.bound)
			switch n := (&text.Node{Kind: text.KindNumber, Text: l.bound}); {
			case f.names.exactly() && plan.ValueBeyondDouble(n):
				bound = f.names.wireLiteral(n)
			case isRounded(l.bound): // so are the values beside it
				l.operator = strings.ReplaceAll(l.operator, "=", "")
			}
			tests = append(tests, test{raw(value + l.operator + bound), "limit", "must be " + l.words + l.bound})
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
			conditions = append(conditions, "!"+f.use("same")+"("+value+", "+f.jsonLiteral(v)+")")
			continue
		}
		conditions = append(conditions, value+" !== "+f.jsonLiteral(v))
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
				f.Line("case ", f.jsonLiteral(v), ":")
			}
			f.Indent(func() { f.Line("break;") })
			f.Line("default:")
			f.Indent(func() { f.block("if (", when("strict"), report) })
		}, "}")
	}
}

// jsonLiteral is a value as code.
func (f *validateFile) jsonLiteral(n *text.Node) string {
	var parts []string
	switch n.Kind {
	case text.KindArray:
		for _, item := range n.Items {
			parts = append(parts, f.jsonLiteral(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case text.KindObject:
		for _, m := range n.Members {
			parts = append(parts, literalKey(m.Key)+": "+f.jsonLiteral(m.Value))
		}
		if parts == nil {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	if n.Kind == text.KindNull {
		return "null"
	}
	return f.names.wireLiteral(n)
}
