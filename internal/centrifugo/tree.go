package centrifugo

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/wsgen/wsgen/internal/text"
)

// object is an object in an existing configuration, unknown options included.
type object = map[string]any

// parse reads a configuration of Centrifugo 6.
func parse(document *text.Node) (object, error) {
	root, err := objectOf(document)
	if err != nil {
		return nil, err
	}
	if err := lowerKeys(root, ""); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(root)) {
		if older(name) {
			return nil, fmt.Errorf("%q at the top is an option of Centrifugo 5 or older, which 6 ignores; "+
				"the guide \"Migrating to v6\" of Centrifugo's documentation has a converter", name)
		}
	}
	known := func(name string) bool { return slices.Contains(sections, name) }
	if len(root) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(root)), known) {
		return nil, errors.New("none of its keys is an option of Centrifugo 6")
	}
	return root, nil
}

func objectOf(document *text.Node) (object, error) {
	if root, ok := document.Plain().(object); ok {
		return root, nil
	}
	return nil, errors.New("it is not an object of options")
}

// within returns the object at a path, and adds it where it is missing. A value that is
// not an object is an error.
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

// merge returns the JSON merge patch (RFC 7396) that turns one tree into another. Empty
// objects are left out of it; lists are replaced as a whole.
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
