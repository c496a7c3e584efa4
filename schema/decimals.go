package schema

// findDecimals recognises Pydantic's Decimal where it has no limits and so no
// pattern: two versions of a model, in which a member is a number or a string in
// the one, and a plain string in the other. Both become a Decimal.
func findDecimals(a, b Named) {
	switch a := a.(type) {
	case *Object:
		b, ok := b.(*Object)
		if !ok {
			return
		}
		others := make(map[string]*Field, len(b.Fields))
		for _, f := range b.Fields {
			others[f.Wire] = f
		}
		for _, f := range a.Fields {
			if g := others[f.Wire]; g != nil {
				pairDecimals(&f.Type, &g.Type)
			}
		}
	case *Tuple:
		if b, ok := b.(*Tuple); ok && len(a.Items) == len(b.Items) {
			for i := range a.Items {
				pairDecimals(&a.Items[i].Type, &b.Items[i].Type)
			}
		}
	case *Alias:
		if b, ok := b.(*Alias); ok {
			pairDecimals(&a.Target, &b.Target)
		}
	}
}

func pairDecimals(a, b *Type) {
	if joined := decimalPair(*a, *b); joined != nil {
		*a, *b = joined, joined
		return
	}
	switch x := (*a).(type) {
	case *Nullable:
		if y, ok := (*b).(*Nullable); ok {
			pairDecimals(&x.Elem, &y.Elem)
		}
	case *List:
		if y, ok := (*b).(*List); ok {
			pairDecimals(&x.Elem, &y.Elem)
		}
	case *Map:
		if y, ok := (*b).(*Map); ok {
			pairDecimals(&x.Value, &y.Value)
		}
	case *Tuple:
		if y, ok := (*b).(*Tuple); ok && x.Inline && y.Inline {
			findDecimals(x, y)
		}
	}
}

func decimalPair(a, b Type) Type {
	union, ok := a.(*Union)
	text, plain := b.(*Scalar)
	if !ok {
		union, ok = b.(*Union)
		text, plain = a.(*Scalar)
	}
	if !ok || !plain || !union.Inline || len(union.Variants) != 2 || !plainScalar(text, String) || !isText(text) {
		return nil
	}
	number, isNumber := union.Variants[0].Type.(*Scalar)
	other, isOther := union.Variants[1].Type.(*Scalar)
	if isNumber && isOther && plainScalar(number, Number) && plainScalar(other, String) && isText(other) {
		return &Scalar{Kind: String, Format: Decimal, Limits: number.Limits}
	}
	return nil
}

func plainScalar(s *Scalar, kind ScalarKind) bool {
	return s.Kind == kind && s.Format == FormatNone && s.Hint == ""
}

// isText tells whether a string has no limits of its own.
func isText(s *Scalar) bool { return s.Limits == nil }
