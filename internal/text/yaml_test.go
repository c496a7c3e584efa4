package text

import (
	"encoding/json"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What is written as YAML is read as the same value, by our parser and by another one.
func TestYAML(t *testing.T) {
	for _, document := range []string{
		`{}`, `[]`, `null`, `"text"`, `[[[]], [{}], [1, [2]]]`,
		`{"a": {"b": [{"c": 1, "d": []}, {"e": {}}, [1, 2]], "f": null}, "g": true}`,
		`{"on": "on", "null": "null", "1": "1", "": "", "y": "y", "- x": "- x", "a: b": "a: b", "#": " # ", "~": "~"}`,
		`{"$ref": "#/$defs/a~1b", "x-rpc": "user#{user_id}", "Größe": "注文", "a.b-c": "2020-01-01", "0x": "0o17"}`,
		`{"lines": "one\ntwo\r\n\ttab", "controls": "\u0000\u0007\u001b\u0085\u2028\u2029\ufeff", "quotes": "'\"\\"}`,
		`[0, -1, 1.5, 1e3, 12345678901234567890123]`,
	} {
		n, problems := ParseJSON(&Source{Data: []byte(document)})
		if problems.HasErrors() {
			t.Fatalf("%s: %s", document, problems[0].Message)
		}
		written := n.YAML()
		again, problems := ParseDocument(&Source{Name: "a.yaml", Data: []byte("document:\n  - " + indented(written))})
		if problems.HasErrors() {
			t.Errorf("%s: %s\n%s", document, problems[0].Message, written)
		} else if got := again.Get("document").Items[0].JSON(); got != n.JSON() {
			t.Errorf("%s is read as %s:\n%s", document, got, written)
		}
		var want, other any
		if err := json.Unmarshal([]byte(n.JSON()), &want); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(written), &other); err != nil {
			t.Errorf("%s: %v", document, err)
		}
		data, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("another parser reads %s as %s:\n%s", document, data, written)
		}
	}
}

// indented puts the lines behind the first one below an item of a list.
func indented(s string) (out string) {
	for i, c := range s {
		out += string(c)
		if c == '\n' && i < len(s)-1 {
			out += "    "
		}
	}
	return out
}
