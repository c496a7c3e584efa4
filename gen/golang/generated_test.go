package golang

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// load reads a fixture's model.
func loadModel(t testing.TB, name string) *schema.Model {
	t.Helper()
	m, diags := load.Load(load.Options{AsyncAPI: "../../fixtures/" + name + "/api.yaml", Read: os.ReadFile})
	if diags.HasErrors() {
		t.Fatalf("load %s: %v", name, diags)
	}
	return m
}

// write generates a model's package into a new folder and returns that.
func write(t testing.TB, m *schema.Model) string {
	t.Helper()
	files, diags := Generate(plan.New(m), gen.Options{})
	if diags.HasErrors() {
		t.Fatalf("generate: %v", diags)
	}
	dir := t.TempDir()
	for _, f := range files {
		if strings.HasSuffix(f.Path, ".go") {
			checkFormat(t, f.Path, f.Data)
		}
		writeFile(t, filepath.Join(dir, strings.TrimPrefix(f.Path, "go/")), f.Data)
	}
	return dir
}

// checkFormat fails where gofmt would change a file.
func checkFormat(t testing.TB, name string, source []byte) {
	t.Helper()
	formatted, err := format.Source(source)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if !bytes.Equal(formatted, source) {
		n := firstDifference(source, formatted)
		t.Errorf("%s: gofmt changes line %d\n%s\nto\n%s", name, n, lineOf(source, n), lineOf(formatted, n))
	}
}

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func firstDifference(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return bytes.Count(a[:n], []byte("\n")) + 1
}

func lineOf(text []byte, n int) string {
	lines := strings.Split(string(text), "\n")
	return strings.Join(lines[max(0, n-3):min(len(lines), n+2)], "\n")
}

// goTool runs go in a generated module.
func goTool(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// sample is a JSON value of a type of the API.
type sample struct {
	Type, Mode string
	Value      json.RawMessage
}

// TestRoundTrip sends every value that Pydantic wrote through the generated
// types: what comes back is equal, also where a newer server wrote it.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"seed", "tasks", "types"} {
		t.Run(name, func(t *testing.T) {
			m := loadModel(t, name)
			dir := write(t, m)
			var samples []sample
			for _, file := range []string{"values.json", "values.future.json"} {
				samples = append(samples, readSamples(t, filepath.Join("../../fixtures", name, file))...)
			}
			if name != "seed" && len(samples) < 40 {
				t.Fatalf("only %d values", len(samples))
			}
			roundTrip(t, dir, m, samples)
		})
	}
}

func readSamples(t testing.TB, file string) []sample {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var samples []sample
	if err := json.Unmarshal(data, &samples); err != nil {
		t.Fatal(err)
	}
	return samples
}

// roundTrip builds a program from the package that decodes and encodes the
// samples, and compares what it prints.
func roundTrip(t *testing.T, dir string, m *schema.Model, samples []sample) {
	types := goTypes(m)
	var sent []sample
	var input bytes.Buffer
	for _, s := range samples {
		name, ok := types[simple(s.Type)+s.Mode]
		if !ok {
			name, ok = types[simple(s.Type)]
		}
		if !ok {
			t.Errorf("no Go type for %s", s.Type)
			continue
		}
		sent = append(sent, s)
		line, err := json.Marshal(map[string]any{"type": name, "value": s.Value})
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	if err := os.WriteFile(filepath.Join(dir, "trip_test.go"), []byte(tripSource(m)), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "input.jsonl"), input.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	goTool(t, dir, "test", "./...")
	output, err := os.ReadFile(filepath.Join(dir, "output.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(lines) != len(sent) {
		t.Fatalf("%d answers for %d values", len(lines), len(sent))
	}
	for i, line := range lines {
		want := withConstants(m, types[simple(sent[i].Type)], normal(sent[i].Value))
		if !reflect.DeepEqual(normal([]byte(line)), want) {
			t.Errorf("%s (%s)\nsent %s\ngot  %s", sent[i].Type, sent[i].Mode, sent[i].Value, line)
		}
	}
}

// goTypes finds Go types by simplified names, those of params under the mode too.
func goTypes(m *schema.Model) map[string]string {
	n := namesOf(m)
	types := map[string]string{}
	for _, t := range m.Types {
		h := t.Head()
		types[simple(h.Name)] = n.types[t]
		if base, ok := strings.CutSuffix(h.Name, "Input"); ok && !h.Out {
			types[simple(base)+"params"] = n.types[t]
		}
	}
	return types
}

func namesOf(m *schema.Model) *names {
	var diags text.Diagnostics
	return newNames(plan.New(m), &diags)
}

func simple(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name))
}

// tripSource is a test of the generated package that turns input.jsonl into
// output.jsonl.
func tripSource(m *schema.Model) string {
	n := namesOf(m)
	var b strings.Builder
	b.WriteString(`package centrifugo_client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

func read[T any](data []byte) (any, error) {
	var v T
	err := json.Unmarshal(data, &v)
	return v, err
}

func TestTrip(t *testing.T) {
	data, err := os.ReadFile("input.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var in struct {
			Type  string
			Value json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			t.Fatal(err)
		}
		v, err := readers[in.Type](in.Value)
		if err != nil {
			out.WriteString("\"decode: " + in.Type + ": " + err.Error() + "\"\n")
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte("\"encode: " + in.Type + ": " + err.Error() + "\"")
		}
		out.Write(append(text, '\n'))
	}
	if err := os.WriteFile("output.jsonl", out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

var readers = map[string]func([]byte) (any, error){
`)
	for _, t := range m.Types {
		name := n.types[t]
		u, isUnion := core(t).(*schema.Union)
		switch {
		case name == "":
		case isUnion:
			fmt.Fprintf(&b, "\t%q: func(data []byte) (any, error) { return %s(data) },\n", name, n.readers[u])
		default:
			fmt.Fprintf(&b, "\t%q: read[%s],\n", name, name)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// withConstants adds the constants that are always sent to an object.
func withConstants(m *schema.Model, goType string, v any) any {
	members, ok := v.(map[string]any)
	if !ok {
		return v
	}
	p := plan.New(m)
	for _, t := range m.Types {
		o, ok := t.(*schema.Object)
		if !ok || exported(o.Name) != goType {
			continue
		}
		for _, f := range p.Object(o).Members {
			if _, sent := members[f.Wire]; !sent && f.Filled {
				members[f.Wire] = normal([]byte(f.Const.JSON()))
			}
		}
	}
	return members
}

// normal makes values comparable: numbers by value, so that 1.0 is 1 and no digit
// of a large one is lost.
func normal(data []byte) any {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err.Error() + string(data)
	}
	return normalNumbers(v)
}

func normalNumbers(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = normalNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = normalNumbers(v[k])
		}
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			f, err := v.Float64()
			if err == nil {
				text, _ := json.Marshal(f)
				return json.Number(text)
			}
		}
	}
	return v
}
