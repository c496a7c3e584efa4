package typescript_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/schema"
)

// TestPackagesAreClean lets prettier and the compilers judge three packages at once: one
// with every kind of declaration and names of every length, so that each construct is
// broken at each of its places; one with what documents may hold at worst, everywhere; and
// the client of [TestUses].
func TestPackagesAreClean(t *testing.T) {
	toolchain.CheckTypeScript(t,
		packageOf(t, planned(wideModel())), packageOf(t, planned(hostileModel())), packageOf(t, usesAPI(t)))
}

// TestHostile runs the package with the worst texts: nothing of them is code, and each
// comes out as it went in.
func TestHostile(t *testing.T) {
	dir := packageOf(t, planned(hostileModel()))
	texts, err := json.Marshal(hostileTexts)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "run.mjs"), []byte(hostileRun))
	compile(t, dir)
	run(t, dir, "node", "run.mjs", string(texts))
}

const hostileRun = `
import assert from "node:assert/strict";

globalThis.alert = () => assert.fail("text was run");
const texts = JSON.parse(process.argv[2]);
const sdk = await import("./dist/index.js");
assert.deepEqual(Object.values(sdk.Values).slice(0, texts.length), texts);
const api = new sdk.APIClient({ call: async (method) => method.name });
for (const [i, text] of texts.entries()) {
  const value = JSON.parse("{" + JSON.stringify(text) + ":" + JSON.stringify(text) + "}");
  if (text !== "") {
    assert.equal(sdk["isKnownUnion" + i](value), true);
    assert.equal(sdk["isKnownUnion" + i]({}), false);
  }
  assert.equal(sdk["shapes" + i + "Variant"](value), "Tagged" + i);
  assert.equal(JSON.parse(sdk["shapes" + i + "Variant"](text)), text); // a constant is called by its JSON
  assert.equal(await api["text" + i](value), text);
}
`

// packageOf generates the package of an API, and returns its folder.
func packageOf(t *testing.T, api *plan.Plan) string {
	t.Helper()
	files, diags := typescript.Generate(api, gen.Options{})
	for _, d := range diags {
		t.Errorf("%s: %s", d.Code, d.Message)
	}
	dir := t.TempDir()
	writeAll(t, dir, files)
	return dir
}

// compile builds the package in dir with the native compiler.
func compile(t *testing.T, dir string) {
	t.Helper()
	modules := linkModules(t, dir)
	run(t, dir, "node", filepath.Join(modules, "typescript7", "bin", "tsc"), "--pretty", "false")
}

// linkModules lets the package in dir find the SDK and the tools.
func linkModules(t *testing.T, dir string) string {
	t.Helper()
	modules := filepath.Join(toolchain.Root(t), ".tools", "node", "node_modules")
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return modules
}

// wideModel is a model in which names grow by one letter from declaration to
// declaration.
func wideModel() *schema.Model {
	w := &wide{random: rand.New(rand.NewPCG(1, 2)), model: &schema.Model{
		Info: schema.APIInfo{Title: "Wide"}, Requests: "rpc.requests", Reply: template("user#{user_id}"),
	}}
	w.add(object("First"))
	for n := 1; n <= 75; n += 2 {
		w.addTypes(n)
	}
	for n := 1; n <= 75; n += 2 {
		w.addCalls(n)
	}
	return w.model
}

type wide struct {
	random *rand.Rand
	model  *schema.Model
	count  int
}

// name makes a name of n letters or a few more that no other declaration has.
func (w *wide) name(n int) string {
	w.count++
	unique := fmt.Sprintf("X%d", w.count)
	return unique + strings.Repeat("y", max(0, n-len(unique)))
}

func (w *wide) add(t schema.Named) schema.Named {
	w.model.Types = append(w.model.Types, t)
	return t
}

func (w *wide) addTypes(n int) {
	o := object(w.name(n))
	for range 12 {
		f := optional(w.name(w.random.IntN(40)), w.anyType(3))
		f.Required = w.random.IntN(2) == 0
		f.Sent = f.Required
		o.Fields = append(o.Fields, f)
	}
	w.add(o)
	w.add(&schema.Alias{Decl: schema.Decl{Name: w.name(n), Doc: strings.Repeat("word ", n)}, Target: w.anyType(3)})
	w.add(&schema.Alias{Decl: schema.Decl{Name: w.name(n)}, Target: &schema.Map{Key: &schema.Scalar{}, Value: w.anyType(2)}})
	w.add(&schema.Alias{Decl: schema.Decl{Name: w.name(n)}, Target: &schema.Nullable{Elem: o}})
	w.add(union(w.name(n), o, w.anyType(1), w.anyType(2)))
	e := enum(w.name(n), w.name(n), w.name(2), strings.Repeat(`"`, n)+"'")
	w.add(e)
	w.add(w.tuple(n))
	kind := &schema.Enum{Decl: schema.Decl{Name: w.name(1), Inline: true}, Values: []schema.EnumValue{{Value: node("a" + w.name(n))}}}
	tagged := object(w.name(n), required("kind", kind))
	w.add(kind)
	w.add(tagged)
	u := union(w.name(n), tagged)
	u.Tag, u.Variants[0].Tags = "kind", []*text.Node{kind.Values[0].Value}
	w.add(u)
}

