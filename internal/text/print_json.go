package text

import "bytes"

// jsonDiagnostic is a diagnostic as the "json" format writes it. Lines and
// columns are 1-based, columns count characters; 0 stands for no place.
type jsonDiagnostic struct {
	File      string     `json:"file"`
	Line      int        `json:"line"`
	Column    int        `json:"column"`
	EndColumn int        `json:"endColumn"`
	Severity  string     `json:"severity"`
	Code      string     `json:"code"`
	Message   string     `json:"message"`
	Hint      string     `json:"hint"`
	Notes     []jsonNote `json:"notes"`
}

type jsonNote struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func (ds Diagnostics) printJSON(b *bytes.Buffer) {
	out := make([]jsonDiagnostic, 0, len(ds))
	for i := range ds {
		d := &ds[i]
		j := jsonDiagnostic{
			File: d.fileName(), Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint,
			Notes: []jsonNote{},
		}
		if d.Pos.IsValid() {
			j.Line, j.Column = d.Pos.Line()
			j.EndColumn = d.Pos.endColumn()
		}
		for _, n := range d.Notes {
			note := jsonNote{Message: n.Message}
			if n.Pos.IsValid() {
				note.File = n.Pos.Src.Name
				note.Line, note.Column = n.Pos.Line()
			}
			j.Notes = append(j.Notes, note)
		}
		out = append(out, j)
	}
	printJSONValue(b, out)
}
