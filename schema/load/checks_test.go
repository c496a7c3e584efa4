package load_test

import (
	"fmt"
	"testing"

	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// What a schema demands is the same in the dialects that write it otherwise, and what does not
// count in one is not demanded.
func TestChecksOfDialects(t *testing.T) {
	const newer = `{$schema: 'https://json-schema.org/draft/2020-12/schema', properties: {
		a: {exclusiveMinimum: 1, maximum: 9}, b: {prefixItems: [{type: string}], items: {type: integer}},
		c: {dependentRequired: {x: [y]}, dependentSchemas: {z: {required: [y]}}}, d: {$ref: '#/$defs/T'}, e: {$ref: '#/$defs/T', minLength: 2}},
		$defs: {T: {type: string, maxLength: 5}}}`
	const older = `{$schema: 'http://json-schema.org/%s/schema#', properties: {
		a: {minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}, b: {items: [{type: string}], additionalItems: {type: integer}},
		c: {dependencies: {x: [y], z: {required: [y]}}}, d: {$ref: '#/definitions/T', minLength: 2},
		e: {allOf: [{$ref: '#/definitions/T'}, {minLength: 2}]}}, definitions: {T: {type: string, maxLength: 5}}}`
	for name, document := range map[string]string{"2020-12": newer, "draft-04": fmt.Sprintf(older, "draft-04"), "draft-07": fmt.Sprintf(older, "draft-07")} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{
				"api.yaml":    []byte("asyncapi: 3.1.0\ninfo: {title: T, version: '1'}\nx-rpc: {methods: {a.b: {params: {$ref: models.yaml}}}}\n"),
				"models.yaml": []byte(document),
			}
			model, diags := load.Load(load.Options{AsyncAPI: "api.yaml", Checks: true, Read: readFrom(files)})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			checks := map[string]*schema.Check{}
			for _, m := range model.Methods[0].Params.(schema.Named).Head().CheckOf(true).Members {
				checks[m.Key] = m.Check
			}
			a, b, c, d, e := checks["a"], checks["b"], checks["c"], checks["d"], checks["e"]
			if a.Minimum != "" || a.ExclusiveMinimum != "1" || a.Maximum != "9" || a.ExclusiveMaximum != "" {
				t.Errorf("limits of numbers: %+v", a.Limits)
			}
			if len(b.Prefix) != 1 || b.Prefix[0].Types[0] != "string" || b.Items == nil || b.Items.Types[0] != "integer" {
				t.Errorf("items: %v, %v", b.Prefix, b.Items)
			}
			if len(c.Needs) != 1 || c.Needs[0].Key != "x" || len(c.Dependent) != 1 || c.Dependent[0].Key != "z" {
				t.Errorf("dependencies: %v, %v", c.Needs, c.Dependent)
			}
			if d.Ref == nil || d.Ref.MaxLength != "5" || d.MinLength != "" {
				t.Errorf("$ref: %v, at least %q long", d.Ref, d.MinLength)
			}
			beside := e
			if len(e.AllOf) == 2 {
				beside = e.AllOf[1]
			}
			if beside.MinLength != "2" {
				t.Errorf("beside $ref: at least %q long", beside.MinLength)
			}
		})
	}
}
