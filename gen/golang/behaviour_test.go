package golang

import (
	"os"
	"os/exec"
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
	copyInto(t, filepath.Join(m.dir, "sdk"), "behaviour_test.go")
	goTool(t, m.dir, "vet", "./...")
	goTool(t, m.dir, "test", "./sdk")
}

// TestMustNotCompile finds an error in each line that is marked, and in no other.
func TestMustNotCompile(t *testing.T) {
	m := behaviour(t)
	source := copyInto(t, filepath.Join(m.dir, "sdk"), "must_not_compile.go.txt")
	want := map[string]bool{}
	for i, line := range strings.Split(source, "\n") {
		if strings.Contains(line, "// ERROR") {
			want[itoa(i+1)] = true
		}
	}
	cmd := exec.Command("go", "build", "-gcflags=-e", "./sdk")
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	out, err := cmd.CombinedOutput()
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

// copyInto copies a file of testdata/behaviour.
func copyInto(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "behaviour", name))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, strings.TrimSuffix(name, ".txt")), data)
	return string(data)
}
