package packaging

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// In a new virtual environment, by the commands of the package's README: from the
// registry, and from wheels that were fetched before.
func TestPython(t *testing.T) {
	t.Parallel()
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

// The folder is installed into an empty environment, as a project depends on it, and makes a call
// from elsewhere; nothing is left in the folder.
func TestPythonInstalled(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	copyTree(t, "python", elsewhere)
	folder := filepath.Join(dir, "opensdk", "python")
	generated(t, "python", folder)
	broker, token := demo(t)
	before := entries(t, folder)
	run(t, dir, nil, toolchain.Python(t, "3.13"), "-m", "venv", "venv")
	env := []string{"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_COMPILE=1"}
	python := filepath.Join(dir, "venv", "bin", "python")
	run(t, dir, env, python, "-m", "pip", "install", "./opensdk/python")
	program := []string{python, "-I", "-B", "-X", "dev", "-W", "error", "main.py", broker, token}
	matches(t, run(t, elsewhere, env, program...))
	if after := entries(t, folder); after != before {
		t.Errorf("the folder holds\n%s\nand not\n%s", after, before)
	}
	run(t, dir, env, python, "-m", "pip", "uninstall", "-y", "opensdk-python")
	run(t, dir, env, python, "-m", "pip", "install", "--editable", "./opensdk/python")
	matches(t, run(t, elsewhere, env, program...))
}

// A project that uv manages, with the package among its sources: as a dependency by its path,
// locked, and installed so that a new generation is seen at once.
func TestUv(t *testing.T) {
	t.Parallel()
	tool, dir := t.TempDir(), t.TempDir()
	copyTree(t, "python", dir)
	generated(t, "python", filepath.Join(dir, "opensdk", "python"))
	write(t, filepath.Join(dir, "pyproject.toml"), `[project]
name = "shop"
version = "1"
requires-python = ">=3.10"
`)
	broker, token := demo(t)
	run(t, tool, nil, toolchain.Python(t, "3.13"), "-m", "venv", "venv")
	run(t, tool, nil, "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "uv==0.13.9")
	uv := filepath.Join(tool, "venv", "bin", "uv")
	env := []string{"UV_PYTHON=" + toolchain.Python(t, "3.13"), "UV_PYTHON_DOWNLOADS=never", "UV_NO_PROGRESS=1", "VIRTUAL_ENV="}
	run(t, dir, env, uv, "add", "--editable", "./opensdk/python")
	run(t, dir, env, uv, "lock", "--check")
	matches(t, run(t, dir, env, uv, "run", "--locked", "python", "-I", "-B", "-W", "error", "main.py", broker, token))
}

// entries lists a folder.
func entries(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

// What requirements.txt declares is true: the lowest versions work.
func TestPythonLowestVersions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyTree(t, "python", dir)
	folder := filepath.Join(dir, "opensdk", "python")
	generated(t, "python", folder)
	broker, token := demo(t)
	run(t, dir, nil, toolchain.Python(t, "3.10"), "-m", "venv", "venv")
	env := []string{"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_COMPILE=1"}
	install := []string{filepath.Join(dir, "venv", "bin", "python"), "-m", "pip", "install"}
	for _, requirement := range strings.Fields(read(t, filepath.Join(folder, "requirements.txt"))) {
		lowest, _, _ := strings.Cut(requirement, ",")
		install = append(install, strings.Replace(lowest, ">=", "==", 1))
	}
	run(t, dir, env, install...)
	matches(t, run(t, dir, env, install[0], "-X", "dev", "-W", "error", "main.py", broker, token))
}
