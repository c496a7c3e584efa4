package main

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/wsgen/wsgen/internal/output"
)

// check tells whether generation would change anything.
func check(j *job) error {
	_, files, err := j.build()
	if err != nil {
		return err
	}
	plan, err := output.Inspect(j.request(files))
	if err != nil {
		return &failure{code: exitFindings, err: err}
	}
	changes := plan.Changes()
	if len(changes) == 0 {
		fmt.Fprintf(j.messages(), "%s is up to date (%s)\n", j.output, count(len(files), "file"))
		return nil
	}
	w := j.messages()
	fmt.Fprintf(w, "%s is not up to date:\n", j.output)
	for _, e := range changes {
		fmt.Fprintf(w, "  %-8s %s\n", e.Status, e.Path)
	}
	color := j.colorFor(w)
	for _, e := range changes {
		if err := j.printDiff(w, e, color); err != nil {
			return err
		}
	}
	remedy := "run `wsgen` with the same flags to bring it up to date"
	if len(plan.Conflicts()) > 0 {
		remedy = conflictRemedy
	}
	fmt.Fprintln(w, remedy)
	return &failure{code: exitFindings}
}

// printDiff prints what generation would do to one file.
func (j *job) printDiff(w io.Writer, e output.Entry, color bool) error {
	diff := difflib.UnifiedDiff{
		A: lines(e.Old), B: lines(e.New), Context: 3,
		FromFile: path.Join(j.output, e.Path), ToFile: path.Join(j.output, e.Path),
	}
	if e.Old == nil {
		diff.FromFile = "/dev/null"
	}
	if e.New == nil {
		diff.ToFile = "/dev/null"
	}
	text, err := difflib.GetUnifiedDiffString(diff)
	if err != nil {
		return err
	}
	if color {
		text = colored(text)
	}
	_, err = fmt.Fprint(w, text)
	return err
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

var diffColors = map[byte]string{'+': "\x1b[32m", '-': "\x1b[31m", '@': "\x1b[36m"}

func colored(diff string) string {
	var b strings.Builder
	for _, line := range strings.SplitAfter(diff, "\n") {
		code := ""
		if line != "" {
			code = diffColors[line[0]]
		}
		if code == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(code + strings.TrimSuffix(line, "\n") + "\x1b[0m\n")
	}
	return b.String()
}
