package clienttest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// CheckPython type-checks modules of a program in dir, by their files or folders, for the
// oldest version of Python.
func CheckPython(dir string, modules ...string) error {
	mypy, err := toolchain.Mypy("3.10")
	if err != nil {
		return err
	}
	return run(dir, append(mypy, modules...)...)
}

// Python starts the program main in dir with the Python client beside it, on a version
// of Python and with further flags of it.
func Python(dir, version, main string, flags ...string) (Start, error) {
	python, err := toolchain.FindPython(version)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, python, slices.Concat([]string{"-B"}, flags, []string{filepath.Join(dir, main)}, args)...)
		// Without a buffer Python writes only what a pipe takes at once of a long line.
		cmd.Env = append(os.Environ(), "PYTHONPATH="+dir, "PYTHONUNBUFFERED=")
		return cmd
	}, nil
}
