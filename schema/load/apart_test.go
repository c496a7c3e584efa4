package load_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// What a definition is called depends on those alone that would have the same name: not on
// others, and not on the order in which they are reached.
func TestNamesDoNotDependOnOthers(t *testing.T) {
	keys := []string{"Error", "error", "ERROR", "Page_Item_", "PageItem", "a/full", "b/full", "max-size", "maxSize", "max_size", "Event"}
	names := namesOf(t, keys)
	for _, other := range []string{"Error2", "Error3", "ErrorX", "full", "Page", "event2", "size", "MaxSize2", "Item"} {
		with := namesOf(t, append([]string{other}, keys...))
		for _, key := range keys {
			if with[key] != names[key] {
				t.Errorf("%q is called %s, and %s beside %q", key, names[key], with[key], other)
			}
		}
	}
	slices.Reverse(keys)
	for key, name := range namesOf(t, keys) {
		if name != names[key] {
			t.Errorf("%q is called %s, and %s in the reverse order", key, names[key], name)
		}
	}
}

// namesOf returns what definitions are called, by their keys: each is known by the only member
// that it has.
func namesOf(t *testing.T, keys []string) map[string]string {
	t.Helper()
	var definitions, methods []string
	for i, key := range keys {
		definitions = append(definitions, fmt.Sprintf(`%q: {"type": "object", "properties": {%q: {}}}`, key, key))
		ref := "models.json#/$defs/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		methods = append(methods, fmt.Sprintf(`"m%d": {"result": {"$ref": %q}}`, i, ref))
	}
	model, diags := load.Load(load.Options{AsyncAPI: "api.json", Read: readFrom(map[string][]byte{
		"api.json":    []byte(`{"asyncapi": "3.1.0", "info": {"title": "T", "version": "1"}, "x-rpc": {"methods": {` + strings.Join(methods, ",") + `}}}`),
		"models.json": []byte(`{"$defs": {` + strings.Join(definitions, ",") + `}}`),
	})})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	names := map[string]string{}
	for _, typ := range model.Types {
		names[typ.(*schema.Object).Fields[0].Wire] = typ.Head().Name
	}
	return names
}
