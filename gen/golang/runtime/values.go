package rpc

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Ptr returns a pointer to a copy of v: optional members are pointers, and Go
// has none to a constant.
func Ptr[T any](v T) *T { return &v }

// UnknownVariant is a value of a union that this client does not know, as a newer
// server may send one. It is written back as it came. Each union has a type of its own
// that embeds it.
type UnknownVariant struct {
	Raw json.RawMessage // the JSON value
}

// MarshalJSON implements [json.Marshaler].
func (v UnknownVariant) MarshalJSON() ([]byte, error) { return Marshal(&v.Raw, CodeRaw) }

// CodeJSON is for generated code.
func (v *UnknownVariant) CodeJSON(c *Codec) { CodeRaw(&v.Raw, c) }

// Null is a value that is always null.
type Null struct{}

// MarshalJSON implements [json.Marshaler].
func (v Null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UUID is the text of a UUID.
type UUID string

// Decimal is a decimal number of any precision as text: "12.50".
type Decimal string

// URL is the text of a URL.
type URL string

// Duration is the text of an ISO 8601 duration: "P3DT4H0.5S".
type Duration string

// NewDuration returns d as ISO 8601, to the nanosecond.
func NewDuration(d time.Duration) Duration {
	sign := ""
	if d < 0 {
		sign = "-"
	}
	seconds, fraction := d/time.Second, d%time.Second
	text := strconv.FormatInt(max(int64(seconds), -int64(seconds)), 10)
	if fraction != 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%09d", max(fraction, -fraction)), "0")
	}
	return Duration(sign + "PT" + text + "S")
}

// Duration parses the text. Years and months have no fixed length: with them,
// and beyond 292 years, it is an error.
func (v Duration) Duration() (time.Duration, error) {
	bad := fmt.Errorf("rpc: %q is not a duration that fits time.Duration", string(v))
	rest, negative := strings.CutPrefix(strings.TrimPrefix(string(v), "+"), "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return 0, bad
	}
	units := "WD"
	var sum time.Duration
	for rest != "" {
		if rest[0] == 'T' && units != "HMS" {
			rest, units = rest[1:], "HMS"
			continue
		}
		i := strings.IndexAny(rest, units)
		if i <= 0 {
			return 0, bad
		}
		d, err := parseSpan(rest[:i], durationUnits[rest[i]])
		if err != nil || sum+d < sum {
			return 0, bad
		}
		sum += d
		rest = rest[i+1:]
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

var durationUnits = map[byte]time.Duration{
	'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second,
}

// parseSpan multiplies a number such as "4" or "0.5" with a unit, exactly.
func parseSpan(number string, unit time.Duration) (time.Duration, error) {
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(number, ",", "."), ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || n > uint64(1<<63-1)/uint64(unit) {
		return 0, fmt.Errorf("%q is out of range", number)
	}
	sum := time.Duration(n) * unit
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is not a number", number)
		}
		unit /= 10
		sum += time.Duration(c-'0') * unit
	}
	return sum, nil
}

// Base64 is the text of bytes in standard base64.
type Base64 string

// NewBase64 encodes b.
func NewBase64(b []byte) Base64 { return Base64(base64.StdEncoding.EncodeToString(b)) }

// Bytes decodes the text, with or without padding.
func (v Base64) Bytes() ([]byte, error) { return decodeBase64(base64.RawStdEncoding, string(v)) }

// Base64URL is the text of bytes in URL-safe base64.
type Base64URL string

// NewBase64URL encodes b.
func NewBase64URL(b []byte) Base64URL { return Base64URL(base64.URLEncoding.EncodeToString(b)) }

// Bytes decodes the text, with or without padding.
func (v Base64URL) Bytes() ([]byte, error) { return decodeBase64(base64.RawURLEncoding, string(v)) }

func decodeBase64(encoding *base64.Encoding, text string) ([]byte, error) {
	return encoding.DecodeString(strings.TrimRight(text, "="))
}
