package python

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// importable tells whether a type is a class in Python, which can be that of another package.
func importable(t schema.Named) bool {
	switch t := t.(type) {
	case *schema.Object:
		return !t.Inline
	case *schema.Enum:
		return !t.Inline && hasClass(t)
	}
	return false
}

// importShared names the types of other packages as they are called here, and checks that they
// are models:
//
//	Address = _shared.ShippingAddress
//	User = _shared.UserOutput
//
//	_check_shared(Address, User)
func (f *file) importShared() {
	if len(f.imports.Imported) == 0 {
		return
	}
	modules := map[string]string{}
	var names []expr
	add := func(i *plan.Import, here string) {
		module, known := modules[i.Rule.From]
		if !known {
			module = "_shared" + strings.TrimPrefix(strconv.Itoa(len(modules)+1), "1")
			modules[i.Rule.From] = module
			f.use(parentOf(i.Rule.From), lastOf(i.Rule.From)+" as "+module)
		}
		f.body.Line(here, " = ", module, ".", className(i))
		names = append(names, atom(here))
	}
	f.body.Raw("\n")
	for _, t := range f.imports.Imported {
		f.done[t] = true
		add(f.imports.Any(t), f.names.types[t])
		if f.imports.Versions(t) {
			add(f.imports.Of(t, true), f.names.inputs[t])
		}
	}
	f.use("._json.shared", "check_shared as _check_shared")
	f.body.Raw("\n")
	writeExpr(f.body, "", call("_check_shared", names...), "")
}

// parentOf and lastOf are the parts of acme_api.models in `from acme_api import models`; a
// module without a parent is imported by itself.
func parentOf(module string) string {
	at := strings.LastIndexByte(module, '.') + 1
	parent := module[:at]
	if strings.Trim(parent, ".") != "" {
		parent = strings.TrimSuffix(parent, ".")
	}
	return parent
}

func lastOf(module string) string { return module[strings.LastIndexByte(module, '.')+1:] }

// isShared tells whether modules with types of other packages are imported from one.
func (f *file) isShared(module string) bool {
	return slices.ContainsFunc(f.opt.Shared, func(rule schema.ImportRule) bool {
		return module != "" && !strings.HasPrefix(module, ".") && parentOf(rule.From) == module
	})
}

// marked is the name of a type. A model of another package is marked, so that it is written as
// generated ones are:
//
//	Annotated[User, _SHARED]
func (f *file) marked(t schema.Named, input bool) expr {
	name := atom(f.names.typeName(t, input))
	if _, isObject := t.(*schema.Object); !isObject || !f.marks || f.imports.Any(t) == nil {
		return name
	}
	f.use("._json.shared", "SHARED as _SHARED")
	return subscript(f.typing("Annotated"), name, atom("_SHARED"))
}

// exported lists the types that models.py has, imported ones included.
func (p *printer) exported() []schema.Named {
	return slices.DeleteFunc(slices.Clone(p.plan.Types), func(t schema.Named) bool {
		return p.imports.Any(t) == nil && !p.imports.Declares(t)
	})
}

// className is the name of a class in its own package. datamodel-code-generator makes it of
// the key of the schema: Page_User_ is PageUser, 2D is Field2D.
func className(i *plan.Import) string {
	if i.Rule.Generator == plan.OwnModels {
		return i.Name
	}
	words := strings.FieldsFunc(i.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var b strings.Builder
	for _, word := range words {
		runes := []rune(word)
		b.WriteString(string(unicode.ToUpper(runes[0])) + string(runes[1:]))
	}
	name := b.String()
	if strings.HasPrefix(i.Name, "_") || name != "" && unicode.IsDigit(rune(name[0])) {
		return "Field" + name
	}
	return yield(name, keywords)
}
