package load

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
)

// Twice the definitions are twice the work: schemas that refer to each other in a chain are
// not gone through again from each of them. The bench growth measures the time.
func TestWorkIsLinear(t *testing.T) {
	for name, schema := range map[string]string{
		"references":                    `%s`,
		"anyOf [next, null]":            `{"anyOf": [%s, {"type": "null"}]}`,
		"oneOf [next, string]":          `{"oneOf": [%s, {"type": "string"}]}`,
		"allOf [next, more]":            `{"allOf": [%s, {"properties": {"a": {"type": "string"}}}]}`,
		"a member of the next":          `{"type": "object", "properties": {"next": %s}}`,
		"items of the next":             `{"type": "array", "items": %s}`,
		"a discriminator over the next": `{"oneOf": [%s], "discriminator": {"propertyName": "kind"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			small, large := stepsOf(t, schema, 200), stepsOf(t, schema, 400)
			if large > 21*small/10 {
				t.Errorf("%d steps for 200 definitions, %d for 400", small, large)
			}
		})
	}
}

// Unions with null that are among their own variants by many ways are refused for just that, and
// the ways are not multiplied.
func TestCirclesOfUnions(t *testing.T) {
	steps := func(n int) int {
		var defs []string
		for i := range n {
			var variants []string
			for j := range 5 {
				variants = append(variants, fmt.Sprintf(`{"$ref": "#/$defs/D%d"}`, (i+j)%n))
			}
			defs = append(defs, fmt.Sprintf(`"D%d": {"anyOf": [%s, {"type": "null"}]}`, i, strings.Join(variants, ", ")))
		}
		steps, diags := lowered(defs)
		for _, d := range diags {
			if d.Code != "ref-cycle" {
				t.Fatal(d)
			}
		}
		if len(diags) == 0 {
			t.Error("no problem is reported")
		}
		return steps
	}
	// Each union has the variants of all others.
	if small, large := steps(50), steps(100); large > 5*small {
		t.Errorf("%d steps for 50 definitions, %d for 100", small, large)
	}
}

// stepsOf lowers a chain of n definitions and returns how many schemas were entered.
func stepsOf(t *testing.T, schema string, n int) int {
	var defs []string
	for i := range n {
		next := fmt.Sprintf(`{"$ref": "#/$defs/D%d"}`, i+1)
		defs = append(defs, fmt.Sprintf(`"D%d": `, i)+fmt.Sprintf(schema, next))
	}
	defs = append(defs, fmt.Sprintf(`"D%d": {"type": "object", "properties": {"kind": {"const": "end"}}}`, n))
	steps, _ := lowered(defs)
	return steps
}

// lowered lowers the definition D0, and those that it refers to. It returns how many schemas were
// entered.
func lowered(defs []string) (int, text.Diagnostics) {
	var diags text.Diagnostics
	docs := openDocuments(func(name string) ([]byte, error) {
		if name == "api.json" {
			return []byte(`{"result": {"$ref": "#/$defs/D0"}, "$defs": {` + strings.Join(defs, ", ") + `}}`), nil
		}
		return nil, fs.ErrNotExist
	}, &diags)
	l := newLowerer(docs, &diags)
	l.lowerRoot(docs.open("api.json", text.Pos{}).Get("result"), "Result")
	l.finish()
	return l.steps, diags
}

// Names that may have been meant are looked for only for the first problems, and each
// problem is reported.
func TestSearchesAreBounded(t *testing.T) {
	var members []string
	for i := range 4 * maxSearches {
		members = append(members, fmt.Sprintf(`"m%d": {"$ref": "#/$defs/Taks"}`, i))
	}
	_, diags := Load(Options{AsyncAPI: "api.json", Read: func(string) ([]byte, error) {
		return []byte(`{"asyncapi": "3.1.0", "info": {"title": "T", "version": "1"}, "x-rpc": {"methods": {"get": {"result":
			{"type": "object", "properties": {` + strings.Join(members, ",") + `}}}}}, "$defs": {"Task": {}}}`), nil
	}})
	hints, problems := 0, 0
	for _, d := range diags {
		if d.Code == "ref-not-found" {
			problems++
			if d.Hint != "" {
				hints++
			}
		}
	}
	if problems != 4*maxSearches || hints != maxSearches {
		t.Errorf("%d problems, %d of them with a hint", problems, hints)
	}
}
