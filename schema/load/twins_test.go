package load_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// What differs between a member of a model and the same member in an OpenAPI document, in
// params and in results.
func TestTwinsThatDiffer(t *testing.T) {
	const same = ""
	for _, c := range []struct{ here, there, want string }{
		{`{"type": "string"}`, `{"type": "string", "minLength": 1, "description": "Other words."}`, same},
		{`{"type": "string"}`, `{"type": "integer"}`, "is str, but int in the OpenAPI document"},
		{`{"type": "integer"}`, `{"type": "number"}`, "is int, but float in the OpenAPI document"},
		{`{"type": "string", "format": "date-time"}`, `{"type": "string"}`, "is date-time, but str in the OpenAPI document"},
		{`{"type": "string", "format": "binary"}`, `{"type": "string", "contentMediaType": "application/octet-stream"}`, same},
		{`{"type": "string", "format": "decimal"}`, `{"anyOf": [{"type": "number"}, {"type": "string"}]}`, same},
		{`{"type": "string", "format": "decimal"}`, `{"type": "integer"}`, "is decimal, but int in the OpenAPI document"},
		{`{"type": ["string", "null"]}`, `{"anyOf": [{"type": "null"}, {"type": "string"}]}`, same},
		{`{"type": ["string", "null"]}`, `{"type": "string"}`, "is str | None, but str in the OpenAPI document"},
		{`{"type": "array", "items": {"type": "string"}}`, `{"type": "array", "items": {"type": "boolean"}}`, "is str, but bool in the OpenAPI document"},
		{`{"type": "object", "additionalProperties": {"type": "string"}}`, `{"type": "object", "additionalProperties": {"type": "number"}}`, "is str, but float in the OpenAPI document"},
		{`{"type": "array", "prefixItems": [{"type": "string"}], "minItems": 1}`, `{"type": "array", "items": {"type": "string"}}`, "is tuple[str, Any, ...], but list[str] in the OpenAPI document"},
		{`{"enum": ["a", "b"]}`, `{"enum": ["b", "a"]}`, same},
		{`{"enum": ["a", "b"]}`, `{"enum": ["a"]}`, `has "b", which the OpenAPI document lacks`},
		{`{"enum": ["a"]}`, `{"enum": ["a", "c"]}`, `lacks "c", which the OpenAPI document has`},
		{`{"anyOf": [{"type": "string"}, {"type": "boolean"}]}`, `{"anyOf": [{"type": "string"}, {"type": "integer"}]}`, "is bool, but int in the OpenAPI document"},
		{`{}`, `{"type": "string"}`, "is Any, but str in the OpenAPI document"},
		{`{"$ref": "#/SCHEMAS/M"}`, `{"$ref": "#/SCHEMAS/M"}`, same},
		{`{"$ref": "#/SCHEMAS/Mine"}`, `{"$ref": "#/SCHEMAS/Other"}`, same},
		{`{"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": false}`, `{"type": "object", "properties": {"x": {"type": "string"}}}`,
			"has no further members, but says nothing of further members in the OpenAPI document"},
	} {
		for _, direction := range []string{"params", "result"} {
			found := differences(t, direction, c.here, c.there)
			if c.want == same && len(found) == 0 || len(found) == 1 && strings.HasSuffix(found[0], c.want) {
				continue
			}
			t.Errorf("%s: %s and %s: %q, not %q", direction, c.here, c.there, found, c.want)
		}
	}
}

