package output

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
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
	Files   map[string]string `json:"files"` // "python/models.py": "sha256:…"
}

func newRecord(req Request) record {
	r := record{Version: req.Version, Files: make(map[string]string, len(req.Files))}
	for _, f := range req.Files {
		r.Files[f.Path] = hash(f.Data)
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

func (r record) sameFiles(other record) bool { return maps.Equal(r.Files, other.Files) }

// decodeRecord refuses a record that names anything outside the output folder.
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

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// state is what the output folder says about itself.
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

func (s *state) learn(r record) {
	for name, h := range r.Files {
		if s.known[name] == nil {
			s.known[name] = map[string]bool{}
		}
		s.known[name][h] = true
	}
}

// settle lists files of languages that this run does not generate with the
// content that an interrupted run left them in.
func (s *state) settle(root *os.Root, next record, folders []string) error {
	if len(s.leftovers) == 0 {
		return nil
	}
	for name, hashes := range s.known {
		if inFolders(name, folders) {
			continue
		}
		data, err := root.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if h := hash(data); hashes[h] {
			next.Files[name] = h
		}
	}
	return nil
}
