package typescript

import (
	"strings"
	"unicode/utf8"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// facts writes the documents' sentences, with code between backticks. A constant's
// type shows its value.
var facts = plan.Facts{Code: code, HasConst: true}

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
	c := comment{deprecated: d.Deprecated}
	switch {
	case d.Doc != "":
		c.body = append(c.body, d.Doc)
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
func memberComment(m *plan.Member) comment {
	c := comment{deprecated: m.Deprecated}
	if m.Doc != "" {
		c.body = append(c.body, m.Doc)
	} else if m.Title != "" {
		c.body = append(c.body, plan.Sentence(m.Title))
	}
	notes := facts.Member(m)
	if isWide(m.Type) {
		notes = append(notes, "JavaScript rounds integers beyond 2^53.")
	}
	if examples := facts.Examples(m.Examples); examples != "" {
		notes = append(notes, examples)
	}
	if len(notes) > 0 {
		c.body = append(c.body, strings.Join(notes, " "))
	}
	return c
}

// isWide tells whether a value holds integers that JavaScript's numbers may not.
func isWide(t schema.Type) bool {
	switch t := t.(type) {
	case *schema.Scalar:
		return t.Wide()
	case *schema.Nullable:
		return isWide(t.Elem)
	case *schema.List:
		return isWide(t.Elem)
	case *schema.Map:
		return isWide(t.Value)
	}
	return false
}

// comment is what stands above a declaration.
type comment struct {
	body       []string // paragraphs, in the document's own words or in ours
	deprecated *schema.Deprecation
	throws     []string // names of error classes
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
			lines = append(lines, wrapped...)
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

// isShort tells whether the comment is a line that needs no care.
func (c comment) isShort(b *emit.Buffer) bool {
	if len(c.body) != 1 || c.deprecated != nil || len(c.throws) > 0 {
		return false
	}
	s := c.body[0]
	return s != "" && len(s) <= b.Room()-len("/**  */") && isHarmless(s) && !strings.Contains(s, "\n") &&
		!strings.Contains(s, "  ") && s[0] != ' ' && s[len(s)-1] != ' '
}

func (c comment) tags(room int) []string {
	var lines []string
	for _, name := range c.throws {
		lines = append(lines, "@throws {@link "+name+"}")
	}
	if c.deprecated != nil {
		lines = append(lines, emit.Wrap("@deprecated "+escapeComment(c.deprecated.Note), room)...)
	}
	return lines
}

// escapeComment makes text of a document safe inside a comment: it cannot end the
// comment, TSDoc finds no tag in it, and what cannot be seen is written out. It is the
// only way by which such text gets into one.
func escapeComment(s string) string {
	if isHarmless(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	b := make([]byte, 0, len(s))
	prev := rune(' ')
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b = append(b, byte(r))
		case !visible(r):
			b = appendEscape(b, r)
		case r == '/' && prev == '*':
			b = append(b, `\/`...)
		case r == '@' && strings.ContainsRune(" \t\n{(", prev):
			b = append(b, `\@`...)
		default:
			b = utf8.AppendRune(b, r)
		}
		prev = r
	}
	return string(b)
}

// isHarmless spares most texts the trouble: plain ASCII without a mark that could
// mean something.
func isHarmless(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '\n' && (c < ' ' || c >= 0x7f || c == '/' || c == '@') {
			return false
		}
	}
	return true
}
