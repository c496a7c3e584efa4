package markup

import (
	"regexp"
	"strings"
)

// entry is what a section says about a parameter, an attribute or an error.
type entry struct {
	name, kind string // kind is its type, as it is written
	text       []string
}

// list prints a section's entries as a list:
//
//	Args:
//
//	- `task_id` (str): The task to close.
func list(title string, entries []entry) []string {
	lines := []string{title + ":", ""}
	for _, e := range entries {
		item := "- `" + strings.Trim(e.name, "`") + "`"
		if e.kind != "" {
			item += " (" + e.kind + ")"
		}
		for i, line := range e.text {
			switch {
			case i == 0 && line != "":
				item += ": " + line
			case i > 0:
				lines = append(lines, item)
				item = strings.TrimRight("  "+line, " ")
			}
		}
		lines = append(lines, item)
	}
	return lines
}

var (
	field     = regexp.MustCompile(`^ *:([a-z]+)((?: +[^:\n]+?)?): *(.*)$`)
	fieldKind = map[string]string{
		"param": "Parameters", "parameter": "Parameters", "arg": "Parameters", "argument": "Parameters",
		"key": "Parameters", "keyword": "Parameters", "kwarg": "Parameters", "type": "Parameters",
		"var": "Attributes", "ivar": "Attributes", "cvar": "Attributes", "vartype": "Attributes",
		"raise": "Raises", "raises": "Raises", "except": "Raises", "exception": "Raises",
		"return": "Returns", "returns": "Returns", "rtype": "Returns",
		"yield": "Yields", "yields": "Yields", "ytype": "Yields",
		"meta": "-",
	}
)

// fieldOf takes a line apart that begins a field: ":param task_id: The task to close."
func fieldOf(line string) (kind, argument, text string) {
	if !strings.HasPrefix(strings.TrimLeft(line, " "), ":") {
		return "", "", ""
	}
	m := field.FindStringSubmatch(line)
	if m == nil || fieldKind[m[1]] == "" {
		return "", "", ""
	}
	argument = strings.TrimSpace(m[2])
	switch named := argument != ""; m[1] {
	case "return", "returns", "rtype", "yield", "yields", "ytype":
		if named {
			return "", "", ""
		}
	default:
		if !named && m[1] != "meta" {
			return "", "", ""
		}
	}
	return m[1], argument, m[3]
}

// fields reads a list of fields, and groups them:
//
//	:param task_id: The task to close.
//	:type task_id: str
//	:returns: The task.
func (r *reader) fields(at int, _ bool) int {
	if kind, _, _ := fieldOf(r.lines[at]); kind == "" {
		return 0
	}
	var order []string
	groups := map[string]*group{}
	next := at
	for i := at; i < len(r.lines); {
		if strings.TrimSpace(r.lines[i]) == "" {
			i++
			continue
		}
		kind, argument, text := fieldOf(r.lines[i])
		if kind == "" {
			break
		}
		end := r.indented(i+1, indentOf(r.lines[i]))
		title := fieldKind[kind]
		if groups[title] == nil {
			order, groups[title] = append(order, title), &group{index: map[string]int{}}
		}
		groups[title].add(kind, argument, r.joined(text, r.lines[i+1:end]))
		i, next = end, end
	}
	var blocks []string
	for _, title := range order {
		if title == "-" { // notes to Sphinx
			continue
		}
		if len(blocks) > 0 {
			blocks = append(blocks, "")
		}
		if title == "Returns" || title == "Yields" {
			result := groups[title].entries[0]
			if result.kind != "" {
				title += " (" + result.kind + ")"
			}
			blocks = append(blocks, labelled(title, result.text)...)
		} else {
			blocks = append(blocks, list(title, groups[title].entries)...)
		}
	}
	return r.add(next, blocks...)
}

// group is a section that is made of fields.
type group struct {
	entries []entry
	index   map[string]int // entries by their names, one more than their places
}

// add adds what a field says. Several may be about one parameter.
func (g *group) add(kind, argument string, text []string) {
	name, of := argument, ""
	if i := strings.LastIndexByte(argument, ' '); i >= 0 { // :param str task_id:
		of, name = argument[:i], argument[i+1:]
	}
	if strings.HasSuffix(kind, "type") {
		of, text = strings.Join(text, " "), nil
	}
	known := g.index[name]
	if known == 0 || fieldKind[kind] == "Raises" {
		g.entries = append(g.entries, entry{name, of, text})
		g.index[name] = len(g.entries)
		return
	}
	e := &g.entries[known-1]
	if text != nil {
		e.text = text
	}
	if of != "" {
		e.kind = of
	}
}

