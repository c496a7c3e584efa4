package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// docs/lint.md has a row for each rule, and the scenario of the command a finding.
func TestRulesAreDocumentedAndShown(t *testing.T) {
	rows := read(t, "(?m)^\\| `([a-z-]+)` \\|", "docs", "lint.md")
	shown := read(t, `(?m)^worse\.yaml:.* warning: .* \[([a-z-]+)\]$`, "cmd", "wsgen", "testdata", "script", "lint.txtar")
	for _, r := range Rules {
		if !slices.Contains(rows, r.ID) {
			t.Errorf("docs/lint.md lacks %s", r.ID)
		}
		if !slices.Contains(shown, r.ID) {
			t.Errorf("no finding of the scenario shows %s", r.ID)
		}
	}
	if len(rows) != len(Rules) {
		t.Errorf("docs/lint.md has %d rules, and there are %d", len(rows), len(Rules))
	}
}

// read returns what an expression finds in a file of the repository.
func read(t *testing.T, expression string, path ...string) (found []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(string(data), -1) {
		found = append(found, m[1])
	}
	return found
}
