package text

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// yamlLines maps the library's lines and columns to offsets. YAML 1.1 breaks
// lines at more characters than our line numbers do: CR, NEL, LS and PS.
type yamlLines struct {
	data   []byte
	starts []int
	ascii  bool

	line, col, off int // the last answer, to go on from on the same line
}

func newYAMLLines(data []byte) *yamlLines {
	t := &yamlLines{data: data, ascii: true}
	first := 0
	if bytes.HasPrefix(data, utf8BOM) {
		first = len(utf8BOM)
	}
	t.starts = append(t.starts, first)
	for i := first; i < len(data); {
		c := data[i]
		n := 1
		isBreak := c == '\n' || c == '\r' && (i+1 == len(data) || data[i+1] != '\n')
		if c >= utf8.RuneSelf {
			var r rune
			r, n = utf8.DecodeRune(data[i:])
			t.ascii = false
			isBreak = r == '\u0085' || r == '\u2028' || r == '\u2029'
		}
		i += n
		if isBreak {
			t.starts = append(t.starts, i)
		}
	}
	return t
}

// offset returns where a 1-based line and column is; columns count characters.
func (t *yamlLines) offset(line, col int) int {
	line = max(1, min(line, len(t.starts)))
	off, at := t.starts[line-1], 1
	if t.ascii {
		return min(off+max(col, 1)-1, len(t.data))
	}
	if line == t.line && t.col <= col {
		off, at = t.off, t.col
	}
	for ; at < col && off < len(t.data); at++ {
		_, n := utf8.DecodeRune(t.data[off:])
		off += n
	}
	t.line, t.col, t.off = line, at, off
	return off
}

var yamlErrorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// explain reports a syntax error of the library, in our words where they help.
func (c *yamlReader) explain(err error) {
	match := yamlErrorLine.FindStringSubmatch(err.Error())
	if match == nil {
		match = []string{"", "", err.Error()}
	}
	line, _ := strconv.Atoi(match[1])
	message := match[2]
	start := c.problemLine()
	switch {
	case strings.HasPrefix(message, "control characters") || strings.HasPrefix(message, "invalid Unicode"):
		c.explainControl()
		return
	case strings.HasPrefix(message, "unknown anchor"):
		c.explainAnchor(message)
		return
	case line > 0 && message == "could not find expected ':'":
		start = c.table.offset(line, 1) // where the key is, and not where the next begins
	case line > 0 && message == "found unexpected end of stream":
		start = c.openQuoteLine(line)
	}
	c.explainLine(start, message)
}

// problemLine finds the line at which the library gave up. Its messages name
// other lines, often the start of the surrounding block, so the document is read
// again byte by byte to see how far the library came.
func (c *yamlReader) problemLine() int {
	r := &countingReader{data: c.src.Data}
	if _, err := decodeYAML(r); err == nil {
		return 0
	}
	read := bytes.TrimRight(c.src.Data[:r.pos], " \r\n")
	return bytes.LastIndexByte(read, '\n') + 1
}

// openQuoteLine finds the line of a quote that is never closed. The library names
// it, except where it is the first.
func (c *yamlReader) openQuoteLine(line int) int {
	start := c.table.offset(line, 1)
	text, _, _ := bytes.Cut(c.src.Data[start:], []byte{'\n'})
	if bytes.ContainsAny(text, `"'`) {
		return start
	}
	return c.table.offset(1, 1)
}

// countingReader hands out one byte at a time.
type countingReader struct {
	data []byte
	pos  int
}

func (r *countingReader) Read(p []byte) (int, error) {
	if r.pos == len(r.data) {
		return 0, io.EOF
	}
	p[0] = r.data[r.pos]
	r.pos++
	return 1, nil
}

