package main

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/output"
	"github.com/wsgen/wsgen/internal/version"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// api is one API of a run.
type api struct {
	name    string // empty where the run has just this one
	load    load.Options
	targets []*target
	model   *schema.Model
	ignored map[string][]ignored // by command: what it leaves out
}

// target is the package of one language.
type target struct {
	language
	dir      string // its folder
	usual    string // its folder where nothing names one
	from     place  // what names the folder in wsgen.yaml; without a place elsewhere
	settings packageConfig
	options  gen.Options
	files    []gen.File
}

const defaultOutput = "./opensdk"

// newAPI joins the flags and the settings of one API; flags have precedence.
func newAPI(c *cli.Context, conf *apiConfig) (*api, error) {
	wanted, err := chosen(c, conf.languages)
	if err != nil {
		return nil, err
	}
	a := &api{name: conf.name, ignored: conf.ignored}
	for _, l := range wanted {
		settings := *conf.packages[l.name]
		t := &target{language: l, settings: settings, options: settings.options}
		t.options.Validate = t.options.Validate || boolFlag(c, "validate")
		t.options.Shared = slices.Clone(t.options.Shared)
		for i := range t.options.Shared {
			t.options.Shared[i].Names = conf.schemaNames
		}
		t.options.Shared = slices.Concat(settings.models, t.options.Shared)
		t.choosePlace(c, conf)
		t.nameAfter(conf.name)
		a.targets = append(a.targets, t)
	}
	for _, l := range languages {
		generated := slices.ContainsFunc(a.targets, func(t *target) bool { return t.name == l.name })
		if flag := l.name + "-out"; isSet(c, flag) && !generated {
			return nil, usage("add --"+l.name, "--%s names a folder for a language that is not generated", flag)
		}
	}
	return a, nil
}

// choosePlace finds the package's folder: --go-out, -o, go.output, output, or the default.
func (t *target) choosePlace(c *cli.Context, conf *apiConfig) {
	below := func(dir string) string { return path.Join(filepath.ToSlash(dir), t.name) }
	t.usual = below(cmp.Or(conf.output.path, path.Join(defaultOutput, conf.name)))
	own, all := stringFlag(c, t.name+"-out"), stringFlag(c, "output")
	switch {
	case own != "":
		t.dir = own
	case all != "":
		t.dir = below(all)
	case t.settings.output.path != "":
		t.from = t.settings.output
		t.dir = t.from.path
	default:
		t.from = conf.output
		t.dir = t.usual
	}
	t.dir = path.Clean(filepath.ToSlash(t.dir))
}

// nameAfter gives the package of one of several APIs names that the others do not have.
func (t *target) nameAfter(api string) {
	if api == "" {
		return
	}
	switch t.name {
	case "typescript":
		t.options.Package = cmp.Or(t.options.Package, strings.ToLower(api)+"-client")
	case "go":
		if !t.settings.inModule {
			name := strings.ReplaceAll(api, "-", "_") + "_client"
			t.options.Package = cmp.Or(t.options.Package, name)
			t.options.Module = cmp.Or(t.options.Module, "example.com/"+name)
		}
	}
}

// chosen returns the languages that the flags name or, without flags, the settings; all
// languages if neither names one. --typescript=false takes a language out.
func chosen(c *cli.Context, settings []string) ([]language, error) {
	all := boolFlag(c, "all")
	var on, off []string
	for _, l := range languages {
		switch {
		case boolFlag(c, l.name):
			on = append(on, l.name)
		case isSet(c, l.name):
			off = append(off, l.name)
		}
	}
	if len(on) == 0 {
		on = settings
	}
	var list []language
	for _, l := range languages {
		if (all || len(on) == 0 || slices.Contains(on, l.name)) && !slices.Contains(off, l.name) {
			list = append(list, l)
		}
	}
	if list == nil {
		return nil, usage("the languages are "+languageNames(), "no language is left to generate")
	}
	return list, nil
}

// about says what the package is.
func (a *api) about(t *target) string { return t.title + " client of " + a.model.Info.Title }

// leftovers finds folders that packages were in before their settings changed: beside the
// new folder, and in the default place. Each is told only while the new folder is new.
func (j *job) leftovers() (found []string) {
	used := map[string]bool{}
	for _, a := range j.apis {
		for _, t := range a.targets {
			used[realPath(t.dir)] = true
		}
	}
	for _, a := range j.apis {
		for _, t := range a.targets {
			if _, recorded := output.About(t.dir); recorded {
				continue
			}
			places := []string{t.usual}
			entries, _ := os.ReadDir(path.Dir(t.dir)) // none where the folder above is new, too
			for _, e := range entries {
				places = append(places, path.Join(path.Dir(t.dir), e.Name()))
			}
			for _, dir := range places {
				if about, _ := output.About(dir); about == a.about(t) && !used[realPath(dir)] {
					used[realPath(dir)] = true
					found = append(found, fmt.Sprintf("%s still has the %s package that is now in %s", dir, t.title, t.dir))
				}
			}
		}
	}
	return found
}

// sayLeftovers prints what leftovers found.
func (j *job) sayLeftovers(found []string) {
	for _, message := range found {
		fmt.Fprintf(j.stderr, "wsgen: %s\n  = hint: remove the folder, unless something still uses it\n", message)
	}
}

// request is what the package's folder is to hold.
func (a *api) request(t *target, attributes bool) output.Package {
	p := output.Package{Dir: t.dir, About: a.about(t), Version: version.Number}
	for _, f := range t.files {
		p.Files = append(p.Files, output.File{Path: strings.TrimPrefix(f.Path, t.name+"/"), Data: f.Data})
	}
	if attributes {
		p.Files = append(p.Files, output.File{Path: ".gitattributes", Data: gitAttributes(p.Files)})
	}
	return p
}

// gitAttributes tells git, for all kinds of files in a package, that they keep their line
// ends, and GitHub that they are generated:
//
//	*.md text eol=lf linguist-generated
func gitAttributes(files []output.File) []byte {
	patterns := []string{".gitattributes", ".wsgen.json"}
	for _, f := range files {
		pattern := path.Base(f.Path)
		if ext := path.Ext(pattern); ext != "" {
			pattern = "*" + ext
		}
		patterns = append(patterns, pattern)
	}
	slices.Sort(patterns)
	return []byte(strings.Join(slices.Compact(patterns), " text eol=lf linguist-generated\n") + " text eol=lf linguist-generated\n")
}
