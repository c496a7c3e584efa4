package main

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// config holds the settings of wsgen.yaml. Paths in the file are relative to it; here
// they are relative to the working directory.
type config struct {
	dir          string       // the file's folder
	apis         []*apiConfig // one without a name, or those that `apis` lists
	noAttributes bool
	watch        watchConfig
}

// apiConfig are the settings of one API.
type apiConfig struct {
	name          string
	asyncAPI      string
	openAPI       []string
	roots         []string // folders whose files documents may refer to
	output        place
	languages     []string
	packages      map[string]*packageConfig // by language
	renameTypes   map[string]load.Rename    // keys are the documents' names
	renameMethods map[string]load.Rename
	renameMembers map[string]load.Rename // keys are Type.member
	schemaNames   map[string]schema.Text // types that an OpenAPI document has under another name
	ignored       map[string][]ignored   // by command
}

// packageConfig are the settings of one language's package.
type packageConfig struct {
	output    place
	options   gen.Options
	models    []schema.ImportRule // python.models
	inModule  bool                // go.module is "none"
	runtimeAt text.Pos            // of go.runtime
}

// place is a path, and where it stands in the file.
type place struct {
	path string
	pos  text.Pos
}

func newAPIConfig() *apiConfig {
	a := &apiConfig{packages: map[string]*packageConfig{}, ignored: map[string][]ignored{}}
	for _, l := range languages {
		a.packages[l.name] = &packageConfig{}
	}
	return a
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
		return &config{dir: ".", apis: []*apiConfig{newAPIConfig()}}, nil
	}
	if err != nil {
		return nil, unreadable(name, err)
	}
	c, problems := parseConfig(filepath.ToSlash(name), data)
	if problems.HasErrors() {
		return nil, problems
	}
	c.dir = filepath.ToSlash(filepath.Dir(name))
	for _, a := range c.apis {
		a.moveTo(c.dir)
	}
	return c, nil
}

// moveTo turns paths that are relative to dir into paths relative to the working
// directory.
func (a *apiConfig) moveTo(dir string) {
	paths := []*string{&a.asyncAPI, &a.output.path}
	for _, list := range [][]string{a.openAPI, a.roots} {
		for i := range list {
			paths = append(paths, &list[i])
		}
	}
	for _, p := range a.packages {
		paths = append(paths, &p.output.path)
		for i := range p.options.Shared {
			paths = append(paths, &p.options.Shared[i].Document)
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
	apiName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	typeName   = regexp.MustCompile(`^\pL[\pL\pN_]*$`)
	methodName = regexp.MustCompile(`^\pL[\pL\pN_. -]*$`)
)

// isPythonPackage tells whether code can import from a name.
func isPythonPackage(name string) bool {
	for _, part := range strings.Split(name, ".") {
		if !pythonName.MatchString(part) || slices.Contains(pythonKeywords, part) {
			return false
		}
	}
	return true
}

var (
	pythonName     = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)
	pythonKeywords = strings.Fields(`False None True and as assert async await break class continue def del elif else except
	finally for from global if import in is lambda nonlocal not or pass raise return try while with yield`)
)

// isOneOf returns what tells whether a text is one of those listed.
func isOneOf(list ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(list, s) }
}

// isGoPackage tells whether a name can be that of a Go package. Nobody can import package
// main, and the go command passes over package documentation.
func isGoPackage(name string) bool {
	return goPackage.MatchString(name) && !token.IsKeyword(name) && name != "_" && name != "main" && name != "documentation"
}

