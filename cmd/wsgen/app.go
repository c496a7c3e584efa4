package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/internal/version"
)

// Exit codes, as --help documents them.
const (
	exitOK       = 0
	exitFindings = 1  // findings, drift, or output that cannot be written
	exitUsage    = 2  // wrong flags, arguments or settings
	exitInput    = 3  // documents that are invalid or cannot be read
	exitBug      = 70 // a panic in wsgen
)

// failure is an error with an exit code. If err is nil, all messages have been printed
// already.
type failure struct {
	code    int
	err     error
	details []string // lines below the error
	hint    string
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

func usage(hint, format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...), hint: hint}
}

// print writes an error to stderr, as wsgen shows it.
func (f *failure) print(stderr io.Writer) {
	if f.err == nil {
		return
	}
	fmt.Fprintf(stderr, "wsgen: %s\n", text.Escape(f.err.Error()))
	for _, line := range f.details {
		fmt.Fprintf(stderr, "  %s\n", text.Escape(line))
	}
	if f.hint != "" {
		fmt.Fprintf(stderr, "  = hint: %s\n", text.Escape(f.hint))
	}
}

// run is the whole command: it returns the exit code. The end of the context ends --watch.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(stderr, "wsgen %s: internal error: %v\n%s\nThis is a bug in wsgen: please report it with the documents that caused it.\n",
				version.Line(), v, shortStack())
			code = exitBug
		}
	}()
	out := &printer{Writer: stdout}
	err := newApp(&env{stdin, out, stderr}).RunContext(ctx, args)
	f := &failure{code: exitOK}
	switch {
	case out.err != nil:
		f = &failure{code: exitFindings, err: out.err}
	case err != nil && !errors.As(err, &f):
		f = &failure{code: exitUsage, err: err, hint: "run `wsgen --help`"}
	}
	f.print(stderr)
	return f.code
}

// printer is standard output. It keeps the first error of writing, so that no command has
// to look for one.
type printer struct {
	io.Writer
	err error
}

func (p *printer) Write(data []byte) (int, error) {
	n, err := p.Writer.Write(data)
	if p.err == nil {
		p.err = err
	}
	return n, err
}

// shortStack returns the part of the stack that is next to the panic.
func shortStack() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "panic(") }); i >= 0 {
		lines = lines[min(i+2, len(lines)):]
	}
	return strings.Join(lines[:min(len(lines), 12)], "\n")
}

const description = `wsgen reads an AsyncAPI 3 manifest and the JSON Schema documents that it refers
to, and writes a package for each language: below the output folder, or in a
folder of its own. Every problem is reported, with its place and a hint; nothing
is written if there is an error. Files that were edited by hand, and files of
others, are never overwritten or removed without --force.

Examples:
   wsgen --asyncapi api.yaml                      all three languages into ./opensdk
   wsgen --asyncapi api.yaml --typescript --typescript-out web/src/api
   wsgen --asyncapi api.yaml --openapi openapi.json
   export-manifest | wsgen --asyncapi -           the manifest on standard input
   wsgen --watch                                  again at each change, as wsgen.yaml says
   wsgen validate --asyncapi api.yaml             check the documents, write nothing
   wsgen check --asyncapi api.yaml                in CI: is ./opensdk up to date?
   wsgen breaking --asyncapi api.yaml --against git:main   in CI: do clients in use break?

Exit codes: 0 all is well, 1 findings or drift, or the output cannot be written,
2 wrong usage, 3 invalid input.

Flags can be kept in wsgen.yaml, also those of several APIs: see docs/config.md.`

func newApp(e *env) *cli.App {
	cli.VersionPrinter = func(c *cli.Context) { fmt.Fprintf(c.App.Writer, "wsgen %s\n", version.Line()) }
	app := &cli.App{
		Name:                   "wsgen",
		Usage:                  "typed Python, TypeScript and Go clients for RPC over Centrifugo",
		UsageText:              "wsgen --asyncapi FILE [flags]\nwsgen COMMAND --asyncapi FILE [flags]",
		Description:            description,
		Version:                version.Number,
		Writer:                 e.stdout,
		ErrWriter:              e.stderr,
		Reader:                 e.stdin,
		HideHelpCommand:        true,
		Suggest:                true,
		UseShortOptionHandling: true,
		// A comma may be part of a file's name.
		DisableSliceFlagSeparator: true,
		Flags: append(append(inputFlags(), outputFlags()...),
			toggle("watch", "generate again whenever a document, a source that wsgen.yaml names, or wsgen.yaml changes")),
		Action: func(c *cli.Context) error {
			if boolFlag(c, "watch") && c.Args().Len() == 0 {
				return e.watch(c)
			}
			return e.action(generate)(c)
		},
		OnUsageError:   onUsageError,
		ExitErrHandler: func(*cli.Context, error) {},
		Commands: []*cli.Command{
			e.initCommand(), e.checkCommand(), e.validateCommand(), e.breakingCommand(), e.lintCommand(), e.modelCommand(), e.bundleCommand(), e.centrifugoConfigCommand(), e.doctorCommand(),
			completionCommand(), completeCommand(), manCommand(),
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = onUsageError
		c.HideHelpCommand = true
		c.UseShortOptionHandling = true
	}
	return app
}

func (e *env) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "tell whether generation would change anything",
		UsageText: "wsgen check --asyncapi FILE [flags]",
		Description: `Names missing, changed, stale, hand-edited and foreign files, and prints a unified
diff. Writes nothing. Exits with 1 if the output is not up to date. Give it the
flags that the packages are generated with.

Examples:
   wsgen check --asyncapi api.yaml
   wsgen check --asyncapi api.yaml --typescript --typescript-out web/src/api`,
		Flags:  append(inputFlags(), checkFlags()...),
		Action: e.action(check),
	}
}

