// Package golden compares the output of tests with files in the repository. Run the
// tests with -update to rewrite those files.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/wsgen/wsgen/gen"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Dir compares the files below dir with files: each that is missing, unexpected or
// different fails the test. Hidden files, and folders that tools create in a source tree
// (__pycache__, node_modules), are ignored.
func Dir(t testing.TB, dir string, files []gen.File) {
	t.Helper()
	compareDir(t, dir, files, *update)
}

// File compares the file at path with data.
func File(t testing.TB, path string, data []byte) {
	t.Helper()
	compareFile(t, path, data, *update)
}

func compareDir(t testing.TB, dir string, files []gen.File, update bool) {
	t.Helper()
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
		compareFile(t, filepath.Join(dir, filepath.FromSlash(f.Path)), f.Data, update)
	}
	for _, name := range list(t, dir) {
		if wanted[name] {
			continue
		}
		full := filepath.Join(dir, filepath.FromSlash(name))
		if !update {
			t.Errorf("%s is no longer generated; -update removes it", full)
		} else if err := os.Remove(full); err != nil {
			t.Error(err)
		}
	}
}

func compareFile(t testing.TB, path string, data []byte, update bool) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, data) {
		return
	}
	switch {
	case update:
		err = os.MkdirAll(filepath.Dir(path), 0o777)
		if err == nil {
			err = os.WriteFile(path, data, 0o666)
		}
		if err != nil {
			t.Error(err)
		}
	case errors.Is(err, fs.ErrNotExist):
		t.Errorf("%s is missing; -update writes it", path)
	case err != nil:
		t.Error(err)
	default:
		t.Errorf("%s is out of date; -update rewrites it\n%s", path, diff.Diff("golden", old, "generated", data))
	}
}

// list returns the slash-separated paths of the files below dir.
func list(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == "." {
			return nil
		}
		if err != nil {
			return err
		}
		if base := e.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "__pycache__" || base == "node_modules") {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !e.IsDir() {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	return names
}
