package plan

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// Purpose says what a named type is for, as half a sentence without an article or
// a full stop: "parameters of tasks.get_stats". It documents the types that have
// no description of their own.
func (p *Plan) Purpose(t schema.Named) string { return p.purpose[t] }

func purposesOf(m *schema.Model) map[schema.Named]string {
	calls, parts := uses{}, uses{}
	for _, me := range m.Methods {
		calls.add(me.Params, "parameters", me.Wire)
		calls.add(me.Result, "result", me.Wire)
	}
	for _, e := range m.Events {
		calls.add(e.Payload, "payload", e.Wire)
	}
	for _, e := range m.Errors {
		calls.add(e.Data, "data", "the error "+e.Name)
	}
	for _, t := range m.Types {
		parts.addParts(t)
	}
	purposes := make(map[schema.Named]string, len(m.Types))
	for t := range parts {
		purposes[t] = parts.of(t)
	}
	for t := range calls {
		purposes[t] = calls.of(t)
	}
	return purposes
}

// uses are what named types are used as, each with what uses them so.
type uses map[schema.Named][]use

// use is one kind of use: "parameters", and the methods.
type use struct {
	as string
	by []string
}

func (u uses) add(t schema.Type, as, by string) {
	n, ok := t.(schema.Named)
	if !ok {
		return
	}
	by = strings.Join(strings.Fields(by), " ") // names can be of several lines
	at := slices.IndexFunc(u[n], func(known use) bool { return known.as == as })
	if at < 0 {
		at = len(u[n])
		u[n] = append(u[n], use{as: as})
	}
	known := &u[n][at]
	if len(known.by) <= mostUsers && !slices.Contains(known.by, by) {
		known.by = append(known.by, by)
	}
}

// mostUsers is how many users of a type are named.
const mostUsers = 2

// of says what a type is used as: "part of Order and Invoice", "part of Order, Invoice and others".
func (u uses) of(t schema.Named) string {
	var texts []string
	for _, known := range u[t] {
		text := known.as + " of " + strings.Join(known.by, " and ")
		if len(known.by) > mostUsers {
			text = known.as + " of " + strings.Join(known.by[:mostUsers], ", ") + " and others"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// addParts is for what a type is made of.
func (u uses) addParts(whole schema.Named) {
	for _, part := range schema.Parts(whole) {
		for part != nil {
			if part != schema.Type(whole) {
				u.add(part, "part", whole.Head().Name)
			}
			part = inner(part)
		}
	}
}

// inner looks into a type that has no name: what a list, map or nullable holds.
func inner(t schema.Type) schema.Type {
	switch t := t.(type) {
	case *schema.Nullable:
		return t.Elem
	case *schema.List:
		return t.Elem
	case *schema.Map:
		return t.Value
	}
	return nil
}