func (e *env) validateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "check the documents, names and values, and write nothing",
		UsageText: "wsgen validate --asyncapi FILE [flags]",
		Description: `Checks references, schemas and the names in all three languages, or in those that
wsgen.yaml names. What is an error here stops generation, too, and the other way
round. Defaults and examples that their schemas refuse are warnings. Exits with 3
if there is an error.

Examples:
   wsgen validate --asyncapi api.yaml
   wsgen validate --asyncapi api.yaml --error-format github   annotate a pull request`,
		Flags:  inputFlags(),
		Action: e.action(validate),
	}
}

func (e *env) modelCommand() *cli.Command {
	return &cli.Command{
		Name:      "ir",
		Usage:     "print the model that the documents describe, as JSON",
		UsageText: "wsgen ir --asyncapi FILE [flags]",
		Description: `This is what the generators are given: methods, events, errors and types, with
all references resolved. docs/ir.md describes it. The same documents give the
same text.

Example:
   wsgen ir --asyncapi api.yaml > ir.json`,
		Flags:  inputFlags(),
		Action: e.action(printModel),
	}
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	message := err.Error()
	hint := fmt.Sprintf("run `%s --help`", c.Command.HelpName)
	if m := badValue.FindStringSubmatch(message); m != nil {
		message = fmt.Sprintf("%s cannot be %q", dashes(m[2]), m[1])
	} else if name, found := strings.CutPrefix(message, "flag needs an argument: "); found {
		message = dashes(name) + " needs a value"
	} else if name, found := strings.CutPrefix(message, "flag provided but not defined: "); found {
		message = "there is no flag " + dashes(name)
		name, names := strings.TrimLeft(name, "-"), flagNames(c)
		if near := text.Nearest(name, names); near != "" {
			hint = "did you mean " + dashes(near) + "?"
		} else if strings.HasPrefix(name, "lang") && slices.Contains(names, "python") {
			hint = "each language has a flag of its own: --python, --typescript, --go"
		}
	}
	return &failure{code: exitUsage, err: errors.New(message), hint: hint}
}

// badValue matches the library's message about an invalid value of a flag.
var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-(\S+): `)

func dashes(name string) string {
	name = strings.TrimLeft(name, "-")
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func flagNames(c *cli.Context) []string {
	flags := c.App.Flags
	if c.Command != nil && len(c.Command.Flags) > 0 {
		flags = c.Command.Flags
	}
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	return names
}

// env holds the standard streams of a command.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// action returns the action of a command: it refuses arguments, reads flags and settings,
// and runs do.
func (e *env) action(do func(*job) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if arg := c.Args().First(); arg != "" {
			return strayArgument(c, arg)
		}
		j, err := newJob(e, c)
		if err != nil {
			return err
		}
		return do(j)
	}
}

// strayArgument is the error for an argument that is not a flag; it suggests what was
// meant.
func strayArgument(c *cli.Context, arg string) error {
	if c.App.Command(c.Command.Name) != nil {
		flag := "--asyncapi "
		if c.Command.Name == "doctor" {
			flag = "--config "
		}
		hint := fmt.Sprintf("run `%s --help`", c.Command.HelpName)
		if looksLikeFile(arg) {
			hint = "name the file with " + flag + arg
		}
		return usage(hint, "%s takes flags only, not %q", c.Command.HelpName, arg)
	}
	if arg == "help" {
		return help(c, c.Args().Get(1))
	}
	hint := ""
	if looksLikeFile(arg) {
		hint = "name the manifest with --asyncapi " + arg
	}
	return unknownCommand(c.App, arg, hint)
}

func looksLikeFile(arg string) bool { return strings.ContainsAny(arg, "./") }

// otherCommands says what to type in place of commands that other tools have.
var otherCommands = map[string]string{
	"generate": "wsgen generates without the name of a command: wsgen --asyncapi api.yaml",
	"version":  "run `wsgen --version`",
}

// unknownCommand is the error for the name of a command that does not exist.
func unknownCommand(app *cli.App, name, hint string) error {
	commands := visible(app)
	if other := otherCommands[name]; other != "" {
		hint = other
	} else if near := text.Nearest(name, commands); near != "" {
		hint = fmt.Sprintf("did you mean `wsgen %s`?", near)
	} else if hint == "" {
		hint = "the commands are " + strings.Join(commands, ", ")
	}
	return usage(hint, "there is no command %q", name)
}

// help prints what --help does. It is not a command of the library, which would list
// itself in every help text.
func help(c *cli.Context, name string) error {
	switch {
	case name == "":
		return cli.ShowAppHelp(c)
	case slices.Contains(visible(c.App), name):
		return cli.ShowCommandHelp(c, name)
	}
	return unknownCommand(c.App, name, "")
}
