package breaking

import (
	"slices"

	"github.com/wsgen/wsgen/schema"
)

// shareMain tells whether a method of both versions is called on the requests channel of the
// whole API, so that a change of it is one of theirs.
func shareMain(before, after *schema.Model) bool {
	main := map[string]bool{}
	for _, m := range before.Methods {
		main[m.Wire] = m.Channel == nil
	}
	return slices.ContainsFunc(after.Methods, func(m *schema.Method) bool { return m.Channel == nil && main[m.Wire] })
}

// requestsOf is the channel that requests for a method are published on.
func requestsOf(model *schema.Model, m *schema.Method) schema.Template {
	if m.Channel != nil {
		return *m.Channel
	}
	return schema.Template{Text: model.Requests, Parts: []schema.TemplatePart{{Literal: model.Requests}}, Pos: m.Pos}
}

// channelRules say what it means that a channel is another one. The texts take the new
// channel and the old one.
type channelRules struct {
	changed, renamed *Rule
	text             string
}

var (
	channelOfEvent   = channelRules{eventChannelChanged, eventArgumentRenamed, "the event is published on %q, and old clients subscribe to %q"}
	requestsOfMethod = channelRules{methodChannelChanged, methodArgumentRenamed, "requests are read from %q, and old clients publish them on %q"}
)

// channel compares the channels of a method or an event.
func (c *comparer) channel(before, after schema.Template, r channelRules) {
	switch {
	case pattern(before) != pattern(after) || swapped(before, after):
		c.add(r.changed, before.Pos, after.Pos, r.text, after.Text, before.Text)
	case before.Text != after.Text:
		c.add(r.renamed, before.Pos, after.Pos, "the arguments of the channel are those of %q, and were those of %q", after.Text, before.Text)
	}
}

// pattern is the channel without the names of its placeholders, but for that of the user.
func pattern(t schema.Template) (s string) {
	for _, p := range t.Parts {
		switch {
		case p.Param == "user_id":
			s += "{user_id}"
		case p.Param != "":
			s += "{}"
		default:
			s += p.Literal
		}
	}
	return s
}

// swapped tells whether an argument stands where another one was, and is not just called
// otherwise. Both channels have the same pattern.
func swapped(before, after schema.Template) bool {
	for i, p := range after.Parts {
		if p.Param != before.Parts[i].Param && slices.ContainsFunc(before.Parts, func(o schema.TemplatePart) bool { return o.Param == p.Param }) {
			return true
		}
	}
	return false
}
