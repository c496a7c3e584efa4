// Package markup reads the markup of descriptions. Docstrings are written in
// reStructuredText, with sections in the style of Google or NumPy, or in Markdown; [Markdown]
// makes Markdown of all of them, which editors show and printers take apart.
package markup

import (
	"regexp"
	"strconv"
	"strings"
)

// Markdown returns a description as Markdown. What is not surely markup of another kind
// stays as it is.
func Markdown(doc string) string {
	if !isSuspect(doc) {
		return doc
	}
	doc = strings.ReplaceAll(strings.ReplaceAll(doc, "\r\n", "\n"), "\r", "\n")
	lines, targets := takeTargets(strings.Split(doc, "\n"))
	r := &reader{lines: lines, targets: targets, levels: &[]byte{}}
	r.read()
	return strings.Join(r.out, "\n")
}

// isSuspect tells whether a text may hold markup. It spares most texts the reading.
func isSuspect(doc string) bool {
	if strings.Contains(doc, "`") || strings.HasPrefix(doc, ":") || strings.HasPrefix(doc, ".. ") || strings.HasPrefix(doc, ">>>") {
		return true
	}
	if !strings.Contains(doc, "\n") {
		return false
	}
	for _, mark := range []string{"::", ":\n", "\n:", "\n.. ", ">>>", "\n#. ", "--", "==", "~~", "^^", `""`, "++", "**"} {
		if strings.Contains(doc, mark) {
			return true
		}
	}
	return false
}

// reader turns lines into lines of Markdown.
type reader struct {
	lines   []string
	targets map[string]string // URLs by the names that refer to them
	levels  *[]byte           // the characters that underline headings, the highest level first
	depth   int               // of what is indented

	out       []string
	paragraph []string // lines that belong together, not yet in out
	inList    bool     // indented lines belong to a list item
	number    int      // of the last item that is numbered by itself: "#."
}

// maxDepth is how deep blocks may be nested; deeper ones stay as they are.
const maxDepth = 6

// read goes through the lines, a block at a time.
func (r *reader) read() {
	for at := 0; at < len(r.lines); {
		at = r.block(at)
	}
	r.flush()
}

// block reads what begins at a line, and returns the line after it.
func (r *reader) block(at int) (next int) {
	line := r.lines[at]
	if strings.TrimSpace(line) == "" {
		r.flush()
		r.out = append(r.out, line)
		return at + 1
	}
	if _, end := Fenced(r.lines, at); end > 0 {
		r.flush()
		r.out = append(r.out, r.lines[at:end]...)
		return end
	}
	first := len(r.paragraph) == 0 // of a paragraph
	if indent := indentOf(line); first && indent == 0 {
		r.inList = markerOf(line) > 0
		if !r.inList {
			r.number = 0
		}
	} else if first && indent >= 4 && !r.inList {
		return r.verbatim(at)
	}
	for _, read := range []func(int, bool) int{r.directive, r.fields, r.section, r.numpySection, r.heading, r.doctest, r.table, r.literal} {
		if next := read(at, first); next > 0 {
			return next
		}
	}
	if item := strings.TrimLeft(line, " "); strings.HasPrefix(item, "#. ") {
		r.number++
		line = strings.Replace(line, "#", strconv.Itoa(r.number), 1)
	}
	r.paragraph = append(r.paragraph, line)
	return at + 1
}

// verbatim copies lines that are code in Markdown.
func (r *reader) verbatim(at int) int {
	for ; at < len(r.lines) && strings.TrimSpace(r.lines[at]) != ""; at++ {
		r.out = append(r.out, r.lines[at])
	}
	return at
}

// flush ends a paragraph.
func (r *reader) flush() {
	if len(r.paragraph) > 0 {
		r.out = append(r.out, strings.Split(r.inline(strings.Join(r.paragraph, "\n")), "\n")...)
		r.paragraph = nil
	}
}

// separate ends a paragraph, and begins a block with an empty line above it.
func (r *reader) separate() {
	r.flush()
	if n := len(r.out); n > 0 && strings.TrimSpace(r.out[n-1]) != "" {
		r.out = append(r.out, "")
	}
}

// add prints a block between empty lines. What follows it prints the one below.
func (r *reader) add(next int, lines ...string) int {
	r.separate()
	r.out = append(r.out, lines...)
	if next < len(r.lines) && strings.TrimSpace(r.lines[next]) != "" {
		r.out = append(r.out, "")
	}
	return next
}

// fenced is a block of code.
func fenced(language string, lines []string) []string {
	fence := "```"
	for _, line := range lines {
		for strings.Contains(line, fence) {
			fence += "`"
		}
	}
	return append(append([]string{fence + language}, lines...), fence)
}

// inner reads lines that belong to a block, as a text of its own.
func (r *reader) inner(lines []string) []string {
	lines = dedent(lines)
	if r.depth >= maxDepth {
		return lines
	}
	in := &reader{lines: lines, targets: r.targets, levels: r.levels, depth: r.depth + 1}
	in.read()
	return trim(in.out)
}

// labelled puts a word and a colon before lines: on the first of them, where that is prose.
func labelled(label string, lines []string) []string {
	switch {
	case len(lines) == 0:
		return []string{label + "."}
	case markerOf(lines[0]) > 0 || strings.ContainsAny(lines[0][:1], "|# ") || strings.HasPrefix(lines[0], "```"):
		return append([]string{label + ":", ""}, lines...)
	}
	return append([]string{label + ": " + lines[0]}, lines[1:]...)
}

// indented returns where the lines end that belong to a block: those that are indented more
// than some columns, and the empty ones between them.
func (r *reader) indented(at, columns int) (end int) {
	end = at
	for i := at; i < len(r.lines); i++ {
		if strings.TrimSpace(r.lines[i]) == "" {
			continue
		}
		if indentOf(r.lines[i]) <= columns {
			break
		}
		end = i + 1
	}
	return end
}

// Fenced returns the code of the block between fences that begins at a line of Markdown, and
// the line after the block; 0 where none begins.
func Fenced(lines []string, at int) (code []string, end int) {
	trimmed := strings.TrimLeft(lines[at], " ")
	text := strings.TrimLeft(trimmed, "`")
	mark := trimmed[:len(trimmed)-len(text)]
	if len(mark) < 3 || strings.Contains(text, "`") { // that is code within a line
		return nil, 0
	}
	for i := at + 1; i < len(lines); i++ {
		if rest, closes := strings.CutPrefix(strings.TrimSpace(lines[i]), mark); closes && strings.Trim(rest, "`") == "" {
			return lines[at+1 : i], i + 1
		}
	}
	return lines[at+1:], len(lines)
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

var marker = regexp.MustCompile(`^ *([-*+•]|#\.|\(?[0-9]{1,3}[.)]) +`)

// markerOf returns the length of a list marker and of what is before it; 0 for none.
func markerOf(line string) int {
	if first := strings.TrimLeft(line, " "); first == "" || 'A' <= first[0] && first[0] <= 'z' {
		return 0
	}
	return len(marker.FindString(line))
}

// dedent takes the indentation off that all lines share.
func dedent(lines []string) []string {
	shared := -1
	for _, line := range lines {
		if strings.TrimSpace(line) != "" && (shared < 0 || indentOf(line) < shared) {
			shared = indentOf(line)
		}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = line[min(max(shared, 0), len(line)):]
		if strings.TrimSpace(line) == "" {
			out[i] = ""
		}
	}
	return trim(out)
}

// trim drops the empty lines at both ends.
func trim(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
