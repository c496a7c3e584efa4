package load

import (
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsgen/wsgen/internal/text"
)

// The profiles are JSON Schemas: the library finds the same values valid, whatever the
// value of whichever member is.
func TestRulesAgreeWithLibrary(t *testing.T) {
	values := []string{
		`null`, `true`, `false`, `0`, `00`, `-1`, `1`, `1.0`, `1.5`, `1e400`, `0e5`, `0.5`, `-0.5`, `1E-9`, `""`, `"string"`, `"text"`, `"send"`, `"#"`, `[]`, `{}`,
		`["string"]`, `["string", 1]`, `["text"]`, `[{}]`, `[true, 1]`, `[{"type": "text"}]`, `[{"$ref": "#"}]`, `[{"$ref": 1}]`, `{"a": {}}`,
		`{"a": 1}`, `{"a": ["b"]}`, `{"a": {"$ref": "#"}}`, `{"a": {"$ref": "#", "b": 1}}`, `{"x-a": 1}`, `{"x-rpc": 1}`, `{"type": "text"}`,
		`{"type": ["null"]}`, `{"propertyName": "a"}`, `{"propertyName": 1}`, `{"title": "a", "version": "1"}`, `{"action": "send", "channel": {"$ref": "#"}}`,
		`{"a": {"action": "send", "channel": {"$ref": "#"}}}`, `{"a": {"action": "sent", "channel": {"$ref": "#"}}}`, `{"a": {"payload": {"schemaFormat": "a"}}}`,
		`{"a": {"payload": {"schemaFormat": "a", "schema": {}}}}`, `{"methods": {"a": {"timeout_ms": 0}}}`, `{"methods": {"a": {"timeout_ms": 1}}}`,
		`{"methods": {"a": {"errors": [{"code": 1, "name": "A"}]}}}`, `{"channels": {"a": {"address": null}}}`, `{"requests": ""}`,
	}
	for _, p := range []*profile{manifestProfile, schemaProfile} {
		p.check(&text.Node{Kind: text.KindObject})
		data, err := profileFiles.ReadFile("profile/" + p.name)
		if err != nil {
			t.Fatal(err)
		}
		library := jsonschema.MustCompileString(p.name, string(data))
		for keyword := range p.root.members {
			for _, value := range values {
				document := `{"asyncapi": "3.1.0", "info": {"title": "a", "version": "1"}, "` + keyword + `": ` + value + `}`
				n, _ := text.ParseJSON(&text.Source{Name: p.name, Data: []byte(document)})
				if n == nil {
					continue
				}
				found, err := p.check(n).diags, library.Validate(n.Plain())
				if len(found) > 0 != (err != nil) {
					t.Errorf("%s: the rules find %v, the library %v", document, found, err)
				}
			}
		}
	}
}
