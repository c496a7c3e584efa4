package output

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is the content of a folder: path to text.
type tree map[string]string

func request(dir string, files tree) Package {
	p := Package{Dir: dir, Version: "1.2.3"}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		p.Files = append(p.Files, File{Path: name, Data: []byte(files[name])})
	}
	return p
}

// readTree reads everything but records.
func readTree(t *testing.T, dir string) tree {
	t.Helper()
	found := tree{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == recordName {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		found[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantTree(t *testing.T, dir string, want tree) {
	t.Helper()
	if diff := cmp.Diff(want, readTree(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
}

func mustWrite(t *testing.T, packages ...Package) {
	t.Helper()
	if err := Write(packages, Writing{}); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

var (
	python = tree{"a.py": "a\n", "sub/b.py": "b\n"}
	golang = tree{"a.go": "a\n"}
)

func join2(a, b tree) tree {
	both := tree{}
	for _, t := range []tree{a, b} {
		for name, text := range t {
			both[name] = text
		}
	}
	return both
}

func TestRecordListsFilesWithHashes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "sdk")
	mustWrite(t, request(dir, python))
	wantTree(t, dir, python)
	record, err := os.ReadFile(filepath.Join(dir, recordName))
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "wsgen": "1.2.3",
  "files": {
    "a.py": "sha256:87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7",
    "sub/b.py": "sha256:0263829989b6fd954f72baaf2fc64bc2e2f01d692d4de72986ea808f6e99813f"
  }
}
`
	if diff := cmp.Diff(want, string(record)); diff != "" {
		t.Error(diff)
	}
}

func TestSecondRunTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	req := request(dir, python)
	mustWrite(t, req)
	infos := func() map[string]fs.FileInfo {
		found := map[string]fs.FileInfo{}
		for _, name := range []string{".", recordName, "a.py", "sub", "sub/b.py"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			found[name] = info
		}
		return found
	}
	before := infos()
	req.Version = "9.9.9" // not a reason by itself to rewrite the record
	mustWrite(t, req)
	for name, info := range infos() {
		if !os.SameFile(info, before[name]) || info.ModTime() != before[name].ModTime() {
			t.Errorf("%s was touched", name)
		}
	}
}

// TestOwnership starts each case from a folder that holds python as generated,
// and generates python/a.py with new content and nothing else.
func TestOwnership(t *testing.T) {
	next := tree{"a.py": "A\n"}
	tests := []struct {
		name      string
		change    func(t *testing.T, dir string)
		statuses  map[string]Status
		want      tree // after an unforced run; nil: nothing may change
		wantForce tree
	}{
		{
			name:      "ours",
			change:    func(*testing.T, string) {},
			statuses:  map[string]Status{"a.py": Changed, "sub/b.py": Stale},
			want:      next,
			wantForce: next,
		},
		{
			name: "deleted by hand",
			change: func(t *testing.T, dir string) {
				must(t, os.RemoveAll(filepath.Join(dir, "a.py")))
				must(t, os.RemoveAll(filepath.Join(dir, "sub")))
			},
			statuses:  map[string]Status{"a.py": Missing},
			want:      next,
			wantForce: next,
		},
		{
			name:      "edited",
			change:    func(t *testing.T, dir string) { put(t, dir, "a.py", "mine\n") },
			statuses:  map[string]Status{"a.py": Edited, "sub/b.py": Stale},
			wantForce: next,
		},
		{
			name:      "edited into what is generated now",
			change:    func(t *testing.T, dir string) { put(t, dir, "a.py", "A\n") },
			statuses:  map[string]Status{"a.py": Unchanged, "sub/b.py": Stale},
			want:      next,
			wantForce: next,
		},
		{
			name:      "stale and edited",
			change:    func(t *testing.T, dir string) { put(t, dir, "sub/b.py", "mine\n") },
			statuses:  map[string]Status{"a.py": Changed, "sub/b.py": Edited},
			wantForce: next,
		},
		{
			name:      "foreign file not in the way",
			change:    func(t *testing.T, dir string) { put(t, dir, "sub/mine.py", "mine\n") },
			statuses:  map[string]Status{"a.py": Changed, "sub/b.py": Stale},
			want:      join2(next, tree{"sub/mine.py": "mine\n"}),
			wantForce: join2(next, tree{"sub/mine.py": "mine\n"}),
		},
		{
			name:      "record lost",
			change:    func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, recordName))) },
			statuses:  map[string]Status{"a.py": Foreign},
			wantForce: join2(python, next), // b.py is not known to be ours any more
		},
		{
			name:      "record damaged",
			change:    func(t *testing.T, dir string) { put(t, dir, recordName, "<<<<<<< HEAD\n") },
			statuses:  map[string]Status{"a.py": Foreign},
			wantForce: join2(python, next),
		},
		{
			name: "record names a file outside",
			change: func(t *testing.T, dir string) {
				put(t, dir, recordName, `{"files": {"../x": "sha256:00"}}`)
			},
			statuses:  map[string]Status{"a.py": Foreign},
			wantForce: join2(python, next),
		},
		{
			name: "record lost, content as generated",
			change: func(t *testing.T, dir string) {
				must(t, os.Remove(filepath.Join(dir, recordName)))
				put(t, dir, "a.py", "A\n")
			},
			statuses:  map[string]Status{"a.py": Unchanged},
			want:      join2(python, next),
			wantForce: join2(python, next),
		},
		{
			name: "stale path is a folder by now",
			change: func(t *testing.T, dir string) {
				must(t, os.Remove(filepath.Join(dir, "sub/b.py")))
				put(t, dir, "sub/b.py/mine", "mine\n")
			},
			statuses:  map[string]Status{"a.py": Changed},
			want:      join2(next, tree{"sub/b.py/mine": "mine\n"}),
			wantForce: join2(next, tree{"sub/b.py/mine": "mine\n"}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			mustWrite(t, request(dir, python))
			tt.change(t, dir)
			before := readTree(t, dir)
			req := request(dir, next)

			plan, err := Inspect(req)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]Status{}
			for _, e := range plan.Entries {
				got[e.Path] = e.Status
			}
			if diff := cmp.Diff(tt.statuses, got); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			wantTree(t, dir, before)

			err = Write([]Package{req}, Writing{})
			var conflict *ConflictError
			if errors.As(err, &conflict) != (tt.want == nil) || err != nil && conflict == nil {
				t.Fatalf("Write: %v", err)
			}
			if tt.want == nil {
				wantTree(t, dir, before)
			} else {
				wantTree(t, dir, tt.want)
			}
			if err := Write([]Package{req}, Writing{Force: true}); err != nil {
				t.Fatal(err)
			}
			wantTree(t, dir, tt.wantForce)
			if plan, err := Inspect(req); err != nil || len(plan.Changes()) > 0 {
				t.Errorf("after it: %v, %v", plan.Changes(), err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEmptiedFoldersAreRemoved(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, request(dir, python))
	mustWrite(t, request(dir, nil))
	if _, err := os.Stat(filepath.Join(dir, "sub")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("sub is still there: %v", err)
	}
}

func TestFolderMayBeMoved(t *testing.T) {
	parent := t.TempDir()
	mustWrite(t, request(parent+"/old", python))
	must(t, os.Rename(parent+"/old", parent+"/new"))
	next := tree{"a.py": "A\n"}
	mustWrite(t, request(parent+"/new", next))
	wantTree(t, parent+"/new", next)
}

// A file in the way of one package stops all of them, whatever their order.
func TestPackagesAreWrittenTogether(t *testing.T) {
	for _, bad := range []string{"go", "python"} {
		dir := t.TempDir()
		put(t, dir, bad+"/mine", "mine\n")
		put(t, dir, bad+"/a", "mine\n")
		before := readTree(t, dir)
		all := packages(dir, tree{"go/a": "1\n", "python/a": "1\n"})
		err := Write(all, Writing{})
		var conflict *ConflictError
		if !errors.As(err, &conflict) || conflict.Files[0] != (Conflict{dir + "/" + bad + "/a", Foreign}) {
			t.Errorf("got %v", err)
		}
		wantTree(t, dir, before)
		if got := folders(t, dir); !slices.Equal(got, []string{".", bad, bad + "/a", bad + "/mine"}) {
			t.Errorf("there is %q", got)
		}
	}
}

// What tools do to all files of a project is neither an edit nor drift.
func TestToolsAreNotEditors(t *testing.T) {
	dir := t.TempDir()
	files := tree{"a.py": "a\nb\n", "b.json": "{\n  \"a\": [1, 2]\n}\n", "c.json": "{\r\n // no JSON\r\n}\n"}
	mustWrite(t, request(dir, files))
	changed := tree{"a.py": "a\r\nb\r\n", "b.json": "{\r\n\t\"a\": [\r\n\t\t1,\r\n\t\t2\r\n\t]\r\n}", "c.json": "{\n // no JSON\n}\n"}
	for name, text := range changed {
		put(t, dir, name, text)
	}
	plan, err := Inspect(request(dir, files))
	must(t, err)
	if len(plan.Changes()) > 0 {
		t.Errorf("changes: %v", plan.Changes())
	}
	mustWrite(t, request(dir, files))
	wantTree(t, dir, changed)

	next := tree{"a.py": "c\n", "b.json": "{}\n"}
	mustWrite(t, request(dir, next))
	wantTree(t, dir, next)

	put(t, dir, "b.json", `{"a": 1}`)
	put(t, dir, "a.py", "c \r\n")
	plan, err = Inspect(request(dir, files))
	must(t, err)
	if len(plan.Conflicts()) != 2 {
		t.Errorf("conflicts: %v", plan.Conflicts())
	}
}

func TestOtherSpellingIsNotRemoved(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, request(dir, tree{"A.py": "a\n"}))
	// A link is what a disk that ignores case looks like: two names, one file.
	must(t, os.Link(filepath.Join(dir, "A.py"), filepath.Join(dir, "a.py")))
	mustWrite(t, request(dir, tree{"a.py": "a\n"}))
	if got := readTree(t, dir); got["a.py"] != "a\n" || got["A.py"] != "a\n" {
		t.Errorf("got %v", got)
	}
}

func TestLinksAreNotWrittenThrough(t *testing.T) {
	outside := t.TempDir()
	put(t, outside, "a.py", "outside\n")

	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.Symlink(outside, filepath.Join(dir, "sub")))
		err := Write([]Package{request(dir, python)}, Writing{Force: true})
		wantError(t, err, filepath.ToSlash(dir)+"/sub/b.py: "+errEscapes.Error())
	})
	t.Run("file", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(dir, "go"), 0o777))
		must(t, os.Symlink(filepath.Join(outside, "a.py"), filepath.Join(dir, "a.go")))
		req := request(dir, golang)
		var conflict *ConflictError
		if err := Write([]Package{req}, Writing{}); !errors.As(err, &conflict) {
			t.Errorf("Write: %v", err)
		}
		err := Write([]Package{req}, Writing{Force: true})
		must(t, err)
		wantTree(t, dir, golang)
	})
	wantTree(t, outside, tree{"a.py": "outside\n"})
}

func TestWhatStandsInTheWayIsNamed(t *testing.T) {
	dir := filepath.ToSlash(t.TempDir())
	put(t, dir, "file", "")
	put(t, dir, "folder/sub/a.py/x", "")
	put(t, dir, "nofolder/sub", "")
	tests := map[string]string{
		"file":     "/file: not a directory",
		"file/sub": "/file: not a directory",
		"folder":   "/folder/sub/a.py: " + errNotAFile.Error(),
		"nofolder": "/nofolder/sub/a.py: not a directory",
	}
	before := readTree(t, dir)
	for out, want := range tests {
		err := Write([]Package{request(dir+"/"+out, tree{"sub/a.py": "a\n"})}, Writing{Force: true})
		wantError(t, err, dir+want)
	}
	wantTree(t, dir, before)
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// A run that fails leaves no folder that it made, and those of others.
func TestFailedFirstRunLeavesNoFolders(t *testing.T) {
	long := strings.Repeat("x", 300) // no disk takes it
	tests := map[string]string{"a": long, "a/b/c/": long, "there/b/c": long, "a/b/" + long: "a.py"}
	for out, file := range tests {
		root := t.TempDir()
		must(t, os.Mkdir(filepath.Join(root, "there"), 0o777))
		err := Write([]Package{request(root+"/"+out, tree{"" + file: "a\n"})}, Writing{})
		if err == nil || !strings.Contains(err.Error(), long+": ") {
			t.Errorf("got %v", err)
		}
		if got := folders(t, root); !slices.Equal(got, []string{".", "there"}) {
			t.Errorf("%s: there is %q", out, got)
		}
	}
}

func folders(t *testing.T, root string) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, name)
		names = append(names, filepath.ToSlash(rel))
		return err
	}))
	return names
}

func TestMissingFolderIsAllMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	plan, err := Inspect(request(dir, golang))
	must(t, err)
	if len(plan.Changes()) != 1 || plan.Changes()[0].Status != Missing {
		t.Errorf("got %v", plan.Changes())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("Inspect made the folder")
	}
}
