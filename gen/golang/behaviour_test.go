package golang

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema/load"
)

// TestBehaviour runs testdata/behaviour/behaviour_test.go with the package that is generated
// from the document beside it.
func TestBehaviour(t *testing.T) {
	m := behaviour(t)
	m.copy("behaviour_test.go")
	m.run("vet", "./...")
	m.run("test", "./sdk")
}

// TestMustNotCompile finds an error in each line that is marked, and in no other.
func TestMustNotCompile(t *testing.T) {
	m := behaviour(t)
	source := m.copy("must_not_compile.go.txt")
	want := map[string]bool{}
	for i, line := range strings.Split(source, "\n") {
		if strings.Contains(line, "// ERROR") {
			want[itoa(i+1)] = true
		}
	}
	out, err := m.command("build", "-gcflags=-e", "./sdk").CombinedOutput()
	if err == nil {
		t.Fatal("all of it compiles")
	}
	for _, match := range regexp.MustCompile(`must_not_compile\.go:(\d+):`).FindAllStringSubmatch(string(out), -1) {
		if !want[match[1]] {
			t.Errorf("line %s does not compile\n%s", match[1], out)
		}
		delete(want, match[1])
	}
	for line := range want {
		t.Errorf("line %s compiles", line)
	}
}

func behaviour(t *testing.T) *module {
	t.Helper()
	model, diags := load.Load(load.Options{AsyncAPI: "testdata/behaviour/api.yaml", Read: os.ReadFile})
	if diags.HasErrors() {
		var b strings.Builder
		diags.Print(&b, "text", false)
		t.Fatal(b.String())
	}
	m := newModule(t)
	m.add("sdk", plan.New(model))
	return m
}

// copy adds a file of testdata/behaviour to the package, and returns its text.
func (m *module) copy(name string) string {
	m.t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "behaviour", name))
	if err != nil {
		m.t.Fatal(err)
	}
	m.write("sdk/"+strings.TrimSuffix(name, ".txt"), string(data))
	return string(data)
}
