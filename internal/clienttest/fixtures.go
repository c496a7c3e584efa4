package clienttest

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/text"
)

// The programs of fixtures/unions and of its neighbours are type-checked beside fixtures/tasks,
// with the client that is there. The functions below start one with the client of another API,
// whose files are given. A program answers each line of its input with one of its output.

// QuickBuild are flags of go build that leave out what makes programs fast: compiling a large
// client takes longer than their run.
var QuickBuild = []string{"-gcflags=" + goModule + "=-N -l -dwarf=false", "-ldflags=-s -w"}

// GoProgram builds the program in a folder of the test, and takes further flags of go build.
func GoProgram(t testing.TB, folder string, files []gen.File, flags ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	copyFolder(t, dir, folder)
	WriteFiles(t, filepath.Join(dir, "opensdk"), files)
	return begin(t)(BuildGo(dir, flags...))(t.Context())
}

// PythonProgram starts main.py of a folder of the test.
func PythonProgram(t testing.TB, folder string, files []gen.File) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	copyFolder(t, dir, folder)
	WriteFiles(t, filepath.Join(dir, "opensdk"), files)
	return begin(t)(Python(dir, "3.13", "main.py", "-W", "error"))(t.Context(), filepath.Join(dir, "opensdk"))
}

// TypeScriptProgram compiles a program of the folder typescript of the test, which imports the
// client from "../../tasks/opensdk/typescript".
func TypeScriptProgram(t testing.TB, program string, files []gen.File) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	copyFolder(t, filepath.Join(dir, "test", "typescript"), "typescript")
	WriteFiles(t, filepath.Join(dir, "tasks", "opensdk"), files)
	return begin(t)(BuildTypeScript(dir, "test/typescript/"+program))(t.Context())
}

// begin fails a test if a program cannot be built.
func begin(t testing.TB) func(Start, error) Start {
	return func(start Start, err error) Start {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return start
	}
}

func copyFolder(t testing.TB, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// WriteFiles writes generated files below dir.
func WriteFiles(t testing.TB, dir string, files []gen.File) {
	t.Helper()
	if err := writeFiles(dir, files); err != nil {
		t.Fatal(err)
	}
}

// Ask lets a program answer all requests.
func Ask[Request, Answer any](t testing.TB, cmd *exec.Cmd, requests []Request) []Answer {
	t.Helper()
	var in, stderr bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, r := range requests {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%.6000s", cmd, err, stderr.String())
	}
	answers := make([]Answer, len(requests))
	dec := json.NewDecoder(bytes.NewReader(out))
	for i := range answers {
		if err := dec.Decode(&answers[i]); err != nil {
			t.Fatalf("answer %d of %d: %v", i+1, len(answers), err)
		}
	}
	if dec.More() {
		t.Fatalf("more than %d answers", len(answers))
	}
	return answers
}

// Documents reads documents that are given as text, by their names.
func Documents(documents map[string]string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if document, ok := documents[name]; ok {
			return []byte(document), nil
		}
		return nil, fs.ErrNotExist
	}
}

// FailOn fails a test if one of the diagnostics is an error.
func FailOn(t testing.TB, diags text.Diagnostics) {
	t.Helper()
	if diags.HasErrors() {
		t.Fatal(problems(diags))
	}
}
