package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Writing says how [Write] goes about it.
type Writing struct {
	Force   bool             // overwrite and remove edited and foreign files too
	Wait    time.Duration    // for another run in one of the folders to end
	Waiting func(dir string) // called once before waiting for a folder; may be nil
}

// Write brings all folders to what the packages say, or leaves them as they were and
// returns an error: a [ConflictError], or what the disk said, naming the path.
func Write(packages []Package, w Writing) error {
	return write(packages, w, func(root *os.Root) disk { return root })
}

func write(packages []Package, w Writing, open func(*os.Root) disk) (err error) {
	if err := foresee(packages, w.Force); err != nil {
		return err
	}
	var folders []*folder
	defer func() {
		for _, f := range slices.Backward(folders) {
			f.close(err != nil)
		}
	}()
	// Runs that need the same folders lock them in the same order, so that none waits for
	// another for ever.
	packages = slices.Clone(packages)
	slices.SortFunc(packages, func(a, b Package) int { return strings.Compare(absolute(a.Dir), absolute(b.Dir)) })
	plans := make([]*Plan, len(packages))
	for i, p := range packages {
		f := &folder{}
		folders = append(folders, f)
		if err := f.open(p, w); err != nil {
			return err
		}
		f.disk = open(f.root)
		plans[i] = f.plan
	}
	if err := Conflicts(plans); err != nil && !w.Force {
		return err
	}
	return apply(folders)
}

// foresee finds what stands in the way before a folder is made for nothing.
func foresee(packages []Package, force bool) error {
	missing := func(p Package) bool { _, err := os.Stat(p.Dir); return err != nil }
	if force || !slices.ContainsFunc(packages, missing) {
		return nil
	}
	var plans []*Plan
	for _, p := range packages {
		if missing(p) {
			continue // nothing stands in the way there
		}
		plan, err := Inspect(p)
		if err != nil {
			return nil // making the folder says what it is
		}
		plans = append(plans, plan)
	}
	return Conflicts(plans)
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// folder is a package's folder while a run writes to it.
type folder struct {
	disk
	plan   *Plan
	made   []string // folders that had to be made, outermost first
	root   *os.Root
	unlock func()
	stage  string         // the staging folder; "" where there is nothing to do
	back   []func() error // what it takes to go back
}

// open makes, locks and inspects the folder.
func (f *folder) open(p Package, w Writing) (err error) {
	if f.made, err = makeFolder(p.Dir); err != nil {
		return err
	}
	if f.unlock, err = lock(p.Dir, w.Wait, w.Waiting); err != nil {
		return err
	}
	if f.root, err = os.OpenRoot(p.Dir); err != nil {
		return name(err)
	}
	f.plan, err = inspect(f.root, p)
	return err
}

// close gives the folder back. After a failure it removes the folders that were made for
// nothing.
func (f *folder) close(failed bool) {
	if f.root != nil {
		f.root.Close()
	}
	if failed {
		removeEmpty(f.made)
	}
	if f.unlock != nil {
		f.unlock()
	}
}

// makeFolder is MkdirAll that tells which folders it made, outermost first. None
// stays if it fails.
func makeFolder(dir string) (made []string, err error) {
	var missing []string
	for at := filepath.Clean(dir); at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, at)
	}
	for _, folder := range slices.Backward(missing) {
		if os.Mkdir(folder, 0o777) == nil {
			made = append(made, folder)
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		removeEmpty(made)
		return nil, name(err)
	}
	return made, nil
}

// removeEmpty removes folders that were made for nothing. It fails, rightly, where
// another run has put something into one.
func removeEmpty(made []string) {
	for _, folder := range slices.Backward(made) {
		os.Remove(folder)
	}
}
