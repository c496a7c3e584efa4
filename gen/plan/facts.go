package plan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Facts writes what the documents say about types in sentences, the same in all
// languages. Code marks a piece of code as the language's comments do. The others
// say what the code itself shows, so that it needs no sentence.
type Facts struct {
	Code func(string) string

	EmptyParams bool                     // params that may be left out: the language passes empty ones
	Native      func(schema.Format) bool // formats that have a type of their own; nil: none
	HasConst    bool                     // a type with the only value
	HasDefault  bool                     // the default
	CheckLimits bool                     // the limits, but for patterns that are not portable
}

// maxShown is how many characters of a default or an example are worth showing.
const maxShown = 60

// Member returns the sentences about a member beyond its description.
func (f Facts) Member(m *Member) []string {
	facts := f.Type(m.Type)
	if m.ReadOnly {
		facts = append(facts, "Set by the server.")
	}
	if m.WriteOnly {
		facts = append(facts, "Never sent by the server.")
	}
	switch {
	case m.Const != nil && f.HasConst || m.Const == nil && f.HasDefault:
	case m.Const != nil && m.Filled:
		facts = append(facts, "Always "+f.value(m.Const)+".")
	case m.Const != nil:
		facts = append(facts, "Always "+f.value(m.Const)+" where it is there.")
	case m.Default != nil && short(m.Default):
		facts = append(facts, "Default: "+f.value(m.Default)+".")
	}
	return facts
}

// Type returns the sentences about what narrows the values of a type: formats,
// limits, and the same of what a list or a map holds.
func (f Facts) Type(t schema.Type) []string {
	switch t := t.(type) {
	case *schema.Nullable:
		return f.Type(t.Elem)
	case *schema.List:
		facts := f.size(t.Limits, "items")
		if t.Unique {
			facts = append(facts, "No item twice.")
		}
		return append(facts, f.each(t.Elem)...)
	case *schema.Map:
		return append(f.size(t.Limits, "members"), f.each(t.Value)...)
	case *schema.Scalar:
		return f.scalar(t)
	}
	return nil
}

// each is for what a list or a map holds.
func (f Facts) each(t schema.Type) []string {
	if facts := f.Type(t); len(facts) > 0 {
		return []string{"Each: " + strings.Join(facts, " ")}
	}
	return nil
}

func (f Facts) scalar(s *schema.Scalar) []string {
	var facts []string
	switch text, known := formatFacts[s.Format]; {
	case f.Native != nil && f.Native(s.Format): // the type says it
	case known:
		facts = append(facts, f.marked(text))
	case s.Format != schema.FormatNone:
		facts = append(facts, "Format: "+f.Code(string(s.Format))+".")
	}
	if s.Hint != "" {
		facts = append(facts, "Format: "+f.Code(s.Hint)+".")
	}
	if s.Kind == schema.String {
		return append(facts, f.size(s.Limits, "characters")...)
	}
	return append(facts, f.bounds(s.Limits)...)
}

// formatFacts explain formats; what stands between backticks is code.
var formatFacts = map[schema.Format]string{
	schema.DateTime:        "Date and time as in RFC 3339: `2025-01-31T08:30:00Z`.",
	schema.Date:            "Date: `2025-01-31`.",
	schema.Time:            "Time of day: `08:30:00`.",
	schema.Duration:        "ISO 8601 duration: `PT1H30M`.",
	schema.UUID:            "UUID.",
	schema.Decimal:         "Decimal number; it travels as text, so that no digit is lost.",
	schema.URI:             "URL.",
	schema.Base64:          "Bytes; they travel as Base64.",
	schema.Base64URL:       "Bytes; they travel as URL-safe Base64.",
	schema.Binary:          "Bytes; they travel as UTF-8 text.",
	schema.Email:           "Email address.",
	schema.JSONText:        "JSON, as text.",
	schema.UnixTime:        "Seconds since 1970.",
	schema.DurationSeconds: "Seconds.",
}

// marked hands what stands between backticks to Code.
func (f Facts) marked(text string) string {
	parts := strings.Split(text, "`")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = f.Code(parts[i])
	}
	return strings.Join(parts, "")
}

func (f Facts) bounds(l *schema.Limits) []string {
	if l == nil || f.CheckLimits {
		return nil
	}
	var parts []string
	least, most := l.Minimum, l.Maximum
	if least != "" && most != "" {
		parts, least, most = []string{least + " to " + most}, "", ""
	}
	for _, b := range []struct{ words, value string }{
		{"at least ", least}, {"more than ", l.ExclusiveMinimum}, {"at most ", most},
		{"less than ", l.ExclusiveMaximum}, {"a multiple of ", l.MultipleOf},
	} {
		if b.value != "" {
			parts = append(parts, b.words+b.value)
		}
	}
	if parts == nil {
		return nil
	}
	return []string{Sentence(strings.Join(parts, ", "))}
}

