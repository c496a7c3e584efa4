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

// check tells whether generation would change anything.
func check(j *job) error {
	if err := j.build(); err != nil {
		return err
	}
	plans, err := j.inspect()
	if err != nil {
		return err
	}
	j.sayLeftovers(j.leftovers())
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
	remedy := "run `wsgen` with the same flags to bring them up to date"
	if output.Conflicts(plans) != nil {
		remedy = conflictRemedy
	}
	fmt.Fprintln(w, remedy)
	return &failure{code: exitFindings}
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
