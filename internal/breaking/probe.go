package breaking

import (
	"slices"

	"github.com/wsgen/wsgen/schema"
)

// probes are comparisons that ask one question: would values of the sender be refused? They
// find what belongs together in two unions.
type probes struct {
	verdicts map[pair]bool // of named types; true also while one is asked, for recursive types
	depth    int
}

// maxDepth bounds unions that are variants of each other.
const maxDepth = 64

// fits tells whether a type can take the place of another without a change on the wire.
func (c *comparer) fits(before, after schema.Type, d direction) bool {
	return c.probes.ask(func(probe *comparer) { probe.compare(before, after, d, place{}) })
}

// ask runs a comparison, and tells whether it finds nothing on the wire.
func (p *probes) ask(compare func(*comparer)) bool {
	if p.depth == maxDepth {
		return false
	}
	p.depth++
	defer func() { p.depth-- }()
	probe := newComparer(p)
	probe.probing = true
	compare(probe)
	return !slices.ContainsFunc(probe.changes, func(x Change) bool { return x.Level == Wire })
}

// fitsNamed is fits for named types, each pair of which is compared once.
func (p *probes) fitsNamed(key pair) bool {
	if verdict, known := p.verdicts[key]; known {
		return verdict
	}
	p.verdicts[key] = true
	verdict := p.ask(func(probe *comparer) {
		if !probe.sameKind(key.before, key.after, key.direction, place{}) {
			probe.change(key.before, key.after, key.direction, place{})
		}
	})
	p.verdicts[key] = verdict
	return verdict
}

// accepts tells whether all values of one type are values of another one of another kind.
func (c *comparer) accepts(sender, receiver schema.Type, d direction) bool {
	if _, any := receiver.(*schema.Any); any || sender == nil {
		return true
	}
	part := func(sender, receiver schema.Type) bool {
		before, after := sides(d, sender, receiver)
		return c.fits(before, after, d)
	}
	switch s := sender.(type) {
	case *schema.Enum:
		if r, ok := receiver.(*schema.Scalar); ok {
			unfit := func(v schema.EnumValue) bool { return !schema.Fits(r, v.Value) }
			return r.Format == schema.FormatNone && !slices.ContainsFunc(s.Values, unfit)
		}
	case *schema.Scalar:
		if r, ok := receiver.(*schema.Enum); ok && d == toClient { // clients keep values that they do not know
			return len(r.Values) > 1 && r.Base == s.Kind
		}
	case *schema.Union:
		return !slices.ContainsFunc(s.Variants, func(v schema.Variant) bool { return !part(v.Type, receiver) })
	}
	if r, ok := receiver.(*schema.Union); ok {
		return slices.ContainsFunc(r.Variants, func(v schema.Variant) bool { return part(sender, v.Type) })
	}
	return false
}
