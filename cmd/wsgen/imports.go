package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// importing is what a language can import types from.
type importing struct {
	key        string // of the setting that says where: "from"
	fits       func(string) bool
	hint       string
	generators []string          // whose code can be imported; the first one is the default
	refused    map[string]string // others that people use, and what to do
}

var (
	pythonImports = importing{
		key: "module", fits: isPythonModule, hint: "modules are named as in acme_api.models",
		generators: []string{"datamodel-code-generator"},
		refused: map[string]string{
			"openapi-python-client": "it writes attrs classes, and the client needs Pydantic models: write models with datamodel-code-generator as well",
		},
	}
	typescriptImports = importing{
		key: "from", fits: isSpecifier, hint: `name a package or a module, as in "@acme/api" or "../api/types.gen.js"`,
		generators: []string{"hey-api", "openapi-typescript"},
	}
	goImports = importing{
		key: "import", fits: isGoModule, hint: "import paths are like example.com/acme/api",
		generators: []string{"oapi-codegen"},
	}
)

// isPythonModule tells whether code can import from a module; that of a relative import has
// dots in front.
func isPythonModule(name string) bool {
	return isPythonPackage(strings.TrimLeft(name, "."))
}

func isSpecifier(name string) bool { return specifier.MatchString(name) }

// hasLetter tells whether identifiers can be made of a name.
func hasLetter(name string) bool { return strings.ContainsFunc(name, unicode.IsLetter) }

var specifier = regexp.MustCompile("^[^\\s\"'`\\\\]+$")

// imports returns a function that reads where a language finds types that others generate:
// one place, or a list of several.
func (r *configReader) imports(to *[]schema.ImportRule, with importing) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		if n.Kind != text.KindArray {
			*to = append(*to, r.importRule(n, what, with))
			return
		}
		for _, item := range n.Items {
			*to = append(*to, r.importRule(item, "an item of "+what, with))
		}
	}
}

func (r *configReader) importRule(n *text.Node, what string, with importing) schema.ImportRule {
	rule := schema.ImportRule{Pos: n.Pos, Generator: with.generators[0]}
	r.mapping(n, what, append(settings{
		{with.key, r.name(&rule.From, with.fits, with.hint)},
		{"generator", func(n *text.Node, what string) { r.generator(&rule.Generator, n, what, with) }},
		{"document", r.text(&rule.Document)},
	}, r.importedTypes(&rule)...))
	if n.Kind == text.KindObject && rule.From == "" && n.Get(with.key) == nil {
		r.add(n.Pos, "config-imports", what+" does not say where the types are", fmt.Sprintf("add %q; %s", with.key, with.hint))
	}
	return rule
}

// importedTypes are the settings that choose types.
func (r *configReader) importedTypes(rule *schema.ImportRule) settings {
	return settings{
		{"types", func(n *text.Node, what string) {
			rule.Types = []schema.Text{}
			for _, item := range r.items(n, what) {
				pattern := schema.Text{Pos: item.Pos}
				r.text(&pattern.Text)(item, "an item of "+what)
				rule.Types = append(rule.Types, pattern)
			}
		}},
	}
}

// typeNames returns a function that reads other names of types.
func (r *configReader) typeNames(to *map[string]schema.Text, fits func(string) bool, hint string) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		*to = map[string]schema.Text{}
		for _, m := range r.members(n, what) {
			name := schema.Text{Pos: m.Value.Pos}
			r.name(&name.Text, fits, hint)(m.Value, fmt.Sprintf("the other name of %q", m.Key))
			(*to)[m.Key] = name
		}
	}
}

func (r *configReader) generator(to *string, n *text.Node, what string, with importing) {
	r.text(to)(n, what)
	if n.Kind != text.KindString || slices.Contains(with.generators, n.Text) {
		return
	}
	hint := "those that it can be are " + strings.Join(with.generators, ", ")
	if why := with.refused[n.Text]; why != "" {
		hint = why
	}
	r.add(n.Pos, "config-imports", fmt.Sprintf("%s cannot be %s", what, shown(n)), hint)
}

// ownModels returns a function that reads where the models are that the documents were
// exported from: one module, or a list of several.
func (r *configReader) ownModels(to *[]schema.ImportRule) func(*text.Node, string) {
	read := func(n *text.Node, what string) {
		rule := schema.ImportRule{Pos: n.Pos, Generator: plan.OwnModels}
		r.mapping(n, what, append(settings{
			{pythonImports.key, r.name(&rule.From, pythonImports.fits, pythonImports.hint)},
			{"names", r.typeNames(&rule.Names, isPythonPackage, "classes are named as in Item or Outer.Item")},
		}, r.importedTypes(&rule)...))
		if n.Kind == text.KindObject && rule.From == "" && n.Get(pythonImports.key) == nil {
			r.add(n.Pos, "config-imports", what+" does not say where the models are", "name their module: `models: {module: app.models}`")
		}
		*to = append(*to, rule)
	}
	return func(n *text.Node, what string) {
		if n.Kind != text.KindArray {
			read(n, what)
			return
		}
		for _, item := range n.Items {
			read(item, "an item of "+what)
		}
	}
}

// ofDocuments returns the rules that are about OpenAPI documents.
func ofDocuments(rules []schema.ImportRule) []schema.ImportRule {
	return slices.DeleteFunc(slices.Clone(rules), func(rule schema.ImportRule) bool { return rule.Generator == plan.OwnModels })
}

// checkImports refuses imports of types of OpenAPI documents that the run does not read.
func (p *preparation) checkImports(a *api, t *target) {
	for _, rule := range ofDocuments(t.options.Shared) {
		named := slices.ContainsFunc(a.load.OpenAPI, func(name string) bool { return path.Clean(name) == path.Clean(rule.Document) })
		switch {
		case len(a.load.OpenAPI) == 0:
			p.refuse(rule.Pos, "config-imports", "name it: `openapi: [openapi.json]`", "types are imported from an OpenAPI document, and the settings name none")
		case rule.Document != "" && !named:
			p.refuse(rule.Pos, "config-imports", "name it under `openapi`, too", "%s is not one of the OpenAPI documents of this run", rule.Document)
		}
	}
}
