package packaging

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// In the source tree of a React application, under StrictMode, which runs effects
// twice in development: connect, close and connect in one tick.
func TestVite(t *testing.T) {
	dir := application(t, "vite")
	generated(t, "typescript", filepath.Join(dir, "src", "api"))
	compile(t, dir)
	broker, token := demo(t)

	for mode, states := range map[string]string{
		"production":  "connecting connected",
		"development": "connecting disconnected connecting connected",
	} {
		t.Run(mode, func(t *testing.T) {
			page, line := vitePage(t, dir, mode), newLine(t, broker)

			browse(t, page+query(line.url, token),
				step("text", "#states", "^"+states+"$"),
				step("click", "button"),
				step("text", "#calls", "^1$"),
				step("text", "#stats", stats),
				step("more", "#events"),
				step("post", line.control),
				step("text", "#states", "^"+states+" connecting connected$"),
				step("click", "button"),
				step("text", "#calls", "^2$"),
				step("more", "#events"),
				step("text", "#failure", "^$"),
			)
			if n := line.count(); n != 2 {
				t.Errorf("the page opens %d connections: want one, and one after the cut", n)
			}
		})
	}
}

// As a dependency of a Next.js application that is not configured for it: built by
// Turbopack, made on the server, used in the browser.
func TestNext(t *testing.T) {
	dir := application(t, "next")
	install(t, dir)
	env := []string{"NEXT_TELEMETRY_DISABLED=1", "NODE_ENV=production"}
	next := npmPackage(t, "next", "dist", "bin", "next")
	run(t, dir, env, "node", next, "build")
	broker, token := demo(t)
	line := newLine(t, broker)
	found := server(t, dir, env, []string{"Local:"}, "node", next, "start", "-H", "127.0.0.1", "-p", "0")
	page := found[0] + query(line.url, token)

	for range 2 { // the second one needs no further compiling
		html := get(t, page)
		for _, shown := range []string{"server: disconnected", ">disconnected, pending<"} {
			if !strings.Contains(html, shown) {
				t.Errorf("the server does not render %q:\n%s", shown, html)
			}
		}
	}
	if n := line.count(); n > 0 {
		t.Errorf("rendering opens %d connections", n)
	}
	browse(t, page, step("text", "#stats", stats), step("text", "#state", "^connected$"))
}

// In the source tree of a Next.js application, without extensions in the imports: its
// bundler does not find "./types.js" in types.ts.
func TestNextInSourceTree(t *testing.T) {
	dir := application(t, "next")
	generatedWith(t, filepath.Join(dir, "api"), gen.Options{Imports: "none", React: true})
	for _, name := range []string{"app/page.tsx", "app/tasks.tsx"} {
		edit(t, filepath.Join(dir, name), `"centrifugo-client`, `"../api`)
	}
	run(t, dir, []string{"NEXT_TELEMETRY_DISABLED=1", "NODE_ENV=production"},
		"node", npmPackage(t, "next", "dist", "bin", "next"), "build")
}

// An API with three methods, a declared error and an event.
const smallAPI = `asyncapi: 3.1.0
info: {title: Tasks, version: 1.0.0}
x-rpc:
  methods:
    tasks.get_stats: {params: {$ref: 'models.json#/$defs/TaskStatsParams'}, result: {$ref: 'models.json#/$defs/TaskStatsResult'}, idempotent: true}
    tasks.get:
      params: {$ref: 'models.json#/$defs/GetTaskParams'}
      result: {$ref: 'models.json#/$defs/Task'}
      errors: [{code: 404, name: TaskNotFound, data: {$ref: 'models.json#/$defs/TaskNotFoundData'}}]
    tasks.create: {params: {$ref: 'models.json#/$defs/CreateTaskParams'}, result: {$ref: 'models.json#/$defs/Task'}}
  events:
    task.updated: {channel: 'tasks:{project_id}', payload: {$ref: 'models.json#/$defs/TaskUpdated'}}
`

// TestBundleSize bundles a client, minified and compressed, without the SDK. What its user
// does not import is not in it.
func TestBundleSize(t *testing.T) {
	t.Parallel()
	const most = 8400
	dir := workspace(t, "size")
	document(t, filepath.Join(dir, "documents"), "tasks")
	manifest := filepath.Join(dir, "documents", "api.yaml")
	write(t, manifest, smallAPI)
	copyTree(t, client(t, manifest, everything, "typescript"), filepath.Join(dir, "api"))
	write(t, filepath.Join(dir, "main.ts"), `import { APIClient, CentrifugoRPCClient } from "./api/index.js";
globalThis.used = [APIClient, CentrifugoRPCClient];
`)
	run(t, dir, nil, "node", npmPackage(t, "rolldown", "bin", "cli.mjs"), "main.ts", "--format", "esm", "--minify",
		"--external", "centrifuge", "--file", "bundle.js")
	var compressed bytes.Buffer
	w, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	bundle := read(t, filepath.Join(dir, "bundle.js"))
	if _, err := io.WriteString(w, bundle); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", compressed.Len())
	for _, name := range []string{"useState", "isKnown", "Variant", "no function", "rpc.ack"} { // hooks, guards, the fake, streams
		if strings.Contains(bundle, name) {
			t.Errorf("the bundle has %s in it", name)
		}
	}
	if compressed.Len() > most {
		t.Errorf("%d bytes, more than %d", compressed.Len(), most)
	}
}

