package golang

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// importsOf decides which types are those of other packages. What oapi-codegen writes for
// integers that are enums has another base type than ours.
func importsOf(p *plan.Plan, rules []schema.ImportRule, diags *text.Diagnostics) *plan.Imports {
	can := func(t schema.Named) bool {
		switch t := t.(type) {
		case *schema.Object, *schema.Union:
			return !t.Head().Inline
		case *schema.Enum:
			return !t.Inline && enumBase(t) == goString
		}
		return false
	}
	return p.Imports(plan.Importing{Language: "Go", Rules: rules, Can: can, FillsTags: true, Loses: true}, diags)
}

// isForeign tells whether the Go type of t is a struct of another package, which encoding/json
// reads and writes.
func (n *names) isForeign(t schema.Type) bool {
	switch t := declared(t).(type) {
	case *schema.Object:
		return n.imports.Any(t) != nil
	case *schema.Union:
		return n.imports.Any(t) != nil
	}
	return false
}

// nameInputs names the types of other packages that are others in params: User has UserInput.
func (n *names) nameInputs() {
	for _, t := range n.imports.Imported {
		if n.imports.Versions(t) {
			n.inputs[t] = n.scope.Distinct(n.types[t] + "Input")
		}
	}
}

// typeName is the name of a type, as params or as results have it.
func (n *names) typeName(t schema.Named, input bool) string {
	if name := n.inputs[t]; input && name != "" {
		return name
	}
	return n.types[t]
}

// writeForeign prints the names that types of other packages have here:
//
//	// User: A person with an account.
//	type User = shared.UserOutput
func (w *typeWriter) writeForeign() {
	for _, t := range w.names.imports.Imported {
		w.writeForeignType(t, w.names.types[t], w.names.imports.Any(t))
		if w.names.imports.Versions(t) {
			w.writeForeignType(t, w.names.inputs[t], w.names.imports.Of(t, true))
		}
		if e, ok := t.(*schema.Enum); ok {
			w.writeConstants(e)
		}
	}
}

func (w *typeWriter) writeForeignType(t schema.Named, name string, i *plan.Import) {
	w.b.Blank()
	comment(w.b, strings.Replace(w.typeDoc(t), w.names.types[t], name, 1))
	w.b.Line("type ", name, " = ", w.shared(i.Rule.From), ".", foreignName(i.Name))
}

// shared is what a package is called in the file, and notes the import.
func (f *file) shared(path string) string {
	at := slices.Index(f.packages, path)
	if at < 0 {
		at = len(f.packages)
		f.packages = append(f.packages, path)
	}
	if at == 0 {
		return "shared"
	}
	return "shared" + strconv.Itoa(at+1)
}

// foreignName is the name that oapi-codegen gives to the type of a schema: Page_User_ is
// PageUser.
func foreignName(key string) string {
	var b strings.Builder
	first := true
	for _, r := range key {
		switch {
		case unicode.IsUpper(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.IsLower(r) && first:
			b.WriteRune(unicode.ToUpper(r))
		case unicode.IsLower(r):
			b.WriteRune(r)
		}
		first = strings.ContainsRune("-#@!$&=.+:;_~ (){}[]", r)
	}
	name := b.String()
	switch {
	case strings.HasPrefix(key, "_"):
		return "Underscore" + name
	case key != "" && unicode.IsDigit([]rune(key)[0]):
		return "N" + name
	}
	return name
}
