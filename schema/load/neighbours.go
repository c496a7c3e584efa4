package load

import (
	"bytes"
	"iter"
	"net/url"
	"path"
	"slices"
)

// This file finds documents by their "$id" beside the document that refers to them: schemas
// that are published together refer to each other by URLs where nothing need be read.

// How many files of a folder are searched, how much of them, and how long an "$id" is.
const (
	maxNeighbours     = 2000
	maxNeighbourBytes = 256 << 20
	maxIDBytes        = 2000
)

// neighbour returns the resource with an absolute URI that a file beside the document of from
// has, or nil.
func (d *documents) neighbour(uri *url.URL, from *scope) *resource {
	if d.list == nil || !uri.IsAbs() || from.doc.name == stdinName {
		return nil
	}
	plain := *uri
	plain.Fragment, plain.RawFragment = "", ""
	dir := path.Dir(from.doc.name)
	files, known := d.neighbours[dir]
	if !known {
		files = d.declaredIDs(dir)
		d.neighbours[dir] = files
	}
	name, found := files[plain.String()]
	if !found {
		return nil
	}
	d.load(name, from.dialect)
	return d.ids[plain.String()]
}

// declaredIDs returns the files of a folder by the URIs that they declare.
func (d *documents) declaredIDs(dir string) map[string]string {
	files := map[string]string{}
	names := slices.DeleteFunc(d.list(dir), func(name string) bool {
		return !slices.Contains([]string{".json", ".yaml", ".yml"}, path.Ext(name))
	})
	slices.Sort(names)
	read := 0
	for _, name := range names[:min(len(names), maxNeighbours)] {
		name = path.Join(dir, name)
		data, err := d.read(name)
		if read += len(data); err != nil || read > maxNeighbourBytes {
			continue
		}
		for id := range declared(data) {
			if _, taken := files[id]; !taken {
				files[id] = name
			}
		}
	}
	return files
}

// declared yields what stands behind each "$id", or "id" as draft-04 has it, in the text of a
// document, without a fragment. Not all of that need be one: the document is read when it is
// wanted.
func declared(data []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			at := bytes.Index(data, []byte("id"))
			if at < 0 {
				return
			}
			data = data[at+len("id"):]
			value, isKey := bytes.CutPrefix(bytes.TrimLeft(data, `"' `), []byte(":"))
			if !isKey {
				continue
			}
			value = bytes.TrimLeft(value, "\"' \n\r\t")
			value = value[:min(len(value), maxIDBytes)]
			if end := bytes.IndexAny(value, "\"'#,} \n\r\t"); end >= 0 {
				value = value[:end]
			}
			if !yield(string(value)) {
				return
			}
		}
	}
}
