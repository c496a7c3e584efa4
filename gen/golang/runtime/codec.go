package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"
)

// Codec reads or writes one JSON document. Generated code has one function for each type,
// func(*T, *Codec), which does both: the functions of this file are those of single values,
// [Object], [Array] and the unions put them together.
type Codec struct {
	dec     decoder
	enc     encoder
	writing bool
	known   [16]string // texts of enums that were read: copies to use again
}

// buffers are those of encoders, to use again.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// largestBuffer is how many bytes a buffer may have that is kept.
const largestBuffer = 1 << 20

// Marshal returns v as JSON. Generated code uses it.
func Marshal[T any](v *T, code func(*T, *Codec)) ([]byte, error) {
	buffer := buffers.Get().(*[]byte)
	c := Codec{writing: true, enc: encoder{buf: (*buffer)[:0]}}
	code(v, &c)
	out := bytes.Clone(c.enc.buf)
	if cap(c.enc.buf) <= largestBuffer {
		*buffer = c.enc.buf
		buffers.Put(buffer)
	}
	return out, c.enc.err
}

// Unmarshal reads the whole of data into v. Generated code uses it.
func Unmarshal[T any](data []byte, v *T, code func(*T, *Codec)) error {
	c := Codec{dec: decoder{data: data}}
	code(v, &c)
	return c.dec.end()
}

// Read returns the whole of data as a T. Generated code uses it.
func Read[T any](data []byte, code func(*T, *Codec)) (T, error) {
	var v T
	err := Unmarshal(data, &v, code)
	return v, err
}

// Default returns the value of a default, which is JSON of the right type.
func Default[T any](text string, code func(*T, *Codec)) T {
	var v T
	if err := Unmarshal([]byte(text), &v, code); err != nil {
		panic("rpc: a default does not fit its type: " + err.Error())
	}
	return v
}

// CodeString is for strings.
func CodeString[T ~string](v *T, c *Codec) {
	if c.writing {
		encodeString(v, &c.enc)
		return
	}
	*v = T(c.dec.Text())
}

// CodeEnum is for strings of which there are few different ones.
func CodeEnum[T ~string](v *T, c *Codec) {
	if c.writing {
		encodeString(v, &c.enc)
		return
	}
	text := c.dec.Text()
	if len(text) == 0 {
		*v = ""
		return
	}
	place := &c.known[(len(text)+int(text[0])+int(text[len(text)-1]))%len(c.known)]
	if *place != string(text) {
		*place = string(text)
	}
	*v = T(*place)
}

// CodeBool is for true and false.
func CodeBool[T ~bool](v *T, c *Codec) {
	if c.writing {
		encodeBool(v, &c.enc)
		return
	}
	decodeBool(v, &c.dec)
}

// CodeInt is for integers of 64 bits. 1.0 and 1e2 are integers, too.
func CodeInt[T ~int64](v *T, c *Codec) {
	if c.writing {
		encodeInt(v, &c.enc)
		return
	}
	decodeInt(v, &c.dec)
}

// CodeBigInt is for integers of up to [maxDigits] digits. Nil is 0.
func CodeBigInt(v **big.Int, c *Codec) {
	if c.writing {
		encodeBigInt(v, &c.enc)
		return
	}
	decodeBigInt(v, &c.dec)
}

// CodeFloat is for numbers of 64 bits. What JSON has no number for is written as null.
func CodeFloat[T ~float64](v *T, c *Codec) {
	if c.writing {
		encodeFloat(v, &c.enc)
		return
	}
	decodeFloat(v, &c.dec)
}

// CodeFloatOrNaN reads null as NaN, which is how Pydantic writes it.
func CodeFloatOrNaN[T ~float64](v *T, c *Codec) {
	if c.writing {
		encodeFloat(v, &c.enc)
		return
	}
	decodeFloatOrNaN(v, &c.dec)
}

