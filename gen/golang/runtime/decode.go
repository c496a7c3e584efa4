package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// The functions of this file read values of one type each; generated code puts them
// together. Each takes the address of a value and the decoder that is in front of it.

// Missing fails unless all required members were seen: bit i of seen is names[i].
func (d *Decoder) Missing(start int, seen uint64, names ...string) {
	for i, name := range names {
		if seen&(1<<i) == 0 {
			d.Fail(start, "member "+strconv.Quote(name)+" is missing")
			return
		}
	}
}

// UnknownMember fails because the type takes no members but those it declares.
func (d *Decoder) UnknownMember() { d.Fail(d.pos, "unknown member") }

// Extra keeps a member that the type has no field for.
func (d *Decoder) Extra(extra *map[string]json.RawMessage) { DecodeEntry(extra, d, DecodeRaw) }

// KeepNull consumes null if it is next: field is then nil, and extra remembers
// that the member was there.
func KeepNull[T any](field *T, d *Decoder, extra *map[string]json.RawMessage) bool {
	if d.peek() != 'n' {
		return false
	}
	var zero T
	*field = zero
	d.Extra(extra)
	return true
}

// SetNil consumes null if it is next and makes v nil.
func SetNil[T any](v *T, d *Decoder) bool {
	if !d.null() {
		return false
	}
	var zero T
	*v = zero
	return true
}

// AddNull adds an explicit null to the members that have no field.
func AddNull(extra map[string]json.RawMessage, name string) map[string]json.RawMessage {
	if extra == nil {
		extra = map[string]json.RawMessage{}
	}
	extra[name] = json.RawMessage("null")
	return extra
}

// TooManyItems fails because a tuple is longer than its type.
func (d *Decoder) TooManyItems(want int) {
	d.Fail(d.pos, "want at most "+strconv.Itoa(want)+" items")
}

// TooFewItems fails unless a tuple has n of at least want items.
func (d *Decoder) TooFewItems(start, n, want int) {
	if n < want {
		d.Fail(start, "want at least "+strconv.Itoa(want)+" items, got "+strconv.Itoa(n))
	}
}

// DecodeString reads a string.
func DecodeString[T ~string](v *T, d *Decoder) { *v = T(d.Text()) }

// DecodeBool reads true or false.
func DecodeBool[T ~bool](v *T, d *Decoder) {
	switch d.peek() {
	case 't':
		*v = T(d.literal("true"))
	case 'f':
		d.literal("false")
		*v = false
	default:
		d.want("boolean")
	}
}

// DecodeInt reads an integer of 64 bits. 1.0 and 1e2 are integers, too.
func DecodeInt[T ~int64](v *T, d *Decoder) {
	start := d.Start()
	text := d.number("integer")
	if d.err != nil {
		return
	}
	n, ok := int64Of(text)
	if !ok {
		d.Fail(start, "want integer of 64 bits, got "+shortened(text))
		return
	}
	*v = T(n)
}

// DecodeBigInt reads an integer of up to [maxDigits] digits.
func DecodeBigInt(v **big.Int, d *Decoder) {
	start := d.Start()
	text := d.number("integer")
	if d.err != nil {
		return
	}
	n, ok := bigIntOf(text)
	if !ok {
		d.Fail(start, "want integer of at most "+strconv.Itoa(maxDigits)+" digits, got "+shortened(text))
		return
	}
	*v = n
}

// DecodeFloat reads a number of 64 bits.
func DecodeFloat[T ~float64](v *T, d *Decoder) {
	start := d.Start()
	text := d.number("number")
	if d.err != nil {
		return
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		d.Fail(start, "want number of 64 bits, got "+shortened(text))
		return
	}
	*v = T(f)
}

// DecodeFloatOrNaN reads null as NaN, which is how Pydantic writes it.
func DecodeFloatOrNaN[T ~float64](v *T, d *Decoder) {
	if d.null() {
		*v = T(math.NaN())
		return
	}
	DecodeFloat(v, d)
}

// DecodeRaw keeps a copy of any value.
func DecodeRaw[T ~[]byte](v *T, d *Decoder) { *v = T(bytes.Clone(d.skip())) }

// DecodeText keeps the JSON text of a value. Where the value is one of known, which are
// JSON too, it is written as that is: 1.0 as 1.
func DecodeText[T ~string](v *T, d *Decoder, known ...T) {
	raw := d.skip()
	for _, k := range known {
		if sameScalar(raw, []byte(k)) {
			*v = k
			return
		}
	}
	*v = T(raw)
}

// DecodeNull reads null.
func DecodeNull(_ *Null, d *Decoder) {
	if !d.null() {
		d.want("null")
	}
}

