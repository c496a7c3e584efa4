package breaking

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/schema"
)

// notCompared are the parts of a model that no rule reads, each with the reason.
var notCompared = map[string]string{
	"Model.Info":         "texts, and the version, which the changelog compares with the changes",
	"Model.Dir":          "where the document is, not what it says",
	"Model.Errors":       "those of the methods, which are compared",
	"Method.Doc":         "text",
	"Event.Doc":          "text",
	"Event.AccessStated": "the access counts, whether stated or not",
	"APIError.Doc":       "text",
	"TemplatePart.Doc":   "text",
	"Deprecation.Note":   "text",
	"Decl.Generic":       "how the name was made, which is compared",
	"Decl.Doc":           "text",
	"Decl.Title":         "text",
	"Decl.Examples":      "text",
	"Decl.In":            "follows from the places where the type is used, which are compared",
	"Decl.Out":           "follows from the places where the type is used, which are compared",
	"Decl.Sources":       "where the type is declared",
	"Scalar.Hint":        "a format that is documentation only",
	"Object.Open":        "clients and workers treat members alike that are not declared and not refused",
	"Field.Doc":          "text",
	"Field.Title":        "text",
	"Field.Examples":     "text",
	"Field.Renamed":      "where the name comes from; the name is compared",
	"Field.ReadOnly":     "a comment in the code of clients",
	"Field.WriteOnly":    "a comment in the code of clients",
	"EnumValue.Doc":      "text",
	"Decl.DocName":       "what another generator calls a type that is imported",
	"Decl.Twins":         "clients import a type or declare it: what is sent is the same",
	"Alias.Target":       "schema.Resolve looks through aliases",
	"TupleItem.Doc":      "text",
}

// A part that is added to the model is compared, or there is a reason not to.
func TestEveryPartOfTheModelIsCompared(t *testing.T) {
	source := sources(t)
	seen := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(of.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if of.PkgPath() != reflect.TypeOf(schema.Model{}).PkgPath() || seen[of.Name()] {
			return
		}
		seen[of.Name()] = true
		for i := range of.NumField() {
			f := of.Field(i)
			name := of.Name() + "." + f.Name
			seen[name] = true
			read := regexp.MustCompile(`\.` + f.Name + `\b`).MatchString(source)
			if _, listed := notCompared[name]; listed {
				continue
			}
			if !read && !f.Anonymous {
				t.Errorf("no rule reads %s: compare it, or say here why not", name)
			}
			walk(f.Type)
		}
	}
	for _, part := range []any{
		schema.Model{}, schema.Scalar{}, schema.Nullable{}, schema.List{}, schema.Map{}, schema.Object{}, schema.Enum{},
		schema.Union{}, schema.Tuple{}, schema.Alias{},
	} {
		walk(reflect.TypeOf(part))
	}
	for name := range notCompared {
		if !seen[name] {
			t.Errorf("the model has no %s", name)
		}
	}
}

// sources returns the package's own code.
func sources(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}
