package python

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wsgen/wsgen/internal/emit"
)

const width = 88 // of a line, as ruff formats

// expr is an expression or a type that knows how ruff would break it.
type expr struct {
	text  string // all of an atom; else what stands before the bracket: "Field", "x=" or ""
	open  string // "(", "[", "{"; "|" for the operands of a union; "" for an atom
	items []expr
}

func atom(text string) expr                    { return expr{text: text} }
func call(head string, args ...expr) expr      { return expr{text: head, open: "(", items: args} }
func subscript(head string, args ...expr) expr { return expr{text: head, open: "[", items: args} }
func listOf(items ...expr) expr                { return expr{open: "[", items: items} }
func dictOf(items ...expr) expr                { return expr{open: "{", items: items} }
func tupleOf(items ...expr) expr               { return expr{open: "(", items: items} }
func (e expr) is(name string) bool             { return e.open == "" && e.text == name }
func (e expr) prefixed(text string) expr       { e.text = text + e.text; return e }
func keyword(name string, value expr) expr     { return value.prefixed(name + "=") }
func entry(key string, value expr) expr        { return value.prefixed(key + ": ") }

// unionOf joins types by "|". Unions among them are flattened, literals joined,
// repetitions dropped, None comes last.
func unionOf(types ...expr) expr {
	var items []expr
	none, literal := false, -1 // the place of the literals
	seen, values := map[string]bool{}, map[string]bool{}
	var add func(expr)
	add = func(t expr) {
		switch {
		case t.open == "|" && t.text == "":
			for _, it := range t.items {
				add(it)
			}
		case isLiteralType(t):
			if literal < 0 {
				literal = len(items)
				items = append(items, subscript(t.text))
			}
			for _, it := range t.items {
				if !values[it.text] {
					values[it.text] = true
					items[literal].items = append(items[literal].items, it)
				}
			}
		case t.is("None"):
			none = true
		default:
			if flat := t.flat(); !seen[flat] {
				seen[flat] = true
				items = append(items, t)
			}
		}
	}
	for _, t := range types {
		add(t)
	}
	if none {
		items = append(items, atom("None"))
	}
	if len(items) == 1 {
		return items[0]
	}
	return expr{open: "|", items: items}
}

func isLiteralType(e expr) bool {
	return e.open == "[" && (e.text == "Literal" || e.text == "_typing.Literal")
}

// listed is items with commas between them, as they stand between brackets.
func listed(items []expr) expr { return expr{open: ",", items: items} }

// flat returns the expression on one line.
func (e expr) flat() string {
	if e.open == "" {
		return e.text
	}
	var b strings.Builder
	b.Grow(48)
	e.appendFlat(&b, math.MaxInt)
	return b.String()
}

// within returns the expression on one line if that takes no more than some columns. All
// that is sure of what is returned otherwise is that an atom is whole.
func (e expr) within(columns int) (flat string, fits bool) {
	if e.open == "" {
		return e.text, emit.Width(e.text) <= columns
	}
	var b strings.Builder
	b.Grow(48)
	e.appendFlat(&b, 8*columns)
	return b.String(), emit.Width(b.String()) <= columns
}

// appendFlat stops once there is much more than could fit, so that it takes no longer to
// break an expression at each of its levels than to print it.
func (e expr) appendFlat(b *strings.Builder, limit int) {
	b.WriteString(e.text)
	if e.open == "" {
		return
	}
	separator := ", "
	switch e.open {
	case "|":
		separator = " | "
	case ",":
	default:
		b.WriteString(e.open)
	}
	for i, it := range e.items {
		if b.Len() > limit {
			return
		}
		if i > 0 {
			b.WriteString(separator)
		}
		it.appendFlat(b, limit)
	}
	if e.open == "(" && len(e.items) == 1 && e.literal() {
		b.WriteByte(',') // without it this is not a tuple
	}
	b.WriteString(closing(e.open))
}

// literal tells whether the brackets make a list, dict or tuple, and are no call
// or subscript.
func (e expr) literal() bool {
	return e.open == "{" || e.open != "|" && (e.text == "" || strings.HasSuffix(e.text, "=") || strings.HasSuffix(e.text, ": "))
}

func closing(open string) string {
	switch open {
	case "(":
		return ")"
	case "[":
		return "]"
	case "{":
		return "}"
	}
	return ""
}

