package clienttest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// goModule is the module that generated Go clients have by default.
const goModule = "example.com/centrifugo_client"

// BuildGo builds the program in dir with the Go client beside it. It completes the
// program's go.mod, or writes one, and takes further flags of go build.
func BuildGo(dir string, flags ...string) (Start, error) {
	if err := completeModule(dir); err != nil {
		return nil, err
	}
	if err := run(dir, append([]string{"go", "build", "-o", "program"}, flags...)...); err != nil {
		return nil, err
	}
	return func(ctx context.Context, args ...string) *exec.Cmd {
		return exec.CommandContext(ctx, filepath.Join(dir, "program"), args...)
	}, nil
}

// completeModule makes the program's module require the client beside it.
func completeModule(dir string) error {
	mod := filepath.Join(dir, "go.mod")
	if _, err := os.Stat(mod); errors.Is(err, fs.ErrNotExist) {
		if err := write(mod, []byte("module program\n\ngo 1.23\n")); err != nil {
			return err
		}
	}
	sum, err := os.ReadFile(filepath.Join(dir, "opensdk", "go", "go.sum"))
	if err != nil {
		return err
	}
	if err := write(filepath.Join(dir, "go.sum"), sum); err != nil {
		return err
	}
	return run(dir, "go", "mod", "edit", "-require="+goModule+"@v0.0.0", "-replace="+goModule+"=./opensdk/go")
}
