package rpc

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep JSON values may nest: as deep as all languages read them.
const maxDepth = 200

// DecodeError says why JSON does not fit a type.
type DecodeError struct {
	Path    string // of the value: "items[3].owner.id"; "" is the whole document
	Message string // "want integer, got string"
}

// Error implements error.
func (e *DecodeError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// decoder reads one JSON document in a single pass. The first problem ends it:
// the position goes to the end, where every further step does nothing.
type decoder struct {
	Key []byte // name of the last member; valid until the next string is read

	data    []byte
	pos     int
	depth   int
	first   bool   // the next member or item is the first of its object or array
	frame   bool   // texts need not be Unicode: what is wrong in one harms only its own call
	buf     []byte // unescaped text of the last string that had escapes
	err     *DecodeError
	ahead   int      // bytes that were looked at before it was their turn
	outline *outline // of a value that is being read; nil until one is needed
}

// end returns the first problem, which may be that the value has not ended.
func (d *decoder) end() error {
	if d.err == nil && d.peek() != 0 {
		d.Fail(d.pos, "unexpected data after the value")
	}
	if d.err != nil {
		return d.err
	}
	return nil
}

// Fail keeps the first problem, with the path of the value at offset at.
func (d *decoder) Fail(at int, message string) {
	if d.err == nil {
		d.err = &DecodeError{Path: pathAt(d.data, at), Message: message}
	}
	d.pos = len(d.data)
	d.first = false
}

// adopt ends d with the problem of a decoder that looked ahead.
func (d *decoder) adopt(ahead *decoder) { d.err, d.pos, d.first = ahead.err, len(d.data), false }

// want fails with what stands here instead of the wanted type.
func (d *decoder) want(what string) {
	if d.err != nil {
		return
	}
	var got string
	switch d.peek() {
	case 0:
		got = "the end of the document"
	case '{':
		got = "object"
	case '[':
		got = "array"
	default:
		ahead := decoder{data: d.data, pos: d.pos}
		got = string(ahead.skip())
		if ahead.err != nil {
			d.adopt(&ahead)
			return
		}
		got = shortened([]byte(got))
	}
	d.Fail(d.pos, "want "+what+", got "+got)
}

// shortened is JSON as an error shows it.
func shortened(text []byte) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(string(text[:37]), "") + "..."
	}
	return string(text)
}

// peek skips white space and returns the next byte, 0 at the end.
func (d *decoder) peek() byte {
	if d.pos < len(d.data) && d.data[d.pos] > ' ' {
		return d.data[d.pos]
	}
	return d.peekPastSpace()
}

func (d *decoder) peekPastSpace() byte {
	for d.pos < len(d.data) {
		c := d.data[d.pos]
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			if c == 0 {
				d.Fail(d.pos, "unexpected NUL")
			}
			return c
		}
		d.pos++
	}
	return 0
}

// open enters an object or array; want names it for the error.
func (d *decoder) open(bracket byte, want string) {
	if d.peek() != bracket {
		d.want(want)
		return
	}
	if d.depth++; d.depth > maxDepth {
		d.Fail(d.pos, "nested too deeply")
		return
	}
	d.pos++
	d.first = true
}

// more goes to the next member or item, or leaves at the closing bracket.
func (d *decoder) more(closing byte) bool {
	c := d.peek()
	first := d.first
	d.first = false
	switch {
	case c == closing:
		d.pos++
		d.depth--
		return false
	case first && c != 0:
		return true
	case c == ',':
		d.pos++
		return d.peek() != 0 || d.unexpectedEnd()
	case c == 0:
		return d.unexpectedEnd()
	}
	d.Fail(d.pos, "want ',' or '"+string(closing)+"', got '"+string(rune(c))+"'")
	return false
}

func (d *decoder) unexpectedEnd() bool {
	d.Fail(len(d.data), "unexpected end of the document")
	return false
}

// Start returns the offset of the next value.
func (d *decoder) Start() int {
	d.peek()
	return d.pos
}

