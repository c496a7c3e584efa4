package rpc

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// Parts goes through the members of an object or the items of an array that is read or
// written. The generated function of a type names its members in a loop:
//
//	p := rpc.Object(v, c, &v.Extra)
//	for p.Next() {
//		rpc.Value(p.Required("id"), &v.ID, rpc.CodeString)
//		rpc.Optional(p.Member("due"), &v.Due, rpc.CodeDate)
//	}
//
// To write, it runs once. To read, each line takes the member whose turn it is in the text, if
// that is its own, and goes to the next: one round is enough where the members come in order.
// After some rounds, the places of those that are left are noted, and found in one more.
type Parts struct {
	c      *Codec
	extra  *map[string]json.RawMessage
	strict bool // constants have their value
	closed bool // there are no other members

	phase phase
	round int
	start int    // offset of the value
	least int    // how many items there must be
	name  string // of the member that is read or written
	at    int    // how many members were named in this round, or items
	more  bool   // a member or an item may come
	keyed bool   // the decoder has the name of the member that comes
	taken bool   // a line has taken one in this round
	odd   bool   // the name needs escapes in JSON

	seen, required bits // by number of the line

	places map[string]int // where values are, in phase find
	behind int            // the object

	typed    bool            // further members have a type
	entries  bool            // and there are some
	declared map[string]bool // names of lines that further members must not have
}

// phase is what the lines are run for.
type phase uint8

const (
	read  phase = iota
	find        // read: members that come in another order
	blame       // read: fail for the first required member that did not come
	write
	claim // write: collect the names of members
	array
)

// bits is a set of small numbers.
type bits struct {
	low  uint64
	high []uint64 // from 64 on
}

func (b *bits) add(i int) {
	if i < 64 {
		b.low |= 1 << i
		return
	}
	for len(b.high) < i/64 {
		b.high = append(b.high, 0)
	}
	b.high[i/64-1] |= 1 << (i % 64)
}

func (b *bits) has(i int) bool {
	if i < 64 {
		return b.low&(1<<i) != 0
	}
	return i/64 <= len(b.high) && b.high[i/64-1]&(1<<(i%64)) != 0
}

// all tells whether b has all numbers of other.
func (b *bits) all(other *bits) bool {
	for i, word := range other.high {
		if word != 0 && (i >= len(b.high) || word&^b.high[i] != 0) {
			return false
		}
	}
	return other.low&^b.low == 0
}

// Object begins an object. extra keeps members that have no field, and explicit nulls.
func Object[T any](v *T, c *Codec, extra *map[string]json.RawMessage) Parts {
	p := Parts{c: c, extra: extra}
	if c.writing {
		p.phase = write
		c.enc.Object()
		return p
	}
	var zero T
	*v = zero
	p.start = c.dec.Start()
	c.dec.Object()
	p.end()
	return p
}

// StrictObject is [Object] for what only clients send: other values than the constants are
// refused.
func StrictObject[T any](v *T, c *Codec, extra *map[string]json.RawMessage) Parts {
	p := Object(v, c, extra)
	p.strict = true
	return p
}

// ClosedObject is [StrictObject] for types without other members than the declared ones.
func ClosedObject[T any](v *T, c *Codec, extra *map[string]json.RawMessage) Parts {
	p := StrictObject(v, c, extra)
	p.closed = true
	return p
}

// Next tells whether the lines are to be run, once more.
func (p *Parts) Next() bool {
	if p.round++; p.round == 1 {
		return true
	}
	switch p.phase {
	case read, find:
		return p.nextRead()
	case write, claim:
		return p.nextWrite()
	case array:
		p.endArray()
	}
	return false
}

// patience is how many rounds are run before the places of members are noted.
const patience = 4

func (p *Parts) nextRead() bool {
	d := &p.c.dec
	if p.phase == find {
		p.endFind()
	} else if p.more && p.keyed && !p.taken {
		p.undeclared()
	}
	if p.more && !p.keyed {
		p.more = d.key()
		p.keyed = p.more
	}
	p.at, p.taken = 0, false
	switch {
	case p.more:
		if p.round > patience {
			p.notePlaces()
		}
		return true
	case d.err == nil && !p.seen.all(&p.required):
		p.phase = blame
		return true
	}
	return false
}

