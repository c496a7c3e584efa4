package emit

import "strings"

// Prose prints Markdown, wrapped, with an empty line before each paragraph. The lines of a
// list item are indented.
func (b *Buffer) Prose(text string) {
	if text == "" {
		return
	}
	for _, paragraph := range strings.Split(text, "\n\n") {
		b.Blank()
		if !strings.HasPrefix(paragraph, "- ") {
			b.wrapped("", paragraph)
			continue
		}
		for _, item := range strings.Split(paragraph, "\n") {
			b.wrapped("- ", strings.TrimPrefix(item, "- "))
		}
	}
}

func (b *Buffer) wrapped(mark, text string) {
	for _, line := range Wrap(text, b.Room()-len(mark)) {
		b.Line(mark, line)
		mark = strings.Repeat(" ", len(mark))
	}
}

// Code prints a block of code in Markdown, if there is any.
func (b *Buffer) Code(language, code string) {
	if code != "" {
		b.Blank()
		b.Raw("```" + language + "\n" + strings.TrimRight(code, "\n") + "\n```\n")
	}
}

// Wrap breaks prose into lines of at most width columns. Paragraphs, list items,
// indented lines, tables and fenced code are not joined with what is before or after
// them. A word that is longer than a line gets a line of its own.
func Wrap(text string, width int) []string {
	w := wrapper{width: width}
	fenced := false
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		line = strings.TrimRight(line, " \t\r")
		trimmed := strings.TrimLeft(line, " \t")
		fence := strings.HasPrefix(trimmed, "```")
		switch {
		case fenced || fence:
			w.flush()
			w.out = append(w.out, line)
			fenced = fenced != fence
		case line == "":
			w.flush()
			if len(w.out) > 0 && w.out[len(w.out)-1] != "" {
				w.out = append(w.out, "")
			}
		case startsItem(trimmed):
			w.item(line, trimmed)
		case strings.HasPrefix(line, "    ") && len(w.para) == 0, strings.HasPrefix(line, "\t"), strings.HasPrefix(trimmed, "|"):
			w.flush()
			w.out = append(w.out, line)
		default:
			if len(w.para) == 0 {
				w.indent, w.hang, w.list = "", "", false
			}
			w.para = append(w.para, trimmed)
		}
	}
	w.flush()
	for len(w.out) > 0 && w.out[len(w.out)-1] == "" {
		w.out = w.out[:len(w.out)-1]
	}
	return w.out
}

// wrapper collects the lines that Wrap returns.
type wrapper struct {
	width int
	out   []string
	para  []string // lines that belong together

	list         bool   // the last paragraph was an item
	base         int    // how far the first item of the list was indented
	indent, hang string // before the first and before the other lines of an item
}

// item begins a list item. Items of lists within lists stay indented.
func (w *wrapper) item(line, trimmed string) {
	w.flush()
	depth := len(line) - len(trimmed)
	if !w.list || depth < w.base {
		w.list, w.base = true, depth
	}
	w.indent = strings.Repeat(" ", min(depth-w.base, 8))
	w.hang = w.indent
	if trimmed[0] != '#' {
		w.hang += strings.Repeat(" ", strings.IndexByte(trimmed, ' ')+1)
	}
	w.para = append(w.para, trimmed)
}

func (w *wrapper) flush() {
	before := w.indent
	for _, line := range fill(strings.Join(w.para, " "), w.width-len(w.hang)) {
		w.out = append(w.out, before+line)
		before = w.hang
	}
	w.para = nil
}

// startsItem tells whether a line begins a Markdown list item or heading.
func startsItem(line string) bool {
	if strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "#") {
		return true
	}
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	return digits > 0 && digits < 4 && strings.HasPrefix(line[digits:], ". ")
}

// fill breaks text at its spaces into lines of at most width columns.
func fill(text string, width int) []string {
	if len(text) <= width && IsTidy(text) {
		return []string{text}
	}
	words := wholeLinks(strings.Fields(text))
	if len(words) == 0 {
		return nil
	}
	if joined := strings.Join(words, " "); Width(joined) <= width {
		return []string{joined}
	}
	var lines []string
	start, used := 0, 0 // the first word on the current line, and the line's columns so far
	for i, word := range words {
		n := Width(word)
		if i > start && used+1+n > width {
			lines = append(lines, strings.Join(words[start:i], " "))
			start, used = i, -1
		}
		if i == 0 {
			used = -1
		}
		used += 1 + n
	}
	return append(lines, strings.Join(words[start:], " "))
}

// longestLink is how many words of a link stay together.
const longestLink = 8

// wholeLinks joins the words of each link, [text](URL): editors show no link that is broken.
func wholeLinks(words []string) []string {
	out := words[:0]
	for i := 0; i < len(words); i++ {
		word := words[i]
		if at := strings.LastIndexByte(word, '['); at >= 0 && !strings.Contains(word[at:], "]") {
			for end := i + 1; end < min(i+longestLink, len(words)); end++ {
				if strings.ContainsAny(words[end], "[]") {
					if strings.Contains(words[end], "](") {
						word, i = strings.Join(words[i:end+1], " "), end
					}
					break
				}
			}
		}
		out = append(out, word)
	}
	return out
}

// IsTidy tells whether text is ASCII words with single spaces between them, so that it
// can stay as it is.
func IsTidy(text string) bool {
	last := byte(' ')
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return last != ' '
}
