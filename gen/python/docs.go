package python

import (
	"strings"

	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// title is the API's title for prose.
func (p *printer) title() string {
	if blank(p.model.Info.Title) {
		return "the API"
	}
	return strings.TrimRight(strings.Join(strings.Fields(p.model.Info.Title), " "), ".")
}

// writeTypeDoc prints a class's docstring.
func (f *file) writeTypeDoc(t schema.Named) {
	writeDoc(f.body, f.purposeOf(t), f.typeDoc(t))
}

// purposeOf says what a type is for, as a sentence.
func (f *file) purposeOf(t schema.Named) string {
	if p := f.purpose(t); p != "" {
		return naming.Title(p) + "."
	}
	return t.Head().Name + "."
}

// typeDoc is all that the document says about a type; never empty.
func (f *file) typeDoc(t schema.Named) string {
	d := t.Head()
	text := d.Doc
	if blank(text) {
		text = f.purposeOf(t)
	}
	return paragraphs(sentence(d.Title), text, deprecation(d.Deprecated), examples(d.Examples))
}

// fieldDoc is what the document says about a field and the code does not.
func (f *file) fieldDoc(o *schema.Object, m *member) string {
	var facts []string
	if m.ReadOnly {
		facts = append(facts, "Set by the server.")
	}
	if m.WriteOnly {
		facts = append(facts, "Never comes back.")
	}
	facts = append(facts, limitsDoc(m.Type, !o.Out)...)
	if m.value == nil && !m.Required && m.Default != nil && m.Default.Kind != text.KindNull {
		facts = append(facts, "Default: "+m.Default.JSON()+".")
	}
	return paragraphs(sentence(m.Title), m.Doc, deprecation(m.Deprecated), strings.Join(facts, " "), examples(m.Examples))
}

// paragraphs joins the texts that show something.
func paragraphs(texts ...string) string {
	whole := ""
	for _, t := range texts {
		switch {
		case blank(t):
		case whole == "":
			whole = strings.TrimSpace(t)
		default:
			whole += "\n\n" + strings.TrimSpace(t)
		}
	}
	return whole
}

func sentence(title string) string {
	if blank(title) || strings.HasSuffix(title, ".") {
		return title
	}
	return title + "."
}

func deprecation(d *schema.Deprecation) string {
	switch {
	case d == nil:
		return ""
	case blank(d.Note):
		return "Deprecated."
	}
	return "Deprecated: " + d.Note
}

func examples(nodes []*text.Node) string {
	switch len(nodes) {
	case 0:
		return ""
	case 1:
		return "Example: `" + nodes[0].JSON() + "`."
	}
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		texts[i] = "`" + n.JSON() + "`"
	}
	return "Examples: " + strings.Join(texts, ", ") + "."
}

// limitsDoc says how a type is narrowed, as sentences, less what Pydantic
// checks.
func limitsDoc(t schema.Type, checked bool) []string {
	switch t := t.(type) {
	case *schema.Nullable:
		return limitsDoc(t.Elem, checked)
	case *schema.List:
		facts := sizeDoc(t.Limits, checked, "items")
		if t.Unique {
			facts = append(facts, "No item twice.")
		}
		return facts
	case *schema.Map:
		return sizeDoc(t.Limits, checked, "members")
	case *schema.Scalar:
		return scalarDoc(t, checked)
	}
	return nil
}

func scalarDoc(s *schema.Scalar, checked bool) []string {
	var facts []string
	if s.Hint != "" {
		facts = append(facts, "Format: "+s.Hint+".")
	}
	if about := formatDoc[s.Format]; about != "" {
		facts = append(facts, about)
	}
	l := s.Limits
	if l == nil {
		return facts
	}
	written := checked && len(limitArgs(s)) > 0
	if s.Kind == schema.String && s.Format != schema.Decimal {
		facts = append(facts, sizeDoc(l, written, "characters")...)
		if l.Pattern != "" && (!written || !portable(l.Pattern)) {
			facts = append(facts, "Pattern: `"+l.Pattern+"`.")
		}
		return facts
	}
	if written {
		return facts
	}
	var limits []string
	for _, limit := range [...]struct{ word, text string }{
		{"more than ", l.ExclusiveMinimum}, {"at least ", l.Minimum}, {"less than ", l.ExclusiveMaximum},
		{"at most ", l.Maximum}, {"a multiple of ", l.MultipleOf},
	} {
		if limit.text != "" {
			limits = append(limits, limit.word+limit.text)
		}
	}
	if limits != nil {
		facts = append(facts, naming.Title(strings.Join(limits, ", "))+".")
	}
	return facts
}

func sizeDoc(l *schema.Limits, checked bool, unit string) []string {
	switch {
	case l == nil || checked:
		return nil
	case l.MinLength != "" && l.MaxLength != "":
		return []string{l.MinLength + " to " + l.MaxLength + " " + unit + "."}
	case l.MinLength != "":
		return []string{"At least " + l.MinLength + " " + plural(unit, l.MinLength) + "."}
	case l.MaxLength != "":
		return []string{"At most " + l.MaxLength + " " + plural(unit, l.MaxLength) + "."}
	}
	return nil
}

func plural(unit, count string) string {
	if count == "1" {
		return strings.TrimSuffix(unit, "s")
	}
	return unit
}

// formatDoc explains formats whose Python type does not show them.
var formatDoc = map[schema.Format]string{
	schema.URI:             "A URL.",
	schema.Email:           "An email address.",
	schema.Path:            "A path.",
	schema.FilePath:        "The path of a file.",
	schema.DirectoryPath:   "The path of a folder.",
	schema.RegexFormat:     "A regular expression.",
	schema.JSONText:        "JSON in a string.",
	schema.Binary:          "Travels as UTF-8 text.",
	schema.UnixTime:        "Seconds since 1970.",
	schema.DurationSeconds: "In seconds.",
}
