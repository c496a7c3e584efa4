package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// testCase is one entry of a file in cases/.
type testCase struct {
	Topic  string         `yaml:"-"` // the file's name
	Name   string         `yaml:"name"`
	Why    string         `yaml:"why"`    // the rule in one line, where the name does not say it
	Only   []string       `yaml:"only"`   // languages, where the others rightly do something else; needs a why
	Broker string         `yaml:"broker"` // a profile of wsgen-broker; "" is the scripted broker
	Token  map[string]any `yaml:"token"`  // claims besides sub and exp
	Client map[string]any `yaml:"client"` // options of the client "a"
	User   any            `yaml:"user"`   // the user id given; by default none, so that it is the token's sub
	Steps  []step         `yaml:"steps"`
}

// concerns tells whether a case is one of a language's.
func (c *testCase) concerns(l *language) bool {
	return c.Only == nil || slices.Contains(c.Only, l.Name)
}

// step is a single-member mapping: what to do, and with what.
type step struct {
	Verb string
	Args any // as JSON has it, numbers as json.Number
	Line int
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *step) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		s.Verb, s.Line = node.Value, node.Line
		return nil
	}
	if node.Kind != yaml.MappingNode || len(node.Content) != 2 {
		return fmt.Errorf("line %d: a step is a verb, or one verb with its arguments", node.Line)
	}
	var args any
	if err := node.Content[1].Decode(&args); err != nil {
		return err
	}
	s.Verb, s.Args, s.Line = node.Content[0].Value, normalize(args), node.Line
	return nil
}

// normalize makes of a value what a JSON decoder makes of it.
func normalize(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // YAML's values without odd keys are JSON
	}
	return decode(data)
}

// decode reads JSON and keeps the digits of numbers.
func decode(data []byte) any {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return fmt.Sprintf("no JSON: %s", data)
	}
	return v
}

// loadCases reads all files in cases/, in the order of their names.
func loadCases() ([]*testCase, error) {
	files, err := filepath.Glob("cases/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*testCase
	seen := map[string]string{}
	for _, file := range files {
		cases, err := readCases(file)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			if before, twice := seen[c.Name]; twice {
				return nil, fmt.Errorf("%s: the name %q is in %s already", file, c.Name, before)
			}
			seen[c.Name] = file
		}
		all = append(all, cases...)
	}
	return all, nil
}

func readCases(file string) ([]*testCase, error) {
	var cases []*testCase
	if err := readYAML(file, &cases); err != nil {
		return nil, err
	}
	for _, c := range cases {
		c.Topic = strings.TrimSuffix(filepath.Base(file), ".yaml")
		if c.Name == "" || len(c.Steps) == 0 {
			return nil, fmt.Errorf("%s: a case without name or steps", file)
		}
		if c.Only != nil && (c.Why == "" || slices.ContainsFunc(c.Only, func(name string) bool { return languageNamed(name) == nil })) {
			return nil, fmt.Errorf("%s: %s: only some languages, without saying why, or one that there is not", file, c.Name)
		}
		for _, s := range c.Steps {
			if verbs[s.Verb] == nil || c.Broker != "" && scripted[s.Verb] || c.Broker == "" && real[s.Verb] {
				return nil, fmt.Errorf("%s:%d: no such step with this broker: %q", file, s.Line, s.Verb)
			}
		}
	}
	return cases, nil
}

// readYAML reads a file whose members are all known.
func readYAML(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// knownFailure is a case that a language does not pass yet.
type knownFailure struct {
	Case     string `yaml:"case"`
	Language string `yaml:"language"`
	Reason   string `yaml:"reason"`
}

// loadKnownFailures reads known-failures.yaml, by case and language.
func loadKnownFailures(cases []*testCase) (map[[2]string]string, error) {
	var list []knownFailure
	if err := readYAML("known-failures.yaml", &list); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, c := range cases {
		names[c.Name] = true
	}
	known := map[[2]string]string{}
	for _, f := range list {
		if !names[f.Case] || languageNamed(f.Language) == nil || f.Reason == "" {
			return nil, fmt.Errorf("known-failures.yaml: no such case and language, or no reason: %+v", f)
		}
		known[[2]string{f.Case, f.Language}] = f.Reason
	}
	return known, nil
}
