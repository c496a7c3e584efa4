package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name is an identifier broken into lower-case words, for the language packages
// to join: "tasks.get_stats" and "tasksGetStats" are [tasks get stats].
type Name []string

// SplitName breaks s at everything but letters and digits, and where a
// letter's case says that a word begins: "getHTTPUrl2" is [get http url2]. A
// name without any letter or digit is spelled by code points: "+" is [u002b].
func SplitName(s string) Name {
	var words Name
	rs := []rune(s)
	start := 0
	flush := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(string(rs[start:end])))
		}
	}
	for i, r := range rs {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			flush(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) && wordBegins(rs, i):
			flush(i)
			start = i
		}
	}
	flush(len(rs))
	if len(words) == 0 {
		words = append(words, codePoints(rs))
	}
	return words
}

// SpellName is [SplitName] with a word for each character that is neither letter nor
// digit: "max-size" is [max dash size]. It tells names apart that SplitName does not.
func SpellName(s string) Name { return SplitName(SpellOut(s)) }

// SpellOut writes a word for each character that is neither letter nor digit. Names of
// generic types, as TypeScript has them, need no word for their end: "Page<Cat[]>" is
// [page of cat array].
func SpellOut(s string) string {
	if strings.Contains(s, "<") {
		s = strings.TrimRight(s, ">")
	}
	parts := strings.Split(s, "[]")
	for i, part := range parts {
		parts[i] = spellCharacters(part)
	}
	return strings.Join(parts, " array ")
}

func spellCharacters(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch word := characterWords[r]; {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
		case word != "":
			b.WriteString(" " + word + " ")
		default:
			b.WriteString(" " + codePoints([]rune{r}) + " ")
		}
	}
	return b.String()
}

var characterWords = map[rune]string{
	' ': "space", '-': "dash", '_': "underscore", '.': "dot", ',': "comma", ':': "colon", '/': "slash", '$': "dollar",
	'<': "of", '>': "end", '[': "bracket", ']': "unbracket", '(': "open", ')': "close", '{': "brace", '}': "unbrace",
	'|': "or", '=': "equals", ';': "semicolon", '^': "caret", '`': "tick", '"': "quote", '\'': "apostrophe", '\\': "backslash",
	'@': "at", '#': "hash", '+': "plus", '*': "star", '&': "and", '%': "percent", '?': "question", '!': "bang", '~': "tilde",
}

// Casing is a word for how a name is written. It tells names apart that only case does:
// "Lower" for "error", "Upper" for "ERROR", "Camel" for "maxSize", else "Mixed".
func Casing(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }))
	switch {
	case s == strings.ToLower(s):
		return "Lower"
	case s == strings.ToUpper(s):
		return "Upper"
	case unicode.IsLower(first):
		return "Camel"
	}
	return "Mixed"
}

// Dropped counts the characters of s that [SplitName] drops.
func Dropped(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			n++
		}
	}
	return n
}

// wordBegins tells whether the upper-case letter at i starts a word: after a
// lower-case letter or digit, or as the last capital of an initialism.
func wordBegins(rs []rune, i int) bool {
	if !unicode.IsUpper(rs[i-1]) {
		return true
	}
	return i+1 < len(rs) && unicode.IsLower(rs[i+1]) && !pluralInitialism(rs, i)
}

// pluralInitialism keeps "userIDs" in two words: the lower-case s ends the name
// or is followed by a new word.
func pluralInitialism(rs []rune, i int) bool {
	return rs[i+1] == 's' && (i+2 == len(rs) || !unicode.IsLower(rs[i+2]))
}

func codePoints(rs []rune) string {
	if len(rs) == 0 {
		return "empty"
	}
	var b strings.Builder
	const hex = "0123456789abcdef"
	for _, r := range rs {
		b.WriteByte('u')
		for shift := 12; shift >= 0; shift -= 4 {
			b.WriteByte(hex[(r>>shift)&0xf])
		}
	}
	return b.String()
}
