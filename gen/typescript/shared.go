package typescript

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// importable tells whether a type is imported where a rule says so: others are written in
// place by all generators, or hold values that other generators do not convert.
func (n *names) importable(t schema.Named) bool {
	switch t.(type) {
	case *schema.Object, *schema.Enum, *schema.Union:
		return !t.Head().Inline && !n.converting[t]
	}
	return false
}

func (n *names) importsOf(rules []schema.ImportRule, diags *text.Diagnostics) *plan.Imports {
	return n.plan.Imports(plan.Importing{Language: "TypeScript", Rules: rules, Can: n.importable, Forms: true}, diags)
}

// nameModules names what is imported of modules that have all types in one.
func (n *names) nameModules(scope *naming.Scope) {
	for _, t := range n.imports.Imported {
		for _, input := range n.forms(t) {
			if i := n.imports.Of(t, input); i != nil && i.Rule.Generator == openAPITypeScript && n.modules[i.Rule.From] == "" {
				n.modules[i.Rule.From] = scope.Distinct("components")
			}
		}
	}
}

// The generators whose types can be imported.
const (
	openAPITypeScript = "openapi-typescript" // components["schemas"]["User-Input"]
	heyAPI            = "hey-api"            // UserInput
)

// foreign is a type that is imported, under the name that it has here.
type foreign struct {
	there, here string
	typ         schema.Named
	module      string
}

// foreignTypes lists the imported types of one generator by module and name.
func (n *names) foreignTypes(generator string) []foreign {
	var list []foreign
	for _, t := range n.imports.Imported {
		for _, input := range n.forms(t) {
			if i := n.imports.Of(t, input); i != nil && i.Rule.Generator == generator {
				list = append(list, foreign{i.Name, n.typeName(t, input), t, i.Rule.From})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b foreign) int {
		return cmp.Or(strings.Compare(a.module, b.module), strings.Compare(a.here, b.here))
	})
	return list
}

// writeForeign prints imports of types, and exports them as if they were declared here:
//
//	import type { Address, UserOutput as User } from "@acme/api";
//
//	export type { Address, User };
func (f *typesFile) writeForeign() {
	types := f.names.foreignTypes(heyAPI)
	for len(types) > 0 {
		module := types[0].module
		var specifiers []string
		for len(types) > 0 && types[0].module == module {
			specifier := identifierOf(types[0].there)
			if specifier != types[0].here {
				specifier += " as " + types[0].here
			}
			specifiers = append(specifiers, "type "+specifier)
			types = types[1:]
		}
		writeImport(f.Buffer, specifiers, module)
	}
	last := ""
	for _, t := range f.names.foreignTypes(openAPITypeScript) {
		if t.module == last {
			continue
		}
		last = t.module
		specifier := "type components"
		if called := f.names.modules[t.module]; called != "components" {
			specifier += " as " + called
		}
		writeImport(f.Buffer, []string{specifier}, t.module)
	}
}

// writeForeignNames prints what types of other modules are called here:
//
//	export type User = components["schemas"]["User-Output"];
func (f *typesFile) writeForeignNames() {
	var names []doc
	for _, t := range f.names.foreignTypes(heyAPI) {
		names = append(names, raw(t.here))
	}
	if names != nil {
		f.Blank()
		printDoc(f.Buffer, concat(braces("export type ", names, ","), raw(";")))
	}
	for _, t := range f.names.foreignTypes(openAPITypeScript) {
		f.Blank()
		f.declComment(t.typ).write(f.Buffer)
		f.writeAliasOf(t.here, name(f.names.modules[t.module]+`["schemas"][`+quote(t.there)+"]"))
	}
}

// packagesOf lists the packages of the registry that types come from.
func packagesOf(rules []schema.ImportRule) []string {
	var list []string
	for _, rule := range rules {
		if strings.HasPrefix(rule.From, ".") || strings.HasPrefix(rule.From, "/") {
			continue
		}
		parts := strings.SplitN(rule.From, "/", 3)
		if strings.HasPrefix(rule.From, "@") && len(parts) > 1 {
			list = append(list, parts[0]+"/"+parts[1])
		} else {
			list = append(list, parts[0])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// identifierOf is the name that @hey-api/openapi-ts gives to the type of a schema:
// HTTPValidationError is HttpValidationError, Page_User_ is PageUser.
func identifierOf(key string) string {
	runes := []rune(key)
	var b strings.Builder
	if len(runes) > 0 && unicode.IsDigit(runes[0]) {
		b.WriteRune('_')
	}
	first := true
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			first = true
			continue
		case startsWord(runes, i):
			first = true
		}
		if first {
			b.WriteRune(unicode.ToUpper(r))
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
		first = unicode.IsDigit(r)
	}
	return b.String()
}

// startsWord tells whether a capital letter begins a word: after a small letter, or before one
// that is not the s of a plural, as in URLs.
func startsWord(runes []rune, i int) bool {
	is := func(kind func(rune) bool, i int) bool { return i >= 0 && i < len(runes) && kind(runes[i]) }
	switch {
	case !unicode.IsUpper(runes[i]):
		return false
	case is(unicode.IsLower, i-1):
		return true
	case !is(unicode.IsLower, i+1):
		return false
	}
	return runes[i+1] != 's' || is(unicode.IsLower, i+2) && is(unicode.IsUpper, i-1) && is(unicode.IsUpper, i-2)
}
