package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// How many diagnostics of each severity the text format shows, and the others. Nobody reads
// more, and the services that take reports refuse large ones.
const (
	maxPrinted  = 50
	maxReported = 1000
)

// Formats are the names of the formats that Print knows; the first is the default.
var Formats = []string{"text", "json", "github", "gitlab", "sarif", "junit"}

// IsReport tells whether a format is a document of its own, also where there is no problem:
// it must be alone in its stream.
func IsReport(format string) bool { return format != "text" && format != "github" }

// Print writes the diagnostics in the order they have. Formats are "text" for
// people, with source line and underline; "json", one array; "github", workflow commands
// of GitHub Actions; "gitlab", a code quality report; "sarif", SARIF 2.1.0; and "junit",
// a test report. Color is for "text" on a terminal.
func (ds Diagnostics) Print(w io.Writer, format string, color bool) {
	var b bytes.Buffer
	if format != "text" {
		ds = ds.first(maxReported)
	}
	switch format {
	case "json":
		ds.printJSON(&b)
	case "github":
		ds.printGitHub(&b)
	case "gitlab":
		ds.printGitLab(&b)
	case "sarif":
		ds.printSARIF(&b)
	case "junit":
		ds.printJUnit(&b)
	default:
		ds.printText(&b, color, maxPrinted)
	}
	_, _ = w.Write(b.Bytes()) // the writer remembers what went wrong
}

// first returns up to limit diagnostics of each severity, and one that tells of the others.
func (ds Diagnostics) first(limit int) Diagnostics {
	var count [3]int
	var kept Diagnostics
	for i := range ds {
		if count[ds[i].Severity]++; count[ds[i].Severity] <= limit {
			kept = append(kept, ds[i])
		}
	}
	if hidden := len(ds) - len(kept); hidden > 0 {
		message := fmt.Sprintf("%d more problems are not listed", hidden)
		kept = append(kept, Diagnostic{Severity: Info, Code: "more-problems", Message: message})
	}
	return kept
}

// printText shows up to limit diagnostics of each severity and a summary:
//
//	api.yaml:12:15: error: no definition "TaskStat" in models.json [ref-not-found]
//	   12 |       params: {$ref: 'models.json#/$defs/TaskStat'}
//	      |                      ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
//	      = hint: did you mean "models.json#/$defs/TaskStats"?
//
//	1 error
func (ds Diagnostics) printText(b *bytes.Buffer, color bool, limit int) {
	p := &textPrinter{b: b, color: color}
	var count [3]int
	for i := range ds {
		d := &ds[i]
		if count[d.Severity]++; count[d.Severity] > limit {
			continue
		}
		p.diagnostic(d)
		b.WriteByte('\n')
	}
	hidden := 0
	for _, n := range count {
		hidden += max(0, n-limit)
	}
	if hidden > 0 {
		fmt.Fprintf(b, "and %d more\n\n", hidden)
	}
	var parts []string
	for s, n := range count {
		if n == 1 {
			parts = append(parts, "1 "+Severity(s).String())
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d %ss", n, Severity(s)))
		}
	}
	if len(parts) > 0 {
		b.WriteString(strings.Join(parts, ", ") + "\n")
	}
}

type textPrinter struct {
	b     *bytes.Buffer
	color bool
}

// The terminal's styles.
const (
	styleBold   = "1"
	styleDim    = "2"
	styleRed    = "1;31"
	styleYellow = "1;33"
	styleBlue   = "1;34"
	styleGreen  = "32"
)

func (p *textPrinter) styled(style, text string) {
	if !p.color || text == "" {
		p.b.WriteString(text)
		return
	}
	p.b.WriteString("\x1b[" + style + "m" + text + "\x1b[0m")
}

func (p *textPrinter) diagnostic(d *Diagnostic) {
	style := [...]string{styleRed, styleYellow, styleBlue}[d.Severity]
	p.styled(styleBold, placeText(d.Pos, d.File))
	p.styled(style, d.Severity.String()+": ")
	p.styled(styleBold, Escape(d.Message))
	if d.Code != "" {
		p.styled(styleDim, " ["+d.Code+"]")
	}
	p.b.WriteByte('\n')
	gutter := p.snippet(d.Pos, style)
	if d.Hint != "" {
		p.styled(styleDim, strings.Repeat(" ", gutter)+"= ")
		p.styled(styleGreen, "hint: "+Escape(d.Hint))
		p.b.WriteByte('\n')
	}
	for _, n := range d.Notes {
		p.styled(styleBold, placeText(n.Pos, ""))
		p.b.WriteString("note: " + Escape(n.Message) + "\n")
		p.snippet(n.Pos, styleBlue)
	}
}

