package typescript_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// TestRuntime generates the package of the tasks fixture, compiles it and runs the
// tests in runtime/test on it.
func TestRuntime(t *testing.T) {
	t.Chdir(toolchain.Root(t))
	m, diags := load.Load(load.Options{AsyncAPI: "fixtures/tasks/api.yaml", Read: os.ReadFile})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	addUnions(m)
	addStream(m)
	files, diags := typescript.Generate(planned(m), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	dir := t.TempDir()
	writeAll(t, dir, files)
	if err := os.CopyFS(filepath.Join(dir, "test"), os.DirFS("gen/typescript/runtime/test")); err != nil {
		t.Fatal(err)
	}
	compile(t, dir)
	run(t, dir, "node", "--test", "--test-timeout=600000", "test/")
}

// planned lists the types that a test's model is made of and has not listed itself.
func planned(m *schema.Model) *plan.Plan {
	listed := map[schema.Named]bool{}
	for _, t := range m.Types {
		listed[t] = true
	}
	for _, t := range m.Types {
		addParts(m, listed, t)
	}
	for _, me := range m.Methods {
		addParts(m, listed, me.Params)
		addParts(m, listed, me.Result)
	}
	for _, e := range m.Events {
		addParts(m, listed, e.Payload)
	}
	for _, e := range m.Errors {
		addParts(m, listed, e.Data)
	}
	return plan.New(m)
}

func addParts(m *schema.Model, listed map[schema.Named]bool, t schema.Type) {
	schema.Walk(t, func(part schema.Type) bool {
		if named, ok := part.(schema.Named); ok && !listed[named] {
			listed[named] = true
			m.Types = append(m.Types, named)
			if d := named.Head(); d.Name == "" {
				d.Name = fmt.Sprintf("Inline%d", len(m.Types))
			}
		}
		return true
	})
}

// writeAll writes the generated files below a folder.
func writeAll(t *testing.T, dir string, files []gen.File) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, strings.TrimPrefix(f.Path, "typescript/"))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, f.Data)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// addStream adds what runtime/test/stream.test.mjs reads.
func addStream(m *schema.Model) {
	integer := &schema.Scalar{Kind: schema.Integer}
	m.Methods = append(m.Methods, &schema.Method{
		Wire: "jobs.progress", Name: schema.Name{"jobs", "progress"}, Stream: true, Result: integer,
		Params: object("JobProgressParams", optional("job", integer)),
	})
}

// addUnions adds what runtime/test/guards.test.mjs tells apart.
func addUnions(m *schema.Model) {
	str := &schema.Scalar{Kind: schema.String}
	color := enum("Color", "red")
	pair := &schema.Tuple{
		Decl: schema.Decl{Name: "Pair"}, Min: 2,
		Items: []schema.TupleItem{{Type: &schema.Scalar{Kind: schema.Integer}}, {Type: str}},
	}
	contact := union("Contact",
		object("Email", required("email", str), optional("verified", &schema.Scalar{Kind: schema.Boolean})),
		object("Phone", required("phone", str), optional("extension", &schema.Scalar{Kind: schema.Integer})),
		object("Nickname", optional("nickname", str)),
		str, color, &schema.Scalar{Kind: schema.Number}, &schema.Scalar{Kind: schema.Integer},
		&schema.List{Elem: str}, pair)
	odd := union("Odd",
		object("Proto", required("__proto__", str)),
		object("Built", required("constructor", str)))
	m.Types = append(m.Types, declared(contact)...)
	m.Types = append(m.Types, declared(odd)...)
}

// declared lists u and the named types that it is made of.
func declared(u *schema.Union) []schema.Named {
	list := []schema.Named{u}
	for _, v := range u.Variants {
		if named, ok := v.Type.(schema.Named); ok {
			list = append(list, named)
		}
	}
	return list
}

func object(name string, fields ...*schema.Field) *schema.Object {
	return &schema.Object{Decl: schema.Decl{Name: name}, Fields: fields}
}

func required(wire string, t schema.Type) *schema.Field {
	return &schema.Field{Wire: wire, Name: schema.SplitName(wire), Type: t, Required: true, Sent: true}
}

func optional(wire string, t schema.Type) *schema.Field {
	return &schema.Field{Wire: wire, Name: schema.SplitName(wire), Type: t}
}

func union(name string, of ...schema.Type) *schema.Union {
	u := &schema.Union{Decl: schema.Decl{Name: name}}
	for _, t := range of {
		u.Variants = append(u.Variants, schema.Variant{Type: t})
	}
	return u
}

func enum(name string, values ...string) *schema.Enum {
	e := &schema.Enum{Decl: schema.Decl{Name: name}, Base: schema.String}
	for _, v := range values {
		e.Values = append(e.Values, schema.EnumValue{Value: &text.Node{Kind: text.KindString, Text: v}})
	}
	return e
}
