package load_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/wsgen/wsgen/internal/golden"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// TestLower lowers the documents of testdata/lower/*.txtar and compares the model
// and the diagnostics with the archive's last file, "want". Where an archive has
// no api.yaml, each line "in X" of its comment is a method whose params are
// models.yaml#/$defs/X, and each "out X" an event with that payload.
func TestLower(t *testing.T) {
	paths, err := filepath.Glob("testdata/lower/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			kept := archive.Files[:0:0]
			files := map[string][]byte{}
			for _, f := range archive.Files {
				if f.Name != "want" {
					kept = append(kept, f)
					files[f.Name] = f.Data
				}
			}
			if files["api.yaml"] == nil {
				files["api.yaml"] = manifestFor(string(archive.Comment))
			}
			archive.Files = append(kept, txtar.File{Name: "want", Data: lowered(t, files)})
			golden.File(t, path, txtar.Format(archive))
		})
	}
}

func readFrom(files map[string][]byte) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if data, ok := files[name]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}
}

func lowered(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	opt := load.Options{AsyncAPI: "api.yaml", Read: readFrom(files)}
	if files["openapi.yaml"] != nil {
		opt.OpenAPI = []string{"openapi.yaml"}
	}
	model, diags := load.Load(opt)
	var out bytes.Buffer
	for _, d := range diags {
		line, col := d.Pos.Line()
		fmt.Fprintf(&out, "%s %s:%d:%d %s: %s", d.Severity, d.Pos.Src.Name, line, col, d.Code, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&out, " (%s)", d.Hint)
		}
		out.WriteByte('\n')
	}
	if diags.HasErrors() {
		return out.Bytes()
	}
	checkModel(t, model)
	out.WriteString(modelText(model))
	return out.Bytes()
}

var useLine = regexp.MustCompile(`(?m)^(in|out) (\w+)$`)

func manifestFor(comment string) []byte {
	methods, events := "", ""
	for _, m := range useLine.FindAllStringSubmatch(comment, -1) {
		ref := fmt.Sprintf("{$ref: 'models.yaml#/$defs/%s'}", m[2])
		if m[1] == "in" {
			methods += fmt.Sprintf("    in_%s: {params: %s}\n", m[2], ref)
		} else {
			events += fmt.Sprintf("    out_%s: {channel: 'c:%s', payload: %s}\n", m[2], m[2], ref)
		}
	}
	text := "asyncapi: 3.1.0\ninfo: {title: T, version: '1'}\nx-rpc:\n"
	if methods != "" {
		text += "  methods:\n" + methods
	}
	if events != "" {
		text += "  events:\n" + events
	}
	return []byte(text)
}

// checkModel checks what the language packages rely on: what every model without
// errors is like.
func checkModel(t *testing.T, m *schema.Model) {
	t.Helper()
	declared := map[schema.Named]bool{}
	names := map[string]bool{}
	for _, n := range m.Types {
		name := n.Head().Name
		if name == "" || names[name] {
			t.Errorf("type name %q is empty or taken", name)
		}
		names[name], declared[n] = true, true
		if !n.Head().In && !n.Head().Out {
			t.Errorf("%s is not reachable", name)
		}
	}
	var visit func(where string, ty schema.Type, seen map[schema.Named]bool)
	visit = func(where string, ty schema.Type, seen map[schema.Named]bool) {
		if ty == nil {
			t.Errorf("%s has no type", where)
			return
		}
		if n, ok := ty.(schema.Named); ok {
			if !declared[n] {
				t.Errorf("%s refers to %s, which is not declared", where, n.Head().Name)
			}
			if seen[n] {
				return
			}
			seen[n] = true
			where = n.Head().Name
		}
		checkType(t, where, ty)
		for _, p := range schema.Parts(ty) {
			visit(where, p, seen)
		}
	}
	seen := map[schema.Named]bool{}
	for _, me := range m.Methods {
		if me.Params != nil {
			visit(me.Wire, me.Params, seen)
		}
		if me.Result != nil {
			visit(me.Wire, me.Result, seen)
		}
	}
	for _, e := range m.Events {
		visit(e.Wire, e.Payload, seen)
	}
	for _, e := range m.Errors {
		if e.Data != nil {
			visit(e.Name, e.Data, seen)
		}
	}
	if len(seen) != len(m.Types) {
		t.Errorf("%d types are reachable, %d are declared", len(seen), len(m.Types))
	}
}

func checkType(t *testing.T, where string, ty schema.Type) {
	t.Helper()
	switch ty := ty.(type) {
	case *schema.Object:
		for _, f := range ty.Fields {
			checkField(t, ty, f)
		}
	case *schema.Nullable:
		if schema.IsNullable(ty.Elem) {
			t.Errorf("%s: %s is nullable twice", where, schema.Describe(ty))
		}
	case *schema.Union:
		if len(ty.Variants) < 2 && ty.Tag == "" {
			t.Errorf("union %s has %d variants", where, len(ty.Variants))
		}
		for _, v := range ty.Variants {
			if schema.IsNullable(v.Type) {
				t.Errorf("union %s has a nullable variant", where)
			}
			if schema.Core(v.Type) == ty {
				t.Errorf("union %s is a variant of itself", where)
			}
			if ty.Tag != "" && len(v.Tags) == 0 {
				t.Errorf("union %s has a variant without a tag", where)
			}
		}
	case *schema.Enum:
		if len(ty.Values) == 0 {
			t.Errorf("enum %s is empty", where)
		}
		for _, v := range ty.Values {
			if v.Value.Kind == text.KindNull {
				t.Errorf("enum %s has null", where)
			}
		}
	case *schema.Map:
		if k, ok := schema.Resolve(ty.Key).(*schema.Scalar); ok && k.Kind != schema.String {
			t.Errorf("%s: a map's key is %s", where, k.Kind)
		}
	}
}

func checkField(t *testing.T, o *schema.Object, f *schema.Field) {
	t.Helper()
	switch {
	case f.Required && !f.Sent:
		t.Errorf("%s.%s is required and not always sent", o.Name, f.Wire)
	case f.Sent && !f.Required && !o.Out:
		t.Errorf("%s.%s is always sent, though it is only received", o.Name, f.Wire)
	case f.Sent && !f.Required && f.Default == nil:
		t.Errorf("%s.%s is always sent, though it need not be there and has no default", o.Name, f.Wire)
	case f.Default != nil && !schema.Fits(f.Type, f.Default):
		t.Errorf("%s.%s: the default %s does not fit", o.Name, f.Wire, f.Default.JSON())
	}
}
