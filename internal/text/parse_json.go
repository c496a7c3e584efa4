package text

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// MaxDepth bounds the nesting of documents, so that recursion over nodes is safe.
const MaxDepth = 512

// utf8BOM may stand at the start of a document and is skipped.
var utf8BOM = []byte("\xef\xbb\xbf")

// ParseJSON reads one JSON document (RFC 8259, nothing more). It stops at the
// first syntax error and returns no node then; duplicate keys are all reported.
func ParseJSON(src *Source) (*Node, Diagnostics) {
	// Nodes share the bytes, which nobody changes: they are kept for messages anyway.
	p := &jsonParser{src: src, text: unsafe.String(unsafe.SliceData(src.Data), len(src.Data))}
	if !checkEncoding(src, &p.diags) {
		return nil, p.diags
	}
	if bytes.HasPrefix(src.Data, utf8BOM) {
		p.pos = len(utf8BOM)
	}
	p.skipSpace()
	if p.pos == len(p.text) {
		p.diags.Add(Pos{Src: src}, EmptyDocument, "the document is empty", "")
		return nil, p.diags
	}
	root := p.value()
	if root != nil {
		p.skipSpace()
		if p.pos < len(p.text) {
			root = p.afterDocument()
		}
	}
	if root == nil {
		return nil, p.diags
	}
	return root, p.diags
}

const invalidUTF8 = "invalid-utf8"

// checkEncoding refuses what is not UTF-8, at its first bad byte.
func checkEncoding(src *Source, diags *Diagnostics) bool {
	if utf8.Valid(src.Data) {
		return true
	}
	d := src.Data
	if bytes.HasPrefix(d, []byte("\xff\xfe")) || bytes.HasPrefix(d, []byte("\xfe\xff")) {
		diags.Add(Pos{Src: src}, invalidUTF8, "the document is UTF-16", "save it as UTF-8")
		return false
	}
	off := 0
	for off < len(d) {
		r, n := utf8.DecodeRune(d[off:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		off += n
	}
	diags.Add(Pos{Src: src, Off: int32(off)}, invalidUTF8,
		fmt.Sprintf("byte 0x%02X is not UTF-8", d[off]), "save the file as UTF-8")
	return false
}

// jsonParser is a recursive-descent parser. Nodes, members and items are cut
// from slabs, and strings without escapes share the document's text.
type jsonParser struct {
	src   *Source
	text  string
	pos   int
	depth int
	diags Diagnostics

	nodes    []Node
	members  []Member // slab
	items    []*Node  // slab
	openMem  []Member // members of the objects being read, innermost last
	openItem []*Node  // items of the arrays being read, innermost last
	keys     keyTable
}

func (p *jsonParser) node(kind Kind, start, length int) *Node {
	if len(p.nodes) == 0 {
		p.nodes = make([]Node, slabSize(len(p.text)))
	}
	n := &p.nodes[0]
	p.nodes = p.nodes[1:]
	n.Kind = kind
	n.Pos = Pos{Src: p.src, Off: int32(start), Len: int32(length)}
	return n
}

// slabSize keeps small documents small and big ones at few allocations.
func slabSize(docLen int) int { return max(16, min(docLen/32, 1024)) }

// cut copies vs out of the slab, which is replaced where it is used up.
func cut[T any](slab *[]T, vs []T, docLen int) []T {
	if len(vs) == 0 {
		return nil
	}
	if len(vs) > len(*slab) {
		*slab = make([]T, max(len(vs), slabSize(docLen)))
	}
	out := (*slab)[:len(vs):len(vs)]
	*slab = (*slab)[len(vs):]
	copy(out, vs)
	return out
}

func (p *jsonParser) skipSpace() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\n', '\t', '\r':
			p.pos++
		default:
			return
		}
	}
}

// value reads one value at p.pos, which is not a space; nil after a syntax error.
func (p *jsonParser) value() *Node {
	if p.pos == len(p.text) {
		return p.fail(p.pos, 0, "unexpected end of the document, expected a value", "")
	}
	switch c := p.text[p.pos]; {
	case c == '{':
		return p.object()
	case c == '[':
		return p.array()
	case c == '"':
		return p.stringNode()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case strings.HasPrefix(p.text[p.pos:], "true"):
		return p.literal(KindBool, "true")
	case strings.HasPrefix(p.text[p.pos:], "false"):
		return p.literal(KindBool, "false")
	case strings.HasPrefix(p.text[p.pos:], "null"):
		return p.literal(KindNull, "null")
	}
	return p.badValue()
}