// notePlaces passes over the members that are left. Of a name that comes twice the last one
// counts.
func (p *Parts) notePlaces() {
	d := &p.c.dec
	p.phase, p.places = find, map[string]int{}
	for more := true; more; more = d.Member() {
		name := string(d.Key)
		p.places[name] = d.pos
		d.skip()
	}
	p.behind = d.pos
}

// takePlace goes to the value of a member that was noted, if it was.
func (p *Parts) takePlace(name string) bool {
	place, ok := p.places[name]
	if !ok || p.c.dec.err != nil {
		return false
	}
	delete(p.places, name)
	p.c.dec.pos = place
	return true
}

// endFind is for the members that were noted and have no field.
func (p *Parts) endFind() {
	d := &p.c.dec
	for _, name := range p.left() {
		if p.takePlace(name) {
			d.Key = []byte(name)
			p.undeclared()
		}
	}
	if p.more = false; d.err == nil {
		d.pos = p.behind
	}
}

// left are the names of the members that were noted, in the order of the text.
func (p *Parts) left() []string {
	names := sortedKeys(p.places)
	slices.SortFunc(names, func(a, b string) int { return p.places[a] - p.places[b] })
	return names
}

// undeclared is for a member without a field.
func (p *Parts) undeclared() {
	if p.closed {
		p.c.dec.Fail(p.c.dec.pos, "unknown member")
		p.more = false
		return
	}
	decodeEntry(p.extra, p.c, CodeRaw)
	p.end()
}

func (p *Parts) nextWrite() bool {
	e := &p.c.enc
	if p.phase == write && e.err == nil && (p.entries || !p.typed && len(*p.extra) > 0) {
		p.phase = claim
		return true
	}
	if p.phase == claim && !p.typed {
		encodeMap(*p.extra, p.c, p.declared, CodeRaw)
	}
	e.Close('}')
	return false
}

// End goes through the members of a type that declares none.
func (p *Parts) End() {
	for p.Next() {
	}
}

// Member is a line for a member that may be absent. It returns nil unless it is the member's
// turn.
func (p *Parts) Member(name string) *Parts { return p.member(name, false) }

// Required is [Parts.Member] for one that must be there.
func (p *Parts) Required(name string) *Parts { return p.member(name, true) }

// Escaped is [Parts.Member] or [Parts.Required] for a name that needs escapes in JSON.
func (p *Parts) Escaped(name string, required bool) *Parts {
	p.odd = true
	line := p.member(name, required)
	p.odd = p.c.writing
	return line
}

func (p *Parts) member(name string, required bool) *Parts {
	switch p.phase {
	case read:
		i := p.at
		p.at++
		if required && p.round == 1 {
			p.required.add(i)
		}
		switch d := &p.c.dec; {
		case !p.more:
			return nil
		case p.keyed && string(d.Key) != name:
			return nil
		case !p.keyed && (p.odd || !d.takeKey(name)):
			return nil
		}
		p.seen.add(i)
		p.name, p.taken = name, true
		return p
	case find:
		p.at++
		if !p.takePlace(name) {
			return nil
		}
		p.seen.add(p.at - 1)
		p.name = name
		return p
	case write:
		if p.c.enc.err != nil { // else a value may contain itself
			return nil
		}
		p.name = name
		return p
	case claim:
		if _, clash := (*p.extra)[name]; clash || p.typed {
			if p.declared == nil {
				p.declared = map[string]bool{}
			}
			p.declared[name] = true
		}
	case blame:
		if required && !p.seen.has(p.at) {
			p.c.dec.Fail(p.start, "member "+strconv.Quote(name)+" is missing")
		}
		p.at++
	}
	return nil
}

// begin writes what is before a value.
func (p *Parts) begin() {
	switch p.phase {
	case write:
		if p.odd {
			p.c.enc.keyText(p.name)
			p.odd = false
			return
		}
		p.c.enc.plainKey(p.name)
	case array:
		if p.c.writing {
			p.c.enc.Item()
		}
	}
}

// end goes to the next member.
func (p *Parts) end() {
	if p.phase == read {
		p.more, p.keyed = p.c.dec.more('}') && p.c.dec.peek() != 0, false
	}
}

// Additional is the last line of an object whose further members have a type.
func Additional[M ~map[K]T, K ~string, T any](p *Parts, m *M, value func(*T, *Codec)) {
	p.typed = true
	switch p.phase {
	case read:
		if p.more && p.keyed && !p.taken {
			decodeEntry(m, p.c, value)
			p.taken = true
			p.end()
		}
	case find:
		for _, name := range p.left() {
			if p.takePlace(name) {
				p.c.dec.Key = []byte(name)
				decodeEntry(m, p.c, value)
			}
		}
	case write:
		p.entries = len(*m) > 0
	case claim:
		encodeMap(*m, p.c, p.declared, value)
	}
}

