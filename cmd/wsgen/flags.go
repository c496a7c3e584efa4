package main

import "github.com/urfave/cli/v2"

// inputFlags say what is read; every command has them.
func inputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "asyncapi", Usage: "the AsyncAPI manifest, `FILE`; - is standard input", TakesFile: true},
		&cli.StringSliceFlag{Name: "openapi", Usage: "an OpenAPI document, `FILE`, whose components.schemas may be referred to; repeatable", TakesFile: true},
		&cli.StringFlag{Name: "config", Usage: "settings in `FILE` (default: wsgen.yaml, if there is one)", TakesFile: true},
		&cli.BoolFlag{Name: "strict", Usage: "check schemas against the full JSON Schema metaschema, too"},
		&cli.StringFlag{Name: "error-format", Value: "text", Usage: "print problems in `FORMAT`: text, json or github"},
		&cli.StringFlag{Name: "color", Value: "auto", Usage: "use colour `WHEN`: auto (on a terminal, unless NO_COLOR is set), always or never"},
	}
}

// checkFlags say which packages there are.
func checkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write into `DIR` (default: ./opensdk)", TakesFile: true},
		&cli.BoolFlag{Name: "all", Usage: "all languages, which is the default"},
		&cli.BoolFlag{Name: "python", Usage: "the Python package"},
		&cli.BoolFlag{Name: "typescript", Usage: "the TypeScript package"},
		&cli.BoolFlag{Name: "go", Usage: "the Go package"},
	}
}

// outputFlags say what is written, and how.
func outputFlags() []cli.Flag {
	return append(checkFlags(),
		&cli.BoolFlag{Name: "force", Usage: "overwrite and remove files that were edited or are not wsgen's"},
		&cli.BoolFlag{Name: "dry-run", Usage: "name the files that would be written or removed, and write nothing"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print problems only"},
	)
}
