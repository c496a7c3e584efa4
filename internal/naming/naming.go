// Package naming turns the names of the model into identifiers. It knows casing, and
// keeps names apart; reserved words are in the packages of the languages.
package naming

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wsgen/wsgen/schema"
)

// Pascal joins words as in "GetStats".
func Pascal(n schema.Name) string {
	var b strings.Builder
	for _, w := range n {
		b.WriteString(Title(w))
	}
	return b.String()
}

// Camel joins words as in "getStats".
func Camel(n schema.Name) string {
	return n[0] + Pascal(n[1:])
}

// Snake joins words as in "get_stats".
func Snake(n schema.Name) string { return strings.Join(n, "_") }

// Screaming joins words as in "GET_STATS".
func Screaming(n schema.Name) string { return strings.ToUpper(Snake(n)) }

// Title makes the first letter upper case.
func Title(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r)) + word[size:]
}
