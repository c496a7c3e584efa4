package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Encoder writes one JSON document. The first problem is kept; after it nothing
// deeper is written, so that a value that contains itself comes to an end. Generated
// code uses it.
type Encoder struct {
	buf   []byte
	depth int
	err   error
}

// Marshal returns v as JSON. Generated code uses it.
func Marshal[T any](v *T, encode func(*T, *Encoder)) ([]byte, error) {
	e := Encoder{buf: make([]byte, 0, 256)} // room for most params and requests
	encode(v, &e)
	return e.buf, e.err
}

// Fail keeps the first problem.
func (e *Encoder) Fail(message string) {
	if e.err == nil {
		e.err = fmt.Errorf("encode JSON: %s", message)
	}
}

// Object begins an object.
func (e *Encoder) Object() { e.Open('{') }

// Open begins an object or an array. Deep nesting means that a value contains itself.
func (e *Encoder) Open(bracket byte) {
	if e.depth++; e.depth > maxDepth {
		e.Fail("nested too deeply")
	}
	e.buf = append(e.buf, bracket)
}

// Close ends an object or an array.
func (e *Encoder) Close(bracket byte) {
	e.depth--
	e.buf = append(e.buf, bracket)
}

// NoVariant fails because a union is nil, or holds what is none of its variants.
func (e *Encoder) NoVariant(union string, value any) {
	if value == nil {
		e.Fail("a " + union + " is nil")
		return
	}
	e.Fail(fmt.Sprintf("a %s holds a %T that is nil or none of its variants", union, value))
}

// Key begins a member; quoted is its name as JSON with the colon.
func (e *Encoder) Key(quoted string) {
	if e.buf[len(e.buf)-1] != '{' {
		e.buf = append(e.buf, ',')
	}
	e.buf = append(e.buf, quoted...)
}

func (e *Encoder) keyText(name string) {
	e.Key("")
	e.buf = append(appendString(e.buf, name), ':')
}

// Item begins an item of an array.
func (e *Encoder) Item() {
	if e.buf[len(e.buf)-1] != '[' {
		e.buf = append(e.buf, ',')
	}
}

// Stored writes a member that was kept as raw JSON, if it was.
func (e *Encoder) Stored(quoted string, raw json.RawMessage) {
	if raw != nil {
		e.Key(quoted)
		e.Raw(raw)
	}
}

// Extra writes members in order of their names, without those that have a field.
func (e *Encoder) Extra(extra map[string]json.RawMessage, declared ...string) {
	if len(extra) > 0 {
		EncodeEntries(e, extra, EncodeRaw, declared...)
	}
}

// Raw writes JSON that was made elsewhere, checked and on one line.
func (e *Encoder) Raw(raw []byte) {
	if raw == nil {
		e.Null()
		return
	}
	b := bytes.NewBuffer(e.buf)
	if err := json.Compact(b, raw); err != nil {
		e.Fail("raw value: " + err.Error())
		return
	}
	e.buf = b.Bytes()
}

// Null writes null.
func (e *Encoder) Null() { e.buf = append(e.buf, "null"...) }

// EncodeString writes a string.
func EncodeString[T ~string](v *T, e *Encoder) { e.buf = appendString(e.buf, string(*v)) }

// EncodeBool writes true or false.
func EncodeBool[T ~bool](v *T, e *Encoder) { e.buf = strconv.AppendBool(e.buf, bool(*v)) }

// EncodeInt writes an integer.
func EncodeInt[T ~int64](v *T, e *Encoder) { e.buf = strconv.AppendInt(e.buf, int64(*v), 10) }

// EncodeBigInt writes nil as 0.
func EncodeBigInt(v **big.Int, e *Encoder) {
	if *v == nil {
		e.buf = append(e.buf, '0')
		return
	}
	e.buf = (*v).Append(e.buf, 10)
}

