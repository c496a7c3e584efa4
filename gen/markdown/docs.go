package markdown

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/markup"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

var (
	spaces    = regexp.MustCompile(`\s+`)
	codeBlock = regexp.MustCompile("(?:^|\n) *```[a-z]*\n([^`]+?)\n *```(?:\n|$)")
	itemStart = regexp.MustCompile(`\n *[-*] `)
	link      = regexp.MustCompile(`\[([^][\n]+)\]\((https?://[^\s()<>]+)\)`)
	blockEnds = regexp.MustCompile(`\n\s*\n`)

	// special is code, and what has a meaning elsewhere: marks, underscores at the ends
	// of words, and what makes a list or a quotation of a line.
	special = regexp.MustCompile("`` *[^` ][^`]*``|` *[^` ][^`]*`|[\\\\`*\\[\\]<&~|$#]|\\b_+|_+\\b|^(?:[-+>]|[0-9]+[.)])")
)

// escape makes one line of Markdown of a document's text, which means nothing but
// itself, except that code between backticks is code. Besides [code] it is the only
// way by which such text gets into the file.
func escape(s string) string {
	return special.ReplaceAllStringFunc(visible(spaces.ReplaceAllString(s, " ")), func(match string) string {
		last := len(match) - 1
		switch {
		case match[0] == '`' && last > 0:
			return code(strings.Trim(match, "` "))
		case match[0] == '_':
			return strings.ReplaceAll(match, "_", `\_`)
		}
		return match[:last] + `\` + match[last:]
	})
}

// visible writes characters that cannot be seen, or that change how others are
// seen, as JSON writes them: \u202e.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// code writes text as code, quoted where it is empty or has spaces around it.
func code(s string) string {
	if s == "" || strings.TrimSpace(s) != s {
		s = text.QuoteJSON(s)
	}
	s = visible(s)
	fence, gap := "`", ""
	for strings.Contains(s, fence) {
		fence += "`"
	}
	switch {
	case strings.Contains(s, `\|`):
		return escape(s) // renderers do not agree what this is in the code of a table
	case s[0] == '`' || s[len(s)-1] == '`':
		gap = " "
	}
	return fence + gap + s + gap + fence
}

// blocksOf makes paragraphs and list items of a description or, where there is none, of a
// title. Code that is a block of its own becomes code in a line.
func blocksOf(d *schema.Deprecation, doc, title string) []string {
	if doc == "" {
		doc = plan.Sentence(title)
	}
	doc = codeBlock.ReplaceAllStringFunc(shown(doc), func(block string) string {
		return "\n``" + blockEnds.ReplaceAllString(codeBlock.FindStringSubmatch(block)[1], "\n") + "``\n"
	})
	blocks := blockEnds.Split(itemStart.ReplaceAllString(doc, "\n\n- "), -1)
	for i, block := range blocks {
		content, isItem := strings.CutPrefix(strings.TrimSpace(block), "- ")
		if blocks[i] = escape(content); isItem {
			blocks[i] = "- " + blocks[i]
		}
	}
	if d != nil {
		return append([]string{spaced("**Deprecated.**", escape(shown(d.Note)))}, blocks...)
	}
	return blocks
}

// shown is a description in which links show where they lead: escaping leaves none.
func shown(doc string) string { return link.ReplaceAllString(markup.Markdown(doc), "$1 ($2)") }

// cell is the description of something in one line, with further sentences.
func cell(d *schema.Deprecation, doc, title string, sentences ...string) string {
	return spaced(append(blocksOf(d, doc, title), sentences...)...)
}

// spaced joins the pieces that are not empty.
func spaced(pieces ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(pieces), func(p string) bool { return p == "" }), " ")
}

// paragraph prints pieces of Markdown, or nothing where all are empty.
func (r *reference) paragraph(pieces ...string) {
	if p := spaced(pieces...); p != "" {
		r.Blank()
		r.Line(p)
	}
}

// prose prints a description.
func (r *reference) prose(d *schema.Deprecation, doc, title string) {
	for _, block := range blocksOf(d, doc, title) {
		r.paragraph(block)
	}
}

// table prints rows below a header, without the columns that are empty in all rows,
// or nothing where there are no rows:
//
//	| Member  | Type   |
//	| ------- | ------ |
//	| `title` | string |
func (r *reference) table(header []string, rows [][]string) {
	widths := make([]int, len(header))
	for n, row := range slices.Concat([][]string{header}, rows) {
		for i, cell := range row {
			row[i] = strings.ReplaceAll(strings.ReplaceAll(cell, `\|`, "|"), "|", `\|`) // in code, too
			if cell != "" && n > 0 {
				widths[i] = max(widths[i], emit.Width(row[i]), emit.Width(header[i]), len("---"))
			}
		}
	}
	line := func(cells []string, fill string) {
		for i, width := range widths {
			if width > 0 {
				r.Raw("| " + cells[i] + strings.Repeat(fill, width-emit.Width(cells[i])) + " ")
			}
		}
		r.Line("|")
	}
	if len(rows) > 0 {
		r.Blank()
		line(header, " ")
		line(make([]string, len(header)), "-")
	}
	for _, row := range rows {
		line(row, " ")
	}
}
