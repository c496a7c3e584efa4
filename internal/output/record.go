package output

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	recordName  = ".wsgen.json"
	stagePrefix = ".wsgen-tmp-"
)

// record is the content of .wsgen.json.
type record struct {
	Version string            `json:"wsgen"` // that last changed the list
	About   string            `json:"package,omitempty"`
	Files   map[string]string `json:"files"` // "models.py": "sha256:…"
}

func newRecord(p Package) record {
	r := record{Version: p.Version, About: p.About, Files: make(map[string]string, len(p.Files))}
	for _, f := range p.Files {
		r.Files[f.Path] = hash(normal(f.Path, f.Data))
	}
	return r
}

func (r record) encode() []byte {
	data, err := json.MarshalIndent(r, "", "  ") // sorts the keys
	if err != nil {
		panic(err) // strings always encode
	}
	return append(data, '\n')
}

func (r record) same(other record) bool {
	return r.About == other.About && maps.Equal(r.Files, other.Files)
}

// decodeRecord refuses a record that names anything outside its folder.
func decodeRecord(data []byte) (record, bool) {
	var r record
	if json.Unmarshal(data, &r) != nil {
		return record{}, false
	}
	for name := range r.Files {
		if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
			return record{}, false
		}
	}
	return r, true
}

// normal returns the content of a file without what tools change in all files of a
// project: line ends (git's core.autocrlf), and the layout of JSON, which has no place for a
// comment that tells a formatter to pass by.
func normal(name string, data []byte) []byte {
	if path.Ext(name) == ".json" {
		var b bytes.Buffer
		if json.Indent(&b, data, "", "  ") == nil {
			return append(bytes.TrimSpace(b.Bytes()), '\n')
		}
	}
	return unixLines(data)
}

// unixLines returns data itself, not a copy, where its lines end so already.
func unixLines(data []byte) []byte {
	if bytes.IndexByte(data, '\r') < 0 {
		return data
	}
	return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
}

// Owns tells whether the record in a folder lists a file.
func Owns(dir, name string) bool {
	r, _ := readRecord(dir)
	return r.Files[name] != ""
}

// About tells what the record in a folder says that the package is, and whether there is a
// record.
func About(dir string) (about string, recorded bool) {
	r, recorded := readRecord(dir)
	return r.About, recorded
}

func readRecord(dir string) (record, bool) {
	data, err := os.ReadFile(filepath.Join(dir, recordName))
	if err != nil {
		return record{}, false
	}
	return decodeRecord(data)
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// state is what a folder says about itself.
type state struct {
	raw       []byte // .wsgen.json; nil where there is none
	record    record
	damaged   bool                       // .wsgen.json is not readable as a record: as if it were lost
	known     map[string]map[string]bool // for each path of ours the hashes that are ours
	leftovers []string                   // staging folders of interrupted runs
}

// readState reads .wsgen.json and what interrupted runs left behind: a staging
// folder that holds a record was about to replace files, so for each of them the
// old and the new content are ours.
func readState(root *os.Root) (*state, error) {
	s := &state{known: map[string]map[string]bool{}}
	raw, err := root.ReadFile(recordName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		s.raw = raw
		var ok bool
		s.record, ok = decodeRecord(raw)
		s.damaged = !ok
		s.learn(s.record)
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), stagePrefix) {
			continue
		}
		s.leftovers = append(s.leftovers, e.Name())
		// A record that is missing or cut short was never acted upon.
		if data, err := root.ReadFile(e.Name() + "/" + recordName); err == nil {
			r, _ := decodeRecord(data)
			s.learn(r)
		}
	}
	return s, nil
}

// planRecord decides whether .wsgen.json changes: not for another version alone.
func (s *state) planRecord(next record) Entry {
	e := Entry{Path: recordName, Old: s.raw, New: next.encode(), Status: Changed}
	switch {
	case s.raw == nil:
		e.Status = Missing
	case !s.damaged && next.same(s.record):
		e.Status = Unchanged
	}
	return e
}

func (s *state) learn(r record) {
	for name, h := range r.Files {
		if s.known[name] == nil {
			s.known[name] = map[string]bool{}
		}
		s.known[name][h] = true
	}
}
