package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/wsgen/wsgen/internal/output"
	"github.com/wsgen/wsgen/internal/text"
)

const driftRemedy = "run `wsgen` with the same flags to bring them up to date"

// check tells whether generation would change anything.
func check(j *job) error {
	diags, err := j.generateAll()
	if err != nil {
		return err
	}
	if diags.HasErrors() {
		j.report(diags)
		return &failure{code: exitInput}
	}
	plans, err := j.inspect()
	if err == nil && j.errorFormat != "text" {
		diags = append(diags, drift(plans)...)
	}
	j.report(diags)
	if err != nil {
		return err
	}
	j.sayLeftovers(j.leftovers())
	return j.sayDrift(plans)
}

// sayDrift lists the files that a run would change, and prints the differences.
func (j *job) sayDrift(plans []*output.Plan) error {
	w := j.messages()
	if !slices.ContainsFunc(plans, func(p *output.Plan) bool { return len(p.Changes()) > 0 }) {
		fmt.Fprintln(w, upToDate(plans))
		return nil
	}
	fmt.Fprintln(w, "These files are not up to date:")
	for _, p := range plans {
		for _, e := range p.Changes() {
			fmt.Fprintf(w, "  %-8s %s\n", e.Status, text.Escape(p.Name(e)))
		}
	}
	color := j.colorFor(w)
	for _, p := range plans {
		for _, e := range p.Changes() {
			if err := printDiff(w, p.Name(e), e, color); err != nil {
				return err
			}
		}
	}
	remedy := driftRemedy
	if output.Conflicts(plans) != nil {
		remedy = conflictRemedy
	}
	fmt.Fprintln(w, remedy)
	return &failure{code: exitFindings}
}

// driftProblems are what can be wrong with a file, by its status.
var driftProblems = [...]struct{ code, message string }{
	output.Missing: {code: "drift-missing", message: "the file is missing"},
	output.Changed: {code: "drift-changed", message: "the file is not what wsgen generates now; this is the first line that differs"},
	output.Stale:   {code: "drift-stale", message: "the file is no longer generated"},
	output.Edited:  {code: "drift-edited", message: "the file was changed by hand; this is the first line that differs"},
	output.Foreign: {code: "drift-foreign", message: "wsgen has not written this file, and would write one of this name"},
}

// drift returns an error for each file that a run would change, for formats that tools read.
func drift(plans []*output.Plan) (diags text.Diagnostics) {
	for _, p := range plans {
		for _, e := range p.Changes() {
			problem := driftProblems[e.Status]
			d := text.Diagnostic{File: p.Name(e), Code: problem.code, Message: problem.message, Hint: driftRemedy}
			if e.Status == output.Edited || e.Status == output.Foreign {
				d.Hint = conflictRemedy
			}
			if e.Old != nil {
				d.Pos = text.Pos{Src: &text.Source{Name: d.File, Data: e.Old}, Off: firstDifference(e.Old, e.New)}
			}
			diags = append(diags, d)
		}
	}
	return diags
}

// firstDifference returns where the first line begins that differs.
func firstDifference(a, b []byte) int32 {
	line := 0
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		if a[i] == '\n' {
			line = i + 1
		}
	}
	return int32(line)
}

// printDiff prints what generation would do to one file.
func printDiff(w io.Writer, name string, e output.Entry, color bool) error {
	name = text.Escape(name)
	diff := difflib.UnifiedDiff{A: lines(e.Old), B: lines(e.New), Context: 3, FromFile: name, ToFile: name}
	if e.Old == nil {
		diff.FromFile = "/dev/null"
	}
	if e.New == nil {
		diff.ToFile = "/dev/null"
	}
	printed, err := difflib.GetUnifiedDiffString(diff)
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSuffix(printed, "\n"), "\n") {
		line = text.EscapeLine(strings.TrimSuffix(line, "\r"))
		if style := diffColors[line[:min(len(line), 1)]]; color && style != "" {
			line = style + line + "\x1b[0m"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// lines splits data after each newline. A last line without one is marked as diff does.
func lines(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	all := strings.SplitAfter(string(data), "\n")
	if last := len(all) - 1; all[last] == "" {
		return all[:last]
	}
	all[len(all)-1] += "\n\\ No newline at end of file\n"
	return all
}

var diffColors = map[string]string{"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
