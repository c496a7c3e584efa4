package centrifugo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// object is a part of an existing configuration, with all that is in it.
type object = map[string]any

// FromYAML returns a YAML file as the JSON that Centrifugo takes it for.
func FromYAML(data []byte) ([]byte, error) {
	var root any
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&root); err != nil {
		return nil, err
	}
	if err := dec.Decode(new(any)); err != io.EOF {
		return nil, errors.New("something follows the document")
	}
	if err := textKeys(root, "at the top"); err != nil {
		return nil, err
	}
	return json.Marshal(root)
}

// textKeys finds keys that JSON cannot have.
func textKeys(v any, where string) error {
	switch v := v.(type) {
	case map[any]any: // only where a key is no text
		var keys []string
		for key := range v {
			if _, isText := key.(string); !isText {
				keys = append(keys, fmt.Sprint(key))
			}
		}
		return fmt.Errorf("the key %s %s is no text: put it in quotes", slices.Min(keys), where)
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if err := textKeys(v[name], "in "+name); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := textKeys(item, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// parse reads a configuration of Centrifugo 6.
func parse(data []byte) (object, error) {
	root, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	if err := lowerKeys(root, ""); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(root)) {
		if older(name) {
			return nil, fmt.Errorf("%q at the top is of Centrifugo 5 or older, which 6 ignores; "+
				"the guide \"Migrating to v6\" of Centrifugo's documentation has a converter", name)
		}
	}
	known := func(name string) bool { return slices.Contains(sections, name) }
	if len(root) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(root)), known) {
		return nil, errors.New("none of its keys is an option of Centrifugo 6")
	}
	return root, nil
}

func parseObject(data []byte) (object, error) {
	var root object
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	err := dec.Decode(&root)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("line %d: %w", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
	case err != nil || root == nil:
		return nil, errors.New("it is not an object of options")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return root, nil
}

// within returns an object of the tree, made if it is not there. What else stands
// in its place is not Centrifugo's, and is an error.
func within(o object, path ...string) (object, error) {
	for i, name := range path {
		next, isObject := o[name].(object)
		if o[name] != nil && !isObject {
			return nil, fmt.Errorf("%q is not an object", joinPath(path[:i+1]...))
		}
		if !isObject {
			next = object{}
			o[name] = next
		}
		o = next
	}
	return o, nil
}

func joinPath(names ...string) string {
	path := ""
	for _, name := range names {
		if path != "" && name != "" {
			path += "."
		}
		path += name
	}
	return path
}

// merge returns the JSON merge patch (RFC 7396) that turns one tree into another.
// Objects that are empty say nothing; lists are replaced as a whole.
func merge(old, fixed object) object {
	patch := object{}
	for name, value := range fixed {
		before, found := old[name]
		a, wasObject := before.(object)
		b, isObject := value.(object)
		switch {
		case isObject && (wasObject || before == nil):
			if inner := merge(a, b); len(inner) > 0 {
				patch[name] = inner
			}
		case !found || !reflect.DeepEqual(before, value):
			patch[name] = value
		}
	}
	for name := range old {
		if _, kept := fixed[name]; !kept {
			patch[name] = nil
		}
	}
	return patch
}
