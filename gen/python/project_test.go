package python

import (
	"strings"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

func TestProject(t *testing.T) {
	for _, c := range []struct {
		opt     gen.Options
		version string
		want    []string
	}{
		{gen.Options{}, "1.2.0", []string{`name = "opensdk-python"`, `version = "1.2.0"`, `sources = { "" = "opensdk/python" }`, `dev-mode-dirs = ["../.."]`}},
		{gen.Options{Package: "app.tasks_client", Dir: "src/app/tasks_client"}, "v2 beta", []string{`name = "app-tasks-client"`, `version = "0.0.0"`, `"../.."`}},
		{gen.Options{Package: "注文", Dir: "clients/注文"}, "1", []string{`name = "rpc-client"`, `"" = "注文"`, `dev-mode-dirs = [".."]`}},
	} {
		m := &schema.Model{Info: schema.APIInfo{Title: "An \"API\"\nof \\x", Version: c.version}}
		text := fileOf(t, m, c.opt, "python/pyproject.toml")
		for _, want := range append(c.want, `description = "Typed client of An \"API\" of \\x"`, `"pydantic>=2.8,<3"`) {
			if !strings.Contains(text, want) {
				t.Errorf("%+v: no %s in\n%s", c.opt, want, text)
			}
		}
	}
	moved := fileOf(t, &schema.Model{}, gen.Options{Package: "tasks", Dir: "opensdk/python"}, "python/pyproject.toml")
	if strings.Contains(moved, "dev-mode-dirs") {
		t.Errorf("an editable package would have another name:\n%s", moved)
	}
	if fileOf(t, &schema.Model{}, gen.Options{NoProject: true}, "python/pyproject.toml") != "" {
		t.Error("pyproject.toml is there")
	}
}

// What the synchronous client has of its own keeps its name; the user's yield.
func TestSyncClientKeepsItsNames(t *testing.T) {
	m := &schema.Model{Methods: []*schema.Method{
		{Wire: "close", Name: schema.Name{"close"}}, {Wire: "state", Name: schema.Name{"state"}}, {Wire: "open", Name: schema.Name{"open"}},
	}}
	text := fileOf(t, m, gen.Options{}, "python/sync_client.py")
	for _, want := range []string{"def close_(self", "def state_(self", "def open(self"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// What the client has of its own keeps its name, too; a client without calls has no batches.
func TestClientKeepsItsNames(t *testing.T) {
	m := &schema.Model{Methods: []*schema.Method{
		{Wire: "batch", Name: schema.Name{"batch"}}, {Wire: "open", Name: schema.Name{"open"}},
	}}
	text := fileOf(t, m, gen.Options{}, "python/client.py")
	for _, want := range []string{"async def batch_(self", `def batch(self) -> "APIClient":`, "async def open(self"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("not one %s in\n%s", want, text)
		}
	}
	if text := fileOf(t, &schema.Model{}, gen.Options{}, "python/client.py"); strings.Contains(text, "batch") {
		t.Errorf("a batch of nothing:\n%s", text)
	}
}

func fileOf(t *testing.T, m *schema.Model, opt gen.Options, path string) string {
	t.Helper()
	files, diags := Generate(plan.New(m), opt)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, f := range files {
		if f.Path == path {
			return string(f.Data)
		}
	}
	return ""
}
