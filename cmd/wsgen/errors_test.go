package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var updateErrors = flag.Bool("update-errors", false, "rewrite fixtures/errors: read them before you commit them")

// Each archive of fixtures/errors holds the command line in its first line, the input
// files, and the expected output. A run that fails writes nothing.
func TestErrors(t *testing.T) {
	archives, err := filepath.Glob("../../fixtures/errors/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		archive, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { checkArchive(t, archive) })
	}
}

// The README shows the diagnostic for a misspelled reference in its own manifest.
func TestReadmeError(t *testing.T) {
	root := "../../"
	readme, err := os.ReadFile(root + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	models, err := os.ReadFile(root + "fixtures/tasks/models.json")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```yaml\n")
	manifest, rest, _ := strings.Cut(rest, "```")
	_, rest, _ = strings.Cut(rest, "## When something is wrong")
	_, rest, _ = strings.Cut(rest, "```\n")
	want, _, _ := strings.Cut(rest, "```")
	t.Chdir(t.TempDir())
	for name, data := range map[string]string{
		"models.json": string(models),
		"api.yaml":    strings.Replace(manifest, "TaskStatsParams", "TaskStatsParam", 1),
	} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"wsgen", "--asyncapi", "api.yaml"}, strings.NewReader(""), &stdout, &stderr)
	if code != exitInput || stderr.String() != want {
		t.Errorf("exit code %d, and\n%s\nwhere the README says\n%s", code, stderr.String(), want)
	}
}

const wantFile = "want"

func checkArchive(t *testing.T, name string) {
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var inputs []txtar.File
	want := ""
	for _, f := range ar.Files {
		if f.Name == wantFile {
			want = string(f.Data)
			continue
		}
		inputs = append(inputs, f)
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o777); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if err := os.WriteFile(f.Name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	before := listing(t)
	line, _, _ := strings.Cut(string(ar.Comment), "\n")
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), strings.Fields(line), strings.NewReader(""), &stdout, &stderr)
	got := fmt.Sprintf("exit %d\n%s%s", code, stdout.String(), stderr.String())
	if after := listing(t); code != exitOK && after != before {
		t.Errorf("the run wrote files:\n%s\nbefore:\n%s", after, before)
	}
	switch {
	case *updateErrors:
		ar.Files = append(inputs, txtar.File{Name: wantFile, Data: []byte(got)})
		if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
			t.Fatal(err)
		}
	case got != want:
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func listing(t *testing.T) string {
	var names []string
	err := filepath.WalkDir(".", func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	return strings.Join(names, "\n")
}