// initial tells whether an object is about to be read.
func (p *Parts) initial() bool { return p.phase == read && p.round == 1 }

// Init gives a member its default, before it is read.
func Init[T any](p *Parts, v *T, value T) {
	if p.initial() {
		*v = value
	}
}

// InitPointer is [Init] for what may be null.
func InitPointer[T any](p *Parts, v **T, value T) {
	if p.initial() {
		*v = Ptr(value)
	}
}

// InitJSON is [Init] for a default that Go has no constant for.
func InitJSON[T any](p *Parts, v *T, text string, code func(*T, *Codec)) {
	if p.initial() {
		*v = Default(text, code)
	}
}

// Array begins an array of at least so many items, which have a type each:
//
//	p := rpc.Array(v, c, 2)
//	for p.Next() {
//		rpc.Value(p.Item(), &v.V0, rpc.CodeInt)
//		rpc.Value(p.Item(), &v.V1, rpc.CodeString)
//		rpc.Rest(&p, &v.Extra, rpc.CodeRaw)
//	}
func Array[T any](v *T, c *Codec, least int) Parts {
	p := Parts{c: c, phase: array, least: least, more: true}
	if c.writing {
		c.enc.Open('[')
		return p
	}
	var zero T
	*v = zero
	p.start = c.dec.Start()
	c.dec.Array()
	return p
}

// Item is a line for the next item. It returns nil where there is none.
func (p *Parts) Item() *Parts {
	if p.more && !p.c.writing {
		p.more = p.c.dec.Item()
	}
	if !p.more || p.c.writing && p.c.enc.err != nil {
		return nil
	}
	p.at++
	return p
}

// ItemIf is [Parts.Item] for one that may be left out, with all that follow.
func (p *Parts) ItemIf(isSet bool) *Parts {
	p.more = p.more && (isSet || !p.c.writing)
	return p.Item()
}

// Rest is for further items.
func Rest[L ~[]T, T any](p *Parts, items *L, code func(*T, *Codec)) {
	if p.c.writing {
		for i := range *items {
			Value(p.Item(), &(*items)[i], code)
		}
		return
	}
	for p.Item() != nil {
		var zero T
		*items = append(*items, zero)
		code(&(*items)[len(*items)-1], p.c)
	}
}

// Count is the last line of an array whose items may be null and may be left out: it keeps
// how many there were.
func (p *Parts) Count(n *int) {
	if !p.c.writing {
		*n = p.at
	}
}

func (p *Parts) endArray() {
	if p.c.writing {
		p.c.enc.Close(']')
		return
	}
	d := &p.c.dec
	if p.more && d.Item() {
		d.Fail(d.pos, "want at most "+strconv.Itoa(p.at)+" items")
	}
	if p.at < p.least {
		d.Fail(p.start, "want at least "+strconv.Itoa(p.least)+" items, got "+strconv.Itoa(p.at))
	}
}

// The functions below are for members and items by how they are kept and what may be null.
// Each does nothing where p is nil.

// Value is for what is always written and never null.
func Value[T any](p *Parts, v *T, code func(*T, *Codec)) {
	if p != nil {
		p.begin()
		code(v, p.c)
		p.end()
	}
}

// List is [Value] for lists.
func List[L ~[]T, T any](p *Parts, v *L, item func(*T, *Codec)) {
	if p != nil {
		p.begin()
		CodeList(v, p.c, item)
		p.end()
	}
}

// Map is [Value] for dictionaries.
func Map[M ~map[K]T, K ~string, T any](p *Parts, v *M, value func(*T, *Codec)) {
	if p != nil {
		p.begin()
		CodeMap(v, p.c, value)
		p.end()
	}
}

// Nullable is for what is always written, nil as null.
func Nullable[T any](p *Parts, v **T, code func(*T, *Codec)) {
	if p != nil {
		p.begin()
		if !CodeNil(v, p.c, *v == nil) {
			codePointer(v, p.c, code)
		}
		p.end()
	}
}

// Nilable is [Nullable] for lists and others that have a nil of their own.
func Nilable[T any](p *Parts, v *T, isNil bool, code func(*T, *Codec)) {
	if p != nil {
		p.begin()
		if !CodeNil(v, p.c, isNil) {
			code(v, p.c)
		}
		p.end()
	}
}

