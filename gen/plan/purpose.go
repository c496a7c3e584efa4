package plan

import "github.com/wsgen/wsgen/schema"

// Purpose says what a named type is for, as half a sentence without an article or
// a full stop: "parameters of tasks.get_stats". It documents the types that have
// no description of their own.
func (p *Plan) Purpose(t schema.Named) string { return p.purpose[t] }

func purposesOf(m *schema.Model) map[schema.Named]string {
	p := purposes{}
	for _, me := range m.Methods {
		p.claim(me.Params, "parameters of "+me.Wire)
		p.claim(me.Result, "result of "+me.Wire)
	}
	for _, e := range m.Events {
		p.claim(e.Payload, "payload of "+e.Wire)
	}
	for _, e := range m.Errors {
		p.claim(e.Data, "data of the error "+e.Name)
	}
	for _, t := range m.Types {
		p.claimParts(t)
	}
	return p
}

type purposes map[schema.Named]string

func (p purposes) claim(t schema.Type, purpose string) {
	if n, ok := t.(schema.Named); ok && p[n] == "" {
		p[n] = purpose
	}
}

// claimParts is for types that are only part of others.
func (p purposes) claimParts(whole schema.Named) {
	for _, part := range schema.Parts(whole) {
		for part != nil {
			p.claim(part, "part of "+whole.Head().Name)
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
