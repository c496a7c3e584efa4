package load

import (
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
)

func TestValidateValues(t *testing.T) {
	for _, c := range []struct{ name, schema, want string }{
		{"fine", `{"type":"object","default":{"a":1},"properties":{"a":{"type":"integer","default":3,"examples":[1,2]}}}`, ``},
		{"bounds", `{"properties":{"a":{"type":"integer","minimum":1,"maximum":3,"examples":[1,3,0,4,2.0,2.5]}}}`,
			"1:78: example-invalid: example 3 must be >= 1, not 0\n1:80: example-invalid: example 4 must be <= 3, not 4\n1:86: example-invalid: example 6 must be an integer, not a number"},
		{"list", `{"type":"array","items":{"type":"integer"},"maxItems":1,"examples":[[],[1],["a"]]}`,
			`1:77: example-invalid: item 1 of example 3 must be an integer, not a string`},
		{"nullable", `{"type":"string","nullable":true,"default":null}`, ``},
		{"naive datetime", `{"type":"string","format":"date-time","default":"2020-01-02T03:04:05.678"}`, ``},
		{"duration below zero", `{"type":"string","format":"duration","default":"-P1DT2H"}`, ``},
		{"unknown format", `{"type":"string","format":"binary","default":"x"}`, ``},
		{"properties named like keywords", `{"properties":{"default":{"type":"integer"},"$ref":{"type":"string","default":"x"}}}`, ``},
		{"default", `{"type":"integer","default":"3"}`, `1:29: default-invalid: the default must be an integer, not a string`},
		{"null", `{"type":"integer","default":null}`, ``},
		{"null in a default", `{"items":{"type":"integer"},"default":[null]}`, `1:40: default-invalid: item 1 of the default must be an integer, not null`},
		{"example", `{"maxLength":2,"examples":["ab","abc"]}`,
			`1:33: example-invalid: example 2 does not fit maxLength: length must be <= 2, but got 3`},
		{"one example", `{"enum":["a"],"example":"b"}`, `1:25: example-invalid: the example must be "a", not "b"`},
		{"inside", `{"properties":{"a":{"type":"string"}},"default":{"a":[1]}}`, `1:54: default-invalid: "a" must be a string, not an array`},
		{"format", `{"format":"uuid","default":"x"}`, `1:28: default-invalid: the default is not a valid uuid`},
		{"exclusive bound of OpenAPI 3.0", `{"minimum":3,"exclusiveMinimum":true,"default":3}`,
			`1:48: default-invalid: the default must be > 3, not 3`},
		{"reference", `{"$ref":"#/$defs/A","default":3,"$defs":{"A":{"$anchor":"x","$id":"y","type":"string"}}}`,
			`1:31: default-invalid: the default must be a string, not a number`},
		{"recursion", `{"properties":{"next":{"$ref":"#"}},"required":["v"],"default":{"v":1,"next":{}}}`,
			`1:78: default-invalid: "next" lacks the member "v"`},
		{"union", `{"anyOf":[{"type":"object","required":["a"],"properties":{"a":{"type":"object","required":["b"]}}},{"type":"null"}],"default":{"a":{}}}`,
			`1:132: default-invalid: "a" lacks the member "b"`},
		{"pattern", `{"pattern":"^(?!x)","default":"x","examples":["y"]}`,
			"1:12: pattern-unsupported: values are not checked against this pattern: Go's regular expressions do not have it (the clients are not affected)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ds text.Diagnostics
			d := openDocuments(func(string) ([]byte, error) { return []byte(c.schema), nil }, &ds)
			d.validateValues([]*text.Node{d.open("m.json", text.Pos{})})
			if got := strings.ReplaceAll(frontLines(ds), "m.json:", ""); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}
