package rpc

import (
	"bytes"
	"slices"
)

// Unknown keeps a value of a union that the type does not list.
func (d *Decoder) Unknown() UnknownVariant { return UnknownVariant{Raw: bytes.Clone(d.skip())} }

// NoVariant fails because a value is none of a union whose values all are known.
func (d *Decoder) NoVariant(union string) { d.Fail(d.pos, "the value fits no variant of "+union) }

// Tag returns the member of the next value that tells the variants of a union apart, where
// it is there and a string. Nothing is consumed.
func (d *Decoder) Tag(name string) []byte {
	raw := d.tag(name)
	if len(raw) == 0 || raw[0] != '"' {
		return nil
	}
	return textOf(raw)
}

// TagOf returns which of some tags, as JSON, the next value has; -1 where it has another or
// none. Nothing is consumed.
func (d *Decoder) TagOf(name string, tags ...string) int {
	raw := d.tag(name)
	return slices.IndexFunc(tags, func(tag string) bool { return sameScalar(raw, []byte(tag)) })
}

// tag returns the JSON of a member of the next value, nil where there is none.
func (d *Decoder) tag(name string) []byte {
	if d.peek() != '{' {
		return nil
	}
	if d.ahead > len(d.data) {
		return d.tagInOutline(name)
	}
	var value []byte
	ahead := Decoder{data: d.data, pos: d.pos, depth: d.depth}
	for ahead.Object(); ahead.Member(); {
		if string(ahead.Key) == name {
			value = ahead.skip()
		} else {
			ahead.skip()
		}
	}
	d.ahead += ahead.pos - d.pos
	if ahead.err != nil {
		d.adopt(&ahead)
	}
	return value
}

// tagInOutline is for unions within unions, where looking ahead through the text each
// time would take too long.
func (d *Decoder) tagInOutline(name string) []byte {
	o, at, ok := d.outlineAt()
	if !ok {
		return nil
	}
	if at, ok = o.member(at, name); !ok {
		return nil
	}
	return o.raw(at)
}

// Choose returns which variant of a union the next value is: the one that it fits best, the
// first of equals; -1 where it fits none. Nothing is consumed.
func (d *Decoder) Choose(variants []*Shape) int {
	kind, candidate, several := d.kind(), -1, false
	for i, s := range variants {
		if s.takes(kind) {
			several = candidate >= 0
			candidate = i
		}
		if several {
			break
		}
	}
	if candidate < 0 || !several && variants[candidate].takesAll(kind) {
		return candidate
	}
	o, at, ok := d.outlineAt()
	if !ok {
		return -1
	}
	best, most := -1, score{}
	for i, s := range variants {
		if score, fits := o.rate(at, s); fits && (best < 0 || score.better(most)) {
			best, most = i, score
		}
	}
	return best
}

// ChooseUntagged is [Decoder.Choose] for a union whose tag may be absent. One that is there
// and unknown selects no variant.
func (d *Decoder) ChooseUntagged(tag string, variants []*Shape) int {
	if d.tag(tag) != nil || d.err != nil {
		return -1
	}
	return d.Choose(variants)
}

// sameScalar compares two scalars, given as JSON: 1.0 is 1, and escapes in strings do not
// matter.
func sameScalar(a, b []byte) bool {
	switch {
	case len(a) == 0 || len(b) == 0 || a[0] == '{' || a[0] == '[':
		return false
	case bytes.Equal(a, b):
		return true
	case a[0] == '"' && b[0] == '"':
		return bytes.Equal(textOf(a), textOf(b))
	}
	return isNumber(a) && isNumber(b) && compareNumbers(string(a), string(b)) == 0
}

// isNumber tells whether a JSON value is a number.
func isNumber(raw []byte) bool { return raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9' }
