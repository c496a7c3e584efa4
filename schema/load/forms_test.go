package load_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/wsgen/wsgen/schema/load"
)

// The canonical form, the short one, half of each, and JSON are one model; only
// positions differ.
func TestForms(t *testing.T) {
	position := regexp.MustCompile(`(?m)^\s*"pos": .*\n`)
	want := ""
	for _, name := range []string{"api.yaml", "api.short.yaml", "api.mixed.yaml", "api.json"} {
		model, diags := load.Load(load.Options{AsyncAPI: name, Read: func(name string) ([]byte, error) {
			return os.ReadFile(filepath.Join("../../fixtures/tasks", name))
		}})
		if len(diags) > 0 {
			t.Fatalf("%s: %v", name, diags)
		}
		var buf bytes.Buffer
		if err := model.WriteJSON(&buf); err != nil {
			t.Fatal(err)
		}
		got := position.ReplaceAllString(buf.String(), "")
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s is another model than api.yaml", name)
		}
	}
}
