package text

import (
	"bytes"
	"encoding/xml"
)

type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// printJUnit writes a test case for each problem. Those that are not errors pass. Without
// a problem there is one case, since test reports without any are refused.
func (ds Diagnostics) printJUnit(b *bytes.Buffer) {
	suite := junitSuite{Name: "wsgen", Tests: max(1, len(ds))}
	for i := range ds {
		d := &ds[i]
		var place, text bytes.Buffer
		(&textPrinter{b: &text}).diagnostic(d)
		place.WriteString(placeText(d.Pos, d.File))
		c := junitCase{Name: place.String() + d.Code, Class: d.Code, File: Escape(d.fileName())}
		if d.Severity == Error {
			suite.Failures++
			c.Failure = &junitFailure{Type: d.Code, Message: Escape(d.withHint()), Text: text.String()}
		} else {
			c.Output = text.String()
		}
		suite.Cases = append(suite.Cases, c)
	}
	if len(ds) == 0 {
		suite.Cases = []junitCase{{Name: "no problems", Class: "wsgen"}}
	}
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(b)
	enc.Indent("", "  ")
	_ = enc.Encode(junitSuites{Suite: suite}) // texts and numbers always encode
	b.WriteByte('\n')
}
