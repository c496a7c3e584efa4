package golang

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/markup"
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
		text = about(name, g.prose(h.Doc))
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

// inlineCode is a name that Markdown sets as code, markdownLink is [text](URL), or <URL>.
var (
	inlineCode   = regexp.MustCompile("(`{1,2})~?([A-Za-z_][A-Za-z0-9_.]*)`{1,2}")
	markdownLink = regexp.MustCompile(`\[([^][\n` + "`" + `]+)\]\((https?://[^\s()<>]+)\)|<(https?://[^\s<>]+)>`)
)

// prose writes a description as Go's doc comments want it: what names a type of the package
// is a link to it, and where other links lead stands below. The description goes behind the
// name of what it is about, so that it does not begin with a heading.
func (g *generator) prose(doc string) string {
	doc = markup.Markdown(doc)
	if !strings.ContainsAny(doc, "`<(#") {
		return doc
	}
	if first, rest, _ := strings.Cut(doc, "\n"); headingOf(first) != "" {
		doc = strings.TrimSpace(headingOf(first) + ".\n" + rest)
	}
	targets := map[string]string{}
	doc = outsideFences(doc, func(text string) string { return g.linked(text, targets) })
	for i, text := range slices.Sorted(maps.Keys(targets)) {
		if i == 0 {
			doc += "\n"
		}
		doc += "\n[" + text + "]: " + targets[text]
	}
	return doc
}

// outsideFences changes what is not code between fences.
func outsideFences(doc string, change func(string) string) string {
	lines := strings.Split(doc, "\n")
	var parts []string
	begin := 0
	for at := 0; at < len(lines); at++ {
		if _, end := markup.Fenced(lines, at); end > 0 {
			if begin < at {
				parts = append(parts, change(strings.Join(lines[begin:at], "\n")))
			}
			parts = append(parts, lines[at:end]...)
			begin, at = end, end-1
		}
	}
	if begin < len(lines) {
		parts = append(parts, change(strings.Join(lines[begin:], "\n")))
	}
	return strings.Join(parts, "\n")
}

// about begins a comment with the name of what it is about, on a line of its own before a list
// or code.
func about(name, doc string) string {
	if marker(doc) > 0 || strings.HasPrefix(doc, "```") || strings.HasPrefix(doc, "|") {
		return name + ":\n\n" + doc
	}
	return name + ": " + doc
}

// linked writes links and the names of types, and notes where the links lead.
func (g *generator) linked(doc string, targets map[string]string) string {
	doc = markdownLink.ReplaceAllStringFunc(doc, func(link string) string {
		m := markdownLink.FindStringSubmatch(link)
		known := targets[m[1]]
		switch {
		case m[1] == "" || m[1] == m[2]:
			return m[2] + m[3]
		case known != "" && known != m[2], g.names.typeNames[m[1]] != "":
			return m[1] + " (" + m[2] + ")"
		}
		targets[m[1]] = m[2]
		return "[" + m[1] + "]"
	})
	return inlineCode.ReplaceAllStringFunc(doc, func(code string) string {
		m := inlineCode.FindStringSubmatch(code)
		if name := g.names.typeNames[m[2][strings.LastIndexByte(m[2], '.')+1:]]; name != "" {
			return "[" + name + "]"
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
