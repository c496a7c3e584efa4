package plan

import (
	"math/big"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// sampleScalar makes a value within the limits: an example of the document, if one fits, else
// one of the format or the pattern; nil where none is found.
func sampleScalar(s *schema.Scalar, wire string, examples []*text.Node) *text.Node {
	for _, e := range examples {
		if short(e) && fitsScalar(e, s) {
			return &text.Node{Kind: e.Kind, Text: e.Text}
		}
	}
	var candidates []*text.Node
	switch s.Kind {
	case schema.String:
		for _, value := range sampleTexts(s, wire) {
			candidates = append(candidates, &text.Node{Kind: text.KindString, Text: value})
		}
	case schema.Integer, schema.Number:
		for _, value := range sampleNumbers(s) {
			candidates = append(candidates, &text.Node{Kind: text.KindNumber, Text: value})
		}
	case schema.Boolean:
		return &text.Node{Kind: text.KindBool, Text: "true"}
	case schema.Mixed:
	}
	for _, c := range candidates {
		if fitsScalar(c, s) {
			return c
		}
	}
	return nil
}

// formatSamples are values of the formats; those of hints are below.
var formatSamples = map[schema.Format]string{
	schema.DateTime: "2025-01-31T08:30:00Z", schema.Date: "2025-01-31", schema.Time: "08:30:00Z", schema.Duration: "PT1H30M",
	schema.UUID: "3f2c8a52-0b1d-4c55-9a39-7f6e2d1c0b4a", schema.Decimal: "12.5", schema.URI: "https://example.com/",
	schema.Base64: "aGVsbG8=", schema.Base64URL: "aGVsbG8=", schema.Binary: "hello", schema.Email: "ann@example.com",
	schema.IPv4: "192.0.2.1", schema.IPv6: "2001:db8::1", schema.IPAny: "192.0.2.1",
	schema.IPv4Network: "192.0.2.0/24", schema.IPv6Network: "2001:db8::/32", schema.IPAnyNetwork: "192.0.2.0/24",
	schema.IPv4Interface: "192.0.2.1/24", schema.IPv6Interface: "2001:db8::1/64", schema.IPAnyInterface: "192.0.2.1/24",
	schema.Path: "notes.txt", schema.FilePath: "notes.txt", schema.DirectoryPath: "notes", schema.RegexFormat: "^a+$", schema.JSONText: "{}",
}

var hintSamples = map[string]string{
	"hostname": "example.com", "idn-hostname": "example.com", "idn-email": "ann@example.com", "uri-reference": "/tasks", "iri": "https://example.com/",
	"iri-reference": "/tasks", "uri-template": "/tasks/{id}", "json-pointer": "/tasks/0", "relative-json-pointer": "1", "color": "#336699",
	"uuid1": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "uuid3": "6fa459ea-ee8a-3ca4-894e-db77e160355e", "uuid4": "3f2c8a52-0b1d-4c55-9a39-7f6e2d1c0b4a",
	"uuid5": "886313e1-3b8a-5372-9b90-0c9aee199e5d", "phone": "+49 30 123456",
}

// sampleTexts are texts that may fit, the best first.
func sampleTexts(s *schema.Scalar, wire string) []string {
	if value := formatSamples[s.Format]; value != "" {
		return append([]string{value}, sampleDecimals(s)...)
	}
	if value := hintSamples[s.Hint]; value != "" {
		return []string{value}
	}
	value := "example"
	if wire == "id" || strings.HasSuffix(wire, "_id") || strings.HasSuffix(wire, "Id") {
		value = "456"
	}
	if s.Limits == nil {
		return []string{value}
	}
	least, most := count(s.Limits.MinLength, 0), count(s.Limits.MaxLength, maxLength)
	if least > maxLength {
		return nil
	}
	texts := []string{value}
	if s.Limits.Pattern != "" {
		texts = append(texts, matching(s.Limits.Pattern, least)...)
	}
	long := strings.Repeat(value, least/len(value)+1)
	return append(texts, long[:max(least, min(most, len(value)))])
}

// maxLength is how long a text in an example may be.
const maxLength = 60

// sampleDecimals are numbers as text, for decimals with a pattern.
func sampleDecimals(s *schema.Scalar) []string {
	if s.Format != schema.Decimal {
		return nil
	}
	return []string{"1", "0", "0.5", "10", "100"}
}

// sampleNumbers are numbers that may fit, the best first: a plain one, the bounds, what is
// next to them and between them, and multiples.
func sampleNumbers(s *schema.Scalar) []string {
	switch s.Format {
	case schema.UnixTime:
		return []string{"1738312200", "0"}
	case schema.DurationSeconds:
		return []string{"90", "1"}
	}
	list := []*big.Rat{big.NewRat(1, 1)}
	if s.Limits == nil {
		return []string{"1"}
	}
	one := big.NewRat(1, 1)
	add := func(r *big.Rat) { list = append(list, r) }
	bounds := []*big.Rat{}
	for _, limit := range []string{s.Limits.Minimum, s.Limits.ExclusiveMinimum, s.Limits.Maximum, s.Limits.ExclusiveMaximum} {
		if r, ok := rational(limit); ok {
			bounds = append(bounds, r)
			floor := new(big.Rat).SetInt(new(big.Int).Div(r.Num(), r.Denom()))
			add(r)
			add(new(big.Rat).Add(floor, one))
			add(floor)
			add(new(big.Rat).Sub(floor, one))
		}
	}
	for i, a := range bounds {
		for _, b := range bounds[i+1:] {
			add(new(big.Rat).Quo(new(big.Rat).Add(a, b), big.NewRat(2, 1)))
		}
	}
	if m, ok := rational(s.Limits.MultipleOf); ok && m.Sign() > 0 {
		for _, r := range append(bounds, new(big.Rat)) {
			q := new(big.Rat).Quo(r, m)
			times := new(big.Rat).SetInt(new(big.Int).Div(q.Num(), q.Denom()))
			for range 3 {
				add(new(big.Rat).Mul(times, m))
				times = new(big.Rat).Add(times, one)
			}
		}
	}
	var texts []string
	for _, r := range list {
		texts = append(texts, decimalText(r))
	}
	return texts
}

// rational reads a limit, unless its exponent makes it a number of many digits.
func rational(limit string) (*big.Rat, bool) {
	if limit == "" || len(limit) > maxLength {
		return nil, false
	}
	if at := strings.IndexAny(limit, "eE"); at >= 0 && len(strings.TrimLeft(limit[at+1:], "+-0")) > 2 {
		return nil, false
	}
	return new(big.Rat).SetString(limit)
}

// decimalText writes a number without an exponent.
func decimalText(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(12), "0")
}

