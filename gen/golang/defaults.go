package golang

import (
	"math"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// writeGetter prints the method that gives a member or its default:
//
//	// GetCurrency returns currency, or its default where it is absent.
//	func (v *Money) GetCurrency() string { return rpc.Or(v.Currency, "EUR") }
//
// Of a member that may also be null, null is returned as nil.
func (w *typeWriter) writeGetter(typ, get string, m *member) {
	value, ok := w.defaultExpr(m.inner, m.Default)
	if !ok {
		return
	}
	w.b.Line()
	comment(w.b, get+" returns "+called(m.Wire)+", or its default where it is absent.")
	head := func(result goType) string { return "func (v *" + typ + ") " + get + "() " + w.use(result) }
	base := w.names.baseOf(m.inner)
	if m.pointer && !m.null {
		w.imports |= importRPC
		oneLineFunctions(w.b, []column{{cells: []string{head(base), "return rpc.Or(v." + m.name + ", " + value + ")"}}})
		return
	}
	present := "v." + m.name + " != nil"
	if m.pointer {
		w.imports |= importRPC
		base, value = base.pointer(), "rpc.Ptr["+w.use(base)+"]("+value+")"
	}
	w.b.Block(head(base)+" {", func() {
		if m.null {
			w.b.Line("_, null := v.Extra[", m.wire, "]")
			present += " || null"
		}
		w.b.Block("if "+present+" {", func() { w.b.Line("return v.", m.name) }, "}")
		w.b.Line("return ", value)
	}, "}")
}

// called is how a comment names a member: one called "" is in quotes.
func called(wire string) string {
	if strings.TrimSpace(visible(wire)) == "" {
		return strconv.Quote(wire)
	}
	return wire
}

// defaultExpr writes a default as a Go expression of a type; ok is false where the type
// cannot hold it.
func (f *file) defaultExpr(t schema.Type, n *text.Node) (expr string, ok bool) {
	if expr, ok = f.literal(t, n); ok || !f.canHold(t, n) {
		return expr, ok
	}
	f.imports |= importRPC
	w := codecWriter{file: f, tolerant: true}
	return "rpc.Default(" + quote(n.JSON()) + ", " + w.typedFunction(t) + ")", true
}

// literal writes a default that is a constant in Go.
func (f *file) literal(t schema.Type, n *text.Node) (literal string, ok bool) {
	switch c := schema.Core(t).(type) {
	case *schema.Enum:
		return f.names.valueExpr(c, n), true
	case *schema.Scalar:
		if !c.Wide() {
			return scalarLiteral(c.Kind, n)
		}
	}
	return "", false
}

// canHold tells whether a type holds a default that is no constant in Go.
func (f *file) canHold(t schema.Type, n *text.Node) bool {
	if s, ok := schema.Core(t).(*schema.Scalar); ok && !s.Wide() {
		return false
	}
	return fitsInt64(n) || isWide(t)
}

func scalarLiteral(kind schema.ScalarKind, n *text.Node) (literal string, ok bool) {
	switch {
	case kind == schema.String && n.Kind == text.KindString:
		return quote(n.Text), true
	case kind == schema.Boolean && n.Kind == text.KindBool:
		return n.Text, true
	case kind == schema.Integer && n.Kind == text.KindNumber:
		i, err := strconv.ParseInt(n.Text, 10, 64)
		return strconv.FormatInt(i, 10), err == nil
	case kind == schema.Number && n.Kind == text.KindNumber:
		f, err := strconv.ParseFloat(n.Text, 64)
		return strconv.FormatFloat(f, 'g', -1, 64), err == nil && !math.IsInf(f, 0)
	}
	return "", false
}

// fitsInt64 tells whether Go can hold all integers of a default.
func fitsInt64(n *text.Node) bool {
	switch n.Kind {
	case text.KindNumber:
		_, err := strconv.ParseInt(n.Text, 10, 64)
		_, fraction := strconv.ParseFloat(n.Text, 64)
		return err == nil || fraction == nil && !isDigits(n.Text)
	case text.KindArray:
		for _, item := range n.Items {
			if !fitsInt64(item) {
				return false
			}
		}
	case text.KindObject:
		for _, m := range n.Members {
			if !fitsInt64(m.Value) {
				return false
			}
		}
	}
	return true
}

func isDigits(number string) bool {
	for _, c := range number {
		if c != '-' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isZeroDefault tells whether a default is what Go's zero value does as well: an empty
// list or dictionary where null is not allowed.
func (n *names) isZeroDefault(m *plan.Member) bool {
	inner, null := n.stripNull(m.Type)
	container := m.Default.Kind == text.KindArray || m.Default.Kind == text.KindObject
	return !null && container && len(m.Default.Items)+len(m.Default.Members) == 0 && isContainer(inner)
}

func isContainer(t schema.Type) bool {
	switch schema.Core(t).(type) {
	case *schema.List, *schema.Map:
		return true
	}
	return false
}
