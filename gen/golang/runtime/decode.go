//lint:file-ignore U1000 generated code is what uses most of this

package runtime

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
)

// missing fails unless all required members were seen: bit i of seen is names[i].
func (d *decoder) missing(start int, seen uint64, names ...string) {
	for i, name := range names {
		if seen&(1<<i) == 0 {
			d.fail(start, "member "+strconv.Quote(name)+" is missing")
			return
		}
	}
}

// unknownMember fails because the type is closed.
func (d *decoder) unknownMember() {
	d.fail(d.pos, "unknown member")
}

// extra keeps a member that the type has no field for.
func (d *decoder) extra(extra *map[string]json.RawMessage) {
	decodeEntry(extra, d, decodeRaw)
}

// keepNull consumes null if it is next: field is then nil, and extra remembers
// that the member was there.
func keepNull[T any](field *T, d *decoder, extra *map[string]json.RawMessage) bool {
	if d.peek() != 'n' {
		return false
	}
	var zero T
	*field = zero
	d.extra(extra)
	return true
}

// setNull consumes null if it is next and makes v nil.
func setNull[T any](v *T, d *decoder) bool {
	if !d.null() {
		return false
	}
	var zero T
	*v = zero
	return true
}

// withNull adds an explicit null to the members that have no field.
func withNull(extra map[string]json.RawMessage, name string) map[string]json.RawMessage {
	if extra == nil {
		extra = map[string]json.RawMessage{}
	}
	extra[name] = json.RawMessage("null")
	return extra
}

// tooManyItems fails because a tuple is longer than its type.
func (d *decoder) tooManyItems(want int) {
	d.fail(d.pos, "want at most "+strconv.Itoa(want)+" items")
}

// tooFewItems fails unless a tuple has n of at least want items.
func (d *decoder) tooFewItems(start, n, want int) {
	if n < want {
		d.fail(start, "want at least "+strconv.Itoa(want)+" items, got "+strconv.Itoa(n))
	}
}

func decodeString[T ~string](v *T, d *decoder) { *v = T(d.text()) }

func decodeBool[T ~bool](v *T, d *decoder) {
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

// decodeInt also takes 1.0 and 1e2, which are integers to JSON Schema.
func decodeInt[T ~int64](v *T, d *decoder) {
	d.peek()
	start := d.pos
	text := d.number("integer")
	if d.err != nil {
		return
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		f, _ := strconv.ParseFloat(string(text), 64)
		if isInteger(text) || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			d.fail(start, "want integer of 64 bits, got "+string(text))
			return
		}
		n = int64(f)
	}
	*v = T(n)
}

// isInteger tells whether a number is written without fraction and exponent.
func isInteger(number []byte) bool { return !bytes.ContainsAny(number, ".eE") }

func decodeBigInt(v **big.Int, d *decoder) {
	d.peek()
	start := d.pos
	text := d.number("integer")
	if d.err != nil {
		return
	}
	n, ok := new(big.Int).SetString(string(text), 10)
	if !ok {
		d.fail(start, "want integer, got "+string(text))
		return
	}
	*v = n
}

func decodeFloat[T ~float64](v *T, d *decoder) {
	d.peek()
	start := d.pos
	text := d.number("number")
	if d.err != nil {
		return
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		d.fail(start, "want number of 64 bits, got "+string(text))
		return
	}
	*v = T(f)
}

// decodeFloatOrNaN reads null as NaN, which is how Pydantic writes it.
func decodeFloatOrNaN[T ~float64](v *T, d *decoder) {
	if d.null() {
		*v = T(math.NaN())
		return
	}
	decodeFloat(v, d)
}

// decodeRaw keeps a copy of any value.
func decodeRaw[T ~[]byte](v *T, d *decoder) { *v = T(bytes.Clone(d.skip())) }

// decodeText keeps the JSON text of a value.
func decodeText[T ~string](v *T, d *decoder) { *v = T(d.skip()) }

// decodePointer reads a value that is not null.
func decodePointer[T any](v **T, d *decoder, decode func(*T, *decoder)) {
	p := new(T)
	*v = p
	decode(p, d)
}

// decodeNullable reads null as nil.
func decodeNullable[T any](v **T, d *decoder, decode func(*T, *decoder)) {
	if d.null() {
		*v = nil
		return
	}
	decodePointer(v, d, decode)
}

// decodeNilable reads null as the nil of a list, a map or the like.
func decodeNilable[T any](v *T, d *decoder, decode func(*T, *decoder)) {
	if !setNull(v, d) {
		decode(v, d)
	}
}

// decodeOptional reads a member that may be absent or null; extra remembers null.
func decodeOptional[T any](v **T, d *decoder, extra *map[string]json.RawMessage, decode func(*T, *decoder)) {
	if !keepNull(v, d, extra) {
		decodePointer(v, d, decode)
	}
}

func decodeList[L ~[]T, T any](v *L, d *decoder, decode func(*T, *decoder)) {
	list := L{}
	for d.array(); d.item(); {
		var zero T
		list = append(list, zero)
		decode(&list[len(list)-1], d)
	}
	*v = list
}

func decodeMap[M ~map[K]T, K ~string, T any](v *M, d *decoder, decode func(*T, *decoder)) {
	*v = M{}
	for d.object(); d.member(); {
		decodeEntry(v, d, decode)
	}
}

// decodeEntry reads the value of the current member into a map.
func decodeEntry[M ~map[K]T, K ~string, T any](m *M, d *decoder, decode func(*T, *decoder)) {
	key := K(d.key)
	var value T
	decode(&value, d)
	if *m == nil {
		*m = M{}
	}
	(*m)[key] = value
}

// The functions below combine decode functions to those of lists and the like.

func listDecoder[L ~[]T, T any](decode func(*T, *decoder)) func(*L, *decoder) {
	return func(v *L, d *decoder) { decodeList(v, d, decode) }
}

func mapDecoder[M ~map[K]T, K ~string, T any](decode func(*T, *decoder)) func(*M, *decoder) {
	return func(v *M, d *decoder) { decodeMap(v, d, decode) }
}

func nullableDecoder[T any](decode func(*T, *decoder)) func(**T, *decoder) {
	return func(v **T, d *decoder) { decodeNullable(v, d, decode) }
}

func nilableDecoder[T any](decode func(*T, *decoder)) func(*T, *decoder) {
	return func(v *T, d *decoder) { decodeNilable(v, d, decode) }
}
