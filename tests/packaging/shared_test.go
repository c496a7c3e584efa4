package packaging

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// shared returns a folder with a program in each language, the code that others generate of
// openapi.yaml, and wsgen's, which imports it.
func shared(t *testing.T, dir string) string {
	t.Helper()
	copyTree(t, "shared", dir)
	archive, err := txtar.ParseFile("shared/generated.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if err := txtar.Write(archive, dir); err != nil {
		t.Fatal(err)
	}
	wsgen := filepath.Join(t.TempDir(), "wsgen")
	run(t, toolchain.Root(t), nil, "go", "build", "-o", wsgen, "./cmd/wsgen")
	run(t, dir, nil, wsgen)
	run(t, dir, nil, wsgen, "--config", "components.yaml")
	return dir
}

// The types of @hey-api/openapi-ts and of openapi-typescript are those of the client.
func TestSharedInTypeScript(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shared(t, workspace(t, "shared")), "typescript")
	compile(t, dir)
	if got, want := run(t, dir, nil, "node", "dist/main.js"), "1 1 3"; got != want {
		t.Errorf("the program prints %s, not %s", got, want)
	}
}

// The models of datamodel-code-generator are those of the client, and what was set is sent.
func TestSharedInPython(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shared(t, t.TempDir()), "python")
	const want = `True True {"id":"1","joined":"2025-01-31T00:00:00Z","home":{"street":"Main","number":1},"pets":[{"kind":"cat","lives":9}]}`
	for _, version := range []string{"3.10", "3.13"} {
		python := toolchain.Python(t, version)
		if got := run(t, dir, nil, python, "-B", "-W", "error", "main.py"); got != want {
			t.Errorf("the program prints %s, not %s", got, want)
		}
		run(t, dir, nil, python, "-m", "mypy", "--strict", "--cache-dir", t.TempDir(), "main.py", "realtime")
	}

	// What is no Pydantic model is refused at once.
	write(t, filepath.Join(dir, "acme_api", "models.py"), "class _Any:\n    pass\n\n\nCat = Dog = PageUser = Role = ShippingAddress = UserInput = UserOutput = _Any\n")
	got := run(t, dir, nil, "sh", "-c", toolchain.Python(t, "3.13")+" -B -c 'import realtime' 2>&1 | tail -1")
	if want := "TypeError: acme_api.models._Any is not a Pydantic model: a client can only share models that datamodel-code-generator writes, or your own ones"; got != want {
		t.Errorf("the import fails with %s, not %s", got, want)
	}
}

// The structs of oapi-codegen are those of the client.
func TestSharedInGo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shared(t, t.TempDir()), "go")
	const want = `1 {"age":null,"home":{"number":1,"street":"Main"},"id":"1","joined":"2025-01-31T08:30:00Z","pets":[{"kind":"cat","lives":9}]}`
	if got := run(t, dir, []string{"GOWORK=off"}, "go", "run", "."); got != want {
		t.Errorf("the program prints %s, not %s", got, want)
	}
	run(t, dir, []string{"GOWORK=off"}, "go", "vet", "./...")
	if unformatted := run(t, dir, nil, "gofmt", "-l", "realtime"); unformatted != "" {
		t.Errorf("gofmt would change %s", unformatted)
	}
	if _, err := os.Stat(filepath.Join(dir, "realtime", "go.mod")); err == nil {
		t.Error("the package has a go.mod of its own")
	}
}

const ownModelsProgram = `import app
from realtime import Task, TaskStatus, UpdateTaskParams
from realtime._methods import TASKS_UPDATE
from realtime._rpc.params import params_of
from realtime._rpc.wire import adapter_of

params = UpdateTaskParams(task_id="6b0f4e0e-5e0c-4a39-9f2c-3f1b5a0f5f0b", status=TaskStatus.DONE, due=None)
text = adapter_of(TASKS_UPDATE.params).serializer.to_json(params_of(TASKS_UPDATE, params), by_alias=True)
print(Task is app.Task, TASKS_UPDATE.result is app.Task, text.decode())
`

// A client in the repository of the server uses the server's own models, and a program says what
// differs once they have changed.
func TestOwnModels(t *testing.T) {
	t.Parallel()
	dir, root := t.TempDir(), toolchain.Root(t)
	for _, name := range []string{"api.yaml", "models.json", "app.py"} {
		write(t, filepath.Join(dir, name), read(t, filepath.Join(root, "fixtures", "tasks", name)))
	}
	write(t, filepath.Join(dir, "main.py"), ownModelsProgram)
	write(t, filepath.Join(dir, "wsgen.yaml"), "version: 1\nasyncapi: api.yaml\nlanguages: [python]\npython: {output: realtime, models: {module: app}}\n")
	wsgen := filepath.Join(t.TempDir(), "wsgen")
	run(t, root, nil, "go", "build", "-o", wsgen, "./cmd/wsgen")
	run(t, dir, nil, wsgen)
	env := []string{"PYTHONPATH=" + filepath.Join(root, "server") + ":" + filepath.Join(root, "fixtures")}
	for _, version := range []string{"3.10", "3.13"} {
		python := toolchain.Python(t, version)
		if got, want := run(t, dir, env, python, "-B", "main.py"), `True True {"task_id":"6b0f4e0e-5e0c-4a39-9f2c-3f1b5a0f5f0b","status":"done","due":null}`; got != want {
			t.Errorf("the program prints %s, not %s", got, want)
		}
		run(t, dir, env, python, "-B", "-m", "realtime.check_models")
	}

	edit(t, filepath.Join(dir, "app.py"), "class GetTaskParams(BaseModel):", "class GetTaskParams(BaseModel):\n    deep: bool = False")
	check := toolchain.Python(t, "3.13") + " -B -m realtime.check_models 2>&1; echo $?"
	if got, want := run(t, dir, env, "sh", "-c", check), "app.GetTaskParams has 'deep', which the documents lack\n1"; got != want {
		t.Errorf("the check prints %s, not %s", got, want)
	}
}
