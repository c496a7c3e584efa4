package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func frontPrint(format string, color bool, ds ...Diagnostic) string {
	var b bytes.Buffer
	Diagnostics(ds).Print(&b, format, color)
	return b.String()
}

// frontSpan is the place of the first occurrence of part.
func frontSpan(text, part string) Pos {
	return Pos{Src: frontSource("a.yaml", text), Off: int32(strings.Index(text, part)), Len: int32(len(part))}
}

func TestPrintText(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	for _, c := range []struct {
		name string
		d    Diagnostic
		want string
	}{
		{"everything", Diagnostic{
			Pos: frontSpan("x: 1\nparams: {$ref: 'm.json#/A'}\n", "'m.json#/A'"), Code: "ref-not-found",
			Message: `no "A" in m.json`, Hint: `did you mean "m.json#/B"?`,
			Notes: []Note{{Pos: frontSpan("x: 1\n", "x"), Message: "it is here"}},
		}, `a.yaml:2:16: error: no "A" in m.json [ref-not-found]
    2 | params: {$ref: 'm.json#/A'}
      |                ~~~~~~~~~~~
      = hint: did you mean "m.json#/B"?
a.yaml:1:1: note: it is here
    1 | x: 1
      | ^

1 error
`},
		{"no place", Diagnostic{File: "b.yaml", Severity: Warning, Code: "c", Message: "m", Hint: "h"}, `b.yaml: warning: m [c]
  = hint: h

1 warning
`},
		{"wide characters and tabs", Diagnostic{Pos: frontSpan("日\té: x\n", "é"), Message: "m"}, `a.yaml:1:3: error: m
    1 | 日  é: x
      |     ^

1 error
`},
		{"wide span", Diagnostic{Pos: frontSpan("a: 日本 x\n", "日本"), Message: "m"}, `a.yaml:1:4: error: m
    1 | a: 日本 x
      |    ~~~~

1 error
`},
		{"hostile text", Diagnostic{Pos: frontSpan("a: \x1b[31m\u202e x\r\n", "x"), Message: "m\x1b\u2066"}, `a.yaml:1:11: error: m\u001b\u2066
    1 | a: \u001b[31m\u202e x
      |                     ^

1 error
`},
		{"span over lines", Diagnostic{Pos: frontSpan("a: {\nb: 1}\n", "{\nb"), Message: "m"}, `a.yaml:1:4: error: m
    1 | a: {
      |    ^

1 error
`},
		{"end of the document", Diagnostic{Pos: Pos{Src: frontSource("a.yaml", "a"), Off: 1}, Message: "m"}, `a.yaml:1:2: error: m
    1 | a
      |  ^

1 error
`},
		{"long line", Diagnostic{Pos: frontSpan(long+"X"+long, "X"), Message: "m"}, "a.yaml:1:10001: error: m\n    1 | …" +
			strings.Repeat("0123456789", 4) + "X" + strings.Repeat("0123456789", 5) + "01234567…\n      | " + strings.Repeat(" ", 41) + "^\n\n1 error\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := frontPrint("text", false, c.d); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestPrintTextIsCapped(t *testing.T) {
	var ds []Diagnostic
	for i := range 60 {
		ds = append(ds, Diagnostic{Severity: Warning, Message: fmt.Sprint("w", i)})
	}
	ds = append(ds, Diagnostic{Message: "the error"})
	got := frontPrint("text", false, ds...)
	if n := strings.Count(got, "warning: w"); n != 50 || !strings.Contains(got, "error: the error") {
		t.Errorf("%d warnings are shown, want 50 and the error", n)
	}
	if !strings.HasSuffix(got, "and 10 more\n\n1 error, 60 warnings\n") {
		t.Errorf("got the end %q", got[len(got)-40:])
	}
}

// Reports list more than a person reads, but not all of a flood.
func TestReportsAreCapped(t *testing.T) {
	ds := []Diagnostic{{Message: "the first error"}}
	for i := range maxReported + 20 {
		ds = append(ds, Diagnostic{Severity: Warning, Message: fmt.Sprint("w", i, ".")})
	}
	ds = append(ds, Diagnostic{Message: "the last error"})
	for _, format := range Formats[1:] {
		got := frontPrint(format, false, ds...)
		for text, want := range map[string]bool{
			"the first error": true, "w999.": true, "w1000.": false, "the last error": true, "20 more problems are not listed": true,
		} {
			if strings.Contains(got, text) != want {
				t.Errorf("%s: %q is listed: %t, want %t", format, text, !want, want)
			}
		}
	}
}

func TestPrintColor(t *testing.T) {
	got := frontPrint("text", true, Diagnostic{File: "a", Message: "m", Code: "c"})
	if want := "\x1b[1ma: \x1b[0m\x1b[1;31merror: \x1b[0m\x1b[1mm\x1b[0m\x1b[2m [c]\x1b[0m\n\n1 error\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrintJSON(t *testing.T) {
	got := frontPrint("json", false, Diagnostic{
		Pos: frontSpan("é: <x>\n", "<x>"), Severity: Info, Code: "c", Message: "m <&>", Hint: "h",
		Notes: []Note{{Pos: frontSpan("a", "a"), Message: "n"}},
	}, Diagnostic{File: "f", Message: "m"})
	want := `[
  {
    "file": "a.yaml",
    "line": 1,
    "column": 4,
    "endColumn": 7,
    "severity": "info",
    "code": "c",
    "message": "m <&>",
    "hint": "h",
    "notes": [
      {
        "file": "a.yaml",
        "line": 1,
        "column": 1,
        "message": "n"
      }
    ]
  },
  {
    "file": "f",
    "line": 0,
    "column": 0,
    "endColumn": 0,
    "severity": "error",
    "code": "",
    "message": "m",
    "hint": "",
    "notes": []
  }
]
`
	if got != want {
		t.Errorf("got %s", got)
	}
	if got := frontPrint("json", false); got != "[]\n" {
		t.Errorf("got %q for no diagnostics", got)
	}
}

func TestPrintGitHub(t *testing.T) {
	pos := frontSpan("a: b\n", "b")
	pos.Src.Name = "x,y:%.yaml"
	got := frontPrint("github", false,
		Diagnostic{Pos: pos, Code: "c:d", Message: "100%, a: b\nc", Hint: "h"},
		Diagnostic{Severity: Warning, File: "f", Code: "c", Message: "m"},
		Diagnostic{Severity: Info, Code: "c", Message: "m"})
	want := "::error file=x%2Cy%3A%25.yaml,line=1,col=4,endColumn=5,title=c%3Ad::100%25, a: b\\nc%0Ahint: h\n" +
		"::warning file=f,title=c::m\n::notice title=c::m\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