func (w *wide) tuple(n int) *schema.Tuple {
	t := &schema.Tuple{Decl: schema.Decl{Name: w.name(n)}, Min: w.random.IntN(3)}
	for range 1 + w.random.IntN(3) {
		it := schema.TupleItem{Type: w.anyType(2)}
		if n%4 < 2 {
			it.Name = schema.SplitName(w.name(n % 20))
		}
		t.Items = append(t.Items, it)
	}
	if w.random.IntN(2) == 0 {
		t.Rest = w.anyType(1)
	}
	return t
}

// anyType makes a type of up to depth levels.
func (w *wide) anyType(depth int) schema.Type {
	n := w.random.IntN(9)
	if depth == 0 {
		n = w.random.IntN(3)
	}
	switch n {
	case 0:
		return &schema.Scalar{Kind: schema.ScalarKind(w.random.IntN(4))}
	case 1:
		e := enum("", w.name(w.random.IntN(30)), w.name(w.random.IntN(30)))
		e.Inline = true
		return e
	case 2, 3:
		return w.model.Types[len(w.model.Types)-1]
	case 4:
		return &schema.List{Elem: w.anyType(depth - 1)}
	case 5:
		return &schema.Map{Key: &schema.Scalar{}, Value: w.anyType(depth - 1)}
	case 6:
		t := w.tuple(w.random.IntN(60))
		t.Inline = true
		return t
	case 7:
		u := union("", w.anyType(depth-1), w.anyType(depth-1), w.anyType(depth-1))
		u.Inline = true
		return u
	}
	return nullable(w.anyType(depth - 1))
}

func nullable(t schema.Type) schema.Type {
	if n, ok := t.(*schema.Nullable); ok {
		return n
	}
	return &schema.Nullable{Elem: t}
}

func (w *wide) addCalls(n int) {
	m := w.model
	params := w.add(object(w.name(n), required(w.name(3), &schema.Scalar{})))
	constant := enum("", w.name(n))
	constant.Inline = true
	tagged := w.add(object(w.name(n/2), required("kind", constant)))
	failure := &schema.APIError{Name: w.name(n), Code: int64(n), Data: w.anyType(1)}
	plain := &schema.APIError{Name: w.name(n), Code: int64(-n)}
	m.Errors = append(m.Errors, failure, plain)
	for i, p := range []schema.Type{params, tagged, nil} {
		wire := w.name(n)
		m.Methods = append(m.Methods, &schema.Method{
			Wire: wire, Name: schema.SplitName(wire), Params: p, Result: w.anyType(2), Errors: m.Errors[len(m.Errors)-i:],
		})
	}
	for _, channel := range []string{"plain", "c:{" + w.name(n) + "}"} {
		wire := w.name(n)
		m.Events = append(m.Events, &schema.Event{
			Wire: wire, Name: schema.SplitName(wire), Channel: template(channel), Payload: w.anyType(2),
		})
	}
}

func node(s string) *text.Node { return &text.Node{Kind: text.KindString, Text: s} }

// template splits a channel at its braces.
func template(s string) schema.Template {
	t := schema.Template{Text: s}
	for s != "" {
		literal, rest, found := strings.Cut(s, "{")
		if literal != "" {
			t.Parts = append(t.Parts, schema.TemplatePart{Literal: literal})
		}
		if !found {
			break
		}
		param, after, _ := strings.Cut(rest, "}")
		t.Parts = append(t.Parts, schema.TemplatePart{Param: param})
		s = after
	}
	return t
}

