package python

import (
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/markup"
	"github.com/wsgen/wsgen/schema"
)

// title is the API's title for prose.
func (p *printer) title() string {
	if blank(p.plan.Info.Title) {
		return "the API"
	}
	return strings.TrimRight(strings.Join(strings.Fields(p.plan.Info.Title), " "), ".")
}

// facts writes sentences about types for docstrings.
func (p *printer) facts() plan.Facts { return plan.Facts{Code: code} }

// code shows a name as code. Names of methods may have line breaks.
func code(text string) string {
	return "`" + strings.Join(strings.FieldsFunc(text, isLineBreak), " ") + "`"
}

func isLineBreak(r rune) bool { return r == '\n' || r == '\r' }

// fieldFacts leaves out what the attribute shows, or what Pydantic checks.
func (f *file) fieldFacts(o *schema.Object, m *member) []string {
	facts := f.facts()
	facts.Native = func(format schema.Format) bool { return native[format] != "" || isIPAny(format) }
	facts.HasConst, facts.HasDefault = true, m.value != nil
	facts.CheckLimits = !o.Out && checksLimits(m.Type)
	return facts.Member(m.Member)
}

// writeTypeDoc prints a class's docstring.
func (f *file) writeTypeDoc(t schema.Named, facts ...string) {
	writeDoc(f.body, f.purposeOf(t), f.typeDoc(t, facts...))
}

// purposeOf says what a type is for, as a sentence.
func (f *file) purposeOf(t schema.Named) string {
	if purpose := f.plan.Purpose(t); purpose != "" {
		return plan.Sentence(purpose)
	}
	return t.Head().Name + "."
}

// typeDoc is all that the document says about a type; never empty.
func (f *file) typeDoc(t schema.Named, facts ...string) string {
	d := t.Head()
	text := prose(d.Doc)
	if blank(text) {
		text = f.purposeOf(t)
	}
	return paragraphs(sentence(d.Title), text, deprecation(d.Deprecated), strings.Join(facts, " "), f.facts().Examples(d.Examples))
}

// fieldDoc is what the document says about a field and the code does not.
func (f *file) fieldDoc(o *schema.Object, m *member) string {
	facts := strings.Join(f.fieldFacts(o, m), " ")
	return paragraphs(sentence(m.Title), prose(m.Doc), deprecation(m.Deprecated), facts, f.facts().Examples(m.Examples))
}

// prose writes a description as a docstring wants it: as Markdown, which begins with a sentence
// and no heading.
func prose(doc string) string {
	doc = strings.TrimSpace(markup.Markdown(doc))
	if strings.HasPrefix(doc, "#") {
		if title := strings.TrimLeft(doc, "#"); strings.HasPrefix(title, " ") {
			doc = strings.TrimSpace(title)
		}
	}
	return doc
}

// sentence makes a title a sentence, unless it shows nothing.
func sentence(title string) string {
	if blank(title) {
		return ""
	}
	return plan.Sentence(title)
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

func deprecation(d *schema.Deprecation) string {
	switch {
	case d == nil:
		return ""
	case blank(d.Note):
		return "Deprecated."
	}
	return "Deprecated: " + prose(d.Note)
}
