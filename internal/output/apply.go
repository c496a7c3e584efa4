package output

import (
	"errors"
	"io/fs"
	"os"
	"path"
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

// apply carries out the plan in this order, under the lock:
//
//  1. Write all new content into a staging folder below the output folder, the
//     new record last. Up to here nothing of the user's has changed.
//  2. Rename each file into place, keeping what it replaces in the staging
//     folder; remove stale files.
//  3. Rename the record into place.
//  4. Remove the staging folder, and those of interrupted runs.
//
// An error in step 2 or 3 is undone. A run that is killed there leaves the
// staging folder with the new record in it: the next run takes each file's old
// and new content for its own, see [readState], and so repairs what it finds.
func (p *Plan) apply(d disk) error {
	rubbish := p.leftovers
	if len(p.Changes()) > 0 {
		stage, err := newStage(d)
		if err != nil {
			return err
		}
		if err := p.stage(d, stage); err != nil {
			return errors.Join(err, d.RemoveAll(stage))
		}
		c := commit{disk: d, stage: stage}
		if err := c.run(p); err != nil {
			if c.undo() {
				d.RemoveAll(stage)
			}
			return err
		}
		rubbish = append(rubbish, stage)
	}
	for _, name := range rubbish {
		if err := d.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

// newStage makes a staging folder. The lock is held, so names of the past are
// the only ones taken.
func newStage(d disk) (string, error) {
	for i := 1; ; i++ {
		name := stagePrefix + strconv.Itoa(i)
		if err := d.Mkdir(name, 0o777); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
}

func (p *Plan) stage(d disk, stage string) error {
	for i, e := range p.Entries {
		if e.Status == Unchanged || e.New == nil {
			continue
		}
		if err := d.WriteFile(newName(stage, i), e.New, 0o666); err != nil {
			return err
		}
	}
	return d.WriteFile(stage+"/"+recordName, p.Record.New, 0o666)
}

func newName(stage string, i int) string { return stage + "/new-" + strconv.Itoa(i) }
func oldName(stage string, i int) string { return stage + "/old-" + strconv.Itoa(i) }

// commit is steps 2 and 3, with what it takes to go back.
type commit struct {
	disk
	stage string
	back  []func() error
}

func (c *commit) run(p *Plan) error {
	for i, e := range p.Entries {
		if e.Status == Unchanged {
			continue
		}
		if err := c.replace(e, i, newName(c.stage, i)); err != nil {
			return err
		}
	}
	for i, e := range p.Entries {
		if e.New == nil && !c.otherSpelling(p, e.Path) {
			if err := c.remove(e.Path, i); err != nil {
				return err
			}
		}
	}
	if p.Record.Status == Unchanged {
		return nil
	}
	return c.replace(p.Record, len(p.Entries), c.stage+"/"+recordName)
}

// replace moves staged content to where it belongs.
func (c *commit) replace(e Entry, i int, staged string) error {
	if e.New == nil {
		return nil
	}
	if e.Status == Missing {
		if err := c.mkdirs(path.Dir(e.Path)); err != nil {
			return err
		}
	} else if err := c.keep(e.Path, i); err != nil {
		return err
	}
	if err := c.Rename(staged, e.Path); err != nil {
		return err
	}
	if e.Status == Missing {
		c.back = append(c.back, func() error { return ignoreMissing(c.Remove(e.Path)) })
	}
	return nil
}

// remove removes a file and the folders that this leaves empty.
func (c *commit) remove(name string, i int) error {
	if err := c.keep(name, i); err != nil {
		return err
	}
	if err := ignoreMissing(c.Remove(name)); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "." && c.Remove(dir) == nil; dir = path.Dir(dir) {
		c.back = append(c.back, func() error { return c.Mkdir(dir, 0o777) })
	}
	return nil
}

// keep keeps a file in the staging folder for as long as the run may fail. A
// link leaves the file where it is meanwhile; not every disk has links.
func (c *commit) keep(name string, i int) error {
	kept := oldName(c.stage, i)
	if c.Link(name, kept) != nil {
		if err := c.Rename(name, kept); err != nil {
			return err
		}
	}
	c.back = append(c.back, func() error { return c.Rename(kept, name) })
	return nil
}

// mkdirs is MkdirAll that can be undone.
func (c *commit) mkdirs(dir string) error {
	if dir == "." {
		return nil
	}
	if err := c.mkdirs(path.Dir(dir)); err != nil {
		return err
	}
	err := c.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		c.back = append(c.back, func() error { return c.Remove(dir) })
	}
	return err
}

// undo goes back as far as it can and tells whether that was all the way.
func (c *commit) undo() bool {
	whole := true
	for i := len(c.back) - 1; i >= 0; i-- {
		if c.back[i]() != nil {
			whole = false
		}
	}
	return whole
}

// otherSpelling tells whether name is, on a disk that ignores case, a file that
// was just written under another spelling.
func (c *commit) otherSpelling(p *Plan, name string) bool {
	for _, e := range p.Entries {
		if e.New == nil || e.Path == name || !strings.EqualFold(e.Path, name) {
			continue
		}
		a, errA := c.Lstat(name)
		b, errB := c.Lstat(e.Path)
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
