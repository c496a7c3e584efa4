package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
)

// recorder is a testing.TB that keeps the failures reported to it.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper()           {}
func (r *recorder) Error(args ...any) { r.failures = append(r.failures, fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tree")
	generated := []gen.File{
		{Path: "same.txt", Data: []byte("same\n")},
		{Path: "sub/different.txt", Data: []byte("1\nnew\n3\n")},
		{Path: "sub/missing.txt", Data: []byte("missing\n")},
	}
	for name, text := range map[string]string{
		"same.txt": "same\n", "sub/different.txt": "1\nold\n3\n", "extra.txt": "", ".hidden/x": "", "__pycache__/x": "",
	} {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := &recorder{TB: t}
	compareDir(r, dir, generated, false)
	got := strings.ReplaceAll(strings.Join(r.failures, "\n"), dir+string(filepath.Separator), "")
	want := `sub/different.txt is out of date; -update rewrites it
diff golden generated
--- golden
+++ generated
@@ -1,3 +1,3 @@
 1
-old
+new
 3

sub/missing.txt is missing; -update writes it
extra.txt is no longer generated; -update removes it`
	if filepath.ToSlash(got) != want {
		t.Errorf("got:\n%s", got)
	}

	compareDir(t, dir, generated, true)
	compareDir(t, dir, generated, false) // fails t if the update left a difference
}

func TestMissingDir(t *testing.T) {
	r := &recorder{TB: t}
	compareDir(r, filepath.Join(t.TempDir(), "none"), []gen.File{{Path: "a"}}, false)
	if len(r.failures) != 1 {
		t.Errorf("got %q", r.failures)
	}
}
