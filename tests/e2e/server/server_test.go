package server

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/clienttest"
)

var update = flag.Bool("update", false, "rewrite testdata/seen.json from what the Python program sees")

// door is a way in which requests come to the Django project.
type door struct {
	name, profile  string
	transport      string // of the clients
	worker, client string // versions of Python
	// command starts the worker, which may answer on the listener that is its file 3.
	command []string
	// ready starts the line that it prints when requests arrive; requests to the
	// listener wait there.
	ready string
	// stop is the path that ends the worker before its server is told to end, which
	// waits for native calls first.
	stop string
}

// uvicorn serves the project on the listener.
var uvicorn = []string{"-m", "uvicorn", "config.asgi:application", "--fd", "3", "--log-level", "debug"}

var doors = []door{
	{
		name: "subscriber", profile: "dev", transport: "pubsub", worker: "3.10", client: "3.13",
		command: []string{"manage.py", "runrpc", "--log-level", "debug"}, ready: "answering requests",
	},
	{
		name: "publish proxy", profile: "proxy", transport: "pubsub", worker: "3.13", client: "3.10",
		command: uvicorn,
	},
	{
		name: "RPC proxy", profile: "proxy", transport: "rpc", worker: "3.10", client: "3.13",
		command: uvicorn, stop: "/stop",
	},
}

// limits can be reached, one at a time: a user may make so many calls and no more,
// however long that takes.
var limits = []string{
	"RPC_WORKER_RATE=0.001",
	"RPC_WORKER_BURST=400",
	"RPC_WORKER_USER_CONCURRENCY=2",
	"RPC_WORKER_QUEUE=0",
	"RPC_WORKER_RESULT_BYTES=50000",
	"RPC_WORKER_DRAIN_S=0.1",
}

// secrets are what the configuration names; the example takes the same variables.
var secrets = []string{
	"CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY", "CENTRIFUGO_HTTP_API_KEY", "CENTRIFUGO_VAR_RPC_PROXY_SECRET",
}

// TestClients calls every method of the example from every language, and compares
// what each program saw with testdata/seen.json: results, errors, events.
func TestClients(t *testing.T) {
	for _, name := range secrets {
		t.Setenv(name, "of the test: "+name)
	}
	p := generate(t)
	broker, err := brokertest.Build(filepath.Join("..", "..", ".."), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	typescript, err := clienttest.BuildTypeScript(p.dir, "main.ts")
	if err != nil {
		t.Fatal(err)
	}
	golang, err := clienttest.BuildGo(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("generated", p.checkGenerated)
	t.Run("types", p.checkTypes)
	for _, d := range doors {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			python, err := clienttest.Python(p.dir, d.client, "main.py")
			if err != nil {
				t.Fatal(err)
			}
			d.run(t, p, broker, map[string]clienttest.Start{"python": python, "typescript": typescript, "go": golang})
		})
	}
}

// run starts broker, worker and programs. It ends the worker when each program has
// a call that waits, and may make no other.
func (d door) run(t *testing.T, p *project, brokerProgram string, programs map[string]clienttest.Start) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	b, err := brokertest.StartEmpty(brokerProgram, p.config(t, d.profile, "http://"+listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error("wsgen-broker:", err)
		}
	})
	worker := d.startWorker(t, p, b, listener)
	clients := map[string]*client{}
	for language, program := range programs {
		clients[language] = startClient(t, b, program, d.transport, 1000+len(clients))
	}
	for _, c := range clients {
		c.process.await(t, "limited")
	}
	for range clients {
		worker.await(t, "waiting: ")
	}
	if d.stop != "" {
		get(t, "http://"+listener.Addr().String()+d.stop)
	}
	worker.terminate(t)
	checkLog(t, worker)
	for language, c := range clients {
		c.compare(t, language)
	}
}

// checkLog looks in all that the worker says for secrets, tokens, and values of the calls.
func checkLog(t *testing.T, worker *process) {
	t.Helper()
	said := worker.stdout.String() + worker.stderr.String()
	if err := brokertest.Hidden(said, "of the test: ", "All of it:", "the least that is needed"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(said, "rate limited") {
		t.Errorf("the worker's log is not there:\n%s", said)
	}
}

// get asks for a page.
func get(t *testing.T, url string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, response.Status)
	}
}

// startWorker starts the project on a database of its own.
func (d door) startWorker(t *testing.T, p *project, b *brokertest.Broker, listener net.Listener) *process {
	t.Helper()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := p.command(p.python(t, d.worker, d.command...))
	cmd.ExtraFiles = []*os.File{file}
	cmd.Env = append(cmd.Env, limits...)
	cmd.Env = append(cmd.Env,
		"DATABASE="+p.database(t),
		"RPC_WORKER_API_URL=http://"+b.Address+"/api",
		"RPC_WORKER_WS_URL="+brokertest.URL(b.Address))
	worker := start(t, cmd)
	if d.ready != "" {
		worker.await(t, d.ready)
	}
	return worker
}

// client is a program that calls all methods, with what only it uses.
type client struct {
	process *process
	// names has what differs between programs, and what stands for it in seen.json.
	names *strings.Replacer
	// native is set where it can call no streams.
	native bool
}

