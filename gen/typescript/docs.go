package typescript

import (
	"strings"
	"unicode/utf8"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/markup"
	"github.com/wsgen/wsgen/schema"
)

// facts writes the documents' sentences, with code between backticks. A constant's
// type shows its value.
var facts = plan.Facts{Code: code, HasConst: true}

// rounded warns of a type that does not hold all values.
const rounded = "JavaScript rounds integers beyond 2^53."

// facts leaves out what types say that the settings ask for.
func (n *names) facts() plan.Facts {
	all := facts
	all.Native = func(f schema.Format) bool {
		return n.scalar(&schema.Scalar{Kind: schema.String, Format: f}) != (converter{})
	}
	return all
}

// note says what the type of a value does not show: that digits are lost, or are a text.
func (n *names) note(t schema.Type) string {
	switch {
	case !plan.HoldsBeyondDouble(t):
		return ""
	case n.int64 == "":
		return rounded
	case n.int64 == int64String:
		return "Decimal digits of an integer."
	}
	return ""
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

// declComment documents a type: in the document's own words, else by what it is for.
func (f *typesFile) declComment(t schema.Named) comment {
	d := t.Head()
	c := comment{deprecated: d.Deprecated, names: f.names}
	switch {
	case d.Doc != "":
		c.body = append(c.body, markup.Markdown(d.Doc))
	case d.Title != "":
		c.body = append(c.body, plan.Sentence(d.Title))
	case f.plan.Purpose(t) != "":
		c.body = append(c.body, plan.Sentence(f.plan.Purpose(t)))
	}
	if examples := facts.Examples(d.Examples); examples != "" {
		c.body = append(c.body, examples)
	}
	return c
}

// memberComment documents a member: description first, then what narrows the value.
func (n *names) memberComment(m *plan.Member) comment {
	c := comment{deprecated: m.Deprecated, names: n}
	if m.Doc != "" {
		c.body = append(c.body, markup.Markdown(m.Doc))
	} else if m.Title != "" {
		c.body = append(c.body, plan.Sentence(m.Title))
	}
	notes := n.facts().Member(m)
	if note := n.note(m.Type); note != "" {
		notes = append(notes, note)
	}
	if examples := facts.Examples(m.Examples); examples != "" {
		notes = append(notes, examples)
	}
	if len(notes) > 0 {
		c.body = append(c.body, strings.Join(notes, " "))
	}
	return c
}

// comment is what stands above a declaration.
type comment struct {
	body       []string // paragraphs, in the document's own words or in ours
	deprecated *schema.Deprecation
	throws     []string // names of error classes
	names      *names   // of the types that are links where the text mentions them; nil: none are
	qualifier  string   // before the names of types: "types."
}

// write prints the comment, or nothing where it has no text:
//
//	/** Task counts of one user. */
//
//	/**
//	 * Task counts of one user.
//	 *
//	 * @deprecated Use `tasks.get_stats`.
//	 */
func (c comment) write(b *emit.Buffer) {
	if c.isShort(b) {
		b.Line("/** ", c.body[0], " */")
		return
	}
	room := b.Room() - len(" * ")
	var lines []string
	for _, p := range c.body {
		if wrapped := emit.Wrap(escapeComment(p), room); len(wrapped) > 0 {
			if len(lines) > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, c.linked(wrapped)...)
		}
	}
	tags := c.tags(room)
	if len(lines) > 0 && len(tags) > 0 {
		lines = append(lines, "")
	}
	lines = append(lines, tags...)
	switch {
	case len(lines) == 0:
	case len(lines) == 1 && b.Fits("/** "+lines[0]+" */"):
		b.Line("/** ", lines[0], " */")
	default:
		b.Line("/**")
		for _, l := range lines {
			b.Line(strings.TrimRight(" * "+l, " "))
		}
		b.Line(" */")
	}
}

// linked makes links of the names of types: {@link Task}.
func (c comment) linked(lines []string) []string {
	if c.names == nil {
		return lines
	}
	for i := 0; i < len(lines); i++ {
		if _, end := markup.Fenced(lines, i); end > 0 {
			i = end - 1
			continue
		}
		if !strings.Contains(lines[i], "`") {
			continue
		}
		parts := codeParts(lines[i])
		for j := range parts {
			if name := c.typeNamed(parts[j]); name != "" && parts[j+1].text == "`" {
				parts[j].text = "{@link " + name + "}"
				parts[j-1].text, parts[j+1].text = strings.TrimSuffix(parts[j-1].text, "`"), ""
			}
		}
		lines[i] = joinParts(parts)
	}
	return lines
}

