package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func (e *env) initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a wsgen.yaml for this project",
		UsageText: "wsgen init [flags]",
		Description: `Looks for the manifest and for the languages of the project in the working
directory, asks on a terminal whether that is right, and writes wsgen.yaml. An
existing file is not overwritten.

Examples:
   wsgen init
   wsgen init --asyncapi docs/asyncapi.yaml --no-input`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "asyncapi", Usage: "the AsyncAPI manifest, `FILE`", TakesFile: true},
			toggle("no-input", "ask nothing: take what is found, or the defaults"),
		},
		Action: func(c *cli.Context) error {
			if arg := c.Args().First(); arg != "" {
				return strayArgument(c, arg)
			}
			return e.init(stringFlag(c, "asyncapi"), boolFlag(c, "no-input"))
		},
	}
}

// answers are what wsgen.yaml is written from.
type answers struct {
	manifest  string
	languages []string
	output    string
	inModule  bool // there is a go.mod here, which the Go package can be part of
}

func (e *env) init(manifest string, noInput bool) error {
	if _, err := os.Lstat(defaultConfig); err == nil {
		return &failure{code: exitFindings, err: errors.New(defaultConfig + " is there already"), hint: "edit it, or remove it first"}
	}
	a := answers{manifest: first(manifest, findManifest(), "api.yaml"), languages: findLanguages(), output: defaultOutput}
	if !noInput && isTerminal(e.stdin) && isTerminal(e.stdout) {
		if err := e.ask(&a, manifest == ""); err != nil {
			return err
		}
	}
	a.inModule = slices.Contains(a.languages, "go") && exists("go.mod")
	if err := os.WriteFile(defaultConfig, []byte(a.config()), 0o666); err != nil {
		return &failure{code: exitFindings, err: err}
	}
	fmt.Fprintf(e.stdout, "wrote %s\n", defaultConfig)
	if !exists(a.manifest) {
		fmt.Fprintf(e.stdout, "next: export the manifest to %s, then run `wsgen`\n", a.manifest)
	} else {
		fmt.Fprintln(e.stdout, "next: run `wsgen`")
	}
	return nil
}

// ask lets the user correct what was found. An empty answer takes it.
func (e *env) ask(a *answers, manifest bool) error {
	in := bufio.NewReader(e.stdin)
	question := func(text, usual string) string {
		fmt.Fprintf(e.stdout, "%s [%s]: ", text, usual)
		line, _ := in.ReadString('\n') // the end of the input takes what was found
		return first(strings.TrimSpace(line), usual)
	}
	if manifest {
		a.manifest = filepath.ToSlash(question("AsyncAPI manifest", a.manifest))
	}
	for {
		names := strings.FieldsFunc(question("Languages", strings.Join(a.languages, " ")), func(r rune) bool { return r == ' ' || r == ',' })
		unknown := slices.IndexFunc(names, func(name string) bool { return findLanguage(name) == nil })
		if unknown < 0 && len(names) > 0 {
			a.languages = names
			break
		}
		if unknown >= 0 {
			fmt.Fprintf(e.stdout, "There is no language %q; the languages are %s.\n", names[unknown], languageNames())
		}
		if _, err := in.Peek(1); err != nil {
			return &failure{code: exitUsage, err: errors.New("the input has ended")}
		}
	}
	a.output = filepath.ToSlash(question("Folder of the packages", a.output))
	return nil
}

// configSchema is the address of docs/wsgen.schema.json.
const configSchema = "https://raw.githubusercontent.com/wsgen/wsgen/main/docs/wsgen.schema.json"

// config is the text of wsgen.yaml. Editors complete and check it by the schema.
func (a *answers) config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n", configSchema)
	fmt.Fprintf(&b, "# Settings of wsgen: docs/config.md of its repository explains all of them.\nversion: 1\nasyncapi: %s\n", yamlText(a.manifest))
	if len(a.languages) < len(languages) {
		fmt.Fprintf(&b, "languages: [%s]\n", strings.Join(a.languages, ", "))
	}
	fmt.Fprintf(&b, "output: %s\n", yamlText(a.output))
	if a.inModule {
		b.WriteString("\ngo:\n  module: none # the package is part of the module in go.mod\n")
	}
	return b.String()
}

// yamlText writes text as a scalar.
func yamlText(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" && !strings.HasPrefix(s, "-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// findManifest returns the manifest of the project, where it is in a usual place.
func findManifest() string {
	for _, dir := range []string{"", "api", "docs", "schema", "schemas"} {
		for _, name := range []string{"api", "asyncapi"} {
			for _, ending := range []string{".yaml", ".yml", ".json"} {
				file := path.Join(dir, name+ending)
				if data, err := readRegular(file); err == nil && strings.Contains(string(data[:min(len(data), 4096)]), "asyncapi") {
					return file
				}
			}
		}
	}
	return ""
}

// findLanguages returns the languages that the project has files of, or all.
func findLanguages() (names []string) {
	signs := map[string][]string{
		"python":     {"pyproject.toml", "requirements.txt", "setup.py", "manage.py"},
		"typescript": {"package.json", "tsconfig.json"},
		"go":         {"go.mod"},
	}
	for _, l := range languages {
		for _, sign := range signs[l.name] {
			matches, err := filepath.Glob("*/" + sign) // also in web/, backend/ and the like
			if exists(sign) || err == nil && len(matches) > 0 {
				names = append(names, l.name)
				break
			}
		}
	}
	if names == nil {
		for _, l := range languages {
			names = append(names, l.name)
		}
	}
	return names
}

func exists(file string) bool {
	info, err := os.Stat(filepath.FromSlash(file))
	return err == nil && !info.IsDir()
}

// isTerminal tells whether a stream is one that a person sits at.
func isTerminal(stream any) bool {
	if p, ok := stream.(*printer); ok {
		stream = p.Writer
	}
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}
