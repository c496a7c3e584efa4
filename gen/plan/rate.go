package plan

import (
	"math/big"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Score is how well a value fits a [Shape]. Scores are compared member by member,
// in this order.
type Score struct {
	Misfits   int // what the type takes although its schema does not: fewer are better
	Constants int // members that have their only value
	Members   int // declared members that are there
	Details   int // known values, formats, and integers that are called so
}

// Better tells whether s fits better than t.
func (s Score) Better(t Score) bool {
	switch {
	case s.Misfits != t.Misfits:
		return s.Misfits < t.Misfits
	case s.Constants != t.Constants:
		return s.Constants > t.Constants
	case s.Members != t.Members:
		return s.Members > t.Members
	}
	return s.Details > t.Details
}

func (s Score) plus(t Score) Score {
	return Score{s.Misfits + t.Misfits, s.Constants + t.Constants, s.Members + t.Members, s.Details + t.Details}
}

// Choose returns the variant that a JSON value belongs to, nil where the value is
// unknown. It is what every generated decoder does.
func (u *Union) Choose(value *text.Node) *Variant {
	if tag := value.Get(u.Tag); u.Tag != "" && tag != nil {
		return u.tagged(tag)
	}
	if u.Declared {
		return nil
	}
	var best *Variant
	var most Score
	for i := range u.Variants {
		if score, fits := u.Variants[i].Shape.Rate(value); fits && (best == nil || score.Better(most)) {
			best, most = &u.Variants[i], score
		}
	}
	return best
}

// tagged returns the variant that a value of the tag selects.
func (u *Union) tagged(tag *text.Node) *Variant {
	for i := range u.Variants {
		for _, known := range u.Variants[i].Tags {
			if schema.SameScalar(known, tag) {
				return &u.Variants[i]
			}
		}
	}
	return nil
}

// Rate tells whether a type takes a value, and how well the value fits.
func (s *Shape) Rate(v *text.Node) (score Score, fits bool) {
	kind := KindOf(v)
	switch {
	case kind == JSONNull && (s.Nullable || s.Types.Has(JSONNull)):
		return Score{}, true
	case kind == JSONNull && s.NaN:
		return Score{Misfits: 1}, true
	case s.AnyOf != nil:
		return s.rateAnyOf(v, kind)
	case !s.Types.Has(kind):
		return Score{}, false
	}
	switch kind {
	case JSONArray:
		return s.rateArray(v)
	case JSONObject:
		return s.rateObject(v)
	}
	if s.Enum != nil {
		return s.rateEnum(v)
	}
	return s.rateScalar(v, kind)
}

func (s *Shape) rateAnyOf(v *text.Node, kind Kinds) (best Score, fits bool) {
	for _, b := range s.AnyOf {
		if score, ok := b.Rate(v); ok && (!fits || score.Better(best)) {
			best, fits = score, true
		}
	}
	if !fits && s.Open && s.Types.Has(kind) {
		return Score{Misfits: 1}, true
	}
	return best, fits
}

func (s *Shape) rateEnum(v *text.Node) (Score, bool) {
	if slices.ContainsFunc(s.Enum, func(known *text.Node) bool { return schema.SameScalar(known, v) }) {
		if len(s.Enum) == 1 {
			return Score{Constants: 1}, true
		}
		return Score{Details: 1}, true
	}
	return Score{Misfits: 1}, s.Open
}

func (s *Shape) rateScalar(v *text.Node, kind Kinds) (score Score, fits bool) {
	switch {
	case kind == JSONInteger && !s.Types.Has(JSONFraction):
		if s.Wide || fits64Bits(v.Text) {
			score.Details = 1
		} else {
			score.Misfits = 1
		}
	case kind == JSONString && s.Format != schema.FormatNone:
		if matchesAll(FormatPattern(s.Format), v.Text) {
			score.Details = 1
		} else if score.Misfits = 1; Parsed(s.Format) {
			return score, false
		}
	}
	if s.exceeds(v, kind) {
		score.Misfits++
	}
	return score, true
}

// fits64Bits tells whether an integer, in whatever form it is written, is one that
// all languages can hold without a loss of its size.
func fits64Bits(integer string) bool {
	n, ok := new(big.Rat).SetString(integer)
	return ok && n.Num().IsInt64()
}

// exceeds tells whether a scalar is outside of the limits of its type.
func (s *Shape) exceeds(v *text.Node, kind Kinds) bool {
	l := s.Limits
	switch {
	case l == nil:
		return false
	case kind == JSONString:
		n := int64(utf8.RuneCountInString(v.Text))
		return outside(n, l) || s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v.Text)
	case JSONNumber.Has(kind):
		n, ok := new(big.Rat).SetString(v.Text)
		return ok && (compare(n, l.Minimum) < 0 || compare(n, l.Maximum) > 0 ||
			l.ExclusiveMinimum != "" && compare(n, l.ExclusiveMinimum) <= 0 ||
			l.ExclusiveMaximum != "" && compare(n, l.ExclusiveMaximum) >= 0)
	}
	return false
}

