package load

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
)

func TestValidateSchemas(t *testing.T) {
	const types = `"string", "integer", "number", "boolean", "object", "array", "null"`
	for _, c := range []struct{ schema, want string }{
		{`true`, ``},
		{`{"type":["string","null"],"x-foo":1,"default":{"type":3},"examples":[{"type":3}],"title":"t"}`, ``},
		{`{"properties":{"type":{"type":"string"},"default":{"type":"integer"}}}`, ``},
		{`{"exclusiveMinimum":true,"nullable":true,"discriminator":"kind","example":3}`, ``},
		{`{"type":"str"}`, `1:9: schema-invalid: "type" must be one of ` + types + `, not "str" (did you mean "string"?)`},
		{`{"type":"float"}`, `1:9: schema-invalid: "type" must be one of ` + types + `, not "float" (did you mean "number"?)`},
		{`{"type":3}`, `1:9: schema-invalid: "type" must be a string or an array, not a number (put it in quotes)`},
		{`{"type":["string","foo"]}`, `1:19: schema-invalid: item 2 of "type" must be one of ` + types + `, not "foo"`},
		{`{"minLength":"3"}`, `1:14: schema-invalid: "minLength" must be an integer, not a string (remove the quotes)`},
		{`{"minLength":1.5}`, `1:14: schema-invalid: "minLength" must be an integer, not a number`},
		{`{"minLength":-1}`, `1:14: schema-invalid: "minLength" must be >= 0, not -1`},
		{`{"title":3}`, `1:10: schema-invalid: "title" must be a string, not a number (put it in quotes)`},
		{`{"properties":{"a":{"required":true}}}`,
			`1:32: schema-invalid: "required" must be an array, not a boolean (list the names of required members in "required" of the object)`},
		{`{"anyOf":[]}`, `1:10: schema-invalid: "anyOf" must not be empty`},
		{`{"items":[{},3]}`, `1:14: schema-invalid: item 2 of "items" must be an object or a boolean, not a number`},
		{`{"items":3}`, `1:10: schema-invalid: "items" must be an object or a boolean, not a number`},
		{`3`, `1:1: schema-invalid: the schema must be an object or a boolean, not a number`},
		{`{"discriminator":{"mapping":{"a":"b"}}}`, `1:18: schema-invalid: "discriminator" lacks the member "propertyName"`},
		{`{"properties":{"a/b~c %é":"string"}}`, `1:27: schema-invalid: "a/b~c %é" must be an object or a boolean, not a string`},
		{`{"allOf":["#/$defs/X"]}`,
			`1:11: schema-invalid: item 1 of "allOf" must be an object or a boolean, not a string (write {$ref: '#/$defs/X'})`},
		{`{"$ref":3}`, `1:9: schema-invalid: "$ref" must be a string, not a number (put it in quotes)`},
	} {
		var ds text.Diagnostics
		openDocuments(nil, &ds).validateSchemas([]*text.Node{frontParse(t, "m.json", c.schema)}, false)
		if got := strings.ReplaceAll(frontLines(ds), "m.json:", ""); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.schema, got, c.want)
		}
	}
}

