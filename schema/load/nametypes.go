package load

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// nameTypes gives every type the name it keeps: definitions first, then the
// types that are called after the place where they stand.
func nameTypes(l *lowerer, m *schema.Model, opt Options) {
	l.markDirections(m)
	taken, next := map[string]schema.Named{}, map[string]int{}
	groups := map[string][]*definition{}
	var names []string
	for _, d := range l.defs {
		if h := d.typ.Head(); h.In || h.Out {
			if groups[h.Name] == nil {
				names = append(names, h.Name)
			}
			groups[h.Name] = append(groups[h.Name], d)
		}
	}
	for _, name := range names {
		taken[name] = groups[name][0].typ
	}
	for _, name := range names {
		l.nameVersions(name, groups[name], taken)
	}
	for _, in := range l.inline {
		h := in.typ.Head()
		if !h.In && !h.Out {
			continue
		}
		h.Name = distinct(inlineName(in), taken, next)
		taken[h.Name] = in.typ
	}
	renameTypes(l, m, opt, taken)
}

// nameVersions names definitions of one name that differ: what results use keeps
// the name, what only params use becomes XInput.
func (l *lowerer) nameVersions(name string, group []*definition, taken map[string]schema.Named) {
	if len(group) == 1 {
		return
	}
	sort.SliceStable(group, func(i, j int) bool {
		a, b := group[i], group[j]
		if outA, outB := a.typ.Head().Out, b.typ.Head().Out; outA != outB {
			return outA
		}
		return !strings.HasSuffix(a.key, "-Input") && strings.HasSuffix(b.key, "-Input")
	})
	first := group[0]
	taken[name] = first.typ
	for i, d := range group[1:] {
		h := d.typ.Head()
		versions := strings.HasSuffix(d.key, "-Input") && !strings.HasSuffix(first.key, "-Input") || first.typ.Head().Out && !h.Out
		if i > 0 || !versions {
			diag := l.diags.Add(h.Pos, "duplicate-type", fmt.Sprintf("two different definitions are both called %s", name),
				"give one of them another name; only a params version and a result version of one model may share it")
			diag.Notes = append(diag.Notes, text.Note{Pos: first.typ.Head().Pos, Message: "the other one is here"})
			continue
		}
		want := name + "Input"
		h.Name = distinct(want, taken, map[string]int{})
		if h.Name != want {
			l.diags.Add(h.Pos, "version-name", fmt.Sprintf("the params version of %s is called %s, since %s is taken", name, h.Name, want),
				"rename the model "+want).Severity = text.Warning
		}
		taken[h.Name] = d.typ
	}
}

func inlineName(in inlineDecl) string {
	name := in.at.path
	if in.at.owner != nil {
		name = in.at.owner.Head().Name + name
		if in.at.path == "" {
			name += "Value"
		}
	}
	return name
}

// distinct returns a name that is not taken: want, or want with a number. next is where
// to go on counting.
func distinct(want string, taken map[string]schema.Named, next map[string]int) string {
	name := want
	for i := max(2, next[want]); taken[name] != nil; i++ {
		name, next[want] = want+strconv.Itoa(i), i+1
	}
	return name
}

// renameTypes applies the user's own names.
func renameTypes(l *lowerer, m *schema.Model, opt Options, taken map[string]schema.Named) {
	for _, old := range sortedKeys(opt.RenameTypes) {
		want := opt.RenameTypes[old].To
		t, found := taken[old]
		if !found {
			l.diags.Add(opt.RenameTypes[old].Pos, "rename-unknown", fmt.Sprintf("rename: there is no type %s", text.Quote(old)), "names are those of the generated types").Severity = text.Warning
			continue
		}
		if other := taken[want]; other != nil && other != t {
			d := l.diags.Add(t.Head().Pos, "rename-clash", fmt.Sprintf("rename: %s cannot be called %s, which is the name of another type", text.Quote(old), text.Quote(want)), "choose another name")
			d.Notes = append(d.Notes, text.Note{Pos: other.Head().Pos, Message: "the other type is here"})
			continue
		}
		taken[want] = t
		t.Head().Name = want
	}
	for _, old := range sortedKeys(opt.RenameMethods) {
		rename, found := opt.RenameMethods[old], false
		for _, me := range m.Methods {
			if me.Wire == old {
				me.Name, found = schema.SplitName(rename.To), true
			}
		}
		for _, e := range m.Events {
			if e.Wire == old {
				e.Name, found = schema.SplitName(rename.To), true
			}
		}
		if !found {
			l.diags.Add(rename.Pos, "rename-unknown", fmt.Sprintf("rename: there is no method or event %s", text.Quote(old)), "names are those on the wire").Severity = text.Warning
		}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
