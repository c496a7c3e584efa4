package plan

import (
	"slices"

	"github.com/wsgen/wsgen/schema"
)

// Call says how a method is called.
type Call struct {
	*schema.Method

	Result         schema.Type // nil: the call returns nothing
	NullResult     bool        // the result may be null
	ParamsOptional bool        // the call may leave its params out
	NullParams     bool        // null is among the params' values

	// Args are the placeholders of the method's own channel, each once.
	Args []schema.TemplatePart

	// Constants are what the params hold even where the call leaves them out.
	Constants []*schema.Field
}

// Streams tells whether any method streams its results.
func (p *Plan) Streams() bool {
	return slices.ContainsFunc(p.Calls, func(c *Call) bool { return c.Stream })
}

func (p *Plan) newCall(m *schema.Method) *Call {
	c := &Call{Method: m}
	if m.Channel != nil {
		c.Args = placeholders(*m.Channel)
	}
	if m.Result != nil && !m.Notify {
		if _, null := schema.Core(m.Result).(*schema.Null); !null {
			c.Result, c.NullResult = m.Result, schema.IsNullable(m.Result)
		}
	}
	if m.Params != nil && schema.IsNullable(m.Params) {
		c.NullParams = true
		return c // leaving them out would be null in one language, {} in another
	}
	switch t := schema.Core(m.Params).(type) {
	case *schema.Object:
		c.ParamsOptional = !slices.ContainsFunc(t.Fields, func(f *schema.Field) bool { return f.Required && schema.ConstOf(f.Type) == nil })
		for _, member := range p.objects[t].Members {
			if member.Filled {
				c.Constants = append(c.Constants, member.Field)
			}
		}
	case *schema.Map:
		c.ParamsOptional = t.Limits == nil || t.Limits.MinLength == "" || t.Limits.MinLength == "0"
	}
	return c
}

// Subscription says how an event is subscribed to.
type Subscription struct {
	*schema.Event
	Args []schema.TemplatePart // the placeholders of the channel, each once
}

func newSubscription(e *schema.Event) *Subscription {
	return &Subscription{Event: e, Args: placeholders(e.Channel)}
}

// placeholders returns those of a channel, each once.
func placeholders(channel schema.Template) []schema.TemplatePart {
	var args []schema.TemplatePart
	for _, part := range channel.Parts {
		known := func(a schema.TemplatePart) bool { return a.Param == part.Param }
		if part.Param != "" && !slices.ContainsFunc(args, known) {
			args = append(args, part)
		}
	}
	return args
}