// explainLine words a problem on the line that starts at start.
func (c *yamlReader) explainLine(start int, message string) {
	line := c.src.Data[start:]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	line = bytes.TrimRight(line, "\r")
	indent := len(line) - len(bytes.TrimLeft(line, " \t"))
	body := string(line[indent:])
	at, length, hint := indent, 0, ""
	switch {
	case bytes.IndexByte(line[:indent], '\t') >= 0:
		at, length = bytes.IndexByte(line, '\t'), 1
		message, hint = "a tab indents this line", "YAML is indented with spaces only"
	case strings.Contains(message, "tab"):
		at = max(bytes.IndexByte(line, '\t'), 0)
		message, hint = "a tab stands where YAML wants spaces", "replace it with spaces"
	case message == "mapping values are not allowed in this context":
		message, at = `":" is not allowed here`, lastColon(string(line), indent)
		length = 1
		hint = `put text that contains ": " in quotes; check the indentation`
	case message == "found character that cannot start any token":
		at = indent + reservedStart(body)
		length = 1
		message = fmt.Sprintf("text cannot begin with %s", Quote(firstCharacter(line[min(at, len(line)):])))
		hint = "put the text in quotes"
	case message == "found unexpected end of stream":
		at, message, hint = indent+max(strings.IndexAny(body, `"'`), 0), "this quoted text is never closed", "add the closing quote"
		length = 1
	case message == "could not find expected ':'":
		message, hint = fmt.Sprintf("expected %q after the key", ":"), "add it, or check the indentation"
		length = len(body)
	case message == "did not find expected key" && strings.Count(body, "'")%2 == 1:
		message, hint = "this line has an odd number of single quotes", "write '' for a quote inside single quotes, or use double quotes"
		length = len(body)
	case message == "did not find expected key" || message == "did not find expected '-' indicator":
		message, hint = "this line does not continue the block above it", "check its indentation and the quotes before it"
		length = len(body)
	case message == "did not find expected ',' or ']'":
		message, hint = `expected "," or "]"`, "close the list, or add a comma"
		if strings.Contains(body, "[") {
			at = len(line)
		}
	case message == "did not find expected ',' or '}'":
		message, hint = `expected "," or "}"`, "close the mapping, or add a comma"
		if strings.Contains(body, "{") {
			at = len(line)
		}
	case message == "did not find expected node content":
		message, hint = "expected a value", ""
	case message == "found unknown escape character":
		at = indent + max(strings.IndexByte(body, '\\'), 0)
		message, hint = "this escape does not exist in YAML", `write "\\" for a backslash, or use single quotes`
	}
	c.diags.Add(Pos{Src: c.src, Off: int32(start + at), Len: int32(length)}, "invalid-yaml", Escape(message), hint)
}

func firstCharacter(b []byte) string {
	_, n := utf8.DecodeRune(b)
	return string(b[:n])
}

// lastColon finds the ": " that made a line ambiguous.
func lastColon(line string, from int) int {
	if i := strings.LastIndex(line, ": "); i >= from {
		return i
	}
	if strings.HasSuffix(line, ":") {
		return len(line) - 1
	}
	return from
}

// reservedStart finds the reserved character at which a value begins.
func reservedStart(body string) int {
	for _, c := range []string{"@", "`", "%", "\t"} {
		for _, lead := range []string{": ", "- ", "[", "{", ", "} {
			if i := strings.Index(body, lead+c); i >= 0 {
				return i + len(lead)
			}
		}
	}
	return 0
}

func (c *yamlReader) explainControl() {
	for off := 0; off < len(c.src.Data); {
		r, n := utf8.DecodeRune(c.src.Data[off:])
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || 0x7f <= r && r < 0xa0 && r != 0x85 ||
			r == 0xfffe || r == 0xffff || r == '\ufeff' && off > 0 {
			c.diags.Add(Pos{Src: c.src, Off: int32(off), Len: int32(n)}, "invalid-yaml",
				fmt.Sprintf("control character U+%04X", r), fmt.Sprintf(`remove it, or write "\u%04x" in double quotes`, r))
			return
		}
		off += n
	}
	c.diags.Add(Pos{Src: c.src}, "invalid-yaml", "the document holds a control character", "remove it")
}

var yamlAnchorName = regexp.MustCompile(`'(.*)'`)

func (c *yamlReader) explainAnchor(message string) {
	name := ""
	if m := yamlAnchorName.FindStringSubmatch(message); m != nil {
		name = m[1]
	}
	off := max(bytes.Index(c.src.Data, []byte("*"+name)), 0)
	c.diags.Add(Pos{Src: c.src, Off: int32(off), Len: int32(len(name) + 1)}, "invalid-yaml",
		fmt.Sprintf("no anchor &%s stands before the alias *%s", Escape(name), Escape(name)),
		`put text that begins with "*" in quotes`)
}
