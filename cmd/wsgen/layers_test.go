package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

const module = "github.com/wsgen/wsgen/"

// allowed says which packages of wsgen each package may import: data flows one
// way, see docs/architecture.md. A package that is not listed may import none.
var allowed = map[string][]string{
	"cmd/wsgen":                {"schema", "schema/load", "gen", "gen/*", "internal/text", "internal/output", "internal/centrifugo", "internal/centrifugo/live", "internal/breaking", "internal/lint", "internal/version"},
	"schema":                   {"internal/text"},
	"schema/load":              {"schema", "internal/text"},
	"gen":                      {"schema", "gen/plan", "internal/text", "internal/emit"},
	"gen/plan":                 {"schema", "internal/text"},
	"gen/*":                    {"schema", "gen", "gen/plan", "internal/text", "internal/emit", "internal/naming", "internal/markup"},
	"internal/naming":          {"schema", "internal/text"},
	"internal/breaking":        {"schema", "internal/text"},
	"internal/lint":            {"schema", "gen/plan", "internal/text"},
	"internal/golden":          {"gen"},
	"internal/clienttest":      {"schema/load", "gen", "gen/plan", "internal/text", "internal/toolchain"},
	"internal/centrifugo":      {"schema", "internal/text"},
	"internal/centrifugo/live": {"internal/centrifugo"},
	"fixtures/unions":          {"schema", "schema/load", "gen/plan", "internal/text"},
	"fixtures/suite":           {"schema/load", "gen/plan", "internal/text"},
	"tests/compared":           {"schema", "schema/load", "internal/breaking", "internal/text"},
	"tests/corpus":             {"internal/text"},
	"tools/dist":               {"internal/version"},
	"bench":                    {"schema/load", "gen", "gen/*", "internal/text"},
	"bench/growth":             {"schema/load", "internal/text"},
	"bench/*":                  {"gen", "gen/*", "internal/brokertest", "internal/clienttest", "bench/internal/calls"},
	"bench/worker":             {"bench/internal/calls", "internal/brokertest", "internal/centrifugo", "internal/redistest"},
}

// forbidden are packages of others that only some of ours may import.
var forbidden = map[string]string{
	"os":                                     "internal/text schema schema/load gen gen/* internal/emit internal/naming internal/centrifugo internal/centrifugo/live",
	"text/template":                          "*",
	"github.com/getkin/kin-openapi/openapi3": "cmd/wsgen schema gen gen/* internal/*",
	"nhooyr.io/websocket":                    "cmd/wsgen schema schema/load gen gen/* internal/*",
}

// TestLayers keeps the arrows between packages as they are documented.
func TestLayers(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		checkImports(t, strings.TrimPrefix(pkg.ImportPath, module), pkg.Imports)
	}
}

func checkImports(t *testing.T, pkg string, imports []string) {
	for _, imported := range imports {
		if ours, found := strings.CutPrefix(imported, module); found && !matchesAny(ours, allowedFor(pkg)) {
			t.Errorf("%s must not import %s", pkg, ours)
		}
		if who, found := forbidden[imported]; found && matchesAny(pkg, strings.Fields(who)) {
			t.Errorf("%s must not import %s", pkg, imported)
		}
	}
}

func allowedFor(pkg string) []string {
	if list, exact := allowed[pkg]; exact {
		return list
	}
	return allowed[path.Dir(pkg)+"/*"]
}

func matchesAny(pkg string, patterns []string) bool {
	for _, p := range patterns {
		if ok, _ := path.Match(p, pkg); ok {
			return true
		}
	}
	return false
}
