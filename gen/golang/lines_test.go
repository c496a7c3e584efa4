package golang

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// linesBefore are the lines of Go that each fixture's package had when the runtime was part
// of it, and a member took ten lines of codec.go.
var linesBefore = []struct {
	fixture string
	lines   int
}{{"seed", 4287}, {"openapi", 4250}, {"tasks", 6941}, {"types", 14845}}

// TestFewLines holds what is in a user's package beside rpc/ at half of those.
func TestFewLines(t *testing.T) {
	for _, before := range linesBefore {
		lines, files := 0, ""
		for _, f := range generated(t, loadModel(t, before.fixture)) {
			if path.Dir(f.Path) == "go" && path.Ext(f.Path) == ".go" {
				n := strings.Count(string(f.Data), "\n")
				lines += n
				files += fmt.Sprintf("  %s %d", path.Base(f.Path), n)
			}
		}
		t.Logf("%-8s %5d lines, %2.0f %% of %d:%s", before.fixture, lines, 100*float64(lines)/float64(before.lines), before.lines, files)
		if 2*lines > before.lines {
			t.Errorf("%s has %d lines, more than half of %d", before.fixture, lines, before.lines)
		}
	}
}

func generated(t *testing.T, m *schema.Model) []gen.File {
	t.Helper()
	files, diags := Generate(plan.New(m), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return files
}

// codecOf is codec.go of one type that is used both ways.
func codecOf(t *testing.T, fields ...*schema.Field) []string {
	t.Helper()
	o := &schema.Object{Decl: schema.Decl{Name: "Order", In: true, Out: true}, Fields: fields}
	for _, f := range generated(t, &schema.Model{Types: []schema.Named{o}}) {
		if f.Path == "go/codec.go" {
			return strings.Split(string(f.Data), "\n")
		}
	}
	t.Fatal("there is no codec.go")
	return nil
}

// TestNewFieldChangesItsOwnLines: the difference of codec.go is the line of the field.
func TestNewFieldChangesItsOwnLines(t *testing.T) {
	str, number := &schema.Scalar{Kind: schema.String}, &schema.Scalar{Kind: schema.Integer}
	defaulted := field("status", str, false)
	defaulted.Default = stringNode("open")
	old := []*schema.Field{field("id", str, true), field("amount", number, false), field("due", &schema.Nullable{Elem: str}, false)}
	for _, added := range []*schema.Field{
		field("note", str, true), field("note", str, false), field("note", &schema.Nullable{Elem: str}, false), defaulted,
		field("lines", &schema.List{Elem: str}, true), field("tags", &schema.Map{Key: str, Value: number}, false),
	} {
		for at := range len(old) + 1 {
			before, after := codecOf(t, old...), codecOf(t, slices.Insert(slices.Clone(old), at, added)...)
			i := 0
			for i < len(before) && before[i] == after[i] {
				i++
			}
			more := len(after) - len(before)
			if more < 1 || more > 2 || !slices.Equal(before[i:], after[i+more:]) {
				t.Fatalf("%q at %d changes other lines:\n%s", added.Wire, at, strings.Join(after, "\n"))
			}
			for _, line := range after[i : i+more] {
				if !strings.Contains(line, "v."+exported(added.Wire)) {
					t.Errorf("%q at %d adds %s", added.Wire, at, line)
				}
			}
		}
	}
}

// TestImportsAreUsed: a list of values of any type needs no import in codec.go.
func TestImportsAreUsed(t *testing.T) {
	lines := codecOf(t, field("values", &schema.List{Elem: &schema.Any{}}, true), field("by_name", &schema.Map{Key: &schema.Scalar{}, Value: &schema.Any{}}, true))
	if text := strings.Join(lines, "\n"); strings.Contains(text, "encoding/json") {
		t.Errorf("codec.go imports what it does not use:\n%s", text)
	}
}

// TestTwoAPIsOverOneConnection compiles and runs a program that calls two APIs through one
// client.
func TestTwoAPIsOverOneConnection(t *testing.T) {
	m := newModule(t)
	m.add("tasks", plan.New(loadModel(t, "tasks")))
	m.add("seed", plan.New(loadModel(t, "seed")))
	m.write("main_test.go", `package main

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"testing"

	seed "example.com/test/seed"
	"example.com/test/rpc"
	tasks "example.com/test/tasks"
)

// connection counts the calls of both.
type connection struct{ methods []string }

func (c *connection) Call(_ context.Context, req rpc.Request) (json.RawMessage, error) {
	c.methods = append(c.methods, req.Method)
	return json.RawMessage(`+"`"+`{"status":"ok","version":"1","uptime_s":1,"services":[]}`+"`"+`), nil
}

func (c *connection) Subscribe(context.Context, string) iter.Seq2[json.RawMessage, error] { return nil }

func TestBoth(t *testing.T) {
	ctx, c := context.Background(), &connection{}
	health, err := seed.NewAPIClientWith(c).SystemHealth(ctx, seed.HealthCheckParams{})
	if err != nil || health.Status != seed.HealthCheckResultStatusOk {
		t.Fatal(health, err)
	}
	if err := tasks.NewAPIClientWith(c).CacheClear(ctx); err != nil {
		t.Fatal(err)
	}
	if want := []string{"system.health", "cache.clear"}; !slices.Equal(c.methods, want) {
		t.Fatal(c.methods)
	}
}

// A connection of one API is a Caller for another.
func TestRealConnection(t *testing.T) {
	conn := tasks.NewCentrifugoRPCClient("ws://127.0.0.1:1/", "token", "")
	defer conn.Close()
	_, _ = tasks.NewAPIClientWith(conn), seed.NewAPIClientWith(conn)
}
`)
	m.run("vet", "./...")
	m.run("test", ".")
}
