package centrifugo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
)

// object is a part of an existing configuration, with all that is in it.
type object = map[string]any

// older are options that moved when Centrifugo 6 came.
var older = []string{"token_hmac_secret_key", "api_key", "namespaces", "allowed_origins"}

func parse(data []byte) (object, error) {
	var root object
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	err := dec.Decode(&root)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("line %d: %w", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
	case err != nil:
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	case root == nil:
		return nil, errors.New("it is not a JSON object")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	for _, name := range older {
		if _, found := root[name]; found {
			return nil, fmt.Errorf("%q at the top is of Centrifugo 5 or older, which 6 ignores", name)
		}
	}
	return root, nil
}

// within returns an object of the tree, made if it is not there. What else stands
// in its place is not Centrifugo's, and is an error.
func within(o object, path ...string) (object, error) {
	for i, name := range path {
		next, isObject := o[name].(object)
		if _, found := o[name]; found && !isObject {
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

func isOn(o object, name string) bool { return o[name] == true || o[name] == "true" }

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

func number(o object, name string) int64 {
	n, _ := o[name].(json.Number)
	value, _ := n.Int64()
	return value
}

// allows tells whether the regex of a namespace lets a channel in; no regex lets
// every one in.
func allows(o object, c Channel, name string) bool {
	expression := text(o, "channel_regex")
	matched, err := regexp.MatchString(expression, c.inNamespace(name))
	return expression == "" || err == nil && matched
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
		case isObject && (wasObject || !found):
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
