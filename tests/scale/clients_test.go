package scale

import (
	"testing"
	"testing/fstest"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/clienttest"
)

// client is a program in one language.
type client struct {
	language, main, source string
	generate               gen.Func
	build                  func(dir string) (clienttest.Start, error)
}

// Each program takes a URL, a token, a user and two numbers of milliseconds. It has eight calls under
// way for the first of them, each with the second one as its deadline, and then prints a list of what
// became of them.
var clients = []client{
	{"python", "main.py", pythonMain, python.Generate, func(dir string) (clienttest.Start, error) {
		return clienttest.Python(dir, "3.13", "main.py")
	}},
	{"typescript", "main.ts", typescriptMain, typescript.Generate, func(dir string) (clienttest.Start, error) {
		return clienttest.BuildTypeScript(dir, "main.ts")
	}},
	{"go", "main.go", goMain, golang.Generate, func(dir string) (clienttest.Start, error) { return clienttest.BuildGo(dir) }},
}

// prepare builds the program, and returns how it is started.
func (c client) prepare(t *testing.T) clienttest.Start {
	t.Helper()
	api, err := clienttest.Load("api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := clienttest.Write(dir, fstest.MapFS{c.main: {Data: []byte(c.source)}}, api, c.generate); err != nil {
		t.Fatal(err)
	}
	start, err := c.build(dir)
	if err != nil {
		t.Fatal(err)
	}
	return start
}

const pythonMain = `
import asyncio
import json
import sys
import time

from opensdk.python import APIClient, CallError, CentrifugoRPCClient, Mark


async def main(url: str, token: str, user: str, milliseconds: str, deadline: str) -> None:
    calls = []
    ends = time.monotonic() + int(milliseconds) / 1000
    async with CentrifugoRPCClient(url, token, user) as rpc:
        api = APIClient(rpc)

        async def work(worker: int) -> None:
            number = 0
            while time.monotonic() < ends:
                number += 1
                mark = f"{user}-{worker}-{number}"
                again = number % 2 == 0
                call = {"mark": mark, "again": again}
                started = time.monotonic()
                try:
                    method = api.mark_again if again else api.mark_once
                    call["got"] = (await method(Mark(mark=mark), timeout_s=int(deadline) / 1000)).mark
                except CallError as error:
                    call["error"] = f"{type(error).__name__}: {error}"
                    call["sent"] = error.sent
                call["ms"] = round((time.monotonic() - started) * 1000)
                calls.append(call)

        await asyncio.gather(*map(work, range(8)))
    print(json.dumps(calls))


asyncio.run(main(*sys.argv[1:]))
`

const typescriptMain = `
import { APIClient, CallError, CentrifugoRPCClient } from "./opensdk/typescript/index.js";

interface Call {
  mark: string;
  again: boolean;
  got?: string;
  error?: string;
  sent?: boolean;
  ms?: number;
}

const [url = "", token = "", user = "", milliseconds = "", deadline = ""] = process.argv.slice(2);
const ends = performance.now() + Number(milliseconds);
const rpc = new CentrifugoRPCClient(url, token, user);
await rpc.connect();
const api = new APIClient(rpc);
const calls: Call[] = [];

async function work(worker: number): Promise<void> {
  for (let number = 1; performance.now() < ends; number++) {
    const call: Call = { mark: ` + "`${user}-${worker}-${number}`" + `, again: number % 2 === 0 };
    const started = performance.now();
    try {
      const params = { mark: call.mark };
      const options = { timeoutMs: Number(deadline) };
      call.got = (await (call.again ? api.markAgain(params, options) : api.markOnce(params, options))).mark;
    } catch (error) {
      if (!(error instanceof CallError)) {
        throw error;
      }
      call.error = String(error);
      call.sent = error.sent;
    }
    call.ms = Math.round(performance.now() - started);
    calls.push(call);
  }
}

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(work));
rpc.close();
console.log(JSON.stringify(calls));
`

const goMain = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

type call struct {
	Mark  string ` + "`json:\"mark\"`" + `
	Again bool   ` + "`json:\"again\"`" + `
	Got   string ` + "`json:\"got\"`" + `
	Error string ` + "`json:\"error\"`" + `
	Sent  bool   ` + "`json:\"sent\"`" + `
	MS    int64  ` + "`json:\"ms\"`" + `
}

func main() {
	ctx := context.Background()
	user := os.Args[3]
	lasts, err := time.ParseDuration(os.Args[4] + "ms")
	if err != nil {
		log.Fatal(err)
	}
	deadline, err := time.ParseDuration(os.Args[5] + "ms")
	if err != nil {
		log.Fatal(err)
	}
	api := sdk.NewAPIClient(os.Args[1], os.Args[2], user)
	if err := api.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	defer api.Close()
	var calls []call
	var mu sync.Mutex
	var done sync.WaitGroup
	ends := time.Now().Add(lasts)
	for worker := range 8 {
		done.Add(1)
		go func() {
			defer done.Done()
			for number := 1; time.Now().Before(ends); number++ {
				c := call{Mark: fmt.Sprintf("%s-%d-%d", user, worker, number), Again: number%2 == 0}
				c.run(ctx, api, deadline)
				mu.Lock()
				calls = append(calls, c)
				mu.Unlock()
			}
		}()
	}
	done.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(calls); err != nil {
		log.Fatal(err)
	}
}

func (c *call) run(ctx context.Context, api *sdk.APIClient, deadline time.Duration) {
	method := api.MarkOnce
	if c.Again {
		method = api.MarkAgain
	}
	started := time.Now()
	got, err := method(ctx, sdk.Mark{Mark: c.Mark}, rpc.WithCallTimeout(deadline))
	c.MS = time.Since(started).Milliseconds()
	var timeout *rpc.TimeoutError
	var lost *rpc.ConnectionLostError
	var server *rpc.Error
	var off *rpc.NotConnectedError
	switch {
	case err == nil:
		c.Got = got.Mark
		return
	case errors.As(err, &timeout):
		c.Sent = timeout.Sent
	case errors.As(err, &lost):
		c.Sent = lost.Sent
	case errors.As(err, &server):
		c.Sent = server.Sent
	case errors.As(err, &off):
		c.Sent = off.Sent
	default:
		log.Fatal(err)
	}
	c.Error = err.Error()
}
`
