package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// preparation finds what is wrong with the packages' folders before anything is read.
type preparation struct {
	problems text.Diagnostics
	misuse   error // of a flag: the first one
}

// refuse reports what is wrong: at its place in wsgen.yaml, or as wrong use of a flag.
func (p *preparation) refuse(pos text.Pos, code, hint, format string, args ...any) {
	if pos.IsValid() {
		p.problems.Add(pos, code, fmt.Sprintf(format, args...), hint)
	} else if p.misuse == nil {
		p.misuse = usage(hint, format, args...)
	}
}

// prepare completes the options of all packages and refuses folders that cannot be theirs.
func (j *job) prepare() error {
	p := &preparation{}
	var before []*target
	for _, a := range j.apis {
		for _, t := range a.targets {
			t.options.Dir = shownDir(j.root, t.dir)
			for _, other := range before {
				p.keepApart(other, t)
			}
			p.checkFolder(t)
			p.checkImports(a, t)
			switch {
			case t.name == "go":
				p.findModule(t)
			case t.name == "python" && t.options.Package == "":
				p.namePackage(t)
			}
			before = append(before, t)
		}
	}
	if p.problems.HasErrors() {
		p.problems.Sort()
		j.report(p.problems)
		return &failure{code: exitUsage}
	}
	return p.misuse
}

// shownDir returns how READMEs name a folder: as seen from the project's root, which is the
// folder of wsgen.yaml or the working directory. Where the folder is elsewhere, what both
// have in common counts as the root.
func shownDir(root, dir string) string {
	from, err1 := filepath.Abs(root)
	to, err2 := filepath.Abs(dir)
	rel, err3 := filepath.Rel(from, to)
	if err1 != nil || err2 != nil || err3 != nil {
		return path.Base(dir)
	}
	rel = filepath.ToSlash(rel)
	for strings.HasPrefix(rel, "../") {
		rel = strings.TrimPrefix(rel, "../")
	}
	if rel == ".." {
		return "."
	}
	return rel
}

// keepApart refuses two packages in one folder, one inside the other, and two Go modules with
// one path.
func (p *preparation) keepApart(other, t *target) {
	here, there := realPath(t.dir), realPath(other.dir)
	const hint = "give each package a folder of its own"
	if t.options.Module != "" && t.options.Module == other.options.Module {
		p.refuse(t.from.pos, "config-module", "give each a module path of its own", "the Go packages in %s and %s are both the module %s",
			other.dir, t.dir, t.options.Module)
	}
	switch {
	case here == there:
		p.refuse(t.from.pos, "config-output", hint, "%s is the folder of two packages, %s and %s", t.dir, other.title, t.title)
	case within(there, here):
		p.refuse(t.from.pos, "config-output", hint, "the %s package in %s is inside the %s package in %s", t.title, t.dir, other.title, other.dir)
	case within(here, there):
		p.refuse(other.from.pos, "config-output", hint, "the %s package in %s is inside the %s package in %s", other.title, other.dir, t.title, t.dir)
	}
}

// realPath returns the absolute path of a folder that may not exist yet, without links.
func realPath(dir string) string {
	abs, err := filepath.Abs(filepath.FromSlash(dir))
	if err != nil {
		return dir
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if up := filepath.Dir(abs); up != abs {
		return filepath.Join(realPath(up), filepath.Base(abs))
	}
	return abs
}

// checkFolder refuses a folder of wsgen.yaml that cannot be one, since it or a folder
// above is a file. For other folders writing says so.
func (p *preparation) checkFolder(t *target) {
	if !t.from.pos.IsValid() {
		return
	}
	for at := t.dir; ; at = path.Dir(at) {
		info, err := os.Stat(filepath.FromSlash(at))
		if err == nil && !info.IsDir() {
			p.refuse(t.from.pos, "config-output", "name a folder", "%s is a file", at)
		}
		if err == nil || at == path.Dir(at) {
			return
		}
	}
}

// namePackage finds the name that Python code imports the package by: from the project's
// root, or from its folder src.
func (p *preparation) namePackage(t *target) {
	base := path.Base(filepath.ToSlash(realPath(t.dir)))
	if !isPythonPackage(base) {
		p.refuse(t.from.pos, "config-output", "name the folder so that it can be imported, as in realtime, or set python.package",
			"Python cannot import a package from a folder called %q", base)
		return
	}
	t.options.Package = base
	name := strings.ReplaceAll(strings.TrimPrefix(t.options.Dir, "src/"), "/", ".")
	if isPythonPackage(name) {
		t.options.Package = name
	}
}
