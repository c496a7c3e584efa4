package plan

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// Telling returns the format of a scalar where strings of the format can be told
// from other strings; [FormatPattern] says how.
func Telling(s *schema.Scalar) schema.Format {
	if _, ok := formatPatterns[s.Format]; ok && s.Kind == schema.String {
		return s.Format
	}
	return schema.FormatNone
}

// FormatPattern is the regular expression that all of a string must match to be
// taken for a format. Every language's engine reads it alike.
func FormatPattern(f schema.Format) string { return formatPatterns[f] }

// Parsed tells whether a language parses strings of the format, so that text of
// another form cannot be kept.
func Parsed(f schema.Format) bool {
	switch f {
	case schema.URI, schema.Email, schema.Base64, schema.Base64URL:
		return false
	}
	return formatPatterns[f] != ""
}

const (
	year  = `(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})`
	leap  = `(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)`
	date  = `(?:` + year + `-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|` + leap + `-02-29)`
	clock = `(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?`
	zone  = `(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])`
	octet = `(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`
	ipv4  = octet + `(?:\.` + octet + `){3}`
	group = `[0-9A-Fa-f]{1,4}`
	ipv6  = `(?:(?:` + group + `:){7}` + group + `|(?:` + group + `:){1,7}:|(?:` + group + `:){1,6}:` + group +
		`|(?:` + group + `:){1,5}(?::` + group + `){1,2}|(?:` + group + `:){1,4}(?::` + group + `){1,3}|(?:` + group + `:){1,3}(?::` + group + `){1,4}` +
		`|(?:` + group + `:){1,2}(?::` + group + `){1,5}|` + group + `:(?::` + group + `){1,6}|:(?:(?::` + group + `){1,7}|:)|::(?:[Ff]{4}:)?` + ipv4 + `)`
	prefix4 = `(?:/(?:3[0-2]|[12]?[0-9]))?`
	prefix6 = `(?:/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?`
	units   = `[0-9]+(?:\.[0-9]+)?`
)

var formatPatterns = map[schema.Format]string{
	schema.DateTime:       date + `[Tt ]` + clock + zone + `?`,
	schema.Date:           date,
	schema.Time:           clock + zone + `?`,
	schema.Duration:       `[-+]?P(?:(?:` + units + `[YMWD])+(?:T(?:` + units + `[HMS])+)?|T(?:` + units + `[HMS])+)`,
	schema.UUID:           `[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}`,
	schema.Decimal:        `[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][-+]?[0-9]+)?`,
	schema.URI:            `[A-Za-z][A-Za-z0-9+.-]*:[^ ]+`,
	schema.Email:          `[^@ ]+@[^@ ]+`,
	schema.Base64:         `(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?`,
	schema.Base64URL:      `(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?`,
	schema.IPv4:           ipv4,
	schema.IPv6:           ipv6,
	schema.IPAny:          `(?:` + ipv4 + `|` + ipv6 + `)`,
	schema.IPv4Network:    ipv4 + prefix4,
	schema.IPv6Network:    ipv6 + prefix6,
	schema.IPAnyNetwork:   `(?:` + ipv4 + prefix4 + `|` + ipv6 + prefix6 + `)`,
	schema.IPv4Interface:  ipv4 + prefix4,
	schema.IPv6Interface:  ipv6 + prefix6,
	schema.IPAnyInterface: `(?:` + ipv4 + prefix4 + `|` + ipv6 + prefix6 + `)`,
}

// Portable tells whether the regular expressions of Go, Python, Rust (Pydantic)
// and ECMAScript read a pattern alike, and none of them finds it too large.
func Portable(pattern string) bool {
	for _, s := range []string{"&&", "--", "~~", "[[", "(?", `\p`, `\P`, `\x`, `\u`, `\b`, `\B`, `\A`, `\z`, `\Z`, `\a`, `\v`, `\Q`, `\C`, `[^]`, `[]`} {
		if strings.Contains(strings.ReplaceAll(pattern, "(?:", ""), s) {
			return false
		}
	}
	for i := 0; i < len(pattern); i++ {
		if pattern[i] >= 0x80 {
			return false
		}
		if pattern[i] == '\\' {
			if i++; i == len(pattern) || !strings.ContainsRune(`dDwWsSnrtf.*+?^$|\/()[]{}-`, rune(pattern[i])) {
				return false
			}
		}
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	return err == nil && regexpSize(re) <= 500 && !hasLooseBracket(pattern)
}

// hasLooseBracket tells whether a pattern has one of "{", "}" and "]" that stands for
// itself without a backslash, which some engines refuse.
func hasLooseBracket(pattern string) bool {
	pattern = bracketsInUse.ReplaceAllString(pattern, "")
	return strings.ContainsAny(pattern, "{}]")
}

// bracketsInUse are characters behind backslashes, classes, and counts of repetitions.
var bracketsInUse = regexp.MustCompile(`\\.|\[(?:\\.|[^\\\]])*\]|\{[0-9]+(?:,[0-9]*)?\}`)

// regexpSize estimates how large a compiled pattern is.
func regexpSize(re *syntax.Regexp) int {
	size := 1
	for _, sub := range re.Sub {
		size += regexpSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return size
}
