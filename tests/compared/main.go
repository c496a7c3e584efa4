// Command compared asks other tools about the changes of changes.yaml, and writes what they
// say into docs/breaking-compared.md. Each tool gets the change as a document of its own kind:
// oasdiff an OpenAPI document with a POST per method and a GET per event, @asyncapi/diff the
// bundle that wsgen writes, buf a Protobuf service. It installs the tools into .tools/compared.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The versions that are asked.
const (
	oasdiffVersion  = "v1.38.0"
	asyncapiVersion = "0.5.0"
	bufVersion      = "1.75.0"
)

func main() {
	if err := run(".tools/compared", "tests/compared/changes.yaml", "docs/breaking-compared.md"); err != nil {
		fmt.Fprintln(os.Stderr, "compared:", err)
		os.Exit(1)
	}
}

func run(tools, table, page string) error {
	tools, err := filepath.Abs(tools)
	if err != nil {
		return err
	}
	if err := install(tools); err != nil {
		return err
	}
	changes, err := readChanges(table)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "compared-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	asked := &asked{tools: tools, dir: dir, changes: changes}
	columns := []column{{name: "wsgen"}, {name: "oasdiff"}, {name: "@asyncapi/diff"}, {name: "buf breaking"}}
	for i, ask := range []func() ([]string, error){asked.wsgen, asked.oasdiff, asked.asyncapi, asked.buf} {
		if columns[i].says, err = ask(); err != nil {
			return fmt.Errorf("%s: %w", columns[i].name, err)
		}
	}
	return os.WriteFile(page, []byte(write(changes, columns)), 0o666)
}

// install gets the tools from their registries, unless they are there.
func install(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	steps := []*exec.Cmd{
		exec.Command("go", "install", "github.com/oasdiff/oasdiff@"+oasdiffVersion),
		exec.Command("npm", "install", "--no-save", "--ignore-scripts", "@asyncapi/diff@"+asyncapiVersion, "@bufbuild/buf@"+bufVersion),
	}
	steps[0].Env = append(os.Environ(), "GOBIN="+dir)
	steps[1].Args = append(steps[1].Args, "--prefix", dir)
	for _, cmd := range steps {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
		}
	}
	return nil
}
