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
	apart := newApart(l)
	sort.Strings(names) // whatever is reached first
	for _, name := range names {
		for _, model := range apart.models(name, groups[name], taken) {
			l.nameVersions(model, taken)
		}
	}
	for _, in := range l.inline {
		h := in.typ.Head()
		if !h.In && !h.Out {
			continue
		}
		h.Name = distinct(inlineName(in), taken, next)
		taken[h.Name] = in.typ
	}
	renameMembers(l, opt, taken)
	renameTypes(l, m, opt, taken)
}

// nameVersions names the two versions of one model that differ: what results use keeps
// the name, what only params use becomes XInput.
func (l *lowerer) nameVersions(versions []*definition, taken map[string]schema.Named) {
	if len(versions) == 1 {
		return
	}
	out, in := versions[0].typ.Head(), versions[1].typ.Head()
	want := out.Name + "Input"
	in.Name = distinct(want, taken, map[string]int{})
	if in.Name != want {
		l.diags.Add(in.Pos, "version-name", fmt.Sprintf("the params version of %s is called %s, since %s is taken", out.Name, in.Name, want),
			"rename the model "+want).Severity = text.Warning
	}
	taken[in.Name] = versions[1].typ
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

// renameMembers applies the user's names of members, which go by the type's name before
// that is another one itself.
func renameMembers(l *lowerer, opt Options, taken map[string]schema.Named) {
	for _, key := range sortedKeys(opt.RenameMembers) {
		rename := opt.RenameMembers[key]
		name, wire, _ := strings.Cut(key, ".")
		found := false
		if o, ok := taken[name].(*schema.Object); ok {
			for _, f := range o.Fields {
				if f.Wire == wire {
					f.Name, f.Renamed, found = schema.SplitName(rename.To), true, true
				}
			}
		}
		if !found {
			l.diags.Add(rename.Pos, "rename-unknown", fmt.Sprintf("rename: there is no member %s", text.Quote(key)),
				"write Type.member, where the type has its generated name and the member the name on the wire").Severity = text.Warning
		}
	}
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
