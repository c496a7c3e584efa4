// Package python generates the Python package: Pydantic models, a typed client and
// the runtime, whose files are copied as they are.
package python

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Generate returns the files of the package, in path order. It is a [gen.Func].
// The options are for the README: imports inside the package are relative.
func Generate(pl *plan.Plan, opt gen.Options) ([]gen.File, text.Diagnostics) {
	if opt.Nested {
		pl = pl.Nested()
	}
	var problems text.Diagnostics
	imports := pl.Imports(plan.Importing{Language: "Python", Rules: opt.Shared, Can: importable}, &problems)
	n, diags := newNames(pl, imports)
	diags = append(diags, problems...)
	if diags.HasErrors() {
		return nil, diags
	}
	if opt.Dir == "" {
		opt.Dir = "opensdk/python"
	}
	if opt.Package == "" {
		opt.Package = "opensdk.python"
	}
	p := newPrinter(pl, opt, n, imports)
	p.findRules()
	files := append(runtimeFiles(map[string]bool{
		"_json/rules.py":   len(p.checked) == 0,
		"_json/cycles.py":  len(p.apart) == 0,
		"_json/shared.py":  len(p.imports.Imported) == 0,
		"_json/compare.py": len(p.ownModels()) == 0,
	}),
		gen.File{Path: "python/README.md", Data: p.readme()},
		gen.File{Path: "python/__init__.py", Data: p.initFile()},
		gen.File{Path: "python/_methods.py", Data: p.methodsFile()},
		gen.File{Path: "python/client.py", Data: p.clientFile()},
		gen.File{Path: "python/models.py", Data: p.modelsFile()},
		gen.File{Path: "python/py.typed", Data: []byte{}},
		gen.File{Path: "python/rpc_client.py", Data: p.rpcClientFile()},
		gen.File{Path: "python/sync_client.py", Data: p.syncClientFile()},
	)
	if len(p.checked) > 0 {
		files = append(files, gen.File{Path: "python/_rules.py", Data: p.rulesFile()})
	}
	if len(pl.Errors) > 0 {
		files = append(files, gen.File{Path: "python/errors.py", Data: p.errorsFile()})
	}
	if len(p.ownModels()) > 0 {
		files = append(files, gen.File{Path: "python/check_models.py", Data: p.checkModelsFile()})
	}
	if !opt.NoProject {
		files = append(files, gen.File{Path: "python/pyproject.toml", Data: p.projectFile()})
	}
	if len(p.choices) > 0 {
		files = append(files, gen.File{Path: "python/_unions.py", Data: p.unionsFile()})
	}
	slices.SortFunc(files, func(a, b gen.File) int { return strings.Compare(a.Path, b.Path) })
	return files, diags
}

func newPrinter(pl *plan.Plan, opt gen.Options, n *names, imports *plan.Imports) *printer {
	return &printer{
		plan: pl, opt: opt, names: n, imports: imports, done: map[schema.Named]bool{},
		apart: longCycles(pl.Types), checked: map[schema.Named]*schema.Check{}, places: map[*schema.Union][]int{},
	}
}

// printer holds what the files are printed from.
type printer struct {
	opt     gen.Options
	plan    *plan.Plan
	imports *plan.Imports
	names   *names
	done    map[schema.Named]bool // declared above the line that is being printed

	apart        map[*schema.Object]bool        // of long cycles
	checked      map[schema.Named]*schema.Check // params that have a rule
	checkedTypes []schema.Named

	choices []expr // of the unions that are declared, by their names

	places map[*schema.Union][]int // where the types of a union's leaves are among its types, once it is declared
}
