package text

import (
	"cmp"
	"slices"
	"strings"
)

// Severity grades a [Diagnostic].
type Severity uint8

// Only an Error stops generation.
const (
	Error Severity = iota
	Warning
	Info
)

// String returns the word that diagnostics print.
func (s Severity) String() string { return [...]string{"error", "warning", "info"}[s] }

// Diagnostic is one problem in a document, with a place and, where one is
// known, a way out.
type Diagnostic struct {
	Pos      Pos    // zero where the problem has no place, such as a missing file
	File     string // shown where Pos is zero: the file that could not be read
	Severity Severity
	Code     string // stable, kebab-case: "ref-not-found"
	Message  string // one line, no final full stop
	Hint     string // what to do about it; may be empty
	Notes    []Note // further places
}

// fileName is the file that the problem is in, if it is in one.
func (d *Diagnostic) fileName() string {
	if d.Pos.IsValid() {
		return d.Pos.Src.Name
	}
	return d.File
}

// withHint is the message with the way out in the same line.
func (d *Diagnostic) withHint() string {
	if d.Hint == "" {
		return d.Message
	}
	return d.Message + " (hint: " + d.Hint + ")"
}

// Note is a second place that belongs to a problem.
type Note struct {
	Pos     Pos
	Message string
}

// Diagnostics are the problems of one run.
type Diagnostics []Diagnostic

// HasErrors tells whether any of them is an error.
func (ds Diagnostics) HasErrors() bool {
	for i := range ds {
		if ds[i].Severity == Error {
			return true
		}
	}
	return false
}

// Sort orders by file and place, and drops exact repetitions.
func (ds *Diagnostics) Sort() {
	order := func(a, b Diagnostic) int {
		switch {
		case a.Pos != b.Pos && a.Pos.Before(b.Pos):
			return -1
		case a.Pos != b.Pos && b.Pos.Before(a.Pos):
			return 1
		}
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Code+a.Message, b.Code+b.Message))
	}
	slices.SortStableFunc(*ds, order)
	*ds = slices.CompactFunc(*ds, func(a, b Diagnostic) bool {
		return a.Pos == b.Pos && a.File == b.File && a.Code == b.Code && a.Message == b.Message
	})
}

// Add appends an error and returns it, so that a caller can set more.
func (ds *Diagnostics) Add(pos Pos, code, message, hint string) *Diagnostic {
	*ds = append(*ds, Diagnostic{Pos: pos, Code: code, Message: message, Hint: hint})
	return &(*ds)[len(*ds)-1]
}
