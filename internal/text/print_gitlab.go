package text

import (
	"bytes"
	"crypto/sha256"
	"fmt"
)

// gitlabIssue is a problem in a code quality report of GitLab.
type gitlabIssue struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	// Fingerprint is the same in the next report if only lines above have changed.
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}

func (ds Diagnostics) printGitLab(b *bytes.Buffer) {
	issues := make([]gitlabIssue, 0, len(ds))
	seen := map[string]int{}
	for i := range ds {
		d := &ds[i]
		text := fmt.Sprintf("%q", []string{d.Code, d.fileName(), d.Message})
		seen[text]++
		issue := gitlabIssue{
			Description: d.withHint(),
			CheckName:   d.Code,
			Fingerprint: fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", text, seen[text]))),
			Severity:    [...]string{"major", "minor", "info"}[d.Severity],
		}
		issue.Location.Path = d.fileName()
		line, _ := d.Pos.Line()
		issue.Location.Lines.Begin = max(1, line) // GitLab wants a line in any case
		issues = append(issues, issue)
	}
	printJSONValue(b, issues)
}
