package naming

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// Scope is a set of identifiers that must differ, such as the members of a class. Each
// identifier has one owner.
type Scope struct {
	language string
	reserved map[string]bool
	owners   map[string]Owner
	numbers  map[string]int // the last number that Distinct tried, by name
	diags    *text.Diagnostics
}

// Owner is what an identifier stands for: something with a name in a document.
type Owner struct {
	Kind string // "method", "type", "field of TaskStats"
	Wire string // its name in the document
	Pos  text.Pos

	Chosen bool // the user gave it this name
}

// NewScope returns an empty Scope. No owner gets a reserved word, which the language or
// the runtime needs. Clashes are added to diags.
func NewScope(language string, diags *text.Diagnostics, reserved map[string]bool) *Scope {
	return &Scope{language: language, reserved: reserved, owners: map[string]Owner{}, diags: diags}
}

// Clear empties the scope, so that one serves all classes in turn.
func (s *Scope) Clear() {
	clear(s.owners)
	clear(s.numbers)
}

// Set is a set of words; each argument may hold several with spaces between them.
func Set(words ...string) map[string]bool {
	set := map[string]bool{}
	for _, list := range words {
		for _, w := range strings.Fields(list) {
			set[w] = true
		}
	}
	return set
}

// Claim returns want, followed by "_" if want is reserved. If another owner has that
// identifier already, an error that names both is added to the diagnostics.
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

// Distinct returns want, followed by "_" if it is reserved, and by a number if it is
// taken. It is for names that no user chose, such as those of enum members.
func (s *Scope) Distinct(want string) string {
	for s.reserved[want] {
		want += "_"
	}
	name := want
	for {
		if _, taken := s.owners[name]; !taken && !s.reserved[name] {
			s.owners[name] = Owner{}
			return name
		}
		if s.numbers == nil {
			s.numbers = map[string]int{}
		}
		s.numbers[want] = max(s.numbers[want], 1) + 1
		name = want + "_" + strconv.Itoa(s.numbers[want])
	}
}