// Boxed is for what is always written and a pointer only because a struct cannot contain
// itself.
func Boxed[T any](p *Parts, v **T, code func(*T, *Codec)) {
	if p == nil {
		return
	}
	p.begin()
	if p.c.writing && *v == nil {
		p.c.enc.Null()
	} else {
		codePointer(v, p.c, code)
	}
	p.end()
}

// IfSet is for what is left out where it is nil and never null.
func IfSet[T any](p *Parts, v **T, code func(*T, *Codec)) {
	if p == nil || p.c.writing && *v == nil {
		return
	}
	p.begin()
	codePointer(v, p.c, code)
	p.end()
}

// NilableIfSet is [IfSet] for lists and others that have a nil of their own.
func NilableIfSet[T any](p *Parts, v *T, isNil bool, code func(*T, *Codec)) {
	if p == nil || p.c.writing && isNil {
		return
	}
	p.begin()
	code(v, p.c)
	p.end()
}

// Optional is for what is left out where it is nil and may be null. An explicit null is kept
// among the members without a field.
func Optional[T any](p *Parts, v **T, code func(*T, *Codec)) {
	switch {
	case p == nil:
	case p.isNull():
		*v = nil
		p.keepNull()
	case p.c.writing && *v == nil:
		p.writeKept()
	default:
		p.begin()
		codePointer(v, p.c, code)
		p.end()
	}
}

// OptionalNilable is [Optional] for lists and others that have a nil of their own.
func OptionalNilable[T any](p *Parts, v *T, isNil bool, code func(*T, *Codec)) {
	switch {
	case p == nil:
	case p.isNull():
		var zero T
		*v = zero
		p.keepNull()
	case p.c.writing && isNil:
		p.writeKept()
	default:
		p.begin()
		code(v, p.c)
		p.end()
	}
}

// isNull tells whether null is to be read.
func (p *Parts) isNull() bool { return !p.c.writing && p.c.dec.peek() == 'n' }

func (p *Parts) keepNull() {
	p.keep(p.c.dec.skip())
	p.end()
}

// writeKept writes what is kept of a member, if anything is.
func (p *Parts) writeKept() {
	if raw := (*p.extra)[p.name]; raw != nil {
		p.begin()
		p.c.enc.Raw(raw)
	}
}

// keep notes how a member came whose field cannot tell.
func (p *Parts) keep(raw []byte) {
	if *p.extra == nil {
		*p.extra = map[string]json.RawMessage{}
	}
	(*p.extra)[p.name] = bytes.Clone(raw)
}

// Constant is for a member that has one value only, which is written also where it is not
// set. Another value is kept; where that is the zero value, extra keeps it.
func Constant[T comparable](p *Parts, v *T, code func(*T, *Codec), constant T) {
	if p == nil {
		return
	}
	var zero T
	if p.c.writing {
		if p.begin(); *v != zero {
			code(v, p.c)
		} else if !p.rawZero() {
			value := constant // which escapes
			code(&value, p.c)
		}
		return
	}
	start := p.c.dec.Start()
	code(v, p.c)
	switch {
	case p.c.dec.err != nil || *v == constant:
	case p.strict:
		p.c.dec.notConstant(start, constant)
	case *v == zero:
		p.keep(p.c.dec.data[start:p.c.dec.pos])
	}
	p.end()
}

// StringConstant is [Constant] for strings; it saves a copy of the constant.
func StringConstant[T ~string](p *Parts, v *T, constant T) {
	if p == nil {
		return
	}
	if p.c.writing {
		if p.begin(); *v != "" {
			encodeString(v, &p.c.enc)
		} else if !p.rawZero() {
			p.c.enc.buf = appendString(p.c.enc.buf, string(constant))
		}
		return
	}
	d := &p.c.dec
	start := d.Start()
	text := d.Text()
	switch {
	case d.err != nil:
	case string(text) == string(constant):
		*v = constant
	case p.strict:
		d.notConstant(start, constant)
	default:
		if *v = T(text); len(text) == 0 {
			p.keep(d.data[start:d.pos])
		}
	}
	p.end()
}

// rawZero writes a constant that came with the zero value, if it did.
func (p *Parts) rawZero() bool {
	raw := (*p.extra)[p.name]
	if raw != nil {
		p.c.enc.Raw(raw)
	}
	return raw != nil
}
