package main

import (
	"bufio"
	"bytes"
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// The archive is extracted, and its command generates clients.
func TestArchive(t *testing.T) {
	dir, p := packed(t)
	root := extract(t, dir, p)
	generates(t, offline(t), filepath.Join(root, "bin", "wsgen"))
	for _, name := range []string{"man/man1/wsgen.1", "bash-completion/completions/wsgen", "zsh/site-functions/_wsgen",
		"fish/vendor_completions.d/wsgen.fish", "powershell/wsgen.ps1", "doc/wsgen/LICENSE"} {
		if read(t, root, "share", name) == "" {
			t.Errorf("%s is empty", name)
		}
	}
}

// pip installs the wheel into a new environment.
func TestWheel(t *testing.T) {
	dir, _ := packed(t)
	env, pip := newVenv(t)
	install(t, dir, env, pip, "wsgen")
	root := filepath.Dir(filepath.Dir(pip))
	generates(t, env, filepath.Join(root, "bin", "wsgen"))
	read(t, root, "share", "man", "man1", "wsgen.1")
	run(t, "", env, pip, "check")
	run(t, "", env, pip, "uninstall", "--yes", "wsgen")
	if _, err := os.Stat(filepath.Join(root, "bin", "wsgen")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after pip uninstall, the command is there: %v", err)
	}
}

// install runs a command of the README that installs a package with pip.
func install(t *testing.T, dir string, env []string, pip, name string) {
	t.Helper()
	line := readmeLine(t, name)
	line = strings.NewReplacer("pip install", pip+" install", "dist/", dir+"/").Replace(line)
	run(t, "", env, "sh", "-c", line)
}

// readmeLine returns the command of the README that installs a package, for a release that is packed.
func readmeLine(t *testing.T, name string) string {
	t.Helper()
	_, section, _ := strings.Cut(read(t, toolchain.Root(t), "README.md"), "\n## Install\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, line := range strings.Split(section, "\n") {
		command, _, _ := strings.Cut(line, " #")
		rest, packs := strings.CutPrefix(strings.TrimSpace(command), "make dist PLATFORMS=host && ")
		if packs && slices.Contains(strings.Fields(strings.ReplaceAll(rest, `"`, "")), name) {
			return rest
		}
	}
	t.Fatalf("the README does not tell how to install %s", name)
	return ""
}

const handlers = `
from centrifugo_rpc import Conn, websocket_rpc
from pydantic import BaseModel


class Doubled(BaseModel):
    value: int


@websocket_rpc("numbers.double")
async def double(conn: Conn, params: Doubled) -> Doubled:
    return Doubled(value=params.value * 2)
`

// centrifugo-rpc[codegen] brings the export and the command: from handlers to clients.
func TestServerWithCommand(t *testing.T) {
	dir, _ := packed(t)
	needed := t.TempDir()
	run(t, toolchain.Root(t), nil, toolchain.Python(t, "3.13"), "-m", "pip", "download", "--quiet", "--only-binary", ":all:",
		"--dest", needed, "--constraint", "tools/requirements.txt", "pydantic", "typing_extensions")
	env, pip := newVenv(t)
	install(t, dir, append(env, "PIP_FIND_LINKS="+needed), pip, "centrifugo-rpc[codegen]")
	project, bin := t.TempDir(), filepath.Dir(pip)
	if err := os.WriteFile(filepath.Join(project, "app.py"), []byte(handlers), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, project, env, filepath.Join(bin, "python"), "-m", "centrifugo_rpc", "export", "app", "-o", "api")
	run(t, project, env, filepath.Join(bin, "wsgen"), "--asyncapi", "api/api.yaml")
	if client := read(t, project, "opensdk", "python", "client.py"); !strings.Contains(client, "async def numbers_double(") {
		t.Errorf("the client has no method:\n%s", client)
	}
}

// npm installs the package and the one of this platform, and npx finds the command.
func TestNpm(t *testing.T) {
	dir, p := packed(t)
	env, project := newProject(t)
	run(t, project, env, "sh", "-c", strings.ReplaceAll(readmeLine(t, "dist/npm/*.tgz"), "dist/", dir+"/"))
	generates(t, env, filepath.Join(project, "node_modules", ".bin", "wsgen"))
	wantVersion(t, run(t, project, env, "npx", "wsgen", "--version"))
	code, said := exit(t, project, env, "wsgen", "--bad")
	if code != 2 || !strings.Contains(said, "there is no flag --bad") {
		t.Errorf("exit code %d, and %s", code, said)
	}
	if err := os.RemoveAll(filepath.Join(project, "node_modules", filepath.FromSlash(p.npmName()))); err != nil {
		t.Fatal(err)
	}
	code, said = exit(t, project, env, "wsgen", "--version")
	if code != 127 || !strings.Contains(said, "the package "+p.npmName()+" is missing") {
		t.Errorf("exit code %d, and %s", code, said)
	}
}

// Signals go to the command, which decides what they do.
func TestNpmSignals(t *testing.T) {
	dir, p := packed(t)
	env, project := newProject(t)
	run(t, project, env, "sh", "-c", "npm install --ignore-scripts "+dir+"/npm/*.tgz")
	command := filepath.Join(project, "node_modules", filepath.FromSlash(p.npmName()), "bin", "wsgen")
	fake := `#!/usr/bin/env node
process.on("SIGTERM", () => process.exit(7));
setInterval(() => {}, 1000);
console.log("ready");
`
	if err := os.WriteFile(command, []byte(fake), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		signal syscall.Signal
		want   string
	}{{syscall.SIGTERM, "exit status 7"}, {syscall.SIGHUP, "signal: hangup"}} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(project, "node_modules", ".bin", "wsgen"))
		cmd.Env = env
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "ready\n" {
			t.Errorf("it prints %q: %v", line, err)
		}
		if err := cmd.Process.Signal(test.signal); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err == nil || err.Error() != test.want {
			t.Errorf("%v: %v, want %s", test.signal, err, test.want)
		}
	}
}

