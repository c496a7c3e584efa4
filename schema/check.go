package schema

import "github.com/wsgen/wsgen/internal/text"

// Check is what a schema demands of a JSON value, keyword by keyword. Types keep less of
// it: they have no place for what narrows values. Numbers and counts keep the document's
// text; "" is none.
type Check struct {
	Key   string // of the definition, "" where the schema is part of another one
	Pos   text.Pos
	Never bool // the schema false
	Null  bool // null is taken, whatever the rest says: OpenAPI's nullable, or a default of null

	Types  []string // "integer", "string"; nil: any
	Values []*text.Node
	Listed bool // Values, of const or enum, are all that there are

	Limits       // of numbers, and the length and the pattern of strings
	Format, Hint Format

	MinItems, MaxItems       string
	Unique                   bool
	Prefix                   []*Check
	Items                    *Check // of what Prefix does not describe
	Contains                 *Check
	MinContains, MaxContains string

	MinMembers, MaxMembers string
	Required               []string
	Members                []CheckMember
	Patterns               []CheckMember // Key is a pattern
	Additional             *Check        // of what neither Members nor Patterns describe
	Names                  *Check
	Needs                  []Needs // dependentRequired
	Dependent              []CheckMember

	Ref                 *Check // what $ref leads to
	AllOf, AnyOf, OneOf []*Check
	Not, If, Then, Else *Check

	// What nothing else has looked at.
	UnevaluatedItems, UnevaluatedMembers *Check
}

// CheckMember is a member of an object, or a pattern, and what is demanded of its values.
type CheckMember struct {
	Key   string
	Check *Check
}

// Needs says that a member is only there together with others.
type Needs struct {
	Key    string
	Others []string
}

// Source is a schema that a named type is made of: params and results may have versions.
// A model has them where the loader was asked for checks.
type Source struct {
	Node    *text.Node // for the loader; nil in the model
	In, Out bool
	Check   *Check
}

// CheckOf returns what is demanded of values of a type that are sent, or of those that
// are received; nil where the documents have no schema for the type alone.
func (d *Decl) CheckOf(input bool) *Check {
	for _, s := range d.Sources {
		if input && s.In || !input && s.Out {
			return s.Check
		}
	}
	if len(d.Sources) > 0 {
		return d.Sources[0].Check
	}
	return nil
}
