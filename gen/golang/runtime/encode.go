//lint:file-ignore U1000 generated code is what uses most of this

package runtime

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

// encoder writes one JSON document. The first problem is kept; after it nothing
// deeper is written, so that a value that contains itself comes to an end.
type encoder struct {
	buf   []byte
	depth int
	err   error
}

// encodeDocument returns v as JSON.
func encodeDocument[T any](v *T, encode func(*T, *encoder)) ([]byte, error) {
	e := encoder{buf: make([]byte, 0, 256)} // room for most params and requests
	encode(v, &e)
	return e.buf, e.err
}

func (e *encoder) fail(message string) {
	if e.err == nil {
		e.err = fmt.Errorf("encode JSON: %s", message)
	}
}

// object begins an object. Deep nesting means that a value contains itself.
func (e *encoder) object() { e.open('{') }

func (e *encoder) open(bracket byte) {
	if e.depth++; e.depth > maxDepth {
		e.fail("nested too deeply")
	}
	e.buf = append(e.buf, bracket)
}

func (e *encoder) close(bracket byte) {
	e.depth--
	e.buf = append(e.buf, bracket)
}

// noVariant fails because a union holds nothing, or a pointer.
func (e *encoder) noVariant(union string, value any) {
	e.fail(fmt.Sprintf("%s.Value is %T, which is not one of its cases", union, value))
}

// key begins a member; quoted is its name as JSON with the colon.
func (e *encoder) key(quoted string) {
	if e.buf[len(e.buf)-1] != '{' {
		e.buf = append(e.buf, ',')
	}
	e.buf = append(e.buf, quoted...)
}

func (e *encoder) keyText(name string) {
	e.key("")
	e.buf = append(appendString(e.buf, name), ':')
}

// item begins an item of an array.
func (e *encoder) item() {
	if e.buf[len(e.buf)-1] != '[' {
		e.buf = append(e.buf, ',')
	}
}

// stored writes a member that was kept as raw JSON, if it was.
func (e *encoder) stored(quoted string, raw json.RawMessage) {
	if raw != nil {
		e.key(quoted)
		e.raw(raw)
	}
}

// extra writes members in order of their names, without those that have a field.
func (e *encoder) extra(extra map[string]json.RawMessage, declared ...string) {
	if len(extra) > 0 {
		encodeEntries(e, extra, encodeRaw, declared...)
	}
}

// raw writes JSON that was made elsewhere, checked and on one line.
func (e *encoder) raw(raw []byte) {
	if raw == nil {
		e.null()
		return
	}
	b := bytes.NewBuffer(e.buf)
	if err := json.Compact(b, raw); err != nil {
		e.fail("raw value: " + err.Error())
		return
	}
	e.buf = b.Bytes()
}

func (e *encoder) null() { e.buf = append(e.buf, "null"...) }

func encodeString[T ~string](v *T, e *encoder) { e.buf = appendString(e.buf, string(*v)) }

func encodeBool[T ~bool](v *T, e *encoder) { e.buf = strconv.AppendBool(e.buf, bool(*v)) }

func encodeInt[T ~int64](v *T, e *encoder) { e.buf = strconv.AppendInt(e.buf, int64(*v), 10) }

// encodeBigInt writes nil as 0.
func encodeBigInt(v **big.Int, e *encoder) {
	if *v == nil {
		e.buf = append(e.buf, '0')
		return
	}
	e.buf = (*v).Append(e.buf, 10)
}

// encodeFloat writes what JSON has no number for as null.
func encodeFloat[T ~float64](v *T, e *encoder) {
	f := float64(*v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		e.null()
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	e.buf = strconv.AppendFloat(e.buf, f, format, -1, 64)
}

func encodeRaw[T ~[]byte](v *T, e *encoder) { e.raw(*v) }

// encodeText writes a string that holds JSON.
func encodeText[T ~string](v *T, e *encoder) { e.raw([]byte(*v)) }

// encodeNullable writes nil as null.
func encodeNullable[T any](v **T, e *encoder, encode func(*T, *encoder)) {
	if *v == nil || e.err != nil {
		e.null()
		return
	}
	encode(*v, e)
}

// encodeNilable writes the nil of a list, a map or the like as null.
func encodeNilable[T any](v *T, e *encoder, isNil bool, encode func(*T, *encoder)) {
	if isNil {
		e.null()
		return
	}
	encode(v, e)
}

// encodeConstant writes the zero value as the constant.
func encodeConstant[T comparable](v *T, e *encoder, constant T, encode func(*T, *encoder)) {
	var zero T
	if *v == zero {
		v = &constant
	}
	encode(v, e)
}

// encodeMember writes a member unless it is nil.
func encodeMember[T any](e *encoder, quoted string, v *T, encode func(*T, *encoder)) {
	if v != nil && e.err == nil {
		e.key(quoted)
		encode(v, e)
	}
}

// encodeOptional writes a member, or what is stored for it where it is nil.
func encodeOptional[T any](e *encoder, quoted string, v *T, stored json.RawMessage, encode func(*T, *encoder)) {
	if v == nil || e.err != nil {
		e.stored(quoted, stored)
		return
	}
	e.key(quoted)
	encode(v, e)
}

func encodeList[L ~[]T, T any](v *L, e *encoder, encode func(*T, *encoder)) {
	e.open('[')
	for i := range *v {
		if e.err != nil {
			return
		}
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		encode(&(*v)[i], e)
	}
	e.close(']')
}

func encodeMap[M ~map[K]T, K ~string, T any](v *M, e *encoder, encode func(*T, *encoder)) {
	e.object()
	encodeEntries(e, *v, encode)
	e.close('}')
}

// encodeEntries writes members in order of their names, without those that
// are declared.
func encodeEntries[M ~map[K]T, K ~string, T any](e *encoder, m M, encode func(*T, *encoder), declared ...string) {
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

// The functions below combine encode functions to those of lists and the like.

func listEncoder[L ~[]T, T any](encode func(*T, *encoder)) func(*L, *encoder) {
	return func(v *L, e *encoder) { encodeList(v, e, encode) }
}

func mapEncoder[M ~map[K]T, K ~string, T any](encode func(*T, *encoder)) func(*M, *encoder) {
	return func(v *M, e *encoder) { encodeMap(v, e, encode) }
}

func nullableEncoder[T any](encode func(*T, *encoder)) func(**T, *encoder) {
	return func(v **T, e *encoder) { encodeNullable(v, e, encode) }
}

func nilableEncoder[T any](isNil func(*T) bool, encode func(*T, *encoder)) func(*T, *encoder) {
	return func(v *T, e *encoder) { encodeNilable(v, e, isNil(v), encode) }
}

func nilSlice[L ~[]T, T any](v *L) bool { return *v == nil }

func nilMap[M ~map[K]T, K ~string, T any](v *M) bool { return *v == nil }

func nilPointer[T any](v **T) bool { return *v == nil }

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
