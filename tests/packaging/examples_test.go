package packaging

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// The secrets of the examples, under the names that Centrifugo gives them.
var secrets = []string{
	"CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY=only-for-development",
	"CENTRIFUGO_HTTP_API_KEY=only-for-development",
	"CENTRIFUGO_VAR_RPC_PROXY_SECRET=only-for-development",
}

// The FastAPI example, by the steps of its README: `make api` with real generators, through
// the Makefile of the repository; then the page in Chromium, which calls REST and RPC and gets
// events and a stream, and the same in Python and Go. In each language the User of both clients is one type.
func TestFastAPI(t *testing.T) {
	t.Parallel()
	e := newExample(t, "fastapi")
	// The tools are there, or there would be no test.
	e.shows(t, run(t, toolchain.Root(t), nil, "make", "--no-print-directory", "--assume-old=tools", "api", "EXAMPLE="+e.dir))

	e.run(t, "npm", "--prefix", "web", "run", "build")
	e.importsInTypeScript(t, "web", "User")
	e.run(t, e.python, "-m", "mypy", "--strict", "--explicit-package-bases", "--cache-dir", t.TempDir(), "call.py")
	e.run(t, "go", "vet", "./...")
	e.run(t, e.python, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio")
	write(t, filepath.Join(e.dir, "served.py"), exportsToLeave)
	page := e.serve(t, "served:app")
	browse(t, page,
		step("text", "#state", "^connected$"),
		step("text", "#name", "^Ada$"),
		step("text", "#source", "^REST$"),
		step("fill", "#new-name", "Grace"),
		step("click", "#send"),
		step("text", "#name", "^Grace$"),
		step("text", "#events", "^1$"),
		step("fill", "#new-name", "Bob"),
		step("click", "#send"),
		step("text", "#problem", "^Bob is taken$"),
		step("click", "#forget"),
		step("text", "#email", "^none$"),
		step("text", "#events", "^2$"),
		// A stream that is left, then one that is read to its end, as it only can be once the first was cancelled.
		step("click", "#export"),
		step("text", "#exported", "^10 of 40 orders$"),
		step("click", "#leave"),
		step("click", "#export"),
		step("text", "#exported", "^40 of 40 orders$"),
		step("text", "#file", "^Save the file$"),
		step("text", "#leave", "^Close$"),
	)
	called := e.run(t, e.python, "call.py", page)
	e.shows(t, called)
	if got, want := e.run(t, "go", "run", ".", page), strings.Replace(called, "Bob", "Alan", 1); got != want {
		t.Errorf("the Go program prints:\n%s\nwant:\n%s", got, want)
	}
}

// The application, but Ada's exports stop at the second page until one of them is cancelled.
const exportsToLeave = `import asyncio

from app.main import app
from app.orders import PAGE, Order, Orders, get_orders


class Waiting(Orders):
    left = asyncio.Event()

    async def page(self, user_id: str, first: int) -> list[Order]:
        if user_id == "456" and first == PAGE:
            try:
                await self.left.wait()
            finally:
                self.left.set()
        return await super().page(user_id, first)


app.dependency_overrides[get_orders] = Waiting
`

// The Django example's `make api`, by the steps of its README. In each language the TaskView
// of both clients is one type.
func TestDjangoAPI(t *testing.T) {
	t.Parallel()
	e := newExample(t, "django")
	e.run(t, "npm", "--prefix", "frontend", "ci", "--loglevel=error")
	e.shows(t, e.run(t, "make", "api", "PYTHON="+e.python))

	e.importsInTypeScript(t, "frontend", "TaskView")
	e.run(t, "go", "vet", "./...")
	write(t, filepath.Join(e.dir, "same.py"), "from openapi.python.models import TaskView\nfrom opensdk.python import models\n\nassert models.TaskView is TaskView\n")
	e.run(t, e.python, "same.py")
	e.run(t, e.python, "-m", "mypy", "--strict", "--explicit-package-bases", "--cache-dir", t.TempDir(), "call.py")
	write(t, filepath.Join(e.dir, "main.go"), sameTaskView)
	if got, want := e.run(t, "go", "run", "main.go"), `{"kind":"person","user_id":"1"}`; got != want {
		t.Errorf("the assignee of a task that an event brings is %s, not %s", got, want)
	}
}

// A task of an event is one of REST, with all that it is made of.
const sameTaskView = `package main

import (
	"encoding/json"
	"fmt"
	"log"

	openapi "example.com/tasks/openapi/go"
	opensdk "example.com/tasks/opensdk/go"
)

func main() {
	var event opensdk.TaskUpdated
	const task = "{\"id\":\"6b0f4e0e-5e0c-4a39-9f2c-3f1b5a0f5f0b\",\"assignee\":{\"kind\":\"person\",\"user_id\":\"1\"}}"
	if err := json.Unmarshal([]byte("{\"by\":\"1\",\"task\":"+task+"}"), &event); err != nil {
		log.Fatal(err)
	}
	var view openapi.TaskView = event.Task
	text, err := json.Marshal(view.Assignee)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}
`

// importsInTypeScript checks that the package of RPC has a type of the package of REST.
func (e *example) importsInTypeScript(t *testing.T, frontEnd, name string) {
	t.Helper()
	types := read(t, filepath.Join(e.dir, frontEnd, "packages", "rpc", "dist", "generated", "types.d.ts"))
	imported := regexp.MustCompile(`import type \{([^}]*)\} from "@example/api";`).FindStringSubmatch(types)
	if imported == nil || !regexp.MustCompile(`\b`+name+`\b`).MatchString(imported[1]) {
		t.Errorf("the package of RPC does not import %s from the package of REST:\n%s", name, types)
	}
}

// example is a copy of an example, with the installed tools.
type example struct {
	dir, python, wsgen string
	env                []string
}

// newExample copies what git knows of an example.
func newExample(t *testing.T, name string) *example {
	t.Helper()
	root := toolchain.Root(t)
	e := &example{dir: t.TempDir(), python: toolchain.Python(t, "3.13")}
	files := run(t, root, nil, "git", "ls-files", "-co", "--exclude-standard", "examples/"+name)
	for _, file := range strings.Split(files, "\n") {
		to := filepath.Join(e.dir, strings.TrimPrefix(file, "examples/"+name+"/"))
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, to, string(text))
	}

	bin := t.TempDir()
	run(t, root, nil, "go", "build", "-o", bin, "./cmd/wsgen")
	// What pip would install as a command.
	program := filepath.Join(bin, "datamodel-codegen")
	write(t, program, fmt.Sprintf("#!/bin/sh\nexec %s -m datamodel_code_generator \"$@\"\n", e.python))
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	list := string(filepath.ListSeparator)
	e.wsgen = filepath.Join(bin, "wsgen")
	e.env = append([]string{
		"PATH=" + bin + list + os.Getenv("PATH"),
		"PYTHONPATH=" + strings.Join([]string{e.dir, filepath.Join(root, "server"), filepath.Join(root, ".tools", "fastapi")}, list),
		"PYTHONDONTWRITEBYTECODE=1",
	}, secrets...)
	return e
}

