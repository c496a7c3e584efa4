package typescript_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// unionTypes are unions of every kind of variant; names are in definitions.
var unionTypes = []string{
	`{"anyOf": [{"$ref": "#/$defs/Mail"}, {"$ref": "#/$defs/Sms"}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Mail"}, {"$ref": "#/$defs/Sms"}, {"type": "string"}]}`,
	`{"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}], "discriminator": {"propertyName": "pet"}}`,
	`{"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Whole"}, {"$ref": "#/$defs/Text"}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Text"}, {"$ref": "#/$defs/Whole"}, {"$ref": "#/$defs/Both"}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Closed"}, {"$ref": "#/$defs/Extras"}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Extras"}, {"type": "object", "additionalProperties": {"type": "string"}}]}`,
	`{"anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "string"}, {"type": "boolean"}]}`,
	`{"anyOf": [{"type": "number"}, {"type": "integer", "minimum": 3}]}`,
	`{"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "integer"}}]}`,
	`{"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2}]}`,
	`{"anyOf": [{"type": "object", "additionalProperties": {"type": "integer"}}, {"type": "object", "additionalProperties": {"type": "string"}}]}`,
	`{"anyOf": [{"type": "object", "propertyNames": {"enum": ["k", "to"]}, "additionalProperties": {"type": "integer"}}, {"type": "object", "additionalProperties": true}]}`,
	`{"anyOf": [{"type": "integer", "maximum": 1e30}, {"type": "number"}]}`,
	`{"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, {"type": "string"}]}`,
	`{"anyOf": [{"type": "string", "format": "uuid"}, {"type": "string", "format": "uri"}, {"type": "integer"}]}`,
	`{"anyOf": [{"type": "string", "pattern": "^a"}, {"type": "string", "maxLength": 3}, {"type": "null"}]}`,
	`{"anyOf": [{"enum": ["red", "blue"]}, {"type": "string"}]}`,
	`{"anyOf": [{"enum": [1, 2.5]}, {"enum": [true, "auto"]}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Scalar"}, {"type": "array", "items": {"$ref": "#/$defs/Scalar"}}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Scalar"}, {"$ref": "#/$defs/Mail"}, {"$ref": "#/$defs/Tree"}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Tree"}, {"$ref": "#/$defs/Text"}, {"type": "null"}]}`,
	`{"anyOf": [{"$ref": "#/$defs/Json"}, {"$ref": "#/$defs/Whole"}]}`,
	`{"anyOf": [{"type": "object", "properties": {"__proto__": {"type": "string"}}, "required": ["__proto__"], "title": "Proto"}, {"type": "object", "properties": {"constructor": {"type": "string"}}, "required": ["constructor"], "title": "Built"}]}`,
}

const unionDefinitions = `{
  "Mail": {"type": "object", "properties": {"via": {"const": "mail", "default": "mail"}, "to": {"type": "string"}}, "required": ["to"]},
  "Sms": {"type": "object", "properties": {"via": {"const": "sms", "default": "sms"}, "to": {"type": "string"}}, "required": ["to"]},
  "Cat": {"type": "object", "properties": {"pet": {"const": "cat"}, "lives": {"type": "integer", "maximum": 9}}, "required": ["pet"]},
  "Dog": {"type": "object", "properties": {"pet": {"const": "dog"}, "lives": {"type": "string"}}, "required": ["pet"]},
  "Whole": {"type": "object", "properties": {"value": {"type": ["integer", "null"]}}},
  "Text": {"type": "object", "properties": {"value": {"type": ["string", "null"]}}},
  "Both": {"type": "object", "properties": {"value": {"type": ["string", "integer"]}, "to": {"type": "string"}}, "required": ["value"]},
  "Closed": {"type": "object", "properties": {"to": {"type": "string"}}, "additionalProperties": false},
  "Extras": {"type": "object", "properties": {"to": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
  "Scalar": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
  "Tree": {"type": "object", "properties": {"value": {"type": "integer"}, "left": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}, "all": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}},
  "Json": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/Json"}}, {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}}]}
}`

