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

// encoder writes one JSON document. The first problem is kept; after it nothing
// deeper is written, so that a value that contains itself comes to an end.
type encoder struct {
	buf   []byte
	depth int
	err   error
}

// encodeJSON returns v as JSON.
func encodeJSON[T any](v *T, encode func(*T, *encoder)) ([]byte, error) {
	e := encoder{buf: make([]byte, 0, 256)} // room for most params and requests
	encode(v, &e)
	return e.buf, e.err
}

// Fail keeps the first problem.
func (e *encoder) Fail(message string) {
	if e.err == nil {
		e.err = fmt.Errorf("encode JSON: %s", message)
	}
}

// Object begins an object.
func (e *encoder) Object() { e.Open('{') }

// Open begins an object or an array. Deep nesting means that a value contains itself.
func (e *encoder) Open(bracket byte) {
	if e.depth++; e.depth > maxDepth {
		e.Fail("nested too deeply")
	}
	e.buf = append(e.buf, bracket)
}

// Close ends an object or an array.
func (e *encoder) Close(bracket byte) {
	e.depth--
	e.buf = append(e.buf, bracket)
}

// Key begins a member; quoted is its name as JSON with the colon.
func (e *encoder) Key(quoted string) {
	if e.buf[len(e.buf)-1] != '{' {
		e.buf = append(e.buf, ',')
	}
	e.buf = append(e.buf, quoted...)
}

// plainKey is [encoder.keyText] for a name without characters that need escapes.
func (e *encoder) plainKey(name string) {
	buf := e.buf
	if buf[len(buf)-1] != '{' {
		buf = append(buf, ',')
	}
	buf = append(buf, '"')
	buf = append(buf, name...)
	e.buf = append(buf, '"', ':')
}

// keyText begins a member.
func (e *encoder) keyText(name string) {
	e.Key("")
	e.buf = append(appendString(e.buf, name), ':')
}

// Item begins an item of an array.
func (e *encoder) Item() {
	if e.buf[len(e.buf)-1] != '[' {
		e.buf = append(e.buf, ',')
	}
}

// Raw writes JSON that was made elsewhere, checked and on one line.
func (e *encoder) Raw(raw []byte) {
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
func (e *encoder) Null() { e.buf = append(e.buf, "null"...) }

// encodeString writes a string.
func encodeString[T ~string](v *T, e *encoder) { e.buf = appendString(e.buf, string(*v)) }

// encodeBool writes true or false.
func encodeBool[T ~bool](v *T, e *encoder) { e.buf = strconv.AppendBool(e.buf, bool(*v)) }

// encodeInt writes an integer.
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
		e.Null()
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	e.buf = strconv.AppendFloat(e.buf, f, format, -1, 64)
}

// encodeRaw writes JSON that is kept as it came.
func encodeRaw[T ~[]byte](v *T, e *encoder) { e.Raw(*v) }

// sortedKeys returns the keys of a map in order.
func sortedKeys[M ~map[K]T, K ~string, T any](m M) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
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
