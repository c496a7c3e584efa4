// Package packaging uses the generated packages as their users do: through the
// bundlers, package managers and proxies of their languages, against the demo broker.
package packaging

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// patience bounds every wait: it ends a run that hangs, and decides nothing else.
const patience = 5 * time.Minute

// stats is what every program here prints for the demo's user.
const stats = `^456 has \d+ tasks$`

// generated copies the package of a language into dir.
func generated(t *testing.T, language, dir string) {
	t.Helper()
	copyTree(t, filepath.Join(toolchain.Root(t), "fixtures", "tasks", "opensdk", language), dir)
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// run executes a command in dir and returns its output. Variables of env come on
// top of the test's own.
func run(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "MAKELEVEL=", "MAKEFLAGS="), env...) // make may run the tests, too
	cmd.WaitDelay = time.Second
	stop := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }) // it may have ended
	defer stop.Stop()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return strings.TrimSpace(stdout.String())
}

// server starts a program that runs until the test ends, and returns what follows
// each of the words in its output, which it waits for.
func server(t *testing.T, dir string, env []string, words []string, args ...string) []string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed
	})
	t.Cleanup(stop)
	defer time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }).Stop()

	var found []string
	lines := bufio.NewScanner(stdout)
	for len(found) < len(words) && lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), words[len(found)]); ok {
			found = append(found, strings.TrimSpace(after))
		}
	}
	if len(found) < len(words) {
		stop()
		t.Fatalf("%s does not start:\n%s", strings.Join(args, " "), stderr.String())
	}
	go func() {
		for lines.Scan() {
			// Read on, so that the program does not wait for us.
		}
	}()
	return found
}

// buildBroker builds wsgen-broker once: no test starts it while another one writes it.
var buildBroker = sync.OnceValues(func() (string, error) {
	root, err := toolchain.FindRoot()
	if err != nil {
		return "", err
	}
	return brokertest.Build(root, filepath.Join(root, ".tools", "build"))
})

// broker returns the path of wsgen-broker.
func broker(t *testing.T) string {
	t.Helper()
	program, err := buildBroker()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// demo starts the demo broker and returns the URL and the token for a client.
func demo(t *testing.T) (url, token string) {
	t.Helper()
	found := server(t, "", nil, []string{"url:", "token:"}, broker(t), "--demo", "--port", "0", "--event-interval", "100ms")
	return found[0], found[1]
}
