package breaking

import (
	"math/big"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// limits compares what params are held to. Clients do not hold results to limits.
func (c *comparer) limits(before, after *schema.Limits, d direction, p place) {
	if d == toClient || after == nil {
		return
	}
	if before == nil {
		before = &schema.Limits{}
	}
	if above(lowest(after), lowest(before)) {
		c.note(paramsMinimum, p, "the minimum is %s", lowest(after).change(lowest(before)))
	}
	if above(highest(before), highest(after)) {
		c.note(paramsMaximum, p, "the maximum is %s", highest(after).change(highest(before)))
	}
	if after.MultipleOf != "" && !isMultiple(before.MultipleOf, after.MultipleOf) {
		c.note(paramsMultiple, p, "numbers must be multiples of %s%s", after.MultipleOf, was(before.MultipleOf))
	}
	if after.MinLength != "" && compareTexts(orZero(before.MinLength), after.MinLength) < 0 {
		c.note(paramsMinLength, p, "the length is at least %s%s", after.MinLength, was(before.MinLength))
	}
	if after.MaxLength != "" && (before.MaxLength == "" || compareTexts(after.MaxLength, before.MaxLength) < 0) {
		c.note(paramsMaxLength, p, "the length is at most %s%s", after.MaxLength, was(before.MaxLength))
	}
	if after.Pattern != "" && after.Pattern != before.Pattern {
		c.note(paramsPattern, p, "texts must match %s%s", text.Quote(after.Pattern), was(before.Pattern))
	}
}

// isMultiple tells whether all multiples of one number are multiples of another, too.
func isMultiple(number, of string) bool {
	a, okA := new(big.Rat).SetString(number)
	b, okB := new(big.Rat).SetString(of)
	return okA && okB && b.Sign() != 0 && a.Quo(a, b).IsInt()
}

// bound is one end of a range of numbers.
type bound struct {
	value     string // "": there is none
	exclusive bool
	upper     bool
}

func lowest(l *schema.Limits) bound {
	b := bound{value: l.Minimum}
	if x := l.ExclusiveMinimum; x != "" && (b.value == "" || compareTexts(x, b.value) >= 0) {
		b = bound{value: x, exclusive: true}
	}
	return b
}

func highest(l *schema.Limits) bound {
	b := bound{value: l.Maximum, upper: true}
	if x := l.ExclusiveMaximum; x != "" && (b.value == "" || compareTexts(x, b.value) <= 0) {
		b = bound{value: x, exclusive: true, upper: true}
	}
	return b
}

// above tells whether a bound is higher than another of its kind: without a lower bound,
// numbers go down without end, without an upper one up.
func above(a, b bound) bool {
	if a.value == "" || b.value == "" {
		if a.upper {
			return a.value == "" && b.value != ""
		}
		return a.value != "" && b.value == ""
	}
	if order := compareTexts(a.value, b.value); order != 0 {
		return order > 0
	}
	if a.upper { // an exclusive upper bound is below an inclusive one
		return b.exclusive && !a.exclusive
	}
	return a.exclusive && !b.exclusive
}

// change writes a bound beside what it was: "3, and was 1".
func (b bound) change(before bound) string { return b.String() + was(before.String()) }

func (b bound) String() string {
	if b.exclusive {
		return b.value + " (exclusive)"
	}
	return b.value
}

func was(before string) string {
	if before == "" {
		return ", and there was none"
	}
	return ", and was " + before
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// compareTexts compares numbers that are written as in documents.
func compareTexts(a, b string) int {
	return text.CompareNumbers(&text.Node{Kind: text.KindNumber, Text: a}, &text.Node{Kind: text.KindNumber, Text: b})
}
