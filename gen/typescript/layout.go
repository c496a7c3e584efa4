package typescript

import (
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/wsgen/wsgen/internal/emit"
)

const (
	lineWidth = 80
	indent    = "  "
)

// docKind says what a doc does.
type docKind uint8

const (
	docText          docKind = iota
	docConcat                // the kids, one after the other
	docLine                  // a space, or a new line where the group is broken
	docSoftline              // nothing, or a new line where the group is broken
	docHardline              // always a new line
	docGroup                 // all of it on one line where that fits
	docIndent                // the kids, one level deeper
	docIfBroken              // the kids, only where the group is broken
	docIndentIfMoved         // the kids, one level deeper where the assignment's value moved to its own line
	docMove                  // decides that move: a line that breaks alone
	docFill                  // a space or a new line, whichever the kid behind it needs
)

// doc is a piece of source that can be laid out in more than one way, as in
// Wadler's "A prettier printer". The kinds and their meaning are prettier's own, so
// that what is printed here is what prettier prints.
type doc struct {
	kind    docKind
	forced  bool // never on one line
	text    string
	kids    []doc
	members int // of an object that is written as a literal
}

var (
	line     = doc{kind: docLine}
	softline = doc{kind: docSoftline}
	hardline = doc{kind: docHardline, forced: true}
)

func raw(s string) doc              { return doc{kind: docText, text: s} }
func concat(kids ...doc) doc        { return parent(docConcat, kids) }
func group(kids ...doc) doc         { return parent(docGroup, kids) }
func indented(kids ...doc) doc      { return parent(docIndent, kids) }
func ifBroken(kids ...doc) doc      { return parent(docIfBroken, kids) }
func indentIfMoved(kids ...doc) doc { return parent(docIndentIfMoved, kids) }

// parent makes a doc of others. What one of them forces is forced on the whole.
func parent(kind docKind, kids []doc) doc {
	d := doc{kind: kind, kids: kids}
	for _, k := range kids {
		d.forced = d.forced || k.forced
	}
	return d
}

// commaList is "(a, b)": on one line, or one item a line with a comma behind each.
func commaList(open string, items []doc, closing, lastComma string) doc {
	if len(items) == 0 {
		return raw(open + closing)
	}
	return concat(raw(open), indented(softline, separated(items, ",")), ifBroken(raw(lastComma)), softline, raw(closing))
}

// braces is "{ a, b }": on one line, or one item a line with a separator behind each.
func braces(open string, items []doc, separator string) doc {
	return group(raw(open+"{"), indented(line, separated(items, separator)), ifBroken(raw(separator)), line, raw("}"))
}

// separated has a line behind each separator.
func separated(items []doc, separator string) doc {
	kids := make([]doc, 0, 3*len(items))
	for i, it := range items {
		if i > 0 {
			kids = append(kids, raw(separator), line)
		}
		kids = append(kids, it)
	}
	return concat(kids...)
}

// member is one of an object that is written as a literal; without a value it is
// written in short.
type member struct {
	key   string
	value doc
}

// objectDoc is `{ name: "Point", shape: { ref: "Point" } }`, on one line if it fits.
func objectDoc(members []member) doc {
	if len(members) == 0 {
		return raw("{}")
	}
	docs := make([]doc, len(members))
	for i, m := range members {
		docs[i] = m.doc()
	}
	d := braces("", docs, ",")
	d.members = len(members)
	return d
}

// brokenObject is an object with a line for each member.
func brokenObject(members []member) doc {
	d := objectDoc(members)
	d.forced = true
	return d
}

// doc is `key: value`. A long text moves to the next line, unless the key is so short
// that this would gain nothing.
func (m member) doc() doc {
	key := literalKey(m.key)
	switch {
	case m.value.kind == docText && m.value.text == "":
		return raw(key)
	case m.value.kind == docText && isQuoted(m.value.text) && emit.Width(key) >= 5:
		return group(raw(key+":"), indented(line, m.value))
	}
	return concat(raw(key+": "), m.value)
}

