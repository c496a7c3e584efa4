package markup

import (
	"regexp"
	"strings"
)

// span finds what has a meaning within a line: code between three backticks and more, or two;
// a role, a link with its URL, other text between backticks, and a name that refers to a link.
var span = regexp.MustCompile("(`{3,}[^`]*`{3,})" +
	"|``([^`]+)``" +
	"|(?::[A-Za-z][A-Za-z0-9+._-]*)?:([A-Za-z][A-Za-z0-9+._-]*):`([^`]+)`" +
	"|`([^`<>]*)<([^`<>]+)>`__?" +
	"|`([^`]+)`(_?)" +
	"|([A-Za-z][A-Za-z0-9.-]*)_\\b")

// inline makes Markdown of the text of a paragraph.
func (r *reader) inline(text string) string {
	if !strings.Contains(text, "`") && len(r.targets) == 0 {
		return text
	}
	if len(r.targets) == 0 && !strings.Contains(text, ":`") && !strings.Contains(text, "`_") && !strings.Contains(text, "```") {
		return withSingleMarks(text)
	}
	var b strings.Builder
	end := 0
	for _, m := range span.FindAllStringSubmatchIndex(text, -1) {
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return text[m[2*n]:m[2*n+1]]
		}
		whole := text[m[0]:m[1]]
		b.WriteString(text[end:m[0]])
		end = m[1]
		switch {
		case group(2) != "":
			b.WriteString("`" + group(2) + "`")
		case group(4) != "":
			b.WriteString(roleText(group(3), group(4)))
		case group(6) != "":
			b.WriteString(link(strings.Join(strings.Fields(group(5)), " "), strings.Join(strings.Fields(group(6)), ""), whole))
		case group(8) != "":
			b.WriteString(r.reference(group(7), whole))
		case group(9) != "":
			b.WriteString(r.reference(group(9), whole))
		default:
			b.WriteString(whole)
		}
	}
	return b.String() + text[end:]
}

// withSingleMarks is [reader.inline] for a text with no markup but code.
func withSingleMarks(text string) string {
	if !strings.Contains(text, "``") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, opened := strings.Cut(text, "``")
		code, after, closed := strings.Cut(rest, "``")
		if !opened || !closed || code == "" || strings.Contains(code, "`") {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(before + "`" + code + "`")
		text = after
	}
}

// proseRoles are those of reStructuredText whose text is not code.
var proseRoles = map[string]bool{
	"ref": true, "doc": true, "term": true, "numref": true, "abbr": true, "sub": true, "sup": true, "title": true,
	"emphasis": true, "strong": true, "guilabel": true, "menuselection": true,
}

// roleText is what Sphinx shows of :class:`~app.models.Task`: the last name only, for the
// tilde. A title before a target is shown in its place.
func roleText(role, text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if title, _, titled := strings.Cut(text, " <"); titled && strings.HasSuffix(text, ">") {
		text = title
	}
	if short, tilde := strings.CutPrefix(text, "~"); tilde {
		text = short[strings.LastIndexByte(short, '.')+1:]
	}
	text = strings.TrimPrefix(text, "!")
	if proseRoles[role] {
		return text
	}
	return "`" + text + "`"
}

var url = regexp.MustCompile(`^(https?://|mailto:)[^\s()<>]+$`)

// link is [text](URL), or what was there where the URL is none.
func link(text, target, whole string) string {
	switch {
	case !url.MatchString(target):
		return whole
	case text == "" || text == target:
		return target
	}
	return "[" + text + "](" + target + ")"
}

// reference is a link to where a name leads, or what was there where it leads nowhere.
func (r *reader) reference(name, whole string) string {
	name = strings.Join(strings.Fields(name), " ")
	return link(name, r.targets[strings.ToLower(name)], whole)
}

var target = regexp.MustCompile("^\\.\\. _(`[^`]+`|[^`:]+): +(\\S+) *$")

// takeTargets separates the lines that say where names lead from the others:
//
//	.. _the guide: https://example.com/guide
func takeTargets(lines []string) (others []string, targets map[string]string) {
	for at := 0; at < len(lines); at++ {
		if _, end := Fenced(lines, at); end > 0 {
			others = append(others, lines[at:end]...)
			at = end - 1
			continue
		}
		if m := target.FindStringSubmatch(lines[at]); m != nil && url.MatchString(m[2]) {
			if targets == nil {
				targets = map[string]string{}
			}
			targets[strings.ToLower(strings.Trim(m[1], "`"))] = m[2]
			continue
		}
		others = append(others, lines[at])
	}
	if targets != nil {
		others = trim(others)
	}
	return others, targets
}
