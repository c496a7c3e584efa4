package python

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

func stringNode(s string) *text.Node { return &text.Node{Kind: text.KindString, Text: s} }

func field(wire string, t schema.Type) *schema.Field {
	return &schema.Field{Wire: wire, Name: schema.SplitName(wire), Type: t, Required: true}
}

func optional(wire string, t schema.Type) *schema.Field {
	f := field(wire, t)
	f.Required = false
	return f
}

// models prints the declarations of types, without the runtime's part.
func models(t *testing.T, types ...schema.Named) string {
	t.Helper()
	p := plan.New(&schema.Model{Types: types})
	n, diags := newNames(p, noImports(p))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	f := newPrinter(p, gen.Options{}, n, noImports(p)).newFile()
	for _, each := range types {
		f.declare(each)
	}
	f.rebuild()
	return strings.TrimLeft(string(f.body.Bytes()), "\n")
}

func TestText(t *testing.T) {
	str := &schema.Scalar{}
	kind := func(s string) *schema.Enum {
		return &schema.Enum{Decl: schema.Decl{Inline: true}, Values: []schema.EnumValue{{Value: stringNode(s)}}}
	}
	a := &schema.Object{Decl: schema.Decl{Name: "A", Doc: "One.", Out: true}, Fields: []*schema.Field{field("kind", kind("a"))}}
	b := &schema.Object{Decl: schema.Decl{Name: "B", Doc: "Two.", Out: true}, Fields: []*schema.Field{field("kind", kind("b"))}}
	node := &schema.Object{Decl: schema.Decl{Name: "Node", Doc: "A tree."}}
	node.Fields = []*schema.Field{optional("children", &schema.List{Elem: node})}
	status := &schema.Enum{Decl: schema.Decl{Name: "Status", Doc: "State."}, Values: []schema.EnumValue{
		{Value: stringNode("in_progress")}, {Value: stringNode("done"), Name: "FINISHED"},
	}}
	number := &schema.Scalar{Kind: schema.Number}
	share := &schema.Object{Decl: schema.Decl{Name: "Share", Doc: "A part.", Out: true}, Fields: []*schema.Field{field("part", number)}}
	silent := field("x", str)
	silent.Doc = "\x07 "
	limit := optional("limit", &schema.Scalar{Kind: schema.Integer, Limits: &schema.Limits{Minimum: "1"}})
	limit.Default = &text.Node{Kind: text.KindNumber, Text: "50"}
	for _, c := range []struct {
		name  string
		types []schema.Named
		want  string
	}{
		{"required, optional, nullable, renamed", []schema.Named{&schema.Object{
			Decl: schema.Decl{Name: "Params", Doc: "Params."},
			Fields: []*schema.Field{
				field("id", str), limit, optional("note", str), optional("until", &schema.Nullable{Elem: &schema.Scalar{Format: schema.Date}}),
				field("from", str),
			},
		}}, `class Params(_models.Model):
    """Params."""

    id: str
    limit: int = Field(default=50, ge=1)
    note: str | None = None
    until: dt.date | None = None
    from_: str = Field(validation_alias="from", serialization_alias="from")

    _not_null: ClassVar[frozenset[str]] = frozenset({"note"})
`},
		{"enum", []schema.Named{status}, `class Status(str, Enum):
    """State."""

    IN_PROGRESS = "in_progress"
    FINISHED = "done"
`},
		{"tolerant enum", []schema.Named{status, &schema.Object{
			Decl: schema.Decl{Name: "Result", Doc: "Result.", Out: true}, Fields: []*schema.Field{field("status", status)},
		}}, `class Status(str, Enum):
    """State."""

    IN_PROGRESS = "in_progress"
    FINISHED = "done"


class Result(_models.Model):
    """Result."""

    status: _models.Open[Status]
`},
		{"tagged union", []schema.Named{a, b, &schema.Union{
			Decl: schema.Decl{Name: "Either", Doc: "A or B.", Out: true}, Tag: "kind",
			Variants: []schema.Variant{{Type: a, Tags: []*text.Node{stringNode("a")}}, {Type: b, Tags: []*text.Node{stringNode("b")}}},
		}}, `class A(_models.Model):
    """One."""

    kind: Literal["a"] = "a"

    _required: ClassVar[frozenset[str]] = frozenset({"kind"})


class B(_models.Model):
    """Two."""

    kind: Literal["b"] = "b"

    _required: ClassVar[frozenset[str]] = frozenset({"kind"})


class UnknownEither(_models.UnknownValue):
    """A ` + "`Either`" + ` that only a newer server knows."""

    kind: ClassVar[None] = None


Either = Annotated[A | B | UnknownEither, _unions.one_of("Either", A, B)]
"""A or B.

Told apart by ` + "`kind`" + `. A newer server may send further ones.
"""
`},
		{"union told apart by shape", []schema.Named{share, &schema.Union{
			Decl:     schema.Decl{Name: "Amount", Doc: "How much.", Out: true},
			Variants: []schema.Variant{{Type: share}, {Type: &schema.List{Elem: number}}, {Type: number}},
		}}, `class Share(_models.Model):
    """A part."""

    part: _models.Float


Amount = Annotated[
    Share | list[_models.Float] | _models.Float | _models.UnknownValue,
    _unions.one_of("Amount", Share, list[_models.Float], _models.Float),
]
"""How much.

Told apart by what is in it. A newer server may send further ones.
"""
`},
		{"nothing to say", []schema.Named{&schema.Object{
			Decl: schema.Decl{Name: "Quiet", Doc: " \u200b\n", Title: "\x00"}, Fields: []*schema.Field{silent},
		}}, `class Quiet(_models.Model):
    """Quiet."""

    x: str
`},
		{"long names", []schema.Named{&schema.Enum{
			Decl: schema.Decl{Name: strings.Repeat("Long", 20), Doc: "Long."}, Values: []schema.EnumValue{{Value: stringNode("a")}},
		}}, `class LongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLongLong(
    str, Enum
):
    """Long."""

    A = "a"
`},
		{"recursion", []schema.Named{node}, `class Node(_models.Model):
    """A tree."""

    children: "list[Node] | None" = None

    _not_null: ClassVar[frozenset[str]] = frozenset({"children"})


Node.model_rebuild()
`},
		{"names that hide builtins", []schema.Named{&schema.Object{
			Decl:   schema.Decl{Name: "Hides", Doc: "Hides."},
			Fields: []*schema.Field{field("int", &schema.Scalar{Kind: schema.Integer}), field("dt", &schema.Scalar{Format: schema.Date})},
		}}, `class Hides(_models.Model):
    """Hides."""

    int: _builtins.int
    dt: _datetime.date
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := models(t, c.types...); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestAliasComesFirst: ruff sorts imports, and wants one empty line between them and an
// alias, though two in front of a class.
func TestAliasComesFirst(t *testing.T) {
	anything := &schema.Alias{Decl: schema.Decl{Name: "Anything", Out: true}, Target: &schema.Any{}}
	m := &schema.Model{Types: []schema.Named{anything}}
	files, _ := Generate(plan.New(m), gen.Options{})
	for _, f := range files {
		if f.Path == "python/models.py" && !strings.Contains(string(f.Data), "import Any\n\nAnything = Any\n") {
			t.Errorf("models.py is\n%s", f.Data)
		}
	}
}

func TestClashNamesBoth(t *testing.T) {
	m := &schema.Model{Types: []schema.Named{&schema.Object{
		Decl:   schema.Decl{Name: "X"},
		Fields: []*schema.Field{field("a-b", &schema.Scalar{}), field("a_b", &schema.Scalar{})},
	}}}
	files, diags := Generate(plan.New(m), gen.Options{})
	if files == nil || diags.HasErrors() || len(diags) != 1 || !strings.Contains(diags[0].Message, `"a-b"`) || !strings.Contains(diags[0].Message, `"a_b"`) {
		t.Errorf("got %v", diags)
	}
}

func TestOnlyNamesThatUsersImportAreReserved(t *testing.T) {
	for name, want := range map[string]string{
		"ByTag": "ByTag", "Collection": "Collection", "Event": "Event", "Method": "Method", "Model": "Model", "Shape": "Shape",
		"ValidationError": "ValidationError",
		"BaseModel":       "BaseModel",
		"RPCError":        "RPCError_", "UnauthorizedError": "UnauthorizedError_", "UnknownValue": "UnknownValue_", "Field": "Field_",
		"_Model": "Model_", "__": "Tempty_", "_2d": "T2d_",
	} {
		o := &schema.Object{Decl: schema.Decl{Name: name, In: true}}
		p := plan.New(&schema.Model{Types: []schema.Named{o}})
		n, diags := newNames(p, noImports(p))
		if got := n.types[o]; got != want || diags != nil {
			t.Errorf("%s is called %s, want %s (%v)", name, got, want, diags)
		}
	}
}

// The runtime's files are copied as they are, and nothing of its tests.
func TestRuntimeIsCopied(t *testing.T) {
	files, diags := Generate(plan.New(&schema.Model{}), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	copied := map[string]bool{}
	for _, f := range files {
		copied[f.Path] = true
		if strings.Contains(f.Path, "test") || f.Path == "python/_unions.py" {
			t.Errorf("an API without unions has the file %s", f.Path)
		}
	}
	for _, path := range []string{"python/_models.py", "python/_json/shapes.py", "python/_rpc/__init__.py", "python/requirements.txt"} {
		if !copied[path] {
			t.Errorf("no file %s", path)
		}
	}
}

func TestReadmeIsWrapped(t *testing.T) {
	m := &schema.Model{Methods: []*schema.Method{{Wire: "ping", Name: schema.Name{"ping"}}}}
	files, diags := Generate(plan.New(m), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	readme := files[slices.IndexFunc(files, func(f gen.File) bool { return f.Path == "python/README.md" })]
	for _, line := range strings.Split(string(readme.Data), "\n") {
		if len(line) > width {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
}

// hostile are texts that break out of code where they are not quoted.
var hostile = []string{
	`"""`, `'''`, `\`, `"`, `'`, "a\nb", "a\rb", "\u2028\u2029", "\x00\x1b\x7f", "\u202eabc\u202c", "\ufeff", "</script>",
	`""" + __import__("os").abort() + """`, `\"""`, `{x}`, "${x}", "`x`", "*/", "日本語", "e\u0301", "😀", "", " ", "\\u0022", "%s", "ﬁ",
	"__proto__", "constructor", "self", "cls", "__init__", "__class__", "_private", "2fa", "a-b", "noqa", "# noqa",
}

// hostilePackage generates the package of a document with the worst texts and names, and
// returns its folder.
func hostilePackage(t *testing.T) string {
	t.Helper()
	var types []schema.Named
	words := append([]string{}, hostile...)
	words = append(words, strings.Fields(keywordList+" "+builtinFunctions+" "+baseModelAttrs+" "+runtimeNames+" "+importedNames)...)
	str := &schema.Scalar{}
	every := &schema.Object{Decl: schema.Decl{Name: "Every", Doc: strings.Join(hostile, " "), In: true}}
	seen := map[string]bool{}
	for i, w := range words {
		f := optional(w, []schema.Type{str, &schema.Scalar{Format: schema.DateTime}, &schema.List{Elem: str}}[i%3])
		f.Doc = w
		if attr := yield(attrName(f), reservedAttrs); !seen[attr] {
			seen[attr] = true
			every.Fields = append(every.Fields, f)
		}
	}
	types = append(types, every)
	enum := &schema.Enum{Decl: schema.Decl{Name: "Hostile", Doc: `Ends in \`}}
	for i, w := range hostile {
		enum.Values = append(enum.Values, schema.EnumValue{Value: stringNode(w), Doc: w})
		types = append(types, &schema.Alias{Decl: schema.Decl{Name: "D" + strconv.Itoa(i), Doc: w}, Target: str})
	}
	types = append(types, enum)
	for _, w := range []string{"Any", "Field", "Error", "Map", "Case", "Exception", "Model", "_Model", "_members", "__", "Event", "Method", "Shape", "APIClient", "Literal", "None", "漢字", "Éa", "ÉA", strings.Repeat("Long", 20)} {
		types = append(types, &schema.Object{Decl: schema.Decl{Name: w, Doc: w}})
	}
	m := &schema.Model{Types: types, Info: schema.APIInfo{Title: `T """ \`, Version: `"1`}, Requests: "a'b\"c", Reply: schema.Template{Text: `"\`}}
	m.Errors = []*schema.APIError{{Name: strings.Repeat("Lost", 20), Code: 1, Doc: " "}, {Name: "É漢字", Code: 2, Doc: "\u200b"}}
	for _, w := range []string{"import", "class", "None", "__init__", `a"b`, "2", "float", "deprecated", "str", "漢字", "ς", "σ"} {
		m.Methods = append(m.Methods, &schema.Method{
			Wire: w, Name: schema.SplitName(w), Doc: w + `() """ \`, Deprecated: &schema.Deprecation{Note: w},
			Params: every, Result: enum, Errors: m.Errors[:1],
		})
	}
	for i, w := range hostile { // names alone are documentation where there is none
		m.Methods = append(m.Methods, &schema.Method{Wire: "wire" + w, Name: schema.Name{"bare", strconv.Itoa(i)}})
	}
	m.Events = []*schema.Event{{
		Wire: "e", Name: schema.Name{"e"}, Doc: "{", Payload: enum,
		Channel: schema.Template{Parts: []schema.TemplatePart{{Literal: `{"'\`}, {Param: "id"}, {Param: "self"}, {Literal: "}"}}},
	}}
	files, diags := Generate(plan.New(m), gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return written(t, files)
}

// written puts the files of a package into a folder.
func written(t *testing.T, files []gen.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "python")
}

func FuzzQuote(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := quote(s)
		if got := unquote(t, q); got != strings.ToValidUTF8(s, "\ufffd") && strings.ToValidUTF8(s, "") == s {
			t.Errorf("%q: %s reads back as %q", s, q, got)
		}
	})
}

// unquote reads a literal as Python does, as far as quote writes it.
func unquote(t *testing.T, q string) string {
	t.Helper()
	mark := q[0]
	if len(q) < 2 || q[len(q)-1] != mark {
		t.Fatalf("no literal: %s", q)
	}
	var b strings.Builder
	body := q[1 : len(q)-1]
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c == mark || c < ' ' {
			t.Fatalf("%s ends early", q)
		}
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[body[i]]
		if digits == 0 {
			b.WriteString(map[byte]string{'n': "\n", 'r': "\r", 't': "\t", '\\': `\`, '"': `"`, '\'': "'"}[body[i]])
			continue
		}
		var r rune
		for _, h := range body[i+1 : i+1+digits] {
			r = r<<4 | rune(strings.IndexRune("0123456789abcdef", h))
		}
		b.WriteRune(r)
		i += digits
	}
	return b.String()
}

func FuzzDocText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := docText(s)
		if strings.Contains(d, `"""`) || strings.HasPrefix(d, `"`) || strings.HasSuffix(d, `"`) || strings.HasSuffix(d, `\`) {
			t.Errorf("%q: %q ends a docstring", s, d)
		}
		for _, r := range d {
			if r != '\n' && !visible(r) {
				t.Errorf("%q: %q has the invisible %U", s, d, r)
			}
		}
	})
}

func BenchmarkGenerate2500Models(b *testing.B) {
	m := &schema.Model{}
	for i := range 2500 {
		o := &schema.Object{Decl: schema.Decl{Name: "Model" + strconv.Itoa(i), Doc: "What it is for.", In: true}}
		for _, name := range strings.Fields("id name count ratio enabled created_at tags note") {
			f := optional(name, &schema.Scalar{})
			f.Doc = "What it says."
			o.Fields = append(o.Fields, f)
		}
		m.Types = append(m.Types, o)
	}
	for b.Loop() {
		Generate(plan.New(m), gen.Options{})
	}
}

func TestMarkdownIsOneLineWithoutHTML(t *testing.T) {
	if got, want := markdown("a <b>\n\n# c \u202e"), `a \<b> # c \u202e`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func noImports(p *plan.Plan) *plan.Imports { return p.Imports(plan.Importing{}, nil) }

// TestClientImportsTheClassOfOptionalParams: where params may be left out, the client makes
// them of their class, whatever name the method has for it.
func TestClientImportsTheClassOfOptionalParams(t *testing.T) {
	kind := &schema.Enum{Decl: schema.Decl{Name: "AccountKind", Inline: true, In: true}, Values: []schema.EnumValue{{Value: stringNode("account")}}}
	account := &schema.Object{Decl: schema.Decl{Name: "Account", In: true}, Fields: []*schema.Field{field("kind", kind)}}
	alias := &schema.Alias{Decl: schema.Decl{Name: "AccountSchema", In: true}, Target: account}
	p := plan.New(&schema.Model{
		Types:   []schema.Named{kind, account, alias},
		Methods: []*schema.Method{{Wire: "open", Name: schema.Name{"open"}, Params: alias}},
	})
	n, diags := newNames(p, noImports(p))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, file := range map[string][]byte{
		"client.py": newPrinter(p, gen.Options{}, n, noImports(p)).clientFile(), "sync_client.py": newPrinter(p, gen.Options{}, n, noImports(p)).syncClientFile(),
	} {
		for _, want := range []string{"from .models import Account, AccountSchema\n", "params or Account()"} {
			if !strings.Contains(string(file), want) {
				t.Errorf("%s lacks %q:\n%s", name, want, file)
			}
		}
	}
}