// typeNamed is the type that code names, maybe behind the modules of the back end that it is in.
func (c comment) typeNamed(part textPart) string {
	if !part.code {
		return ""
	}
	name := c.names.linkable[part.text[strings.LastIndexByte(part.text, '.')+1:]]
	if name == "" || c.qualifier == "" {
		return name
	}
	return c.qualifier + name + " | " + name
}

func joinParts(parts []textPart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
	}
	return b.String()
}

// isShort tells whether the comment is a line that needs no care.
func (c comment) isShort(b *emit.Buffer) bool {
	if len(c.body) != 1 || c.deprecated != nil || len(c.throws) > 0 {
		return false
	}
	s := c.body[0]
	return s != "" && !strings.Contains(s, "`") && len(s) <= b.Room()-len("/**  */") && isHarmless(s) && !strings.Contains(s, "\n") &&
		!strings.Contains(s, "  ") && s[0] != ' ' && s[len(s)-1] != ' '
}

func (c comment) tags(room int) []string {
	var lines []string
	for _, name := range c.throws {
		lines = append(lines, "@throws {@link "+name+"}")
	}
	if c.deprecated != nil {
		lines = append(lines, emit.Wrap("@deprecated "+escapeComment(markup.Markdown(c.deprecated.Note)), room)...)
	}
	return lines
}

// escapeComment makes text of a document safe inside a comment: it cannot end the
// comment, TSDoc finds no tag in it, and what cannot be seen is written out. Braces in
// code stay as they are; compilers see tags even there. It is the only way by which such
// text gets into a comment.
func escapeComment(s string) string {
	if isHarmless(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	b := make([]byte, 0, len(s)+len(s)/16)
	for _, part := range codeParts(s) {
		b = appendEscaped(b, part.text, part.code)
	}
	return string(b)
}

// appendEscaped escapes prose or code.
func appendEscaped(b []byte, s string, code bool) []byte {
	prev := rune(' ')
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b = append(b, byte(r))
		case !visible(r):
			b = appendEscape(b, r)
		case r == '/' && prev == '*':
			b = append(b, `\/`...)
		case r == '@' && strings.ContainsRune(" \t\n{(", prev) && (len(b) == 0 || b[len(b)-1] != '`'):
			b = append(b, `\@`...)
		case (r == '{' || r == '}') && !code && prev != '\\':
			b = append(b, '\\', byte(r))
		default:
			b = utf8.AppendRune(b, r)
		}
		prev = r
	}
	return b
}

// isHarmless spares most texts the trouble: plain ASCII without a mark that could
// mean something.
func isHarmless(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '\n' && (c < ' ' || c >= 0x7f || c == '/' || c == '@' || c == '{' || c == '}') {
			return false
		}
	}
	return true
}

// textPart is a part of a text in Markdown that is code, or that is none.
type textPart struct {
	text string
	code bool
}

// codeParts takes a text apart at the marks of code: runs of backticks, which end at the next
// run of the same length, within a paragraph unless they are a line of their own.
func codeParts(s string) (parts []textPart) {
	for {
		at := strings.IndexByte(s, '`')
		if at < 0 {
			return append(parts, textPart{text: s})
		}
		after := strings.TrimLeft(s[at:], "`")
		mark := s[at : len(s)-len(after)]
		end := closingMark(after, mark, len(mark) >= 3 && strings.TrimSpace(s[strings.LastIndexByte(s[:at], '\n')+1:at]) == "")
		if end < 0 {
			parts = append(parts, textPart{text: s[:at+len(mark)]})
		} else {
			parts = append(parts, textPart{text: s[:at+len(mark)]}, textPart{after[:end], true}, textPart{text: mark})
			after = after[end+len(mark):]
		}
		s = after
	}
}

// closingMark finds the run of backticks that ends code; -1 where none does.
func closingMark(s, mark string, block bool) int {
	if !block {
		if end := strings.Index(s, "\n\n"); end >= 0 {
			s = s[:end]
		}
	}
	for at := 0; ; {
		next := strings.Index(s[at:], mark)
		if next < 0 {
			return -1
		}
		at += next
		run := len(s[at:]) - len(strings.TrimLeft(s[at:], "`"))
		if run == len(mark) {
			return at
		}
		at += run
	}
}