// CodeRaw is for JSON that is kept as it came.
func CodeRaw[T ~[]byte](v *T, c *Codec) {
	if c.writing {
		c.enc.Raw(*v)
		return
	}
	decodeRaw(v, &c.dec)
}

// CodeNull is for values that are always null.
func CodeNull[T ~struct{}](_ *T, c *Codec) {
	switch {
	case c.writing:
		c.enc.Null()
	case !c.dec.null():
		c.dec.want("null")
	}
}

// CodeText is for JSON that is kept as a string. Where a value is one of known, which are JSON
// too, it is read as that is: 1.0 as 1.
func CodeText[T ~string](v *T, c *Codec, known ...T) {
	if c.writing {
		c.enc.Raw([]byte(*v))
		return
	}
	decodeText(v, &c.dec, known...)
}

// CodeImported is for types of other packages, which are read and written by encoding/json. Null
// is refused; encoding/json would accept it for any type.
func CodeImported[T any](v *T, c *Codec) {
	if c.writing {
		raw, err := json.Marshal(v)
		if err != nil {
			c.enc.Fail(err.Error())
			return
		}
		c.enc.Raw(raw)
		return
	}
	start := c.dec.Start()
	raw := c.dec.skip()
	switch {
	case c.dec.err != nil:
	case string(raw) == "null":
		c.dec.Fail(start, "want a value, got null")
	default:
		if err := json.Unmarshal(raw, v); err != nil {
			c.dec.Fail(start, err.Error())
		}
	}
}

// CodeNil is for null: it tells whether that was all.
func CodeNil[T any](v *T, c *Codec, isNil bool) bool {
	if c.writing {
		if isNil {
			c.enc.Null()
		}
		return isNil
	}
	return setNil(v, &c.dec)
}

// CodeDateTime is for moments.
func CodeDateTime[T ~string](v *T, c *Codec) { codeFormat(v, c, "date-time", isDateTime) }

// CodeDate is for days.
func CodeDate[T ~string](v *T, c *Codec) { codeFormat(v, c, "date", isDate) }

// CodeTime is for times of day.
func CodeTime[T ~string](v *T, c *Codec) { codeFormat(v, c, "time", isTime) }

// codeFormat refuses to read a text that is not of a format.
func codeFormat[T ~string](v *T, c *Codec, format string, fits func(string) bool) {
	if c.writing {
		encodeString(v, &c.enc)
		return
	}
	start := c.dec.Start()
	*v = T(c.dec.Text())
	if c.dec.err == nil && !fits(string(*v)) {
		c.dec.Fail(start, "want "+format+", got "+shortened(c.dec.data[start:c.dec.pos]))
	}
}

// CodeList is for arrays.
func CodeList[L ~[]T, T any](v *L, c *Codec, item func(*T, *Codec)) {
	if c.writing {
		encodeList(v, c, item)
		return
	}
	d, list := &c.dec, L{}
	for d.Array(); d.Item(); {
		var zero T
		list = append(list, zero)
		item(&list[len(list)-1], c)
	}
	*v = list
}

func encodeList[L ~[]T, T any](v *L, c *Codec, item func(*T, *Codec)) {
	e := &c.enc
	e.Open('[')
	for i := range *v {
		if e.err != nil {
			return
		}
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		item(&(*v)[i], c)
	}
	e.Close(']')
}

// CodeMap is for objects that are used as dictionaries.
func CodeMap[M ~map[K]T, K ~string, T any](v *M, c *Codec, value func(*T, *Codec)) {
	if c.writing {
		c.enc.Object()
		encodeMap(*v, c, nil, value)
		c.enc.Close('}')
		return
	}
	*v = M{}
	for c.dec.Object(); c.dec.Member(); {
		decodeEntry(v, c, value)
	}
}

// decodeEntry reads the value of the current member into a map.
func decodeEntry[M ~map[K]T, K ~string, T any](m *M, c *Codec, value func(*T, *Codec)) {
	key := K(c.dec.Key)
	var v T
	value(&v, c)
	if *m == nil {
		*m = M{}
	}
	(*m)[key] = v
}

