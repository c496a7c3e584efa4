package rpc

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// ValidationError lists all that is wrong with a value.
type ValidationError struct{ Issues []Issue }

// Error implements error: it names the first issue, and how many more there are.
func (e *ValidationError) Error() string {
	first := e.Issues[0]
	text := first.Msg
	if len(first.Loc) > 0 {
		text = strings.Join(first.Loc, ".") + " " + text
	}
	if more := len(e.Issues) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Problems collects what is wrong with a value. Generated code uses it.
type Problems struct {
	// Strict refuses what only a newer server may send: values of enums, variants of unions,
	// members.
	Strict bool

	issues []Issue
	path   []step
}

// step leads to a member, or to an item where its name is "".
type step struct {
	name  string
	index int
}

// Validate returns a [ValidationError], or nil. Generated code uses it.
func Validate[T any](v *T, strict bool, check func(*T, *Problems)) error {
	p := unused.Get().(*Problems)
	p.Strict, p.path = strict, p.path[:0]
	check(v, p)
	issues := p.issues
	p.issues = nil
	unused.Put(p)
	if issues == nil {
		return nil
	}
	return &ValidationError{issues}
}

// unused are used again: a valid value then costs no allocation.
var unused = sync.Pool{New: func() any { return new(Problems) }}

// Enter goes to a member.
func (p *Problems) Enter(name string) { p.path = append(p.path, step{name: name, index: -1}) }

// EnterItem goes to an item.
func (p *Problems) EnterItem(i int) { p.path = append(p.path, step{index: i}) }

// Leave goes back.
func (p *Problems) Leave() { p.path = p.path[:len(p.path)-1] }

// Add notes what is wrong with the value.
func (p *Problems) Add(rule, message string) {
	loc := make([]string, len(p.path))
	for i, s := range p.path {
		if loc[i] = s.name; s.index >= 0 {
			loc[i] = strconv.Itoa(s.index)
		}
	}
	p.issues = append(p.issues, Issue{Loc: loc, Msg: message, Type: rule})
}

// AddAt notes what is wrong with a member.
func (p *Problems) AddAt(name, rule, message string) {
	p.Enter(name)
	p.Add(rule, message)
	p.Leave()
}

// NoExtra notes members that are not declared; explicit nulls of some may be among them.
func (p *Problems) NoExtra(extra map[string]json.RawMessage, nullable ...string) {
	if !p.Strict || len(extra) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if !slices.Contains(nullable, name) {
			p.AddAt(name, "extra", "is not known")
		}
	}
}

// Shorter tells whether a text has less characters.
func Shorter[T ~string](v T, least int) bool {
	return len(v) < least || len(v) < least*utf8.UTFMax && utf8.RuneCountInString(string(v)) < least
}

// Longer tells whether a text has more characters.
func Longer[T ~string](v T, most int) bool {
	return len(v) > most && utf8.RuneCountInString(string(v)) > most
}

// Matcher returns a function that tells whether a text has a pattern, which is compiled
// when it is first needed.
func Matcher(pattern string) func(string) bool {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return func(s string) bool { return compiled().MatchString(s) }
}

// FormatMatcher is [Matcher] for the pattern of a format. Usual texts are told without it.
func FormatMatcher(format, pattern string) func(string) bool {
	exact, usual := Matcher(pattern), usualTexts[format]
	if usual == nil {
		return exact
	}
	return func(s string) bool { return usual(s) || exact(s) }
}

// usualTexts tell texts that surely have a format; they miss some.
var usualTexts = map[string]func(string) bool{
	"date":      isUsualDate,
	"date-time": isUsualDateTime,
	"uuid":      isUsualUUID,
	"uri":       isUsualURI,
}

func isUsualDate(s string) bool {
	if !hasShape(s, "0000-00-00") || s[:4] == "0000" {
		return false
	}
	day := twoDigits(s[8:])
	switch s[5:7] {
	case "01", "03", "05", "07", "08", "10", "12":
		return 1 <= day && day <= 31
	case "04", "06", "09", "11":
		return 1 <= day && day <= 30
	default:
		return s[5:7] == "02" && 1 <= day && day <= 28
	}
}

func isUsualDateTime(s string) bool {
	const seconds = len("2025-01-31T08:30:00")
	if len(s) <= seconds || !isUsualDate(s[:10]) || !hasShape(s[10:seconds], "T00:00:00") ||
		twoDigits(s[11:]) > 23 || twoDigits(s[14:]) > 59 || twoDigits(s[17:]) > 59 {
		return false
	}
	zone := s[seconds:]
	if zone[0] == '.' {
		fraction := strings.TrimLeft(zone[1:], "0123456789")
		if digits := len(zone) - 1 - len(fraction); digits < 1 || digits > 9 {
			return false
		}
		zone = fraction
	}
	return zone == "Z" || (hasShape(zone, "+00:00") || hasShape(zone, "-00:00")) && twoDigits(zone[1:]) <= 23 && twoDigits(zone[4:]) <= 59
}

// twoDigits is the number that a text begins with, which has two digits.
func twoDigits(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

func isUsualUUID(s string) bool { return hasShape(s, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") }

func isUsualURI(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	return ok && rest != "" && strings.IndexByte(rest, ' ') < 0
}

// hasShape compares a text with a sample, in which 0 is a digit and x a hexadecimal one.
func hasShape(s, sample string) bool {
	if len(s) != len(sample) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		digit := '0' <= c && c <= '9'
		switch sample[i] {
		case '0':
			if !digit {
				return false
			}
		case 'x':
			if !digit && (c|0x20 < 'a' || 'f' < c|0x20) {
				return false
			}
		default:
			if c != sample[i] {
				return false
			}
		}
	}
	return true
}

// Repeats tells whether an item is there twice.
func Repeats[T comparable](items []T) bool {
	if len(items) <= 16 {
		for i, item := range items {
			if slices.Contains(items[:i], item) {
				return true
			}
		}
		return false
	}
	seen := make(map[T]bool, len(items))
	for _, item := range items {
		seen[item] = true
	}
	return len(seen) < len(items)
}

// IsMultiple divides decimally: 0.3 is a multiple of 0.1.
func IsMultiple(v float64, of string) bool {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	return ok && isMultiple(r, of)
}

func isMultiple(v *big.Rat, of string) bool {
	r, ok := new(big.Rat).SetString(of)
	return !ok || r.Sign() == 0 || new(big.Rat).Quo(v, r).IsInt()
}