// Object enters an object; [decoder.Member] goes through it.
func (d *decoder) Object() { d.open('{', "object") }

// Array enters an array; [decoder.Item] goes through it.
func (d *decoder) Array() { d.open('[', "array") }

// Item goes to the next item of an array.
func (d *decoder) Item() bool { return d.more(']') }

// Member goes to the value of an object's next member and sets d.Key.
func (d *decoder) Member() bool { return d.more('}') && d.key() }

// key reads the name of a member and the colon.
func (d *decoder) key() bool {
	if d.peek() != '"' {
		d.Fail(d.pos, "want a member's name")
		return false
	}
	d.Key = d.Text()
	if d.peek() != ':' {
		d.Fail(d.pos, "want ':'")
		return false
	}
	d.pos++
	return true
}

// takeKey goes to the value of the next member if its name is written just so.
func (d *decoder) takeKey(name string) bool {
	end := d.pos + 1 + len(name)
	if end+1 >= len(d.data) || d.data[end] != '"' || d.data[end+1] != ':' || d.data[d.pos] != '"' || string(d.data[d.pos+1:end]) != name {
		return false
	}
	d.pos = end + 2
	return true
}

// null consumes null if it is next.
func (d *decoder) null() bool {
	if d.peek() != 'n' {
		return false
	}
	return d.literal("null")
}

func (d *decoder) literal(word string) bool {
	if !bytes.HasPrefix(d.data[d.pos:], []byte(word)) {
		d.Fail(d.pos, "invalid JSON")
		return false
	}
	d.pos += len(word)
	return true
}

