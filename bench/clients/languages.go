package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// language is one of the programs that are measured.
type language struct {
	name string
	// build builds the program in dir and returns the command that starts it.
	build func(dir string) (*exec.Cmd, error)
}

var languages = []language{
	{"Go", buildGo},
	{"TypeScript", buildTypeScript},
	{"Python", buildPython},
}

func buildGo(dir string) (*exec.Cmd, error) {
	program := filepath.Join(dir, "client")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join(folder, "go")
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	return exec.Command(program), tool(build)
}

func buildTypeScript(dir string) (*exec.Cmd, error) {
	modules, err := filepath.Abs(filepath.Join(".tools", "node", "node_modules"))
	if err != nil {
		return nil, err
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o666); err != nil {
		return nil, err
	}
	build := exec.Command("node", filepath.Join(modules, "typescript", "bin", "tsc"), "--pretty", "false",
		"-p", filepath.Join(folder, "typescript"), "--noEmit", "false", "--outDir", dir)
	return exec.Command("node", filepath.Join(dir, folder, "typescript", "main.js")), tool(build)
}

func buildPython(string) (*exec.Cmd, error) {
	run := exec.Command(filepath.Join(".tools", "py313", "bin", "python"), "-B", filepath.Join(folder, "python", "main.py"))
	run.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join("fixtures", "tasks"))
	return run, nil
}

// tool runs a tool to its end.
func tool(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}