// EncodeFloat writes what JSON has no number for as null.
func EncodeFloat[T ~float64](v *T, e *Encoder) {
	f := float64(*v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		e.Null()
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	e.buf = strconv.AppendFloat(e.buf, f, format, -1, 64)
}

// EncodeRaw writes JSON that is kept as it came.
func EncodeRaw[T ~[]byte](v *T, e *Encoder) { e.Raw(*v) }

// EncodeText writes a string that holds JSON.
func EncodeText[T ~string](v *T, e *Encoder) { e.Raw([]byte(*v)) }

// EncodeNullable writes nil as null.
func EncodeNullable[T any](v **T, e *Encoder, encode func(*T, *Encoder)) {
	if *v == nil || e.err != nil {
		e.Null()
		return
	}
	encode(*v, e)
}

// EncodeNilable writes the nil of a list, a map or the like as null.
func EncodeNilable[T any](v *T, e *Encoder, isNil bool, encode func(*T, *Encoder)) {
	if isNil {
		e.Null()
		return
	}
	encode(v, e)
}

// EncodeConstant writes a member that has one value only, which constant is as JSON, also
// where it is not set. stored is what was read, where that was the zero value.
func EncodeConstant[T comparable](e *Encoder, quoted string, v *T, constant string, stored json.RawMessage, encode func(*T, *Encoder)) {
	e.Key(quoted)
	var zero T
	switch {
	case *v != zero:
		encode(v, e)
	case stored != nil:
		e.Raw(stored)
	default:
		e.buf = append(e.buf, constant...)
	}
}

// EncodeMember writes a member unless it is nil.
func EncodeMember[T any](e *Encoder, quoted string, v *T, encode func(*T, *Encoder)) {
	if v != nil && e.err == nil {
		e.Key(quoted)
		encode(v, e)
	}
}

// EncodeOptional writes a member, or what is stored for it where it is nil.
func EncodeOptional[T any](e *Encoder, quoted string, v *T, stored json.RawMessage, encode func(*T, *Encoder)) {
	if v == nil || e.err != nil {
		e.Stored(quoted, stored)
		return
	}
	e.Key(quoted)
	encode(v, e)
}

// EncodeList writes an array.
func EncodeList[L ~[]T, T any](v *L, e *Encoder, encode func(*T, *Encoder)) {
	e.Open('[')
	for i := range *v {
		if e.err != nil {
			return
		}
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		encode(&(*v)[i], e)
	}
	e.Close(']')
}

// EncodeMap writes an object that is used as a dictionary.
func EncodeMap[M ~map[K]T, K ~string, T any](v *M, e *Encoder, encode func(*T, *Encoder)) {
	e.Object()
	EncodeEntries(e, *v, encode)
	e.Close('}')
}

// EncodeEntries writes members in order of their names, without those that
// are declared.
func EncodeEntries[M ~map[K]T, K ~string, T any](e *Encoder, m M, encode func(*T, *Encoder), declared ...string) {
	keys := make([]K, 0, len(m))
	for k := range m {
		if len(declared) == 0 || !slices.Contains(declared, string(k)) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		if e.err != nil {
			return
		}
		e.keyText(string(k))
		value := m[k]
		encode(&value, e)
	}
}

// EncodeNull writes null.
func EncodeNull(_ *Null, e *Encoder) { e.Null() }

// EncodePointer writes what a union holds a pointer to.
func EncodePointer[T any](v *T, e *Encoder, union string, encode func(*T, *Encoder)) {
	if v == nil {
		e.NoVariant(union, v)
		return
	}
	if e.err == nil { // else a value may contain itself
		encode(v, e)
	}
}

// The functions below make encode functions of others: for lists and the like.

// ListEncoder is for arrays.
func ListEncoder[L ~[]T, T any](encode func(*T, *Encoder)) func(*L, *Encoder) {
	return func(v *L, e *Encoder) { EncodeList(v, e, encode) }
}

// MapEncoder is for objects that are used as dictionaries.
func MapEncoder[M ~map[K]T, K ~string, T any](encode func(*T, *Encoder)) func(*M, *Encoder) {
	return func(v *M, e *Encoder) { EncodeMap(v, e, encode) }
}

// NullableEncoder is for what is a pointer and may be null.
func NullableEncoder[T any](encode func(*T, *Encoder)) func(**T, *Encoder) {
	return func(v **T, e *Encoder) { EncodeNullable(v, e, encode) }
}

// NilableEncoder is for what may be null and has a nil of its own.
func NilableEncoder[T any](isNil func(*T) bool, encode func(*T, *Encoder)) func(*T, *Encoder) {
	return func(v *T, e *Encoder) { EncodeNilable(v, e, isNil(v), encode) }
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

// appendString appends s as a JSON string; bytes that are not UTF-8 become
// U+FFFD. Characters of HTML stay as they are.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