func (e *example) run(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, e.dir, e.env, args...)
}

// shows checks that the README has an output as it is.
func (e *example) shows(t *testing.T, output string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(e.dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```\n"+output+"\n```") {
		t.Errorf("the README does not show what is printed:\n%s", output)
	}
}

// serve starts the application of a name such as app.main:app, and a broker that asks it, and returns the page.
func (e *example) serve(t *testing.T, name string) string {
	t.Helper()
	port := freePort(t)
	address := "127.0.0.1:" + port
	e.run(t, e.wsgen, "centrifugo-config", "--asyncapi", "api/api.yaml", "--backend", "http://"+address, "-o", "centrifugo.json")
	broker := e.startBroker(t, "http://"+address)

	env := append([]string{
		"RPC_WORKER_API_URL=http://" + broker + "/api",
		"RPC_WORKER_WS_URL=ws://" + broker + "/connection/websocket",
	}, e.env...)
	app := exec.Command(e.python, "-m", "uvicorn", name, "--port", port, "--log-level", "warning")
	app.Dir, app.Env, app.Stderr = e.dir, append(os.Environ(), env...), os.Stderr
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = app.Process.Kill() // it may have ended
		_ = app.Wait()         // it was killed
	})
	waitFor(t, address)
	return "http://" + address
}

// startBroker starts the broker with the secrets, for pages of an origin.
func (e *example) startBroker(t *testing.T, origin string) string {
	t.Helper()
	env := append([]string{"CENTRIFUGO_CLIENT_ALLOWED_ORIGINS=" + origin}, secrets...)
	config := filepath.Join(e.dir, "centrifugo.json")
	found := server(t, "", env, []string{"listening on"}, broker(t), "--config", config, "--port", "0")
	return found[0]
}

// freePort returns a port that nothing listens at.
func freePort(t *testing.T) string {
	t.Helper()
	port, err := brokertest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// waitFor waits until somebody listens.
func waitFor(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close() // only to see whether it opens
			return
		}
	}
	t.Fatalf("nobody listens on %s", address)
}
