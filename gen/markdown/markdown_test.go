package markdown

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// The command can take it for one more language.
var _ gen.Func = Generate

// hostileTexts try to be markup, to end a cell, or to begin a block.
var hostileTexts = []string{
	"<script>alert(1)</script>", "<!-- ", "-->", "&lt;b&gt; &#60;", "[x](javascript:alert(1))", "![x](http://e.x/y.png)", "[x]: /url", "<http://e.x>",
	"a | b", "| a | b |\n| - | - |", `a \| b`, `\`, `\\`, "|", "||", `\||`, "`a|b`", "``a`|`b``", "`", "``", "```", "```sh\nrm -rf\n```", "` `", "`a", "a`b", "``a`",
	"# heading", "heading\n=====", "heading\n---", "> quotation", "- item\n- item", "* item", "+ item", "1. one", "2) two", "---", "***", "___", "- [ ] task", "    code", "\tcode",
	"*em*", "**strong**", "_em_", "__x__", "_", "a_b_c", "_a", "a_", "é_x_", "~~gone~~", "~gone~", "$a$", "$$\na\n$$", "[^1]", "[^1]: note", "line\\\nbreak", "line  \nbreak",
	"a\n\nb", "\n", "", " ", "nul\x00bell\x07", "right\u202eto\u2066left", "zero\u200bwidth", "\ufeff", "\u2028", "\xff", "\U000e0001", "{{ x }}", "{% raw %}", ":::note", "---\ntitle: x\n---", "www", "Types", "Methods", "word", "#", "a #",
	strings.Repeat("long ", 30), "漢字 😀 é", "<details>\n\n# x\n\n</details>",
}

// Hostile text in every place adds no markup, no row and no cell.
func TestHostileText(t *testing.T) {
	documents := []string{document("word")}
	for _, s := range hostileTexts {
		documents = append(documents, document(s))
	}
	trees := parse(t, documents...)
	for i, s := range hostileTexts {
		t.Run(strconv.Quote(s), func(t *testing.T) {
			tree := trees[i+1]
			checkTree(t, tree)
			if got, want := shape(tree), shape(trees[0]); got != want {
				t.Errorf("the document is built as %s, not as %s", got, want)
			}
			if got := document(s); got != documents[i+1] {
				t.Error("a second run makes another document")
			}
			if t.Failed() {
				t.Log(documents[i+1])
			}
		})
	}
}

func TestGoldensHoldTogether(t *testing.T) {
	files, err := filepath.Glob("../../fixtures/*/reference.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	var documents []string
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(data))
	}
	for _, tree := range parse(t, documents...) {
		checkTree(t, tree)
	}
}

func document(s string) string {
	files, _ := Generate(plan.New(model(s)), gen.Options{})
	return string(files[0].Data)
}

// model is an API in which every text is s.
func model(s string) *schema.Model {
	value := &text.Node{Kind: text.KindString, Text: s}
	decl := func(name string) schema.Decl {
		return schema.Decl{
			Name: name, Doc: s, Deprecated: &schema.Deprecation{Note: s}, In: true, Out: true, Examples: []*text.Node{value, value},
		}
	}
	enum := &schema.Enum{Decl: decl("Enum"), Values: []schema.EnumValue{{Value: value, Name: "n" + s, Doc: "d" + s}, {Value: &text.Node{Kind: text.KindNull}}}}
	literal := &schema.Enum{Decl: schema.Decl{Name: "Literal", Inline: true}, Values: enum.Values}
	tag := &schema.Enum{Decl: schema.Decl{Name: "Tag", Inline: true}, Values: enum.Values[:1]}
	scalar := &schema.Scalar{Hint: s, Limits: &schema.Limits{Pattern: s}}
	object := &schema.Object{Decl: decl("Object"), Extra: scalar, Fields: []*schema.Field{
		{Wire: s, Type: scalar, Doc: "d" + s, Default: value, Examples: []*text.Node{value}, Deprecated: &schema.Deprecation{Note: s}},
		{Wire: "title" + s, Type: literal, Title: "t" + s},
		{Wire: "tag", Type: tag, Required: true},
		{Wire: "map", Type: &schema.Map{Key: literal, Value: &schema.Nullable{Elem: enum}}},
	}}
	union := &schema.Union{Decl: decl("Union"), Tag: s, Variants: []schema.Variant{{Type: object, Tags: []*text.Node{value}}}}
	tuple := &schema.Tuple{Decl: decl("Tuple"), Items: []schema.TupleItem{{Name: schema.Name{"n" + s}, Type: scalar, Doc: "d" + s}}, Rest: union}
	alias := &schema.Alias{Decl: decl("Alias"), Target: &schema.List{Elem: tuple}}
	params := &schema.Object{Decl: decl("Params"), Fields: object.Fields[:2]}
	params.Out = false
	return &schema.Model{
		Info: schema.APIInfo{Title: s, Version: s, Doc: s}, Requests: s, Reply: schema.Template{Text: s},
		Types: []schema.Named{enum, literal, tag, object, union, tuple, alias, params},
		Methods: []*schema.Method{
			{Wire: s, Doc: s, Deprecated: &schema.Deprecation{Note: s}, Params: params, Result: alias, Errors: []*schema.APIError{{Name: s, Doc: "d" + s, Data: enum}}},
			{Wire: "m" + s, Params: object},
		},
		Events: []*schema.Event{{Wire: s, Doc: s, Payload: union, Channel: schema.Template{Text: s, Parts: []schema.TemplatePart{{Param: "p" + s, Doc: "d" + s}}}}},
	}
}
