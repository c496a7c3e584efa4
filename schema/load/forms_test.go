package load_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/schema/load"
)

// The canonical form, the short one, half of each, and JSON are one model; only
// positions differ.
func TestForms(t *testing.T) {
	want := ""
	for _, name := range []string{"api.yaml", "api.short.yaml", "api.mixed.yaml", "api.json"} {
		model, diags := load.Load(load.Options{AsyncAPI: name, Read: func(name string) ([]byte, error) {
			return os.ReadFile(filepath.Join("../../fixtures/tasks", name))
		}})
		if len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		got := withoutPlaces(t, model)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s is another model than api.yaml", name)
		}
	}
}

// A method of the short form that names no requests channel has the default one, whatever
// channel another method names.
func TestDefaultRequestsOfTheShortForm(t *testing.T) {
	document := `{"asyncapi":"3.1.0","info":{"title":"T","version":"1"},"x-rpc":{"methods":{"a":{},"b":{"requests":"rpc.b"}}}}`
	model, diags := load.Load(load.Options{AsyncAPI: "api.json", Read: func(string) ([]byte, error) { return []byte(document), nil }})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if b := model.Methods[1].Channel; model.Requests != "rpc.requests" || model.Methods[0].Channel != nil || b == nil || b.Text != "rpc.b" {
		t.Errorf("requests go to %q, and those of b to %v", model.Requests, b)
	}
}
