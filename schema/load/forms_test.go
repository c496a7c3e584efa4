package load_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/wsgen/wsgen/schema/load"
)

// The canonical form, the short one, half of each, and JSON are one model; only
// positions differ.
func TestForms(t *testing.T) {
	position := regexp.MustCompile(`,"pos":"[^"]*"`)
	want := ""
	for _, name := range []string{"api.yaml", "api.short.yaml", "api.mixed.yaml", "api.json"} {
		model, diags := load.Load(load.Options{AsyncAPI: name, Read: func(name string) ([]byte, error) {
			return os.ReadFile(filepath.Join("../../fixtures/tasks", name))
		}})
		if len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		var printed, compact bytes.Buffer
		if err := model.WriteJSON(&printed); err != nil {
			t.Fatal(err)
		}
		if err := json.Compact(&compact, printed.Bytes()); err != nil {
			t.Fatal(err)
		}
		got := position.ReplaceAllString(compact.String(), "")
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s is another model than api.yaml", name)
		}
	}
}
