package text

import (
	"bytes"
	"fmt"
	"strings"
)

var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (ds Diagnostics) printGitHub(b *bytes.Buffer) {
	for i := range ds {
		d := &ds[i]
		b.WriteString([...]string{"::error ", "::warning ", "::notice "}[d.Severity])
		switch {
		case d.Pos.IsValid():
			line, col := d.Pos.Line()
			fmt.Fprintf(b, "file=%s,line=%d,col=%d,endColumn=%d,",
				githubProperty.Replace(Escape(d.Pos.Src.Name)), line, col, d.Pos.endColumn())
		case d.File != "":
			fmt.Fprintf(b, "file=%s,", githubProperty.Replace(Escape(d.File)))
		}
		text := Escape(d.Message)
		if d.Hint != "" {
			text += "\nhint: " + Escape(d.Hint)
		}
		for _, n := range d.Notes {
			text += "\n" + placeText(n.Pos, "") + "note: " + Escape(n.Message)
		}
		fmt.Fprintf(b, "title=%s::%s\n", githubProperty.Replace(d.Code), githubData.Replace(text))
	}
}