// placeText is "file:line:col: ", or what of it is known.
func placeText(pos Pos, file string) string {
	switch {
	case pos.IsValid():
		line, col := pos.Line()
		return fmt.Sprintf("%s:%d:%d: ", Escape(pos.Src.Name), line, col)
	case file != "":
		return Escape(file) + ": "
	}
	return ""
}

// snippet shows the source line of pos with an underline, and returns the width
// of the column with the line number.
func (p *textPrinter) snippet(pos Pos, style string) (gutter int) {
	if !pos.IsValid() || pos.Src.hidden || len(pos.Src.Data) == 0 {
		return 2
	}
	line, _ := pos.Line()
	text, pad, width := renderLine(pos)
	number := fmt.Sprintf("%5d", line)
	gutter = len(number) + 1
	p.styled(styleDim, number+" | ")
	p.b.WriteString(text + "\n")
	p.styled(styleDim, strings.Repeat(" ", gutter)+"| ")
	p.b.WriteString(strings.Repeat(" ", pad))
	mark := "^"
	if width > 1 {
		mark = strings.Repeat("~", width)
	}
	p.styled(style, mark)
	p.b.WriteByte('\n')
	return gutter
}

const (
	shownColumns = 100 // of a source line
	shownBefore  = 40  // of them, before the place, where the line is cut
	tabColumns   = 4
)

// renderLine returns the line of pos as a terminal may show it, cut to
// shownColumns, and where the underline starts and how wide it is in columns.
func renderLine(pos Pos) (text string, pad, width int) {
	data := pos.Src.Data
	off := pos.clamped()
	start, line := pos.Src.lineStart(off)
	end := pos.Src.lineEnd(line)
	if end > start && data[end-1] == '\r' {
		end--
	}
	off = min(off, end)
	spanEnd := min(off+int(pos.Len), end)

	before := safeText(data[lineWindowStart(data, start, off):off], 0)
	cutLeft := lineWindowStart(data, start, off) > start
	if w := textColumns(before); w > shownBefore && w+min(spanEnd-off, 40) > shownColumns-10 {
		before = lastColumns(before, shownBefore)
		cutLeft = true
	}
	if cutLeft {
		before = "…" + before
	}
	pad = textColumns(before)
	room := shownColumns - pad
	span, spanCut := firstColumns(safeText(boundedBytes(data[off:spanEnd], 4*shownColumns), pad), room)
	width = textColumns(span)
	after, afterCut := "", spanCut
	if !spanCut {
		after, afterCut = firstColumns(safeText(boundedBytes(data[spanEnd:end], 4*shownColumns), pad+width), room-width)
	}
	text = before + span + after
	if afterCut {
		text += "…"
	}
	return text, pad, width
}

// lineWindowStart bounds how much of a very long line before off is looked at.
func lineWindowStart(data []byte, start, off int) int {
	if off-start <= 4*shownColumns {
		return start
	}
	from := off - 4*shownColumns
	for from < off && !utf8.RuneStart(data[from]) {
		from++
	}
	return from
}

func boundedBytes(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// safeText expands tabs, with column columns before it, and escapes the rest of
// what a terminal would obey.
func safeText(b []byte, column int) string {
	if bytes.IndexByte(b, '\t') < 0 {
		return Escape(string(b))
	}
	var out strings.Builder
	for i, part := range bytes.Split(b, []byte{'\t'}) {
		if i > 0 {
			n := tabColumns - column%tabColumns
			out.WriteString(strings.Repeat(" ", n))
			column += n
		}
		s := Escape(string(part))
		out.WriteString(s)
		column += textColumns(s)
	}
	return out.String()
}

// firstColumns cuts s to n columns and tells whether it did.
func firstColumns(s string, n int) (string, bool) {
	for i, r := range s {
		if n -= runeColumns(r); n < 0 {
			return s[:i], true
		}
	}
	return s, false
}

// lastColumns keeps the last n columns of s.
func lastColumns(s string, n int) string {
	i := len(s)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if n -= runeColumns(r); n < 0 {
			break
		}
		i -= size
	}
	return s[i:]
}