// As an ES module in Node, which may lack a WebSocket, installed by the commands of
// its README. The program ends by itself.
func TestNode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyTree(t, "node", dir)
	generated(t, "typescript", filepath.Join(dir, "opensdk", "typescript"))
	broker, token := demo(t)
	for _, command := range append(commands(t, filepath.Join(dir, "opensdk", "typescript", "README.md")), "npm install ws") {
		run(t, dir, nil, "sh", "-c", command)
	}
	matches(t, run(t, dir, nil, "node", "main.mjs", broker, token))
}

// Through a proxy, as the README shows.
func TestNodeBehindProxy(t *testing.T) {
	t.Parallel()
	dir := application(t, "node")
	install(t, dir)
	broker, token := demo(t)
	newTunnel(t, broker).call(t, dir, token, "node", "proxied.mjs")
}

// application copies an application to where it finds the installed packages.
func application(t *testing.T, name string) string {
	t.Helper()
	dir := workspace(t, name)
	copyTree(t, name, dir)
	return dir
}

// workspace makes a folder whose programs find the installed packages in a folder above
// their own, as in a workspace. Turbopack follows no links out of it.
func workspace(t *testing.T, name string) string {
	t.Helper()
	npmPackage(t, "typescript")
	dir, err := os.MkdirTemp(filepath.Join(toolchain.Root(t), ".tools", "packaging"), name+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // else it stays where nobody minds
	return dir
}

// npmPackage returns a path inside an installed package.
func npmPackage(t *testing.T, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{toolchain.Root(t), ".tools", "packaging", "node_modules"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v\nRun `make tools` to install the development tools.", err)
	}
	return path
}

// compile runs the native compiler in dir, which takes a tenth of the time. Where packages
// are built as their READMEs say, that of TypeScript 5 runs.
func compile(t *testing.T, dir string) {
	t.Helper()
	compiler, err := toolchain.Find("node", "node_modules", "typescript7", "bin", "tsc")
	if err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, "node", compiler, "--pretty", "false")
}

// npmInstall installs packages of the registry for one application; what they are used with
// is in a folder above.
func npmInstall(t *testing.T, app string, packages ...string) {
	t.Helper()
	run(t, app, nil, append([]string{"npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--legacy-peer-deps", "--loglevel=error"}, packages...)...)
}

// install installs the generated package as from a registry.
func install(t *testing.T, app string) {
	t.Helper()
	archive := filepath.Join(app, "client.tgz")
	write(t, archive, packed(t))
	unpack(t, app, archive)
}

// unpack puts a packed package where the application finds it.
func unpack(t *testing.T, app, archive string) {
	t.Helper()
	target := filepath.Join(app, "node_modules", "centrifugo-client")
	if err := os.MkdirAll(target, 0o777); err != nil {
		t.Fatal(err)
	}
	run(t, app, nil, "tar", "-xzf", archive, "--strip-components=1", "-C", target)
}

// archive is the generated package as npm publishes it; "" before it is built.
var (
	archive string
	packing sync.Mutex
)

// packed builds and packs the generated package, once for all tests.
func packed(t *testing.T) string {
	t.Helper()
	packing.Lock()
	defer packing.Unlock()
	if archive == "" {
		source := workspace(t, "source")
		generatedWith(t, source, gen.Options{React: true})
		run(t, source, nil, "npm", "run", "build")
		archive = read(t, filepath.Join(source, run(t, source, nil, "npm", "pack", "--silent")))
	}
	return archive
}

// edit replaces pairs of texts in a file.
func edit(t *testing.T, name string, pairs ...string) {
	t.Helper()
	write(t, name, strings.NewReplacer(pairs...).Replace(read(t, name)))
}

// browse does steps with a page in Chromium, whose console must stay clean; see browser/main.mjs.
func browse(t *testing.T, page string, steps ...string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: the page was built but not shown, since there is no `chromium` on PATH")
	}
	dir := application(t, "browser")
	run(t, dir, nil, append([]string{"node", "main.mjs", chromium, page}, steps...)...)
}

// step is one of those that browser/main.mjs lists.
func step(words ...string) string {
	text, err := json.Marshal(words)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// query tells a page what to connect to.
func query(broker, token string) string {
	return "/?" + url.Values{"url": {broker}, "token": {token}}.Encode()
}

func get(t *testing.T, page string) string {
	t.Helper()
	response, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(html)
}

// matches checks what a program printed.
func matches(t *testing.T, printed string) {
	t.Helper()
	if !regexp.MustCompile(stats).MatchString(printed) {
		t.Errorf("the program prints %q, want %s", printed, stats)
	}
}

// vitePage builds an application in a mode and returns the address that serves it.
func vitePage(t *testing.T, dir, mode string) string {
	t.Helper()
	run(t, dir, []string{"NODE_ENV=" + mode}, "node", npmPackage(t, "vite", "bin", "vite.js"),
		"build", "--mode", mode, "--outDir", mode, "--logLevel", "warn")
	pages := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(dir, mode))))
	t.Cleanup(pages.Close)
	return pages.URL
}
