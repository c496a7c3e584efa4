package load

import "github.com/wsgen/wsgen/schema"

// findDecimals recognises Pydantic's Decimal where it has no limits and so no
// pattern: two versions of a model, in which a member is a number or a string in
// the one, and a plain string in the other. Both become a Decimal.
func findDecimals(a, b schema.Named) {
	switch a := a.(type) {
	case *schema.Object:
		b, ok := b.(*schema.Object)
		if !ok {
			return
		}
		others := make(map[string]*schema.Field, len(b.Fields))
		for _, f := range b.Fields {
			others[f.Wire] = f
		}
		for _, f := range a.Fields {
			if g := others[f.Wire]; g != nil {
				pairDecimals(&f.Type, &g.Type)
			}
		}
	case *schema.Tuple:
		if b, ok := b.(*schema.Tuple); ok && len(a.Items) == len(b.Items) {
			for i := range a.Items {
				pairDecimals(&a.Items[i].Type, &b.Items[i].Type)
			}
		}
	case *schema.Alias:
		if b, ok := b.(*schema.Alias); ok {
			pairDecimals(&a.Target, &b.Target)
		}
	}
}

func pairDecimals(a, b *schema.Type) {
	if joined := decimalPair(*a, *b); joined != nil {
		*a, *b = joined, joined
		return
	}
	switch x := (*a).(type) {
	case *schema.Nullable:
		if y, ok := (*b).(*schema.Nullable); ok {
			pairDecimals(&x.Elem, &y.Elem)
		}
	case *schema.List:
		if y, ok := (*b).(*schema.List); ok {
			pairDecimals(&x.Elem, &y.Elem)
		}
	case *schema.Map:
		if y, ok := (*b).(*schema.Map); ok {
			pairDecimals(&x.Value, &y.Value)
		}
	case *schema.Tuple:
		if y, ok := (*b).(*schema.Tuple); ok && x.Inline && y.Inline {
			findDecimals(x, y)
		}
	}
}

func decimalPair(a, b schema.Type) schema.Type {
	union, ok := a.(*schema.Union)
	text, plain := b.(*schema.Scalar)
	if !ok {
		union, ok = b.(*schema.Union)
		text, plain = a.(*schema.Scalar)
	}
	if !ok || !plain || !union.Inline || len(union.Variants) != 2 || !plainScalar(text, schema.String) || !isText(text) {
		return nil
	}
	number, isNumber := union.Variants[0].Type.(*schema.Scalar)
	other, isOther := union.Variants[1].Type.(*schema.Scalar)
	if isNumber && isOther && plainScalar(number, schema.Number) && plainScalar(other, schema.String) && isText(other) {
		return &schema.Scalar{Kind: schema.String, Format: schema.Decimal, Limits: number.Limits}
	}
	return nil
}

func plainScalar(s *schema.Scalar, kind schema.ScalarKind) bool {
	return s.Kind == kind && s.Format == schema.FormatNone && s.Hint == ""
}

// isText tells whether a string has no limits of its own.
func isText(s *schema.Scalar) bool { return s.Limits == nil }
