package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wsgen/wsgen/internal/mutate"
)

// frontSource is a document of a test.
func frontSource(name, text string) *Source { return &Source{Name: name, Data: []byte(text)} }

// frontProblem parses a document and returns its first diagnostic as one line.
func frontProblem(t *testing.T, name, text string) string {
	t.Helper()
	_, ds := Parse(frontSource(name, text))
	if len(ds) == 0 {
		t.Fatalf("%q parsed without a problem", text)
	}
	return frontLine(&ds[0])
}

// frontLine is "file:line:col: code: message (hint)".
func frontLine(d *Diagnostic) string {
	s := placeText(d.Pos, d.File) + d.Code + ": " + d.Message
	if d.Hint != "" {
		s += " (" + d.Hint + ")"
	}
	return s
}

// frontLines are the diagnostics as frontLine writes them.
func frontLines(ds Diagnostics) string {
	var lines []string
	for i := range ds {
		lines = append(lines, frontLine(&ds[i]))
	}
	return strings.Join(lines, "\n")
}

// bigDocument is JSON Schema of about 2 MB, as Pydantic writes it.
func bigDocument(definitions int) []byte {
	var b bytes.Buffer
	b.WriteString("{\n  \"$defs\": {\n")
	for i := range definitions {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "    \"Model%d\": {\n      \"description\": \"The model number %d of the API.\",\n      \"properties\": {\n", i, i)
		for f := range 8 {
			fmt.Fprintf(&b, "        \"field_%d\": {\"default\": null, \"anyOf\": [{\"type\": \"string\", \"maxLength\": 40}, {\"type\": \"null\"}], "+
				"\"title\": \"Field %d\"},\n", f, f)
		}
		fmt.Fprintf(&b, "        \"next\": {\"$ref\": \"#/$defs/Model%d\"}\n      },\n", (i+1)%definitions)
		b.WriteString("      \"required\": [\"next\"],\n      \"title\": \"Model\",\n      \"type\": \"object\"\n    }")
	}
	b.WriteString("\n  }\n}\n")
	return b.Bytes()
}

// BenchmarkParseJSON compares with encoding/json into any: "ratio" is our time
// over its time.
func BenchmarkParseJSON(b *testing.B) {
	data := bigDocument(2000)
	src := &Source{Name: "models.json", Data: data}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var library time.Duration
	for b.Loop() {
		if root, ds := ParseJSON(src); root == nil {
			b.Fatal(ds)
		}
		b.StopTimer()
		start := time.Now()
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			b.Fatal(err)
		}
		library += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(library), "ratio")
}

func BenchmarkParseYAML(b *testing.B) {
	data := bigDocument(200) // JSON is YAML
	src := &Source{Name: "models.yaml", Data: data}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if root, ds := ParseYAML(src); root == nil {
			b.Fatal(ds)
		}
	}
}

