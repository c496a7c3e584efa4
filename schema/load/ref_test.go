package load

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/mutate"
	"github.com/wsgen/wsgen/internal/text"
)

// frontFiles opens a set of documents over files in memory; "sub" is a folder.
func frontFiles(diags *text.Diagnostics, files map[string]string) *documents {
	d := openDocuments(func(name string) ([]byte, error) {
		text, ok := files[name]
		switch {
		case ok:
			return []byte(text), nil
		case name == "sub":
			return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
		case name == "secret.yaml":
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}, diags)
	d.list = func(dir string) []string {
		var names []string
		for name := range files {
			if !strings.Contains(name, "/") && dir == "." {
				names = append(names, name)
			}
		}
		return names
	}
	return d
}

const frontModels = `{
  "$defs": {
    "TaskStats": {"type": "object", "properties": {"n": {"$anchor": "count"}}},
    "a/b~c %": {"title": "odd"},
    "List": {"anyOf": [{"title": "zero"}, {"title": "one"}]},
    "Alias": {"$ref": "#/$defs/List"},
    "Node": {"$id": "https://example.com/tree/node.json", "$defs": {"Leaf": {"title": "leaf"}},
      "properties": {"leaf": {"$ref": "#/$defs/Leaf"}, "back": {"$ref": "#/$defs/List"}}}
  },
  "default": {"$id": "https://example.com/data"}
}`

// resolveAll dereferences {$ref: text} from a.yaml and prints where it leads.
func resolveAll(t *testing.T, files map[string]string, ref string) string {
	t.Helper()
	var ds text.Diagnostics
	files["a.yaml"] = "ref: {$ref: '" + ref + "'}\nx: {y: [1, {z: 2}]}\nloop: {$ref: '#/pool'}\npool: {$ref: '#/loop'}\n" +
		"self: {$ref: '#/self/deeper'}\n"
	d := frontFiles(&ds, files)
	root := d.open("a.yaml", text.Pos{})
	n, key, ok := d.deref(root.Get("ref"))
	if _, _, again := d.deref(root.Get("ref")); again != ok || len(ds) > 1 {
		t.Errorf("the second time: ok is %v, diagnostics are %s", again, frontLines(ds))
	}
	if !ok {
		return frontLines(ds)
	}
	return key + " " + n.JSON()
}

func TestResolve(t *testing.T) {
	models := map[string]string{
		"models.json": frontModels, "sub/deep.yaml": "up: {$ref: '../models.json#/$defs/List/anyOf/0'}\n", "my file.json": `{"a":1}`,
	}
	for _, c := range []struct{ ref, want string }{
		{"#/x/y/0", `0 1`},
		{"#/x/y/1/z", `z 2`},
		{"models.json#/$defs/List/anyOf/1", `1 {"title":"one"}`},
		{"./models.json#/$defs/a~1b~0c%20%25", `a/b~c % {"title":"odd"}`},
		{"models.json#/$defs/Alias/anyOf/0", `0 {"title":"zero"}`},
		{"models.json#/$defs/Alias", `List {"anyOf":[{"title":"zero"},{"title":"one"}]}`},
		{"models.json#count", `TaskStats {"$anchor":"count"}`},
		{"sub/deep.yaml#/up", `0 {"title":"zero"}`},
		{"sub/../models.json#/$defs/List/anyOf/0", `0 {"title":"zero"}`},
		{"my%20file.json", `my file {"a":1}`},
		{"models.json#/$defs/Node/properties/leaf", `Leaf {"title":"leaf"}`},
		{"models.json#/$defs/Node/properties/back/anyOf/0", `0 {"title":"zero"}`},
		{"models.json#/$defs/TaskStat", `a.yaml:1:13: ref-not-found: no definition "TaskStat" in models.json (did you mean "models.json#/$defs/TaskStats"?)`},
		{"models.json#/$defs/taskstats", `a.yaml:1:13: ref-not-found: no definition "taskstats" in models.json (did you mean "models.json#/$defs/TaskStats"?)`},
		{"models.json#/definitions/TaskStats", `a.yaml:1:13: ref-not-found: no "definitions" in models.json (did you mean "models.json#/$defs/TaskStats"?)`},
		{"models.json#/components/schemas/Lst", `a.yaml:1:13: ref-not-found: no "components" in models.json (did you mean "models.json#/$defs/List"?)`},
		{"models.json#/$defs/Unlike", `a.yaml:1:13: ref-not-found: no definition "Unlike" in models.json (there is "TaskStats", "a/b~c %", "List", "Alias", "Node")`},
		{"models.json#/$defs/List/anyOf/2", `a.yaml:1:13: ref-not-found: no item "2" in "#/$defs/List/anyOf" of models.json, which has 2`},
		{"models.json#/$defs/List/anyOf/01", `a.yaml:1:13: ref-not-found: no item "01" in "#/$defs/List/anyOf" of models.json, which has 2`},
		{"#/x/y/0/z", `a.yaml:1:13: ref-not-found: no "z" in "#/x/y/0" of a.yaml, which is a number`},
		{"models.json#cuont", `a.yaml:1:13: ref-not-found: no $anchor "cuont" in models.json (did you mean "models.json#count"?)`},
		{"#x/y", `a.yaml:1:13: ref-not-found: no $anchor "x/y" in a.yaml (did you mean "#/x/y"?)`},
		{"#/%zz", `a.yaml:1:13: invalid-ref: bad percent escape in "#/%zz" (write "%25" for a percent sign)`},
		{"modles.json", `a.yaml:1:13: file-not-found: no such file: "modles.json" (did you mean "models.json"?)`},
		{`sub\deep.yaml`, `a.yaml:1:13: file-not-found: no such file: "sub\deep.yaml" (separate folders with "/")`},
		{"sub", `a.yaml:1:13: not-a-file: "sub" is a folder (name a file in it)`},
		{"secret.yaml#/a", `a.yaml:1:13: permission-denied: no permission to read "secret.yaml"`},
		{"https://example.com/m.json#/a", `a.yaml:1:13: remote-ref: "https://example.com/m.json#/a" is remote, and wsgen reads local files only (download the file and refer to it by a relative path, or put it beside this one, with its $id)`},
		{"//example.com/m.json", `a.yaml:1:13: remote-ref: "//example.com/m.json" is remote, and wsgen reads local files only (download the file and refer to it by a relative path, or put it beside this one, with its $id)`},
		{"urn:a:b", `a.yaml:1:13: remote-ref: no document has the $id "urn:a:b" (refer to the file by a relative path)`},
		{"#/loop", `a.yaml:3:14: ref-cycle: these 2 references lead back to each other (one of them must be a real schema)`},
		{"#/ref", `a.yaml:1:13: ref-cycle: this reference leads back to itself (one of them must be a real schema)`},
		{"#/self/deeper", `a.yaml:5:14: ref-cycle: following this reference leads back to itself`},
	} {
		t.Run(c.ref, func(t *testing.T) {
			if got := resolveAll(t, models, c.ref); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestResolveByID refers to a schema by the "$id" that a loaded document declares.
func TestResolveByID(t *testing.T) {
	var ds text.Diagnostics
	d := frontFiles(&ds, map[string]string{
		"models.json": frontModels,
		"a.json": `{"$id":"https://example.com/api","a":{"$ref":"models.json"},"b":{"$ref":"tree/node.json#/$defs/Leaf"},` +
			`"c":{"$ref":"https://example.com/tree/node.json"},"d":{"$ref":"https://example.com/data"}}`,
	})
	root := d.open("a.json", text.Pos{})
	var got []string
	for _, m := range root.Members[1:] {
		_, key, ok := d.deref(m.Value)
		got = append(got, fmt.Sprint(key, " ", ok))
	}
	if want := "[models true Leaf true node true  false]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if len(ds) != 1 || ds[0].Code != "remote-ref" {
		t.Errorf("got %s, want one remote-ref: data in a default is not a schema", frontLines(ds))
	}
}

// TestResolveNeighbours refers to files by the "$id"s that they declare, in either dialect and
// notation, absolutely and relative to the own one. A file of that name comes first, and what
// is data or text is no "$id".
func TestResolveNeighbours(t *testing.T) {
	var ds text.Diagnostics
	d := frontFiles(&ds, map[string]string{
		"a.json": `{"$id":"https://example.com/s/a","a":{"$ref":"https://example.com/s/b#/x"},"b":{"$ref":"c"},"c":{"$ref":"d.json"},` +
			`"d":{"$ref":"https://example.com/s/deep"},"e":{"$ref":"https://example.com/s/nowhere"},"f":{"$ref":"none.json"},"g":{"$ref":"https://example.com/s/data"}}`,
		"first.json": `{"$id": "https://example.com/s/b", "x": {"title": "in first"}}`,
		"old.yaml":   "$schema: http://json-schema.org/draft-04/schema#\nid: https://example.com/s/c#\n",
		"d.json":     `{}`, "e.json": `{"$id":"https://example.com/s/d.json"}`,
		"f.json": `{"$defs":{"deep":{"$id":"https://example.com/s/deep"}}}`,
		"g.json": `{"default":{"$id":"https://example.com/s/data"}}`, "h.json": `not JSON`,
	})
	root := d.open("a.json", text.Pos{})
	var got []string
	for _, m := range root.Members[1:] {
		if n, _, ok := d.deref(m.Value); ok {
			got = append(got, m.Key+" "+n.Pos.Src.Name)
		}
	}
	if want := "[a first.json b old.yaml c d.json d f.json]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	codes := make([]string, len(ds))
	for i, problem := range ds {
		codes[i] = problem.Code
	}
	if want := "[remote-ref file-not-found remote-ref]"; fmt.Sprint(codes) != want {
		t.Errorf("got %s, want %s", frontLines(ds), want)
	}
}

// TestEachPlaceIsReportedOnce opens files that cannot be read or parsed.
func TestEachPlaceIsReportedOnce(t *testing.T) {
	var ds text.Diagnostics
	d := frontFiles(&ds, map[string]string{
		"a.json": `[{"$ref":"none.json"},{"$ref":"none.json#/x"},{"$ref":"bad.json"},{"$ref":"bad.json#/a"},{"$ref":3}]`, "bad.json": `{`,
	})
	root := d.open("a.json", text.Pos{})
	for range 2 {
		for _, item := range root.Items {
			if _, _, ok := d.deref(item); ok {
				t.Errorf("%s resolved", item.JSON())
			}
		}
	}
	d.open("none.json", text.Pos{})
	ds.Sort()
	want := `a.json:1:10: file-not-found: no such file: "none.json"
a.json:1:31: file-not-found: no such file: "none.json"
a.json:1:98: invalid-ref: "$ref" must be a string, not a number
bad.json:1:2: invalid-json: unexpected end of the document, expected "}" (add "}")
none.json: file-not-found: no such file: "none.json"`
	if got := frontLines(ds); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestStandardInput resolves references of standard input from the working directory.
func TestStandardInput(t *testing.T) {
	var ds text.Diagnostics
	d := frontFiles(&ds, map[string]string{"-": "a: {$ref: 'models.json#/$defs/TaskStats'}\n", "models.json": frontModels})
	root := d.open("-", text.Pos{})
	if _, key, ok := d.deref(root.Get("a")); !ok || key != "TaskStats" || root.Pos.Src.Name != "<stdin>" {
		t.Errorf("got %q %v %s", key, ok, frontLines(ds))
	}
}

var refSeeds = []string{
	"#/$defs/List", "models.json#/$defs/Alias/anyOf/0", "#", "", "%", "#/~2", "a://b", "//", "models.json#count", "../..", "#/self/x",
}

func FuzzResolve(f *testing.F) {
	for _, s := range refSeeds {
		f.Add(s, frontModels)
	}
	f.Fuzz(checkRef)
}

// TestResolveChangedRefs resolves a fixed set of references that were changed at random, in documents
// that were, too.
func TestResolveChangedRefs(t *testing.T) {
	for seed := range uint64(4_000) {
		ref := mutate.Text(seed, refSeeds[seed%uint64(len(refSeeds))])
		checkRef(t, ref, frontModels)
		checkRef(t, ref, mutate.Text(seed, frontModels))
	}
}

// checkRef expects a node, or one diagnostic each place, for any reference.
func checkRef(t *testing.T, ref, models string) {
	var ds text.Diagnostics
	d := frontFiles(&ds, map[string]string{
		"models.json": models, "a.json": `{"self":{"$ref":"#/self/x"},"ref":{"$ref":` + text.QuoteJSON(strings.ToValidUTF8(ref, "?")) + `}}`,
	})
	root := d.open("a.json", text.Pos{})
	n, _, ok := d.deref(root.Get("ref"))
	if ok == (n == nil) || !ok && len(ds) == 0 {
		t.Fatalf("node %v, ok %v, diagnostics %v", n, ok, ds)
	}
}
