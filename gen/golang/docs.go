package golang

import (
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// memberDoc is a member's description and the facts about it.
func (g *generator) memberDoc(m *plan.Member) string {
	doc := m.Doc
	if doc == "" && m.Title != "" {
		doc = plan.Sentence(m.Title)
	}
	facts := g.facts.Member(m)
	if m.Filled {
		facts = append(facts, "Filled in where it is left empty.")
	}
	facts = append(facts, g.facts.Examples(m.Examples))
	return joinDoc(doc, facts...) + deprecation(m.Deprecated)
}

// typeDoc is a type's description, or what it is for.
func (g *generator) typeDoc(t schema.Named) string {
	h := t.Head()
	name := g.names.types[t]
	var text string
	switch {
	case h.Doc != "":
		text = name + ": " + h.Doc
	case h.Title != "":
		text = name + ": " + plan.Sentence(h.Title)
	case g.plan.Purpose(t) != "":
		text = name + ": " + g.plan.Purpose(t) + "."
	default:
		text = name + " is a type of the API."
	}
	var facts []string
	switch t := t.(type) {
	case *schema.Alias:
		facts = g.facts.Type(t.Target)
	case *schema.Enum:
		facts = append(facts, g.facts.Enum(t))
	}
	facts = append(facts, g.facts.Examples(h.Examples))
	return joinDoc(text, facts...) + deprecation(h.Deprecated)
}

// joinDoc adds sentences below a text.
func joinDoc(text string, sentences ...string) string {
	var kept []string
	for _, s := range sentences {
		if s != "" {
			kept = append(kept, s)
		}
	}
	rest := strings.Join(kept, " ")
	switch {
	case text == "" || rest == "":
		return text + rest
	case strings.ContainsAny(text, "\n"):
		return text + "\n\n" + rest
	}
	return text + " " + rest
}

func deprecation(d *schema.Deprecation) string {
	if d == nil {
		return ""
	}
	note := strings.TrimSpace(d.Note)
	if note == "" {
		note = "do not use it in new code."
	}
	return "\n\nDeprecated: " + note
}
