package rpc

import (
	"regexp"
	"sync"
)

// Kinds is a set of JSON types. A number without a fraction is an integer, however it
// is written: 1.0 is one.
type Kinds uint8

// The JSON types.
const (
	JSONNull Kinds = 1 << iota
	JSONBoolean
	JSONInteger
	JSONFraction // a number that is not an integer
	JSONString
	JSONArray
	JSONObject

	JSONNumber = JSONInteger | JSONFraction
	JSONAny    = JSONNull | JSONBoolean | JSONNumber | JSONString | JSONArray | JSONObject
)

func (k Kinds) has(other Kinds) bool { return k&other != 0 }

// Shape describes the JSON values of a type as far as variants of unions differ in them:
// which values the type takes, and how well a value fits. Generated code uses it. The
// fields are called after the keywords of JSON Schema.
type Shape struct {
	Types    Kinds
	Nullable bool // null is taken, too
	NaN      bool // null is taken for a number that JSON does not have: a misfit

	AnyOf   []*Shape // the value is one of these; the fields below say nothing then, but for Open
	Texts   []string // the known values that are strings
	Values  []string // the other known values, as JSON; without any known value all are
	Open    bool     // what AnyOf or the known values do not list is taken as well: it is a misfit
	Format  *Pattern // of a string; one of another form is a misfit or, where it is Parsed, refused
	Parsed  bool
	Pattern *Pattern // of a string
	Wide    bool     // of an integer: those beyond 64 bits are no misfits
	Limits  *Limits  // what exceeds them is a misfit

	PrefixItems []*Shape
	MinItems    int    // of PrefixItems that must be there
	Items       *Shape // of further items; nil: none are declared
	More        bool   // items beyond the declared ones are taken: each is a misfit

	Properties    []Property
	PropertyNames *Shape // of the names of members that are not declared; nil: any
	Additional    *Shape // of members that are not declared; nil: any
	Closed        bool   // members that are not declared are refused or, where Open, misfits
}

// Property is a declared member of an object's [Shape].
type Property struct {
	Name     string
	Required bool
	Shape    *Shape
}

// Limits are those of a number or of a length, as JSON; "" is none.
type Limits struct {
	Minimum, Maximum, ExclusiveMinimum, ExclusiveMaximum string
	MinLength, MaxLength                                 string
}

// Pattern is a regular expression that is compiled when it is first used.
type Pattern struct {
	text string
	once sync.Once
	re   *regexp.Regexp
}

// NewPattern returns a pattern that a string is searched for.
func NewPattern(text string) *Pattern { return &Pattern{text: text} }

// NewFormat returns a pattern that all of a string must match.
func NewFormat(text string) *Pattern { return NewPattern(`^(?:` + text + `)$`) }

func (p *Pattern) match(text []byte) bool {
	p.once.Do(func() { p.re = regexp.MustCompile(p.text) })
	return p.re.Match(text)
}
