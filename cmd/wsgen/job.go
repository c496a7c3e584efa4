package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/output"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// job is one run: its input, its output and its settings.
type job struct {
	*env
	load        load.Options
	output      string
	languages   []language
	options     map[string]gen.Options // by language
	errorFormat string
	colorMode   string // see colorFor
	force       bool
	dryRun      bool
	quiet       bool
}

// newJob joins the flags and the settings of wsgen.yaml; flags have precedence.
func newJob(e *env, c *cli.Context) (*job, error) {
	j := &job{
		env:         e,
		errorFormat: first(stringFlag(c, "error-format"), "text"),
		colorMode:   first(stringFlag(c, "color"), "auto"),
		force:       boolFlag(c, "force"),
		dryRun:      boolFlag(c, "dry-run"),
		quiet:       boolFlag(c, "quiet"),
	}
	if err := oneOf("error-format", j.errorFormat); err != nil {
		return nil, err
	}
	if err := oneOf("color", j.colorMode); err != nil {
		return nil, err
	}
	if err := named(c, "config", "output"); err != nil {
		return nil, err
	}
	conf, err := j.readConfig(stringFlag(c, "config"))
	if err != nil {
		return nil, err
	}
	j.output = first(stringFlag(c, "output"), conf.Output, "./opensdk")
	j.options = map[string]gen.Options{"typescript": conf.TypeScript, "go": conf.Go}
	j.languages = chosen(c, conf)
	j.load = load.Options{
		AsyncAPI:      filepath.ToSlash(first(stringFlag(c, "asyncapi"), conf.AsyncAPI)),
		OpenAPI:       slashes(sliceFlag(c, "openapi", conf.OpenAPI)),
		List:          listFiles,
		Strict:        boolFlag(c, "strict"),
		RenameTypes:   conf.RenameTypes,
		RenameMethods: conf.RenameMethods,
	}
	if j.load.AsyncAPI == "" {
		return nil, usage("name the manifest: wsgen --asyncapi api.yaml, or `asyncapi: api.yaml` in wsgen.yaml", "there is no manifest to read")
	}
	roots := sliceFlag(c, "root", conf.Roots)
	if slices.Contains(roots, "") {
		return nil, usage("leave the flag out for the folders of the documents", "--root cannot be empty")
	}
	j.load.Read = newFiles(j.stdin, j.documents(), roots).read
	return j, refuseURLs(j.documents())
}

// documents are the files that the user names.
func (j *job) documents() []string {
	return append([]string{j.load.AsyncAPI}, j.load.OpenAPI...)
}

// readConfig reads wsgen.yaml and prints the problems in it, which are wrong usage.
func (j *job) readConfig(name string) (*config, error) {
	conf, problems := readConfig(name)
	if problems.HasErrors() {
		j.report(problems)
		return nil, &failure{code: exitUsage}
	}
	return conf, nil
}

// The functions below read flags, which may be before or after the name of the command.

func stringFlag(c *cli.Context, name string) string {
	for _, at := range c.Lineage() {
		if at.IsSet(name) {
			return at.String(name)
		}
	}
	return ""
}

// named refuses empty values such as --output "", most often from a variable that is not
// set.
func named(c *cli.Context, flags ...string) error {
	for _, name := range flags {
		for _, at := range c.Lineage() {
			if at.IsSet(name) && at.String(name) == "" {
				return usage("leave the flag out for the default", "--%s cannot be empty", name)
			}
		}
	}
	return nil
}

func boolFlag(c *cli.Context, name string) bool {
	for _, at := range c.Lineage() {
		if at.IsSet(name) {
			return at.Bool(name)
		}
	}
	return false
}

func sliceFlag(c *cli.Context, name string, otherwise []string) []string {
	for _, at := range c.Lineage() {
		if at.IsSet(name) {
			return at.StringSlice(name)
		}
	}
	return otherwise
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func oneOf(flag, value string) error {
	allowed := choices[flag]
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	hint := "write --" + flag + " " + allowed[0]
	if near := text.Nearest(value, allowed); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usage(hint, "--%s cannot be %q", flag, value)
}

// chosen returns the languages that the flags name or, without flags, the settings; all
// languages if neither names one.
func chosen(c *cli.Context, conf *config) []language {
	wanted := map[string]bool{}
	for _, l := range languages {
		wanted[l.name] = boolFlag(c, l.name)
	}
	some := false
	for _, w := range wanted {
		some = some || w
	}
	if !some && !boolFlag(c, "all") {
		for _, name := range conf.Languages {
			wanted[name], some = true, true
		}
	}
	if !some || boolFlag(c, "all") {
		return languages
	}
	var list []language
	for _, l := range languages {
		if wanted[l.name] {
			list = append(list, l)
		}
	}
	return list
}

func slashes(names []string) []string {
	for i := range names {
		names[i] = filepath.ToSlash(names[i])
	}
	return names
}

// build loads the documents and generates the files in memory. It prints all problems; if
// one is an error, it fails.
func (j *job) build() (*schema.Model, []gen.File, error) {
	model, diags := load.Load(j.load)
	var files []gen.File
	if !diags.HasErrors() {
		for _, r := range generateAll(model, j.languages, j.options) {
			files = append(files, r.files...)
			diags = append(diags, r.diags...)
		}
	}
	diags.Sort()
	j.report(diags)
	if diags.HasErrors() {
		return nil, nil, &failure{code: exitInput}
	}
	return model, files, nil
}

type generated struct {
	files []gen.File
	diags text.Diagnostics
}

// generateAll runs the languages concurrently. A panic in one of them is raised again in
// this goroutine, where run recovers it.
func generateAll(model *schema.Model, languages []language, options map[string]gen.Options) []generated {
	decided := plan.New(model)
	results := make([]generated, len(languages))
	panics := make([]any, len(languages))
	var wait sync.WaitGroup
	for i, l := range languages {
		wait.Add(1)
		go func() {
			defer wait.Done()
			defer func() { panics[i] = recover() }()
			results[i].files, results[i].diags = l.generate(decided, options[l.name])
		}()
	}
	wait.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	return results
}

// report prints problems: JSON and annotations on standard output, where programs read
// them, and text on standard error.
func (j *job) report(diags text.Diagnostics) {
	w := j.stderr
	if j.errorFormat != "text" {
		w = j.stdout
	}
	j.reportTo(w, diags)
}

func (j *job) reportTo(w io.Writer, diags text.Diagnostics) {
	if len(diags) > 0 || j.errorFormat == "json" {
		diags.Print(w, j.errorFormat, j.colorFor(w))
	}
}

// colorFor tells whether to print in colour: by default only on a terminal.
func (j *job) colorFor(w io.Writer) bool {
	switch j.colorMode {
	case "always":
		return true
	case "never":
		return false
	}
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	if p, ok := w.(*printer); ok {
		w = p.Writer
	}
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

func (j *job) request(files []gen.File) output.Request {
	folders := make([]string, len(j.languages))
	for i, l := range j.languages {
		folders[i] = l.name
	}
	written := make([]output.File, len(files))
	for i, f := range files {
		written[i] = output.File(f)
	}
	return output.Request{Dir: j.output, Files: written, Folders: folders, Version: version}
}
