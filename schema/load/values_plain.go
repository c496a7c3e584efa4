package load

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// plainlyFits tells whether a value surely fits a schema. Most defaults are a scalar or an
// empty list, and their schemas say little more than a type: compiling each for the library
// takes longer than all of generation. false means that the library has to look.
func plainlyFits(members []text.Member, value *text.Node) bool {
	for _, m := range members {
		if !keywordPlainlyFits(m, value) {
			return false
		}
	}
	return true
}

func keywordPlainlyFits(m text.Member, value *text.Node) bool {
	switch m.Key {
	case "type":
		return m.Value.Kind == text.KindString && isOfType(value, m.Value.Text)
	case "enum":
		return slices.ContainsFunc(m.Value.Items, func(v *text.Node) bool { return schema.SameScalar(v, value) })
	case "const":
		return schema.SameScalar(m.Value, value)
	case "minimum":
		return value.Kind == text.KindNumber && m.Value.Kind == text.KindNumber && text.CompareNumbers(m.Value, value) <= 0
	case "maximum":
		return value.Kind == text.KindNumber && m.Value.Kind == text.KindNumber && text.CompareNumbers(m.Value, value) >= 0
	case "items", "maxItems", "uniqueItems":
		return value.Kind == text.KindArray && len(value.Items) == 0
	}
	known, found := vocabulary[m.Key]
	return found && (known.use == silent || known.keyword.isAnnotation())
}
