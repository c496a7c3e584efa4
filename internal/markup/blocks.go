package markup

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var directive = regexp.MustCompile(`^( *)\.\. ([a-z][a-z:-]*)::(?: +(.*))?$`)

// admonitions are the directives whose text is prose, and the words for them.
var admonitions = map[string]string{
	"attention": "Attention", "caution": "Caution", "danger": "Danger", "error": "Error", "hint": "Hint", "important": "Important",
	"note": "Note", "tip": "Tip", "warning": "Warning", "seealso": "See also", "todo": "To do",
}

// versions are those that begin with the number of a version.
var versions = map[string]string{"versionadded": "Added in", "versionchanged": "Changed in", "deprecated": "Deprecated since"}

// directive reads
//
//	.. note:: A closed task cannot change.
//
//	.. code-block:: python
//
//	    task.close()
func (r *reader) directive(at int, _ bool) int {
	if !strings.HasPrefix(strings.TrimLeft(r.lines[at], " "), ".. ") {
		return 0
	}
	m := directive.FindStringSubmatch(r.lines[at])
	if m == nil {
		return 0
	}
	argument := strings.TrimSpace(m[3])
	end := r.indented(at+1, len(m[1]))
	body := r.lines[at+1 : end]
	switch name := m[2]; {
	case name == "code-block" || name == "code" || name == "sourcecode":
		code := withoutOptions(body)
		if len(code) == 0 {
			return 0
		}
		return r.add(end, fenced(argument, code)...)
	case admonitions[name] != "":
		return r.add(end, labelled(admonitions[name], r.joined(argument, body))...)
	case name == "admonition" && argument != "":
		return r.add(end, labelled(strings.TrimSuffix(r.inline(argument), ":"), r.inner(withoutOptions(body)))...)
	case versions[name] != "" && argument != "":
		version, text, _ := strings.Cut(argument, " ")
		return r.add(end, labelled(versions[name]+" "+version, r.joined(text, body))...)
	}
	return 0
}

// joined is the text behind a directive's name with that below it.
func (r *reader) joined(argument string, body []string) []string {
	lines := []string{argument}
	if len(body) > 0 && strings.TrimSpace(body[0]) == "" {
		lines = append(lines, "")
	}
	return r.inner(append(lines, withoutOptions(body)...))
}

var option = regexp.MustCompile(`^ *:[a-z-]+:( .*)?$`)

// withoutOptions drops the lines between a directive and its text: "   :linenos:".
func withoutOptions(body []string) []string {
	for len(body) > 0 && option.MatchString(body[0]) {
		body = body[1:]
	}
	return dedent(body)
}

// literal reads code behind a paragraph that ends in two colons:
//
//	Call it so::
//
//	    task.close()
func (r *reader) literal(at int, _ bool) int {
	line := strings.TrimRight(r.lines[at], " ")
	text, ends := strings.CutSuffix(line, "::")
	if !ends || at+1 == len(r.lines) || strings.TrimSpace(r.lines[at+1]) != "" {
		return 0
	}
	end := r.indented(at+1, max(indentOf(line), markerOf(line)))
	if end == at+1 {
		return 0
	}
	switch bare := strings.TrimRight(text, " "); {
	case strings.TrimSpace(bare) == "":
	case bare != text:
		r.paragraph = append(r.paragraph, bare)
	default:
		r.paragraph = append(r.paragraph, text+":")
	}
	return r.add(end, fenced("", dedent(r.lines[at+1:end]))...)
}

// doctest reads what a session in the interpreter looks like.
func (r *reader) doctest(at int, first bool) int {
	if !first || !strings.HasPrefix(strings.TrimLeft(r.lines[at], " "), ">>> ") {
		return 0
	}
	end := at
	for end < len(r.lines) && strings.TrimSpace(r.lines[end]) != "" {
		end++
	}
	return r.add(end, fenced("python", dedent(r.lines[at:end]))...)
}

// heading reads a line that is underlined, and may be overlined.
func (r *reader) heading(at int, first bool) int {
	if first && isRule(r.lines[at]) && at+2 < len(r.lines) && r.lines[at+2] == r.lines[at] && isTitle(r.lines[at+1], r.lines[at]) {
		return r.add(at+3, r.atLevel(r.lines[at][0])+r.inline(strings.TrimSpace(r.lines[at+1])))
	}
	if !first || at+1 >= len(r.lines) || !isRule(r.lines[at+1]) || indentOf(r.lines[at]) > 0 || !isTitle(r.lines[at], r.lines[at+1]) {
		return 0
	}
	return r.add(at+2, r.atLevel(r.lines[at+1][0])+r.inline(r.lines[at]))
}

// isRule tells whether a line is one that underlines a heading.
func isRule(line string) bool {
	line = strings.TrimRight(line, " ")
	return len(line) >= 3 && strings.ContainsAny(line[:1], "=-~^\"+*#") && strings.Trim(line, line[:1]) == ""
}

// isTitle tells whether a line is a heading above a rule. In Markdown, too, rules of equal
// signs and of hyphens make headings, of any length.
func isTitle(line, rule string) bool {
	line = strings.TrimSpace(line)
	if line == "" || markerOf(line) > 0 || isRule(line) || strings.ContainsAny(line[:1], "|#>`") {
		return false
	}
	return rule[0] == '=' || rule[0] == '-' || len(strings.TrimRight(rule, " ")) >= utf8.RuneCountInString(line)
}

// atLevel is the mark of a heading in Markdown. Each character that underlines stands for a
// level, in the order in which they come.
func (r *reader) atLevel(rule byte) string {
	level := strings.IndexByte(string(*r.levels), rule)
	if level < 0 {
		level = len(*r.levels)
		*r.levels = append(*r.levels, rule)
	}
	return strings.Repeat("#", min(level+1, 6)) + " "
}

var (
	gridBorder   = regexp.MustCompile(`^\+(-+\+)+$`)
	simpleBorder = regexp.MustCompile(`^=+( +=+)+$`)
)

// table keeps the layout of a table of reStructuredText, as code.
func (r *reader) table(at int, first bool) int {
	line := strings.TrimSpace(r.lines[at])
	if !first || !strings.HasPrefix(line, "+-") && !strings.HasPrefix(line, "==") {
		return 0
	}
	end := at
	switch {
	case gridBorder.MatchString(line):
		for end < len(r.lines) && isGridLine(r.lines[end]) {
			end++
		}
	case simpleBorder.MatchString(line):
		borders := 0
		for ; end < len(r.lines); end++ {
			text := strings.TrimSpace(r.lines[end])
			if simpleBorder.MatchString(text) {
				borders++
			}
			if text == "" && borders >= 2 && simpleBorder.MatchString(strings.TrimSpace(r.lines[end-1])) {
				break
			}
		}
		if borders < 2 {
			return 0
		}
	default:
		return 0
	}
	return r.add(end, fenced("", dedent(r.lines[at:end]))...)
}

func isGridLine(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "+") || strings.HasPrefix(line, "|")
}
