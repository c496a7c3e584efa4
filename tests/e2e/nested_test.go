package e2e

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/clienttest"
	"github.com/wsgen/wsgen/internal/text"
)

// nestedPrograms create a task in a project of their own, change it until the event about it
// comes, and print both titles.
var nestedPrograms = map[string]string{
	"python-3.13": `
import asyncio
import sys

from opensdk.python import APIClient, CentrifugoRPCClient, CreateTaskParams, SyncAPIClient, TaskUpdated, UpdateTaskParams


async def first(api: APIClient, project: str) -> TaskUpdated:
    async for event in api.task.on_updated(project):
        return event
    raise AssertionError


async def main(url: str, token: str, user: str) -> None:
    async with CentrifugoRPCClient(url, token, user) as rpc:
        api = APIClient(rpc)
        task = await api.tasks.create(CreateTaskParams(project_id=user, title="one"))
        event = asyncio.create_task(first(api, user))
        while not event.done():
            await api.tasks.update(UpdateTaskParams(task_id=task.id, title="two"))
        print(task.title, event.result().task.title)
    with SyncAPIClient(url, token, user) as sync:
        assert await asyncio.to_thread(lambda: sync.projects.list()) is not None


asyncio.run(main(*sys.argv[1:4]))
`,
	"typescript": `
import { APIClient, CentrifugoRPCClient } from "./opensdk/typescript/index.js";

const [url = "", token = "", user = ""] = process.argv.slice(2);
const rpc = new CentrifugoRPCClient(url, token, user);
const api = new APIClient(rpc);
const task = await api.tasks.create({ project_id: user, title: "one" });
let title = "";
const stop = api.task.onUpdated({ project_id: user }, (event) => {
  title = event.task.title;
});
while (title === "") {
  await api.tasks.update({ task_id: task.id, title: "two" });
}
console.log(task.title, title);
stop();
rpc.close();
`,
	"go": `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

func main() {
	ctx := context.Background()
	user := os.Args[3]
	api := sdk.NewAPIClient(os.Args[1], os.Args[2], user)
	defer api.Close()
	task, err := api.Tasks.Create(ctx, sdk.CreateTaskParams{ProjectID: user, Title: "one"})
	if err != nil {
		log.Fatal(err)
	}
	titles := make(chan string, 1)
	go func() {
		for event, err := range api.Task.OnUpdated(ctx, user) {
			if err != nil {
				log.Fatal(err)
			}
			titles <- event.Task.Title
			return
		}
	}()
	for {
		if _, err := api.Tasks.Update(ctx, sdk.UpdateTaskParams{TaskID: task.ID, Title: rpc.Ptr("two")}); err != nil {
			log.Fatal(err)
		}
		select {
		case title := <-titles:
			fmt.Println(task.Title, title)
			return
		default:
		}
	}
}
`,
}

// TestNested calls methods and receives events by their namespaces.
func TestNested(t *testing.T) {
	program, err := brokertest.Build(filepath.Join("..", ".."), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	api, err := clienttest.Load(filepath.Join("..", "..", "fixtures", "tasks", "api.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	b := startBroker(t, program, filepath.Join("..", "..", "broker", "profiles", "b.json"))
	for _, l := range languages {
		source, written := nestedPrograms[l.name]
		if !written {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			main := map[string]string{"python": "main.py", "typescript": "main.ts", "go": "main.go"}[l.folder]
			nested := func(p *plan.Plan, _ gen.Options) ([]gen.File, text.Diagnostics) {
				return l.generate(p, gen.Options{Nested: true})
			}
			dir := t.TempDir()
			if err := clienttest.Write(dir, fstest.MapFS{main: {Data: []byte(source)}}, api, nested); err != nil {
				t.Fatal(err)
			}
			start, err := l.build(dir)
			if err != nil {
				t.Fatal(err)
			}
			token, err := b.Token("nested-"+l.name, "user#nested-"+l.name)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			out, err := start(ctx, brokertest.URL(b.Address), token, "nested-"+l.name).Output()
			if string(out) != "one two\n" || err != nil {
				var ended *exec.ExitError
				if errors.As(err, &ended) {
					out = append(out, ended.Stderr...)
				}
				t.Errorf("got %s, %v", out, err)
			}
		})
	}
}