func (p *jsonParser) literal(kind Kind, word string) *Node {
	end := p.pos + len(word)
	if end < len(p.text) && isWordByte(p.text[end]) {
		return p.badValue()
	}
	n := p.node(kind, p.pos, len(word))
	if kind == KindBool {
		n.Text = word
	}
	p.pos = end
	return n
}

func (p *jsonParser) object() *Node {
	n := p.node(KindObject, p.pos, 1)
	base := len(p.openMem)
	if !p.list(n, '}', "member", func() bool { return p.member(n) }) {
		return nil
	}
	open := p.openMem[base:]
	if len(open) > 1 {
		open = p.withoutDuplicates(open)
	}
	n.Members = cut(&p.members, open, len(p.text))
	p.openMem = p.openMem[:base]
	return n
}

// list reads what is between the brackets of n, which are at p.pos and closing; read
// reads one of its parts.
func (p *jsonParser) list(n *Node, closing byte, what string, read func() bool) bool {
	if !p.enter(n) {
		return false
	}
	for first := true; ; first = false {
		if first && p.pos < len(p.text) && p.text[p.pos] == closing {
			break
		}
		if p.pos == len(p.text) {
			return p.unclosed(n, closing)
		}
		if !read() {
			return false
		}
		p.skipSpace()
		if p.pos < len(p.text) && p.text[p.pos] == closing {
			break
		}
		if !p.comma(n, closing, what) {
			return false
		}
	}
	p.pos++
	p.depth--
	return true
}

// member reads `"key": value` and pushes it on openMem.
func (p *jsonParser) member(obj *Node) bool {
	if p.text[p.pos] != '"' {
		return p.badKey()
	}
	start := p.pos
	key, ok := p.str()
	if !ok {
		return false
	}
	keyPos := Pos{Src: p.src, Off: int32(start), Len: int32(p.pos - start)}
	p.skipSpace()
	if p.pos == len(p.text) {
		return p.unclosed(obj, '}')
	}
	if p.text[p.pos] != ':' {
		p.fail(p.pos, 0, fmt.Sprintf("expected %q after the key %s, found %s", ":", Quote(key), p.found()), "")
		return false
	}
	p.pos++
	p.skipSpace()
	if p.pos < len(p.text) && strings.IndexByte(",}]", p.text[p.pos]) >= 0 {
		p.fail(p.pos, 0, fmt.Sprintf("the member %s has no value", Quote(key)), "")
		return false
	}
	v := p.value()
	p.openMem = append(p.openMem, Member{Key: key, KeyPos: keyPos, Value: v})
	return v != nil
}

func (p *jsonParser) array() *Node {
	n := p.node(KindArray, p.pos, 1)
	base := len(p.openItem)
	if !p.list(n, ']', "item", func() bool {
		v := p.value()
		p.openItem = append(p.openItem, v)
		return v != nil
	}) {
		return nil
	}
	n.Items = cut(&p.items, p.openItem[base:], len(p.text))
	p.openItem = p.openItem[:base]
	return n
}

// enter steps over the opening bracket of n and the space behind it.
func (p *jsonParser) enter(n *Node) bool {
	if p.depth++; p.depth > MaxDepth {
		p.diags.Add(n.Pos, "nesting-too-deep", fmt.Sprintf("nested deeper than %d levels", MaxDepth), "")
		return false
	}
	p.pos++
	p.skipSpace()
	return true
}

