package plan

import (
	"math/big"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// maxSafe is 2^53: beyond it a float64 does not hold every integer.
var maxSafe = big.NewFloat(1 << 53)

// BeyondDouble tells whether a schema announces integers that a float64 rounds: by the format
// int64 or uint64, or by a bound beyond 2^53. An integer of which the schema says nothing
// is not one, since most of these are counts.
func BeyondDouble(s *schema.Scalar) bool {
	if s.Kind != schema.Integer {
		return false
	}
	var l schema.Limits
	if s.Limits != nil {
		l = *s.Limits
	}
	least := firstOf(l.Minimum, l.ExclusiveMinimum)
	most := firstOf(l.Maximum, l.ExclusiveMaximum)
	if s.Hint == "int64" || s.Hint == "uint64" {
		return least == "" && s.Hint == "int64" || most == "" || beyondSafe(least) || beyondSafe(most)
	}
	return beyondSafe(least) || beyondSafe(most)
}

func firstOf(texts ...string) string {
	if i := slices.IndexFunc(texts, func(s string) bool { return s != "" }); i >= 0 {
		return texts[i]
	}
	return ""
}

// beyondSafe tells whether a number is beyond 2^53, on either side of zero.
func beyondSafe(number string) bool {
	if len(number) < len("9007199254740992") && !strings.ContainsAny(number, "eE") {
		return false
	}
	f, _, err := big.ParseFloat(number, 10, 256, big.ToZero)
	return err == nil && f.Abs(f).Cmp(maxSafe) > 0
}

// ValueBeyondDouble tells whether a value is an integer that a float64 does not hold for sure.
func ValueBeyondDouble(n *text.Node) bool {
	if n.Kind != text.KindNumber || !isInteger(n.Text) {
		return false
	}
	f, _, err := big.ParseFloat(n.Text, 10, 256, big.ToZero)
	return err == nil && f.Abs(f).Cmp(maxSafe) >= 0
}

// HoldsBeyondDouble tells whether values of a type are, or hold in place, integers that are
// [BeyondDouble]. Types with a name and objects are not looked into.
func HoldsBeyondDouble(t schema.Type) bool {
	found := false
	schema.Walk(t, func(part schema.Type) bool {
		if s, ok := part.(*schema.Scalar); ok && BeyondDouble(s) {
			found = true
		}
		_, isObject := part.(*schema.Object)
		named, ok := part.(schema.Named)
		return !ok || named.Head().Inline && !isObject
	})
	return found
}
