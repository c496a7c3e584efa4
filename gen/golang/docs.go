package golang

import (
	"regexp"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// memberDoc is a member's description and the facts about it.
func (g *generator) memberDoc(m *plan.Member) string {
	doc := g.prose(m.Doc)
	if doc == "" && m.Title != "" {
		doc = plan.Sentence(m.Title)
	}
	facts := g.facts.Member(m)
	if m.Filled {
		facts = append(facts, "Filled in where it is left empty.")
	}
	facts = append(facts, g.facts.Examples(m.Examples))
	return joinDoc(doc, facts...) + g.deprecation(m.Deprecated)
}

// typeDoc is a type's description, or what it is for.
func (g *generator) typeDoc(t schema.Named) string {
	h := t.Head()
	name := g.names.types[t]
	var text string
	switch {
	case h.Doc != "":
		text = name + ": " + g.prose(h.Doc)
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
	return joinDoc(text, facts...) + g.deprecation(h.Deprecated)
}

// inlineCode is what Markdown and reStructuredText set as code: `Task`, “Task“,
// :class:`Task`. markdownLink is [text](URL), or <URL>.
var (
	inlineCode   = regexp.MustCompile("(:[a-z:]+:)?(`{1,2})~?([A-Za-z_][A-Za-z0-9_.]*)`{1,2}")
	markdownLink = regexp.MustCompile(`\[([^][\n]+)\]\((https?://[^\s()]+)\)|<(https?://[^\s<>]+)>`)
)

// prose writes a description as Go's doc comments want it: what names a type of the package
// is a link to it, other links show their URL, which is a link then. The description goes
// behind the name of what it is about, so that it does not begin with a heading.
func (g *generator) prose(doc string) string {
	if !strings.ContainsAny(doc, "`<(#") {
		return doc
	}
	if first, rest, _ := strings.Cut(doc, "\n"); headingOf(first) != "" {
		doc = strings.TrimSpace(headingOf(first) + ".\n" + rest)
	}
	doc = markdownLink.ReplaceAllStringFunc(doc, func(link string) string {
		m := markdownLink.FindStringSubmatch(link)
		if m[1] == "" || m[1] == m[2] {
			return m[2] + m[3]
		}
		return m[1] + " (" + m[2] + ")"
	})
	return inlineCode.ReplaceAllStringFunc(doc, func(code string) string {
		m := inlineCode.FindStringSubmatch(code)
		if name := g.names.typeNames[m[3][strings.LastIndexByte(m[3], '.')+1:]]; name != "" {
			return "[" + name + "]"
		}
		if m[1] != "" {
			return "`" + m[3] + "`"
		}
		return code
	})
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

func (g *generator) deprecation(d *schema.Deprecation) string {
	if d == nil {
		return ""
	}
	note := strings.TrimSpace(g.prose(d.Note))
	if note == "" {
		note = "do not use it in new code."
	}
	return "\n\nDeprecated: " + note
}
