package python

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// defaultOf returns what a field holds when it is left out, nil where that is
// nothing. A value that must be made anew each time, or that only Pydantic can
// make, is a function: then factory is true.
func (f *file) defaultOf(o *schema.Object, m *plan.Member) (value *expr, factory bool) {
	switch {
	case m.Filled:
		return f.simpleDefault(m.Type, m.Const), false
	case m.Required || m.Default == nil:
		return nil, false
	}
	if simple := f.simpleDefault(m.Type, m.Default); simple != nil {
		return simple, false
	}
	return f.factoryOf(o, m), true
}

// simpleDefault writes a default that is an expression of the field's type: a
// scalar, an enum member, or a list or dict of those. Pydantic copies lists and
// dicts, so they are safe to share.
func (f *file) simpleDefault(t schema.Type, n *text.Node) *expr {
	switch t := t.(type) {
	case *schema.Alias:
		value := f.simpleDefault(t.Target, n)
		if value != nil && t.Flags != nil {
			*value = call(f.names.types[t], *value)
		}
		return value
	case *schema.Nullable:
		return f.simpleDefault(t.Elem, n)
	case *schema.Scalar:
		return f.scalarDefault(t, n)
	case *schema.Enum:
		return f.enumDefault(t, n)
	case *schema.List:
		if n.Kind != text.KindArray {
			return nil
		}
		items := make([]expr, len(n.Items))
		for i, it := range n.Items {
			item := f.simpleDefault(t.Elem, it)
			if item == nil {
				return nil
			}
			items[i] = *item
		}
		list := listOf(items...)
		return &list
	case *schema.Map:
		if n.Kind != text.KindObject {
			return nil
		}
		entries := make([]expr, len(n.Members))
		for i, m := range n.Members {
			value := f.simpleDefault(t.Value, m.Value)
			if key, ok := schema.Resolve(t.Key).(*schema.Scalar); value == nil || !ok || key.Format != schema.FormatNone {
				return nil
			}
			entries[i] = entry(quote(m.Key), *value)
		}
		dict := dictOf(entries...)
		return &dict
	}
	return nil
}

func (f *file) enumDefault(e *schema.Enum, n *text.Node) *expr {
	for i, v := range e.Values {
		if v.Value.Kind == n.Kind && v.Value.Text == n.Text {
			value := atom(pyValue(n))
			if f.imports.Any(e) != nil {
				value = call(f.names.types[e], value) // its members may have any names
			} else if hasClass(e) {
				value = atom(f.names.types[e] + "." + f.names.members[e][i])
			}
			return &value
		}
	}
	return nil
}

var decimalFit = regexp.MustCompile(`^-?\d+\.\d+$`)

func (f *file) scalarDefault(s *schema.Scalar, n *text.Node) *expr {
	var value expr
	switch {
	case s.Kind == schema.Boolean && n.Kind == text.KindBool:
		value = atom(pyValue(n))
	case s.Kind == schema.Integer && n.Kind == text.KindNumber:
		text := pyNumber(n.Text, true)
		if text == "" {
			return nil
		}
		value = atom(text)
	case s.Kind == schema.Number && n.Kind == text.KindNumber:
		text := n.Text
		if !strings.ContainsAny(text, ".eE") {
			text += ".0"
		}
		value = atom(pyFloat(text))
	case s.Kind != schema.String || n.Kind != text.KindString && s.Format != schema.Decimal:
		return nil
	case s.Format == schema.Decimal && isWhole(n.Text):
		value = call(f.std("decimal.Decimal"), atom(n.Text))
	case s.Format == schema.Decimal && decimalFit.MatchString(n.Text):
		value = call(f.std("decimal.Decimal"), atom(quote(n.Text)))
	case s.Format == schema.Date && isDay(n.Text):
		day, _ := time.Parse(time.DateOnly, n.Text)
		value = call(f.std("datetime.date"), number(day.Year()), number(int(day.Month())), number(day.Day()))
	case s.Format == schema.Binary && n.Text == "":
		value = atom(`b""`)
	case native[s.Format] == "" && scalarText(s.Format):
		value = atom(quote(n.Text))
	default:
		return nil
	}
	return &value
}

// isDay tells whether a text is a day that Python has: its years begin with 1.
func isDay(text string) bool {
	day, err := time.Parse(time.DateOnly, text)
	return err == nil && day.Year() > 0
}

func number(n int) expr { return atom(strconv.Itoa(n)) }

// factoryOf lets Pydantic make the value:
//
//	_models.default_of(lambda: Point, json={"x": 1})
func (f *file) factoryOf(o *schema.Object, m *plan.Member) *expr {
	forward := f.forward
	t := f.valueExpr(m.Type, o.Out)
	f.forward = forward // inside a function later types may be named
	value := call(f.runtime("default_of"), t.prefixed("lambda: "), keyword("json", literalOf(m.Default)))
	return &value
}

// literalOf writes any JSON value as Python.
func literalOf(n *text.Node) expr {
	switch n.Kind {
	case text.KindArray:
		items := make([]expr, len(n.Items))
		for i, it := range n.Items {
			items[i] = literalOf(it)
		}
		return listOf(items...)
	case text.KindObject:
		entries := make([]expr, len(n.Members))
		for i, m := range n.Members {
			entries[i] = entry(quote(m.Key), literalOf(m.Value))
		}
		return dictOf(entries...)
	}
	return atom(pyValue(n))
}

// pyValue writes a scalar JSON value or null as Python.
func pyValue(n *text.Node) string {
	switch {
	case n.Kind == text.KindString:
		return quote(n.Text)
	case n.Kind == text.KindNull:
		return "None"
	case n.Text == "true":
		return "True"
	case n.Text == "false":
		return "False"
	}
	return pyFloat(n.Text)
}

// isWhole tells whether a number's text is an integer literal of Python.
func isWhole(text string) bool {
	bare := strings.TrimPrefix(text, "-")
	return bare != "" && digits(bare) == bare && (bare[0] != '0' || bare == "0")
}
