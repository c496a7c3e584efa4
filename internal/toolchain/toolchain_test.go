package toolchain

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// recorder is a testing.TB that keeps the findings reported to it.
type recorder struct {
	testing.TB
	findings []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.findings = append(r.findings, fmt.Sprintf(format, args...))
}

// TestChecks runs each language's check on a clean package and a broken one, where each
// tool must report the broken one only. It does not write into their folders.
func TestChecks(t *testing.T) {
	tests := []struct {
		language string
		check    func(testing.TB, ...string)
		want     []string // start of each finding, in order, and what else is in it
	}{
		{"go", CheckGo, []string{
			"gofmt -d", "go vet ./...", "staticcheck ./...", "BROKEN: go.mod declares go 1.22", "BROKEN: requires github.com/example/dependency",
		}},
		{"typescript", CheckTypeScript, []string{
			"prettier --check",
			"typescript: …TS2322…TS2375…TS2322…TS7027", // with the strict settings, and with its own
			"typescript7: …TS2322…TS2375…TS2322…TS7027",
		}},
		{"python", CheckPython, []string{
			"ruff check", "ruff format",
			"mypy --strict, Python 3.10", "import, Python 3.10",
			"mypy --strict, Python 3.13", "import, Python 3.13",
			"pyright strict",
		}},
	}
	for _, test := range tests {
		t.Run(test.language, func(t *testing.T) {
			dir := t.TempDir()
			extract(t, filepath.Join("testdata", test.language+".txtar"), dir)
			clean, broken := filepath.Join(dir, "clean"), filepath.Join(dir, "broken")
			before := listFiles(t, dir)

			r := &recorder{TB: t}
			test.check(r, clean, broken)

			for i := 0; i < len(r.findings) || i < len(test.want); i++ {
				if i >= len(test.want) {
					t.Errorf("unexpected finding: %s", r.findings[i])
					continue
				}
				want := strings.ReplaceAll(test.want[i], "BROKEN", broken)
				if i >= len(r.findings) {
					t.Errorf("missing finding: %s", want)
					continue
				}
				got := r.findings[i]
				if !holds(got, want) || !strings.Contains(got, broken) || strings.Contains(got, clean) {
					t.Errorf("finding %d is %q and names only the broken package? got:\n%s", i, want, got)
				}
			}
			if after := listFiles(t, dir); after != before {
				t.Errorf("files changed from\n%s\nto\n%s", before, after)
			}
		})
	}
}

// holds tells whether a text begins with the first of the parts that "…" separates, and
// has the others after it.
func holds(text, parts string) bool {
	start, others, _ := strings.Cut(parts, "…")
	rest, ok := strings.CutPrefix(text, start)
	for _, part := range strings.Split(others, "…") {
		if ok {
			_, rest, ok = strings.Cut(rest, part)
		}
	}
	return ok
}

// extract writes the files of an archive below dir.
func extract(t *testing.T, archive, dir string) {
	t.Helper()
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	if err := txtar.Write(a, dir); err != nil {
		t.Fatal(err)
	}
}

// listFiles returns a line for each file below dir: its path, size and time of change.
func listFiles(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(&list, path, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}