// comma steps over the comma between members or items, and the space behind it.
func (p *jsonParser) comma(n *Node, closing byte, what string) bool {
	if p.pos == len(p.text) {
		return p.unclosed(n, closing)
	}
	c := p.text[p.pos]
	if c != ',' {
		if c == '"' || c == '{' || c == '[' || isWordByte(c) || c == '-' {
			p.fail(p.endOfPrevious(), 0, fmt.Sprintf("missing comma before the next %s", what), `add ","`)
			return false
		}
		if p.comment() {
			return false
		}
		p.fail(p.pos, 0, fmt.Sprintf("expected %q or %q, found %s", ",", string(closing), p.found()), "")
		return false
	}
	at := p.pos
	p.pos++
	p.skipSpace()
	if p.pos < len(p.text) {
		switch p.text[p.pos] {
		case closing:
			p.fail(at, 1, fmt.Sprintf("trailing comma before %q", string(closing)), "remove the comma")
			return false
		case ',':
			p.fail(p.pos, 1, "two commas in a row", "remove one")
			return false
		}
	}
	return true
}

// endOfPrevious is the offset just behind the last byte that is not a space.
func (p *jsonParser) endOfPrevious() int {
	return len(strings.TrimRight(p.text[:p.pos], " \t\r\n"))
}

func (p *jsonParser) stringNode() *Node {
	start := p.pos
	s, ok := p.str()
	if !ok {
		return nil
	}
	n := p.node(KindString, start, p.pos-start)
	n.Text = s
	return n
}

// str reads the string at p.pos.
func (p *jsonParser) str() (string, bool) {
	start := p.pos + 1
	for i := start; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.pos = i + 1
			return p.text[start:i], true
		case c == '\\':
			return p.escaped(start, i)
		case c < 0x20:
			return "", p.control(start, i)
		}
	}
	p.fail(start-1, 1, "this string is never closed", `add a closing '"'`)
	return "", false
}

// escaped reads the rest of a string that has a backslash at i.
func (p *jsonParser) escaped(start, i int) (string, bool) {
	buf := append(make([]byte, 0, i-start+32), p.text[start:i]...)
	for i < len(p.text) {
		switch c := p.text[i]; {
		case c == '"':
			p.pos = i + 1
			return string(buf), true
		case c < 0x20:
			return "", p.control(start, i)
		case c != '\\':
			buf = append(buf, c)
			i++
		default:
			var n int
			if buf, n = p.escape(buf, i); n == 0 {
				return "", false
			}
			i += n
		}
	}
	p.fail(start-1, 1, "this string is never closed", `add a closing '"'`)
	return "", false
}

