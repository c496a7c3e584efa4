// Package clienttest builds programs around generated clients, for tests and
// benchmarks. A program gets a folder of its own, in which the client that it imports
// stands beside it:
//
//	main.go, main.py or main.ts   the program
//	opensdk/go, opensdk/python …  what wsgen generates
package clienttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// Start returns a command that starts a program with arguments. The context's end
// kills it.
type Start func(ctx context.Context, args ...string) *exec.Cmd

// Load returns the plan of the API that a manifest describes.
func Load(manifest string) (*plan.Plan, error) {
	model, diags := load.Load(load.Options{AsyncAPI: manifest, Read: os.ReadFile})
	if diags.HasErrors() {
		return nil, problems(diags)
	}
	return plan.New(model), nil
}

// Write copies a program into dir and generates the client of an API beside it.
func Write(dir string, program fs.FS, api *plan.Plan, generate gen.Func) error {
	if err := os.CopyFS(dir, program); err != nil {
		return err
	}
	files, diags := generate(api, gen.Options{})
	if diags.HasErrors() {
		return problems(diags)
	}
	return writeFiles(filepath.Join(dir, "opensdk"), files)
}

func writeFiles(dir string, files []gen.File) error {
	for _, f := range files {
		if err := write(filepath.Join(dir, filepath.FromSlash(f.Path)), f.Data); err != nil {
			return err
		}
	}
	return nil
}

// problems are diagnostics as users see them.
func problems(diags text.Diagnostics) error {
	var b strings.Builder
	diags.Print(&b, "text", false)
	return errors.New(b.String())
}

// write creates a file and the folders above it.
func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o666)
}

// run runs a tool to its end in dir.
func run(dir string, args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -trimpath", "GOGC=400")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
