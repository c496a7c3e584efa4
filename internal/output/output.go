// Package output writes generated files and is the only package that does.
//
// It knows its own files by a record in the output folder, .wsgen.json, that
// lists them with a hash of their content:
//
//   - A listed file that still has its hash is wsgen's: it may be overwritten, and
//     removed once it is no longer generated.
//   - A listed file with other content was edited by hand. A file in the way that
//     is not listed is foreign. Neither is overwritten or removed unless forced,
//     and while there is one nothing at all is written.
//   - A file that already holds what would be written is left as it is, listed or
//     not: its inode and its time stay the same.
//
// Only the folders of the languages being generated are looked at. The record is
// rewritten when what it lists changes; another version of wsgen alone is no
// reason, so an upgrade that changes no file changes nothing.
//
// How a run is made atomic stands at [Plan.apply].
package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"
)

// File is one file that a folder is to hold.
type File struct {
	Path string // slash-separated, below the output folder: "python/models.py"
	Data []byte
}

// Request says what an output folder is to hold.
type Request struct {
	Dir     string   // the output folder, made if it is missing
	Files   []File   // everything that Folders are to hold
	Folders []string // the top folders being generated ("python"); others are left alone
	Version string   // of wsgen, for the record
}

// Status is what a file on disk is to the request.
type Status uint8

// The statuses. Edited and Foreign stand in the way.
const (
	Unchanged Status = iota // holds what would be written
	Missing                 // will be created
	Changed                 // wsgen's, with other content: will be overwritten
	Stale                   // wsgen's, no longer generated: will be removed
	Edited                  // wsgen's, but changed by hand since
	Foreign                 // not wsgen's
)

// String returns the word that `wsgen check` prints.
func (s Status) String() string {
	return [...]string{"unchanged", "missing", "changed", "stale", "edited", "foreign"}[s]
}

// Entry is one file of a [Plan].
type Entry struct {
	Path   string // slash-separated, below the output folder
	Status Status
	Old    []byte // what is there, where it is a regular file that differs
	New    []byte // what is to be there; nil: nothing
}

// Plan is what a request would do to the output folder.
type Plan struct {
	Dir       string
	Entries   []Entry // in path order
	Record    Entry   // .wsgen.json itself
	leftovers []string
}

// Inspect compares the output folder with the request and writes nothing. A
// missing folder is an empty one. An error is something that no run can write
// over, such as a folder where a file must go.
func Inspect(req Request) (*Plan, error) {
	root, err := os.OpenRoot(req.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return missingFolder(req), nil
	}
	if err != nil {
		return nil, name(err)
	}
	defer root.Close()
	return inspect(root, req)
}

func missingFolder(req Request) *Plan {
	plan := &Plan{Dir: req.Dir}
	for _, f := range req.Files {
		plan.Entries = append(plan.Entries, Entry{Path: f.Path, Status: Missing, New: f.Data})
	}
	plan.sort()
	plan.Record = Entry{Path: recordName, Status: Missing, New: newRecord(req).encode()}
	return plan
}

// Conflicts are the files that stand in the way: edited and foreign ones.
func (p *Plan) Conflicts() []Entry {
	var found []Entry
	for _, e := range p.Entries {
		if e.Status >= Edited {
			found = append(found, e)
		}
	}
	return found
}

// Changes are the files that differ from the request; the record only where it
// is the only one.
func (p *Plan) Changes() []Entry {
	var found []Entry
	for _, e := range p.Entries {
		if e.Status != Unchanged {
			found = append(found, e)
		}
	}
	if len(found) == 0 && p.Record.Status != Unchanged {
		found = append(found, p.Record)
	}
	return found
}

// ConflictError is returned by [Write] where files stand in the way.
type ConflictError struct {
	Dir     string
	Entries []Entry
}

// Error implements error.
func (e *ConflictError) Error() string {
	if len(e.Entries) == 1 {
		return fmt.Sprintf("1 file in %s is not as wsgen wrote it", e.Dir)
	}
	return fmt.Sprintf("%d files in %s are not as wsgen wrote them", len(e.Entries), e.Dir)
}

// Writing says how [Write] goes about it.
type Writing struct {
	Force   bool          // overwrite and remove edited and foreign files too
	Wait    time.Duration // for another run in the same folder to end
	Waiting func()        // called once before waiting; may be nil
}

