package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is a Go module that is linked into the command, the main module and Go's own packages
// included.
type module struct {
	path, version, dir string
	needs              []string // the paths of the modules that it imports
}

const (
	mainModule = "github.com/wsgen/wsgen"
	goModule   = "std" // as vulnerability databases call it
)

// linkedModules returns the modules whose packages the command imports on a platform, by path.
func linkedModules(p platform) ([]*module, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,ImportMap,Module", "./cmd/wsgen")
	cmd.Env = p.environment()
	cmd.Stderr = os.Stderr
	list, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	found := map[string]*module{}
	of := map[string]*module{} // by package
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		var pkg struct {
			ImportPath string
			Standard   bool
			Imports    []string
			ImportMap  map[string]string
			Module     struct{ Path, Version, Dir, GoVersion string }
		}
		if err := dec.Decode(&pkg); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if pkg.Standard {
			pkg.Module.Path = goModule
		}
		m := found[pkg.Module.Path]
		if m == nil {
			m = &module{path: pkg.Module.Path, version: pkg.Module.Version, dir: pkg.Module.Dir}
			found[m.path] = m
		}
		of[pkg.ImportPath] = m
		for _, name := range pkg.Imports { // they are listed before what imports them
			if needed := of[name]; needed != nil && needed != m && !slices.Contains(m.needs, needed.path) {
				m.needs = append(m.needs, needed.path)
			}
		}
	}
	return sortModules(found)
}

// sortModules completes the entry of Go, and sorts.
func sortModules(found map[string]*module) ([]*module, error) {
	about, err := output("go", "env", "GOVERSION", "GOROOT")
	if err != nil {
		return nil, err
	}
	goVersion, root, _ := strings.Cut(strings.TrimSpace(about), "\n")
	found[goModule].version, found[goModule].dir = strings.TrimPrefix(goVersion, "go"), root
	var all []*module
	for _, m := range found {
		slices.Sort(m.needs)
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *module) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)`)

// licenceFiles returns our licence, and those of everything that is linked, which ask to be
// handed on.
func licenceFiles(modules []*module) ([]file, error) {
	ours, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, err
	}
	var others bytes.Buffer
	others.WriteString("The wsgen command contains the modules below, under these licences.\n")
	for _, m := range modules {
		if m.path == mainModule {
			continue
		}
		entries, err := os.ReadDir(m.dir)
		if err != nil {
			return nil, err
		}
		entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !licenceName.MatchString(e.Name()) })
		if len(entries) == 0 {
			return nil, fmt.Errorf("%s has no licence file in %s", m.path, m.dir)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
			if err != nil {
				return nil, err
			}
			title := fmt.Sprintf("%s %s: %s", m.path, m.version, e.Name())
			fmt.Fprintf(&others, "\n%s\n%s\n\n%s\n", title, strings.Repeat("=", len(title)), bytes.TrimSpace(text))
		}
	}
	return []file{{name: "LICENSE", data: ours}, {name: "THIRD-PARTY.txt", data: others.Bytes()}}, nil
}
