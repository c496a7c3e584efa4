package golang

import (
	"bytes"
	"go/format"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// loadModel reads a fixture's model.
func loadModel(t testing.TB, name string) *schema.Model {
	t.Helper()
	m, diags := load.Load(load.Options{AsyncAPI: "../../fixtures/" + name + "/api.yaml", Read: os.ReadFile})
	if diags.HasErrors() {
		t.Fatalf("load %s: %v", name, diags)
	}
	return m
}

// module is a Go module of several generated packages, which share one runtime: building
// them takes little more time than building one.
type module struct {
	t   *testing.T
	dir string
}

const testModule = "example.com/test"

func newModule(t *testing.T) *module {
	t.Helper()
	m := &module{t: t, dir: t.TempDir()}
	m.write("go.mod", "module "+testModule+"\n\ngo 1.23\n\nrequire nhooyr.io/websocket v1.8.17\n")
	m.write("go.sum", string(goSum))
	for _, f := range runtimePackage {
		m.write(strings.TrimPrefix(f.Path, "go/"), string(f.Data))
	}
	return m
}

// add generates the package of an API, checks that gofmt leaves it as it is, and returns
// its README.
func (m *module) add(name string, p *plan.Plan) (readme string) {
	m.t.Helper()
	files, diags := Generate(p, gen.Options{Package: "sdk", ImportPath: testModule + "/" + name, Runtime: testModule + "/rpc"})
	if diags.HasErrors() {
		m.t.Fatalf("%s: %v", name, diags)
	}
	for _, f := range files {
		source := string(f.Data)
		switch {
		case f.Path == "go/README.md":
			readme = source
		case path.Dir(f.Path) == "go" && path.Ext(f.Path) == ".go":
			checkFormat(m.t, name+": "+f.Path, f.Data)
			m.write(name+"/"+path.Base(f.Path), source)
		}
	}
	return readme
}

func (m *module) write(name, source string) {
	m.t.Helper()
	name = filepath.Join(m.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(source), 0o666); err != nil {
		m.t.Fatal(err)
	}
}

// run runs go in the module and fails where that does.
func (m *module) run(args ...string) {
	m.t.Helper()
	if out, err := m.command(args...).CombinedOutput(); err != nil {
		m.t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func (m *module) command(args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	return cmd
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
