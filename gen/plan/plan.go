// Package plan decides, once for all languages, what the model leaves open:
//
//	schema.Model ──► plan.New ──► unions:   which variant a JSON value belongs to
//	                              members:  what is sent, what may be absent or null
//	                              calls:    what returns nothing, which arguments a call has
//	                              facts:    what the documentation says about values
//
// It holds no identifier and no syntax of any language. The language packages
// print what they find here; where they need another decision, it is added here.
package plan

import (
	"github.com/wsgen/wsgen/schema"
)

// Plan is a model with the decisions that every language package prints.
type Plan struct {
	*schema.Model

	Calls         []*Call         // of the model's methods, in their order
	Subscriptions []*Subscription // of the model's events, in their order
	Root          *Namespace      // all of them as the client has them

	// Shapes are those that generated code must know by name: of every named
	// type that a union without a tag is made of, in the order of the model's types.
	Shapes []*Shape

	unions  map[*schema.Union]*Union
	objects map[*schema.Object]*Object
	purpose map[schema.Named]string
}

// New makes all decisions about a model. The model stays as it is.
func New(m *schema.Model) *Plan {
	p := &Plan{
		Model:   m,
		unions:  map[*schema.Union]*Union{},
		objects: map[*schema.Object]*Object{},
		purpose: purposesOf(m),
	}
	for _, t := range m.Types {
		if u, ok := t.(*schema.Union); ok {
			p.planUnion(u)
		}
	}
	tags := p.tagMembers()
	for _, t := range m.Types {
		if o, ok := t.(*schema.Object); ok {
			p.objects[o] = newObject(o, tags)
		}
	}
	p.buildShapes(tags)
	for _, me := range m.Methods {
		p.Calls = append(p.Calls, p.newCall(me))
	}
	for _, e := range m.Events {
		p.Subscriptions = append(p.Subscriptions, newSubscription(e))
	}
	p.Root = &Namespace{Calls: p.Calls, Subscriptions: p.Subscriptions}
	return p
}

// Union returns the decisions about a union of the model.
func (p *Plan) Union(u *schema.Union) *Union { return p.unions[u] }

// Object returns the decisions about the members of an object of the model.
func (p *Plan) Object(o *schema.Object) *Object { return p.objects[o] }
