package text

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/mutate"
)

func TestParseYAMLValues(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[017, 0o17, 0x1f, +1, -007, 0x-1]", `[17,15,31,1,-7,"0x-1"]`},
		{"[.5, 1., -00.5e3, 1E+2, 1_000, 1e, .]", `[0.5,1.0,-0.5e3,1E+2,"1_000","1e","."]`},
		{"[yes, no, on, off, y, True, FALSE]", `["yes","no","on","off","y",true,false]`},
		{"[2001-01-01, 12:30:45, 2001-01-01T00:00:00Z]", `["2001-01-01","12:30:45","2001-01-01T00:00:00Z"]`},
		{"[~, null, NULL, '', 'null', nUll]", `[null,null,null,"","null","nUll"]`},
		{"[!!str 12, !!int 3, !!float 1, !!bool true, !!null ~, ! 12]", `["12",3,1,true,null,"12"]`},
		{"a:\nb: |\n  x\n  y\nc: >-\n  x\n  y\n", `{"a":null,"b":"x\ny\n","c":"x y"}`},
		{"200: a\ntrue: b\n1.5: c\n", `{"200":"a","true":"b","1.5":"c"}`},
		{"base: &b {x: 1, y: 2}\nz: {<<: *b, y: 3}\n", `{"base":{"x":1,"y":2},"z":{"x":1,"y":3}}`},
		{"a: &a {x: 1}\nb: &b {x: 2, y: 2}\nz:\n  k: 0\n  <<: [*a, *b]\n", `{"a":{"x":1},"b":{"x":2,"y":2},"z":{"k":0,"x":1,"y":2}}`},
		{"'<<': 1\n", `{"<<":1}`},
		{"&k a: *k\n", `{"a":"a"}`},
		{"\xef\xbb\xbfa: 1\r\nb: 2\r\n", `{"a":1,"b":2}`},
	} {
		root, ds := ParseYAML(frontSource("a.yaml", c.text))
		if len(ds) > 0 || root.JSON() != c.want {
			t.Errorf("%q\n got %s %v\nwant %s", c.text, root.JSON(), frontLines(ds), c.want)
		}
	}
}

