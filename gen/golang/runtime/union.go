package rpc

import (
	"bytes"
	"fmt"
	"slices"
)

// Union finds out which variant of a union a value is that is read or written. The generated
// function of a union names its variants in a loop that runs once:
//
//	u := rpc.UnionByTag(v, c, "Attachment", "kind")
//	for u.Next() {
//		rpc.Variant(u.Case("file"), v, (*FileAttachment).codeJSON)
//		rpc.Variant(u.Unknown(), v, (*UnknownAttachment).CodeJSON)
//	}
type Union struct {
	c      *Codec
	name   string
	tag    []byte // the member that tells, as JSON; nil: there is none
	text   []byte // the same, where it is a string
	chosen int    // the variant, where its shape tells; else -1
	value  any    // that is written

	begun bool
	at    int  // how many variants were named
	found bool // one of them
}

// UnionByTag begins a union whose variants a member tells apart.
func UnionByTag[U any](v *U, c *Codec, name, tag string) Union {
	u := Union{c: c, name: name, chosen: -1}
	if c.writing {
		u.value = *v
	} else {
		u.readTag(tag)
	}
	return u
}

// UnionByShape begins a union whose variants are told apart by what is in them.
func UnionByShape[U any](v *U, c *Codec, name string, variants []*Shape) Union {
	u := Union{c: c, name: name, chosen: -1}
	if c.writing {
		u.value = *v
	} else {
		u.chosen = c.dec.Choose(variants)
	}
	return u
}

// UnionByTagOrShape is [UnionByTag] and, where that member is absent, [UnionByShape].
func UnionByTagOrShape[U any](v *U, c *Codec, name, tag string, variants []*Shape) Union {
	u := UnionByTag(v, c, name, tag)
	if !c.writing && u.tag == nil && c.dec.err == nil {
		u.chosen = c.dec.Choose(variants)
	}
	return u
}

func (u *Union) readTag(name string) {
	if u.tag = u.c.dec.tag(name); len(u.tag) > 0 && u.tag[0] == '"' {
		u.text = textOf(u.tag)
	}
}

// Next tells whether the variants are to be named. Then one of them must have been it.
func (u *Union) Next() bool {
	if !u.begun {
		u.begun = true
		return true
	}
	switch {
	case u.found:
	case u.c.writing:
		u.c.enc.noVariant(u.name, u.value)
	default:
		u.c.dec.Fail(u.c.dec.pos, "the value fits no variant of "+u.name)
	}
	return false
}

// Case is a line for a variant with its tags, which are strings. It returns nil unless the
// value is that variant.
func (u *Union) Case(tags ...string) *Union {
	return u.line(u.tag != nil && u.text != nil && slices.Contains(tags, string(u.text)))
}

// CaseJSON is [Union.Case] with tags as JSON.
func (u *Union) CaseJSON(tags ...string) *Union {
	fits := func(tag string) bool { return sameScalar(u.tag, []byte(tag)) }
	return u.line(u.tag != nil && slices.ContainsFunc(tags, fits))
}

// Unknown is a line for all other values, where a newer server may send some.
func (u *Union) Unknown() *Union { return u.line(true) }

func (u *Union) line(fits bool) *Union {
	fits = fits || u.c.writing || u.chosen == u.at
	u.at++
	if u.found || !fits {
		return nil
	}
	return u
}

// Variant reads or writes a value of U that is a T or, where it is written, a pointer to one.
// It does nothing where u is nil.
func Variant[U, T any](u *Union, v *U, code func(*T, *Codec)) {
	switch {
	case u == nil:
	case u.c.writing:
		writeVariant(u, code)
	default:
		u.found = true
		var value T
		code(&value, u.c)
		*v, _ = any(value).(U)
	}
}

func writeVariant[T any](u *Union, code func(*T, *Codec)) {
	switch value := u.value.(type) {
	case T:
		u.found = true
		code(&value, u.c)
	case *T:
		u.found = value != nil
		if u.found && u.c.enc.err == nil { // else a value may contain itself
			code(value, u.c)
		}
	}
}

// noVariant fails because a union is nil, or holds what is none of its variants.
func (e *encoder) noVariant(union string, value any) {
	if value == nil {
		e.Fail("a " + union + " is nil")
		return
	}
	e.Fail(fmt.Sprintf("a %s holds a %T that is nil or none of its variants", union, value))
}

// tag returns the JSON of a member of the next value, nil where there is none.
func (d *decoder) tag(name string) []byte {
	if d.peek() != '{' {
		return nil
	}
	if d.ahead > len(d.data) {
		return d.tagInOutline(name)
	}
	var value []byte
	ahead := decoder{data: d.data, pos: d.pos, depth: d.depth}
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
func (d *decoder) tagInOutline(name string) []byte {
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
func (d *decoder) Choose(variants []*Shape) int {
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
