package rpc

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

var (
	text    = &Shape{Types: JSONString}
	integer = &Shape{Types: JSONInteger}
	number  = &Shape{Types: JSONNumber}
	boolean = &Shape{Types: JSONBoolean}
	anyOne  = &Shape{Types: JSONAny}
)

func listOf(items *Shape) *Shape { return &Shape{Types: JSONArray, Items: items} }

func object(properties ...Property) *Shape {
	return &Shape{Types: JSONObject, Properties: properties}
}

func required(name string, shape *Shape) Property { return Property{name, true, shape} }

func optional(name string, shape *Shape) Property { return Property{name, false, shape} }

func TestChoose(t *testing.T) {
	constant := func(value string) *Shape { return &Shape{Types: JSONString, Texts: []string{value}} }
	date := &Shape{Types: JSONString, Format: NewFormat(`[0-9]{4}-[0-9]{2}-[0-9]{2}`), Parsed: true}
	kinds := []*Shape{integer, number, text, boolean, anyOne}
	mail, sms := object(optional("via", constant("mail")), required("to", text)), object(optional("via", constant("sms")), required("to", text))
	closed := object(required("a", integer))
	closed.Closed = true
	tolerant := object(required("a", integer))
	tolerant.Closed, tolerant.Open = true, true
	short := &Shape{Types: JSONString, Limits: &Limits{MaxLength: "3"}}
	small := &Shape{Types: JSONInteger, Limits: &Limits{Maximum: "1e2", ExclusiveMinimum: "0"}}
	level := &Shape{Types: JSONInteger | JSONString, Texts: []string{"high"}, Values: []string{"1", "2"}}
	coded := &Shape{Types: JSONObject, PropertyNames: &Shape{Types: JSONString, Texts: []string{"a", "b"}}, Additional: integer}
	pair := &Shape{Types: JSONArray, PrefixItems: []*Shape{text, integer}, MinItems: 1}
	for _, c := range []struct {
		name     string
		variants []*Shape
		values   map[string]int
	}{
		{"JSON types", kinds, map[string]int{`1`: 0, `1.0`: 0, `1e2`: 0, `1e99`: 1, `1e999`: 1, `1.5`: 1, `"x"`: 2, `true`: 3, `null`: 4, `[]`: 4}},
		{"tags with defaults", []*Shape{mail, sms}, map[string]int{`{"via":"sms","to":""}`: 1, `{"to":""}`: 0, `{"via":"fax","to":""}`: -1, `{"via":"\u0073ms","to":""}`: 1}},
		{"types of optional members", []*Shape{object(optional("v", integer)), object(optional("v", text))}, map[string]int{`{"v":"5"}`: 1, `{"v":5}`: 0, `{}`: 0, `{"v":[]}`: -1}},
		{"items", []*Shape{listOf(text), listOf(integer)}, map[string]int{`[1]`: 1, `["a"]`: 0, `[]`: 0, `["a",1]`: -1}},
		{"more declared members", []*Shape{object(optional("a", text)), object(optional("a", text), optional("b", text))}, map[string]int{`{"a":"","b":""}`: 1, `{"a":""}`: 0}},
		{"formats", []*Shape{date, text}, map[string]int{`"2025-01-31"`: 0, `"soon"`: 1}},
		{"a format alone", []*Shape{date, integer}, map[string]int{`"2025-01-31"`: 0, `"soon"`: -1}},
		{"closed", []*Shape{closed, object(required("a", number))}, map[string]int{`{"a":1}`: 0, `{"a":1,"b":2}`: 1}},
		{"closed to senders", []*Shape{tolerant, object(required("a", number))}, map[string]int{`{"a":1,"b":2}`: 1, `{"a":1}`: 0}},
		{"lengths", []*Shape{short, text}, map[string]int{`"äöü"`: 0, `"long"`: 1}},
		{"bounds", []*Shape{small, integer}, map[string]int{`100`: 0, `101`: 1, `0`: 1, `1`: 0, `-5`: 1}},
		{"known values", []*Shape{text, integer, level}, map[string]int{`"high"`: 2, `"low"`: 0, `2.0`: 1, `2`: 1}},
		{"tuples", []*Shape{pair, listOf(text)}, map[string]int{`["a",1]`: 0, `["a","b"]`: 1, `["a"]`: 0, `[]`: 1, `["a",1,2]`: -1}},
		{"dictionaries", []*Shape{{Types: JSONObject, Additional: integer}, {Types: JSONObject, Additional: text}}, map[string]int{`{"k":"5"}`: 1, `{"k":5}`: 0, `{"k":[]}`: -1}},
		{"names of members", []*Shape{coded, {Types: JSONObject, Additional: integer}}, map[string]int{`{"a":1}`: 0, `{"c":1}`: 1, `{"\u0061":1}`: 0}},
		{"integers beyond 64 bits", []*Shape{integer, number, {Types: JSONInteger, Wide: true}}, map[string]int{`9223372036854775807`: 0, `9223372036854775808`: 2}},
		{"null", []*Shape{{Types: JSONNumber, NaN: true}, {Types: JSONString, Nullable: true}}, map[string]int{`null`: 1, `1`: 0}},
		{"the last of duplicates", []*Shape{mail, sms}, map[string]int{`{"via":"mail","to":"","via":"sms"}`: 1}},
		{"keys with escapes", []*Shape{object(required("a", text)), object(required("é", text))}, map[string]int{`{"\u00e9":"\n"}`: 1}},
	} {
		for value, want := range c.values {
			d := decoder{data: []byte(value)}
			if got := d.Choose(c.variants); got != want || d.pos != 0 || d.err != nil {
				t.Errorf("%s: %s is variant %d, want %d; consumed %d, %v", c.name, value, got, want, d.pos, d.err)
			}
		}
	}
}