// hostileTexts end strings, comments and templates, hide themselves, or mean something
// to JavaScript.
var hostileTexts = []string{
	"", " ", "*/ alert(1) /*", "/**/", `"`, `'`, "`", "`${alert(1)}`", `\`, `\\"`, `"""`, "'''", "a\nb", "a\r\nb", "\r", "\t",
	"\u2028", "\u2029", "\x00", "\x7f", "\u202eevil\u202c", "\u200b", "\ufeff", "<script>alert(1)</script>", "-->", "//", "#!",
	"__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "größe", "имя", "名前", "😀", "👩‍👩‍👧",
	"@deprecated", "{@link x}", "a@b", "{", "}", "${x}", "%s", "\xff", "0", "1", "-1", "1e9", "999999999999999999999", "two words",
	"a-b", "a.b", "1st", "*", "* / */", "# heading", "| a | b |", "- item", "[x](javascript:alert(1))", "e\u0301",
}

var words = strings.Fields(`
	Promise AbortSignal Error Map Set Record Array String Object Partial Symbol Function Number Boolean Date JSON APIClient
	CallOptions RPCError CentrifugoRPCClient Shape any unknown never string number boolean object symbol void null undefined
	class enum function new delete return default import export extends super this typeof var let const yield await async
	static get set type interface namespace module declare abstract as from of keyof readonly unique infer is asserts
	arguments eval globalThis types rpc then listen isKnownPromise params options handler rest channel tagOf variantOf NaN
	Infinity require exports AsyncIterable EventHandler constructor`)

func hostileModel() *schema.Model {
	m := &schema.Model{
		Info:     schema.APIInfo{Title: strings.Join(hostileTexts, " "), Doc: strings.Join(hostileTexts, "\n"), Version: hostileTexts[2]},
		Requests: "it's \"`${x}`\\ \u2028", Reply: template("user\n#{user_id}"),
	}
	str := &schema.Scalar{Kind: schema.String}
	everything := object("Everything")
	values := &schema.Enum{Decl: schema.Decl{Name: "Values", Out: true}, Base: schema.Mixed}
	for i, s := range hostileTexts {
		f := optional(s, str)
		f.Doc, f.Default, f.Examples = s, node(s), []*text.Node{node(s)}
		f.Deprecated = &schema.Deprecation{Note: s}
		f.Required = i%2 == 0
		f.Sent = f.Required
		everything.Fields = append(everything.Fields, f)
		values.Values = append(values.Values, schema.EnumValue{Value: node(s), Doc: s})
		constant := enum("", s)
		constant.Inline = true
		tagged := object(fmt.Sprintf("Tagged%d", i), required(s, constant))
		tagged.Doc, tagged.Deprecated = s, f.Deprecated
		u := union(fmt.Sprintf("Union%d", i), tagged)
		u.Tag, u.Variants[0].Tags = s, []*text.Node{node(s)}
		shapes := union(fmt.Sprintf("Shapes%d", i), tagged, constant)
		m.Types = append(m.Types, tagged, u, shapes)
		m.Methods = append(m.Methods, &schema.Method{
			Wire: s, Name: schema.Name{fmt.Sprintf("text%d", i)}, Doc: s, Params: tagged, Deprecated: f.Deprecated,
		})
		m.Events = append(m.Events, &schema.Event{
			Wire: s, Name: schema.Name{fmt.Sprintf("text%d", i)}, Doc: s, Payload: str,
			Channel: schema.Template{Text: s, Parts: []schema.TemplatePart{{Param: s, Doc: s}}},
		})
	}
	for i, number := range []string{"0", "-0", "1", "1.50", "1e21", "1E-7", "-3", "9007199254740993", "0.0"} {
		n := &text.Node{Kind: text.KindNumber, Text: number}
		values.Values = append(values.Values, schema.EnumValue{Value: n, Name: fmt.Sprintf("N%d", i)})
	}
	m.Types = append(m.Types, everything, values)
	for i, word := range words {
		named := namedLike(word, i)
		m.Types = append(m.Types, named)
		if u, ok := named.(*schema.Union); ok {
			m.Types = append(m.Types, declared(u)[1:]...)
		}
		failure := &schema.APIError{Name: []string{word + "E", "_" + word}[i%2], Code: int64(i), Data: everything}
		m.Errors = append(m.Errors, failure)
		m.Methods = append(m.Methods, &schema.Method{
			Wire: "call." + word, Name: schema.Name{word}, Params: everything, Result: named, Errors: m.Errors[i:],
		})
	}
	for _, word := range []string{"Promise", "URL", "String_", "types", "throw"} {
		m.Errors = append(m.Errors, &schema.APIError{Name: word, Code: 1})
	}
	return m
}

// namedLike declares a type of each kind in turn.
func namedLike(word string, i int) schema.Named {
	switch i % 4 {
	case 0:
		return enum(word, "a", word)
	case 1:
		return object(word, required(word, &schema.Scalar{}))
	case 2:
		return union(word, object(word+"A", required(word, &schema.Scalar{})), &schema.Scalar{})
	}
	return &schema.Alias{Decl: schema.Decl{Name: word}, Target: &schema.List{Elem: &schema.Scalar{}}}
}