// encodeMap writes members in order of their names, without those that are declared.
func encodeMap[M ~map[K]T, K ~string, T any](m M, c *Codec, declared map[string]bool, value func(*T, *Codec)) {
	for _, k := range sortedKeys(m) {
		if c.enc.err != nil {
			return
		}
		if !declared[string(k)] {
			c.enc.keyText(string(k))
			v := m[k]
			value(&v, c)
		}
	}
}

// The functions below make functions of others: for lists and the like inside others.

// ListOf is for arrays.
func ListOf[L ~[]T, T any](item func(*T, *Codec)) func(*L, *Codec) {
	return func(v *L, c *Codec) { CodeList(v, c, item) }
}

// MapOf is for objects that are used as dictionaries.
func MapOf[M ~map[K]T, K ~string, T any](value func(*T, *Codec)) func(*M, *Codec) {
	return func(v *M, c *Codec) { CodeMap(v, c, value) }
}

// NullableOf is for what is a pointer and may be null.
func NullableOf[T any](code func(*T, *Codec)) func(**T, *Codec) {
	return func(v **T, c *Codec) {
		if !CodeNil(v, c, *v == nil) {
			codePointer(v, c, code)
		}
	}
}

// NilableOf is for what may be null and has a nil of its own.
func NilableOf[T any](isNil func(*T) bool, code func(*T, *Codec)) func(*T, *Codec) {
	return func(v *T, c *Codec) {
		if !CodeNil(v, c, isNil(v)) {
			code(v, c)
		}
	}
}

// NilSlice tells whether a list is nil.
func NilSlice[L ~[]T, T any](v *L) bool { return *v == nil }

// NilMap tells whether a map is nil.
func NilMap[M ~map[K]T, K ~string, T any](v *M) bool { return *v == nil }

// NilValue tells whether a pointer or an interface is nil.
func NilValue[T comparable](v *T) bool {
	var zero T
	return *v == zero
}

// KnownOf refuses to read values that are not constants of their type.
func KnownOf[T interface{ IsKnown() bool }](code func(*T, *Codec)) func(*T, *Codec) {
	return func(v *T, c *Codec) {
		start := c.dec.Start()
		code(v, c)
		if !c.writing && c.dec.err == nil && !(*v).IsKnown() {
			name := fmt.Sprintf("%T", *v)
			c.dec.Fail(start, "unknown value of "+name[strings.LastIndexByte(name, '.')+1:])
		}
	}
}

// ConstantOf refuses to read all values but one.
func ConstantOf[T comparable](constant T, code func(*T, *Codec)) func(*T, *Codec) {
	return func(v *T, c *Codec) {
		start := c.dec.Start()
		code(v, c)
		if !c.writing && *v != constant {
			c.dec.notConstant(start, constant)
		}
	}
}

// TextOf is [CodeText] with known values.
func TextOf[T ~string](known ...T) func(*T, *Codec) {
	return func(v *T, c *Codec) { CodeText(v, c, known...) }
}

// codePointer is for what a pointer points to.
func codePointer[T any](v **T, c *Codec, code func(*T, *Codec)) {
	if !c.writing {
		*v = new(T)
	} else if c.enc.err != nil { // else a value may contain itself
		return
	}
	code(*v, c)
}

// SetNull makes a member that may be absent an explicit null. Generated code uses it.
func SetNull[T any](field *T, extra *map[string]json.RawMessage, name string) {
	var zero T
	*field = zero
	if *extra == nil {
		*extra = map[string]json.RawMessage{}
	}
	(*extra)[name] = json.RawMessage("null")
}

// Or returns what p points to, or value where it is nil. Generated code uses it.
func Or[T any](p *T, value T) T {
	if p != nil {
		return *p
	}
	return value
}