func TestValidateSchemasStrict(t *testing.T) {
	var ds text.Diagnostics
	def := frontParse(t, "m.json", `{"required":["a","a"],"if":{"$anchor":"3 3"},"$comment":3}`)
	openDocuments(nil, &ds).validateSchemas([]*text.Node{def}, true)
	ds.Sort()
	want := `m.json:1:13: schema-invalid: "required" is not valid: items at index 0 and 1 are equal
m.json:1:39: schema-invalid: "$anchor" does not match pattern "^[A-Za-z_][-A-Za-z0-9._]*$"
m.json:1:57: schema-invalid: "$comment" must be a string, not a number (put it in quotes)`
	if got := frontLines(ds); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestValidateSchemasIsOrdered validates many definitions in parallel and
// expects the problems in their order.
func TestValidateSchemasIsOrdered(t *testing.T) {
	root := frontParse(t, "m.json", "["+strings.Repeat(`{"type":"x"},`, 200)+`{}]`)
	var first, second text.Diagnostics
	openDocuments(nil, &first).validateSchemas(root.Items, false)
	openDocuments(nil, &second).validateSchemas(root.Items, false)
	if len(first) != 200 || frontLines(first) != frontLines(second) {
		t.Errorf("got %d problems, and equal is %v", len(first), frontLines(first) == frontLines(second))
	}
	for i := 1; i < len(first); i++ {
		if !first[i-1].Pos.Before(first[i].Pos) {
			t.Fatalf("problem %d is out of order", i)
		}
	}
}

func TestValidateManifest(t *testing.T) {
	const head = "asyncapi: 3.1.0\ninfo: {title: x, version: '1'}\n"
	for _, c := range []struct{ name, text, want string }{
		{"fine", head + "x-own: 1\nx-rpc: {methods: {a.b: {params: {$ref: '#/x'}, x-own: 1}}}\n", ""},
		{"3.0", "asyncapi: 3.0\ninfo: {title: x, version: '1'}\n",
			`1:11: manifest-invalid: "asyncapi" must be a string, not a number (put it in quotes)`},
		{"2.x", "asyncapi: 2.6.0\n", "1:11: asyncapi-version: AsyncAPI 2.6.0 is not supported (convert the document with " +
			"`asyncapi convert FILE --target-version=3.0.0` (npm @asyncapi/cli), or with @asyncapi/converter; since 3.0 operations stand beside the channels and have an action)"},
		{"4", "asyncapi: 4.0.0\n", `1:11: asyncapi-version: AsyncAPI "4.0.0" is not known (wsgen reads 3.0 and 3.1)`},
		{"3.10", "asyncapi: 3.10.0\n", `1:11: asyncapi-version: AsyncAPI "3.10.0" is not known (wsgen reads 3.0 and 3.1)`},
		{"list", "asyncapi: [3]\n", `1:11: asyncapi-version: "asyncapi" must be a string, not an array (write asyncapi: 3.1.0)`},
		{"openapi", "openapi: 3.1.0\n", "1:1: asyncapi-version: this is an OpenAPI document, not AsyncAPI " +
			"(pass it with --openapi, and the AsyncAPI document with --asyncapi)"},
		{"schema", "$defs: {}\n", "1:1: asyncapi-version: this is a JSON Schema, not an AsyncAPI document " +
			"(write an AsyncAPI document whose methods refer to it, such as $ref: 'm.yaml#/$defs/…')"},
		{"array", "- 1\n", "1:1: asyncapi-version: this is not an AsyncAPI document: it is an array (begin it with asyncapi: 3.1.0)"},
		{"other", "foo: 1\n", `1:1: asyncapi-version: this is not an AsyncAPI document: it lacks the member "asyncapi" (begin it with asyncapi: 3.1.0)`},
		{"typo at the root", head + "operatons: {}\n",
			`3:1: manifest-invalid: the manifest has no member "operatons" (did you mean "operations"?)`},
		{"version is a number", "asyncapi: 3.1.0\ninfo: {title: x, version: 1.0}\n",
			`2:27: manifest-invalid: "version" must be a string, not a number (put it in quotes)`},
		{"info", "asyncapi: 3.1.0\ninfo: {}\n", `2:7: manifest-invalid: "info" lacks the members "title" and "version"`},
		{"typo in a method", head + "x-rpc: {methods: {a.b: {parms: {}}}}\n",
			`3:25: manifest-invalid: "a.b" has no member "parms" (did you mean "params"?)`},
		{"timeout", head + "x-rpc: {methods: {a: {timeout_ms: '5'}}}\n",
			`3:35: manifest-invalid: "timeout_ms" must be an integer, not a string (remove the quotes)`},
		{"timeout of nothing", head + "x-rpc: {methods: {a: {timeout_ms: 0}}}\n",
			`3:35: manifest-invalid: "timeout_ms" must be >= 1, not 0`},
		{"error without a name", head + "x-rpc: {methods: {a: {errors: [{code: 4}]}}}\n",
			`3:32: manifest-invalid: item 1 of "errors" lacks the member "name"`},
		{"event without a channel", head + "x-rpc: {events: {e: {}}}\n",
			`3:21: manifest-invalid: "e" lacks the member "channel"`},
		{"params is text", head + "x-rpc: {methods: {a: {params: 'models.json#/$defs/A'}}}\n",
			`3:31: manifest-invalid: "params" must be an object, a boolean or null, not a string (write {$ref: 'models.json#/$defs/A'})`},
		{"action", head + "operations: {q: {action: recieve, channel: {$ref: '#/channels/a'}}}\n",
			`3:26: manifest-invalid: "action" must be one of "send", "receive", not "recieve" (did you mean "receive"?)`},
		{"channel is text", head + "operations: {q: {action: send, channel: '#/channels/a'}}\n",
			`3:41: manifest-invalid: "channel" must be an object, not a string (write {$ref: '#/channels/a'})`},
		{"inline channel", head + "operations: {q: {action: send, channel: {}}}\n",
			`3:41: manifest-invalid: "channel" lacks the member "$ref" (refer to it, such as $ref: '#/channels/requests')`},
		{"2.x habit", head + "channels: {a: {publish: {}}}\n",
			`3:16: manifest-invalid: "a" has no member "publish" (since AsyncAPI 3 this is an operation with action: receive)`},
		{"schemaFormat alone", head + "components: {messages: {a: {payload: {schemaFormat: x}}}}\n",
			`3:38: manifest-invalid: "payload" lacks the member "schema"`},
		{"payload", head + "components: {messages: {a: {payload: 3}}}\n",
			`3:38: manifest-invalid: "payload" must be an object or a boolean, not a number`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ds text.Diagnostics
			root := frontParse(t, "m.yaml", c.text)
			if openDocuments(nil, &ds).checkVersion(root) {
				ds = append(ds, checkManifest(root)...)
			}
			if got := strings.ReplaceAll(frontLines(ds), "m.yaml:", ""); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// bigDefinitions are about 2 MB, as Pydantic writes them.
func bigDefinitions(b *testing.B) []*text.Node {
	const field = `"field_%d": {"default": null, "anyOf": [{"type": "string", "maxLength": 40}, {"type": "null"}], "title": "Field %[1]d"}, `
	var fields strings.Builder
	for i := range 8 {
		fmt.Fprintf(&fields, field, i)
	}
	var defs []*text.Node
	for i := range 2000 {
		defs = append(defs, frontParse(b, "m.json", fmt.Sprintf(`{"description": "The model number %d of the API.", `+
			`"properties": {%s"next": {"$ref": "#/$defs/Model%d"}}, "required": ["next"], "title": "Model", "type": "object"}`,
			i, fields.String(), (i+1)%2000)))
	}
	return defs
}

func BenchmarkValidateSchemas(b *testing.B) {
	defs := bigDefinitions(b)
	bytes := 0
	for _, def := range defs {
		bytes += len(def.Pos.Src.Data)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		var ds text.Diagnostics
		openDocuments(nil, &ds).validateSchemas(defs, false)
		if len(ds) > 0 {
			b.Fatal(ds[0])
		}
	}
}
