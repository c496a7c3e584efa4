package text

import "sort"

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
	s := *ds
	sort.SliceStable(s, func(i, j int) bool {
		a, b := &s[i], &s[j]
		if a.Pos != b.Pos {
			return a.Pos.Before(b.Pos)
		}
		if a.File != b.File {
			return a.File < b.File
		}
		return a.Code+a.Message < b.Code+b.Message
	})
	kept := s[:0]
	for i := range s {
		if n := len(kept); n > 0 && s[i].Pos == kept[n-1].Pos && s[i].File == kept[n-1].File &&
			s[i].Code == kept[n-1].Code && s[i].Message == kept[n-1].Message {
			continue
		}
		kept = append(kept, s[i])
	}
	*ds = kept
}

// Add appends an error and returns it, so that a caller can set more.
func (ds *Diagnostics) Add(pos Pos, code, message, hint string) *Diagnostic {
	*ds = append(*ds, Diagnostic{Pos: pos, Code: code, Message: message, Hint: hint})
	return &(*ds)[len(*ds)-1]
}