// fitsScalar tells whether a value is one of a scalar's.
func fitsScalar(n *text.Node, s *schema.Scalar) bool {
	switch s.Kind {
	case schema.String:
		return n.Kind == text.KindString && fitsText(n.Text, s)
	case schema.Boolean:
		return n.Kind == text.KindBool
	case schema.Integer, schema.Number:
		r, ok := rational(n.Text)
		return ok && n.Kind == text.KindNumber && (s.Kind == schema.Number || r.IsInt()) && fitsBounds(r, s.Limits)
	case schema.Mixed:
	}
	return false
}

func fitsText(value string, s *schema.Scalar) bool {
	if pattern := FormatPattern(s.Format); pattern != "" && !regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(value) {
		return false
	}
	if s.Limits == nil {
		return true
	}
	if n := utf8.RuneCountInString(value); n < count(s.Limits.MinLength, 0) || n > count(s.Limits.MaxLength, maxLength) {
		return false
	}
	if s.Limits.Pattern == "" {
		return true
	}
	if s.Format == schema.Decimal { // Pydantic's pattern for it looks ahead
		return true
	}
	re, err := regexp.Compile(s.Limits.Pattern)
	return err == nil && re.MatchString(value)
}

func fitsBounds(r *big.Rat, l *schema.Limits) bool {
	if l == nil {
		return true
	}
	for _, bound := range []struct {
		limit string
		fits  func(compared int) bool
	}{
		{l.Minimum, func(c int) bool { return c >= 0 }},
		{l.Maximum, func(c int) bool { return c <= 0 }},
		{l.ExclusiveMinimum, func(c int) bool { return c > 0 }},
		{l.ExclusiveMaximum, func(c int) bool { return c < 0 }},
	} {
		if limit, ok := rational(bound.limit); bound.limit != "" && (!ok || !bound.fits(r.Cmp(limit))) {
			return false
		}
	}
	if l.MultipleOf == "" {
		return true
	}
	m, ok := rational(l.MultipleOf)
	return ok && m.Sign() > 0 && new(big.Rat).Quo(r, m).IsInt()
}

// matching makes texts that match a pattern: the shortest, then longer ones up to a length.
func matching(pattern string, least int) (texts []string) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || regexpSize(re) > 500 {
		return nil
	}
	for more := 0; more <= least; more++ {
		var b strings.Builder
		appendMatch(&b, re, more)
		if value := b.String(); len(value) <= maxLength {
			texts = append(texts, value)
		}
		if more == 0 && b.Len() < least && least <= maxLength { // what is around it may be anything
			texts = append(texts, b.String()+strings.Repeat("a", least-b.Len()))
		}
	}
	return texts
}

// appendMatch writes what an expression matches. What may be repeated is repeated more often
// than it must be.
func appendMatch(b *strings.Builder, re *syntax.Regexp, more int) {
	if b.Len() > maxLength {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(oneOf(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpQuest:
		if re.Op == syntax.OpCapture || more > 0 {
			appendMatch(b, re.Sub[0], more)
		}
	case syntax.OpAlternate:
		appendMatch(b, re.Sub[0], more)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			appendMatch(b, sub, more)
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		least, most := 0, maxLength
		switch re.Op {
		case syntax.OpPlus:
			least = 1
		case syntax.OpRepeat:
			least = re.Min
			if re.Max >= 0 {
				most = re.Max
			}
		}
		for range min(least+more, most) {
			appendMatch(b, re.Sub[0], 0)
		}
	}
}

// oneOf chooses a character of a class: a plain one, if there is any.
func oneOf(ranges []rune) rune {
	holds := func(r rune) bool {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	for _, r := range "a1Ab2B0-_." {
		if holds(r) {
			return r
		}
	}
	for r := '!'; r <= '~'; r++ {
		if holds(r) {
			return r
		}
	}
	if len(ranges) > 0 {
		return ranges[0]
	}
	return 'a'
}
