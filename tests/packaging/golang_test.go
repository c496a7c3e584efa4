package packaging

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// A generated module that was published comes through a module proxy, as its
// dependency does; then it is vendored, and builds without any.
func TestGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := filepath.Join(dir, "app")
	copyTree(t, "go", app)
	broker, token := demo(t)
	env := goEnv(t, "file://"+publish(t, "v1.2.0")+","+downloads(t))

	run(t, app, env, "go", "get", "example.com/centrifugo_client@v1.2.0")
	matches(t, run(t, app, env, "go", "run", ".", broker, token))
	if modules := run(t, app, env, "go", "list", "-m", "all"); strings.Contains(modules, "github.com") {
		t.Errorf("there is a module of github.com:\n%s", modules)
	}

	run(t, app, env, "go", "mod", "vendor")
	run(t, app, goEnv(t, "off"), "go", "build", "-mod=vendor", "-o", "tasks", ".")
	newTunnel(t, broker).call(t, app, token, filepath.Join(app, "tasks"))
}

// A generated module inside a repository, set up by the commands of its README.
func TestGoInRepository(t *testing.T) {
	t.Parallel()
	app := t.TempDir()
	copyTree(t, "go", app)
	generated(t, "go", filepath.Join(app, "opensdk", "go"))
	broker, token := demo(t)
	env := goEnv(t, downloads(t))

	for _, command := range commands(t, filepath.Join(app, "opensdk", "go", "README.md")) {
		run(t, app, env, "sh", "-c", command)
	}
	run(t, app, goEnv(t, "off"), "go", "build", "-mod=vendor", "-o", "tasks", ".")
	matches(t, run(t, app, nil, filepath.Join(app, "tasks"), broker, token))
}

const moduleSettings = `version: 1
languages: [go]
apis:
  - name: tasks
    asyncapi: api/api.yaml
    go: {output: internal/tasks, module: none}
  - name: again
    asyncapi: api/api.yaml
    go: {output: pkg/again, module: none, runtime: example.com/shop/internal/tasks/rpc}
`

// A program that calls two APIs over one connection.
const moduleProgram = `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"example.com/shop/internal/tasks"
	"example.com/shop/pkg/again"
)

func main() {
	ctx := context.Background()
	client := tasks.NewCentrifugoRPCClient(os.Args[1], os.Args[2], "456")
	if err := client.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	first, err := tasks.NewAPIClientWith(client).TasksGetStats(ctx, tasks.TaskStatsParams{UserID: "456"})
	if err != nil {
		log.Fatal(err)
	}
	second, err := again.NewAPIClientWith(client).TasksGetStats(ctx, again.TaskStatsParams{UserID: "456"})
	if err != nil {
		log.Fatal(err)
	}
	if first.Total != second.Total {
		log.Fatalf("%d tasks, then %d", first.Total, second.Total)
	}
	fmt.Printf("%s has %d tasks\n", second.UserID, second.Total)
}
`

// Packages of two APIs inside the user's module: they share a runtime and a connection. They
// build in a workspace and vendored; a runtime that does not fit does not compile.
func TestGoInModule(t *testing.T) {
	t.Parallel()
	app := t.TempDir()
	wsgen := filepath.Join(t.TempDir(), "wsgen")
	run(t, toolchain.Root(t), nil, "go", "build", "-o", wsgen, "./cmd/wsgen")
	write(t, filepath.Join(app, "go.mod"), "module example.com/shop\n\ngo 1.23\n")
	write(t, filepath.Join(app, "main.go"), moduleProgram)
	write(t, filepath.Join(app, "wsgen.yaml"), moduleSettings)
	document(t, filepath.Join(app, "api"), "tasks")
	run(t, app, nil, wsgen)
	broker, token := demo(t)
	env := goEnv(t, downloads(t))

	for _, command := range commands(t, filepath.Join(app, "internal", "tasks", "README.md")) {
		run(t, app, env, "sh", "-c", command)
	}
	run(t, app, env, "go", "mod", "tidy", "-diff")
	run(t, app, env, "go", "vet", "./...")
	write(t, filepath.Join(app, "go.work"), "go 1.23\n\nuse .\n")
	run(t, app, append(env, "GOWORK="+filepath.Join(app, "go.work")), "go", "build", "./...")
	run(t, app, env, "go", "mod", "vendor")
	run(t, app, goEnv(t, "off"), "go", "build", "-mod=vendor", "-o", "shop", ".")
	matches(t, run(t, app, nil, filepath.Join(app, "shop"), broker, token))

	if err := os.Remove(filepath.Join(app, "internal", "tasks", "rpc", "version.go")); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "./pkg/again")
	build.Dir, build.Env = app, append(os.Environ(), goEnv(t, "off")...)
	if out, err := build.CombinedOutput(); err == nil || !strings.Contains(string(out), "undefined: rpc.FitsGeneratedCode1") {
		t.Errorf("%v\n%s", err, out)
	}
}

// goEnv is a machine that has an empty module cache and knows one list of proxies.
func goEnv(t *testing.T, proxies string) []string {
	return []string{
		"GOPROXY=" + proxies, "GOMODCACHE=" + t.TempDir(), "GOFLAGS=-modcacherw", "GOSUMDB=off",
		"GONOPROXY=", "GOPRIVATE=", "GOWORK=off", "GOTOOLCHAIN=local",
	}
}

// downloads is a module proxy with what this repository has downloaded.
func downloads(t *testing.T) string {
	t.Helper()
	run(t, "../..", nil, "go", "mod", "download", "nhooyr.io/websocket")
	return "file://" + filepath.Join(run(t, "../..", nil, "go", "env", "GOMODCACHE"), "cache", "download")
}

// publish makes a module proxy of files that has the generated module.
func publish(t *testing.T, version string) string {
	t.Helper()
	const module = "example.com/centrifugo_client"
	source, proxy := t.TempDir(), t.TempDir()
	generated(t, "go", source)
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "list"), version+"\n")
	write(t, filepath.Join(dir, version+".info"), `{"Version":"`+version+`"}`)
	write(t, filepath.Join(dir, version+".mod"), read(t, filepath.Join(source, "go.mod")))
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	z := zip.NewWriter(archive)
	err = fs.WalkDir(os.DirFS(source), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := z.Create(module + "@" + version + "/" + path)
		if err != nil {
			return err
		}
		_, err = file.Write([]byte(read(t, filepath.Join(source, path))))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return proxy
}
