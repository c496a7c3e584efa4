package main

import (
	"errors"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// config holds the settings of wsgen.yaml. Paths in the file are relative to it.
type config struct {
	AsyncAPI      string
	OpenAPI       []string
	Roots         []string // folders whose files documents may refer to
	Output        string
	Languages     []string
	TypeScript    gen.Options
	Go            gen.Options
	RenameTypes   map[string]load.Rename // keys are the documents' names
	RenameMethods map[string]load.Rename
}

const defaultConfig = "wsgen.yaml"

// readConfig reads the file that --config names, or wsgen.yaml if there is one.
func readConfig(name string) (*config, text.Diagnostics) {
	asked := name != ""
	if !asked {
		name = defaultConfig
	}
	data, err := readRegular(name)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return &config{}, nil
	}
	if err != nil {
		return nil, unreadable(name, err)
	}
	c, problems := parseConfig(filepath.ToSlash(name), data)
	if problems.HasErrors() {
		return nil, problems
	}
	c.moveTo(filepath.ToSlash(filepath.Dir(name)))
	return c, nil
}

// moveTo turns paths that are relative to dir into paths relative to the working
// directory.
func (c *config) moveTo(dir string) {
	paths := []*string{&c.AsyncAPI, &c.Output}
	for _, list := range [][]string{c.OpenAPI, c.Roots} {
		for i := range list {
			paths = append(paths, &list[i])
		}
	}
	for _, p := range paths {
		if *p != "" && *p != "-" && !filepath.IsAbs(*p) && dir != "." {
			*p = dir + "/" + *p
		}
	}
}

// These match the names that can be used: with others, generated code would not compile.
var (
	goPackage  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	goModule   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._~-]*[A-Za-z0-9_~-])?(/([A-Za-z0-9._~-]*[A-Za-z0-9_~-]))*$`)
	notModule  = regexp.MustCompile(`(?i)(^|/)(con|prn|aux|nul|com[0-9]|lpt[0-9]|[^/.]*~[0-9]+)(\.[^/]*)?(/|$)`) // reserved by Windows
	npmPackage = regexp.MustCompile(`^(@[a-z0-9-~][a-z0-9-._~]*/)?[a-z0-9-~][a-z0-9-._~]*$`)
	typeName   = regexp.MustCompile(`^\pL[\pL\pN_]*$`)
	methodName = regexp.MustCompile(`^\pL[\pL\pN_. -]*$`)
)

// isGoPackage tells whether a name can be that of a Go package. Nobody can import package
// main.
func isGoPackage(name string) bool {
	return goPackage.MatchString(name) && !token.IsKeyword(name) && name != "_" && name != "main"
}

// isGoModule tells whether a path can be that of a Go module that others import.
func isGoModule(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return goModule.MatchString(path) && !notModule.MatchString(path) && !slices.Contains(standardLibrary, first)
}

// standardLibrary are what import paths of Go's own packages begin with: what else begins so
// is not found.
var standardLibrary = strings.Fields(`archive bufio builtin bytes cmd cmp compress container context crypto database debug
	embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin
	reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak`)

// read reads the settings from the root of the file.
func (c *config) read(r *configReader, root *text.Node) {
	versioned := false
	r.mapping(root, "", settings{
		{"version", func(n *text.Node, _ string) { versioned = true; r.version(n) }},
		{"asyncapi", r.text(&c.AsyncAPI)},
		{"openapi", r.list(&c.OpenAPI)},
		{"roots", r.list(&c.Roots)},
		{"output", r.text(&c.Output)},
		{"languages", func(n *text.Node, what string) { c.Languages = r.languages(n, what) }},
		{"typescript", r.section(settings{
			{"package", r.name(&c.TypeScript.Package, npmPackage.MatchString, `npm names are like "tasks-client" or "@acme/tasks"`)},
		})},
		{"go", r.section(settings{
			{"package", r.name(&c.Go.Package, isGoPackage, "use letters, digits and _, as in tasks_client, and no word of the language")},
			{"module", r.name(&c.Go.Module, isGoModule, "module paths are like example.com/tasks/client")},
		})},
		{"rename", r.section(settings{
			{"types", r.names(&c.RenameTypes, typeName.MatchString, "use letters, digits and _, as in Task")},
			{"methods", r.names(&c.RenameMethods, methodName.MatchString, `use words, as in "get_stats"`)},
		})},
	})
	if !versioned && root.Kind == text.KindObject {
		r.add(root.Pos, "config-version", "the version of the format is missing", "write `version: 1`")
	}
}

func (r *configReader) version(n *text.Node) {
	if n.Kind != text.KindNumber || n.Text != "1" {
		r.add(n.Pos, "config-version", "the version must be 1, not "+shown(n), "write `version: 1`")
	}
}

func (r *configReader) languages(n *text.Node, what string) (names []string) {
	for _, item := range r.items(n, what) {
		name := ""
		r.text(&name)(item, "a language")
		if name != "" && findLanguage(name) == nil {
			hint := "the languages are " + languageNames()
			r.add(item.Pos, "config-language", "there is no language "+shown(item), hint)
		}
		names = append(names, name)
	}
	return names
}

func findLanguage(name string) *language {
	for i := range languages {
		if languages[i].name == name {
			return &languages[i]
		}
	}
	return nil
}

func languageNames() string {
	var names []string
	for _, l := range languages {
		names = append(names, l.name)
	}
	return strings.Join(names, ", ")
}
