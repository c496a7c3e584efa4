package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var updateScripts = flag.Bool("update-scripts", false, "rewrite the texts that scripts compare with: read them before you commit them")

// TestMain lets scripts run the command as a program called wsgen.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"wsgen": main})
}

// Each script is a scenario of use, in a folder of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *updateScripts,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values[snapshotKey{}] = map[string]tree{}
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "mounts": // whether a script may mount, for itself alone
				return exec.Command("unshare", "--map-root-user", "--mount", "true").Run() == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":      code,
			"tree":      printTree,
			"snapshot":  snapshot,
			"unchanged": unchanged,
			"same":      same,
			"json":      jsonValue,
		},
	})
}

// code runs a program that must end with an exit code: code 2 wsgen --bad
func code(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

// printTree prints the path of every file below a folder: tree opensdk
func printTree(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 1)
	files := readTree(ts, args[0])
	for _, name := range files.names() {
		if !files[name].info.IsDir() {
			fmt.Fprintln(ts.Stdout(), name)
		}
	}
}

type snapshotKey struct{}

// snapshot keeps the state of a folder, for the command unchanged: snapshot opensdk
func snapshot(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 1)
	snapshots(ts)[args[0]] = readTree(ts, args[0])
}

func snapshots(ts *testscript.TestScript) map[string]tree {
	return ts.Value(snapshotKey{}).(map[string]tree)
}

// unchanged compares a folder with its snapshot: no file or folder was written,
// replaced, added or removed, not even by the same content: unchanged opensdk
func unchanged(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 1)
	before, after := snapshots(ts)[args[0]], readTree(ts, args[0])
	if before == nil {
		ts.Fatalf("there is no snapshot of %s", args[0])
	}
	if diff := before.differences(after, touched); diff != nil {
		ts.Fatalf("%s has changed: %q", args[0], diff)
	}
}

// same checks that a folder has the same content as one of the others, but for READMEs
// and pyproject.toml, which name the folder: same a b c
func same(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, false, args, 2)
	got := readTree(ts, args[0])
	var diffs []string
	for _, other := range args[1:] {
		diff := readTree(ts, other).differences(got, generatedElse)
		if diff == nil {
			if neg {
				ts.Fatalf("%s is the same as %s", args[0], other)
			}
			return
		}
		diffs = append(diffs, fmt.Sprintf("%s: %q", other, diff))
	}
	if !neg {
		ts.Fatalf("%s differs from %q", args[0], diffs)
	}
}

// jsonValue checks that a file, or stdout, is one JSON value: json stdout
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, false, args, 1)
	if valid := json.Valid([]byte(ts.ReadFile(args[0]))); valid == neg {
		ts.Fatalf("%s is JSON: %v", args[0], valid)
	}
}

func wantArgs(ts *testscript.TestScript, neg bool, args []string, n int) {
	if neg || len(args) < n {
		ts.Fatalf("a command of script_test.go has wrong arguments")
	}
}

// tree holds the files and folders below a folder, by path.
type tree map[string]node

type node struct {
	info fs.FileInfo
	data []byte
}

func readTree(ts *testscript.TestScript, dir string) tree {
	root := ts.MkAbs(dir)
	found := tree{}
	ts.Check(filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		n := node{}
		if n.info, err = os.Lstat(name); err != nil {
			return err
		}
		if e.Type().IsRegular() {
			n.data, err = os.ReadFile(name)
		}
		rel, _ := filepath.Rel(root, name)
		found[filepath.ToSlash(rel)] = n
		return err
	}))
	return found
}

func (t tree) names() []string {
	var names []string
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// differences returns the paths that only one of two trees has, and those for which differ
// is true.
func (t tree) differences(other tree, differ func(a, b node) bool) []string {
	var differing []string
	for _, name := range t.names() {
		if b, found := other[name]; !found || differ(t[name], b) {
			differing = append(differing, name)
		}
	}
	for _, name := range other.names() {
		if _, found := t[name]; !found {
			differing = append(differing, name)
		}
	}
	return differing
}

func rewritten(a, b node) bool {
	return a.info.IsDir() != b.info.IsDir() || !bytes.Equal(a.data, b.data)
}

// generatedElse compares without what names the folder, and without its hashes in the records.
func generatedElse(a, b node) bool {
	if name := a.info.Name(); name == "README.md" || name == "pyproject.toml" {
		return false
	}
	hash := regexp.MustCompile(`.*"(README.md|pyproject.toml)": .*`)
	a.data, b.data = hash.ReplaceAll(a.data, nil), hash.ReplaceAll(b.data, nil)
	return rewritten(a, b)
}

func touched(a, b node) bool {
	return rewritten(a, b) || !os.SameFile(a.info, b.info) ||
		!a.info.ModTime().Equal(b.info.ModTime()) || a.info.Mode() != b.info.Mode()
}
