package emit

import "strings"

// Wrap breaks prose into lines of at most width columns. Empty lines keep
// paragraphs apart; list items, indented lines, tables and fenced code stay on
// lines of their own. A word that is longer than a line stands alone.
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

func fill(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		n := Width(word)
		if line != "" && used+1+n > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if line != "" {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
