package naming

import (
	"fmt"

	"github.com/wsgen/wsgen/internal/text"
)

// Scope gives out identifiers, each to one owner.
type Scope struct {
	language string
	reserved map[string]bool
	owners   map[string]Owner
	diags    *text.Diagnostics
}

// Owner is the named thing that an identifier is for.
type Owner struct {
	Kind string // "method", "type", "field of TaskStats"
	Wire string // its name in the document
	Pos  text.Pos
}

// NewScope returns a Scope in which the reserved words belong to the language
// or to the runtime. Clashes are added to diags.
func NewScope(language string, diags *text.Diagnostics, reserved ...string) *Scope {
	s := &Scope{language: language, reserved: make(map[string]bool, len(reserved)), owners: map[string]Owner{}, diags: diags}
	for _, w := range reserved {
		s.reserved[w] = true
	}
	return s
}

// Claim returns want, or want with "_" behind it where want is reserved. When
// another owner has it already, that is an error that names both.
func (s *Scope) Claim(want string, o Owner) string {
	for s.reserved[want] {
		want += "_"
	}
	first, taken := s.owners[want]
	if !taken {
		s.owners[want] = o
		return want
	}
	*s.diags = append(*s.diags, text.Diagnostic{
		Pos:     o.Pos,
		Code:    "name-clash",
		Message: fmt.Sprintf("%s %q and %s %q are both %s in %s", first.Kind, first.Wire, o.Kind, o.Wire, want, s.language),
		Hint:    "rename one of them in the document, or give it another name under `rename` in the config file",
		Notes:   []text.Note{{Pos: first.Pos, Message: fmt.Sprintf("%s %q is here", first.Kind, first.Wire)}},
	})
	return want
}

// Distinct returns want, with "_" behind it where it is reserved and a number
// where it is taken: for names that nobody chose, such as those of enum values.
func (s *Scope) Distinct(want string) string {
	for s.reserved[want] {
		want += "_"
	}
	name := want
	for i := 2; ; i++ {
		if _, taken := s.owners[name]; !taken && !s.reserved[name] {
			s.owners[name] = Owner{}
			return name
		}
		name = fmt.Sprintf("%s_%d", want, i)
	}
}
