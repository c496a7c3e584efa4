package golang

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
)

// module is a Go module of several generated packages, which share one runtime: building
// them takes little more time than building one.
type module struct {
	t   *testing.T
	dir string
}

const testModule = "example.com/test"

func newModule(t *testing.T) *module {
	m := &module{t: t, dir: t.TempDir()}
	writeFile(t, filepath.Join(m.dir, "go.mod"), []byte("module "+testModule+"\n\ngo 1.23\n\nrequire nhooyr.io/websocket v1.8.17\n"))
	writeFile(t, filepath.Join(m.dir, "go.sum"), goSum)
	for _, f := range runtimePackage {
		writeFile(t, filepath.Join(m.dir, strings.TrimPrefix(f.Path, "go/")), f.Data)
	}
	return m
}

// add generates the package of an API, and checks that gofmt leaves it as it is.
func (m *module) add(name string, p *plan.Plan) {
	m.t.Helper()
	files, diags := Generate(p, gen.Options{Package: "sdk", Module: testModule + "/" + name})
	if diags.HasErrors() {
		m.t.Fatalf("%s: %v", name, diags)
	}
	for _, f := range files {
		if path.Dir(f.Path) != "go" || path.Ext(f.Path) != ".go" {
			continue
		}
		checkFormat(m.t, name+": "+f.Path, f.Data)
		source := strings.ReplaceAll(string(f.Data), `"`+testModule+"/"+name+`/rpc"`, `"`+testModule+`/rpc"`)
		writeFile(m.t, filepath.Join(m.dir, name, path.Base(f.Path)), []byte(source))
	}
}
