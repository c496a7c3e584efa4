package schema

import "testing"

// What is called right at a glance is right to the validator, for every keyword
// and every kind of value; and what is doubted loses nothing that is wrong.
func TestDoubtsAgreeWithProfile(t *testing.T) {
	values := []string{
		`null`, `true`, `false`, `0`, `-1`, `1.5`, `1e400`, `""`, `"string"`, `"text"`, `"#"`, `[]`, `{}`, `["string"]`, `["string", 1]`, `["text"]`,
		`[{}]`, `[true, 1]`, `[{"type": "text"}]`, `{"a": {}}`, `{"a": 1}`, `{"a": ["b"]}`, `{"type": "text"}`, `{"type": ["null"]}`,
		`{"propertyName": "a"}`, `{"propertyName": 1}`,
	}
	sch := schemaProfile.compiled()
	for keyword := range schemaProfile.rules {
		for _, value := range values {
			text := `{"` + keyword + `": ` + value + `}`
			n, diags := parseJSON(&Source{Name: "schema.json", Data: []byte(text)})
			if n == nil {
				t.Fatal(text, diags)
			}
			doubts, right := n.doubts()
			accepted := sch.Validate(n.plain()) == nil
			if right && !accepted || !right && accepted != (sch.Validate(doubts) == nil) {
				t.Errorf("%s: accepted %v, right %v, doubts %v", text, accepted, right, doubts)
			}
		}
	}
}
