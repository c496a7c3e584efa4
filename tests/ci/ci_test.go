// Package ci tests what runs wsgen in CI: the GitHub Action, the GitLab template and the
// hooks for pre-commit, in a repository with a branch that breaks clients.
package ci

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/wsgen/wsgen/internal/toolchain"
)

const (
	before = "asyncapi: 3.1.0\ninfo: {title: Tasks, version: 1.2.0}\nx-rpc: {methods: {tasks.get: {}, tasks.delete: {}}}\n"
	after  = "asyncapi: 3.1.0\ninfo: {title: Tasks, version: 1.3.0}\nx-rpc: {methods: {tasks.get: {}}}\n"
)

// repository is a clone of a project, whose folder app has a wsgen.yaml and clients that are
// up to date.
type repository struct {
	t        *testing.T
	dir, bin string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	root := t.TempDir()
	r := &repository{t: t, dir: filepath.Join(root, "clone"), bin: filepath.Join(root, "bin")}
	build := exec.Command("go", "build", "-o", filepath.Join(r.bin, "wsgen"), "./cmd/wsgen")
	build.Dir = toolchain.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	origin := &repository{t, filepath.Join(root, "origin"), r.bin}
	origin.write("app/api.yaml", before)
	origin.write("app/wsgen.yaml", "version: 1\nasyncapi: api.yaml\nlanguages: [go]\noutput: sdk\n")
	origin.must("app", "wsgen")
	origin.must(".", "git", "init", "-q", "-b", "main")
	origin.commit()
	r.must("", "git", "clone", "-q", "file://"+origin.dir, r.dir)
	return r
}

func (r *repository) write(name, data string) {
	r.t.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(data), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) commit() {
	r.t.Helper()
	r.must(".", "git", "add", ".")
	r.must(".", "git", "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "more")
}

// run runs a program in a folder of the repository and returns its output and exit code.
func (r *repository) run(dir string, env []string, args ...string) (string, int) {
	r.t.Helper()
	cmd := exec.Command("env", args...) // which looks for programs on the PATH below
	if dir != "" {
		cmd.Dir = filepath.Join(r.dir, dir)
	}
	cmd.Env = append(os.Environ(), "PATH="+r.bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+filepath.Dir(r.bin))
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (r *repository) must(dir string, args ...string) string {
	r.t.Helper()
	out, code := r.run(dir, nil, args...)
	if code != 0 {
		r.t.Fatalf("%q: exit code %d\n%s", args, code, out)
	}
	return out
}

func (r *repository) read(name string) string {
	r.t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s has no %q:\n%s", what, part, text)
		}
	}
}

// action is what a test needs of action.yml.
type action struct {
	Inputs map[string]struct{ Description, Default string }
	Runs   struct {
		Steps []struct {
			Name, If, Shell, Run string
			WorkingDirectory     string `yaml:"working-directory"`
			Env                  map[string]string
		}
	}
}

