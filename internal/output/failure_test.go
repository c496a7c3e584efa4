package output

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// failingDisk is a folder on a disk that fails.
type failingDisk struct {
	disk
	*failure
}

// failure fails operation number failAt of a run, counted from 0, and where the run is
// killed every later one too.
type failure struct {
	failAt  int
	killed  bool
	noLinks bool
	count   int
}

var errInjected = errors.New("injected")

// open puts the failure between a run and its folders.
func (f *failure) open(root *os.Root) disk { return failingDisk{root, f} }

func (f *failure) step(op, name string) error {
	n := f.count
	f.count++
	if n == f.failAt || f.killed && n > f.failAt {
		return &fs.PathError{Op: op, Path: name, Err: errInjected}
	}
	return nil
}

func (d failingDisk) Mkdir(name string, perm fs.FileMode) error {
	if err := d.step("mkdir", name); err != nil {
		return err
	}
	return d.disk.Mkdir(name, perm)
}

// WriteFile leaves half of the file where it fails, as a full disk does.
func (d failingDisk) WriteFile(name string, data []byte, perm fs.FileMode) error {
	if err := d.step("write", name); err != nil {
		return errors.Join(err, d.disk.WriteFile(name, data[:len(data)/2], perm))
	}
	return d.disk.WriteFile(name, data, perm)
}

func (d failingDisk) Link(oldname, newname string) error {
	if d.noLinks {
		return errors.ErrUnsupported
	}
	if err := d.step("link", newname); err != nil {
		return err
	}
	return d.disk.Link(oldname, newname)
}

func (d failingDisk) Rename(oldname, newname string) error {
	if err := d.step("rename", newname); err != nil {
		return err
	}
	return d.disk.Rename(oldname, newname)
}

func (d failingDisk) Remove(name string) error {
	if err := d.step("remove", name); err != nil {
		return err
	}
	return d.disk.Remove(name)
}

func (d failingDisk) RemoveAll(name string) error {
	if err := d.step("remove", name); err != nil {
		return err
	}
	return d.disk.RemoveAll(name)
}

// packages makes a package of each top folder.
func packages(dir string, files tree) (all []Package) {
	folders := map[string]tree{}
	for name, text := range files {
		top, rest, _ := strings.Cut(name, "/")
		if folders[top] == nil {
			folders[top] = tree{}
		}
		folders[top][rest] = text
	}
	for _, top := range slices.Sorted(maps.Keys(folders)) {
		all = append(all, request(dir+"/"+top, folders[top]))
	}
	return all
}

// The steps of one life of two packages: every kind of change is in the second.
var (
	first  = tree{"go/a.go": "1\n", "python/a.py": "1\n", "python/b.py": "1\n", "python/old/c.py": "1\n"}
	second = tree{"go/a.go": "2\n", "python/a.py": "2\n", "python/b.py": "1\n", "python/new/d.py": "2\n"}
	third  = tree{"go/a.go": "3\n", "python/a.py": "3\n", "python/new/d.py": "3\n"}
)

// eachFailure runs the second step in a fresh folder once for every operation
// that it consists of, failing there.
func eachFailure(t *testing.T, killed bool, check func(t *testing.T, dir string, err error)) {
	for _, noLinks := range []bool{false, true} {
		for failAt := 0; ; failAt++ {
			dir := t.TempDir()
			mustWrite(t, packages(dir, first)...)
			d := &failure{failAt: failAt, killed: killed, noLinks: noLinks}
			err := write(packages(dir, second), Writing{}, d.open)
			if d.count <= failAt {
				if err != nil || failAt < 10 {
					t.Fatalf("%d operations, %v", d.count, err)
				}
				break
			}
			check(t, dir, err)
			if t.Failed() {
				t.Fatalf("failed at operation %d, noLinks=%v: %v", failAt, noLinks, err)
			}
		}
	}
}

func TestFailureIsUndone(t *testing.T) {
	eachFailure(t, false, func(t *testing.T, dir string, err error) {
		if err == nil {
			wantTree(t, dir, second) // a link that fails is done without; so is an empty folder
			return
		}
		if !errors.Is(err, errInjected) {
			t.Error(err)
		}
		got := readTree(t, dir)
		if got["python/a.py"] == "2\n" && got["go/a.go"] == "2\n" && got["python/old/c.py"] == "" {
			return // done but for the staging folder, which the next run removes
		}
		for name := range got {
			if got[name] != first[name] {
				t.Errorf("%s is %q", name, got[name])
			}
		}
		wantTree(t, dir, first)
	})
}

func TestInterruptedRunIsRepaired(t *testing.T) {
	repairs := map[string]func(dir string) (last []Package, all tree){
		"same input":  func(dir string) ([]Package, tree) { return packages(dir, second), second },
		"other input": func(dir string) ([]Package, tree) { return packages(dir, third), third },
	}
	for name, repair := range repairs {
		t.Run(name, func(t *testing.T) {
			eachFailure(t, true, func(t *testing.T, dir string, _ error) {
				req, want := repair(dir)
				mustWrite(t, req...)
				wantTree(t, dir, want)
			})
		})
	}
	t.Run("one package first", func(t *testing.T) {
		eachFailure(t, true, func(t *testing.T, dir string, _ error) {
			mustWrite(t, packages(dir, tree{"python/a.py": "3\n", "python/new/d.py": "3\n"})...)
			mustWrite(t, packages(dir, third)...)
			wantTree(t, dir, third)
		})
	})
	t.Run("twice", func(t *testing.T) {
		eachFailure(t, true, func(t *testing.T, dir string, _ error) {
			d := &failure{failAt: 8, killed: true}
			write(packages(dir, third), Writing{}, d.open)
			mustWrite(t, packages(dir, first)...)
			wantTree(t, dir, first)
		})
	})
}