// generates runs an installed command on the example API: it writes what the goldens have.
func generates(t *testing.T, env []string, command string) {
	t.Helper()
	wantVersion(t, run(t, "", env, command, "--version"))
	example := filepath.Join(toolchain.Root(t), "fixtures", "tasks")
	project := t.TempDir()
	run(t, project, env, command, "--asyncapi", filepath.Join(example, "api.yaml"))
	for _, name := range []string{"python/client.py", "typescript/client.ts", "go/client.go"} {
		if read(t, project, "opensdk", name) != read(t, example, "opensdk", name) {
			t.Errorf("%s is not the golden", name)
		}
	}
	run(t, project, env, command, "check", "--asyncapi", filepath.Join(example, "api.yaml"))
}

// newVenv makes a virtual environment, and returns an environment for programs and the path of pip.
func newVenv(t *testing.T) (env []string, pip string) {
	t.Helper()
	venv := filepath.Join(t.TempDir(), "venv")
	run(t, "", nil, toolchain.Python(t, "3.13"), "-m", "venv", venv)
	return offline(t), filepath.Join(venv, "bin", "pip")
}

// newProject makes a folder with a package.json.
func newProject(t *testing.T) (env []string, project string) {
	t.Helper()
	project = t.TempDir()
	if err := os.WriteFile(filepath.Join(project, "package.json"), []byte(`{"private": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return offline(t), project
}

// exit runs a command that npm installed, and returns its exit code and what it prints.
func exit(t *testing.T, project string, env []string, name string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(project, "node_modules", ".bin", name), args...)
	cmd.Env = env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// The container file takes archives by the names that they have, and starts what is in them:
// a command that needs nothing of the base image.
func TestContainerfile(t *testing.T) {
	dir, p := packed(t)
	containerfile := read(t, toolchain.Root(t), "Containerfile")
	for _, arch := range []string{"amd64", "arm64"} {
		pattern := "wsgen-*-linux-" + arch + ".tar.gz"
		fits, err := filepath.Match(pattern, platform{goos: "linux", goarch: arch}.archive()+".tar.gz")
		if err != nil || !fits || !strings.Contains(strings.ReplaceAll(containerfile, "${TARGETARCH}", arch), "ADD dist/"+pattern+" /usr/local/\n") {
			t.Errorf("the container file does not take the archive for %s", arch)
		}
	}
	command := filepath.Join(extract(t, dir, p), "bin", "wsgen")
	info, err := os.Stat(command)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the command is %v, %v", info, err)
	}
	built, err := buildinfo.ReadFile(command)
	if err != nil {
		t.Fatal(err)
	}
	if static := (debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"}); !slices.Contains(built.Settings, static) {
		t.Errorf("the command may need a C library: %v", built.Settings)
	}
}
