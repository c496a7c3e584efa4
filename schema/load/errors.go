package load

import (
	"fmt"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// joinErrors makes one error of the declarations of one name by several methods,
// and reports those that differ: a client has one class for each name.
func joinErrors(l *lowerer, m *schema.Model) {
	declared := map[string]*schema.APIError{}
	kept := m.Errors[:0]
	for _, e := range m.Errors {
		first := declared[e.Name]
		if first == nil {
			declared[e.Name] = e
			kept = append(kept, e)
			continue
		}
		if clash := errorClash(first, e); clash != "" {
			d := l.diags.Add(e.Pos, "error-clash", fmt.Sprintf("error %s is declared with %s", text.Quote(e.Name), clash),
				"declare it alike everywhere, or give one of the two another name")
			d.Notes = append(d.Notes, text.Note{Pos: first.Pos, Message: "the first declaration is here"})
			continue
		}
		if e.Data != nil {
			joinPart(first.Data, e.Data, true)
		}
		if first.Doc == "" {
			first.Doc = e.Doc
		}
	}
	m.Errors = kept
	for _, me := range m.Methods {
		for i, e := range me.Errors {
			me.Errors[i] = declared[e.Name]
		}
	}
}

// errorClash says in what two declarations of an error differ; "" where they agree.
func errorClash(first, e *schema.APIError) string {
	identical := func(a, b schema.Named) bool { return a == b }
	switch {
	case first.Code != e.Code:
		return fmt.Sprintf("the codes %d and %d", first.Code, e.Code)
	case !equalTypes(first.Data, e.Data, identical):
		return "different data"
	}
	return ""
}
