package rpc

import (
	"bytes"
	"sort"
)

// outline is the structure of a JSON value that is looked at before it is read: its parts,
// in the order in which they begin. It is made once for a value and all that it holds, so
// that unions within unions do not read the same text again and again.
type outline struct {
	data    []byte
	parts   []part
	ratings []rating               // see [part]; the first one is none
	members map[int]map[string]int // of large objects, see [outline.member]
}

// part is a value, within an outline.
type part struct {
	kind       Kinds
	start, end int    // offsets in the data
	key        []byte // of a member
	size       int    // number of members or items
	after      int    // index of the first part that is not within this one
	rating     int32  // place of the last one of the part in the outline's ratings; 0: none
}

// outlineAt returns an outline that holds the value at the decoder's position, and the
// index of that value. Where the value is not valid JSON, the decoder fails and ok is false.
func (d *decoder) outlineAt() (o *outline, at int, ok bool) {
	start := d.Start()
	o = d.outline
	if o == nil {
		o = &outline{data: d.data}
		d.outline = o
	}
	if at, ok := o.find(start); ok {
		return o, at, true
	}
	ahead := decoder{data: d.data, pos: d.pos, depth: d.depth}
	o.ratings, o.members, o.parts = append(o.ratings[:0], rating{}), nil, ahead.appendParts(o.parts[:0], nil)
	if ahead.err != nil {
		d.adopt(&ahead)
		o.parts = o.parts[:0]
		return o, 0, false
	}
	return o, 0, true
}

// find returns the part that starts at an offset.
func (o *outline) find(start int) (at int, ok bool) {
	at = sort.Search(len(o.parts), func(i int) bool { return o.parts[i].start >= start })
	return at, at < len(o.parts) && o.parts[at].start == start
}

// appendParts reads the next value and adds what it is made of.
func (d *decoder) appendParts(parts []part, key []byte) []part {
	at := len(parts)
	kind := d.kind()
	parts = append(parts, part{kind: kind, start: d.pos, key: key})
	switch kind {
	case JSONObject:
		for d.Object(); d.Member(); {
			parts = d.appendParts(parts, d.ownKey())
			parts[at].size++
		}
	case JSONArray:
		for d.Array(); d.Item(); {
			parts = d.appendParts(parts, nil)
			parts[at].size++
		}
	default:
		d.skip()
	}
	parts[at].end, parts[at].after = d.pos, len(parts)
	return parts
}

// ownKey is the name of the last member, good for as long as the document is.
func (d *decoder) ownKey() []byte {
	if len(d.Key) > 0 && len(d.buf) > 0 && &d.Key[0] == &d.buf[0] {
		return bytes.Clone(d.Key)
	}
	return d.Key
}

// kind tells the JSON type of the next value.
func (d *decoder) kind() Kinds {
	switch d.peek() {
	case '{':
		return JSONObject
	case '[':
		return JSONArray
	case '"':
		return JSONString
	case 't', 'f':
		return JSONBoolean
	case 'n':
		return JSONNull
	}
	ahead := decoder{data: d.data, pos: d.pos}
	number := ahead.number("value")
	if isWhole(number) || isInteger(number) {
		return JSONInteger
	}
	return JSONFraction
}

// raw is the JSON of a part.
func (o *outline) raw(at int) []byte { return o.data[o.parts[at].start:o.parts[at].end] }

// text is the value of a part that is a string.
func (o *outline) text(at int) []byte { return textOf(o.raw(at)) }

// textOf is the value of a string that is valid JSON.
func textOf(raw []byte) []byte {
	d := decoder{data: raw}
	return d.Text()
}

// manyMembers is how many make it worth while to find them by a map.
const manyMembers = 16

// member returns the index of a member of the object at an index. Of a name that comes
// twice the last one counts, as to all who read JSON.
func (o *outline) member(object int, name string) (at int, ok bool) {
	if o.parts[object].size > manyMembers {
		at, ok = o.membersOf(object)[name]
		return at, ok
	}
	for i := object + 1; i < o.parts[object].after; i = o.parts[i].after {
		if string(o.parts[i].key) == name {
			at, ok = i, true
		}
	}
	return at, ok
}

func (o *outline) membersOf(object int) map[string]int {
	if known, ok := o.members[object]; ok {
		return known
	}
	members := make(map[string]int, o.parts[object].size)
	for i := object + 1; i < o.parts[object].after; i = o.parts[i].after {
		members[string(o.parts[i].key)] = i
	}
	if o.members == nil {
		o.members = map[int]map[string]int{}
	}
	o.members[object] = members
	return members
}
