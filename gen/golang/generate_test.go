package golang

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

func field(wire string, t schema.Type, required bool) *schema.Field {
	return &schema.Field{Wire: wire, Name: schema.SplitName(wire), Type: t, Required: required}
}

func stringNode(s string) *text.Node { return &text.Node{Kind: text.KindString, Text: s} }

// typesOf returns types.go of some types, from the first declaration on.
func typesOf(t *testing.T, types ...schema.Named) string {
	t.Helper()
	files, diags := Generate(plan.New(&schema.Model{Types: types}), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	source := string(files[len(files)-1].Data)
	_, rest, _ := strings.Cut(source, "package centrifugo_client\n\n")
	if strings.HasPrefix(rest, "import") {
		_, rest, _ = strings.Cut(rest, "\n\n//")
		rest = "//" + rest
	}
	return rest
}

func TestWriteObject(t *testing.T) {
	str := &schema.Scalar{Kind: schema.String}
	o := &schema.Object{Decl: schema.Decl{Name: "UserParams", Doc: "Who.", In: true}, Fields: []*schema.Field{
		field("user_id", str, true),
		field("http_url", &schema.Nullable{Elem: str}, false),
		field("ids", &schema.List{Elem: str}, false),
		field("extra", &schema.Scalar{Kind: schema.Boolean}, true),
	}}
	o.Fields[2].Doc = "Some ids."
	want := `// UserParams: Who.
type UserParams struct {
	UserID  string
	HTTPURL *string
	// Some ids.
	IDs    []string
	Extra_ bool
	// Extra holds the members that have no field, as they came.
	Extra map[string]json.RawMessage
}

// SetHTTPURLNull sends http_url as null, which is not the same as leaving it out.
func (v *UserParams) SetHTTPURLNull() { rpc.SetNull(&v.HTTPURL, &v.Extra, "http_url") }
`
	if got := typesOf(t, o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDocComments: descriptions become what go doc shows as headings, lists and links.
func TestDocComments(t *testing.T) {
	task := &schema.Object{Decl: schema.Decl{Name: "Task", Doc: "# A task\n\nSee `User`, :class:`~app.models.User` and `id`.\n\n## Rules\n\n" +
		"* [the rules](https://example.com/rules) hold\n* <https://example.com>\n\nOld\n---\n\nText.", Deprecated: &schema.Deprecation{Note: "use `User`."}, Out: true}}
	user := &schema.Object{Decl: schema.Decl{Name: "User", Out: true}}
	want := `// Task: A task.
//
// See [User], [User] and ` + "`id`" + `.
//
// # Rules
//
//   - [the rules] hold
//   - https://example.com
//
// # Old
//
// Text.
//
// Deprecated: use [User].
//
// [the rules]: https://example.com/rules
type Task struct {
`
	if got := typesOf(t, task, user); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWriteEnum(t *testing.T) {
	e := &schema.Enum{Decl: schema.Decl{Name: "OrderBy", Doc: "Order.", Out: true}, Values: []schema.EnumValue{
		{Value: stringNode("created")}, {Value: stringNode("-created")}, {Value: stringNode("in_progress"), Name: "BUSY", Doc: "Being worked on."},
	}}
	want := `// OrderBy: Order. A newer server may send further values.
type OrderBy string

// Known values of [OrderBy].
const (
	OrderByCreated      OrderBy = "created"
	OrderByMinusCreated OrderBy = "-created"
	// Being worked on.
	OrderByBusy OrderBy = "in_progress"
)

// IsKnown tells whether v is one of the constants.
func (v OrderBy) IsKnown() bool {
	switch v {
	case OrderByCreated, OrderByMinusCreated, OrderByBusy:
		return true
	}
	return false
}
`
	if got := typesOf(t, e); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"user_id": "UserID", "getHTTPUrl": "GetHTTPURL", "ids": "IDs", "a.b": "AB", "v1.2": "V1_2", "1st": "X1st", "日本": "X日本",
		"type": "Type", "": "Empty", "_x": "X", "élan": "Élan", "+": "U002b", "__proto__": "Proto", "user_uuids": "UserUUIDs",
	} {
		if got := initialisms.goName(schema.SplitName(in)); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}

func TestInitialismsStay(t *testing.T) {
	for in, want := range map[string]string{
		"IBAN": "IBAN", "accountIBAN": "AccountIBAN", "SKU": "SKU", "iban": "IBAN", "wms_id": "WmsID", "CLOSED": "Closed", "MAX_SIZE": "MaxSize", "toEUR_rate": "ToEURRate",
		"getHTTPUrl": "GetHTTPURL", "A": "A", "": "Empty", "userIDs": "UserIDs", "größeEU": "GrößeEU",
		"account_iban": "AccountIBAN", "sku": "SKU", "skus": "SKUs", "get_http_url": "GetHTTPURL", "db_name": "DBName",
	} {
		if got := initialisms.goName(cased(schema.SplitName(in), in)); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
	for value, want := range map[schema.EnumValue]string{
		{Name: "EUR", Value: stringNode("EUR")}: "EUR", {Value: stringNode("EUR")}: "EUR", {Name: "RED", Value: stringNode("red")}: "Red",
		{Name: "IN_PROGRESS", Value: stringNode("IN_PROGRESS")}: "InProgress", {Name: "LOW", Value: &text.Node{Kind: text.KindNumber, Text: "1"}}: "Low",
	} {
		if got := initialisms.valueName(value); got != want {
			t.Errorf("%s is %s, want %s", value.Name, got, want)
		}
	}
}

// TestInitialismsOfTheUser: words of the settings are written in capitals, too.
func TestInitialismsOfTheUser(t *testing.T) {
	str := &schema.Scalar{Kind: schema.String}
	o := &schema.Object{Decl: schema.Decl{Name: "Stock", In: true}, Fields: []*schema.Field{
		field("wms_id", str, true), field("glns", str, true), field("account_iban", str, true),
	}}
	files, _ := Generate(plan.New(&schema.Model{Types: []schema.Named{o}}), gen.Options{Initialisms: []string{"wms", "GLN"}})
	types := string(files[len(files)-1].Data)
	for _, want := range []string{"WMSID", "GLNs", "AccountIBAN"} {
		if !strings.Contains(types, "\t"+want+" ") {
			t.Errorf("there is no field %s in\n%s", want, types)
		}
	}
}

// TestLongNames has names with which gofmt closes the bodies of methods on lines of their own.
func TestLongNames(t *testing.T) {
	long := "OrganisationScopedResponsePaginatedCollectionSubscriptionInvoice"
	checkLongNames(t, long, func(n int) string { return long[:8+n] })
	checkLongNames(t, strings.Repeat("Ä", 30), func(n int) string { return "Ä" + strings.Repeat("é", n/2) + strings.Repeat("x", n%2) })
}

func checkLongNames(t *testing.T, long string, name func(n int) string) {
	t.Helper()
	u := &schema.Union{Decl: schema.Decl{Name: long + "Cursor", In: true, Out: true}}
	for n := range 30 {
		o := &schema.Object{Decl: schema.Decl{Name: name(n), In: true, Out: true}, Fields: []*schema.Field{field("v"+itoa(n), &schema.Scalar{}, true)}}
		u.Variants = append(u.Variants, schema.Variant{Type: o})
	}
	u.Variants = append(u.Variants, schema.Variant{Type: &schema.List{Elem: &schema.Scalar{}}}, schema.Variant{Type: &schema.Scalar{}})
	m := &schema.Model{Types: []schema.Named{u}}
	for _, v := range u.Variants {
		if o, ok := v.Type.(*schema.Object); ok {
			m.Types = append(m.Types, o)
		}
	}
	newModule(t).add("long", plan.New(m))
}

func TestClash(t *testing.T) {
	str := &schema.Scalar{Kind: schema.String}
	o := &schema.Object{Decl: schema.Decl{Name: "A"}, Fields: []*schema.Field{field("user_id", str, true), field("userId", str, true)}}
	_, diags := Generate(plan.New(&schema.Model{Types: []schema.Named{o}}), gen.Options{})
	if len(diags) != 1 || diags[0].Code != "named-apart" || !strings.Contains(diags[0].Message, `"user_id" is called UserUnderscoreID`) {
		t.Errorf("got %v", diags)
	}
}

// TestReserved keeps the list of reserved names equal to what the package declares beside
// the models.
func TestReserved(t *testing.T) {
	files, _ := Generate(plan.New(&schema.Model{}), gen.Options{})
	declared := map[string]bool{}
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".go") || strings.HasPrefix(f.Path, "go/rpc/") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			for _, name := range declaredBy(d) {
				declared[name] = declared[name] || ast.IsExported(name)
			}
		}
	}
	for name, exported := range declared {
		if exported && !packageReserved[name] {
			t.Errorf("%s is not reserved", name)
		}
	}
	for name := range packageReserved {
		if !declared[name] {
			t.Errorf("%s is reserved for nothing", name)
		}
	}
}

func declaredBy(d ast.Decl) []string {
	if f, ok := d.(*ast.FuncDecl); ok {
		if f.Recv != nil {
			return nil
		}
		return []string{f.Name.Name}
	}
	var names []string
	for _, spec := range d.(*ast.GenDecl).Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
		case *ast.ValueSpec:
			for _, n := range s.Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// TestRuntimeIsWhole keeps the list of embedded files equal to the folder.
func TestRuntimeIsWhole(t *testing.T) {
	names, err := filepath.Glob("runtime/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	if len(names) != len(runtimePackage) {
		t.Errorf("%d files are embedded, the folder has %d", len(runtimePackage), len(names))
	}
}

func TestDocumentDecidesTheChannels(t *testing.T) {
	m := &schema.Model{Requests: "rpc:requests", Reply: schema.Template{Text: "user:{nonce}#{user_id}"}}
	m.Info.Version = "1.2.3"
	files, _ := Generate(plan.New(m), gen.Options{})
	source := string(files[len(files)-2].Data)
	for _, want := range []string{`rpc.WithRequestsChannel("rpc:requests"),`, `rpc.WithReplyChannel("user:{nonce}#{user_id}"),`, `rpc.WithAPIVersion("1.2.3"),`} {
		if strings.Count(source, want) != 1 {
			t.Errorf("%q is there %d times", want, strings.Count(source, want))
		}
	}
}

func TestGoSum(t *testing.T) {
	root, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(root), string(goSum)) {
		t.Error("the embedded hashes are not those of this module's go.sum")
	}
}

// TestReadme compiles the READMEs' code as one program each.
func TestReadme(t *testing.T) {
	m := newModule(t)
	for _, name := range []string{"seed", "tasks", "types", "streams"} {
		readme := m.add(name, plan.New(loadModel(t, name)))
		for i, block := range strings.Split(readme, "```go\n")[1:] {
			code, _, _ := strings.Cut(block, "```")
			if strings.Contains(code, "otel.") {
				continue // the modules of OpenTelemetry are not those of this test
			}
			if i > 0 {
				code = inFile(code, testModule+"/"+name)
			}
			m.write(fmt.Sprintf("%s/readme/block%d.go", name, i), code)
		}
	}
	m.run("vet", "./...")
}

// inFile makes a file of a function that a README shows without its imports.
func inFile(code, sdk string) string {
	file := "package main\n\n"
	for name, path := range map[string]string{
		"context": "context", "errors": "errors", "log": "log", "slog": "log/slog", "sync": "sync", "time": "time", "http": "net/http", "url": "net/url", "sdk": sdk, "rpc": testModule + "/rpc",
	} {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(code) {
			file += "import \"" + path + "\"\n"
		}
	}
	return file + "\n" + code
}

func BenchmarkGenerate(b *testing.B) {
	m := loadModel(b, "types")
	for range b.N {
		Generate(plan.New(m), gen.Options{})
	}
}

// TestHostile builds a package in which every text and name is hostile, and a
// struct that contains itself.
func TestHostile(t *testing.T) {
	m := newModule(t)
	m.add("sdk", plan.New(hostileModel()))
	m.write("sdk/hostile_test.go", `package sdk

import "testing"

// TestNothingRuns fails to compile where a name of the document is hidden.
func TestNothingRuns(t *testing.T) {
	var v Words
	if err := v.UnmarshalJSON([]byte("{}")); err != nil {
		t.Error(err)
	}
}
`)
	m.run("vet", "./...")
	m.run("test", "./...")
}

func hostileModel() *schema.Model {
	str := &schema.Scalar{Kind: schema.String}
	words := &schema.Object{Decl: schema.Decl{Name: "Words", Doc: strings.Join(hostileTexts, "\n"), In: true, Out: true}}
	for i, w := range append(hostileWords, hostileTexts...) {
		f := field(w+"\x00"+itoa(i), &schema.Nullable{Elem: str}, false)
		f.Doc, f.Default = w, stringNode(w)
		words.Fields = append(words.Fields, f)
	}
	enum := &schema.Enum{Decl: schema.Decl{Name: "String", In: true}}
	for i, w := range append(hostileWords, hostileTexts...) {
		enum.Values = append(enum.Values, schema.EnumValue{Value: stringNode(w + itoa(i)), Doc: w})
	}
	m := &schema.Model{Types: []schema.Named{words, enum}, Requests: "a\"`\n", Reply: schema.Template{Text: "user#{user_id}`"}}
	m.Info = schema.APIInfo{Title: "*/ `\n\" package", Version: "`\"", Doc: strings.Join(hostileTexts, "\n\n")}
	var variants []schema.Variant
	for _, name := range []string{"Error", "Map", "Any", "Case", "Time", "APIClient", "Decoder", "Method", "Ptr", "Json", "Big", "Context"} {
		o := &schema.Object{Decl: schema.Decl{Name: name, Out: true}, Fields: []*schema.Field{field("self", nil, true), field("kind", enum, false)}}
		o.Fields[0].Type = o
		m.Types = append(m.Types, o)
		variants = append(variants, schema.Variant{Type: o})
	}
	variants = append(variants, schema.Variant{Type: str}, schema.Variant{Type: &schema.List{Elem: &schema.Nullable{Elem: str}}}, schema.Variant{Type: &schema.Any{}})
	union := &schema.Union{Decl: schema.Decl{Name: "Caller", In: true}, Variants: variants}
	m.Types = append(m.Types, union)
	for i, w := range hostileWords {
		me := &schema.Method{Wire: w + "`\"\n", Name: schema.SplitName(w + "." + itoa(i)), Doc: w + "*/", Params: words, Result: &schema.Nullable{Elem: enum}}
		me.Stream = i%2 == 0
		me.Channel = &schema.Template{Parts: []schema.TemplatePart{{Literal: w}, {Param: w}, {Param: "params"}, {Param: "opts"}}}
		m.Methods = append(m.Methods, me)
		m.Events = append(m.Events, &schema.Event{Wire: w, Name: schema.SplitName("on." + w + "." + itoa(i)), Payload: union, Channel: schema.Template{
			Parts: []schema.TemplatePart{{Literal: "\"`" + w}, {Param: w}, {Param: w}},
		}})
	}
	return m
}

var hostileWords = append(slices.Sorted(maps.Keys(argReserved)), "nil", "true", "int64", "len", "append", "json", "big", "time", "decoder", "encoder",
	"__proto__", "constructor", "init", "main", "_", "v", "d", "e", "opts", "params", "MarshalJSON", "Extra", "call", "1", "é")
