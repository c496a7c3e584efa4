package load_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// Each archive of testdata/bundle holds documents that are hard to make one of. The bundle
// is the same API, and needs no other document.
func TestBundle(t *testing.T) {
	archives, err := filepath.Glob("testdata/bundle/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			opt := load.Options{AsyncAPI: "api.yaml", Read: readFrom(files)}
			for _, f := range archive.Files {
				files[f.Name] = f.Data
				if f.Name == "openapi.yaml" {
					opt.OpenAPI = []string{f.Name}
				}
			}
			bundle, want, diags := load.Bundle(opt)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, diags := load.Load(load.Options{AsyncAPI: "api.yaml", Read: func(name string) ([]byte, error) {
				if name != "api.yaml" {
					t.Errorf("the bundle refers to %s", name)
				}
				return []byte(bundle.YAML()), nil
			}})
			if diags.HasErrors() {
				t.Fatalf("%v\n%s", diags, bundle.YAML())
			}
			if a, b := withoutPlaces(t, want), withoutPlaces(t, got); a != b {
				t.Errorf("the bundle is another API\n%s\n%s\n%s", a, b, bundle.YAML())
			}
		})
	}
}

// What cannot be part of a bundle is an error, even where no client needs it.
func TestBundleOfWhatIsMissing(t *testing.T) {
	document := `{"asyncapi":"3.1.0","info":{"title":"T","version":"1"},"x-rpc":{"methods":{"a":{"params":{"type":"object","not":{"$ref":"gone.json"}}}}}}`
	_, _, diags := load.Bundle(load.Options{AsyncAPI: "api.json", Read: readFrom(map[string][]byte{"api.json": []byte(document)})})
	if !diags.HasErrors() {
		t.Errorf("no error: %v", diags)
	}
}

// withoutPlaces is the model as JSON, without the places in documents.
func withoutPlaces(t *testing.T, model *schema.Model) string {
	t.Helper()
	var printed, compact bytes.Buffer
	if err := model.WriteJSON(&printed); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&compact, printed.Bytes()); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`,"pos":"[^"]*"`).ReplaceAllString(compact.String(), "")
}