func TestParseYAMLProblems(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
	}
	for _, c := range []struct{ text, want string }{
		{"", `1:1: empty-document: the document is empty`},
		{"# nothing\n", `1:1: empty-document: the document is empty`},
		{"---\nnull\n", `1:1: empty-document: the document is empty`},
		{"a: b: c\n", `1:5: invalid-yaml: ":" is not allowed here (put text that contains ": " in quotes; check the indentation)`},
		{"日本: 日本語 : x\n", `1:9: invalid-yaml: ":" is not allowed here (put text that contains ": " in quotes; check the indentation)`},
		{"a:\n\tb: c\n", `2:1: invalid-yaml: a tab indents this line (YAML is indented with spaces only)`},
		{"a: @x\n", `1:4: invalid-yaml: text cannot begin with "@" (put the text in quotes)`},
		{"a: 1\nb\nc: 2\n", `2:1: invalid-yaml: expected ":" after the key (add it, or check the indentation)`},
		{"a: \"x\nb: 1\n", `1:4: invalid-yaml: this quoted text is never closed (add the closing quote)`},
		{"x: 1\na: 'x\nb: 1\n", `2:4: invalid-yaml: this quoted text is never closed (add the closing quote)`},
		{"a: [1, 2\nb: 3\n", `2:1: invalid-yaml: expected "," or "]" (close the list, or add a comma)`},
		{"a: {b: 1\n", `1:9: invalid-yaml: expected "," or "}" (close the mapping, or add a comma)`},
		{"a:\n  - 1\n b: 2\n", `3:2: invalid-yaml: this line does not continue the block above it (check its indentation and the quotes before it)`},
		{"a: 'it's'\n", `1:1: invalid-yaml: this line has an odd number of single quotes (write '' for a quote inside single quotes, or use double quotes)`},
		{"a: \"\\q\"\n", `1:5: invalid-yaml: this escape does not exist in YAML (write "\\" for a backslash, or use single quotes)`},
		{"a: x\x01y\n", `1:5: invalid-yaml: control character U+0001 (remove it, or write "\u0001" in double quotes)`},
		{"a: *x\n", `1:4: invalid-yaml: no anchor &x stands before the alias *x (put text that begins with "*" in quotes)`},
		{"a: &x [*x]\n", `1:8: alias-cycle: the alias *x contains itself (write the value out where the alias stands)`},
		{bomb, `5:40: alias-expansion: aliases expand this document to more than 101464 values (use fewer aliases of aliases)`},
		{"a: 1\n---\nb: 1\n", `2:1: several-documents: a second YAML document begins here (keep one document a file; remove the "---")`},
		{"a: 1\nb: 2\n\"a\": 3\n", `3:1: duplicate-key: the key "a" comes twice in one object (remove or rename one of them)`},
		{"a: .inf\n", `1:4: invalid-yaml: .inf has no form in JSON (write null, or put it in quotes)`},
		{"a: !foo 1\n", `1:4: invalid-yaml: the tag !foo has no meaning here (remove the tag)`},
		{"a: !!int x\n", `1:4: invalid-yaml: "x" is not a valid !!int`},
		{"a: !!set {x}\n", `1:4: invalid-yaml: the tag !!set has no meaning here (remove the tag)`},
		{"? [a]\n: 1\n", `1:3: invalid-yaml: a key must be text, not a mapping or a list (put the key in quotes)`},
		{"<<: 3\n", `1:1: invalid-yaml: the merge key "<<" needs a mapping or a list of mappings (write '"<<"' where a key of that name is meant)`},
		{"a: 1e99999\n", `1:4: number-out-of-range: the exponent of this number is out of range`},
		{strings.Repeat("[", 600) + strings.Repeat("]", 600), `1:513: nesting-too-deep: nested deeper than 512 levels`},
	} {
		if got := strings.TrimPrefix(frontProblem(t, "a.yaml", c.text), "a.yaml:"); got != c.want {
			t.Errorf("%.60q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestParseYAMLKeepsPlaces checks what is underlined, with wide characters, CR LF
// and the line breaks of YAML 1.1 before it.
func TestParseYAMLKeepsPlaces(t *testing.T) {
	src := frontSource("a.yaml", "é: 'it''s'\r\nb: [\"x\\\"y\", plain text, 日本]\u2028c: 7\n")
	root, ds := ParseYAML(src)
	if len(ds) > 0 {
		t.Fatal(frontLines(ds))
	}
	var spans []string
	show := func(p Pos) { spans = append(spans, string(src.Data[p.Off:p.Off+p.Len])) }
	for _, m := range root.Members {
		show(m.KeyPos)
		show(m.Value.Pos)
		for _, item := range m.Value.Items {
			show(item.Pos)
		}
	}
	if got, want := strings.Join(spans, "|"), `é|'it''s'|b|[|"x\"y"|plain text|日本|c|7`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParsePicksTheFormat(t *testing.T) {
	for _, c := range []struct{ name, text, code string }{
		{"a.json", "a: 1", "invalid-json"},
		{"a.yaml", `{"a": 1, }`, ""},
		{"<stdin>", ` {"a": 1, }`, "invalid-json"},
		{"<stdin>", "a: 1", ""},
		{"a.JSON", "a: 1", "invalid-json"},
	} {
		_, ds := Parse(frontSource(c.name, c.text))
		code := ""
		if len(ds) > 0 {
			code = ds[0].Code
		}
		if code != c.code {
			t.Errorf("%s %q: got %q, want %q", c.name, c.text, code, c.code)
		}
	}
}

var yamlSeeds = []string{
	"a: &x [1, 2]\nb: *x\n", "? |\n  x\n: - y\n", "{a: 'b', c: \"d\\n\"}", "a: 017\n<<: {b: 1}\n", "a:\n\t- b\n",
	"%YAML 1.1\n---\na\n...\n", "a: b: c", "&a a: *a\n# x\n", "\xef\xbb\xbfa: \u2028b", "\n\t", "- - - 1\n  - 2\n # c\n",
}

func FuzzParseYAML(f *testing.F) {
	for _, s := range yamlSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(checkYAML)
}

// TestParseChangedYAML parses a fixed set of texts that were changed at random.
func TestParseChangedYAML(t *testing.T) {
	for seed := range uint64(20_000) {
		checkYAML(t, []byte(mutate.Text(seed, yamlSeeds[seed%uint64(len(yamlSeeds))])))
	}
}

// checkYAML expects a node or a diagnostic, places inside the document, and valid JSON from
// what was read.
func checkYAML(t *testing.T, data []byte) {
	root, ds := ParseYAML(&Source{Name: "f.yaml", Data: data})
	if root == nil && len(ds) == 0 {
		t.Fatal("neither a node nor a diagnostic")
	}
	for i := range ds {
		if p := ds[i].Pos; p.Off < 0 || int(p.Off+p.Len) > len(data) {
			t.Fatalf("%v is outside of the document", ds[i])
		}
	}
	if len(ds) > 0 {
		return
	}
	if _, ds := ParseJSON(&Source{Name: "f.json", Data: []byte(root.JSON())}); len(ds) > 0 {
		t.Fatalf("%s is not JSON: %s", root.JSON(), frontLines(ds))
	}
}
