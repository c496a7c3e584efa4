package breaking

import (
	"reflect"
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// direction says who sends values of a type.
type direction uint8

const (
	toServer direction = iota // old clients to the new server: params
	toClient                  // the new server to old clients: results, events and errors
)

// pair is a comparison of two named types. It is made once.
type pair struct {
	before, after schema.Named
	direction     direction
}

// place is where a type is used, in both versions.
type place struct{ before, after text.Pos }

func (c *comparer) note(r *Rule, p place, format string, args ...any) {
	c.add(r, p.before, p.after, format, args...)
}

// sides orders what belongs to the old and to the new version by who sends.
func sides[T any](d direction, before, after T) (sender, receiver T) {
	if d == toServer {
		return before, after
	}
	return after, before
}

// compare compares the types of one place.
func (c *comparer) compare(before, after schema.Type, d direction, p place) {
	before, after = c.names(before, after, p)
	b, beforeNull := withoutNull(before)
	a, afterNull := withoutNull(after)
	if sends, takes := sides(d, beforeNull, afterNull); sends && !takes {
		c.note(nullRefused.of(d), p, "null %s", senders[d])
	} else if sends != takes {
		c.note(nullInCode, p, "%s", map[bool]string{true: "null may be a value", false: "null is no longer a value"}[afterNull])
	}
	if (b == nil) != (a == nil) {
		c.change(b, a, d, p)
	} else if b != nil {
		c.values(b, a, d, p)
	}
}

// senders end the sentence of a value that the other side refuses.
var senders = [...]string{
	toServer: "is what old clients may send, and the server no longer takes it",
	toClient: "may be sent, and old clients do not take it",
}

// names looks through aliases, and compares what code calls the types.
func (c *comparer) names(before, after schema.Type, p place) (b, a schema.Type) {
	x, y := named(before), named(after)
	if old, name := declaredName(x), declaredName(y); old != name && reflect.TypeOf(schema.Core(before)) == reflect.TypeOf(schema.Core(after)) {
		c.renamed(old, name, before, after, p)
	}
	if x != nil && y != nil {
		c.declarations(x, y)
	}
	return schema.Resolve(before), schema.Resolve(after)
}

// renamed reports another name of a type, "" for none: that of the type itself, if nothing is
// called by the old one any longer, else that of one place.
func (c *comparer) renamed(old, name string, before, after schema.Type, p place) {
	if old == "" || c.declared[old] {
		c.note(typeInCode, p, "the type is %s, and was %s", schema.Describe(after), schema.Describe(before))
		return
	}
	defer func(at string) { c.at = at }(c.at)
	c.at = old
	if name == "" {
		c.add(typeGone, named(before).Head().Pos, text.Pos{}, "the type is gone: %s has taken its place", schema.Describe(after))
		return
	}
	c.add(typeRenamed, named(before).Head().Pos, named(after).Head().Pos, "the type is called %s", name)
}

// named is the named type of a place, of which null may be another value.
func named(t schema.Type) schema.Named {
	if n, ok := t.(*schema.Nullable); ok {
		t = n.Elem
	}
	n, _ := t.(schema.Named)
	return n
}

// declarations compares what the declarations of two types say beside their values.
func (c *comparer) declarations(b, a schema.Named) {
	defer func(at string) { c.at = at }(c.at)
	if name := declaredName(a); name != "" {
		c.at = name
	}
	p := place{b.Head().Pos, a.Head().Pos}
	if b.Head().Deprecated == nil && a.Head().Deprecated != nil {
		c.note(typeDeprecated, p, "the type is deprecated")
	}
	old, ok := b.(*schema.Alias)
	flags, both := a.(*schema.Alias)
	if ok && both {
		c.flags(old, flags)
	}
}

// flags compares the named constants of an integer.
func (c *comparer) flags(b, a *schema.Alias) {
	find := func(in []schema.EnumValue, v schema.EnumValue) int {
		return slices.IndexFunc(in, func(o schema.EnumValue) bool { return schema.SameScalar(o.Value, v.Value) })
	}
	for _, old := range b.Flags {
		if i := find(a.Flags, old); i < 0 {
			c.add(valueGone, old.Pos, a.Pos, "the flag %s is gone", old.Value.JSON())
		} else if v := a.Flags[i]; v.Name != old.Name {
			c.add(valueRenamed, old.Pos, v.Pos, "the flag %s is called %q, and was %q", old.Value.JSON(), v.Name, old.Name)
		}
	}
	for _, v := range a.Flags {
		if find(b.Flags, v) < 0 {
			c.add(valueAdded, b.Pos, v.Pos, "the flag %s is new", v.Value.JSON())
		}
	}
}

// declaredName is the name of a type that the document names.
func declaredName(t schema.Type) string {
	if n, ok := t.(schema.Named); ok && !n.Head().Inline {
		return n.Head().Name
	}
	return ""
}

// withoutNull returns the type of the values that are not null: nil if there are none.
func withoutNull(t schema.Type) (schema.Type, bool) {
	switch t := t.(type) {
	case *schema.Null:
		return nil, true
	case *schema.Nullable:
		return schema.Resolve(t.Elem), true
	case *schema.Any:
		return t, true
	}
	return t, schema.IsNullable(t)
}

// values compares types of values that are not null.
func (c *comparer) values(b, a schema.Type, d direction, p place) {
	if x, ok := b.(schema.Named); ok {
		if y, ok := a.(schema.Named); ok {
			key := pair{x, y, d}
			if c.probing {
				if !c.probes.fitsNamed(key) {
					c.note(typeChanged.of(d), p, "a part does not fit")
				}
				return
			}
			if c.seen[key] {
				return
			}
			c.seen[key] = true
			if name := declaredName(y); name != "" {
				defer func(at string) { c.at = at }(c.at)
				c.at = name
			}
		}
	}
	if !c.sameKind(b, a, d, p) {
		c.change(b, a, d, p)
	}
}

// sameKind compares types of one kind. It returns false where there are two.
func (c *comparer) sameKind(b, a schema.Type, d direction, p place) bool {
	switch b := b.(type) {
	case *schema.Any:
		_, same := a.(*schema.Any)
		return same
	case *schema.Scalar:
		a, same := a.(*schema.Scalar)
		return same && c.scalars(b, a, d, p)
	case *schema.Enum:
		a, same := a.(*schema.Enum)
		return same && c.enums(b, a, d, p)
	case *schema.List:
		a, same := a.(*schema.List)
		if same {
			c.limits(b.Limits, a.Limits, d, p)
			if !b.Unique && a.Unique && d == toServer {
				c.note(paramsUnique, p, "items must be unique")
			}
			c.part("[]", func() { c.compare(b.Elem, a.Elem, d, p) })
		}
		return same
	case *schema.Map:
		a, same := a.(*schema.Map)
		if same {
			c.limits(b.Limits, a.Limits, d, p)
			c.part(" keys", func() { c.compare(b.Key, a.Key, d, p) })
			c.part("[]", func() { c.compare(b.Value, a.Value, d, p) })
		}
		return same
	case *schema.Object:
		a, same := a.(*schema.Object)
		if same {
			c.objects(b, a, d)
		}
		return same
	case *schema.Union:
		a, same := a.(*schema.Union)
		if same {
			c.unions(b, a, d, p)
		}
		return same
	case *schema.Tuple:
		a, same := a.(*schema.Tuple)
		if same {
			c.tuples(b, a, d, p)
		}
		return same
	}
	return false
}

// change reports that a type has another kind: on the wire, unless every value that is sent
// fits the other type, too.
func (c *comparer) change(b, a schema.Type, d direction, p place) {
	sender, receiver := sides(d, b, a)
	if c.accepts(sender, receiver, d) {
		c.note(typeInCode, p, "the type is %s, and was %s", schema.Describe(a), schema.Describe(b))
		return
	}
	c.note(typeChanged.of(d), p, "the type is %s, and was %s", schema.Describe(a), schema.Describe(b))
}

func (c *comparer) scalars(b, a *schema.Scalar, d direction, p place) bool {
	sender, receiver := sides(d, b, a)
	switch {
	case sender.Kind == receiver.Kind:
	case sender.Kind == schema.Integer && receiver.Kind == schema.Number:
		c.note(typeInCode, p, "the type is %s, and was %s", schema.Describe(a), schema.Describe(b))
	case sender.Kind == schema.Number && receiver.Kind == schema.Integer:
		c.note(fractionRefused.of(d), p, "a number with a fraction %s", senders[d])
	default:
		return false
	}
	switch {
	case sender.Format == receiver.Format:
	case receiver.Format == schema.FormatNone:
		c.note(typeInCode, p, "the format is %s, and was %s", formatName(a), formatName(b))
	default:
		c.note(formatChanged.of(d), p, "the format is %s, and was %s", formatName(a), formatName(b))
	}
	if d == toClient && !b.Wide() && a.Wide() {
		c.note(resultsInteger, p, "integers may need more than 64 bits, and old clients do not take them")
	} else if b.Wide() != a.Wide() {
		c.note(typeInCode, p, "integers need %s", map[bool]string{true: "more than 64 bits", false: "at most 64 bits"}[a.Wide()])
	}
	c.limits(b.Limits, a.Limits, d, p)
	return true
}

func formatName(s *schema.Scalar) string {
	if s.Format == schema.FormatNone {
		return "not limited"
	}
	return string(s.Format)
}

func (c *comparer) enums(b, a *schema.Enum, d direction, p place) bool {
	if b.Base != a.Base && b.Base != schema.Mixed && a.Base != schema.Mixed {
		return false
	}
	if len(b.Values) == 1 && len(a.Values) == 1 {
		if !schema.SameScalar(b.Values[0].Value, a.Values[0].Value) {
			c.note(constantChanged.of(d), p, "the constant is %s, and was %s", a.Values[0].Value.JSON(), b.Values[0].Value.JSON())
		}
		return true
	}
	if len(b.Values) == 1 && d == toClient { // old clients take nothing but the constant
		c.note(constantChanged.of(d), p, "there are several values, and old clients know the constant %s", b.Values[0].Value.JSON())
		return true
	}
	for _, old := range b.Values {
		if v := valueOf(a, old.Value); v == nil {
			if d == toServer {
				c.add(valueRefused.of(d), old.Pos, a.Pos, "%s %s", old.Value.JSON(), senders[d])
			}
			c.add(valueGone, old.Pos, a.Pos, "the value %s is gone", old.Value.JSON())
		} else if v.Name != old.Name {
			c.add(valueRenamed, old.Pos, v.Pos, "the value %s is called %q, and was %q", old.Value.JSON(), v.Name, old.Name)
		}
	}
	for _, v := range a.Values {
		if valueOf(b, v.Value) != nil {
			continue
		}
		if d == toServer {
			c.add(paramsValueAdded, b.Pos, v.Pos, "%s may be sent", v.Value.JSON())
		} else {
			c.add(unknownValue, b.Pos, v.Pos, "%s may be sent: code that looks at all values lacks it", v.Value.JSON())
		}
	}
	return true
}

func valueOf(e *schema.Enum, value *text.Node) *schema.EnumValue {
	i := slices.IndexFunc(e.Values, func(v schema.EnumValue) bool { return schema.SameScalar(v.Value, value) })
	if i < 0 {
		return nil
	}
	return &e.Values[i]
}

func (c *comparer) tuples(b, a *schema.Tuple, d direction, p place) {
	sender, receiver := sides(d, b, a)
	switch {
	case sender.Min < receiver.Min:
		c.note(tupleChanged.of(d), p, "an array of %d items %s", sender.Min, senders[d])
	case receiver.Rest == nil && (sender.Rest != nil || len(sender.Items) > len(receiver.Items)):
		c.note(tupleChanged.of(d), p, "an array of more than %d items %s", len(receiver.Items), senders[d])
	case len(b.Items) != len(a.Items) || (b.Rest == nil) != (a.Rest == nil):
		c.note(typeInCode, p, "the array has other items")
	}
	for i := range min(len(b.Items), len(a.Items)) {
		if !slices.Equal(b.Items[i].Name, a.Items[i].Name) {
			c.note(itemRenamed, p, "code has another name for item %d of the array", i+1)
		}
	}
	item := func(t *schema.Tuple, i int) schema.Type {
		if i < len(t.Items) {
			return t.Items[i].Type
		}
		return t.Rest
	}
	for i := range max(len(b.Items), len(a.Items)) {
		if x, y := item(b, i), item(a, i); x != nil && y != nil {
			c.part("[]", func() { c.compare(x, y, d, p) })
		}
	}
	if b.Rest != nil && a.Rest != nil {
		c.part("[]", func() { c.compare(b.Rest, a.Rest, d, p) })
	}
}
