//go:build unix

package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// TestReadmeFirstSteps runs the commands of the README's "Try it" as they are
// written there, with more arguments where they would write into the checkout or
// need the port 8000.
func TestReadmeFirstSteps(t *testing.T) {
	root := toolchain.Root(t)
	commands, printed := firstSteps(t, filepath.Join(root, "README.md"))
	generate, serve, call := commands[0], commands[1], commands[2]

	out := t.TempDir()
	shell(t, root, generate+" --output "+out)
	client := filepath.Join(root, "fixtures", "tasks", "opensdk", "go")
	for _, pattern := range []string{"*.go", filepath.Join("rpc", "*.go")} {
		sources, err := filepath.Glob(filepath.Join(client, pattern))
		if err != nil || len(sources) == 0 {
			t.Fatal("no client for the program of the next step: ", err)
		}
		for _, source := range sources {
			name, err := filepath.Rel(client, source)
			if err != nil {
				t.Fatal(err)
			}
			if readFile(t, filepath.Join(out, "go", name)) != readFile(t, source) {
				t.Errorf("%s is not what the program of the next step is built with", name)
			}
		}
	}

	url := startDemo(t, root, serve+" --port 0 --log-level error")
	// The demo counts the priority up with each event.
	priority := regexp.MustCompile(`priority \d`)
	got := priority.ReplaceAllString(shell(t, root, call+" "+url), "priority 1")
	if got != printed {
		t.Errorf("the program prints\n%sand the README says\n%s", got, printed)
	}
}

// firstSteps returns the commands of the README's "Try it", and what the third
// one prints. The last command is for the tests themselves.
func firstSteps(t *testing.T, readme string) (commands []string, printed string) {
	t.Helper()
	_, section, _ := strings.Cut(readFile(t, readme), "\n## Try it\n")
	section, _, _ = strings.Cut(section, "\nThe [quickstart]")
	for i, text := range strings.Split(section, "\n```") {
		switch language, code, _ := strings.Cut(text, "\n"); {
		case i%2 == 0: // between blocks
		case language == "sh":
			commands = append(commands, code)
		default:
			printed = code + "\n"
		}
	}
	if len(commands) != 4 || commands[3] != "make test" || printed == "" {
		t.Fatalf("the README's first steps are %q, and print %q", commands, printed)
	}
	return commands, printed
}

// shell runs a command to its end and returns what it prints.
func shell(t *testing.T, dir, command string) string {
	t.Helper()
	run := exec.CommandContext(t.Context(), "sh", "-c", command)
	run.Dir, run.Stderr = dir, os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// startDemo runs the broker's command until the test ends, and returns the URL that
// it prints.
func startDemo(t *testing.T, dir, command string) string {
	t.Helper()
	run := exec.Command("sh", "-c", command)
	run.Dir, run.Stderr = dir, os.Stderr
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // "go run" hands no signal on
	stdout, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Kill(-run.Process.Pid, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, stdout) // until the broker itself has ended
		_ = run.Wait()                     // by the signal
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "url:"); ok {
			return strings.TrimSpace(url)
		}
	}
	t.Fatalf("%s printed no URL: %v", command, lines.Err())
	return ""
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
