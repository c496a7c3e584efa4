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

func request(dir string, files tree, folders ...string) Request {
	req := Request{Dir: dir, Folders: folders, Version: "1.2.3"}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		req.Files = append(req.Files, File{Path: name, Data: []byte(files[name])})
	}
	return req
}

// readTree reads everything but the record.
func readTree(t *testing.T, dir string) tree {
	t.Helper()
	found := tree{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || name == recordName {
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

func mustWrite(t *testing.T, req Request) {
	t.Helper()
	if _, err := Write(req, Writing{}); err != nil {
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
	python = tree{"python/a.py": "a\n", "python/sub/b.py": "b\n"}
	golang = tree{"go/a.go": "a\n"}
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
	mustWrite(t, request(dir, python, "python"))
	wantTree(t, dir, python)
	record, err := os.ReadFile(filepath.Join(dir, recordName))
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "wsgen": "1.2.3",
  "files": {
    "python/a.py": "sha256:87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7",
    "python/sub/b.py": "sha256:0263829989b6fd954f72baaf2fc64bc2e2f01d692d4de72986ea808f6e99813f"
  }
}
`
	if diff := cmp.Diff(want, string(record)); diff != "" {
		t.Error(diff)
	}
}

func TestSecondRunTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	req := request(dir, python, "python")
	mustWrite(t, req)
	infos := func() map[string]fs.FileInfo {
		found := map[string]fs.FileInfo{}
		for _, name := range []string{".", recordName, "python", "python/a.py", "python/sub/b.py"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			found[name] = info
		}
		return found
	}
	before := infos()
	req.Version = "9.9.9" // alone it is no reason to rewrite the record
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
	next := tree{"python/a.py": "A\n"}
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
			statuses:  map[string]Status{"python/a.py": Changed, "python/sub/b.py": Stale},
			want:      next,
			wantForce: next,
		},
		{
			name:      "deleted by hand",
			change:    func(t *testing.T, dir string) { must(t, os.RemoveAll(filepath.Join(dir, "python"))) },
			statuses:  map[string]Status{"python/a.py": Missing},
			want:      next,
			wantForce: next,
		},
		{
			name:      "edited",
			change:    func(t *testing.T, dir string) { put(t, dir, "python/a.py", "mine\n") },
			statuses:  map[string]Status{"python/a.py": Edited, "python/sub/b.py": Stale},
			wantForce: next,
		},
		{
			name:      "edited into what is generated now",
			change:    func(t *testing.T, dir string) { put(t, dir, "python/a.py", "A\n") },
			statuses:  map[string]Status{"python/a.py": Unchanged, "python/sub/b.py": Stale},
			want:      next,
			wantForce: next,
		},
		{
			name:      "stale and edited",
			change:    func(t *testing.T, dir string) { put(t, dir, "python/sub/b.py", "mine\n") },
			statuses:  map[string]Status{"python/a.py": Changed, "python/sub/b.py": Edited},
			wantForce: next,
		},
		{
			name:      "foreign file not in the way",
			change:    func(t *testing.T, dir string) { put(t, dir, "python/sub/mine.py", "mine\n") },
			statuses:  map[string]Status{"python/a.py": Changed, "python/sub/b.py": Stale},
			want:      join2(next, tree{"python/sub/mine.py": "mine\n"}),
			wantForce: join2(next, tree{"python/sub/mine.py": "mine\n"}),
		},
		{
			name:      "record lost",
			change:    func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, recordName))) },
			statuses:  map[string]Status{"python/a.py": Foreign},
			wantForce: join2(python, next), // b.py is not known to be ours any more
		},
		{
			name:      "record damaged",
			change:    func(t *testing.T, dir string) { put(t, dir, recordName, "<<<<<<< HEAD\n") },
			statuses:  map[string]Status{"python/a.py": Foreign},
			wantForce: join2(python, next),
		},
		{
			name: "record names a file outside",
			change: func(t *testing.T, dir string) {
				put(t, dir, recordName, `{"files": {"python/../../x": "sha256:00"}}`)
			},
			statuses:  map[string]Status{"python/a.py": Foreign},
			wantForce: join2(python, next),
		},
		{
			name: "record lost, content as generated",
			change: func(t *testing.T, dir string) {
				must(t, os.Remove(filepath.Join(dir, recordName)))
				put(t, dir, "python/a.py", "A\n")
			},
			statuses:  map[string]Status{"python/a.py": Unchanged},
			want:      join2(python, next),
			wantForce: join2(python, next),
		},
		{
			name: "stale path is a folder by now",
			change: func(t *testing.T, dir string) {
				must(t, os.Remove(filepath.Join(dir, "python/sub/b.py")))
				put(t, dir, "python/sub/b.py/mine", "mine\n")
			},
			statuses:  map[string]Status{"python/a.py": Changed},
			want:      join2(next, tree{"python/sub/b.py/mine": "mine\n"}),
			wantForce: join2(next, tree{"python/sub/b.py/mine": "mine\n"}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			mustWrite(t, request(dir, join2(python, golang), "python", "go"))
			tt.change(t, dir)
			before := readTree(t, dir)
			req := request(dir, next, "python")

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

			_, err = Write(req, Writing{})
			var conflict *ConflictError
			if errors.As(err, &conflict) != (tt.want == nil) || err != nil && conflict == nil {
				t.Fatalf("Write: %v", err)
			}
			if tt.want == nil {
				wantTree(t, dir, before)
			} else {
				wantTree(t, dir, join2(tt.want, golang))
			}
			if _, err := Write(req, Writing{Force: true}); err != nil {
				t.Fatal(err)
			}
			wantTree(t, dir, join2(tt.wantForce, golang))
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
	mustWrite(t, request(dir, python, "python"))
	mustWrite(t, request(dir, nil, "python"))
	if _, err := os.Stat(filepath.Join(dir, "python")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("python is still there: %v", err)
	}
}

func TestOtherLanguagesKeepTheirEntries(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, request(dir, golang, "go"))
	mustWrite(t, request(dir, python, "python"))
	mustWrite(t, request(dir, nil, "go"))
	wantTree(t, dir, python)
}

func TestOtherSpellingIsNotRemoved(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, request(dir, tree{"python/A.py": "a\n"}, "python"))
	// A link is what a disk that ignores case looks like: two names, one file.
	must(t, os.Link(filepath.Join(dir, "python/A.py"), filepath.Join(dir, "python/a.py")))
	mustWrite(t, request(dir, tree{"python/a.py": "a\n"}, "python"))
	if got := readTree(t, dir); got["python/a.py"] != "a\n" || got["python/A.py"] != "a\n" {
		t.Errorf("got %v", got)
	}
}

func TestLinksAreNotWrittenThrough(t *testing.T) {
	outside := t.TempDir()
	put(t, outside, "a.py", "outside\n")

	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.Symlink(outside, filepath.Join(dir, "python")))
		_, err := Write(request(dir, python, "python"), Writing{Force: true})
		wantError(t, err, filepath.ToSlash(dir)+"/python/a.py: "+errEscapes.Error())
	})
	t.Run("file", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(dir, "go"), 0o777))
		must(t, os.Symlink(filepath.Join(outside, "a.py"), filepath.Join(dir, "go/a.go")))
		req := request(dir, golang, "go")
		var conflict *ConflictError
		if _, err := Write(req, Writing{}); !errors.As(err, &conflict) {
			t.Errorf("Write: %v", err)
		}
		_, err := Write(req, Writing{Force: true})
		must(t, err)
		wantTree(t, dir, golang)
	})
	wantTree(t, outside, tree{"a.py": "outside\n"})
}

func TestWhatStandsInTheWayIsNamed(t *testing.T) {
	dir := filepath.ToSlash(t.TempDir())
	put(t, dir, "file", "")
	put(t, dir, "folder/python/a.py/x", "")
	put(t, dir, "nofolder/python", "")
	tests := map[string]string{
		"file":     "/file: not a directory",
		"file/sub": "/file: not a directory",
		"folder":   "/folder/python/a.py: " + errNotAFile.Error(),
		"nofolder": "/nofolder/python/a.py: not a directory",
	}
	before := readTree(t, dir)
	for out, want := range tests {
		_, err := Write(request(dir+"/"+out, tree{"python/a.py": "a\n"}, "python"), Writing{Force: true})
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
		_, err := Write(request(root+"/"+out, tree{"python/" + file: "a\n"}, "python"), Writing{})
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
	plan, err := Inspect(request(dir, golang, "go"))
	must(t, err)
	if len(plan.Changes()) != 1 || plan.Changes()[0].Status != Missing {
		t.Errorf("got %v", plan.Changes())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("Inspect made the folder")
	}
}
