package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The pages whose command lines are run.
var pages = []string{
	"README.md", "CONTRIBUTING.md", "docs/*.md", "server/README.md", "examples/*/README.md",
}

// Every command line of the documentation and of the help texts works as it is printed, in a
// project that has the files which it names. Findings are fine: wrong flags are not.
func TestDocumentedCommands(t *testing.T) {
	lines := documentedCommands(t)
	project := documentedProject(t)
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(project)); err != nil {
				t.Fatal(err)
			}
			t.Chdir(filepath.Join(dir, "work"))
			args := words(line)
			for command, writes := range map[string]string{"init": defaultConfig, "centrifugo-config": "centrifugo.json"} {
				if slices.Contains(args, command) {
					if err := os.Remove(writes); err != nil {
						t.Fatal(err)
					}
				}
			}
			ctx, end := context.WithCancel(t.Context())
			if slices.Contains(args, "--watch") {
				end() // it generates, and has nothing to wait for
			}
			defer end()
			stdin, err := os.Open("api.yaml")
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			var stderr bytes.Buffer
			code := run(ctx, args, stdin, io.Discard, &stderr)
			if code != exitOK && (code != exitFindings || strings.HasPrefix(stderr.String(), "wsgen: ")) {
				t.Errorf("exit code %d\n%s", code, stderr.String())
			}
		})
	}
}

// documentedCommands returns the command lines of all pages, each once.
func documentedCommands(t *testing.T) (lines []string) {
	t.Helper()
	add := func(line string) {
		line = completed(line)
		if line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, pattern := range pages {
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range commandsOfPage(string(data)) {
				add(line)
			}
		}
	}
	app := newApp(&env{})
	texts := []string{app.Description}
	for _, c := range app.VisibleCommands() {
		texts = append(texts, c.Description)
	}
	for _, text := range texts {
		_, examples, _ := strings.Cut(text, "Example")
		for _, m := range commandLine.FindAllStringSubmatch(examples, -1) {
			add(m[1])
		}
	}
	if len(lines) < 30 {
		t.Fatalf("only %d command lines were found: %q", len(lines), lines)
	}
	return lines
}

var (
	// commandLine matches a line of a code block that runs wsgen: alone, behind a prompt, with
	// a pipe, or from the sources.
	commandLine = regexp.MustCompile(`(?m)^\s*(?:\$ |[^\s#].*\| |go run \./cmd/)?(wsgen(?: .*)?)$`)
	inlineCode  = regexp.MustCompile("`(wsgen -?[a-z-][^`]*)`")
	comment     = regexp.MustCompile(`\s+#.*|\s{2,}.*`)
	redirection = regexp.MustCompile(`\s+(>.*|&)$`)
)

// commandsOfPage returns the command lines in the code of a Markdown page.
func commandsOfPage(page string) (lines []string) {
	for i, part := range strings.Split(page, "```") {
		matches := inlineCode.FindAllStringSubmatch(part, -1)
		if i%2 == 1 {
			matches = commandLine.FindAllStringSubmatch(part, -1)
		}
		for _, m := range matches {
			lines = append(lines, m[1])
		}
	}
	return lines
}

// completed returns a command line without comments and redirections, and with values where
// the text only names a flag or a placeholder; "" for what cannot run here.
func completed(line string) string {
	line = redirection.ReplaceAllString(comment.ReplaceAllString(line, ""), "")
	if strings.Contains(line, "--url") || strings.Contains(line, "COMMAND") {
		return "" // needs a server; stands for all commands
	}
	for name, value := range map[string]string{"VERSION": "old/api.yaml", "FILE": "api.yaml", "DIR": "out", "SHELL": "bash", "NAME": "tasks"} {
		line = regexp.MustCompile(`\b`+name+`\b`).ReplaceAllString(line, value)
	}
	switch {
	case strings.HasSuffix(line, " doctor --config"):
		line += " centrifugo.json"
	case line == "wsgen breaking":
		line += " --against old/api.yaml"
	case line == "wsgen completion":
		line += " bash"
	case line == "wsgen doctor":
		line += " --config centrifugo.json"
	}
	return line
}

// words splits a command line as a shell does, if it has nothing but quotes.
func words(line string) (args []string) {
	for _, m := range regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`).FindAllString(line, -1) {
		args = append(args, strings.Trim(m, `'"`))
	}
	return args
}

// documentedProject makes the project that the documentation talks about: a git repository
// in the folder work, with a manifest, settings and earlier versions.
func documentedProject(t *testing.T) string {
	t.Helper()
	fixture := func(name string) string {
		data, err := os.ReadFile(filepath.Join("..", "..", "fixtures", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	api, models := fixture("seed/api.yaml"), fixture("seed/models.json")
	dir := t.TempDir()
	t.Chdir(dir)
	for _, folder := range []string{"work", "work/api", "work/docs", "work/old", "work/fixtures/tasks", "release"} {
		name := "api.yaml"
		if folder == "work/docs" {
			name = "asyncapi.yaml"
		}
		write(t, filepath.Join(folder, name), api)
		write(t, filepath.Join(folder, "models.json"), models)
	}
	write(t, "work/wsgen.yaml", "version: 1\nasyncapi: api.yaml\n")
	write(t, "work/openapi.json", `{"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {}}`)
	write(t, "work/dist/.keep", "")
	t.Chdir(filepath.Join(dir, "work"))
	var stderr bytes.Buffer
	if code := run(t.Context(), words("wsgen centrifugo-config --asyncapi api.yaml -o centrifugo.json"), strings.NewReader(""), io.Discard, &stderr); code != exitOK {
		t.Fatal(stderr.String())
	}
	for _, line := range []string{
		"init -q -b main", "add .", "-c user.name=A -c user.email=a@example.com commit -q -m first", "tag v1.2.0",
		"update-ref refs/remotes/origin/main HEAD", "fetch -q . main",
	} {
		if out, err := exec.Command("git", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", line, err, out)
		}
	}
	return dir
}

// Every command has a scenario in which it succeeds, and one in which it fails.
func TestCommandsHaveScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		script, _, _ := strings.Cut(string(data), "\n-- ")
		fmt.Fprintln(&all, script)
	}
	for _, name := range visible(newApp(&env{})) {
		for _, how := range []string{`exec`, `code [123]`} {
			if !regexp.MustCompile(`(?m)^` + how + ` wsgen ` + name + `\b`).MatchString(all.String()) {
				t.Errorf("no script has a line `%s wsgen %s`", how, name)
			}
		}
	}
}