// isWord tells whether a name is one word of an identifier, in any case.
func isWord(name string) bool {
	words := schema.SplitName(strings.ToLower(name))
	return len(words) == 1 && words[0] == strings.ToLower(name)
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
	reflect regexp runtime slices sort std strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak`)

// read reads the settings from the root of the file.
func (c *config) read(r *configReader, root *text.Node) {
	versioned := false
	only := newAPIConfig()
	ofAPI := only.settings(r)
	r.mapping(root, "", append(settings{
		{"version", func(n *text.Node, _ string) { versioned = true; r.version(n) }},
		{"gitattributes", func(n *text.Node, what string) { c.noAttributes = !r.yes(n, what) }},
		{"apis", func(n *text.Node, what string) { c.apis = r.apis(n, what) }},
		{"watch", func(n *text.Node, what string) {
			r.section(settings{{"command", r.text(&c.watch.command)}, {"files", r.list(&c.watch.sources)}})(n, what)
			if n.Kind == text.KindObject && (c.watch.command == "" || c.watch.sources == nil) {
				r.add(n.Pos, "config-watch", "watch needs both `command` and `files`", "name what writes the documents, and the files that it reads: `files: [app/**/*.py]`")
			}
		}},
	}, ofAPI...))
	if !versioned && root.Kind == text.KindObject {
		r.add(root.Pos, "config-version", "the version of the format is missing", "write `version: 1`")
	}
	if c.apis == nil {
		c.apis = []*apiConfig{only}
		return
	}
	for _, m := range root.Members {
		if m.Key != "languages" && ofAPI.find(m.Key) != nil {
			r.add(m.KeyPos, "config-apis", fmt.Sprintf("%q belongs to one API, and `apis` lists several", m.Key), "move it to an item of `apis`")
		}
	}
	for _, a := range c.apis {
		if a.languages == nil {
			a.languages = only.languages
		}
	}
}

// apis reads the list of several APIs, each with a name and settings of its own.
func (r *configReader) apis(n *text.Node, what string) []*apiConfig {
	apis := []*apiConfig{}
	for _, item := range r.items(n, what) {
		a := newAPIConfig()
		r.mapping(item, "an item of apis", append(settings{
			{"name", r.name(&a.name, apiName.MatchString, "use letters, digits, _ and -, as in orders")},
		}, a.settings(r)...))
		switch same := slices.IndexFunc(apis, func(b *apiConfig) bool { return b.name == a.name }); {
		case item.Kind != text.KindObject:
		case a.name == "":
			r.add(item.Pos, "config-apis", "this API has no name", "give it one: `name: orders`")
		case same >= 0:
			r.add(item.Pos, "config-apis", fmt.Sprintf("a second API is called %q", a.name), "give each API a name of its own")
		case a.asyncAPI == "":
			r.add(item.Pos, "config-apis", fmt.Sprintf("the API %q has no manifest", a.name), "name it: `asyncapi: api.yaml`")
		}
		apis = append(apis, a)
	}
	if n.Kind == text.KindArray && len(apis) == 0 {
		r.add(n.Pos, "config-apis", "the list of APIs is empty", "leave the key out, or list an API")
	}
	return apis
}

// settings are those of one API.
func (a *apiConfig) settings(r *configReader) settings {
	python, typescript, golang := a.packages["python"], a.packages["typescript"], a.packages["go"]
	return settings{
		{"asyncapi", r.text(&a.asyncAPI)},
		{"openapi", r.list(&a.openAPI)},
		{"roots", r.list(&a.roots)},
		{"output", r.place(&a.output)},
		{"languages", func(n *text.Node, what string) { a.languages = r.languages(n, what) }},
		{"python", r.section(settings{
			{"output", r.place(&python.output)},
			{"package", r.name(&python.options.Package, isPythonPackage, "names to import from are like realtime or app.realtime")},
			{"style", r.style(&python.options)},
			{"validate", r.flag(&python.options.Validate)},
			{"pyproject", func(n *text.Node, what string) { python.options.NoProject = !r.yes(n, what) }},
			{"models", r.ownModels(&python.models)},
		})},
		{"typescript", r.section(settings{
			{"output", r.place(&typescript.output)},
			{"package", r.name(&typescript.options.Package, npmPackage.MatchString, `npm names are like "tasks-client" or "@acme/tasks"`)},
			{"imports", r.name(&typescript.options.Imports, isOneOf(".js", ".ts", "none"), "the ways to name a module are .js, .ts and none")},
			{"int64", r.name(&typescript.options.Int64, isOneOf("number", "bigint", "string"), "the types are number, bigint and string")},
			{"dates", r.name(&typescript.options.Dates, isOneOf("string", "Date", "Temporal"), "the types are string, Date and Temporal")},
			{"react", r.flag(&typescript.options.React)},
			{"tanstack-query", r.flag(&typescript.options.TanStackQuery)},
			{"style", r.style(&typescript.options)},
			{"validate", r.flag(&typescript.options.Validate)},
		})},
		{"go", r.section(settings{
			{"output", r.place(&golang.output)},
			{"package", r.name(&golang.options.Package, isGoPackage, "use letters, digits and _, as in tasks_client, and no word of the language")},
			{"style", r.style(&golang.options)},
			{"validate", r.flag(&golang.options.Validate)},
			{"module", func(n *text.Node, what string) {
				if golang.inModule = n.Kind == text.KindString && n.Text == "none"; !golang.inModule {
					r.name(&golang.options.Module, isGoModule, "module paths are like example.com/tasks/client; `none` is for a package of your own module")(n, what)
				}
			}},
			{"runtime", func(n *text.Node, what string) {
				golang.runtimeAt = n.Pos
				r.name(&golang.options.Runtime, isGoModule, "import paths are like example.com/shop/rpc")(n, what)
			}},
			{"initialisms", func(n *text.Node, what string) {
				for _, item := range r.items(n, what) {
					word := ""
					r.name(&word, isWord, "initialisms are single words, as in GmbH")(item, "an item of "+what)
					golang.options.Initialisms = append(golang.options.Initialisms, word)
				}
			}},
		})},
		{"imports", r.section(settings{
			{"python", r.imports(&python.options.Shared, pythonImports)},
			{"typescript", r.imports(&typescript.options.Shared, typescriptImports)},
			{"go", r.imports(&golang.options.Shared, goImports)},
			{"names", r.typeNames(&a.schemaNames, hasLetter, "schemas are named as under components.schemas")},
		})},
		{"rename", r.section(settings{
			{"types", r.names(&a.renameTypes, typeName.MatchString, "use letters, digits and _, as in Task")},
			{"methods", r.names(&a.renameMethods, methodName.MatchString, `use words, as in "get_stats"`)},
			{"members", r.names(&a.renameMembers, methodName.MatchString, `use words, as in "max_size"`)},
		})},
		{"breaking", r.section(settings{{"ignore", r.ignored(a, "breaking", breakingRules())}})},
		{"lint", r.section(settings{{"ignore", r.ignored(a, "lint", lintRules())}})},
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