// shapes of a and b, by which an object without a tag is told.
var tagA, tagB = object(required("a", number)), object(required("b", number))

func TestTags(t *testing.T) {
	for value, want := range map[string]string{
		`{"kind":"a"}`: "a", `{"x":{"kind":"b"},"kind":"\u0061"}`: "a", `{"kind":"b","kind":"a"}`: "a", `{"kind":1}`: "1", `{"kind":1.0}`: "1",
		`{}`: "?", `[]`: "?", `{"kind":"c"}`: "?", `{"kind":"1"}`: "?", `{"b":1}`: "b", `{"kind":"c","b":1}`: "?",
	} {
		for _, ahead := range []int{0, 1000} { // through the text, and through an outline
			c := Codec{dec: decoder{data: []byte(value), ahead: ahead}}
			got := ""
			u := UnionByTagOrShape(&got, &c, "Tagged", "kind", []*Shape{tagA, tagB})
			for u.Next() {
				if c.dec.pos != 0 {
					t.Errorf("%s is consumed", value)
				}
				for _, line := range []struct {
					name string
					u    *Union
				}{{"a", u.Case("a")}, {"b", u.Case("b")}, {"1", u.CaseJSON("1")}, {"?", u.Unknown()}} {
					if line.u != nil && !u.found {
						got, u.found = line.name, true
					}
				}
			}
			if got != want || c.dec.err != nil {
				t.Errorf("%s is %q, want %q: %v", value, got, want, c.dec.err)
			}
		}
	}
}

func TestChooseRefusesBrokenJSON(t *testing.T) {
	for _, value := range []string{`{"a":`, `[1,]`, `{"a":1 "b"}`, `["\x"]`, strings.Repeat("[", 2000)} {
		d := decoder{data: []byte(value)}
		if got := d.Choose([]*Shape{listOf(text), object(), listOf(integer)}); got != -1 || d.err == nil {
			t.Errorf("%.20s is variant %d, without an error", value, got)
		}
	}
}

// tree is a recursive union as generated code reads it: a leaf or a list of trees, in two
// variants that only the deepest value tells apart.
type tree struct {
	items []tree
	words bool
}

var numbers, words Shape

func init() {
	numbers = Shape{Types: JSONArray | JSONInteger, AnyOf: []*Shape{integer, listOf(&numbers)}}
	words = Shape{Types: JSONArray | JSONString, AnyOf: []*Shape{text, listOf(&words)}}
}

func (v *tree) codeJSON(c *Codec) {
	v.words = c.dec.Choose([]*Shape{&numbers, &words}) == 1
	if c.dec.peek() == '[' {
		CodeList(&v.items, c, (*tree).codeJSON)
		return
	}
	c.dec.skip()
}

// Unions within unions take time in proportion to the text, not to its depth as well.
func TestDeepUnionsAreLinear(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat(`"x",`, 200_000) + `"x"` + strings.Repeat("]", maxDepth)
	start := time.Now()
	var v tree
	if err := Unmarshal([]byte(deep), &v, (*tree).codeJSON); err != nil || !v.words {
		t.Fatal(v.words, err)
	}
	const levels = maxDepth - 1
	tagged := strings.Repeat(`{"next":`, levels) + `{"pad":"` + strings.Repeat("x", 1<<20) + `"}` + strings.Repeat(`,"kind":"node"}`, levels)
	var node taggedNode
	if err := Unmarshal([]byte(tagged), &node, (*taggedNode).codeJSON); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// taggedNode looks for its tag before it is read.
type taggedNode struct {
	next  *taggedNode
	extra map[string]json.RawMessage
}

func (v *taggedNode) codeJSON(c *Codec) {
	c.dec.tag("kind")
	p := Object(v, c, &v.extra)
	for p.Next() {
		IfSet(p.Member("next"), &v.next, (*taggedNode).codeJSON)
	}
}

func TestNumbersCompareByValue(t *testing.T) {
	sorted := []string{"-1e400", "-10", "-1.5", "-1e-400", "0", "1e-400", "0.001", "1", "1.5", "9.99", "10", "1e400"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := compareNumbers(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%s compares to %s as %d", a, b, got)
			}
		}
	}
	for _, same := range [][2]string{{"1", "1.0"}, {"100", "1e2"}, {"0", "-0"}, {"0", "0e5"}, {"1e-2", "0.010"}, {"123.4e1", "1234"}} {
		if compareNumbers(same[0], same[1]) != 0 {
			t.Errorf("%s is not %s", same[0], same[1])
		}
	}
}
