package load

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
)

// What passes the fast check is valid to the validator, whatever the value of
// whichever member is; and the fast check passes what Pydantic writes, or it would save
// nothing.
func TestFastCheckAgreesWithProfile(t *testing.T) {
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
		p.compiled()
		passed := 0
		for keyword := range p.fast.members {
			for _, value := range values {
				document := `{"asyncapi": "3.1.0", "info": {"title": "a", "version": "1"}, "` + keyword + `": ` + value + `}`
				n, _ := text.ParseJSON(&text.Source{Name: p.name, Data: []byte(document)})
				if n == nil || !p.fast.passes(n) {
					continue // a key twice, or no JSON
				}
				passed++
				if err := p.sch.Validate(n.Plain()); err != nil {
					t.Errorf("%s: passes the fast check, but %v", document, err)
				}
			}
		}
		if passed < len(p.fast.members) {
			t.Errorf("%s: only %d pass the fast check", p.name, passed)
		}
	}
}

func TestGlanceSeesDocuments(t *testing.T) {
	for name, p := range map[string]*profile{
		"seed/api.yaml": manifestProfile, "tasks/api.yaml": manifestProfile, "tasks/api.short.yaml": manifestProfile, "tasks/models.json": schemaProfile, "types/models.json": schemaProfile,
	} {
		data, err := os.ReadFile(filepath.Join("..", "..", "fixtures", name))
		if err != nil {
			t.Fatal(err)
		}
		n, diags := text.Parse(&text.Source{Name: name, Data: data})
		if n == nil {
			t.Fatal(diags)
		}
		p.read()
		if p == schemaProfile {
			for _, m := range n.Get("$defs").Members {
				if !p.fast.passes(m.Value) {
					t.Errorf("%s: %s goes through the validator", name, m.Key)
				}
			}
		} else if !p.fast.passes(n) {
			t.Errorf("%s goes through the validator", name)
		}
	}
}
