package load_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/schema/load"
)

// FuzzSchemas searches at random what [TestRandomSchemas] looks at in a fixed set.
func FuzzSchemas(f *testing.F) {
	load.LimitWork(f)
	for seed := range uint64(200) {
		f.Add(randomBytes(seed))
	}
	f.Fuzz(checkSchemas)
}

// randomDocuments is how many documents each run of [TestRandomSchemas] looks at: the same ones each time.
const randomDocuments = 5_000

// TestRandomSchemas loads documents that are made up, the same ones each time.
func TestRandomSchemas(t *testing.T) {
	load.LimitWork(t)
	for seed := range uint64(randomDocuments) {
		if checkSchemas(t, randomBytes(seed)); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// checkSchemas turns bytes into schemas that use every keyword and refer to each other in
// every way. Loading must end, and a model without errors hold together.
func checkSchemas(t *testing.T, data []byte) {
	g := &grammar{data: data}
	models := g.document()
	opt := load.Options{AsyncAPI: "api.yaml", Values: true, Read: readFrom(map[string][]byte{
		"api.yaml":    manifestFor("in A\nout A\nout B\nin C\nout C\n"),
		"models.yaml": []byte(models),
	})}
	model, diags := load.Load(opt)
	diags.Print(io.Discard, "text", false)
	if diags.HasErrors() {
		return
	}
	checkModel(t, model)
	if t.Failed() {
		t.Log(models)
	}
}

// randomBytes are enough for a document; those of few bytes are simple ones.
func randomBytes(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 7))
	data := make([]byte, 40+random.IntN(400))
	for i := range data {
		data[i] = byte(random.IntN(256))
	}
	return data
}

// grammar chooses by the bytes of data; the shortest choice where none are left.
type grammar struct {
	data  []byte
	depth int
}

func (g *grammar) choose(n int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := int(g.data[0])
	g.data = g.data[1:]
	return b % n
}

func (g *grammar) document() string {
	parts := make([]string, 5)
	for i, name := range []string{"A", "B", "C", "A-Input", "D"} {
		parts[i] = fmt.Sprintf("%q: %s", name, g.schema())
	}
	return `{"$defs": {` + strings.Join(parts, ",\n") + `}}`
}

func (g *grammar) schema() string {
	if g.depth++; g.depth > 6 {
		g.depth--
		return g.ref()
	}
	defer func() { g.depth-- }()
	members := map[string]string{}
	for range 1 + g.choose(3) {
		key, value := g.keyword()
		members[key] = value
	}
	parts := make([]string, 0, len(members))
	for _, key := range keywordOrder {
		if value, ok := members[key]; ok {
			parts = append(parts, fmt.Sprintf("%q: %s", key, value))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var keywordOrder = []string{
	"$ref", "type", "const", "enum", "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
	"items", "prefixItems", "minItems", "maxItems", "allOf", "anyOf", "oneOf", "discriminator", "nullable", "default", "description",
	"minLength", "minimum", "exclusiveMinimum", "pattern", "format",
}

func (g *grammar) ref() string {
	return fmt.Sprintf(`{"$ref": "#/$defs/%s"}`, []string{"A", "B", "C", "A-Input", "D"}[g.choose(5)])
}

func (g *grammar) keyword() (key, value string) {
	pick := func(values ...string) string { return values[g.choose(len(values))] }
	switch key = keywordOrder[g.choose(len(keywordOrder))]; key {
	case "$ref":
		return key, strings.TrimSuffix(strings.TrimPrefix(g.ref(), `{"$ref": `), "}")
	case "type":
		return key, pick(`"object"`, `"string"`, `"array"`, `"null"`, `"integer"`, `"number"`, `["string", "null"]`, `["object", "array", "null"]`, `["integer", "string"]`)
	case "const":
		return key, pick(`"a"`, `null`, `1`, `true`, `{}`)
	case "enum":
		return key, pick(`["a", "b"]`, `["a", null]`, `[null]`, `[1, 1.0, "1"]`)
	case "properties":
		return key, fmt.Sprintf(`{"k": %s, "v": %s}`, g.schema(), g.schema())
	case "required":
		return key, pick(`["k"]`, `["k", "v"]`, `["x"]`)
	case "patternProperties":
		return key, fmt.Sprintf(`{"^x": %s, "^y": %s}`, g.schema(), g.schema())
	case "additionalProperties", "items":
		return key, []string{"false", "true", g.schema()}[g.choose(3)]
	case "propertyNames":
		return key, g.schema()
	case "prefixItems", "allOf":
		return key, g.list(1 + g.choose(2))
	case "anyOf", "oneOf":
		return key, g.list(1 + g.choose(3))
	case "discriminator":
		return key, pick(`{"propertyName": "k"}`, `"k"`, `{"propertyName": "k", "mapping": {"one": "#/$defs/B", "two": "C"}}`)
	case "nullable":
		return key, "true"
	case "default":
		return key, pick("null", `"a"`, "1")
	case "exclusiveMinimum":
		return key, pick("true", "1")
	case "minItems", "maxItems", "minLength", "minimum":
		return key, pick("0", "1", "2.0")
	}
	return key, `"date"` // description, pattern, format
}

func (g *grammar) list(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = g.schema()
	}
	return "[" + strings.Join(items, ", ") + "]"
}
