package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/schema/load"
)

// none is said where a tool has no document of its kind for a change, or sees no difference
// in it.
const none = "–"

// asked asks the tools about all changes. Each method returns a verdict for every one.
type asked struct {
	tools, dir string
	changes    []*change
}

func (a *asked) each(ask func(c *change, dir string) (string, error)) (says []string, err error) {
	for i, c := range a.changes {
		dir := filepath.Join(a.dir, strconv.Itoa(i))
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		said, err := ask(c, dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		says = append(says, said)
	}
	return says, nil
}

func (a *asked) wsgen() ([]string, error) {
	return a.each(func(c *change, _ string) (string, error) { return c.wsgen() })
}

// oasdiff tells errors and warnings apart, which are both findings here.
func (a *asked) oasdiff() ([]string, error) {
	return a.each(func(c *change, dir string) (string, error) {
		before, after := openAPI(c, 0), openAPI(c, 1)
		if before == nil || bytes.Equal(before, after) {
			return none, nil
		}
		files, err := writeBoth(dir, "openapi.json", before, after)
		if err != nil {
			return "", err
		}
		out, err := output(exec.Command(filepath.Join(a.tools, "oasdiff"), "breaking", files[0], files[1], "--format", "json"))
		if err != nil {
			return "", err
		}
		var found []struct{ Level int }
		if len(bytes.TrimSpace(out)) > 0 {
			if err := json.Unmarshal(out, &found); err != nil {
				return "", fmt.Errorf("%w\n%s", err, out)
			}
		}
		if len(found) > 0 {
			return breaks, nil
		}
		return fine, nil
	})
}

// asyncapi runs @asyncapi/diff over the bundles: all in one process.
func (a *asked) asyncapi() ([]string, error) {
	script := filepath.Join(a.dir, "diff.mjs")
	if err := os.WriteFile(script, []byte(diffScript), 0o666); err != nil {
		return nil, err
	}
	args := []string{script, filepath.Join(a.tools, "node_modules", "@asyncapi", "diff", "lib", "index.js")}
	_, err := a.each(func(c *change, dir string) (string, error) {
		var bundles [2][]byte
		for version := range bundles {
			bundle, _, problems := load.Bundle(c.manifest(version))
			if problems.HasErrors() {
				return "", errors.New(problems[0].Message)
			}
			bundles[version] = []byte(bundle.JSON())
		}
		files, err := writeBoth(dir, "asyncapi.json", bundles[0], bundles[1])
		args = append(args, files[:]...)
		return "", err
	})
	if err != nil {
		return nil, err
	}
	out, err := output(exec.Command("node", args...))
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(out)), nil
}

// diffScript prints a verdict for each pair of files. What the library has no rule for is
// "unclassified", and so no verdict.
const diffScript = `import fs from "node:fs";
const [, , library, ...files] = process.argv;
const { diff } = (await import(library)).default;
const inlined = (file) => {
  const doc = JSON.parse(fs.readFileSync(file, "utf8"));
  const target = (ref) => ref.slice(2).split("/").reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], doc);
  const copy = (n, open) => {
    if (Array.isArray(n)) return n.map((item) => copy(item, open));
    if (n === null || typeof n !== "object") return n;
    if (typeof n.$ref === "string") return open.includes(n.$ref) ? {} : copy(target(n.$ref), [...open, n.$ref]);
    return Object.fromEntries(Object.entries(n).map(([key, value]) => [key, copy(value, open)]));
  };
  return copy(doc, []);
};
for (let i = 0; i < files.length; i += 2) {
  const found = diff(inlined(files[i]), inlined(files[i + 1]));
  const [breaking, other, unsure] = [found.breaking(), found.nonBreaking(), found.unclassified()].map((list) => list.length);
  console.log(breaking ? "wire" : unsure ? "` + none + `" : "fine");
}
`

// buf looks at the wire, Protobuf's and JSON's, and else at files, which is what code depends on.
func (a *asked) buf() ([]string, error) {
	return a.each(func(c *change, dir string) (string, error) {
		before, after := protobuf(c)
		if before == "" || before == after {
			return none, nil
		}
		for name, data := range map[string]string{"before": before, "after": after} {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
				return "", err
			}
			if err := os.WriteFile(filepath.Join(dir, name, "api.proto"), []byte(data), 0o666); err != nil {
				return "", err
			}
		}
		for _, level := range []struct{ says, category string }{{breaks, "WIRE_JSON"}, {inCode, "FILE"}} {
			cmd := exec.Command(filepath.Join(a.tools, "node_modules", ".bin", "buf"), "breaking", "--against", "../before",
				"--config", fmt.Sprintf(`{"version":"v2","breaking":{"use":[%q]}}`, level.category), "--error-format", "json")
			cmd.Dir = filepath.Join(dir, "after")
			out, err := cmd.Output()
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 100 {
				return level.says, nil
			} else if err != nil {
				return "", fmt.Errorf("%w: %s\n%s", err, out, after)
			}
		}
		return fine, nil
	})
}

func writeBoth(dir, name string, before, after []byte) (files [2]string, err error) {
	files = [2]string{filepath.Join(dir, "before-"+name), filepath.Join(dir, "after-"+name)}
	if err := os.WriteFile(files[0], before, 0o666); err != nil {
		return files, err
	}
	return files, os.WriteFile(files[1], after, 0o666)
}

// output runs a program, and says what it printed if it fails.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s%s", err, stderr.String(), out)
	}
	return out, nil
}
