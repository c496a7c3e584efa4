package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// Patterns are written for ECMAScript's engine. This file says what they are for others.

// ECMAPattern returns a pattern for ECMAScript: Python's and Rust's anchors and names of
// groups are replaced.
func ECMAPattern(pattern string) string {
	if !strings.Contains(pattern, `\`) && !strings.Contains(pattern, "(?P<") {
		return pattern
	}
	return rewritten(strings.ReplaceAll(pattern, "(?P<", "(?<"), func(token string, class bool) string {
		switch {
		case class:
		case token == `\A`:
			return "^"
		case token == `\Z`, token == `\z`:
			return "$"
		}
		return token
	})
}

// RE2Pattern returns patterns for Go that together are an ECMAScript one, or none where Go has
// no such thing: it has no lookaheads, but for those of Pydantic's Decimal, and no
// backreferences.
func RE2Pattern(pattern string) []string {
	pattern = ECMAPattern(pattern)
	var more []string
	if rest, ok := strings.CutPrefix(pattern, "^(?!^[-+.]*$)"); ok {
		pattern, more = "^"+decimalDigits.ReplaceAllString(rest, ""), []string{"[0-9]"}
	}
	pattern = rewritten(unicodeEscape.ReplaceAllString(pattern, `\x{$1}`), spelled)
	if _, err := regexp.Compile(pattern); err != nil {
		return nil
	}
	return append([]string{pattern}, more...)
}

// PythonPattern returns a pattern for Python's module re and its flag ASCII, or none where
// Python has no such thing.
func PythonPattern(pattern string) []string {
	pattern = ECMAPattern(pattern)
	if strings.Contains(pattern, `\p{`) || strings.Contains(pattern, `\P{`) {
		return nil
	}
	pattern = rewritten(pattern, func(token string, class bool) string {
		if token == "$" && !class {
			return `\Z` // Python's $ also matches before a line feed at the end
		}
		return spelled(token, class)
	})
	return []string{namedGroup.ReplaceAllString(pattern, "(?P<$1>")}
}

// Unchecked lists the checks with a pattern for which a language has nothing, in the order
// in which validators lead to them.
func Unchecked(validators []Validator, pattern func(string) []string) (found []*schema.Check) {
	seen := map[*schema.Check]bool{nil: true}
	var visit func(c *schema.Check)
	visit = func(c *schema.Check) {
		if seen[c] {
			return
		}
		seen[c] = true
		unknown := c.Pattern != "" && pattern(c.Pattern) == nil
		for _, m := range c.Patterns {
			unknown = unknown || pattern(m.Key) == nil
		}
		if unknown {
			found = append(found, c)
		}
		for _, part := range partsOf(c) {
			visit(part)
		}
	}
	for _, v := range validators {
		visit(v.Input)
		visit(v.Out)
	}
	return found
}

// partsOf lists the checks that a check is made of; some may be nil.
func partsOf(c *schema.Check) []*schema.Check {
	parts := slices.Concat([]*schema.Check{c.Ref, c.Items, c.Contains, c.Additional, c.Names, c.Not, c.If, c.Then, c.Else, c.UnevaluatedItems, c.UnevaluatedMembers},
		c.Prefix, c.AllOf, c.AnyOf, c.OneOf)
	for _, members := range [][]schema.CheckMember{c.Members, c.Patterns, c.Dependent} {
		for _, m := range members {
			parts = append(parts, m.Check)
		}
	}
	return parts
}

var (
	namedGroup    = regexp.MustCompile(`\(\?<([A-Za-z_]\w*)>`)
	decimalDigits = regexp.MustCompile(`\(\?=\[\\d\.\]\{1,[0-9]+\}0\*\$\)`) // bounds the digits once more, so that it is not missed
	unicodeEscape = regexp.MustCompile(`\\u\{?([0-9A-Fa-f]{4,6})\}?`)
)

// ecmaSpaces are what \s is in ECMAScript, as far as people use it.
const ecmaSpaces = `\t-\r \xa0`

// spelled writes out what engines understand in different ways.
func spelled(token string, class bool) string {
	switch {
	case token == `\s` && class:
		return ecmaSpaces
	case token == `\s`:
		return "[" + ecmaSpaces + "]"
	case token == `\S` && !class:
		return "[^" + ecmaSpaces + "]"
	case token == "[" && class:
		return `\[`
	}
	return token
}

// rewritten hands each character of a pattern, with the backslash before it, to instead; class
// tells whether it stands in a class.
func rewritten(pattern string, instead func(token string, class bool) string) string {
	var b strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			b.WriteString(instead(pattern[i:i+2], class))
			i++
			continue
		}
		token := pattern[i : i+1]
		b.WriteString(instead(token, class))
		switch token {
		case "[":
			class = true
		case "]":
			class = false
		}
	}
	return b.String()
}
