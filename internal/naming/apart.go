package naming

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// ClaimAll claims an identifier for each owner in an empty scope. Where several want
// the same one, the owner whose name is nearest to it gets it, and each of the others what
// spelled makes of its name (see [schema.SpellName]), with a word for its case where that
// is all that differs, and a number where even that is taken. A warning names both.
func (s *Scope) ClaimAll(wants []string, owners []Owner, spelled func(wire string) string) []string {
	names := make([]string, len(wants))
	clash := false
	for i, want := range wants {
		names[i] = s.free(want)
		if _, taken := s.owners[names[i]]; taken {
			clash = true
		} else {
			s.owners[names[i]] = owners[i]
		}
	}
	if clash {
		s.tellApart(names, owners, spelled)
	}
	return names
}

// tellApart replaces the identifiers that owners share.
func (s *Scope) tellApart(names []string, owners []Owner, spelled func(wire string) string) {
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if names[i] != names[j] {
			return cmp.Compare(names[i], names[j])
		}
		return nearer(names[i], owners[i], owners[j])
	})
	keepers := map[string]Owner{}
	var others []int
	for _, i := range order {
		if _, kept := keepers[names[i]]; kept {
			others = append(others, i)
			continue
		}
		keepers[names[i]], s.owners[names[i]] = owners[i], owners[i]
	}
	for _, i := range others {
		shared, o := names[i], owners[i]
		if names[i] = s.free(spelled(o.Wire)); names[i] == shared { // only case tells them apart
			names[i] = s.free(spelled(o.Wire + schema.Casing(o.Wire)))
		}
		names[i] = s.numbered(names[i])
		s.owners[names[i]] = o
		s.warnApart(keepers[shared], o, shared, names[i])
	}
}

func (s *Scope) warnApart(first, o Owner, shared, name string) {
	*s.diags = append(*s.diags, text.Diagnostic{
		Pos:      o.Pos,
		Severity: text.Warning,
		Code:     "named-apart",
		Message:  fmt.Sprintf("%s %q and %s %q would both be %s in %s: %q is called %s", first.Kind, first.Wire, o.Kind, o.Wire, shared, s.language, o.Wire, name),
		Hint:     "rename one of them in the document, or give it another name under `rename` in the config file",
		Notes:    []text.Note{{Pos: first.Pos, Message: fmt.Sprintf("%s %q is here", first.Kind, first.Wire)}},
	})
}

// numbered is name, followed by a number where it is taken.
func (s *Scope) numbered(name string) string {
	base := name
	if last := name[len(name)-1]; '0' <= last && last <= '9' {
		base += "_"
	}
	for i := 2; ; i++ {
		if _, taken := s.owners[name]; !taken && !s.reserved[name] {
			return name
		}
		name = base + strconv.Itoa(i)
	}
}

// free is want, followed by "_" where it is reserved.
func (s *Scope) free(want string) string {
	for s.reserved[want] {
		want += "_"
	}
	return want
}

// nearer orders the owners that want one identifier: names that a user chose, the
// identifier itself, then the name that casing changes least.
func nearer(name string, a, b Owner) int {
	rank := func(o Owner) int {
		switch {
		case o.Chosen:
			return -2
		case o.Wire == name:
			return -1
		}
		return schema.Dropped(o.Wire)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Wire, b.Wire))
}
