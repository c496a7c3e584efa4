package load

import (
	"reflect"

	"github.com/wsgen/wsgen/schema"
)

// looseDecimal is a schema that takes a number or the text of a Decimal.
type looseDecimal struct {
	schema *keywords
	at     place
}

// splitDecimals makes unions of those loose Decimals that a result, an event or an
// error can have: a server sends a plain Decimal as text only, so that is
// float | Decimal, and both arrive as they were sent.
func splitDecimals(l *lowerer, m *schema.Model) {
	if len(l.looseDecimals) == 0 {
		return
	}
	sent := map[schema.Type]bool{}
	for _, slot := range sentTypes(m) {
		schema.Walk(*slot, func(t schema.Type) bool {
			known := sent[t]
			sent[t] = true
			return !known
		})
	}
	made := map[schema.Type]*schema.Union{}
	union := func(key schema.Type, s *schema.Scalar, decl schema.Decl) *schema.Union {
		if made[key] == nil {
			u := &schema.Union{Decl: decl}
			made[key] = u
			for _, b := range l.looseDecimals[s].schema.branches() {
				u.Variants = append(u.Variants, schema.Variant{Type: l.typ(b, place{owner: u}), Pos: b.pos})
			}
		}
		return made[key]
	}
	l.replaceTypes(m, func(t schema.Type) schema.Type {
		if !sent[t] {
			return t
		}
		switch t := t.(type) {
		case *schema.Alias:
			if s, ok := t.Target.(*schema.Scalar); ok && l.looseDecimals[s].schema != nil {
				return union(t, s, t.Decl)
			}
		case *schema.Scalar:
			if loose := l.looseDecimals[t]; loose.schema != nil {
				u := union(t, t, schema.Decl{Inline: true, Pos: loose.schema.pos})
				l.inline = append(l.inline, inlineDecl{u, loose.at})
				return u
			}
		}
		return t
	})
}

// findDecimals recognises Pydantic's Decimal where nothing else says that it is
// one: a member is a number or a string in the params version of a model, and a
// plain string in the result version. Both become a Decimal.
func findDecimals(a, b schema.Named) {
	if a.Head().Out == b.Head().Out {
		return
	}
	if a.Head().Out {
		a, b = b, a
	}
	pairParts(a, b)
}

// pairParts goes through what two types have in common: in is of params.
func pairParts(in, out schema.Type) {
	a, isObject := in.(*schema.Object)
	b, isOther := out.(*schema.Object)
	if isObject && isOther {
		for _, f := range a.Fields {
			if g := b.Field(f.Wire); g != nil {
				pairDecimals(&f.Type, &g.Type)
			}
		}
		return
	}
	x, y := slots(in), slots(out)
	if _, isUnion := in.(*schema.Union); !isUnion && reflect.TypeOf(in) == reflect.TypeOf(out) && len(x) == len(y) {
		for i := range x {
			pairDecimals(x[i], y[i])
		}
	}
}

func slots(t schema.Type) (all []*schema.Type) {
	schema.EachSlot(t, func(slot *schema.Type) { all = append(all, slot) })
	return all
}

func pairDecimals(in, out *schema.Type) {
	if joined := decimalPair(*in, *out); joined != nil {
		*in, *out = joined, joined
	} else if n, named := (*in).(schema.Named); !named || n.Head().Inline {
		pairParts(*in, *out)
	}
}

func decimalPair(in, out schema.Type) schema.Type {
	union, ok := in.(*schema.Union)
	plain, isScalar := out.(*schema.Scalar)
	if !ok || !isScalar || !union.Inline || len(union.Variants) != 2 || !isPlainText(plain) {
		return nil
	}
	number, isNumber := union.Variants[0].Type.(*schema.Scalar)
	other, isOther := union.Variants[1].Type.(*schema.Scalar)
	if isNumber && isOther && plainScalar(number, schema.Number) && isPlainText(other) {
		return &schema.Scalar{Kind: schema.String, Format: schema.Decimal, Limits: number.Limits}
	}
	return nil
}

func plainScalar(s *schema.Scalar, kind schema.ScalarKind) bool {
	return s.Kind == kind && s.Format == schema.FormatNone && s.Hint == ""
}

// isPlainText tells whether s is a string without limits.
func isPlainText(s *schema.Scalar) bool { return plainScalar(s, schema.String) && s.Limits == nil }
