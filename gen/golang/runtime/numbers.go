package rpc

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits bounds integers: it is Python's bound, and keeps a number from taking seconds.
const maxDigits = 4300

// decimal is the exact value of a number: 0.digits × 10^point, with the first and the
// last digit not 0; no digits are zero.
type decimal struct {
	negative bool
	digits   string
	point    int64
}

// maxExponent bounds exponents, so that sums of them cannot overflow. Numbers beyond it
// are equal where their digits are.
const maxExponent = 1 << 40

// decimalOf reads a number that is valid JSON. It takes time in proportion to the text,
// whatever the exponent.
func decimalOf(number string) decimal {
	var d decimal
	number, d.negative = strings.CutPrefix(number, "-")
	mantissa, exponent := number, int64(0)
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa = number[:i]
		n, _ := strconv.ParseInt(number[i+1:], 10, 64) // out of range: the nearest
		exponent = min(max(n, -maxExponent), maxExponent)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	trimmed := strings.TrimLeft(digits, "0")
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits != "" {
		d.point = exponent + int64(len(whole)-(len(digits)-len(trimmed)))
	}
	d.negative = d.negative && d.digits != ""
	return d
}

// isInteger tells whether there is no fraction.
func (d decimal) isInteger() bool { return d.point >= int64(len(d.digits)) }

// integer writes an integer without point and exponent.
func (d decimal) integer() string {
	if d.digits == "" {
		return "0"
	}
	text := d.digits + strings.Repeat("0", int(d.point)-len(d.digits))
	if d.negative {
		return "-" + text
	}
	return text
}

// compare returns -1, 0 or 1 where d is less than, equal to or greater than other.
func (d decimal) compare(other decimal) int {
	switch {
	case d.negative && !other.negative:
		return -1
	case !d.negative && other.negative:
		return 1
	}
	size := d.compareSize(other)
	if d.negative {
		return -size
	}
	return size
}

func (d decimal) compareSize(other decimal) int {
	switch {
	case d.digits == "" || other.digits == "":
		return len(d.digits) - len(other.digits)
	case d.point < other.point:
		return -1
	case d.point > other.point:
		return 1
	}
	return strings.Compare(d.digits, other.digits)
}

// isWhole tells whether a number is written without fraction and exponent.
func isWhole(number []byte) bool { return !bytes.ContainsAny(number, ".eE") }

// isInteger tells whether a number that is written with a fraction or an exponent is an
// integer to the 64 bits of a float, which is all that some languages see of it.
func isInteger(number []byte) bool {
	f, err := strconv.ParseFloat(string(number), 64)
	return err == nil && f == math.Trunc(f)
}

// int64Of returns the value of a number that is an integer of 64 bits: 12, 12.0, 1.2e1.
func int64Of(number []byte) (int64, bool) {
	n, ok := exactInt64(number)
	if !ok && !isWhole(number) && isInteger(number) {
		if f, _ := strconv.ParseFloat(string(number), 64); math.Abs(f) < 1<<53 {
			return int64(f), true
		}
	}
	return n, ok
}

// shortInt reads an integer of up to 18 digits without fraction and exponent, as most are.
func shortInt(number []byte) (n int64, ok bool) {
	digits := number
	if digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(number) {
		n = -n
	}
	return n, true
}

// exactInt64 is [int64Of] without numbers that are integers only to a float.
func exactInt64(number []byte) (int64, bool) {
	if n, ok := shortInt(number); ok {
		return n, true
	}
	if isWhole(number) {
		n, err := strconv.ParseInt(string(number), 10, 64)
		return n, err == nil
	}
	d := decimalOf(string(number))
	if !d.isInteger() || d.point > 19 {
		return 0, false
	}
	n, err := strconv.ParseInt(d.integer(), 10, 64)
	return n, err == nil
}

// bigIntOf returns the value of a number that is an integer of at most maxDigits digits.
func bigIntOf(number []byte) (*big.Int, bool) {
	if len(number) > maxDigits+len("-.0e+0000") {
		return nil, false
	}
	d := decimalOf(string(number))
	if !d.isInteger() || d.point > maxDigits {
		return nil, false
	}
	return new(big.Int).SetString(d.integer(), 10)
}

// compareNumbers compares the values of two numbers.
func compareNumbers(a, b string) int { return decimalOf(a).compare(decimalOf(b)) }
