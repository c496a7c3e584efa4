package load

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wsgen/wsgen/schema"
)

// typeName makes a type's name from a definition's key. Pydantic's own class
// names stay as they are; "Page_Cat_" becomes "PageCat" and
// "app__models__Item-Input" "AppModelsItem".
func typeName(key string) string {
	key = strings.TrimSuffix(strings.TrimSuffix(key, "-Input"), "-Output")
	var b strings.Builder
	for _, part := range strings.FieldsFunc(key, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}) {
		r, size := utf8.DecodeRuneInString(part)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(part[size:])
	}
	if b.Len() == 0 {
		return pascal(schema.SplitName(key))
	}
	return b.String()
}

func pascal(n schema.Name) string {
	var b strings.Builder
	for _, w := range n {
		r, size := utf8.DecodeRuneInString(w)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(w[size:])
	}
	return b.String()
}

// sameWords tells whether two texts differ in case and punctuation at most, as
// a field's name and the title that Pydantic makes of it do.
func sameWords(a, b string) bool {
	fold := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return fold(a) == fold(b)
}