// The Action's steps run as GitHub runs them, with its inputs and environment.
func TestAction(t *testing.T) {
	r := newRepository(t)
	var a action
	read(t, "action.yml", &a)
	summary := filepath.Join(t.TempDir(), "summary.md")
	run := func(inputs map[string]string, env ...string) (string, string, int) {
		t.Helper()
		if err := os.WriteFile(summary, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		step := a.Runs.Steps[len(a.Runs.Steps)-1]
		if step.Shell != "bash" {
			t.Fatalf("the shell is %s", step.Shell)
		}
		env = append(env, "GITHUB_ACTION_PATH="+toolchain.Root(t), "GITHUB_STEP_SUMMARY="+summary, "RUNNER_TEMP="+filepath.Dir(r.bin))
		for key, value := range step.Env {
			env = append(env, key+"="+a.expand(t, value, inputs))
		}
		out, code := r.run(a.expand(t, step.WorkingDirectory, inputs), env, "bash", "-e", "-o", "pipefail", "-c", step.Run)
		data, err := os.ReadFile(summary)
		if err != nil {
			t.Fatal(err)
		}
		return out, string(data), code
	}
	temp := t.TempDir()
	if out, code := r.run(".", []string{"GITHUB_ACTION_PATH=" + toolchain.Root(t), "RUNNER_TEMP=" + temp, "HOME=" + os.Getenv("HOME")}, "bash", "-e", "-c", a.Runs.Steps[0].Run); code != 0 {
		t.Fatalf("%s: exit code %d\n%s", a.Runs.Steps[0].Name, code, out)
	}
	inputs := map[string]string{"working-directory": "app", "wsgen": filepath.Join(temp, "wsgen-bin", "wsgen")}

	out, table, code := run(inputs, "GITHUB_BASE_REF=main")
	if code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	contains(t, "the summary", table, "| validate | ✓ | 0 |", "| check | ✓ | 0 |", "| breaking | ✓ | 0 |", "Nothing has changed for callers.")

	r.write("app/api.yaml", after)
	r.commit()
	out, table, code = run(inputs, "GITHUB_BASE_REF=main")
	if code != 1 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	contains(t, "the output", out, "::error file=app/sdk/go/client.go,", "title=drift-changed::",
		"::error file=app/api.yaml,title=method-removed::tasks.delete: the method is gone")
	contains(t, "the summary", table, "| validate | ✓ | 0 |", "| check | ✗ (exit code 1) |", "| breaking | ✗ (exit code 1) | 1 |",
		"## Tasks 1.3.0", "- `tasks.delete`: the method is gone", "Suggested version: 2.0.0")

	inputs["checks"] = "validate breaking"
	if out, table, code = run(inputs); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	contains(t, "the summary", table, "| breaking | skipped: not a pull request")
	if out, table, code = run(inputs, "GITHUB_BASE_REF=missing"); code != 1 {
		t.Errorf("without the base branch: exit code %d\n%s", code, out)
	}
	contains(t, "the summary", table, "| breaking | ✗ (cannot fetch missing) |")
	inputs["against"], inputs["checks"] = "git:origin/main", "breaking"
	if out, _, code = run(inputs); code != 1 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	r.write("app/api.yaml", "asyncapi: 3.1.0\n")
	inputs["checks"], inputs["args"] = "validate", "--strict --config wsgen.yaml"
	out, table, code = run(inputs)
	if code != 1 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	contains(t, "the summary", table, "| validate | ✗ (exit code 3) |")
}

var expression = regexp.MustCompile(`\$\{\{ (.*?) \}\}`)

// expand replaces GitHub's expressions: those of inputs, and the one that chooses a wsgen.
func (a *action) expand(t *testing.T, text string, inputs map[string]string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name, isInput := strings.CutPrefix(expression.FindStringSubmatch(found)[1], "inputs.")
		name, _, _ = strings.Cut(name, " || ")
		input, declared := a.Inputs[name]
		if !isInput || !declared || input.Description == "" {
			t.Errorf("action.yml uses %s", found)
		}
		if value, given := inputs[name]; given {
			return value
		}
		return input.Default
	})
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(toolchain.Root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// The script of the GitLab job leaves the reports that the job names.
func TestGitLab(t *testing.T) {
	r := newRepository(t)
	data, err := os.ReadFile(filepath.Join(toolchain.Root(t), "ci", "gitlab.yml"))
	if err != nil {
		t.Fatal(err)
	}
	head, body, found := strings.Cut(string(data), "\n---\n")
	var spec struct {
		Spec struct {
			Inputs map[string]struct{ Default string }
		}
	}
	if err := yaml.Unmarshal([]byte(head), &spec); err != nil || !found {
		t.Fatal(err)
	}
	body = regexp.MustCompile(`\$\[\[ inputs\.(\w+) \]\]`).ReplaceAllStringFunc(body, func(use string) string {
		name := strings.Fields(use)[1][len("inputs."):]
		input, declared := spec.Spec.Inputs[name]
		if !declared {
			t.Errorf("ci/gitlab.yml has no input %s", name)
		}
		return `"` + input.Default + `"`
	})
	var jobs struct {
		Wsgen struct {
			Variables map[string]string
			Script    []string
			Artifacts struct {
				Reports struct {
					JUnit       string `yaml:"junit"`
					CodeQuality []string
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(body), &jobs); err != nil {
		t.Fatal(err)
	}
	job := jobs.Wsgen
	run := func() int {
		env := []string{"CI_MERGE_REQUEST_DIFF_BASE_SHA=" + strings.TrimSpace(r.must(".", "git", "rev-parse", "origin/main"))}
		for key, value := range job.Variables {
			env = append(env, key+"="+value)
		}
		out, code := r.run("app", env, "sh", "-e", "-c", strings.Join(job.Script, "\n"))
		t.Log(out)
		return code
	}
	if code := run(); code != 0 {
		t.Errorf("exit code %d for what is up to date", code)
	}
	r.write("app/api.yaml", after)
	if code := run(); code != 1 {
		t.Errorf("exit code %d for what breaks clients", code)
	}
	if err := xml.Unmarshal([]byte(r.read("app/"+job.Artifacts.Reports.JUnit)), new(struct{})); err != nil {
		t.Error(err)
	}
	reports := ""
	for _, name := range job.Artifacts.Reports.CodeQuality {
		report := r.read("app/" + name)
		var findings []map[string]any
		if err := json.Unmarshal([]byte(report), &findings); err != nil || len(findings) == 0 {
			t.Errorf("%s: %v\n%s", name, err, report)
		}
		reports += report
	}
	contains(t, "the reports", reports, "drift-changed", "method-removed")
}

// The hooks are what pre-commit takes, and find what they are for. Their language is another
// one here, so that pre-commit does not build the repository first.
func TestHooks(t *testing.T) {
	root := toolchain.Root(t)
	python := toolchain.Python(t, "3.13")
	packages, err := toolchain.Find("precommit")
	if err != nil {
		t.Fatal(err)
	}
	r := newRepository(t)
	precommit := func(args ...string) (string, int) {
		env := []string{"PYTHONPATH=" + packages, "PRE_COMMIT_HOME=" + filepath.Join(filepath.Dir(r.bin), "cache")}
		return r.run("app", env, append([]string{python, "-m", "pre_commit"}, args...)...)
	}
	if out, code := precommit("validate-manifest", filepath.Join(root, ".pre-commit-hooks.yaml")); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	var hooks []map[string]any
	read(t, ".pre-commit-hooks.yaml", &hooks)
	for _, hook := range hooks {
		hook["language"] = "system"
		hook["entry"] = "bash -c 'cd app && " + hook["entry"].(string) + "'"
	}
	config, err := yaml.Marshal(map[string]any{"repos": []any{map[string]any{"repo": "local", "hooks": hooks}}})
	if err != nil {
		t.Fatal(err)
	}
	r.write(".pre-commit-config.yaml", string(config))
	r.commit()
	for _, c := range []struct {
		hook string
		fine bool
	}{{"wsgen-validate", true}, {"wsgen-check", true}, {"wsgen-generate", true}, {"wsgen-lint", false}} {
		if out, code := precommit("run", "--all-files", c.hook); (code == 0) != c.fine {
			t.Errorf("%s: exit code %d for what is up to date\n%s", c.hook, code, out)
		}
	}
	r.must(".", "git", "rm", "-q", "app/sdk/go/rpc/errors.go")
	out, code := precommit("run", "wsgen-check")
	if code == 0 {
		t.Error("wsgen-check passes though a file is gone")
	}
	contains(t, "what wsgen-check prints", out, "errors.go")
	r.must(".", "git", "reset", "-q", "--hard")
	r.write("app/api.yaml", after)
	r.must(".", "git", "add", ".")
	for hook, want := range map[string]string{"wsgen-check": "These files are not up to date", "wsgen-generate": "files were modified by this hook"} {
		out, code := precommit("run", hook)
		if code == 0 {
			t.Errorf("%s: exit code %d\n%s", hook, code, out)
		}
		contains(t, "what "+hook+" prints", out, want)
		r.must(".", "git", "checkout", "-q", "app/sdk")
	}
	r.write("app/api.yaml", "asyncapi: 3.1.0\n")
	r.must(".", "git", "add", ".")
	if out, code := precommit("run", "wsgen-validate"); code == 0 {
		t.Errorf("wsgen-validate: exit code %d for an invalid manifest\n%s", code, out)
	}
}
