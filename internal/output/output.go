// Package output writes generated files and is the only package that does.
//
// It knows its own files by a record in each package's folder, .wsgen.json, that
// lists them with a hash of their content:
//
//   - A listed file that still has its hash is wsgen's: it may be overwritten, and
//     removed once it is no longer generated.
//   - A listed file with other content was edited by hand. A file in the way that
//     is not listed is foreign. Neither is overwritten or removed unless forced,
//     and while there is one nothing at all is written, in no folder.
//   - A file that already holds what would be written is left as it is, listed or
//     not: its inode and its time stay the same.
//
// What tools do to all files of a project is not an edit, see [normal].
//
// The record lists paths below its own folder, so that the folder can be moved or
// renamed. It is rewritten when what it lists changes; another version of wsgen alone
// is no reason, so an upgrade that changes no file changes nothing.
//
// How a run is made atomic stands at [apply].
package output

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// File is one file that a folder is to hold.
type File struct {
	Path string // slash-separated, below the package's folder: "models.py"
	Data []byte
}

// Package says what a folder is to hold.
type Package struct {
	Dir     string // made if it is missing
	Files   []File
	About   string // what it is, for the record: "Python client of Task API"
	Version string // of wsgen, for the record
}

// Status is what a file on disk is to the package.
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
	Path   string // slash-separated, below the package's folder
	Status Status
	Old    []byte // what is there, where it is a regular file that differs
	New    []byte // what is to be there; nil: nothing
}

// Plan is what writing a package would do to its folder.
type Plan struct {
	Dir       string
	Entries   []Entry // in path order
	Record    Entry   // .wsgen.json itself
	leftovers []string
}

// Inspect compares a folder with the package that it is to hold and writes nothing. A
// missing folder is an empty one. An error is something that no run can write over, such
// as a folder where a file must go.
func Inspect(p Package) (*Plan, error) {
	root, err := os.OpenRoot(p.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return missingFolder(p), nil
	}
	if err != nil {
		return nil, name(err)
	}
	defer root.Close()
	return inspect(root, p)
}

func missingFolder(p Package) *Plan {
	plan := &Plan{Dir: p.Dir}
	for _, f := range p.Files {
		plan.Entries = append(plan.Entries, Entry{Path: f.Path, Status: Missing, New: f.Data})
	}
	plan.sort()
	plan.Record = Entry{Path: recordName, Status: Missing, New: newRecord(p).encode()}
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

// Changes are the files that differ from the package; the record only where it is the
// only one.
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

// Name returns the path of a file as users know it.
func (p *Plan) Name(e Entry) string { return join(p.Dir, e.Path) }

// ConflictError is returned by [Write] where files stand in the way.
type ConflictError struct{ Files []Conflict }

// Conflict is a file that stands in the way.
type Conflict struct {
	Name   string
	Status Status
}

// Conflicts returns a [ConflictError] if files stand in the way of the plans, else nil.
func Conflicts(plans []*Plan) error {
	var found []Conflict
	for _, p := range plans {
		for _, e := range p.Conflicts() {
			found = append(found, Conflict{p.Name(e), e.Status})
		}
	}
	if found == nil {
		return nil
	}
	return &ConflictError{found}
}

// Error implements error.
func (e *ConflictError) Error() string {
	if len(e.Files) == 1 {
		return "1 file is not as wsgen wrote it"
	}
	return fmt.Sprintf("%d files are not as wsgen wrote them", len(e.Files))
}

func inspect(root *os.Root, p Package) (*Plan, error) {
	state, err := readState(root)
	if err != nil {
		return nil, explain(p.Dir, err)
	}
	plan := &Plan{Dir: p.Dir, leftovers: state.leftovers}
	wanted := make(map[string]bool, len(p.Files))
	for _, f := range p.Files {
		wanted[f.Path] = true
		e := Entry{Path: f.Path, New: f.Data}
		if err := e.look(root, state, true); err != nil {
			return nil, explain(p.Dir, err)
		}
		plan.Entries = append(plan.Entries, e)
	}
	for name := range state.known {
		if wanted[name] {
			continue
		}
		e := Entry{Path: name}
		if err := e.look(root, state, false); err != nil {
			return nil, explain(p.Dir, err)
		}
		if e.Status != Missing {
			plan.Entries = append(plan.Entries, e)
		}
	}
	plan.sort()
	plan.Record = state.planRecord(newRecord(p))
	return plan, nil
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
	here := normal(e.Path, data)
	if wanted && bytes.Equal(here, normal(e.Path, e.New)) {
		e.Status = Unchanged
		return nil
	}
	e.Old = unixLines(data)
	switch hashed := hash(here); {
	case known[hashed] && wanted:
		e.Status = Changed
	case known[hashed]:
		e.Status = Stale
	}
	return nil
}

func (p *Plan) sort() {
	sort.Slice(p.Entries, func(i, j int) bool { return p.Entries[i].Path < p.Entries[j].Path })
}

var (
	errNotAFile = errors.New("is not a file, and wsgen has to write one there")
	errEscapes  = errors.New("leads out of the package's folder through a symbolic link")
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
