package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/wsgen/wsgen/internal/output"
)

// findModule completes the options of a Go package that is part of the user's module.
func (p *preparation) findModule(t *target) {
	s := &t.settings
	if !s.inModule {
		if s.runtimeAt.IsValid() {
			p.refuse(s.runtimeAt, "config-module", "add `module: none`, so that the package is part of the module that has the runtime",
				"go.runtime cannot be used by a package with a module of its own")
		}
		return
	}
	at := t.from.pos
	mod, found := goModAbove(t.dir)
	if !found {
		p.refuse(at, "config-module", "run `go mod init` in your project, or leave `module: none` out",
			"no go.mod is above %s, whose module could have the package", t.dir)
		return
	}
	t.options.ImportPath = path.Join(mod.module, mod.below)
	if !isGoModule(t.options.ImportPath) {
		p.refuse(at, "config-module", "import paths are like example.com/shop/realtime", "Go cannot import %q, the package in %s",
			t.options.ImportPath, t.dir)
	}
	if base := path.Base(t.options.ImportPath); t.options.Package == "" && isGoPackage(base) {
		t.options.Package = base
	}
}

// goMod is a go.mod file above a folder.
type goMod struct {
	file   string
	module string // its module's path
	below  string // the folder, as seen from it
}

// goModAbove finds the go.mod of the module that a folder is part of: the nearest one that
// is not itself generated.
func goModAbove(dir string) (goMod, bool) {
	start := realPath(dir)
	for at := start; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && !(at == start && output.Owns(dir, "go.mod")) {
			below, _ := filepath.Rel(at, start)
			return goMod{filepath.ToSlash(filepath.Join(at, "go.mod")), modulePath(string(data)), filepath.ToSlash(below)}, true
		}
		if at == filepath.Dir(at) {
			return goMod{}, false
		}
	}
}

// modulePath returns the path in the module line of a go.mod file.
func modulePath(mod string) string {
	for _, line := range strings.Split(mod, "\n") {
		line, _, _ = strings.Cut(line, "//")
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "module" {
			return strings.Trim(fields[1], "\"`")
		}
	}
	return ""
}

// hintAtModule says how a Go package becomes a part of the user's module, where that is
// possible and the settings leave it open.
func (j *job) hintAtModule(t *target) {
	if t.name != "go" || t.settings.inModule || t.settings.options.Module != "" || j.quiet {
		return
	}
	if mod, found := goModAbove(t.dir); found && mod.module != "" {
		fmt.Fprintf(j.stderr, "wsgen: %s has a go.mod of its own inside the module %s\n"+
			"  = hint: `go: {module: none}` in wsgen.yaml makes it a part of that module; name a module there to keep it apart\n", t.dir, mod.module)
	}
}
