package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/output"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// job is one run: its input, its output and its settings.
type job struct {
	*env
	apis        []*api
	root        string                                    // of the project, for paths in READMEs
	bytesRead   int64                                     // of the documents of all APIs
	reads       func(file string, data []byte, err error) // told of each document; nil for nobody
	memory      int64                                     // for each byte that is read: see limitMemory
	watch       watchConfig
	attributes  bool // write a .gitattributes with each package
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
		memory:      readingMemory,
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
	if err := named(c, "config", "output", "python-out", "typescript-out", "go-out"); err != nil {
		return nil, err
	}
	conf, err := j.readConfig(stringFlag(c, "config"))
	if err != nil {
		return nil, err
	}
	j.root, j.attributes, j.watch = conf.dir, !conf.noAttributes, conf.watch
	apis, err := chosenAPIs(c, conf)
	if err != nil {
		return nil, err
	}
	for _, settings := range apis {
		a, err := newAPI(c, settings)
		if err != nil {
			return nil, err
		}
		if a.load, err = j.loadOptions(c, settings); err != nil {
			return nil, err
		}
		for _, t := range a.targets {
			a.load.Imports = append(a.load.Imports, ofDocuments(t.options.Shared)...)
		}
		a.load.Checks = slices.ContainsFunc(a.targets, func(t *target) bool { return t.options.Validate })
		j.apis = append(j.apis, a)
	}
	return j, nil
}

// chosenAPIs returns the APIs that --api names, or all. Flags that are about one API cannot
// be used with several.
func chosenAPIs(c *cli.Context, conf *config) ([]*apiConfig, error) {
	wanted := sliceFlag(c, "api", nil)
	var names []string
	var apis []*apiConfig
	for _, a := range conf.apis {
		names = append(names, a.name)
		if wanted == nil || slices.Contains(wanted, a.name) {
			apis = append(apis, a)
		}
	}
	for _, name := range wanted {
		if name == "" || !slices.Contains(names, name) {
			return nil, usage(apisHint(names), "there is no API %q", name)
		}
	}
	if len(apis) == 1 {
		return apis, nil
	}
	for _, flag := range []string{"asyncapi", "openapi", "output", "python-out", "typescript-out", "go-out"} {
		if isSet(c, flag) {
			return nil, usage("choose one with --api: "+strings.Join(names, ", "), "--%s is about one API, and wsgen.yaml lists %d", flag, len(apis))
		}
	}
	return apis, nil
}

// apisHint says which names --api can have; without `apis` in wsgen.yaml the only API has none.
func apisHint(names []string) string {
	if slices.Equal(names, []string{""}) {
		return "leave --api out: wsgen.yaml lists no APIs under `apis`"
	}
	return "the APIs are those that `apis` lists in wsgen.yaml: " + strings.Join(names, ", ")
}

// one returns the only API, for commands that cannot do with several.
func (j *job) one() (*api, error) {
	if len(j.apis) == 1 {
		return j.apis[0], nil
	}
	var names []string
	for _, a := range j.apis {
		names = append(names, a.name)
	}
	return nil, usage("choose one with --api: "+strings.Join(names, ", "), "this command is about one API, and wsgen.yaml lists %d", len(j.apis))
}

// documents are the files of one API, and how they are read.
func (j *job) documents(c *cli.Context, settings *apiConfig) load.Options {
	opt := load.Options{
		AsyncAPI: filepath.ToSlash(first(stringFlag(c, "asyncapi"), settings.asyncAPI)),
		OpenAPI:  slashes(sliceFlag(c, "openapi", settings.openAPI)),
		List:     listFiles,
	}
	opt.Read = j.newFiles(append([]string{opt.AsyncAPI}, opt.OpenAPI...), sliceFlag(c, "root", settings.roots)).read
	return opt
}

// loadOptions say what to read for one API.
func (j *job) loadOptions(c *cli.Context, settings *apiConfig) (load.Options, error) {
	opt := j.documents(c, settings)
	opt.Strict = boolFlag(c, "strict")
	opt.RenameTypes, opt.RenameMethods, opt.RenameMembers = settings.renameTypes, settings.renameMethods, settings.renameMembers
	if opt.AsyncAPI == "" {
		return opt, usage("name the manifest: wsgen --asyncapi api.yaml, or `asyncapi: api.yaml` in wsgen.yaml, which `wsgen init` writes", "there is no manifest to read")
	}
	if slices.Contains(sliceFlag(c, "root", settings.roots), "") {
		return opt, usage("leave the flag out for the folders of the documents", "--root cannot be empty")
	}
	return opt, refuseURLs(append([]string{opt.AsyncAPI}, opt.OpenAPI...))
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

func isSet(c *cli.Context, name string) bool {
	return slices.ContainsFunc(c.Lineage(), func(at *cli.Context) bool { return at.IsSet(name) })
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
	hint := "the values are " + strings.Join(allowed, ", ")
	if near := text.Nearest(value, allowed); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usage(hint, "--%s cannot be %q", flag, value)
}

func slashes(names []string) []string {
	for i := range names {
		names[i] = filepath.ToSlash(names[i])
	}
	return names
}

// build loads the documents and generates the files in memory. It prints all problems; if
// one is an error, it fails.
func (j *job) build() error {
	diags, err := j.generateAll()
	if err != nil {
		return err
	}
	j.report(diags)
	if diags.HasErrors() {
		return &failure{code: exitInput}
	}
	return nil
}

// read loads documents. If a problem is an error, it prints all of them and fails.
func (j *job) read(opt load.Options) (*schema.Model, text.Diagnostics, error) {
	model, problems := load.Load(opt)
	if problems.HasErrors() {
		j.report(problems)
		return nil, nil, &failure{code: exitInput}
	}
	return model, problems, nil
}

// generateAll loads the documents and generates the files in memory. It returns all problems
// of the documents.
func (j *job) generateAll() (text.Diagnostics, error) {
	if err := j.prepare(); err != nil {
		return nil, err
	}
	var diags text.Diagnostics
	for _, a := range j.apis {
		model, problems := load.Load(a.load)
		a.model = model
		limitMemory(j.bytesRead, printMemory)
		if !problems.HasErrors() {
			problems = append(problems, a.generate()...)
		}
		diags = append(diags, problems...)
	}
	diags.Sort()
	return diags, nil
}

// generate runs the languages concurrently. A panic in one of them is raised again in
// this goroutine, where run recovers it.
func (a *api) generate() (diags text.Diagnostics) {
	decided := plan.New(a.model)
	found := make([]text.Diagnostics, len(a.targets))
	panics := make([]any, len(a.targets))
	var wait sync.WaitGroup
	for i, t := range a.targets {
		wait.Add(1)
		go func() {
			defer wait.Done()
			defer func() { panics[i] = recover() }()
			t.files, found[i] = t.language.generate(decided, t.options)
		}()
	}
	wait.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	return slices.Concat(found...)
}

// report prints problems: reports and annotations on standard output, where programs
// read them, and text on standard error.
func (j *job) report(diags text.Diagnostics) {
	w := j.stderr
	if j.errorFormat != "text" {
		w = j.stdout
	}
	j.reportTo(w, diags)
}

func (j *job) reportTo(w io.Writer, diags text.Diagnostics) {
	if len(diags) > 0 || text.IsReport(j.errorFormat) {
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
	return isTerminal(w)
}

// packages are what all folders of the run are to hold.
func (j *job) packages() []output.Package {
	var all []output.Package
	for _, a := range j.apis {
		for _, t := range a.targets {
			all = append(all, a.request(t, j.attributes))
		}
	}
	return all
}
