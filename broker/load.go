package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
)

// ReadConfig reads a configuration file, then lets environment variables override it. See ParseConfig.
func ReadConfig(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	config, err := ParseConfig(data, os.LookupEnv)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

// Profile returns a configuration of profiles/ by its name: "a", "b", "g", "j", "rpc" or "demo".
func Profile(name string) (Config, error) {
	data, err := fs.ReadFile(profiles, "profiles/"+name+".json")
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(data, func(string) (string, bool) { return "", false })
}

// ParseConfig returns the defaults, overridden by a JSON configuration and that by the environment. One error reports
// all unknown options or, if there are none, all contradictions, on a line each.
func ParseConfig(data []byte, environment func(string) (string, bool)) (Config, error) {
	config := DefaultConfig()
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		return Config{}, err
	}
	if _, ok := document.(map[string]any); !ok {
		return Config{}, errors.New("the configuration is not a JSON object")
	}
	if unknown := unknownOptions("", document, reflect.TypeOf(config)); len(unknown) > 0 {
		return Config{}, errors.Join(unknown...)
	}
	if err := json.Unmarshal(data, &config); err != nil {
		return Config{}, err
	}
	if err := overrideFromEnvironment(&config, environment); err != nil {
		return Config{}, err
	}
	if err := expandHeaders(&config, environment); err != nil {
		return Config{}, err
	}
	return config, config.Validate()
}

// unknownOptions compares a document with the type that it will be decoded into; path is its place in the
// configuration.
func unknownOptions(path string, document any, typ reflect.Type) []error {
	var problems []error
	switch value := document.(type) {
	case []any:
		if typ.Kind() == reflect.Slice {
			for i, item := range value {
				problems = append(problems, unknownOptions(fmt.Sprintf("%s[%d]", path, i), item, typ.Elem())...)
			}
		}
	case map[string]any:
		if typ.Kind() != reflect.Struct {
			break
		}
		options := optionTypes(typ)
		for _, name := range slices.Sorted(maps.Keys(value)) {
			where := strings.TrimPrefix(path+"."+name, ".")
			if option, ok := options[name]; ok {
				problems = append(problems, unknownOptions(where, value[name], option)...)
			} else {
				problems = append(problems, unknownOption(where, name, options))
			}
		}
	}
	return problems
}

// optionTypes maps the JSON names of a struct's fields, embedded ones included, to their types.
func optionTypes(typ reflect.Type) map[string]reflect.Type {
	options := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(typ) {
		if name := field.Tag.Get("json"); name != "" {
			options[name] = field.Type
		}
	}
	return options
}

func unknownOption(where, name string, options map[string]reflect.Type) error {
	best, distance := "", len(name)/2+1
	for _, option := range slices.Sorted(maps.Keys(options)) {
		if d := editDistance(name, option); d < distance {
			best, distance = option, d
		}
	}
	if best == "" {
		return fmt.Errorf("unknown option %s", where)
	}
	return fmt.Errorf("unknown option %s; did you mean %s%s?", where, strings.TrimSuffix(where, name), best)
}

// editDistance counts the insertions, deletions and replacements of bytes that turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
