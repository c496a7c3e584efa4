// Package golden compares output with files in the repository, which
// `go test -update` rewrites: to be read before they are committed.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/wsgen/wsgen/gen"
)

var update = flag.Bool("update", false, "rewrite golden files")

// File compares data with one file.
func File(t testing.TB, name string, data []byte) {
	t.Helper()
	if *update {
		write(t, name, data)
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Errorf("%v (make golden writes it)", err)
		return
	}
	if !bytes.Equal(want, data) {
		t.Errorf("%s differs (make golden rewrites it):\n%s", name, diff(want, data))
	}
}

// Dir compares files with a whole folder: one that is missing, changed or left
// over is an error.
func Dir(t testing.TB, dir string, files []gen.File) {
	t.Helper()
	known := map[string]bool{}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		known[name] = true
		File(t, name, f.Data)
	}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || known[name] {
			return err
		}
		if *update {
			return os.Remove(name)
		}
		t.Errorf("%s is not generated any more (make golden removes it)", name)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func diff(want, got []byte) string {
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(want)), B: difflib.SplitLines(string(got)), FromFile: "golden", ToFile: "generated", Context: 2,
	})
	if err != nil {
		return err.Error()
	}
	return text
}
