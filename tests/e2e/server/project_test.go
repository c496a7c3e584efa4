package server

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// patience ends a process that hangs, and decides nothing else.
const patience = 5 * time.Minute

// project is a copy of the example, with the handlers and programs of this folder,
// and what was generated from it.
type project struct {
	dir, wsgen string
	libraries  string // with django-ninja, which the environments have not
}

// generate copies the example, makes its database, and generates its clients as a
// developer does.
func generate(t *testing.T) *project {
	t.Helper()
	p := &project{dir: t.TempDir(), wsgen: filepath.Join(t.TempDir(), "wsgen")}
	root := toolchain.Root(t)
	p.libraries = filepath.Join(root, ".tools", "fastapi")
	for _, source := range []string{filepath.Join(root, "examples", "django"), "project", "python", "typescript", "go"} {
		p.copy(t, source, p.dir)
	}
	// What is copied is read, so that go test runs again when it has changed.
	p.copy(t, filepath.Join(root, "server", "centrifugo_rpc"), filepath.Join(p.dir, "centrifugo_rpc"))
	p.edit(t, "mypy.ini", "[mypy]\n", "[mypy]\nmypy_path = "+p.libraries+"\n")
	build := exec.Command("go", "build", "-o", p.wsgen, "./cmd/wsgen")
	build.Dir = root
	output(t, build)
	run := func(args ...string) {
		cmd := p.command(p.python(t, "3.13", append([]string{"manage.py"}, args...)...))
		cmd.Env = append(cmd.Env, "DATABASE="+filepath.Join(p.dir, "empty.sqlite3"))
		output(t, cmd)
	}
	run("migrate", "--verbosity", "0")
	run("generate_centrifugo_clients", "--output", "opensdk", "--all", "--documents", "api")
	return p
}

// copy copies a folder, without what running the example leaves in it.
func (p *project) copy(t *testing.T, source, target string) {
	t.Helper()
	err := filepath.WalkDir(source, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		switch base := entry.Name(); {
		case base == "__pycache__" || base == "opensdk" || base == "api" || base == "openapi" || base == "frontend":
			return filepath.SkipDir
		case strings.HasSuffix(base, ".sqlite3"):
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(target, name), 0o777)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(target, name), data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// edit replaces a text in a file of the project.
func (p *project) edit(t *testing.T, name, before, after string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), before, after, 1)
	if err := os.WriteFile(path, []byte(edited), 0o666); err != nil {
		t.Fatal(err)
	}
}

// python returns a command line for a version of Python.
func (p *project) python(t *testing.T, version string, args ...string) []string {
	t.Helper()
	return append([]string{toolchain.Python(t, version), "-B"}, args...)
}

// command returns a command that runs in the project.
func (p *project) command(args []string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(),
		"PYTHONPATH="+p.dir+string(os.PathListSeparator)+p.libraries,
		"DJANGO_SETTINGS_MODULE=e2e_settings",
		"PATH="+filepath.Dir(p.wsgen)+string(os.PathListSeparator)+os.Getenv("PATH"))
	return cmd
}

// database returns a new copy of the empty database.
func (p *project) database(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "empty.sqlite3"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "db.sqlite3")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// proxyTimeout is how long Centrifugo waits for the project's answer.
var proxyTimeout = regexp.MustCompile(`"timeout": "\d+s"`)

// config writes the configuration of a profile, which wsgen makes.
func (p *project) config(t *testing.T, profile, backend string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "centrifugo.json")
	args := []string{p.wsgen, "centrifugo-config", "--asyncapi", "api/api.yaml", "--profile", profile, "-o", path}
	if profile == "proxy" {
		args = append(args, "--backend", backend)
	}
	output(t, p.command(args))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Some calls wait until the worker ends, however long that takes.
	data = proxyTimeout.ReplaceAll(data, []byte(`"timeout": "120s"`))
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// source returns the generated files of a language as one text, in which no run of
// spaces is longer than one.
func (p *project) source(t *testing.T, language string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "opensdk", language, "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(strings.Join(strings.Fields(string(data)), " "))
	}
	return text.String()
}

// output runs a command to its end.
func output(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// process is a program that runs, and prints lines.
type process struct {
	cmd    *exec.Cmd
	lines  chan string   // of standard output, closed at its end
	stdout *bytes.Buffer // all of them; to be read at the end
	stderr *bytes.Buffer
}

// start starts a command, and kills it if it is still there at the test's end.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, lines: make(chan string, 1<<16), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	cmd.Stderr = p.stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(stdout)
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		timer.Stop()
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return p
}

// read takes what the process says at once: it would wait if nobody did.
func (p *process) read(stdout io.Reader) {
	defer close(p.lines)
	reader := bufio.NewReader(io.TeeReader(stdout, p.stdout))
	for {
		line, err := reader.ReadString('\n')
		if line != "" {
			p.lines <- line
		}
		if err != nil {
			return
		}
	}
}

// await returns the rest of the first line that starts so.
func (p *process) await(t *testing.T, prefix string) string {
	t.Helper()
	for line := range p.lines {
		if rest, found := strings.CutPrefix(line, prefix); found {
			return strings.TrimSpace(rest)
		}
	}
	err := p.cmd.Wait()
	t.Fatalf("%s ends before it says %q: %v\n%s", p.cmd, prefix, err, p.stderr)
	return ""
}

// drain reads to the end of the output.
func (p *process) drain() {
	for range p.lines {
		continue // nobody asks for these lines
	}
}

// end waits for the end, which must be silent and good.
func (p *process) end(t *testing.T) {
	t.Helper()
	p.drain()
	if err := p.cmd.Wait(); err != nil || p.stderr.Len() > 0 {
		t.Errorf("%s does not end well: %v\n%s", p.cmd, err, p.stderr)
	}
}

// terminate tells the process to end, as an operator does, and waits for it.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.drain()
	// uvicorn ends by the signal itself, when it is done.
	if err := p.cmd.Wait(); err != nil && err.Error() != "signal: terminated" {
		t.Errorf("%s does not end well: %v\n%s", p.cmd, err, p.stderr)
	}
}
