package packaging

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// The quickstart's commands, as they are printed but for the ports, in an empty
// environment: pip installs what it names, the last command makes a call.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	root := toolchain.Root(t)
	source := filepath.Join(root, "examples", "quickstart")
	// Beside it, since the commands name folders of the repository.
	dir, err := os.MkdirTemp(filepath.Dir(source), ".quickstart-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // else it stays where git ignores it
	application, broker := port(t), port(t)
	ports := strings.NewReplacer("9000", application, "8000", broker, ".json &", ".json --port "+broker+" &")
	readme := read(t, filepath.Join(source, "README.md"))
	for _, name := range []string{"hello.py", "call.py", "secrets.env"} {
		text := read(t, filepath.Join(source, name))
		write(t, filepath.Join(dir, name), ports.Replace(text))
		if strings.HasSuffix(name, ".py") && !strings.Contains(readme, "```python\n"+text+"```") {
			t.Errorf("the README does not show %s as it is", name)
		}
	}
	commands := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(readme)[1]
	if n := strings.Count(commands, "\n"); n > 10 {
		t.Errorf("the quickstart has %d commands, want ten at most", n)
	}
	wanted := regexp.MustCompile("(?s)```\n(Hello.*?)\n```").FindStringSubmatch(readme)[1]

	env := []string{
		"PATH=" + filepath.Dir(toolchain.Python(t, "3.13")) + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"RPC_WORKER_API_URL=" + ports.Replace("http://127.0.0.1:8000/api"),
		"PYTHONPATH=",
	}
	script := "set -eu\ntrap 'kill $(jobs -p)' EXIT\n" + ports.Replace(commands)
	printed := run(t, dir, env, "bash", "-c", script)
	if !strings.HasSuffix(printed, "\n"+wanted) {
		t.Errorf("the quickstart prints:\n%s\nwant at the end:\n%s", printed, wanted)
	}
}

func port(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	return port
}
