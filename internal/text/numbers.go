package text

import (
	"math/big"
	"strings"
)

// CompareNumbers compares two number nodes: -1, 0 or 1; 0 where one is not a number.
func CompareNumbers(a, b *Node) int {
	x, okX := ratOf(a)
	y, okY := ratOf(b)
	if !okX || !okY {
		return 0
	}
	return x.Cmp(y)
}

// ratOf parses the document's text. The parsers bound the exponent.
func ratOf(n *Node) (*big.Rat, bool) {
	if n == nil || n.Kind != KindNumber {
		return nil, false
	}
	return new(big.Rat).SetString(n.Text)
}

// CountOf returns a number of items or characters in plain digits: JSON Schema
// takes 3.0 and 3e0 for whole numbers, the languages do not.
func CountOf(n *Node) string {
	if n == nil || n.Kind != KindNumber {
		return ""
	}
	if !strings.ContainsAny(n.Text, ".eE") {
		return n.Text
	}
	if r, ok := ratOf(n); ok && r.IsInt() {
		return r.Num().String()
	}
	return ""
}
