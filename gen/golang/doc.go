package golang

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// fieldDoc is a member's description and what narrows its value.
func fieldDoc(f *schema.Field) string {
	doc := f.Doc
	if doc == "" && f.Title != "" {
		doc = f.Title + "."
	}
	parts := []string{narrowing(f.Type)}
	switch {
	case isConst(f.Type):
		parts = append(parts, "Always "+schema.ConstOf(f.Type).JSON()+": may be left empty.")
	case f.Default != nil && f.Default.Kind != text.KindNull:
		parts = append(parts, "Default: "+f.Default.JSON()+".")
	}
	if f.ReadOnly {
		parts = append(parts, "Set by the server.")
	}
	parts = append(parts, examples(f.Examples))
	return joinDoc(doc, parts...) + deprecation(f.Deprecated)
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
	if text == "" || rest == "" {
		return text + rest
	}
	if !strings.ContainsAny(text, "\n") {
		return text + " " + rest
	}
	return text + "\n\n" + rest
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

func examples(nodes []*text.Node) string {
	if len(nodes) == 0 {
		return ""
	}
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		texts[i] = n.JSON()
	}
	word := "Example: "
	if len(texts) > 1 {
		word = "Examples: "
	}
	return word + strings.Join(texts, ", ") + "."
}

// narrowing says in a sentence or two what values of a type must keep to:
// "At least 1, at most 100."
func narrowing(t schema.Type) string {
	if n, ok := t.(*schema.Nullable); ok {
		t = n.Elem
	}
	switch t := t.(type) {
	case *schema.Scalar:
		unit := " characters"
		if t.Kind != schema.String {
			unit = ""
		}
		return joinDoc(formatNote(t), limits(t.Limits, unit))
	case *schema.List:
		text := limits(t.Limits, " items")
		if t.Unique {
			text = joinDoc(text, "No item twice.")
		}
		return text
	case *schema.Map:
		return limits(t.Limits, " members")
	}
	return ""
}

// formatNote names a format that Go has no type for.
func formatNote(s *schema.Scalar) string {
	switch {
	case s.Format == schema.UnixTime:
		return "Seconds since 1970."
	case s.Format == schema.DurationSeconds:
		return "Seconds."
	case s.Format == schema.JSONText:
		return "JSON text."
	case s.Hint != "":
		return "Format: " + s.Hint + "."
	case s.Format != schema.FormatNone && s.Format != schema.Binary && formatType(s) == "":
		return "Format: " + string(s.Format) + "."
	}
	return ""
}

func limits(l *schema.Limits, unit string) string {
	if l == nil {
		return ""
	}
	var parts []string
	add := func(words, value, unit string) {
		if value != "" {
			parts = append(parts, words+value+unit)
		}
	}
	add("at least ", l.Minimum, "")
	add("more than ", l.ExclusiveMinimum, "")
	add("at most ", l.Maximum, "")
	add("less than ", l.ExclusiveMaximum, "")
	add("a multiple of ", l.MultipleOf, "")
	add("at least ", l.MinLength, unit)
	add("at most ", l.MaxLength, unit)
	add("matches ", l.Pattern, "")
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