func isQuoted(s string) bool { return s[0] == '"' || s[0] == '\'' }

// arrayDoc is `[a, b]`, on one line if it fits and may.
func arrayDoc(items []doc, forced bool) doc {
	d := group(commaList("[", items, "]", ","))
	d.forced = d.forced || forced
	return d
}

// numbersDoc is an array of numbers, which stand side by side on as many lines as
// they need.
func numbersDoc(numbers []doc) doc {
	inner := []doc{softline}
	for i, n := range numbers {
		if i > 0 {
			inner = append(inner, raw(","), doc{kind: docFill, kids: []doc{n}})
		} else {
			inner = append(inner, n)
		}
	}
	return group(raw("["), indented(inner...), ifBroken(raw(",")), softline, raw("]"))
}

// assignment is `left = right`: right moves to a line of its own where its first
// piece does not fit behind the left side.
func assignment(left, right doc) doc {
	return group(group(left), raw(" ="), doc{kind: docMove}, indentIfMoved(right))
}

// flat returns d as one line.
func (d doc) flat() string {
	if d.kind == docText {
		return d.text
	}
	return string(d.appendFlat(nil))
}

func (d doc) appendFlat(b []byte) []byte {
	switch d.kind {
	case docText:
		return append(b, d.text...)
	case docLine, docMove, docFill:
		b = append(b, ' ')
	case docIfBroken:
		return b
	}
	for _, k := range d.kids {
		b = k.appendFlat(b)
	}
	return b
}

// command is a doc that is still to be printed.
type command struct {
	doc    *doc
	level  int
	broken bool
}

// docPrinter lays docs out.
type docPrinter struct {
	width, column int
	todo          []command
	ahead         []command // what fits looks at
	moved         bool      // whether the last docMove moved
	out           []byte
}

// printDoc prints d as lines of b.
func printDoc(b *emit.Buffer, d doc) {
	if !d.forced {
		if one := d.flat(); b.Fits(one) {
			b.Line(one)
			return
		}
	}
	for _, l := range layOut(d, b.Room()) {
		b.Line(l)
	}
}

// printers are free for use: what they hold is allocated once, not for every doc.
var printers = sync.Pool{New: func() any { return &docPrinter{} }}

