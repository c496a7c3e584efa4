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
	var out, para []string
	flush := func() {
		out = append(out, fill(strings.Join(para, " "), width)...)
		para = nil
	}
	fenced := false
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		line = strings.TrimRight(line, " \t\r")
		trimmed := strings.TrimLeft(line, " \t")
		fence := strings.HasPrefix(trimmed, "```")
		switch {
		case fenced || fence:
			flush()
			out = append(out, line)
			fenced = fenced != fence
		case line == "":
			flush()
			if len(out) > 0 && out[len(out)-1] != "" {
				out = append(out, "")
			}
		case startsItem(trimmed):
			flush()
			para = append(para, trimmed)
		case strings.HasPrefix(line, "    ") && len(para) == 0, strings.HasPrefix(line, "\t"), strings.HasPrefix(trimmed, "|"):
			flush()
			out = append(out, line)
		default:
			para = append(para, trimmed)
		}
	}
	flush()
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
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
	words := strings.Fields(text)
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