// Text reads a string. The bytes are part of the input or of a buffer: they
// are valid until the next string is read.
func (d *decoder) Text() []byte {
	if d.peek() != '"' {
		d.want("string")
		return nil
	}
	start := d.pos + 1
	ascii := true
	for i := start; i < len(d.data); i++ {
		switch c := d.data[i]; {
		case c == '"':
			d.pos = i + 1
			if s := d.data[start:i]; ascii || utf8.Valid(s) {
				return s
			}
			return d.unescape(start)
		case c == '\\':
			return d.unescape(start)
		case c < ' ':
			d.Fail(d.pos, "control character in a string")
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	d.unexpectedEnd()
	return nil
}

// notUnicode says that bytes are not UTF-8, or that half of a surrogate pair has no other half.
const notUnicode = "the text is not valid Unicode"

// unescape reads the string whose text begins at i into d.buf. In a frame, what is not
// Unicode becomes U+FFFD.
func (d *decoder) unescape(i int) []byte {
	start := i - 1
	b := d.buf[:0]
	for i < len(d.data) {
		switch c := d.data[i]; {
		case c == '"':
			d.pos, d.buf = i+1, b
			return b
		case c == '\\':
			var problem string
			if b, i, problem = appendEscape(b, d.data, i); problem != "" && !(d.frame && problem == notUnicode) {
				d.Fail(start, problem)
				return nil
			}
		case c < ' ':
			d.Fail(start, "control character in a string")
			return nil
		case c < utf8.RuneSelf:
			b = append(b, c)
			i++
		default:
			r, size := utf8.DecodeRune(d.data[i:])
			if r == utf8.RuneError && size == 1 && !d.frame {
				d.Fail(start, notUnicode)
				return nil
			}
			b = utf8.AppendRune(b, r)
			i += size
		}
	}
	d.unexpectedEnd()
	return nil
}

const badEscape = "invalid escape in a string"

// appendEscape appends what the escape at i stands for and returns the offset
// after it. Half of a surrogate pair becomes U+FFFD, which is a problem as well.
func appendEscape(b, data []byte, i int) (_ []byte, next int, problem string) {
	if i+1 >= len(data) {
		return b, i, badEscape
	}
	switch c := data[i+1]; c {
	case '"', '\\', '/':
		return append(b, c), i + 2, ""
	case 'b':
		return append(b, '\b'), i + 2, ""
	case 'f':
		return append(b, '\f'), i + 2, ""
	case 'n':
		return append(b, '\n'), i + 2, ""
	case 'r':
		return append(b, '\r'), i + 2, ""
	case 't':
		return append(b, '\t'), i + 2, ""
	}
	r, ok := hexEscape(data[i:])
	if !ok {
		return b, i, badEscape
	}
	i += 6
	if utf16.IsSurrogate(r) {
		low, _ := hexEscape(data[i:])
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return utf8.AppendRune(b, r), i, notUnicode
		}
		i += 6
	}
	return utf8.AppendRune(b, r), i, ""
}

// hexEscape reads \uXXXX.
func hexEscape(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number's text; what names the wanted type for the error.
func (d *decoder) number(what string) []byte {
	if c := d.peek(); c != '-' && (c < '0' || c > '9') {
		d.want(what)
		return nil
	}
	start := d.pos
	i := start
	if d.data[i] == '-' {
		i++
	}
	whole := i
	i = digits(d.data, i)
	ok := i > whole && (d.data[whole] != '0' || i == whole+1)
	if ok && i < len(d.data) && d.data[i] == '.' {
		end := digits(d.data, i+1)
		ok = end > i+1
		i = end
	}
	if ok && i < len(d.data) && d.data[i]|0x20 == 'e' {
		i++
		if i < len(d.data) && (d.data[i] == '+' || d.data[i] == '-') {
			i++
		}
		end := digits(d.data, i)
		ok = end > i
		i = end
	}
	if !ok {
		d.Fail(start, "invalid number")
		return nil
	}
	d.pos = i
	return d.data[start:i]
}

func digits(s []byte, i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}

// skip passes over any value, checking it, and returns its bytes.
func (d *decoder) skip() []byte {
	c := d.peek()
	start := d.pos
	switch c {
	case '{':
		for d.Object(); d.Member(); {
			d.skip()
		}
	case '[':
		for d.Array(); d.Item(); {
			d.skip()
		}
	case '"':
		d.Text()
	case 't':
		d.literal("true")
	case 'f':
		d.literal("false")
	case 'n':
		d.literal("null")
	case 0:
		d.unexpectedEnd()
	default:
		if c != '-' && (c < '0' || c > '9') {
			d.Fail(start, "invalid JSON")
			return nil
		}
		d.number("number")
	}
	if d.err != nil {
		return nil
	}
	return d.data[start:d.pos]
}

// pathAt returns the path of the value at an offset of a document that is
// valid up to there.
func pathAt(data []byte, at int) string {
	type level struct {
		array bool
		index int
		key   string
	}
	var levels []level
	inKey := false // the next string is a member's name
	for i := 0; i < at; i++ {
		top := len(levels) - 1
		switch data[i] {
		case '{', '[':
			levels = append(levels, level{array: data[i] == '['})
			inKey = data[i] == '{'
		case '}', ']':
			levels = levels[:max(top, 0)]
		case ',':
			if inKey = top >= 0 && !levels[top].array; top >= 0 {
				levels[top].index++
			}
		case '"':
			end, closed := stringEnd(data, i)
			if inKey && closed && end <= at {
				d := decoder{data: data[:end], pos: i, frame: true}
				levels[top].key, inKey = string(d.Text()), false
			}
			i = end - 1
		}
	}
	if inKey { // the name of a member is meant, which belongs to the object
		levels = levels[:len(levels)-1]
	}
	var path strings.Builder
	for _, l := range levels {
		switch {
		case l.array:
			path.WriteString("[" + strconv.Itoa(l.index) + "]")
		case !isName(l.key):
			path.WriteString("[" + strconv.Quote(l.key) + "]")
		case path.Len() > 0:
			path.WriteString("." + l.key)
		default:
			path.WriteString(l.key)
		}
	}
	return path.String()
}

// stringEnd returns the offset behind the string that begins at i.
func stringEnd(data []byte, i int) (end int, closed bool) {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i + 1, true
		case '\\':
			i++
		}
	}
	return len(data), false
}

// isName tells whether a member's name can stand in a path as it is.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return s != ""
}
