package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// document is one file of a source.
type document struct {
	source source
	folder string // of the package
	name   string // in it
	file   string
}

// documents lists the files of a source that is unpacked in dir.
func (s source) documents(dir string) ([]document, error) {
	var names []string
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		name = filepath.ToSlash(name)
		if err == nil && slices.ContainsFunc(s.files, func(pattern string) bool { return matches(pattern, name) }) {
			names = append(names, name)
		}
		return err
	})
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("%s has no file like %s", s.name, strings.Join(s.files, " or "))
	}
	slices.Sort(names)
	var documents []document
	for i, name := range names {
		if i%max(1, s.each) == 0 {
			documents = append(documents, document{s, dir, name, filepath.Join(dir, name)})
		}
	}
	return documents, err
}

// matches is path.Match with "**/", which stands for any number of folders.
func matches(pattern, name string) bool {
	before, after, deep := strings.Cut(pattern, "**/")
	if !deep {
		ok, _ := path.Match(pattern, name)
		return ok
	}
	rest, below := strings.CutPrefix(name, before)
	for below {
		if ok, _ := path.Match(after, rest); ok {
			return true
		}
		_, rest, below = strings.Cut(rest, "/")
	}
	return false
}

// maxMethods bounds how many schemas of an OpenAPI document become methods.
const maxMethods = 40

// arguments returns those of wsgen for a document, and writes the manifest that makes methods
// of its schemas into dir.
func (d document) arguments(dir string) ([]string, error) {
	methods := map[string]any{}
	args := []string{"--asyncapi", filepath.Join(dir, "api.json"), "--root", d.folder}
	method := func(name, ref string) {
		methods[name] = map[string]any{"params": map[string]any{"$ref": ref}, "result": map[string]any{"$ref": ref}}
	}
	switch d.source.kind {
	case asyncAPI:
		return []string{"--asyncapi", d.file}, nil
	case jsonSchema:
		method("corpus.call", d.file)
	case openAPI:
		args = append(args, "--openapi", d.file)
		for _, name := range d.schemas() {
			method("corpus."+name, d.file+"#/components/schemas/"+strings.NewReplacer("~", "~0", "/", "~1", "%", "%25").Replace(name))
		}
	}
	manifest := map[string]any{
		"asyncapi": "3.1.0", "info": map[string]any{"title": "Corpus", "version": "1.0.0"}, "x-rpc": map[string]any{"methods": methods},
	}
	data, err := json.Marshal(manifest)
	if err != nil {
		return nil, err
	}
	return args, os.WriteFile(filepath.Join(dir, "api.json"), data, 0o644)
}

// schemas names the first schemas of an OpenAPI document.
func (d document) schemas() []string {
	data, err := os.ReadFile(d.file)
	if err != nil {
		return nil
	}
	root, _ := text.ParseDocument(&text.Source{Name: d.name, Data: data})
	schemas := root.Get("components").Get("schemas")
	if schemas == nil {
		return nil
	}
	var names []string
	for _, m := range schemas.Members[:min(len(schemas.Members), maxMethods)] {
		names = append(names, m.Key)
	}
	return names
}