// layOut returns d as lines of at most width columns where that can be done.
func layOut(d doc, width int) []string {
	p := printers.Get().(*docPrinter)
	defer printers.Put(p)
	p.width, p.column, p.moved, p.out = width, 0, false, p.out[:0]
	p.todo = append(p.todo[:0], command{doc: &d, broken: true})
	for len(p.todo) > 0 {
		c := p.todo[len(p.todo)-1]
		p.todo = p.todo[:len(p.todo)-1]
		p.print(c)
	}
	lines := strings.Split(string(p.out), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

func (p *docPrinter) print(c command) {
	switch c.doc.kind {
	case docText:
		p.out = append(p.out, c.doc.text...)
		p.column += emit.Width(c.doc.text)
	case docConcat:
		p.push(c.doc.kids, c.level, c.broken)
	case docIndent:
		p.push(c.doc.kids, c.level+1, c.broken)
	case docIndentIfMoved:
		if p.moved {
			c.level++
		}
		p.push(c.doc.kids, c.level, c.broken)
	case docIfBroken:
		if c.broken {
			p.push(c.doc.kids, c.level, true)
		}
	case docGroup:
		broken := c.broken && (c.doc.forced || !p.fits(command{doc: &doc{kind: docConcat, kids: c.doc.kids}}))
		p.push(c.doc.kids, c.level, broken)
	case docMove:
		p.moved = c.broken && !p.fits(command{doc: &line})
		p.newline(command{doc: &line, level: c.level + 1, broken: p.moved})
	case docLine, docSoftline, docHardline:
		p.newline(c)
	case docFill:
		next := &c.doc.kids[0]
		comma := 1
		p.newline(command{doc: &line, level: c.level, broken: c.broken && 1+emit.Width(next.text)+comma > p.width-p.column})
		p.print(command{doc: next})
	}
}

func (p *docPrinter) push(kids []doc, level int, broken bool) {
	for i := len(kids) - 1; i >= 0; i-- {
		p.todo = append(p.todo, command{&kids[i], level, broken})
	}
}

func (p *docPrinter) newline(c command) {
	switch {
	case c.broken || c.doc.kind == docHardline:
		p.out = append(p.out, '\n')
		p.out = append(p.out, strings.Repeat(indent, c.level)...)
		p.column = c.level * len(indent)
	case c.doc.kind == docLine:
		p.out = append(p.out, ' ')
		p.column++
	}
}

// fits tells whether next fits on the line when printed flat, together with what
// follows it up to the first place where that may break.
func (p *docPrinter) fits(next command) bool {
	room := p.width - p.column
	rest := len(p.todo)
	stack := append(p.ahead[:0], next)
	defer func() { p.ahead = stack }()
	for room >= 0 {
		if len(stack) == 0 {
			if rest == 0 {
				return true
			}
			rest--
			stack = append(stack, p.todo[rest])
		}
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch c.doc.kind {
		case docText:
			room -= emit.Width(c.doc.text)
		case docHardline:
			return true
		case docLine, docSoftline, docMove, docFill:
			if c.broken {
				return true
			}
			if c.doc.kind != docSoftline {
				room--
			}
			if c.doc.kind == docFill {
				room -= emit.Width(c.doc.kids[0].text)
			}
		case docIfBroken:
			if !c.broken {
				continue
			}
			fallthrough
		default:
			for i := len(c.doc.kids) - 1; i >= 0; i-- {
				stack = append(stack, command{doc: &c.doc.kids[i], broken: c.broken || c.doc.kind == docGroup && c.doc.forced})
			}
		}
	}
	return false
}

// quote returns s as a string literal, in the quotes that prettier chooses: double
// ones unless single ones need fewer escapes. It is the only way by which text of a
// document gets into code.
func quote(s string) string {
	q := byte('"')
	if strings.Count(s, `"`) > strings.Count(s, "'") {
		q = '\''
	}
	b := make([]byte, 0, len(s)+2)
	b = append(b, q)
	for _, r := range s {
		switch {
		case r == rune(q) || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case !visible(r) || !emit.Steady(r) || r == '\u200c':
			b = appendEscape(b, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return string(append(b, q))
}

// visible tells whether r may stand in source as it is: no control character, no
// line separator, and nothing that changes the direction of text or is not seen.
// The joiners are part of words in some scripts, and of emoji.
func visible(r rune) bool {
	if r < 0x7f {
		return r >= ' '
	}
	return r == '\u200d' || r == '\u200c' || unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

// appendEscape appends r as UTF-16 escapes.
func appendEscape(b []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		b = appendEscape(b, 0xd800+r>>10)
		r = 0xdc00 + r&0x3ff
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// number returns the text of a JSON number the way prettier writes it.
func number(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			return "0"
		}
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return quote(s)
	}
	if f == 0 {
		return "0"
	}
	if short := strconv.FormatFloat(f, 'f', -1, 64); len(short) <= 21 {
		return short
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
}

// isIdentifier tells whether s may stand unquoted as a member's name: what
// ECMAScript 5 calls an identifier name, which is what prettier unquotes.
func isIdentifier(s string) bool {
	for i, r := range s {
		if r > 0xffff || !identifierStart(r) && (i == 0 || !identifierPart(r)) {
			return false
		}
	}
	return s != ""
}

func identifierStart(r rune) bool {
	return r == '$' || r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r)
}

func identifierPart(r rune) bool {
	return identifierStart(r) || unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc) || r == '\u200c' || r == '\u200d'
}

// memberName returns a wire name as the name of a member of a type.
func memberName(wire string) string {
	if isIdentifier(wire) {
		return wire
	}
	return quote(wire)
}

// literalKey returns a wire name as a key of an object literal, where a plain
// __proto__ would set the prototype.
func literalKey(wire string) string {
	if wire == "__proto__" {
		return `["__proto__"]`
	}
	return memberName(wire)
}
