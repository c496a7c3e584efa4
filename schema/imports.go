package schema

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// ImportRule says which types a package does not declare, since other code has them, and
// where that code is.
type ImportRule struct {
	From      string // what code imports from: a module, or a package
	Generator string // what has written the code: "hey-api"
	Document  string // the OpenAPI document that it was written from; "" for any
	Types     []Text // names, patterns such as Page*, and !Page for what is left out; nil for all
	Names     map[string]Text
	Pos       text.Pos
}

// Text is a text of the settings, and where it stands.
type Text struct {
	Text string
	Pos  text.Pos
}

// Twin is a schema of an OpenAPI document that describes the same values as a type.
type Twin struct {
	Document string // its name
	Key      string // of the schema: "User-Input"
	Input    bool   // the values are those of params
	Loss     Loss
}

// Loss is a value in a schema, however deep, that the type of oapi-codegen does not keep.
type Loss struct {
	Kind LossKind
	Pos  text.Pos
}

// LossKind says what becomes of the value.
type LossKind uint8

// The kinds of losses.
const (
	NoLoss        LossKind = iota
	LostUnion              // a union without a name that may be null: nothing is kept
	RoundedNumber          // a number: it becomes a float32
	MisreadBytes           // bytes: they are taken for base64
)

// Matches tells whether the rule is about a type with one of these names.
func (r *ImportRule) Matches(names ...string) bool {
	included, narrowed := false, false
	for _, t := range r.Types {
		pattern, excludes := strings.CutPrefix(t.Text, "!")
		found := slices.ContainsFunc(names, func(name string) bool { return matches(pattern, name) })
		if excludes && found {
			return false
		}
		narrowed = narrowed || !excludes
		included = included || !excludes && found
	}
	return included || !narrowed
}

// matches tells whether a name fits a pattern, in which * is any text.
func matches(pattern, name string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, before)
	for ; ok; rest = rest[1:] {
		if matches(after, rest) {
			return true
		}
		if rest == "" {
			return false
		}
	}
	return false
}
