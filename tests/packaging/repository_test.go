package packaging

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// One repository with a FastAPI back end, a React front end that Vite builds, and a Go
// service: each has its package among its own sources.
var oneRepository = map[string]string{
	"wsgen.yaml": `version: 1
asyncapi: api/api.yaml
python: {output: backend/app/realtime, package: app.realtime}
typescript: {output: web/src/api}
go: {output: orders/internal/realtime, module: none}
`,
	"backend/app/__init__.py": "",
	"backend/app/main.py": `"""The back end, which is a client of another service as well."""

import os

from app.realtime import APIClient, CentrifugoRPCClient, TaskStatsParams
from fastapi import FastAPI

app = FastAPI()


@app.get("/stats/{user_id}")
async def stats(user_id: str) -> str:
    """Ask over Centrifugo, within a request."""
    async with CentrifugoRPCClient(os.environ["URL"], os.environ["TOKEN"]) as rpc:
        found = await APIClient(rpc).tasks_get_stats(TaskStatsParams(user_id=user_id))
    return f"{found.user_id} has {found.total} tasks"
`,
	"backend/ask.py": `from app.main import app
from fastapi.testclient import TestClient

print(TestClient(app).get("/stats/456").json())
`,
	"orders/go.mod": "module example.com/orders\n\ngo 1.23\n",
	"orders/main.go": `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"example.com/orders/internal/realtime"
)

func main() {
	api := realtime.NewAPIClient(os.Args[1], os.Args[2], "456")
	defer api.Close()
	stats, err := api.TasksGetStats(context.Background(), realtime.TaskStatsParams{UserID: "456"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s has %d tasks\n", stats.UserID, stats.Total)
}
`,
}

// One run of wsgen serves all three, and each makes a call in its own way.
func TestOneRepository(t *testing.T) {
	t.Parallel()
	root, dir := toolchain.Root(t), workspace(t, "repository")
	for name, text := range oneRepository {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, file, text)
	}
	copyTree(t, "vite", filepath.Join(dir, "web"))
	document(t, filepath.Join(dir, "api"), "tasks")
	wsgen := filepath.Join(t.TempDir(), "wsgen")
	run(t, root, nil, "go", "build", "-o", wsgen, "./cmd/wsgen")
	run(t, dir, nil, wsgen)
	broker, token := demo(t)

	env := []string{"PYTHONPATH=" + filepath.Join(root, ".tools", "fastapi"), "URL=" + broker, "TOKEN=" + token}
	matches(t, run(t, filepath.Join(dir, "backend"), env, toolchain.Python(t, "3.13"), "-B", "ask.py"))

	orders, goTools := filepath.Join(dir, "orders"), goEnv(t, downloads(t))
	run(t, orders, goTools, "go", "mod", "tidy")
	run(t, orders, goTools, "go", "vet", "./...")
	matches(t, run(t, orders, goTools, "go", "run", ".", broker, token))

	compile(t, filepath.Join(dir, "web"))
	browse(t, vitePage(t, filepath.Join(dir, "web"), "production")+query(broker, token),
		step("text", "#states", "^connecting connected$"),
		step("click", "button"),
		step("text", "#stats", stats),
	)
	run(t, dir, nil, wsgen, "check")
}
