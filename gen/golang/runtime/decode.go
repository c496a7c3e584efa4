package rpc

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// The functions of this file read values of one type each. Each takes the address of a value
// and the decoder that is in front of it.

// setNil consumes null if it is next and makes v nil.
func setNil[T any](v *T, d *decoder) bool {
	if !d.null() {
		return false
	}
	var zero T
	*v = zero
	return true
}

// decodeString reads a string.
func decodeString[T ~string](v *T, d *decoder) { *v = T(d.Text()) }

// decodeBool reads true or false.
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

// decodeInt reads an integer of 64 bits. 1.0 and 1e2 are integers, too.
func decodeInt[T ~int64](v *T, d *decoder) {
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

// decodeBigInt reads an integer of up to [maxDigits] digits.
func decodeBigInt(v **big.Int, d *decoder) {
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

// decodeFloat reads a number of 64 bits.
func decodeFloat[T ~float64](v *T, d *decoder) {
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

// decodeText keeps the JSON text of a value. Where the value is one of known, which are
// JSON too, it is written as that is: 1.0 as 1.
func decodeText[T ~string](v *T, d *decoder, known ...T) {
	raw := d.skip()
	for _, k := range known {
		if sameScalar(raw, []byte(k)) {
			*v = k
			return
		}
	}
	*v = T(raw)
}

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

// notConstant fails because the value from start on is not the only one that there is.
func (d *decoder) notConstant(start int, constant any) {
	if d.err == nil {
		d.Fail(start, fmt.Sprintf("want the constant %v, got %s", constant, shortened(d.data[start:d.pos])))
	}
}
