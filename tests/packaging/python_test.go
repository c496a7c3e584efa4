package packaging

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// In a new virtual environment, by the commands of the package's README: from the
// registry, and from wheels that were fetched before.
func TestPython(t *testing.T) {
	dir := t.TempDir()
	copyTree(t, "python", dir)
	generated(t, "python", filepath.Join(dir, "opensdk", "python"))
	broker, token := demo(t)
	readme := filepath.Join(dir, "opensdk", "python", "README.md")
	run(t, dir, nil, toolchain.Python(t, "3.10"), "-m", "venv", "venv")
	env := []string{
		"PATH=" + filepath.Join(dir, "venv", "bin") + ":" + os.Getenv("PATH"), "PIP_DISABLE_PIP_VERSION_CHECK=1",
		"PIP_NO_COMPILE=1", // Python compiles what the program imports, and pip would all there is
	}
	for _, command := range commands(t, readme) {
		run(t, dir, env, "sh", "-c", command)
	}
	program := []string{filepath.Join(dir, "venv", "bin", "python"), "-X", "dev", "-W", "error", "main.py"}
	matches(t, run(t, dir, env, append(program, broker, token)...))
	newTunnel(t, broker).call(t, dir, token, program...)
}
