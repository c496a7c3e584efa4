package python

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// unionsCompared is how many random unions TestPythonChoosesAsThePlan makes.
const unionsCompared = 300

// placesOf reads a union's name and a JSON value a line. It prints the place of the
// variant that the value becomes, and what a tolerant union did not keep.
const placesOf = `
import json, sys
from pydantic import TypeAdapter
from python import _unions, models
from python._json.unions import Unions
unions = Unions(_unions._CHOICES, _unions._SHAPES, _unions._FORMATS)
choices = {name: unions.choice(name) for name in unions.choices}
adapters = {name: TypeAdapter(getattr(models, name)) for name in choices}
for line in sys.stdin:
    name, tolerant, text = line.split(" ", 2)
    place = choices[name].place_of(json.loads(text))
    problem = ""
    if tolerant == "true":
        try:
            value = adapters[name].validate_json(text)
            back = adapters[name].dump_json(value)
            if json.loads(back) != json.loads(text):
                problem = f"comes back as {back.decode()}"
        except ValueError as error:
            problem = " ".join(str(error).split())
    print(place, problem, sep=";")
`

// For random unions and values, the runtime chooses the variant that the plan does.
func TestPythonChoosesAsThePlan(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	p, places := randomUnions(t, r)
	var in bytes.Buffer
	var want []string
	for _, named := range p.Types {
		u, ok := named.(*schema.Union)
		if !ok {
			continue
		}
		for range 30 {
			value := marshal(t, randomValue(r, 0))
			fmt.Fprintf(&in, "%s %t %s\n", u.Name, u.Out, value)
			want = append(want, fmt.Sprintf("%s of %s: %s", value, u.Name, places(u, value)))
		}
	}
	files, diags := Generate(p, gen.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	cmd := exec.Command(toolchain.Python(t, "3.10"), "-B", "-c", placesOf)
	cmd.Dir, cmd.Stdin, cmd.Stderr = filepath.Dir(written(t, files)), &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	chosen := 0
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		got, problem, _ := strings.Cut(line, ";")
		if problem != "" {
			t.Errorf("%s: %s", want[i], problem)
		}
		if !strings.HasSuffix(want[i], ": "+got) {
			t.Errorf("%s in the plan, %s in Python", want[i], got)
		}
		if got != "None" {
			chosen++
		}
	}
	if chosen < len(want)/4 {
		t.Errorf("only %d of %d values have a variant", chosen, len(want))
	}
}

// randomUnions returns an API of random unions, and what tells the place that a
// value's variant has among the types in Python.
func randomUnions(t *testing.T, r *rand.Rand) (*plan.Plan, func(*schema.Union, string) string) {
	t.Helper()
	defs, methods := map[string]any{}, map[string]any{}
	for i := range unionsCompared {
		name := fmt.Sprintf("Union%d", i)
		defs[name] = map[string]any{"anyOf": randomSchemas(r, 1, 2+r.Intn(3))}
		methods[fmt.Sprintf("m%d", i)] = map[string]any{[]string{"result", "params"}[r.Intn(2)]: map[string]any{
			"type": "object", "title": fmt.Sprintf("Holder%d", i),
			"properties": map[string]any{"v": map[string]any{"$ref": "#/components/schemas/" + name}},
		}}
	}
	doc := marshal(t, map[string]any{
		"asyncapi": "3.0.0", "info": map[string]any{"title": "Random", "version": "1"},
		"x-rpc": map[string]any{"methods": methods}, "components": map[string]any{"schemas": defs},
	})
	model, diags := load.Load(load.Options{AsyncAPI: "api.json", Read: func(string) ([]byte, error) { return []byte(doc), nil }})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	p := plan.New(model)
	n, diags := newNames(p, noImports(p))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p, func(u *schema.Union, value string) string {
		node, problems := text.ParseJSON(&text.Source{Data: []byte(value)})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		c := newChoice(newPrinter(p, gen.Options{}, n, noImports(p)).newFile(), u)
		planned := p.Union(u)
		chosen, place := planned.Choose(node), "None"
		for i := range planned.Variants {
			if at := c.place(planned.Variants[i].Type); &planned.Variants[i] == chosen {
				place = strconv.Itoa(at)
			}
		}
		return place
	}
}

func randomSchemas(r *rand.Rand, depth, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = randomSchema(r, depth)
	}
	return list
}

func randomSchema(r *rand.Rand, depth int) any {
	kinds := 13
	if depth > 2 {
		kinds = 9
	}
	switch r.Intn(kinds) {
	case 0:
		return map[string]any{"type": "string"}
	case 1:
		return map[string]any{"type": "integer", "minimum": r.Intn(3)}
	case 2:
		return map[string]any{"type": "number"}
	case 3:
		return map[string]any{"type": "boolean"}
	case 4:
		return map[string]any{"enum": []any{"a", "b"}[:1+r.Intn(2)]}
	case 5:
		return map[string]any{"type": "string", "format": []string{"date", "date-time", "uuid", "uri", "duration"}[r.Intn(5)]}
	case 6:
		return map[string]any{"type": "string", "pattern": []string{"^a", "b$"}[r.Intn(2)], "maxLength": 1 + r.Intn(3)}
	case 7:
		return map[string]any{"const": []any{"a", 1, true}[r.Intn(3)]}
	case 8:
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer"}, map[string]any{"type": "null"}}}
	case 9:
		return map[string]any{"type": "array", "items": randomSchema(r, depth+1)}
	case 10:
		return map[string]any{"type": "array", "prefixItems": randomSchemas(r, depth+1, 2), "minItems": 1 + r.Intn(2)}
	case 11:
		return map[string]any{"type": "object", "additionalProperties": randomSchema(r, depth+1)}
	}
	o := map[string]any{"type": "object", "properties": map[string]any{"x": randomSchema(r, depth+1), "y": randomSchema(r, depth+1)}}
	if r.Intn(2) == 0 {
		o["required"] = []string{"x", "y"}[:1+r.Intn(2)]
	}
	if r.Intn(3) == 0 {
		o["additionalProperties"] = false
	}
	return o
}

func randomValue(r *rand.Rand, depth int) any {
	kinds := 7
	if depth > 2 {
		kinds = 5
	}
	switch r.Intn(kinds) {
	case 0:
		return []any{"a", "b", "ab", "abcdef", "5", ""}[r.Intn(6)]
	case 1:
		return []any{0, 1, 2, json.Number("1.0"), json.Number("1e3"), 1.5, json.Number("1180591620717411303424")}[r.Intn(7)]
	case 2:
		return r.Intn(2) == 0
	case 3:
		return nil
	case 4:
		return []any{"2025-01-31", "2025-02-30", "2025-01-31T08:00:00Z", "PT5S", "https://a.b", "6f1c1c52-93f7-4a55-8f0e-6d3f5f0f8a02"}[r.Intn(6)]
	case 5:
		list := make([]any, r.Intn(4))
		for i := range list {
			list[i] = randomValue(r, depth+1)
		}
		return list
	}
	o := map[string]any{}
	for _, key := range []string{"x", "y", "z"} {
		if r.Intn(3) > 0 {
			o[key] = randomValue(r, depth+1)
		}
	}
	return o
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