// writeExpr prints before, e and after as one line, or breaks it as ruff does:
//
//	Field(
//	    default=50, ge=1, le=500
//	)
//
// first the arguments on a line of their own, then one a line. Literals always
// take one item a line, unions one operand.
func writeExpr(b *emit.Buffer, before string, e expr, after string) {
	if flat, fits := e.within(b.Room() - emit.Width(before) - emit.Width(after)); fits || len(e.items) == 0 {
		b.Line(before, flat, after)
		return
	}
	breakExpr(b, before, e, func(closing string) { b.Line(closing, after) })
}

// fits tells whether the parts fit on a line together.
func fits(b *emit.Buffer, parts ...string) bool {
	n := 0
	for _, p := range parts {
		n += emit.Width(p)
	}
	return n <= b.Room()
}

// breakExpr prints e over several lines; last prints the closing bracket and
// what stands behind it.
func breakExpr(b *emit.Buffer, before string, e expr, last func(closing string)) {
	if e.open == "|" {
		b.Line(before, e.text, "(")
		b.Indent(func() { writeOperandsOrOne(b, e.items) })
		last(")")
		return
	}
	b.Line(before, e.text, e.open)
	b.Indent(func() { writeItems(b, e) })
	last(closing(e.open))
}

// writeItems prints what stands between brackets that are broken.
func writeItems(b *emit.Buffer, e expr) {
	literal := e.literal()
	if !literal {
		if one, fits := listed(e.items).within(b.Room()); fits {
			b.Line(one)
			return
		}
	}
	if len(e.items) == 1 && !literal && e.items[0].open != "|" {
		writeExpr(b, "", e.items[0], "")
		return
	}
	for _, it := range e.items {
		writeItem(b, it)
	}
}

// writeItem prints what a line of its own has between brackets, or several lines.
func writeItem(b *emit.Buffer, it expr) {
	if _, fits := it.within(b.Room() - 1); it.open == "|" && !fits {
		writeOperands(b, it.text, it.items, ",")
		return
	}
	writeExpr(b, "", it, ",")
}

// writeOperandsOrOne prints what stands between the parentheses that a union
// needs to be broken:
//
//	str
//	| int
func writeOperandsOrOne(b *emit.Buffer, items []expr) {
	if one, fits := (expr{open: "|", items: items}).within(b.Room()); fits {
		b.Line(one)
		return
	}
	writeOperands(b, "", items, "")
}

func writeOperands(b *emit.Buffer, before string, items []expr, after string) {
	for i, it := range items {
		end := ""
		if i == len(items)-1 {
			end = after
		}
		writeExpr(b, before, it, end)
		before = "| "
	}
}

// quote writes any text as a string literal, with the quotes that ruff prefers.
// It is the only way from a document's text to code.
func quote(s string) string {
	mark := byte('"')
	if strings.Count(s, `"`) > strings.Count(s, "'") {
		mark = '\''
	}
	b := make([]byte, 0, len(s)+2)
	b = append(b, mark)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, "\\ufffd"...)
		case r == rune(mark) || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, "\\n"...)
		case r == '\r':
			b = append(b, "\\r"...)
		case r == '\t':
			b = append(b, "\\t"...)
		case visible(r) && emit.Steady(r):
			b = append(b, s[i:i+size]...)
		default:
			b = appendEscape(b, r)
		}
		i += size
	}
	return string(append(b, mark))
}

// visible tells whether a character shows in an editor as what it is.
func visible(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r) && !unicode.Is(unicode.Variation_Selector, r) &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

func appendEscape(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	digits, letter := 4, byte('u')
	switch {
	case r <= 0xff:
		digits, letter = 2, 'x'
	case r > 0xffff:
		digits, letter = 8, 'U'
	}
	b = append(b, '\\', letter)
	for i := digits - 1; i >= 0; i-- {
		b = append(b, hex[r>>(4*i)&0xf])
	}
	return b
}

// writeDoc prints a docstring: the summary on the first line, then paragraphs.
//
//	"""Whose tasks to count.
//
//	Deprecated: use `tasks.list`.
//	"""
//
// A summary that does not fit on a line gives way to fallback, a short sentence
// that may be empty: then the line is as long as it is.
func writeDoc(b *emit.Buffer, fallback, text string) {
	fallback = docText(fallback)
	if text = docText(text); text == "" {
		text = fallback
	}
	summary, rest := firstSentence(text)
	if fallback != "" && (isItem(text) || !fits(b, `r"""`, summary, `"""`)) {
		summary, rest = fallback, text
	}
	var lines []string
	if rest != "" {
		lines = dedented(emit.Wrap(rest, b.Room()))
	}
	writeDocLines(b, summary, lines, true)
}