// Write brings the output folder to what the request says, or leaves it as it
// was and returns an error: a [ConflictError], or what the disk said, naming the path.
func Write(req Request, w Writing) (*Plan, error) {
	made, err := makeFolder(req.Dir)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(req.Dir, w.Wait, w.Waiting)
	if err != nil {
		removeEmpty(made)
		return nil, err
	}
	defer unlock()
	plan, err := write(req, w.Force, func(root *os.Root) disk { return root })
	if err != nil {
		removeEmpty(made)
	}
	return plan, err
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

func write(req Request, force bool, open func(*os.Root) disk) (*Plan, error) {
	root, err := os.OpenRoot(req.Dir)
	if err != nil {
		return nil, name(err)
	}
	defer root.Close()
	plan, err := inspect(root, req)
	if err != nil {
		return nil, err
	}
	if found := plan.Conflicts(); len(found) > 0 && !force {
		return plan, &ConflictError{Dir: req.Dir, Entries: found}
	}
	if err := plan.apply(open(root)); err != nil {
		return plan, explain(req.Dir, err)
	}
	return plan, nil
}

func inspect(root *os.Root, req Request) (*Plan, error) {
	state, err := readState(root)
	if err != nil {
		return nil, explain(req.Dir, err)
	}
	plan := &Plan{Dir: req.Dir, leftovers: state.leftovers}
	wanted := make(map[string]bool, len(req.Files))
	for _, f := range req.Files {
		wanted[f.Path] = true
		e := Entry{Path: f.Path, New: f.Data}
		if err := e.look(root, state, true); err != nil {
			return nil, explain(req.Dir, err)
		}
		plan.Entries = append(plan.Entries, e)
	}
	for p := range state.known {
		if wanted[p] || !inFolders(p, req.Folders) {
			continue
		}
		e := Entry{Path: p}
		if err := e.look(root, state, false); err != nil {
			return nil, explain(req.Dir, err)
		}
		if e.Status != Missing {
			plan.Entries = append(plan.Entries, e)
		}
	}
	plan.sort()
	return plan, plan.planRecord(root, req, state)
}

// look finds out what stands at e.Path.
func (e *Entry) look(root *os.Root, state *state, wanted bool) error {
	info, err := root.Lstat(e.Path)
	if errors.Is(err, fs.ErrNotExist) || !wanted && (err != nil || info.IsDir()) {
		e.Status = Missing // or something else by now, and then not ours to remove
		return nil
	}
	if err != nil {
		return err
	}
	known, listed := state.known[e.Path]
	e.Status = Foreign
	if listed {
		e.Status = Edited
	}
	if !info.Mode().IsRegular() {
		if info.Mode().Type() == fs.ModeSymlink {
			return nil // forced, the link is replaced, never what it points to
		}
		return &fs.PathError{Op: "write", Path: e.Path, Err: errNotAFile}
	}
	data, err := root.ReadFile(e.Path)
	if err != nil {
		return err
	}
	switch {
	case wanted && bytes.Equal(data, e.New):
		e.Status = Unchanged
		return nil
	case known[hash(data)] && wanted:
		e.Status = Changed
	case known[hash(data)]:
		e.Status = Stale
	}
	e.Old = data
	return nil
}

// planRecord decides whether .wsgen.json changes: only when its list does.
func (p *Plan) planRecord(root *os.Root, req Request, state *state) error {
	next := newRecord(req)
	for name, recorded := range state.record.Files {
		if !inFolders(name, req.Folders) {
			next.Files[name] = recorded
		}
	}
	if err := state.settle(root, next, req.Folders); err != nil {
		return explain(req.Dir, err)
	}
	p.Record = Entry{Path: recordName, Old: state.raw, New: next.encode(), Status: Changed}
	switch {
	case state.raw == nil:
		p.Record.Status = Missing
	case !state.damaged && next.sameFiles(state.record):
		p.Record.Status = Unchanged
	}
	return nil
}

func (p *Plan) sort() {
	sort.Slice(p.Entries, func(i, j int) bool { return p.Entries[i].Path < p.Entries[j].Path })
}

func inFolders(name string, folders []string) bool {
	top, _, _ := strings.Cut(name, "/")
	for _, f := range folders {
		if top == f {
			return true
		}
	}
	return false
}

var (
	errNotAFile = errors.New("is not a file, and wsgen has to write one there")
	errEscapes  = errors.New("leads out of the output folder through a symbolic link")
)

// explain turns an error about a path below dir into one that names the path as
// the user knows it.
func explain(dir string, err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		return fmt.Errorf("%s: %w", join(dir, pathErr.Path), plain(pathErr.Err))
	case errors.As(err, &linkErr):
		return fmt.Errorf("%s: %w", join(dir, linkErr.New), plain(linkErr.Err))
	}
	return fmt.Errorf("%s: %w", filepath.ToSlash(dir), err)
}

// name does the same for an error that holds the whole path.
func name(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("%s: %w", filepath.ToSlash(filepath.Clean(pathErr.Path)), pathErr.Err)
	}
	return err
}

// plain says what [os.Root] means; it does not export the error.
func plain(err error) error {
	if err.Error() == "path escapes from parent" {
		return errEscapes
	}
	return err
}

// join names a file below dir; the staging folder is nothing that users know.
func join(dir, name string) string {
	if strings.HasPrefix(name, stagePrefix) {
		name = ""
	}
	return path.Join(filepath.ToSlash(dir), filepath.ToSlash(name))
}
