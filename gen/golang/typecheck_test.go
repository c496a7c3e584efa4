package golang

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
)

// typeChecker checks generated packages in this process: that takes a hundredth of the time
// of a compiler for each.
type typeChecker struct {
	t      *testing.T
	files  *token.FileSet
	config types.Config
}

// newTypeChecker lets packages import the runtime and what the runtime imports, from what
// go has compiled.
func newTypeChecker(t *testing.T) *typeChecker {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./runtime", "iter").Output()
	if err != nil {
		t.Fatal(err)
	}
	compiled := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		name, file, _ := strings.Cut(line, " ")
		compiled[name] = file
	}
	compiled[testModule+"/rpc"] = compiled["github.com/wsgen/wsgen/gen/golang/runtime"]
	c := &typeChecker{t: t, files: token.NewFileSet()}
	c.config.GoVersion = "go1.23"
	c.config.Importer = importer.ForCompiler(c.files, "gc", func(name string) (io.ReadCloser, error) { return os.Open(compiled[name]) })
	return c
}

// packageOf generates the package of an API, and checks its types and that gofmt leaves it
// as it is.
func (c *typeChecker) packageOf(p *plan.Plan, name string) {
	c.t.Helper()
	generated, diags := Generate(p, gen.Options{Package: "sdk", Module: testModule})
	if diags.HasErrors() {
		c.t.Fatalf("%s: %v", name, diags)
	}
	var files []*ast.File
	for _, f := range generated {
		if path.Dir(f.Path) != "go" || path.Ext(f.Path) != ".go" {
			continue
		}
		checkFormat(c.t, name+": "+f.Path, f.Data)
		file, err := parser.ParseFile(c.files, f.Path, f.Data, 0)
		if err != nil {
			c.t.Fatal(name, err)
		}
		files = append(files, file)
	}
	if _, err := c.config.Check("sdk", c.files, files, nil); err != nil {
		c.t.Errorf("%s: %v", name, err)
	}
}