func TestParseJSONProblems(t *testing.T) {
	deep := strings.Repeat("[", 600)
	for _, c := range []struct{ text, want string }{
		{``, `a.json:1:1: empty-document: the document is empty`},
		{" \n", `a.json:1:1: empty-document: the document is empty`},
		{`{"a":1,}`, `a.json:1:7: invalid-json: trailing comma before "}" (remove the comma)`},
		{`[1,2 , ]`, `a.json:1:6: invalid-json: trailing comma before "]" (remove the comma)`},
		{`[1,,2]`, `a.json:1:4: invalid-json: two commas in a row (remove one)`},
		{`[,1]`, `a.json:1:2: invalid-json: expected a value, found ","`},
		{`{,}`, `a.json:1:2: invalid-json: unexpected comma (remove it)`},
		{"{\"é\": 1\n \"b\": 2}", `a.json:1:8: invalid-json: missing comma before the next member (add ",")`},
		{`[1 2]`, `a.json:1:3: invalid-json: missing comma before the next item (add ",")`},
		{`{a:1}`, `a.json:1:2: invalid-json: keys must be in double quotes (write "a")`},
		{`{'a':1}`, `a.json:1:2: invalid-json: keys must be in double quotes (write "key", not 'key')`},
		{`{"a" 1}`, `a.json:1:6: invalid-json: expected ":" after the key "a", found "1"`},
		{`{"a":}`, `a.json:1:6: invalid-json: the member "a" has no value`},
		{`{"a":'x'}`, `a.json:1:6: invalid-json: strings must be in double quotes (write "text", not 'text')`},
		{`{"a":text}`, `a.json:1:6: invalid-json: expected a value, found "text" (text must be in double quotes)`},
		{`{"a":NaN}`, `a.json:1:6: invalid-json: JSON has no number NaN (write null, or leave the member out)`},
		{`{"a":-Infinity}`, `a.json:1:6: invalid-json: JSON has no number -Infinity (write null, or leave the member out)`},
		{`{"a":True}`, `a.json:1:6: invalid-json: True is not JSON (write true)`},
		{`{"a":None}`, `a.json:1:6: invalid-json: None is not JSON (write null)`},
		{`{"a":truely}`, `a.json:1:6: invalid-json: expected a value, found "truely" (text must be in double quotes)`},
		{`{"a":01}`, `a.json:1:6: invalid-json: 01 is not a number of JSON (remove the leading zero)`},
		{`{"a":.5}`, `a.json:1:6: invalid-json: .5 is not a number of JSON (write a "0" before the point)`},
		{`{"a":5.}`, `a.json:1:6: invalid-json: 5. is not a number of JSON (write a digit after the point)`},
		{`{"a":+5}`, `a.json:1:6: invalid-json: +5 is not a number of JSON (remove the "+")`},
		{`{"a":0x1f}`, `a.json:1:6: invalid-json: 0x1f is not a number of JSON (write it in decimal)`},
		{`{"a":1_0}`, `a.json:1:6: invalid-json: 1_0 is not a number of JSON (remove the "_")`},
		{`{"a":1e99999}`, `a.json:1:6: number-out-of-range: the exponent of this number is out of range`},
		{`{"a":"x`, `a.json:1:6: invalid-json: this string is never closed (add a closing '"')`},
		{"{\"a\":\"x\n\"}", `a.json:1:6: invalid-json: this string is not closed on its line (add a closing '"', or write "\n" for a line break)`},
		{"{\"a\":\"x\ty\"}", `a.json:1:8: invalid-json: a tab inside a string (write "\t")`},
		{"{\"a\":\"\x01\"}", `a.json:1:7: invalid-json: control character U+0001 inside a string (write "\u0001")`},
		{`{"a":"\q"}`, `a.json:1:7: invalid-json: \q is not an escape of JSON (write "\\" for a backslash)`},
		{`{"a":"\u12"}`, `a.json:1:7: invalid-json: \u must be followed by four hexadecimal digits`},
		{`{"a":"\ud800x"}`, `a.json:1:7: invalid-json: \ud800 is half of a surrogate pair (write both halves, such as "\ud83d\ude00", or the character itself)`},
		{`{"a":1`, `a.json:1:7: invalid-json: unexpected end of the document, expected "}" (add "}")`},
		{`[[1`, `a.json:1:4: invalid-json: unexpected end of the document, expected "]" (add "]")`},
		{`{"a":1}}`, `a.json:1:8: invalid-json: unexpected "}" after the end of the document (a JSON document is one value)`},
		{`{"a":1 // x`, `a.json:1:8: invalid-json: JSON has no comments (remove it, or write the document as YAML)`},
		{`/* x */ {}`, `a.json:1:1: invalid-json: JSON has no comments (remove it, or write the document as YAML)`},
		{`{"a":1,"a":2}`, `a.json:1:8: duplicate-key: the key "a" comes twice in one object (remove or rename one of them)`},
		{"{\"a\":\"\xff\"}", `a.json:1:7: invalid-utf8: byte 0xFF is not UTF-8 (save the file as UTF-8)`},
		{"\xff\xfe{\x00}\x00", `a.json:1:1: invalid-utf8: the document is UTF-16 (save it as UTF-8)`},
		{deep, `a.json:1:513: nesting-too-deep: nested deeper than 512 levels`},
	} {
		if got := frontProblem(t, "a.json", c.text); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestParseJSONValues(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"\xef\xbb\xbf {}", `{}`},
		{`{"b":1,"a":[true,false,null,"x"]}`, `{"b":1,"a":[true,false,null,"x"]}`},
		{`[12345678901234567890.10, -0, 1E+2]`, `[12345678901234567890.10,-0,1E+2]`},
		{`"\ud83d\ude00\n\/"`, `"😀\n/"`},
	} {
		root, ds := ParseJSON(frontSource("a.json", c.text))
		if len(ds) > 0 || root.JSON() != c.want {
			t.Errorf("%q: got %s %v, want %s", c.text, root.JSON(), ds, c.want)
		}
	}
}