// Whether a member may be absent counts where one side would be wrong.
func TestTwinsThatMayLackMembers(t *testing.T) {
	const member = `{"type": "object", "properties": {"x": {"type": "integer"%s}}, "required": [%s]}`
	optional, required := fmt.Sprintf(member, "", ""), fmt.Sprintf(member, "", `"x"`)
	defaulted, other := fmt.Sprintf(member, `, "default": 1`, ""), fmt.Sprintf(member, `, "default": 2`, "")
	for _, c := range []struct{ direction, here, there, want string }{
		{"params", required, optional, "is required, but may be left out in the OpenAPI document"},
		{"params", optional, required, ""},
		{"params", defaulted, required, ""},
		{"result", optional, required, "may be absent, but is required in the OpenAPI document"},
		{"result", required, optional, ""},
		{"result", defaulted, required, ""},
		{"result", defaulted, other, "has the default 1, but 2 in the OpenAPI document"},
	} {
		found := differences(t, c.direction, c.here, c.there)
		if len(found) > 1 || strings.Join(found, "") == "" != (c.want == "") || !strings.HasSuffix(strings.Join(found, ""), c.want) {
			t.Errorf("%s: %s and %s: %q, not %q", c.direction, c.here, c.there, found, c.want)
		}
	}
}

// differences returns what is said of a member m of a model M, which params or results have,
// and of the same member of the schema M of an OpenAPI document.
func differences(t *testing.T, direction, here, there string) (messages []string) {
	t.Helper()
	schemas := func(member, at string) string {
		text := `{"M": {"type": "object", "properties": {"m": ` + member + `}, "required": ["m"]},
			"Mine": {"type": "object", "properties": {"y": {"type": "string"}}}, "Other": {"type": "object", "properties": {"y": {"type": "string"}}}}`
		return strings.ReplaceAll(text, "#/SCHEMAS", at)
	}
	model, diags := load.Load(load.Options{
		AsyncAPI: "api.json", OpenAPI: []string{"openapi.json"}, Imports: []schema.ImportRule{{From: "x"}},
		Read: readFrom(map[string][]byte{
			"api.json":     []byte(`{"asyncapi": "3.1.0", "info": {"title": "T", "version": "1"}, "x-rpc": {"methods": {"m": {"` + direction + `": {"$ref": "models.json#/$defs/M"}}}}}`),
			"models.json":  []byte(`{"$defs": ` + schemas(here, "#/$defs") + `}`),
			"openapi.json": []byte(`{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}, "components": {"schemas": ` + schemas(there, "#/components/schemas") + `}}`),
		}),
	})
	for _, d := range diags {
		if d.Code == "import-differs" {
			if len(d.Notes) != 1 || d.Pos.Src.Name != "models.json" || d.Notes[0].Pos.Src.Name != "openapi.json" {
				t.Errorf("%s does not have both places", d.Message)
			}
			messages = append(messages, d.Message)
		}
	}
	if len(messages) == 0 && (diags.HasErrors() || !slices.ContainsFunc(model.Types, func(n schema.Named) bool { return len(n.Head().Twins) == 1 && n.Head().Twins[0].Key == "M" })) {
		t.Errorf("%s is not found: %v", there, diags)
	}
	return messages
}

// What oapi-codegen's types do not keep is known of a schema and of all that refer to it.
func TestLossesOfTwins(t *testing.T) {
	const cat, dog = `{"$ref": "#/SCHEMAS/Cat"}`, `{"$ref": "#/SCHEMAS/Dog"}`
	for member, want := range map[string]schema.LossKind{
		`{"type": "number"}`:                                                                    schema.RoundedNumber,
		`{"type": "number", "format": "double"}`:                                                schema.NoLoss,
		`{"anyOf": [{"type": "number"}, {"type": "null"}]}`:                                     schema.RoundedNumber,
		`{"anyOf": [{"type": "number"}, {"type": "string"}]}`:                                   schema.NoLoss,
		`{"type": "array", "items": {"type": "number"}}`:                                        schema.RoundedNumber,
		`{"type": "string", "format": "binary"}`:                                                schema.MisreadBytes,
		`{"anyOf": [{"oneOf": [` + cat + `, ` + dog + `]}, {"type": "null"}]}`:                  schema.LostUnion,
		`{"anyOf": [` + cat + `, ` + dog + `, {"type": "null"}]}`:                               schema.NoLoss,
		`{"anyOf": [{"$ref": "#/SCHEMAS/Pet"}, {"type": "null"}]}`:                              schema.NoLoss,
		`{"oneOf": [` + cat + `, ` + dog + `]}`:                                                 schema.NoLoss,
		`{"type": "object", "properties": {"type": {"type": "string"}, "x": {"type": "null"}}}`: schema.NoLoss,
		`{"$ref": "#/SCHEMAS/Size"}`:                                                            schema.RoundedNumber,
	} {
		schemas := `{"M": {"type": "object", "properties": {"inner": {"$ref": "#/SCHEMAS/Inner"}}},
			"Inner": {"type": "object", "properties": {"m": ` + member + `, "outer": {"$ref": "#/SCHEMAS/M"}}},
			"Cat": {"type": "object", "properties": {"kind": {"const": "cat"}}, "required": ["kind"]},
			"Dog": {"type": "object", "properties": {"kind": {"const": "dog"}}, "required": ["kind"]},
			"Pet": {"oneOf": [` + cat + `, ` + dog + `]}, "Size": {"type": "number"}}`
		model, diags := loadTwins(schemas, schemas)
		if diags.HasErrors() {
			t.Errorf("%s: %v", member, diags)
			continue
		}
		for _, typ := range model.Types {
			if head := typ.Head(); head.Name == "M" && (len(head.Twins) != 1 || head.Twins[0].Loss.Kind != want || head.Twins[0].Loss.Pos.IsValid() != (want != schema.NoLoss)) {
				t.Errorf("%s: %+v, want %d", member, head.Twins, want)
			}
		}
	}
}