// sectionKind is what stands below a section's title.
type sectionKind int

const (
	noSection sectionKind = iota
	entriesSection
	proseSection
)

// sections are the titles of sections in the styles of Google and NumPy.
var sections = map[string]sectionKind{
	"Args": entriesSection, "Arguments": entriesSection, "Parameters": entriesSection, "Params": entriesSection,
	"Keyword Args": entriesSection, "Keyword Arguments": entriesSection, "Other Parameters": entriesSection,
	"Attributes": entriesSection, "Raises": entriesSection, "Warns": entriesSection,
	"Returns": proseSection, "Return": proseSection, "Yields": proseSection, "Example": proseSection, "Examples": proseSection,
	"Note": proseSection, "Notes": proseSection, "Warning": proseSection, "Warnings": proseSection, "Tip": proseSection,
	"Hint": proseSection, "Important": proseSection, "See Also": proseSection, "References": proseSection, "Todo": proseSection,
}

// section reads a section in Google's style:
//
//	Args:
//	    task_id (str): The task to close.
func (r *reader) section(at int, first bool) int {
	title, colon := strings.CutSuffix(strings.TrimRight(r.lines[at], " "), ":")
	if !first || !colon || sections[title] == noSection || at+1 >= len(r.lines) {
		return 0
	}
	end := r.indented(at+1, 0)
	if end == at+1 || strings.TrimSpace(r.lines[at+1]) == "" {
		return 0
	}
	body := dedent(r.lines[at+1 : end])
	if sections[title] == entriesSection {
		if entries := r.entries(body); entries != nil {
			return r.add(end, list(title, entries)...)
		}
	}
	return r.add(end, labelled(title, r.inner(body))...)
}

var googleEntry = regexp.MustCompile("^(`?\\*{0,2}[A-Za-z_][A-Za-z0-9_.]*`?)(?: *\\((.+?)\\))?:(?: +(.*))?$")

// entries reads those of Google's style; nil where the first line is none.
func (r *reader) entries(body []string) (entries []entry) {
	for i := 0; i < len(body); {
		m := googleEntry.FindStringSubmatch(body[i])
		if m == nil {
			if entries == nil {
				return nil
			}
			last := &entries[len(entries)-1] // goes on without indentation
			if text := strings.TrimSpace(body[i]); text != "" {
				last.text = append(last.text, r.inline(text))
			}
			i++
			continue
		}
		end := i + 1
		for end < len(body) && (strings.TrimSpace(body[end]) == "" || indentOf(body[end]) > 0) {
			end++
		}
		entries = append(entries, entry{m[1], r.inline(m[2]), r.joined(m[3], body[i+1:end])})
		i = end
	}
	return entries
}

// numpySection reads a section in NumPy's style:
//
//	Parameters
//	----------
//	task_id : str
//	    The task to close.
func (r *reader) numpySection(at int, first bool) int {
	title := strings.TrimRight(r.lines[at], " ")
	if !first || sections[title] == noSection || !r.isUnderlined(at) {
		return 0
	}
	if sections[title] == entriesSection || title == "Returns" || title == "Yields" {
		entries, end := r.numpyEntries(at + 2)
		if len(entries) == 0 {
			return 0
		}
		return r.add(end, list(title, entries)...)
	}
	return r.add(at+2, title+":")
}

// isUnderlined tells whether hyphens underline a line.
func (r *reader) isUnderlined(at int) bool {
	return at+1 < len(r.lines) && isRule(r.lines[at+1]) && r.lines[at+1][0] == '-'
}

// numpyEntries reads entries up to the next section: a name, and its type behind a colon or a
// text below it.
func (r *reader) numpyEntries(at int) (entries []entry, end int) {
	for end = at; end < len(r.lines); {
		line := strings.TrimRight(r.lines[end], " ")
		if line == "" {
			end++
			continue
		}
		name, kind, typed := strings.Cut(line, " : ")
		below := r.indented(end+1, 0)
		described := below > end+1 && strings.TrimSpace(r.lines[end+1]) != ""
		if indentOf(line) > 0 || !typed && !described || r.isUnderlined(end) {
			break
		}
		var text []string
		if described {
			text = r.inner(r.lines[end+1 : below])
			end = below
		} else {
			end++
		}
		entries = append(entries, entry{strings.TrimSpace(name), r.inline(strings.TrimSpace(kind)), text})
	}
	return entries, end
}
