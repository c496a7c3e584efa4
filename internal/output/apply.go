package output

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// disk is what changes the output folder: an [os.Root], which follows no link
// that leads out of it, or in tests one that fails.
type disk interface {
	Lstat(name string) (fs.FileInfo, error)
	Mkdir(name string, perm fs.FileMode) error
	WriteFile(name string, data []byte, perm fs.FileMode) error
	Link(oldname, newname string) error
	Rename(oldname, newname string) error
	Remove(name string) error
	RemoveAll(name string) error
}

var _ disk = (*os.Root)(nil)

// apply carries out the plans of all folders, which are locked:
//
//  1. Write all new content into a staging folder in each package's folder, the
//     new record last. Up to here nothing of the user's has changed.
//  2. Rename each file into place, keeping what it replaces in the staging
//     folder; remove stale files; rename the record into place.
//  3. Remove the staging folders, and those of interrupted runs.
//
// An error in step 1 or 2 is undone, in every folder. A run that is killed in step 2
// leaves staging folders with new records in them: the next run takes each file's old
// and new content for its own, see [readState], and so repairs what it finds.
func apply(folders []*folder) error {
	steps := []func(*folder) error{(*folder).begin, (*folder).commit, (*folder).tidy}
	for i, step := range steps {
		for _, f := range folders {
			err := step(f)
			if err == nil {
				continue
			}
			if i < len(steps)-1 {
				undo(folders)
			}
			return explain(f.plan.Dir, err)
		}
	}
	return nil
}

// undo goes back in all folders. A staging folder stays where that failed: it says which
// files are wsgen's.
func undo(folders []*folder) {
	for _, f := range slices.Backward(folders) {
		if f.goBack() && f.stage != "" {
			f.RemoveAll(f.stage)
		}
	}
}

// begin is step 1.
func (f *folder) begin() (err error) {
	if len(f.plan.Changes()) == 0 {
		return nil
	}
	if f.stage, err = newStage(f.disk); err != nil {
		return err
	}
	for i, e := range f.plan.Entries {
		if e.Status == Unchanged || e.New == nil {
			continue
		}
		if err := f.WriteFile(f.newName(i), e.New, 0o666); err != nil {
			return err
		}
	}
	return f.WriteFile(f.stage+"/"+recordName, f.plan.Record.New, 0o666)
}

// newStage makes a staging folder. The lock is held, so names of the past are
// the only ones taken.
func newStage(d disk) (string, error) {
	for i := 1; ; i++ {
		name := stagePrefix + strconv.Itoa(i)
		err := d.Mkdir(name, 0o777)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

func (f *folder) newName(i int) string { return f.stage + "/new-" + strconv.Itoa(i) }
func (f *folder) oldName(i int) string { return f.stage + "/old-" + strconv.Itoa(i) }

// commit is step 2.
func (f *folder) commit() error {
	if f.stage == "" {
		return nil
	}
	for i, e := range f.plan.Entries {
		if e.Status == Unchanged {
			continue
		}
		if err := f.replace(e, i, f.newName(i)); err != nil {
			return err
		}
	}
	for i, e := range f.plan.Entries {
		if e.New == nil && !f.otherSpelling(e.Path) {
			if err := f.remove(e.Path, i); err != nil {
				return err
			}
		}
	}
	if f.plan.Record.Status == Unchanged {
		return nil
	}
	return f.replace(f.plan.Record, len(f.plan.Entries), f.stage+"/"+recordName)
}

// tidy is step 3.
func (f *folder) tidy() error {
	rubbish := f.plan.leftovers
	if f.stage != "" {
		rubbish = append(rubbish, f.stage)
	}
	for _, name := range rubbish {
		if err := f.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

// replace moves staged content to where it belongs.
func (f *folder) replace(e Entry, i int, staged string) error {
	if e.New == nil {
		return nil
	}
	if e.Status == Missing {
		if err := f.mkdirs(path.Dir(e.Path)); err != nil {
			return err
		}
	} else if err := f.keep(e.Path, i); err != nil {
		return err
	}
	if err := f.Rename(staged, e.Path); err != nil {
		return err
	}
	if e.Status == Missing {
		f.back = append(f.back, func() error { return ignoreMissing(f.Remove(e.Path)) })
	}
	return nil
}

// remove removes a file and the folders that this leaves empty.
func (f *folder) remove(name string, i int) error {
	if err := f.keep(name, i); err != nil {
		return err
	}
	if err := ignoreMissing(f.Remove(name)); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "." && f.Remove(dir) == nil; dir = path.Dir(dir) {
		f.back = append(f.back, func() error { return f.Mkdir(dir, 0o777) })
	}
	return nil
}

// keep keeps a file in the staging folder for as long as the run may fail. A
// link leaves the file where it is meanwhile; not every disk has links.
func (f *folder) keep(name string, i int) error {
	kept := f.oldName(i)
	if f.Link(name, kept) != nil {
		if err := f.Rename(name, kept); err != nil {
			return err
		}
	}
	f.back = append(f.back, func() error { return f.Rename(kept, name) })
	return nil
}

// mkdirs is MkdirAll that can be undone.
func (f *folder) mkdirs(dir string) error {
	if dir == "." {
		return nil
	}
	if err := f.mkdirs(path.Dir(dir)); err != nil {
		return err
	}
	err := f.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		f.back = append(f.back, func() error { return f.Remove(dir) })
	}
	return err
}

// goBack goes back as far as it can and tells whether that was all the way.
func (f *folder) goBack() bool {
	whole := true
	for i := len(f.back) - 1; i >= 0; i-- {
		if f.back[i]() != nil {
			whole = false
		}
	}
	return whole
}

// otherSpelling tells whether name is, on a disk that ignores case, a file that
// was just written under another spelling.
func (f *folder) otherSpelling(name string) bool {
	for _, e := range f.plan.Entries {
		if e.New == nil || e.Path == name || !strings.EqualFold(e.Path, name) {
			continue
		}
		a, errA := f.Lstat(name)
		b, errB := f.Lstat(e.Path)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return true
		}
	}
	return false
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
