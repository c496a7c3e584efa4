//lint:file-ignore U1000 generated code is what uses most of this

package runtime

import (
	"bytes"
	"slices"
)

// decodeVariant reads a case of a union.
func decodeVariant[T any](d *decoder, decode func(*T, *decoder)) T {
	var v T
	decode(&v, d)
	return v
}

// unknownVariant keeps a case of a union that the type does not list.
func (d *decoder) unknownVariant() UnknownVariant {
	return UnknownVariant{Raw: bytes.Clone(d.skip())}
}

// tag finds the value of an object's member ahead, consuming nothing: the text
// of a string, the JSON of another value. It is nil where there is none.
func (d *decoder) tag(name string) (value []byte, isString bool) {
	if d.peek() != '{' {
		d.want("object")
		return nil, false
	}
	ahead := decoder{data: d.data, pos: d.pos, depth: d.depth}
	for ahead.object(); ahead.member(); {
		if string(ahead.key) != name {
			ahead.skip()
			continue
		}
		if isString = ahead.peek() == '"'; isString {
			value = bytes.Clone(ahead.text())
		} else {
			value = ahead.skip()
		}
	}
	if ahead.err != nil {
		d.adopt(&ahead)
	}
	return value, isString
}

// stringTag is [decoder.tag] where all tags are strings.
func (d *decoder) stringTag(name string) string {
	if value, isString := d.tag(name); isString {
		return string(value)
	}
	return ""
}

// jsonTag is [decoder.tag] as JSON, for tags that are not all strings.
func (d *decoder) jsonTag(name string) string {
	value, isString := d.tag(name)
	if isString {
		return string(appendString(nil, string(value)))
	}
	return string(value)
}

// JSON types as a set.
type kinds uint8

const (
	kindNull kinds = 1 << iota
	kindBool
	kindInteger // without fraction and exponent
	kindNumber
	kindString
	kindArray
	kindObject
)

// kind tells the JSON type of the next value.
func (d *decoder) kind() kinds {
	switch d.peek() {
	case '{':
		return kindObject
	case '[':
		return kindArray
	case '"':
		return kindString
	case 't', 'f':
		return kindBool
	case 'n':
		return kindNull
	}
	ahead := decoder{data: d.data, pos: d.pos}
	if isInteger(ahead.number("value")) {
		return kindInteger
	}
	return kindNumber
}

// shape is what tells an object from the other cases of a union.
type shape struct {
	variant int
	members []shapeMember
}

// shapeMember is a declared member of a [shape].
type shapeMember struct {
	name     string
	required bool
	kinds    kinds
	constant string // as JSON; "" is none
}

// foundMember is a member of the object that is looked at.
type foundMember struct {
	kind kinds
	json string
}

// match returns the variant of the shape that fits the next value, an object,
// best: all required members are there with the right type, and most declared
// members are present. It is -1 where none fits. Nothing is consumed.
func (d *decoder) match(shapes []shape) int {
	ahead := decoder{data: d.data, pos: d.pos, depth: d.depth}
	found := map[string]foundMember{}
	for ahead.object(); ahead.member(); {
		name := string(ahead.key)
		kind := ahead.kind()
		found[name] = foundMember{kind: kind, json: string(ahead.skip())}
	}
	if ahead.err != nil {
		d.adopt(&ahead)
		return -1
	}
	best, most := -1, -1
	for _, s := range shapes {
		if n := s.score(found); n > most {
			best, most = s.variant, n
		}
	}
	return best
}

// score counts the members that are present; -1 means that the shape does not fit.
func (s *shape) score(found map[string]foundMember) int {
	n := 0
	for _, m := range s.members {
		f, ok := found[m.name]
		if m.required && (!ok || f.kind&m.kinds == 0 || m.constant != "" && !sameScalar(f.json, m.constant)) {
			return -1
		}
		if ok {
			n++
		}
	}
	return n
}

// sameScalar compares two scalars given as JSON; escapes in a string do not matter.
func sameScalar(a, b string) bool {
	if a == b || a == "" || a[0] != '"' || b[0] != '"' {
		return a == b
	}
	da, db := decoder{data: []byte(a)}, decoder{data: []byte(b)}
	return string(da.text()) == string(db.text())
}

// peekString returns the next value, a string, and consumes nothing.
func (d *decoder) peekString() string {
	ahead := decoder{data: d.data, pos: d.pos}
	return string(ahead.text())
}

// isOneOf tells whether the next value is one of some scalars, given as JSON.
func (d *decoder) isOneOf(scalars ...string) bool {
	ahead := decoder{data: d.data, pos: d.pos}
	value := string(ahead.skip())
	return slices.ContainsFunc(scalars, func(s string) bool { return sameScalar(value, s) })
}

// noVariant fails because no case of a closed union fits.
func (d *decoder) noVariant(union string) { d.fail(d.pos, "fits no case of "+union) }

// countItems counts the items of the next value, an array, and consumes nothing.
func (d *decoder) countItems() int {
	ahead := decoder{data: d.data, pos: d.pos, depth: d.depth}
	n := 0
	for ahead.array(); ahead.item(); n++ {
		ahead.skip()
	}
	return n
}

// hasItems tells whether the next value is an array of least to most items.
func (d *decoder) hasItems(least, most int) bool {
	n := d.countItems()
	return least <= n && n <= most
}

// startsWith tells whether the next value is an array that is empty or whose
// first item is of one of the JSON types.
func (d *decoder) startsWith(types kinds) bool {
	ahead := decoder{data: d.data, pos: d.pos, depth: d.depth}
	ahead.array()
	return !ahead.item() || ahead.kind()&types != 0
}
