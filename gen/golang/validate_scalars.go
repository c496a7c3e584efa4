package golang

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

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
