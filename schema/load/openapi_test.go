package load

import (
	"testing"

	"github.com/wsgen/wsgen/internal/text"
)

func TestAddOpenAPI(t *testing.T) {
	const head = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{},`
	for _, c := range []struct{ name, text, want string }{
		{"3.1", head + `"components":{"schemas":{"A":{"type":["string","null"]}}}}`, ``},
		{"3.0 in YAML", "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {type: string, nullable: true}}}\n", ``},
		{"no info", `{"openapi":"3.1.0","components":{"schemas":{"A":{}}}}`, `api.json:1:1: openapi-invalid: invalid info: must be an object`},
		{"dangling reference", head + `"components":{"schemas":{"A":{"$ref":"#/components/schemas/B"}}}}`,
			`api.json:1:103: ref-not-found: no definition "B" in api.json (there is "A")`},
		{"wrong type", head + `"components":{"schemas":{"A":{"type":"foo"}}}}`,
			`api.json:1:91: openapi-invalid: unsupported 'type' value "foo"`},
		{"swagger", `{"swagger":"2.0"}`, `api.json:1:12: openapi-version: Swagger 2.0 is not supported (convert the document to OpenAPI 3)`},
		{"other version", `{"openapi":"4.0.0"}`, `api.json:1:12: openapi-version: OpenAPI "4.0.0" is not known (wsgen reads "3.0.x" and "3.1.x", in quotes)`},
		{"asyncapi", `{"asyncapi":"3.1.0"}`, `api.json:1:2: openapi-version: this is an AsyncAPI document, not OpenAPI (pass it with --asyncapi)`},
		{"nothing", `{}`, `api.json:1:1: openapi-version: this is not an OpenAPI document: it lacks the member "openapi"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ds text.Diagnostics
			name := "api.json"
			if c.text[0] != '{' {
				name = "api.yaml"
			}
			frontFiles(&ds, map[string]string{name: c.text}).addOpenAPI(name)
			if got := frontLines(ds); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestOpenAPIIsReferable refers to its schemas in the three ways there are.
func TestOpenAPIIsReferable(t *testing.T) {
	var ds text.Diagnostics
	d := frontFiles(&ds, map[string]string{
		"out/openapi.json": `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{},"components":{"schemas":{"A":{"type":"object"}}}}`,
		"a.yaml": "[{$ref: 'out/openapi.json#/components/schemas/A'}, {$ref: '#/components/schemas/A'}, " +
			"{$ref: 'openapi.json#/components/schemas/A'}]",
	})
	d.addOpenAPI("out/openapi.json")
	for _, item := range d.open("a.yaml", text.Pos{}).Items {
		if n, key, ok := d.deref(item); !ok || key != "A" || n.GetString("type") != "object" {
			t.Errorf("%s: %v", item.JSON(), frontLines(ds))
		}
	}
}

// What is wrong outside of the schemas is a warning: nothing else of the document is read.
func TestOpenAPISeverity(t *testing.T) {
	for document, fails := range map[string]bool{
		`{"openapi":"3.1.0","components":{"schemas":{"A":{}}}}`:                                                                            false,
		`{"openapi":"3.1.0","info":{"title":"","version":"1"},"paths":{}}`:                                                                 false,
		`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"a":{}}}`:                                                          false,
		`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{},"components":{"schemas":{"A":{"type":"foo"}}}}`:                  true,
		`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{},"components":{"schemas":{"A":{"properties":{"b":{"type":5}}}}}}`: false, // left to the profile
	} {
		var ds text.Diagnostics
		frontFiles(&ds, map[string]string{"api.json": document}).addOpenAPI("api.json")
		if len(ds) == 0 || ds.HasErrors() != fails {
			t.Errorf("%s: %s", document, frontLines(ds))
		}
	}
}
