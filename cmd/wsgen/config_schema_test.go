package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsgen/wsgen/internal/text"
)

const schemaFile = "../../docs/wsgen.schema.json"

// settingsSchema is a part of the JSON Schema of wsgen.yaml.
type settingsSchema struct {
	ID          string                     `json:"$id"`
	Ref         string                     `json:"$ref"`
	Description string                     `json:"description"`
	Properties  map[string]*settingsSchema `json:"properties"`
	Items       *settingsSchema            `json:"items"`
	Definitions map[string]*settingsSchema `json:"definitions"`
}

func readSettingsSchema(t *testing.T) *settingsSchema {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	s := &settingsSchema{}
	if err := json.Unmarshal(data, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// visit calls f for each setting: with a document that has a value there, made by in.
func (s *settingsSchema) visit(root *settingsSchema, path string, in func(value string) string, f func(path string, s *settingsSchema, in func(string) string)) {
	if s.Ref != "" {
		s = root.Definitions[strings.TrimPrefix(s.Ref, "#/definitions/")]
	}
	f(path, s, in)
	if s.Items != nil {
		s.Items.visit(root, path+"[]", func(value string) string { return in("[" + value + "]") }, f)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		s.Properties[key].visit(root, strings.TrimPrefix(path+"."+key, "."), func(value string) string {
			return in(fmt.Sprintf("{%q: %s}", key, value))
		}, f)
	}
}

// The JSON Schema has the keys that the reader knows, everywhere, and explains each.
func TestConfigSchemaKeys(t *testing.T) {
	root := readSettingsSchema(t)
	root.visit(root, "", func(value string) string { return value }, func(path string, s *settingsSchema, in func(string) string) {
		if s.Description == "" && path != "" && !strings.HasSuffix(path, "[]") {
			t.Errorf("docs/wsgen.schema.json does not explain %s", path)
		}
		if s.Properties == nil {
			return
		}
		_, problems := parseConfig("wsgen.yaml", []byte(in(`{"~~~~~~~~~": 1}`)))
		for _, p := range problems {
			keys, found := strings.CutPrefix(p.Hint, "the keys here are ")
			if !found || p.Code != "config-unknown-key" {
				continue
			}
			want := strings.Split(keys, ", ")
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, want) {
				t.Errorf("docs/wsgen.schema.json has other keys in %q than the reader:\n%q\n%q", path, got, want)
			}
			return
		}
		t.Errorf("the reader does not know %q, which docs/wsgen.schema.json has", path)
	})
}

// What the reader takes, the JSON Schema takes, and both refuse values of a wrong type.
func TestConfigSchemaValues(t *testing.T) {
	root := readSettingsSchema(t)
	compiled, err := jsonschema.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	accepts := func(t *testing.T, document string) bool {
		var value any
		if err := json.Unmarshal([]byte(document), &value); err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(value) == nil
	}
	values := []string{`null`, `true`, `7`, `"a"`, `"none"`, `"go"`, `".ts"`, `"@acme/tasks"`, `"A"`, `""`, `[]`, `["go"]`, `[7]`, `[{}]`, `{}`, `{"a": 7}`, `{"a": "b"}`}
	whole := func(value string) string { return `{"version": 1, ` + strings.TrimPrefix(value, "{") }
	root.visit(root, "", whole, func(path string, s *settingsSchema, in func(string) string) {
		if path == "" || strings.HasSuffix(path, "[]") || strings.HasPrefix(path, "apis[]") || path == "version" {
			return
		}
		for _, value := range values {
			document := in(value)
			_, problems := parseConfig("wsgen.yaml", []byte(document))
			wrongType := false
			for _, p := range problems {
				wrongType = wrongType || p.Code == "config-type"
			}
			switch taken := accepts(t, document); {
			case taken && wrongType:
				t.Errorf("docs/wsgen.schema.json takes %s, and the reader says: %s", document, problems[0].Message)
			case !taken && !problems.HasErrors():
				t.Errorf("docs/wsgen.schema.json refuses %s, and the reader takes it", document)
			}
		}
	})
}

// The example of docs/config.md has nothing that the schema or the reader would not take.
func TestConfigExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	if _, problems := parseConfig("wsgen.yaml", []byte(example)); len(problems) > 0 {
		t.Errorf("the reader says: %s", problems[0].Message)
	}
	root, _ := text.ParseDocument(&text.Source{Name: "wsgen.yaml", Data: []byte(example)})
	var value any
	if err := json.Unmarshal([]byte(root.JSON()), &value); err != nil {
		t.Fatal(err)
	}
	if err := jsonschema.MustCompile(schemaFile).Validate(value); err != nil {
		t.Errorf("%#v", err)
	}
}

// wsgen init tells editors where the schema is.
func TestConfigSchemaAddress(t *testing.T) {
	if id := readSettingsSchema(t).ID; id != configSchema {
		t.Errorf("wsgen init names %s, and the schema is %s", configSchema, id)
	}
}