// Types that contain themselves are compared once.
func TestTwinsThatContainThemselves(t *testing.T) {
	const deep = `{"$ref": "#/SCHEMAS/Deep"}`
	for there, want := range map[string]string{"string": "", "integer": "is str, but int in the OpenAPI document"} {
		schemas := func(leaf string) string {
			return `{"M": {"type": "object", "properties": {"m": ` + deep + `, "next": {"$ref": "#/SCHEMAS/M"}}, "required": ["m"]},
				"Deep": {"type": "array", "items": {"type": "array", "items": {"anyOf": [` + deep + `, {"type": "` + leaf + `"}]}}}}`
		}
		_, diags := loadTwins(schemas("string"), schemas(there))
		if len(diags) > 1 || diags.HasErrors() != (want != "") || len(diags) == 1 && !strings.HasSuffix(diags[0].Message, want) {
			t.Errorf("%s: %v, not %q", there, diags, want)
		}
	}
}

// Of several losses that a type can reach, the one that is named does not change from run to run.
func TestFirstLossOfTwins(t *testing.T) {
	const schemas = `{"M": {"type": "object", "properties": {"b": {"$ref": "#/SCHEMAS/Bytes"}, "n": {"$ref": "#/SCHEMAS/Number"}}},
		"Number": {"type": "number"}, "Bytes": {"type": "string", "format": "binary"}}`
	for range 20 {
		model, diags := loadTwins(schemas, schemas)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, typ := range model.Types {
			if head := typ.Head(); head.Name == "M" && (len(head.Twins) != 1 || head.Twins[0].Loss.Kind != schema.RoundedNumber) {
				t.Fatalf("%+v", head.Twins)
			}
		}
	}
}

// loadTwins loads an API whose only method returns the schema M of the models; an OpenAPI document
// has schemas, too. References begin with #/SCHEMAS.
func loadTwins(models, openapi string) (*schema.Model, text.Diagnostics) {
	at := func(schemas, place string) string { return strings.ReplaceAll(schemas, "#/SCHEMAS", place) }
	return load.Load(load.Options{
		AsyncAPI: "api.json", OpenAPI: []string{"openapi.json"}, Imports: []schema.ImportRule{{From: "x"}},
		Read: readFrom(map[string][]byte{
			"api.json":     []byte(`{"asyncapi": "3.1.0", "info": {"title": "T", "version": "1"}, "x-rpc": {"methods": {"m": {"result": {"$ref": "models.json#/$defs/M"}}}}}`),
			"models.json":  []byte(`{"$defs": ` + at(models, "#/$defs") + `}`),
			"openapi.json": []byte(`{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}, "components": {"schemas": ` + at(openapi, "#/components/schemas") + `}}`),
		}),
	})
}