// compare returns 0 where there is no limit.
func compare(n *big.Rat, limit string) int {
	if l, ok := new(big.Rat).SetString(limit); ok {
		return n.Cmp(l)
	}
	return 0
}

// outside tells whether a length is outside of the limits.
func outside(n int64, l *schema.Limits) bool {
	length := big.NewRat(n, 1)
	return l != nil && (compare(length, l.MinLength) < 0 || compare(length, l.MaxLength) > 0)
}

func (s *Shape) rateArray(v *text.Node) (score Score, fits bool) {
	if len(v.Items) < s.MinItems {
		return Score{}, false
	}
	if outside(int64(len(v.Items)), s.Limits) {
		score.Misfits++
	}
	for i, item := range v.Items {
		shape := s.Items
		if i < len(s.PrefixItems) {
			shape = s.PrefixItems[i]
		}
		switch {
		case shape != nil:
			part, ok := shape.Rate(item)
			if !ok {
				return Score{}, false
			}
			score = score.plus(part)
		case s.isArray() && !s.More:
			return Score{}, false
		case s.More:
			score.Misfits++
		}
	}
	return score, true
}

// isArray tells whether the items of an array are declared: of any value they
// are not.
func (s *Shape) isArray() bool { return s.Types == JSONArray }

func (s *Shape) rateObject(v *text.Node) (score Score, fits bool) {
	if outside(int64(len(v.Members)), s.Limits) {
		score.Misfits++
	}
	for _, p := range s.Properties {
		value := v.Get(p.Name)
		if value == nil {
			if p.Required {
				return Score{}, false
			}
			continue
		}
		part, ok := p.Shape.Rate(value)
		if !ok {
			return Score{}, false
		}
		score = score.plus(part)
		score.Members++
	}
	for _, m := range v.Members {
		if slices.ContainsFunc(s.Properties, func(p Property) bool { return p.Name == m.Key }) {
			continue
		}
		part, ok := s.rateUndeclared(m)
		if !ok {
			return Score{}, false
		}
		score = score.plus(part)
	}
	return score, true
}

// rateUndeclared rates a member that the type does not declare.
func (s *Shape) rateUndeclared(m text.Member) (score Score, fits bool) {
	if s.Closed {
		return Score{Misfits: 1}, s.Open
	}
	fits = true
	if s.PropertyNames != nil {
		score, fits = s.PropertyNames.Rate(&text.Node{Kind: text.KindString, Text: m.Key})
	}
	if s.Additional != nil && fits {
		part, ok := s.Additional.Rate(m.Value)
		score, fits = score.plus(part), ok
	}
	return score, fits
}

func matchesAll(pattern, text string) bool {
	return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(text)
}
