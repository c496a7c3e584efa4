package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/internal/text"
)

// choices are the possible values of flags that have a fixed set; the first is the
// default.
var choices = map[string][]string{
	"error-format": text.Formats,
	"color":        {"auto", "always", "never"},
	"profile":      centrifugo.Profiles,
	"engine":       centrifugo.Engines,
	"level":        {"source", "wire"},
}

// inputFlags say what is read.
func inputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "asyncapi", Usage: "the AsyncAPI manifest, `FILE`; - is standard input", TakesFile: true},
		&cli.StringSliceFlag{Name: "openapi", Usage: "an OpenAPI document, `FILE`, whose components.schemas may be referred to; repeatable", TakesFile: true},
		&cli.StringSliceFlag{Name: "root", Usage: "documents may refer to files in `DIR`, besides those in their own folders; repeatable", TakesFile: true},
		&cli.StringFlag{Name: "config", Usage: "settings in `FILE` (default: wsgen.yaml, if there is one)", TakesFile: true},
		&cli.StringSliceFlag{Name: "api", Usage: "of the APIs that wsgen.yaml lists, the one called `NAME`; repeatable"},
		toggle("strict", "check schemas against the full JSON Schema metaschema, too"),
		choice("error-format", "print problems in `FORMAT`: "),
		choice("color", "use colour `WHEN` (auto: on a terminal, unless NO_COLOR is set): "),
	}
}

// checkFlags say which packages are compared.
func checkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "the packages are in `DIR`, each in a folder of its own (default: ./opensdk)", TakesFile: true},
		folder("python-out", "the Python package"),
		folder("typescript-out", "the TypeScript package"),
		folder("go-out", "the Go package"),
		toggle("all", "all languages, which is the default"),
		toggle("python", "the Python package; --python=false leaves it out"),
		toggle("typescript", "the TypeScript package"),
		toggle("go", "the Go package"),
		toggle("validate", "with validators of values, in all packages"),
	}
}

// outputFlags say what is written, and how.
func outputFlags() []cli.Flag {
	return append(checkFlags(),
		toggle("force", "overwrite and remove files that were edited or are not wsgen's"),
		toggle("dry-run", "name the files that would be written or removed, and write nothing"),
		toggle("quiet", "print problems only", "q"),
	)
}

// folder returns a flag that names the folder of one package.
func folder(name, what string) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: what + " is in `DIR` itself", TakesFile: true}
}

// toggle returns a flag without a value, which is off by default.
func toggle(name, usage string, aliases ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Aliases: aliases, Usage: usage, DisableDefaultText: true}
}

// choice returns a flag whose value is one of its choices.
func choice(name, usage string) cli.Flag {
	all := choices[name]
	return &cli.StringFlag{Name: name, Value: all[0], DefaultText: all[0], Usage: usage + strings.Join(all, ", ")}
}