func (f Facts) size(l *schema.Limits, of string) []string {
	if l == nil {
		return nil
	}
	var facts []string
	switch {
	case f.CheckLimits:
	case l.MinLength != "" && l.MinLength == l.MaxLength:
		facts = append(facts, "Exactly "+counted(l.MinLength, of)+".")
	case l.MinLength != "" && l.MaxLength != "":
		facts = append(facts, l.MinLength+" to "+counted(l.MaxLength, of)+".")
	case l.MinLength != "":
		facts = append(facts, "At least "+counted(l.MinLength, of)+".")
	case l.MaxLength != "":
		facts = append(facts, "At most "+counted(l.MaxLength, of)+".")
	}
	if checked := f.CheckLimits && Portable(l.Pattern); l.Pattern != "" && !checked && utf8.RuneCountInString(l.Pattern) <= maxShown {
		facts = append(facts, "Pattern: "+f.Code(l.Pattern)+".")
	}
	return facts
}

// counted is "1 item" or "3 items".
func counted(n, of string) string {
	if n == "1" {
		of = strings.TrimSuffix(of, "s")
	}
	return n + " " + of
}

// AtLeast is what values are told that are too short: "must have at least 3 items".
func AtLeast(n, of string) string { return "must have at least " + counted(n, of) }

// AtMost is what values are told that are too long.
func AtMost(n, of string) string { return "must have at most " + counted(n, of) }

// Examples is a sentence with the examples that are short enough; "" for none.
func (f Facts) Examples(nodes []*text.Node) string {
	var texts []string
	for _, n := range nodes {
		if short(n) {
			texts = append(texts, f.value(n))
		}
	}
	switch len(texts) {
	case 0:
		return ""
	case 1:
		return "Example: " + texts[0] + "."
	}
	return "Examples: " + strings.Join(texts, ", ") + "."
}

// Union says how the variants of a union are told apart.
func (f Facts) Union(u *Union) string {
	text := "Told apart by what is in it."
	if u.Tag != "" {
		text = "Told apart by " + f.Code(u.Tag) + "."
	}
	if u.Out {
		text += " A newer server may send further ones."
	}
	return text
}

// Enum says whether further values may come; "" where they may not.
func (f Facts) Enum(e *schema.Enum) string {
	if Open(e) {
		return "A newer server may send further values."
	}
	return ""
}

// Flags says what the constants of an integer are for; "" where it has none.
func (f Facts) Flags(a *schema.Alias) string {
	if a.Flags == nil {
		return ""
	}
	return "A value is a combination of these constants."
}

// Call returns the sentences about a call beyond its description.
func (f Facts) Call(c *Call) []string {
	var facts []string
	if c.Doc != "" {
		facts = append(facts, "RPC: "+f.Code(c.Wire)+".")
	}
	return append(facts, f.Usage(c)...)
}

// Usage says what is special about calling a method.
func (f Facts) Usage(c *Call) []string {
	var facts []string
	if c.Notify {
		facts = append(facts, "It is done when the request is accepted: there is no reply.")
	}
	if c.Stream {
		facts = append(facts, "It streams its results: the call begins with the loop over them, and ends when the loop is left.")
	}
	if c.CancelOnDisconnect {
		facts = append(facts, "The server cancels it when its caller has gone, and has not come back for a while.")
	}
	switch {
	case c.ParamsOptional && f.EmptyParams:
		facts = append(facts, "The params may be empty.")
	case c.ParamsOptional:
		facts = append(facts, "The params may be left out.")
	}
	return facts
}

// Delivery says how long a call waits for its reply, and what may be done about a
// reply that does not come.
func (f Facts) Delivery(c *Call) []string {
	var facts []string
	waits, sent := "for its reply", "It is idempotent: after a lost connection it is sent again."
	if c.Stream {
		waits, sent = "for each result", "It is idempotent: after a lost connection it is sent again, unless a result has come."
	}
	if c.TimeoutMS != 0 {
		facts = append(facts, fmt.Sprintf("It waits at most %d ms %s, unless the caller decides otherwise.", c.TimeoutMS, waits))
	}
	if c.Idempotent {
		facts = append(facts, sent)
	}
	return facts
}

func (f Facts) value(n *text.Node) string { return f.Code(n.JSON()) }

func short(n *text.Node) bool { return utf8.RuneCountInString(n.JSON()) <= maxShown }

// Sentence makes words a sentence: "at least 1" is "At least 1.".
func Sentence(words string) string {
	words = strings.TrimSpace(words)
	if words == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words)
	words = string(unicode.ToUpper(first)) + words[size:]
	if strings.ContainsRune(".!?。", rune(words[len(words)-1])) {
		return words
	}
	return words + "."
}