// DecodeConstant reads a member that has one value only. Another value is kept; where
// that is the zero value, which is written as the constant, extra keeps it. Where extra
// is nil, another value is refused.
func DecodeConstant[T comparable](v *T, d *Decoder, extra *map[string]json.RawMessage, constant T, decode func(*T, *Decoder)) {
	start := d.Start()
	decode(v, d)
	if *v == constant || d.err != nil {
		return
	}
	var zero T
	switch {
	case extra == nil:
		d.Fail(start, fmt.Sprintf("want the constant %v, got %s", constant, shortened(d.data[start:d.pos])))
	case *v == zero:
		if *extra == nil {
			*extra = map[string]json.RawMessage{}
		}
		(*extra)[string(d.Key)] = bytes.Clone(d.data[start:d.pos])
	}
}

// DecodeStringConstant is [DecodeConstant] for strings; it saves a copy of the constant.
func DecodeStringConstant[T ~string](v *T, d *Decoder, extra *map[string]json.RawMessage, constant T) {
	start := d.Start()
	if text := d.Text(); string(text) == string(constant) {
		*v = constant
		return
	}
	if d.err == nil {
		d.pos = start
	}
	DecodeConstant(v, d, extra, constant, DecodeString[T])
}

// DecodePointer reads a value that is not null.
func DecodePointer[T any](v **T, d *Decoder, decode func(*T, *Decoder)) {
	p := new(T)
	*v = p
	decode(p, d)
}

// DecodeNullable reads null as nil.
func DecodeNullable[T any](v **T, d *Decoder, decode func(*T, *Decoder)) {
	if d.null() {
		*v = nil
		return
	}
	DecodePointer(v, d, decode)
}

// DecodeNilable reads null as the nil of a list, a map or the like.
func DecodeNilable[T any](v *T, d *Decoder, decode func(*T, *Decoder)) {
	if !SetNil(v, d) {
		decode(v, d)
	}
}

// DecodeOptional reads a member that may be absent or null; extra remembers null.
func DecodeOptional[T any](v **T, d *Decoder, extra *map[string]json.RawMessage, decode func(*T, *Decoder)) {
	if !KeepNull(v, d, extra) {
		DecodePointer(v, d, decode)
	}
}

// DecodeList reads an array.
func DecodeList[L ~[]T, T any](v *L, d *Decoder, decode func(*T, *Decoder)) {
	list := L{}
	for d.Array(); d.Item(); {
		var zero T
		list = append(list, zero)
		decode(&list[len(list)-1], d)
	}
	*v = list
}

// DecodeMap reads an object that is used as a dictionary.
func DecodeMap[M ~map[K]T, K ~string, T any](v *M, d *Decoder, decode func(*T, *Decoder)) {
	*v = M{}
	for d.Object(); d.Member(); {
		DecodeEntry(v, d, decode)
	}
}

// DecodeEntry reads the value of the current member into a map.
func DecodeEntry[M ~map[K]T, K ~string, T any](m *M, d *Decoder, decode func(*T, *Decoder)) {
	key := K(d.Key)
	var value T
	decode(&value, d)
	if *m == nil {
		*m = M{}
	}
	(*m)[key] = value
}

// Decode returns the next value.
func Decode[T any](d *Decoder, decode func(*T, *Decoder)) T {
	var v T
	decode(&v, d)
	return v
}

// Default returns the value of a default, which is JSON of the right type.
func Default[T any](text string, decode func(*T, *Decoder)) T {
	var v T
	if err := Unmarshal([]byte(text), &v, decode); err != nil {
		panic("rpc: a default does not fit its type: " + err.Error())
	}
	return v
}

// The functions below make decode functions of others: for lists and the like.

// ListDecoder is for arrays.
func ListDecoder[L ~[]T, T any](decode func(*T, *Decoder)) func(*L, *Decoder) {
	return func(v *L, d *Decoder) { DecodeList(v, d, decode) }
}

// MapDecoder is for objects that are used as dictionaries.
func MapDecoder[M ~map[K]T, K ~string, T any](decode func(*T, *Decoder)) func(*M, *Decoder) {
	return func(v *M, d *Decoder) { DecodeMap(v, d, decode) }
}

// NullableDecoder is for what is a pointer and may be null.
func NullableDecoder[T any](decode func(*T, *Decoder)) func(**T, *Decoder) {
	return func(v **T, d *Decoder) { DecodeNullable(v, d, decode) }
}

// NilableDecoder is for what may be null and has a nil of its own.
func NilableDecoder[T any](decode func(*T, *Decoder)) func(*T, *Decoder) {
	return func(v *T, d *Decoder) { DecodeNilable(v, d, decode) }
}

// ConstantDecoder refuses all values but one.
func ConstantDecoder[T comparable](constant T, decode func(*T, *Decoder)) func(*T, *Decoder) {
	return func(v *T, d *Decoder) { DecodeConstant(v, d, nil, constant, decode) }
}

// TextDecoder is for values of several types that are kept as JSON text.
func TextDecoder[T ~string](known ...T) func(*T, *Decoder) {
	return func(v *T, d *Decoder) { DecodeText(v, d, known...) }
}