// startClient starts a program as a user.
func startClient(t *testing.T, b *brokertest.Broker, program clienttest.Start, transport string, number int) *client {
	t.Helper()
	user, project := fmt.Sprint(number), fmt.Sprintf("project-%d", number)
	token, err := b.Token(user, "user#"+user)
	if err != nil {
		t.Fatal(err)
	}
	id := func(kind int) string { return fmt.Sprintf("%08d-0000-4000-8000-00000000%04d", kind, number) }
	config, err := json.Marshal(map[string]any{
		"url": brokertest.URL(b.Address), "token": token, "user": user, "transport": transport, "project": project,
		"tasks": []string{id(1), id(2), id(3)},
	})
	if err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer(id(1), "FIRST", id(2), "SECOND", id(3), "MISSING", project, "PROJECT", `"`+user+`"`, `"USER"`)
	return &client{start(t, program(context.Background(), string(config))), names, transport == "rpc"}
}

// compare checks what the program prints at its end.
func (c *client) compare(t *testing.T, language string) {
	t.Helper()
	line := c.process.await(t, "{")
	c.process.end(t)
	var seen any
	if err := json.Unmarshal([]byte(c.names.Replace("{"+line)), &seen); err != nil {
		t.Fatalf("%s: %v in {%s", language, err, line)
	}
	var got strings.Builder
	encoder := json.NewEncoder(&got)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(normalize(seen)); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "seen.json")
	if *update && language == "python" && !c.native {
		if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if c.native {
		want = streamed.ReplaceAll(want, nil)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("what the %s program saw differs from %s (-want +got):\n%s", language, golden, diff)
	}
}

// streamed is the result of the example's stream.
var streamed = regexp.MustCompile(`(?s),\s*\[\s*"tasks.summarize",\s*\[.*?\]\s*\]`)

// size is that of a result.
var size = regexp.MustCompile(`\d+ bytes`)

// normalize puts what differs from run to run, or between languages, into one form:
// times and durations by the clock, and indices in the place of a mistake.
func normalize(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			switch name {
			case "uptime_s", "latency_ms":
				_, number := member.(float64)
				v[name] = fmt.Sprintf("a number: %v", number)
			case "updated_at":
				text, _ := member.(string)
				v[name] = fmt.Sprintf("a time: %v", strings.HasSuffix(text, "Z"))
			case "loc":
				v[name] = fmt.Sprint(member)
			case "message":
				// The envelope counts, and native RPC needs no correlation id.
				text, isText := member.(string)
				v[name] = member
				if isText {
					v[name] = size.ReplaceAllString(text, "N bytes")
				}
			default:
				v[name] = normalize(member)
			}
		}
	case []any:
		for i, item := range v {
			v[i] = normalize(item)
		}
	}
	return value
}

// checkTypes type-checks the Python programs, as the compilers did the others, and
// vets the Go program.
func (p *project) checkTypes(t *testing.T) {
	t.Parallel()
	vet := p.command([]string{"go", "vet", "."})
	vet.Env = append(vet.Env, "GOWORK=off")
	output(t, vet)
	if err := clienttest.CheckPython(p.dir, "main.py", "call.py", "e2e_urls.py", "faults"); err != nil {
		t.Error(err)
	}
}

// generatedText must be in the generated clients: what a developer wrote once.
var generatedText = []struct{ what, python, typescript, golang string }{
	{"docstring", "Tell what there is to do in a project.", "Tell what there is to do in a project.", "Tell what there is to do in a project."},
	{"description of a Field", `"""Estimated work of the open tasks."""`, "* Estimated work of the open tasks.", "// Estimated work of the open tasks."},
	{"member of an enum", "HIGH = 3", "HIGH: 3,", "PriorityHigh Priority = 3"},
	{"deprecation", `@deprecated("use tasks.search")`, "@deprecated use tasks.search", "// Deprecated: use tasks.search."},
}

// checkGenerated looks for generatedText.
func (p *project) checkGenerated(t *testing.T) {
	for _, text := range generatedText {
		for language, want := range map[string]string{"python": text.python, "typescript": text.typescript, "go": text.golang} {
			if !strings.Contains(p.source(t, language), want) {
				t.Errorf("the %s does not reach the %s client: no %q in it", text.what, language, want)
			}
		}
	}
}

// registration is how the example registers a method.
var registration = regexp.MustCompile(`@websocket_rpc\("([^"]+)"`)

// TestAllMethodsAreCalled shows that the golden file has a result of every method
// of the example.
func TestAllMethodsAreCalled(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "seen.json"))
	if err != nil {
		t.Fatal(err)
	}
	var seen struct{ Results [][]any }
	if err := json.Unmarshal(data, &seen); err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, result := range seen.Results {
		called[fmt.Sprint(result[0])] = true
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "examples", "django", "*", "*.py"))
	if err != nil {
		t.Fatal(err)
	}
	methods := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range registration.FindAllStringSubmatch(string(source), -1) {
			methods++
			if !called[method[1]] {
				t.Errorf("%s is called by no program", method[1])
			}
		}
	}
	if methods == 0 {
		t.Error("the example has no methods")
	}
}