// unionValues are looked at by every union.
var unionValues = []string{
	`null`, `true`, `false`, `0`, `-0`, `1`, `1.0`, `1e2`, `2.5`, `5`, `1e300`, `1e20`, `9223372036854775807`, `9007199254740991`, `-3.25`,
	`""`, `"a"`, `"abcd"`, `"red"`, `"auto"`, `"mauve"`, `"2025-01-31"`, `"2025-02-30"`, `"2025-01-31T08:30:00Z"`, `"2025-01-31 08:30"`,
	`"0b9d5b5e-5f58-4c0e-9d55-0f6ad6a5f7d4"`, `"https://example.com"`, `"😀😀😀"`, `"a\nb"`,
	`[]`, `["a"]`, `[1]`, `["a", 1]`, `["a", "b"]`, `[1, 2, 3]`, `[null]`, `[[]]`, `[["a"], {"k": "v"}]`, `["a", 1, true]`,
	`{}`, `{"to": "x"}`, `{"to": 1}`, `{"to": null}`, `{"via": "mail", "to": "x"}`, `{"via": "sms", "to": "x"}`, `{"via": "fax", "to": "x"}`, `{"via": "sms"}`,
	`{"pet": "cat"}`, `{"pet": "dog", "lives": "x"}`, `{"pet": "cat", "lives": "x"}`, `{"pet": "cat", "lives": 12}`, `{"pet": "cow"}`, `{"pet": null}`,
	`{"value": 5}`, `{"value": "5"}`, `{"value": null}`, `{"value": 5, "to": "x"}`, `{"value": true}`, `{"value": 1.5}`,
	`{"k": 1}`, `{"k": "v"}`, `{"k": 1, "l": "v"}`, `{"to": "x", "k": 1}`, `{"to": "x", "k": "v"}`,
	`{"left": null}`, `{"left": {"value": 1}}`, `{"left": {"value": "x"}}`, `{"all": [{"value": 1}, {}]}`, `{"all": [1]}`, `{"value": 1, "left": {"left": {}}}`,
	`{"__proto__": "x"}`, `{"constructor": "x"}`, `{"__proto__": 1, "constructor": "x"}`, `{"": 1}`,
}

// TestGuardsChooseAsThePlan compares the guards' answers with the plan's, for each
// union and each value.
func TestGuardsChooseAsThePlan(t *testing.T) {
	p := plan.New(unionModel(t))
	dir := packageOf(t, p)
	compile(t, dir)

	guardOf := typescript.GuardOf(p)
	var called []string
	var unions []*plan.Union
	for _, typ := range p.Types {
		if u, ok := typ.(*schema.Union); ok {
			called = append(called, guardOf(u))
			unions = append(unions, p.Union(u))
		}
	}
	input, err := json.Marshal(map[string]any{"guards": called, "values": unionValues})
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]any
	if err := json.Unmarshal(ask(t, dir, input), &answers); err != nil {
		t.Fatal(err)
	}
	for i, u := range unions {
		for j, value := range unionValues {
			n, diags := text.ParseJSON(&text.Source{Name: "value.json", Data: []byte(value)})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if want := answer(u, n); answers[i][j] != want {
				t.Errorf("%s(%s) = %v, want %v", called[i], value, answers[i][j], want)
			}
		}
	}
}

const askGuards = `
const sdk = await import(process.cwd() + "/dist/index.js");
const { guards, values } = JSON.parse(process.argv[1]);
const ask = (guard, value) => sdk[guard](JSON.parse(value)) ?? null;
console.log(JSON.stringify(guards.map((guard) => values.map((value) => ask(guard, value)))));
`

// answer is what a guard has to answer: whether the value is known, of a union with
// a discriminator, else the variant's name.
func answer(u *plan.Union, value *text.Node) any {
	chosen := u.Choose(value)
	switch {
	case u.Declared:
		return chosen != nil
	case chosen == nil:
		return nil
	}
	return chosen.Name
}

// unionModel has a method for each of the unions: all of them come from a server.
func unionModel(t *testing.T) *schema.Model {
	t.Helper()
	var definitions map[string]json.RawMessage
	if err := json.Unmarshal([]byte(unionDefinitions), &definitions); err != nil {
		t.Fatal(err)
	}
	methods := map[string]any{}
	for i, union := range unionTypes {
		name := fmt.Sprintf("Union%d", i)
		definitions[name] = json.RawMessage(union)
		methods[name] = map[string]any{"result": map[string]string{"$ref": "models.json#/$defs/" + name}}
	}
	documents := map[string]any{
		"models.json": map[string]any{"$defs": definitions},
		"api.json": map[string]any{
			"asyncapi": "3.1.0", "info": map[string]string{"title": "Unions", "version": "1"}, "x-rpc": map[string]any{"methods": methods},
		},
	}
	m, diags := load.Load(load.Options{AsyncAPI: "api.json", Read: func(name string) ([]byte, error) {
		if document, ok := documents[name]; ok {
			return json.Marshal(document)
		}
		return nil, os.ErrNotExist
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return m
}

// ask runs the guards and returns their answers.
func ask(t *testing.T, dir string, input []byte) []byte {
	t.Helper()
	cmd := exec.Command("node", "--input-type=module", "-e", askGuards, string(input))
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
