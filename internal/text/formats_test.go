package text

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
)

// sample is an error with a place, a hint and a note, and a warning of a whole file.
func sample() []Diagnostic {
	pos := frontSpan("é: <x>\n", "<x>")
	pos.Src.Name = "my api.yaml"
	return []Diagnostic{
		{Pos: pos, Code: "c", Message: `a "<b>"` + "\x1b", Hint: "h", Notes: []Note{{Pos: frontSpan("a", "a"), Message: "n"}}},
		{File: "f", Severity: Warning, Code: "d", Message: "m"},
	}
}

func TestPrintSARIF(t *testing.T) {
	got := frontPrint("sarif", false, sample()...)
	const want = `{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "wsgen",
          "rules": [
            {
              "id": "c"
            },
            {
              "id": "d"
            }
          ]
        }
      },
      "columnKind": "unicodeCodePoints",
      "results": [
        {
          "ruleId": "c",
          "level": "error",
          "message": {
            "text": "a \"<b>\"\u001b (hint: h)"
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "my%20api.yaml"
                },
                "region": {
                  "startLine": 1,
                  "startColumn": 4,
                  "endColumn": 7
                }
              }
            }
          ],
          "relatedLocations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "a.yaml"
                },
                "region": {
                  "startLine": 1,
                  "startColumn": 1,
                  "endColumn": 2
                }
              },
              "message": {
                "text": "n"
              }
            }
          ]
        },
        {
          "ruleId": "d",
          "level": "warning",
          "message": {
            "text": "m"
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "f"
                }
              }
            }
          ]
        }
      ]
    }
  ]
}
`
	if got != want {
		t.Errorf("got %s", got)
	}
	if got := frontPrint("sarif", false); !strings.Contains(got, `"results": []`) {
		t.Errorf("got %s for no diagnostics", got)
	}
}

func TestPrintGitLab(t *testing.T) {
	got := frontPrint("gitlab", false, sample()...)
	const want = `[
  {
    "description": "a \"<b>\"\u001b (hint: h)",
    "check_name": "c",
    "fingerprint": "FINGERPRINT",
    "severity": "major",
    "location": {
      "path": "my api.yaml",
      "lines": {
        "begin": 1
      }
    }
  },
  {
    "description": "m",
    "check_name": "d",
    "fingerprint": "FINGERPRINT",
    "severity": "minor",
    "location": {
      "path": "f",
      "lines": {
        "begin": 1
      }
    }
  }
]
`
	prints := fingerprints(t, got)
	if got := strings.NewReplacer(prints[0], "FINGERPRINT", prints[1], "FINGERPRINT").Replace(got); got != want {
		t.Errorf("got %s", got)
	}
	if got := frontPrint("gitlab", false); got != "[]\n" {
		t.Errorf("got %q for no diagnostics", got)
	}
}

// GitLab compares the reports of two commits by fingerprints: a problem that only moved
// keeps its own, and no two problems share one.
func TestGitLabFingerprints(t *testing.T) {
	twice := func(text string) []string {
		d := Diagnostic{Pos: frontSpan(text, "x"), Code: "c", Message: "m"}
		return fingerprints(t, frontPrint("gitlab", false, d, d))
	}
	before, after := twice("x\n"), twice("\n\nx\n")
	if before[0] == before[1] {
		t.Error("two problems have the same fingerprint")
	}
	if before[0] != after[0] || before[1] != after[1] {
		t.Errorf("fingerprints change from %q to %q with the line", before, after)
	}
}

func fingerprints(t *testing.T, report string) (all []string) {
	t.Helper()
	var issues []struct{ Fingerprint string }
	if err := json.Unmarshal([]byte(report), &issues); err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		all = append(all, i.Fingerprint)
	}
	return all
}

func TestPrintJUnit(t *testing.T) {
	got := frontPrint("junit", false, sample()...)
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="wsgen" tests="2" failures="1">
    <testcase name="my api.yaml:1:4: c" classname="c" file="my api.yaml">
      <failure type="c" message="a &#34;&lt;b&gt;&#34;\u001b (hint: h)">TEXT</failure>
    </testcase>
    <testcase name="f: d" classname="d" file="f">
      <system-out>f: warning: m [d]&#xA;</system-out>
    </testcase>
  </testsuite>
</testsuites>
`
	var report junitSuites
	if err := xml.Unmarshal([]byte(got), &report); err != nil {
		t.Fatal(err)
	}
	text := report.Suite.Cases[0].Failure.Text
	if !strings.HasPrefix(text, `my api.yaml:1:4: error: a "<b>"\u001b [c]`+"\n    1 | é: <x>\n") {
		t.Errorf("the failure says %s", text)
	}
	start := strings.Index(got, `h)">`) + len(`h)">`)
	if got := got[:start] + "TEXT" + got[strings.Index(got, "</failure>"):]; got != want {
		t.Errorf("got %s", got)
	}
	if got := frontPrint("junit", false); !strings.Contains(got, `tests="1" failures="0"`) {
		t.Errorf("got %s for no diagnostics", got)
	}
}
