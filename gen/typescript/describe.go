package typescript

import (
	"strings"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// maxShown is how many characters of a default or an example are worth showing.
const maxShown = 60

// declComment documents a type: the document's own words, else what it is for.
func (f *typesFile) declComment(t schema.Named) comment {
	d := t.Head()
	c := comment{deprecated: d.Deprecated}
	switch {
	case d.Doc != "":
		c.body = append(c.body, d.Doc)
	case d.Title != "":
		c.body = append(c.body, sentence(d.Title))
	case f.purposes(t) != "":
		c.body = append(c.body, sentence(f.purposes(t)))
	}
	if example := shown(first(d.Examples)); example != "" {
		c.body = append(c.body, "Example: "+example+".")
	}
	return c
}

// fieldComment documents a member: description first, then what narrows the value.
func fieldComment(field *schema.Field) comment {
	c := comment{deprecated: field.Deprecated}
	if field.Doc != "" {
		c.body = append(c.body, field.Doc)
	} else if field.Title != "" {
		c.body = append(c.body, sentence(field.Title))
	}
	notes := valueNotes(field.Type)
	if field.ReadOnly {
		notes = append(notes, "Set by the server.")
	}
	if field.WriteOnly {
		notes = append(notes, "Never sent by the server.")
	}
	if def := shown(field.Default); def != "" && def != "`null`" && schema.ConstOf(field.Type) == nil {
		notes = append(notes, "Default: "+def+".")
	}
	if example := shown(first(field.Examples)); example != "" {
		notes = append(notes, "Example: "+example+".")
	}
	if len(notes) > 0 {
		c.body = append(c.body, strings.Join(notes, " "))
	}
	return c
}

// valueNotes says what narrows a value beyond its type.
func valueNotes(t schema.Type) []string {
	switch t := t.(type) {
	case *schema.Nullable:
		return valueNotes(t.Elem)
	case *schema.List:
		notes := sizeNotes(t.Limits, "items")
		if t.Unique {
			notes = append(notes, "No item twice.")
		}
		return append(notes, eachNotes(t.Elem)...)
	case *schema.Map:
		return append(sizeNotes(t.Limits, "members"), eachNotes(t.Value)...)
	case *schema.Scalar:
		return scalarNotes(t)
	}
	return nil
}

// eachNotes is for what a list or map holds.
func eachNotes(t schema.Type) []string {
	notes := valueNotes(t)
	if len(notes) == 0 {
		return nil
	}
	return []string{"Each: " + strings.Join(notes, " ")}
}

func scalarNotes(s *schema.Scalar) []string {
	var notes []string
	if f := formatNotes[s.Format]; f != "" {
		notes = append(notes, f)
	} else if s.Format != schema.FormatNone {
		notes = append(notes, "Format: "+code(string(s.Format))+".")
	}
	if s.Hint != "" {
		notes = append(notes, "Format: "+code(s.Hint)+".")
	}
	if s.Wide() {
		notes = append(notes, "JavaScript rounds integers beyond 2^53.")
	}
	if s.Limits == nil {
		return notes
	}
	if s.Kind == schema.String {
		return append(notes, sizeNotes(s.Limits, "characters")...)
	}
	return append(notes, rangeNotes(s.Limits)...)
}

// formatNotes explain the formats that are strings here and types of their own elsewhere.
var formatNotes = map[schema.Format]string{
	schema.DateTime:        "Date and time as in RFC 3339: `2025-01-31T08:30:00Z`.",
	schema.Date:            "Date: `2025-01-31`.",
	schema.Time:            "Time of day: `08:30:00`.",
	schema.Duration:        "ISO 8601 duration: `PT1H30M`.",
	schema.UUID:            "UUID.",
	schema.Decimal:         "Decimal number, as text so that no digit is lost.",
	schema.URI:             "URL.",
	schema.Base64:          "Bytes as Base64.",
	schema.Base64URL:       "Bytes as URL-safe Base64.",
	schema.Binary:          "Bytes as UTF-8 text.",
	schema.Email:           "Email address.",
	schema.JSONText:        "JSON, as text.",
	schema.UnixTime:        "Seconds since 1970.",
	schema.DurationSeconds: "Seconds.",
}

func rangeNotes(l *schema.Limits) []string {
	var parts []string
	add := func(words, value string) {
		if value != "" {
			parts = append(parts, words+value)
		}
	}
	add("at least ", l.Minimum)
	add("more than ", l.ExclusiveMinimum)
	add("at most ", l.Maximum)
	add("less than ", l.ExclusiveMaximum)
	add("a multiple of ", l.MultipleOf)
	if len(parts) == 0 {
		return nil
	}
	return []string{sentence(strings.Join(parts, ", "))}
}

func sizeNotes(l *schema.Limits, of string) []string {
	if l == nil {
		return nil
	}
	var notes []string
	switch {
	case l.MinLength != "" && l.MinLength == l.MaxLength:
		notes = append(notes, "Exactly "+counted(l.MinLength, of)+".")
	case l.MinLength != "" && l.MaxLength != "":
		notes = append(notes, l.MinLength+" to "+counted(l.MaxLength, of)+".")
	case l.MinLength != "":
		notes = append(notes, "At least "+counted(l.MinLength, of)+".")
	case l.MaxLength != "":
		notes = append(notes, "At most "+counted(l.MaxLength, of)+".")
	}
	if l.Pattern != "" && emit.Width(l.Pattern) <= maxShown {
		notes = append(notes, "Pattern: "+code(l.Pattern)+".")
	}
	return notes
}

// counted is "1 item" or "3 items".
func counted(n, of string) string {
	if n == "1" {
		of = strings.TrimSuffix(of, "s")
	}
	return n + " " + of
}

// sentence makes words a sentence.
func sentence(words string) string {
	words = naming.Title(strings.TrimSpace(words))
	if strings.HasSuffix(words, ".") {
		return words
	}
	return words + "."
}

func first(nodes []*text.Node) *text.Node {
	if len(nodes) == 0 {
		return nil
	}
	return nodes[0]
}

// shown returns a short value as code, or nothing.
func shown(n *text.Node) string {
	if n == nil {
		return ""
	}
	s := n.JSON()
	if emit.Width(s) > maxShown {
		return ""
	}
	return code(s)
}

// code puts text into backticks, more of them than stand in it.
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		s = " " + s + " "
	}
	return fence + s + fence
}