// writeAttributeDoc prints the text below an attribute. It needs no summary.
func writeAttributeDoc(b *emit.Buffer, text string) {
	if blank(text) {
		return
	}
	text = docText(text)
	if fits(b, `r"""`, text, `"""`) && !strings.Contains(text, "\n") {
		writeDocLines(b, text, nil, false)
		return
	}
	if isItem(text) {
		writeDocLines(b, "", emit.Wrap(text, b.Room()), false)
		return
	}
	lines := emit.Wrap(`"""`+text, b.Room()) // the marks take room on the first line
	writeDocLines(b, strings.TrimPrefix(lines[0], `"""`), lines[1:], false)
}

func writeDocLines(b *emit.Buffer, first string, lines []string, blank bool) {
	raw := ""
	if strings.Contains(first, `\`) || strings.Contains(strings.Join(lines, ""), `\`) {
		raw = "r"
	}
	if len(lines) == 0 {
		b.Line(raw, `"""`, first, `"""`)
		return
	}
	b.Line(raw, `"""`, first)
	if blank {
		b.Line()
	}
	for _, line := range lines {
		b.Line(line)
	}
	b.Line(`"""`)
}

// docText makes text fit for a docstring: nothing in it ends the docstring, and
// what does not show is escaped. It is the only way from a document's text to a
// comment.
func docText(s string) string {
	if plain(s) {
		return strings.TrimSpace(s)
	}
	b := make([]byte, 0, len(s))
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, "\\ufffd"...)
		case r == '\t':
			b = append(b, "    "...)
		case r == '\n' || visible(r) && !unicode.Is(unicode.Zl, r) && !unicode.Is(unicode.Zp, r):
			b = append(b, s[i:i+size]...)
		default:
			b = appendEscape(b, r)
		}
		i += size
	}
	text := strings.TrimSpace(string(b))
	if strings.Contains(text, `"""`) || strings.HasPrefix(text, `"`) || strings.HasSuffix(text, `"`) {
		text = strings.ReplaceAll(text, `"`, "'")
	}
	if strings.HasSuffix(text, `\`) {
		text += "." // a backslash would escape the closing marks
	}
	return text
}

// plain tells whether nothing in a text needs the care that docText takes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// blank tells whether a text shows nothing: it is as good as no text.
func blank(s string) bool {
	for _, r := range s {
		if r != ' ' && visible(r) {
			return false
		}
	}
	return true
}

// firstSentence splits off the first sentence, or the first paragraph where that
// is shorter, and joins its lines.
func firstSentence(text string) (first, rest string) {
	if i := strings.Index(text, "\n\n"); i >= 0 {
		text, rest = text[:i], strings.TrimLeft(text[i:], "\n")
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines[1:] {
		if isItem(line) {
			lines, rest = lines[:i+1], strings.Join(lines[i+1:], "\n")+"\n\n"+rest
			break
		}
	}
	one := strings.TrimSpace(lines[0])
	if len(lines) > 1 || strings.Contains(one, "  ") {
		one = strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
	}
	for i := 0; i+2 < len(one); i++ {
		if strings.IndexByte(".!?", one[i]) >= 0 && one[i+1] == ' ' && unicode.IsUpper(rune(one[i+2])) {
			return one[:i+1], strings.TrimRight(one[i+2:]+"\n\n"+rest, "\n")
		}
	}
	return one, strings.TrimRight(rest, "\n")
}

// isItem tells whether a line stands for itself: a list item, a table, code.
func isItem(line string) bool {
	if strings.HasPrefix(line, "    ") {
		return true
	}
	line = strings.TrimLeft(line, " ")
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "```")
}

// dedented moves lines to the left that are all indented: ruff takes the first
// column for the docstring's own.
func dedented(lines []string) []string {
	least := -1
	for _, line := range lines {
		if n := len(line) - len(strings.TrimLeft(line, " ")); line != "" && (least < 0 || n < least) {
			least = n
		}
	}
	for i, line := range lines {
		if line != "" && least > 0 {
			lines[i] = line[least:]
		}
	}
	return lines
}
