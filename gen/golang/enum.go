package golang

import (
	"math/big"
	"strconv"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// goBase is the Go type below an enum.
type goBase int

const (
	goString goBase = iota
	goInt
	goFloat
	goBool
	jsonText // values of several types, or numbers that Go's types cannot hold
)

func (g goBase) expr() string {
	return [...]string{"string", "int64", "float64", "bool", "string"}[g]
}

func enumBase(e *schema.Enum) goBase {
	switch e.Base {
	case schema.String:
		return goString
	case schema.Integer:
		for _, v := range e.Values {
			if _, err := strconv.ParseInt(v.Value.Text, 10, 64); err != nil {
				return jsonText
			}
		}
		return goInt
	case schema.Number:
		seen := map[float64]bool{}
		for _, v := range e.Values {
			f, err := strconv.ParseFloat(v.Value.Text, 64)
			if err != nil || seen[f] {
				return jsonText
			}
			seen[f] = true
		}
		return goFloat
	case schema.Boolean:
		return goBool
	}
	return jsonText
}

// literal writes a value of an enum as a Go constant.
func (g goBase) literal(v *text.Node) string {
	switch {
	case g == jsonText:
		return quote(v.JSON())
	case v.Kind == text.KindString:
		return quote(v.Text)
	case g == goInt:
		n, _ := new(big.Int).SetString(v.Text, 10)
		return n.String()
	}
	return v.Text
}

// isBare tells whether an enum has no type of its own: a constant that the document
// writes where it is used has the base type.
func (n *names) isBare(e *schema.Enum) bool {
	return e.Inline && len(e.Values) == 1 && !n.variantEnums[e]
}

// valueExpr writes a value of an enum: the constant where there is one, else a literal.
func (n *names) valueExpr(e *schema.Enum, v *text.Node) string {
	if !n.isBare(e) {
		for i := range e.Values {
			if e.Values[i].Value.Kind == v.Kind && e.Values[i].Value.JSON() == v.JSON() {
				return n.values[e][i]
			}
		}
	}
	return enumBase(e).literal(v)
}