// escape decodes the escape at i and returns its length, 0 after an error.
func (p *jsonParser) escape(buf []byte, i int) ([]byte, int) {
	if i+1 == len(p.text) {
		p.fail(i, 1, "unexpected end of the document in a string", "")
		return buf, 0
	}
	c := p.text[i+1]
	if k := strings.IndexByte(`"\/bfnrt`, c); k >= 0 {
		return append(buf, "\"\\/\b\f\n\r\t"[k]), 2
	}
	if c != 'u' {
		r, size := utf8.DecodeRuneInString(p.text[i+1:])
		p.fail(i, 1+size, fmt.Sprintf(`%s is not an escape of JSON`, Escape(`\`+string(r))), `write "\\" for a backslash`)
		return buf, 0
	}
	r, ok := hex4(p.text, i+2)
	if !ok {
		p.fail(i, 2, `\u must be followed by four hexadecimal digits`, "")
		return buf, 0
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(buf, r), 6
	}
	if strings.HasPrefix(p.text[i+6:], `\u`) {
		if low, ok := hex4(p.text, i+8); ok {
			if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
				return utf8.AppendRune(buf, full), 12
			}
		}
	}
	p.fail(i, 6, fmt.Sprintf("%s is half of a surrogate pair", p.text[i:i+6]),
		`write both halves, such as "\ud83d\ude00", or the character itself`)
	return buf, 0
}

func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// control reports the control character at i of the string that begins at start.
func (p *jsonParser) control(start, i int) bool {
	switch c := p.text[i]; c {
	case '\n', '\r':
		p.fail(start-1, i-start+1, "this string is not closed on its line",
			`add a closing '"', or write "\n" for a line break`)
	case '\t':
		p.fail(i, 1, "a tab inside a string", `write "\t"`)
	default:
		p.fail(i, 1, fmt.Sprintf("control character U+%04X inside a string", c), fmt.Sprintf(`write "\u%04x"`, c))
	}
	return false
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? and keeps its text.
func (p *jsonParser) number() *Node {
	start := p.pos
	i := start
	if p.text[i] == '-' {
		i++
	}
	intStart, huge := i, false
	i = skipDigits(p.text, i)
	ok := i > intStart && (p.text[intStart] != '0' || i == intStart+1)
	if ok && i < len(p.text) && p.text[i] == '.' {
		fraction := i + 1
		i = skipDigits(p.text, fraction)
		ok = i > fraction
	}
	if ok && i < len(p.text) && p.text[i]|0x20 == 'e' {
		i++
		if i < len(p.text) && (p.text[i] == '+' || p.text[i] == '-') {
			i++
		}
		exponent := i
		i = skipDigits(p.text, exponent)
		ok = i > exponent
		huge = i-exponent > 4 && hugeExponent(p.text[start:i])
	}
	if !ok || i < len(p.text) && (isWordByte(p.text[i]) || p.text[i] == '.') {
		return p.badValue()
	}
	if huge {
		p.diags.Add(Pos{Src: p.src, Off: int32(start), Len: int32(i - start)}, "number-out-of-range",
			"the exponent of this number is out of range", "")
	}
	p.pos = i
	n := p.node(KindNumber, start, i-start)
	n.Text = p.text[start:i]
	return n
}

func skipDigits(s string, i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}

func isWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}

// withoutDuplicates reports keys that come twice and drops the later ones.
func (p *jsonParser) withoutDuplicates(ms []Member) []Member {
	if len(ms) <= 8 {
		for i := 1; i < len(ms); i++ {
			for j := range i {
				if ms[i].Key == ms[j].Key {
					return dropDuplicates(ms, &p.diags)
				}
			}
		}
		return ms
	}
	if p.keys.unique(ms) {
		return ms
	}
	return dropDuplicates(ms, &p.diags)
}

// dropDuplicates keeps the first member of each key and reports the others.
func dropDuplicates(ms []Member, diags *Diagnostics) []Member {
	first := make(map[string]Pos, len(ms))
	kept := ms[:0]
	for _, m := range ms {
		if pos, dup := first[m.Key]; dup {
			d := diags.Add(m.KeyPos, "duplicate-key", fmt.Sprintf("the key %s comes twice in one object", Quote(m.Key)),
				"remove or rename one of them")
			d.Notes = append(d.Notes, Note{Pos: pos, Message: "it is here first"})
			continue
		}
		first[m.Key] = m.KeyPos
		kept = append(kept, m)
	}
	return kept
}

// keyTable is an open-addressing hash set of member indices, reused from object
// to object, so that big objects cost no map each.
type keyTable struct {
	seed  maphash.Seed
	slots []int32 // index + 1; 0 is free
}

func (t *keyTable) unique(ms []Member) bool {
	size := 16
	for size < 2*len(ms) {
		size *= 2
	}
	if t.slots == nil {
		t.seed = maphash.MakeSeed()
	}
	if cap(t.slots) < size {
		t.slots = make([]int32, size)
	}
	slots := t.slots[:size]
	clear(slots)
	for i := range ms {
		h := maphash.String(t.seed, ms[i].Key)
		for {
			h &= uint64(size - 1)
			if slots[h] == 0 {
				slots[h] = int32(i + 1)
				break
			}
			if ms[slots[h]-1].Key == ms[i].Key {
				return false
			}
			h++
		}
	}
	return true
}

// fail reports a syntax error and returns nil, for callers to hand on.
func (p *jsonParser) fail(off, length int, message, hint string) *Node {
	p.diags.Add(Pos{Src: p.src, Off: int32(off), Len: int32(length)}, "invalid-json", message, hint)
	return nil
}

// unclosed reports that the document ends inside n.
func (p *jsonParser) unclosed(n *Node, closing byte) bool {
	p.fail(p.endOfPrevious(), 0, fmt.Sprintf("unexpected end of the document, expected %q", string(closing)),
		fmt.Sprintf("add %q", string(closing)))
	d := &p.diags[len(p.diags)-1]
	d.Notes = append(d.Notes, Note{Pos: n.Pos, Message: fmt.Sprintf("the %s begins here", n.Kind)})
	return false
}

// comment reports a comment at p.pos, if there is one.
func (p *jsonParser) comment() bool {
	rest := p.text[p.pos:]
	if !strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, "/*") && !strings.HasPrefix(rest, "#") {
		return false
	}
	end := strings.IndexByte(rest, '\n')
	if end < 0 {
		end = len(rest)
	}
	p.fail(p.pos, len(strings.TrimRight(rest[:end], "\r")), "JSON has no comments", "remove it, or write the document as YAML")
	return true
}

// badKey explains what stands at p.pos where a key must begin.
func (p *jsonParser) badKey() bool {
	if p.comment() {
		return false
	}
	c := p.text[p.pos]
	word := p.word()
	switch {
	case c == '\'':
		p.fail(p.pos, p.singleQuoted(), "keys must be in double quotes", `write "key", not 'key'`)
	case c == ',':
		p.fail(p.pos, 1, "unexpected comma", "remove it")
	case isWordByte(c):
		p.fail(p.pos, len(word), "keys must be in double quotes", "write "+strconv.Quote(word))
	default:
		p.fail(p.pos, 0, "expected a key in double quotes, found "+p.found(), "")
	}
	return false
}

// badValue explains what stands at p.pos where a value must begin.
func (p *jsonParser) badValue() *Node {
	if p.comment() {
		return nil
	}
	word := p.word()
	hint := map[string]string{
		"True": "write true", "False": "write false", "None": "write null", "undefined": "write null", "nil": "write null",
		"TRUE": "write true", "FALSE": "write false", "NULL": "write null", "Null": "write null",
	}[word]
	switch c := p.text[p.pos]; {
	case c == '\'':
		return p.fail(p.pos, p.singleQuoted(), "strings must be in double quotes", `write "text", not 'text'`)
	case c == '`':
		return p.fail(p.pos, 1, "strings must be in double quotes", "")
	case hint != "":
		return p.fail(p.pos, len(word), word+" is not JSON", hint)
	}
	switch strings.TrimLeft(word, "+-") {
	case "NaN", "Infinity", "nan", "inf", "Inf", "INF", "NAN":
		return p.fail(p.pos, len(word), "JSON has no number "+word, "write null, or leave the member out")
	}
	if w := strings.TrimLeft(word, "+-."); w != "" && '0' <= w[0] && w[0] <= '9' {
		return p.badNumber(word)
	}
	if word != "" && isWordByte(word[0]) {
		return p.fail(p.pos, len(word), fmt.Sprintf("expected a value, found %s", Quote(word)),
			"text must be in double quotes")
	}
	return p.fail(p.pos, 0, "expected a value, found "+p.found(), "")
}

func (p *jsonParser) badNumber(word string) *Node {
	digits := strings.TrimPrefix(word, "-")
	hint := ""
	switch {
	case strings.HasPrefix(digits, "+"):
		hint = `remove the "+"`
	case strings.HasPrefix(digits, "."):
		hint = `write a "0" before the point`
	case strings.HasSuffix(digits, "."):
		hint = "write a digit after the point"
	case len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x':
		hint = "write it in decimal"
	case len(digits) > 1 && digits[0] == '0' && skipDigits(digits, 0) > 1:
		hint = "remove the leading zero"
	case strings.Contains(digits, "_"):
		hint = `remove the "_"`
	}
	return p.fail(p.pos, len(word), fmt.Sprintf("%s is not a number of JSON", word), hint)
}

// word is the run of letters, digits, signs and points at p.pos.
func (p *jsonParser) word() string {
	i := p.pos
	for i < len(p.text) && (isWordByte(p.text[i]) || strings.IndexByte("+-.", p.text[i]) >= 0) {
		i++
	}
	return p.text[p.pos:i]
}

// singleQuoted is the length of the 'text' at p.pos.
func (p *jsonParser) singleQuoted() int {
	rest := p.text[p.pos+1:]
	if end := strings.IndexAny(rest, "'\n"); end >= 0 && rest[end] == '\'' {
		return end + 2
	}
	return 1
}

func (p *jsonParser) afterDocument() *Node {
	if p.comment() {
		return nil
	}
	return p.fail(p.pos, 0, fmt.Sprintf("unexpected %s after the end of the document", p.found()),
		"a JSON document is one value")
}

// found names the character at p.pos for a message.
func (p *jsonParser) found() string {
	if p.pos == len(p.text) {
		return "the end of the document"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return Quote(string(r))
}
