package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// timeout is more than any document needs.
const timeout = time.Minute

// outcome is what wsgen made of a document.
type outcome struct {
	document
	number  int           // of its packages in the workspace
	codes   []string      // of the errors, each once
	first   string        // the first error
	crash   string        // what went wrong otherwise
	took    time.Duration //
	invalid []string      // languages whose package does not compile
}

func (o *outcome) generated() bool { return o.crash == "" && len(o.codes) == 0 }

// errorLine is a diagnostic in text.
var errorLine = regexp.MustCompile(`(?m)^(\S+): error: (.*) \[([a-z-]+)\]$`)

// workspace is where packages are generated and compiled: Go's are of one module and share
// a copy of the runtime.
type workspace struct{ dir, wsgen string }

func newWorkspace(dir, wsgen string) (*workspace, error) {
	w := &workspace{dir, wsgen}
	for _, folder := range []string{"go", "python", "typescript"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, err
		}
	}
	const module = "module corpus\n\ngo 1.23\n\nrequire nhooyr.io/websocket v1.8.17\n"
	if err := os.WriteFile(filepath.Join(dir, "go", "go.mod"), []byte(module), 0o644); err != nil {
		return nil, err
	}
	_, err := w.generate(document{source: source{kind: asyncAPI}, file: "fixtures/seed/api.yaml"}, 0)
	return w, err
}

// generate runs wsgen on a document.
func (w *workspace) generate(d document, number int) (*outcome, error) {
	o := &outcome{document: d, number: number}
	scratch := filepath.Join(w.dir, "manifest")
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, err
	}
	args, err := d.arguments(scratch)
	if err != nil {
		return nil, err
	}
	runtime := ""
	if number > 0 {
		runtime = ", runtime: corpus/d0/rpc"
	}
	config := fmt.Sprintf("version: 1\npython: {output: %[1]s/python/d%[2]d}\ntypescript: {output: %[1]s/typescript/d%[2]d}\n"+
		"go: {output: %[1]s/go/d%[2]d, module: none%[3]s}\n", w.dir, number, runtime)
	settings := filepath.Join(scratch, "wsgen.yaml")
	if err := os.WriteFile(settings, []byte(config), 0o644); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.wsgen, append(args, "--config", settings, "--all")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	err = cmd.Run()
	o.took = time.Since(began)
	o.judge(stderr.String(), err, ctx.Err())
	if number == 0 && !o.generated() {
		return nil, errors.New(stderr.String())
	}
	return o, nil
}

// judge reads the diagnostics of a run.
func (o *outcome) judge(diagnostics string, err, late error) {
	for _, line := range errorLine.FindAllStringSubmatch(diagnostics, -1) {
		if o.first == "" {
			o.first = line[2]
		}
		if !slices.Contains(o.codes, line[3]) {
			o.codes = append(o.codes, line[3])
		}
	}
	var exit *exec.ExitError
	switch {
	case late != nil:
		o.crash = "no end after " + timeout.String()
	case errors.As(err, &exit) && len(o.codes) == 0 || strings.Contains(diagnostics, "goroutine "):
		o.crash = strings.TrimSpace(diagnostics)
	case err != nil && exit == nil:
		o.crash = err.Error()
	}
	slices.Sort(o.codes)
}
