package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const repository = "../.."

// docs/diagnostics.md explains every code that wsgen can print, and no other.
func TestDiagnosticsAreDocumented(t *testing.T) {
	const document = "docs/diagnostics.md"
	text, err := os.ReadFile(filepath.Join(repository, document))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range documentedCode.FindAllStringSubmatch(string(text), -1) {
		if documented[m[1]] {
			t.Errorf("%s explains %s twice", document, m[1])
		}
		documented[m[1]] = true
	}
	inSource := codesInSource(t)
	for _, code := range slices.Sorted(maps.Keys(inSource)) {
		if !documented[code] {
			t.Errorf("%s lacks the code %s of %s", document, code, inSource[code])
		}
	}
	for _, code := range slices.Sorted(maps.Keys(documented)) {
		if inSource[code] == "" {
			t.Errorf("%s explains the code %s, which is in no source", document, code)
		}
	}
}

// documentedCode is a heading (### `ref-not-found`) or the first cell of a table's row.
var documentedCode = regexp.MustCompile("(?m)^(?:### |\\| )`([a-z0-9-]+)`")

// codesInSource returns all codes, each with a place where it is written.
func codesInSource(t *testing.T) map[string]string {
	t.Helper()
	c := &codeCollector{
		files:     token.NewFileSet(),
		functions: map[string][]*ast.FuncType{},
		calls:     map[string][]*ast.CallExpr{},
		constants: map[string]*ast.BasicLit{},
		codes:     map[string]string{},
	}
	parsed := map[string]*ast.File{}
	for _, name := range sources(t) {
		file, err := parser.ParseFile(c.files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed[name] = file
		c.index(filepath.Dir(name), file)
	}
	for name, file := range parsed {
		c.folder = filepath.Dir(name)
		for _, d := range file.Decls {
			c.collect(d)
		}
	}
	return c.codes
}

// sources lists the Go files of this module, without tests and what is emitted.
func sources(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(repository, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != repository {
			_, err := os.Stat(filepath.Join(name, "go.mod"))
			otherModule := err == nil
			emitted := strings.HasSuffix(name, "gen/golang/runtime") // it is part of clients
			if otherModule || emitted || strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" {
				return fs.SkipDir
			}
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// codeCollector finds texts that are given to a parameter, a variable or a field with
// the name "code" or "Code". It has no types: functions and constants are known by their
// names, those of a folder before those of others.
type codeCollector struct {
	files     *token.FileSet
	functions map[string][]*ast.FuncType // by name, and by folder and name
	calls     map[string][]*ast.CallExpr // by folder and name
	constants map[string]*ast.BasicLit   // by name
	folder    string                     // the one that codes are collected from
	codes     map[string]string
}

// index notes the functions that are declared and called, and the constants.
func (c *codeCollector) index(folder string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			for _, key := range []string{n.Name.Name, folder + " " + n.Name.Name} {
				c.functions[key] = append(c.functions[key], n.Type)
			}
		case *ast.CallExpr:
			key := folder + " " + nameOf(n.Fun)
			c.calls[key] = append(c.calls[key], n)
		case *ast.ValueSpec:
			for i := range min(len(n.Names), len(n.Values)) {
				if literal, ok := n.Values[i].(*ast.BasicLit); ok {
					c.constants[n.Names[i].Name] = literal
				}
			}
		}
		return true
	})
}

// called returns the functions that a name can be of.
func (c *codeCollector) called(name string) []*ast.FuncType {
	if own := c.functions[c.folder+" "+name]; own != nil {
		return own
	}
	return c.functions[name]
}

func (c *codeCollector) collect(d ast.Decl) {
	in, _ := d.(*ast.FuncDecl)
	add := func(to, value ast.Expr) {
		if name := nameOf(to); name == "code" || name == "Code" {
			c.add(value, in)
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, f := range c.called(nameOf(n.Fun)) {
				if i := slices.Index(parameters(f), "code"); i >= 0 && i < len(n.Args) && takes(f, len(n.Args)) {
					c.add(n.Args[i], in)
				}
			}
		case *ast.KeyValueExpr:
			add(n.Key, n.Value)
		case *ast.AssignStmt:
			for i := range min(len(n.Lhs), len(n.Rhs)) {
				add(n.Lhs[i], n.Rhs[i])
			}
		case *ast.ValueSpec:
			for i := range min(len(n.Names), len(n.Values)) {
				add(n.Names[i], n.Values[i])
			}
		}
		return true
	})
}

var codeShape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (c *codeCollector) add(value ast.Expr, in *ast.FuncDecl) {
	for text, at := range c.texts(value, in) {
		if codeShape.MatchString(text) {
			c.codes[text] = c.files.Position(at).String()
		}
	}
}

// texts returns what an expression can be, and where that is written: a literal, a
// constant, "duplicate-"+kind, or a parameter of the function that it is in.
func (c *codeCollector) texts(e ast.Expr, in *ast.FuncDecl) map[string]token.Pos {
	found := map[string]token.Pos{}
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			found[text] = e.Pos()
		}
	case *ast.BinaryExpr:
		for left, at := range c.texts(e.X, in) {
			for right := range c.texts(e.Y, in) {
				found[left+right] = at
			}
		}
	case *ast.Ident, *ast.SelectorExpr:
		name := nameOf(e)
		if literal := c.constants[name]; literal != nil {
			maps.Copy(found, c.texts(literal, nil))
		}
		if in == nil {
			break
		}
		i := slices.Index(parameters(in.Type), name)
		for _, call := range c.calls[c.folder+" "+in.Name.Name] {
			if i >= 0 && i < len(call.Args) && takes(in.Type, len(call.Args)) {
				maps.Copy(found, c.texts(call.Args[i], nil))
			}
		}
	}
	return found
}

// nameOf returns the last name of an expression: Add of d.diags.Add.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func parameters(f *ast.FuncType) (names []string) {
	for _, field := range f.Params.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

// takes tells whether a function can be called with so many arguments.
func takes(f *ast.FuncType, arguments int) bool {
	list := f.Params.List
	if _, variadic := list[len(list)-1].Type.(*ast.Ellipsis); variadic {
		return arguments >= len(parameters(f))-1
	}
	return arguments == len(parameters(f))
}
