package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// watching is a run of wsgen --watch in a folder of its own.
type watching struct {
	t     *testing.T
	lines chan string
	said  []string
	end   context.CancelFunc
	code  chan int
}

func watch(t *testing.T, files map[string]string, args ...string) *watching {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, data := range files {
		write(t, name, data)
	}
	ctx, end := context.WithCancel(t.Context())
	r, out := io.Pipe()
	w := &watching{t: t, lines: make(chan string), end: end, code: make(chan int, 1)}
	go func() {
		defer close(w.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			w.lines <- s.Text()
		}
	}()
	go func() {
		w.code <- run(ctx, append([]string{"wsgen", "--watch"}, args...), strings.NewReader(""), io.Discard, out)
		out.Close()
	}()
	return w
}

// says waits until wsgen prints a line that matches.
func (w *watching) says(pattern string) {
	w.t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(30 * time.Second)
	for {
		select {
		case line, open := <-w.lines:
			if !open {
				w.t.Fatalf("wsgen ended before it said %q:\n%s", pattern, strings.Join(w.said, "\n"))
			}
			if w.said = append(w.said, line); re.MatchString(line) {
				return
			}
		case <-deadline:
			w.t.Fatalf("wsgen does not say %q:\n%s", pattern, strings.Join(w.said, "\n"))
		}
	}
}

// ends stops wsgen, as Ctrl-C does.
func (w *watching) ends() {
	w.t.Helper()
	w.end()
	for line := range w.lines {
		w.said = append(w.said, line)
	}
	if code := <-w.code; code != exitOK {
		w.t.Errorf("exit code %d:\n%s", code, strings.Join(w.said, "\n"))
	}
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

// writes waits until a file holds a text at the end of a run, which prints a line that matches.
// What was read while it was half written is read again by the next run.
func (w *watching) writes(pattern, name, text string) {
	w.t.Helper()
	for {
		w.says(pattern)
		if data, err := os.ReadFile(name); err == nil && strings.Contains(string(data), text) {
			return
		}
	}
}

const (
	watchedAPI    = "asyncapi: 3.1.0\ninfo: {title: T, version: 1.0.0}\nx-rpc: {methods: {one: {params: {$ref: 'models/m.json#/$defs/P'}}}}\n"
	watchedModels = `{"$defs": {"P": {"type": "object", "properties": {"first": {"type": "string"}}}}}`
)

// wsgen --watch follows the manifest, what it refers to, and the settings. Mistakes do not
// end it, and files that come and go are found again.
func TestWatch(t *testing.T) {
	w := watch(t, map[string]string{"api.yaml": watchedAPI, "models/m.json": watchedModels}, "--asyncapi", "api.yaml", "--typescript")
	w.writes("watching 3 files", "opensdk/typescript/types.ts", "first?")

	write(t, "models/m.json", strings.Replace(watchedModels, "first", "second", 1))
	w.says("models/m.json has changed")
	w.writes("watching", "opensdk/typescript/types.ts", "second?")

	write(t, "api.yaml", strings.Replace(watchedAPI, "/P'", "/Q'", 1))
	w.says(`no definition "Q"`)
	w.says("watching")

	if err := os.Remove("api.yaml"); err != nil {
		t.Fatal(err)
	}
	w.says("no such file")
	w.says("watching")
	write(t, "api.tmp", strings.Replace(watchedAPI, "one", "two", 1))
	if err := os.Rename("api.tmp", "api.yaml"); err != nil { // as editors do
		t.Fatal(err)
	}
	w.says("api.yaml has changed")
	w.writes("watching", "opensdk/typescript/client.ts", "two(")

	write(t, "wsgen.yaml", "version: 1\nrename: {methods: {two: three}}\n")
	w.says("wsgen.yaml has changed")
	w.writes("watching", "opensdk/typescript/client.ts", "three(")
	write(t, "wsgen.yaml", "version: 2\n")
	w.says("config-version")
	w.says("watching")
	w.ends()
}

// With watch.command, sources are followed, too: in folders that are new as well. What the
// command writes does not start another run.
func TestWatchSources(t *testing.T) {
	w := watch(t, map[string]string{
		"app/main.py":   watchedAPI,
		"models/m.json": watchedModels,
		"wsgen.yaml":    "version: 1\nasyncapi: api.yaml\nlanguages: [go]\nwatch: {command: 'cat app/*.py app/*/*.py 2>/dev/null > api.yaml; test -e app/main.py', files: ['app/**/*.py']}\n",
	})
	w.writes("watching 4 files", "opensdk/go/client.go", "One(")

	write(t, "app/main.py", strings.Replace(watchedAPI, "one", "two", 1))
	w.says("app/main.py has changed")
	w.writes("watching", "opensdk/go/client.go", "Two(")

	write(t, "app/more/events.py", "# A comment.\n")
	w.says("app/more/events.py has changed")
	w.writes("watching 5 files", "api.yaml", "A comment.")

	if err := os.Remove("app/main.py"); err != nil {
		t.Fatal(err)
	}
	w.says("exit status 1")
	w.says("watch.command")
	write(t, "app/main.py", watchedAPI)
	w.says("app/main.py has changed")
	w.writes("watching 5 files", "opensdk/go/client.go", "One(")
	w.ends()
	for _, line := range w.said {
		if strings.Contains(line, "api.yaml has changed") {
			t.Errorf("what the command wrote counts as a change:\n%s", strings.Join(w.said, "\n"))
		}
	}
}

// Standard input cannot be watched.
func TestWatchStandardInput(t *testing.T) {
	if code := run(t.Context(), []string{"wsgen", "--watch", "--asyncapi", "-"}, strings.NewReader(""), io.Discard, io.Discard); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, file string
		want          bool
	}{
		{"app/**/*.py", "app/a.py", true},
		{"app/**/*.py", "app/b/c/a.py", true},
		{"app/**/*.py", "app/a.pyc", false},
		{"app/*.py", "app/b/a.py", false},
		{"größe/?.py", "größe/ä.py", true},
		{"app.py", "appxpy", false},
	} {
		if got := matches(c.pattern, c.file); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.file, got)
		}
	}
}
