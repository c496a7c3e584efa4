package plan

import (
	"slices"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Namespace is a part of the client in the nested style: `tasks` has `tasks.get_stats`. The
// root has the names without a dot; in the flat style it has all names.
type Namespace struct {
	Path          string      // what the names begin with: "tasks."; empty for the root
	Part          string      // the last part of the path
	Name          schema.Name // the words of that part
	Pos           text.Pos    // of the first method or event below it
	Calls         []*Call
	Subscriptions []*Subscription
	Inner         []*Namespace
}

// maxLevels is how deep namespaces are nested; what is left of a name is its last part.
const maxLevels = 8

// Nested returns the plan with a root that has namespaces.
func (p *Plan) Nested() *Plan {
	all := namespaces{"": &Namespace{}}
	for _, c := range p.Calls {
		ns := all.of(c.Wire, c.Pos)
		ns.Calls = append(ns.Calls, c)
	}
	for _, s := range p.Subscriptions {
		ns := all.of(s.Wire, s.Pos)
		ns.Subscriptions = append(ns.Subscriptions, s)
	}
	nested := *p
	nested.Root = all[""]
	return &nested
}

// All returns the namespace and those below it, each before what it holds.
func (ns *Namespace) All() []*Namespace {
	list := []*Namespace{ns}
	for _, inner := range ns.Inner {
		list = append(list, inner.All()...)
	}
	return list
}

// Has says what a namespace has: "methods and events".
func (ns *Namespace) Has() string {
	switch calls, events := ns.count(); {
	case events == 0:
		return "methods"
	case calls == 0:
		return "events"
	}
	return "methods and events"
}

func (ns *Namespace) count() (calls, events int) {
	for _, n := range ns.All() {
		calls += len(n.Calls)
		events += len(n.Subscriptions)
	}
	return calls, events
}

// Title is the namespace as names on the wire have it: "tasks".
func (ns *Namespace) Title() string { return strings.TrimSuffix(ns.Path, ".") }

// Words are those of the whole path.
func (ns *Namespace) Words() schema.Name { return schema.SplitName(ns.Title()) }

// Member returns the words that name a method or an event in the namespace, and what they
// are made of: "get_stats" of tasks.get_stats. A name that the user chose is the one here.
func (ns *Namespace) Member(wire string, name schema.Name) (words schema.Name, source string) {
	if ns.Path == "" || !slices.Equal(name, schema.SplitName(wire)) {
		return name, wire
	}
	source = wire[len(ns.Path):]
	return schema.SplitName(source), source
}

// namespaces are those of a plan by their paths.
type namespaces map[string]*Namespace

// of returns the namespace of a name, and adds those that lead to it.
func (all namespaces) of(wire string, pos text.Pos) *Namespace {
	ns := all[""]
	parts := strings.Split(wire, ".")
	if slices.ContainsFunc(parts, func(part string) bool { return !isWord(part) }) {
		return ns
	}
	path := ""
	for _, part := range parts[:min(len(parts)-1, maxLevels)] {
		path += part + "."
		inner := all[path]
		if inner == nil {
			inner = &Namespace{Path: path, Part: part, Name: schema.SplitName(part), Pos: pos}
			all[path] = inner
			ns.Inner = append(ns.Inner, inner)
		}
		ns = inner
	}
	return ns
}

// isWord tells whether a part of a name can be a name.
func isWord(part string) bool {
	return strings.ContainsFunc(part, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}