func textColumns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// wideRunes are what terminals show two columns wide: East Asian wide and
// fullwidth characters, and emoji.
var wideRunes = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, {0x231a, 0x231b, 1}, {0x23e9, 0x23ec, 1}, {0x25fd, 0x25fe, 1}, {0x2614, 0x2615, 1},
		{0x2648, 0x2653, 1}, {0x26aa, 0x26ab, 1}, {0x26bd, 0x26be, 1}, {0x26c4, 0x26c5, 1}, {0x2705, 0x2705, 1},
		{0x270a, 0x270b, 1}, {0x2728, 0x2728, 1}, {0x274c, 0x274c, 1}, {0x2753, 0x2755, 1}, {0x2795, 0x2797, 1},
		{0x2b1b, 0x2b1c, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0x33ff, 1}, {0x3400, 0x4dbf, 1}, {0x4e00, 0x9fff, 1},
		{0xa000, 0xa4cf, 1}, {0xa960, 0xa97c, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe10, 0xfe19, 1},
		{0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{
		{0x16fe0, 0x18cff, 1}, {0x1b000, 0x1b2fb, 1}, {0x1f004, 0x1f004, 1}, {0x1f0cf, 0x1f0cf, 1},
		{0x1f18e, 0x1f18e, 1}, {0x1f191, 0x1f19a, 1}, {0x1f200, 0x1f320, 1}, {0x1f32d, 0x1f335, 1},
		{0x1f337, 0x1f37c, 1}, {0x1f37e, 0x1f393, 1}, {0x1f3a0, 0x1f3ca, 1}, {0x1f3e0, 0x1f3f0, 1},
		{0x1f3f8, 0x1f43e, 1}, {0x1f440, 0x1f440, 1}, {0x1f442, 0x1f4fc, 1}, {0x1f4ff, 0x1f53d, 1},
		{0x1f550, 0x1f567, 1}, {0x1f5fb, 0x1f64f, 1}, {0x1f680, 0x1f6c5, 1}, {0x1f6d5, 0x1f6fc, 1},
		{0x1f7e0, 0x1f7eb, 1}, {0x1f90c, 0x1f9ff, 1}, {0x1fa70, 0x1faff, 1}, {0x20000, 0x3fffd, 1},
	},
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wideRunes, r):
		return 2
	}
	return 1
}

// Escape makes document text safe for a terminal and for the log of a CI system: control
// characters, escape sequences, direction marks and other invisible characters are spelled
// out, and so is what begins a command: "::" in front, "##[" and "##vso[" anywhere.
func Escape(s string) string { return escape(s, false) }

// EscapeLine is [Escape] for a line of source code, whose tabs stay.
func EscapeLine(s string) string { return escape(s, true) }

func escape(s string, tabs bool) string {
	command := strings.HasPrefix(strings.TrimLeft(s, " \t"), "::") || strings.Contains(s, "##")
	clean := !command
	for i := 0; i < len(s) && clean; i++ {
		clean = ' ' <= s[i] && s[i] < 0x7f || tabs && s[i] == '\t'
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t' && !tabs:
			b.WriteString(`\t`)
		case unicode.IsGraphic(r) && !(command && startsCommand(s, i)) || r == '\t':
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// startsCommand tells whether a CI system could take a command from s[i:].
func startsCommand(s string, i int) bool {
	rest := s[i:]
	return strings.HasPrefix(rest, "::") && strings.Trim(s[:i], " \t") == "" ||
		strings.HasPrefix(rest, "##") && strings.Contains(rest, "[")
}

// Short is [Escape] for a name in a list: one that is very long is cut.
func Short(s string) string {
	short, cut := firstColumns(Escape(boundedText(s, 4*shownColumns)), shownColumns)
	if cut || len(s) > 4*shownColumns {
		short += "…"
	}
	return short
}

// EscapeJSON spells out what does not show in a JSON text.
func EscapeJSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf && data[i] != 0x7f {
			out = append(out, data[i])
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if unicode.IsGraphic(r) && r != utf8.RuneError {
			out = append(out, data[i:i+size]...)
		} else {
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		i += size
	}
	return out
}

// Quote quotes document text for a message: escaped, and cut where it is long.
func Quote(s string) string {
	short, cut := firstColumns(boundedText(s, 400), 60)
	if cut {
		short += "…"
	}
	return `"` + strings.ReplaceAll(Escape(short), `"`, `\"`) + `"`
}

func boundedText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// endColumn is the 1-based column just behind the span, on the line it starts on.
func (p Pos) endColumn() int {
	_, col := p.Line()
	span := p.Src.Data[p.clamped():min(p.clamped()+int(p.Len), len(p.Src.Data))]
	if i := bytes.IndexByte(span, '\n'); i >= 0 {
		span = span[:i]
	}
	return col + max(1, utf8.RuneCount(span))
}