// TestParseJSONKeepsPlaces checks the underline of every kind of node.
func TestParseJSONKeepsPlaces(t *testing.T) {
	src := frontSource("a.json", "{\"é\": [1.5, \"x\\n\", true]}")
	root, _ := ParseJSON(src)
	list := root.Members[0]
	spans := []string{}
	for _, p := range []Pos{list.KeyPos, list.Value.Items[0].Pos, list.Value.Items[1].Pos, list.Value.Items[2].Pos} {
		spans = append(spans, string(src.Data[p.Off:p.Off+p.Len]))
	}
	if got, want := strings.Join(spans, " "), `"é" 1.5 "x\n" true`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if line, col := list.Value.Items[0].Pos.Line(); line != 1 || col != 8 {
		t.Errorf("got %d:%d, want 1:8", line, col)
	}
}

// TestDuplicateKeysOfBigObjects takes the way through the hash table.
func TestDuplicateKeysOfBigObjects(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, `"k%d":1,`, i%97)
	}
	root, ds := ParseJSON(frontSource("a.json", "{"+b.String()+`"z":1}`))
	if len(ds) != 3 || len(root.Members) != 98 {
		t.Errorf("got %d diagnostics and %d members, want 3 and 98", len(ds), len(root.Members))
	}
}

var jsonSeeds = []string{
	`{"a":[1,2.5e3,"x\u00e9\ud83d\ude00"],"b":null}`, `[1,]`, `{"a" 1}`, `"\ud800"`, `-0.0`, `tru`, `{"a":1,"a":2}`, " ",
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(checkJSON)
}

// TestParseChangedJSON parses a fixed set of texts that were changed at random.
func TestParseChangedJSON(t *testing.T) {
	for seed := range uint64(20_000) {
		checkJSON(t, []byte(mutate.Text(seed, jsonSeeds[seed%uint64(len(jsonSeeds))])))
	}
}

// checkJSON expects that exactly what encoding/json accepts is accepted, duplicate keys, lone
// surrogates, exponents, depth and encoding aside, and that the same values are read.
func checkJSON(t *testing.T, data []byte) {
	root, ds := ParseJSON(&Source{Name: "f.json", Data: data})
	for i := range ds {
		switch ds[i].Code {
		case "duplicate-key", "nesting-too-deep", "number-out-of-range", "invalid-utf8", "empty-document":
			return
		}
		if strings.Contains(ds[i].Message, "surrogate") {
			return
		}
	}
	text := bytes.TrimPrefix(data, utf8BOM)
	if valid := json.Valid(text); valid != (len(ds) == 0) {
		t.Fatalf("valid is %v, diagnostics are %v", valid, ds)
	}
	if len(ds) > 0 {
		return
	}
	var want, got bytes.Buffer
	if err := json.Compact(&want, text); err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(want.Bytes(), &a); err != nil {
		return // a number out of range of float64
	}
	got.WriteString(root.JSON())
	if err := json.Unmarshal(got.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	if x, y := fmt.Sprintf("%#v", a), fmt.Sprintf("%#v", b); x != y {
		t.Fatalf("got %s, want %s", y, x)
	}
}
