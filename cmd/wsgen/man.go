package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/version"
)

// manCommand prints the manual page, which releases carry. The generator of urfave/cli
// reads texts as Markdown, and joins the lines of examples.
func manCommand() *cli.Command {
	return &cli.Command{
		Name:     "__man",
		Hidden:   true,
		HideHelp: true,
		Action: func(c *cli.Context) error {
			printMan(c.App.Writer, c.App)
			return nil
		},
	}
}

// printMan prints a page about all commands, from the texts of --help:
//
//	.SS wsgen check
//	Names missing, changed, stale, hand\-edited and foreign files, and prints a unified
//	diff. Writes nothing. Exits with 1 if the output is not up to date.
func printMan(w io.Writer, app *cli.App) {
	fmt.Fprintf(w, ".TH WSGEN 1 \"\" \"wsgen %s\"\n", version.Number)
	fmt.Fprintf(w, ".SH NAME\nwsgen \\- %s\n.SH SYNOPSIS\n", roff(app.Usage))
	manSample(w, strings.Split(app.UsageText, "\n"))
	fmt.Fprintln(w, ".SH DESCRIPTION")
	manText(w, app.Description)
	fmt.Fprintln(w, ".SH OPTIONS")
	manFlags(w, app.VisibleFlags(), nil)
	fmt.Fprintln(w, ".SH COMMANDS")
	for _, c := range app.VisibleCommands() {
		fmt.Fprintf(w, ".SS wsgen %s\n", roff(c.Name))
		manText(w, strings.ToUpper(c.Usage[:1])+c.Usage[1:]+".\n\n"+c.Description)
		manFlags(w, c.VisibleFlags(), app.VisibleFlags())
	}
}

// manText prints paragraphs, and lines that are indented as they stand.
func manText(w io.Writer, text string) {
	lines := strings.Split(text, "\n")
	for len(lines) > 0 {
		indented := strings.HasPrefix(lines[0], "   ")
		end := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "   ") != indented })
		if end < 0 {
			end = len(lines)
		}
		if indented {
			manSample(w, lines[:end])
		} else {
			for _, line := range lines[:end] {
				if line == "" {
					line = ".PP"
				} else {
					line = roff(line)
				}
				fmt.Fprintln(w, line)
			}
		}
		lines = lines[end:]
	}
}

// manSample prints lines that are not filled.
func manSample(w io.Writer, lines []string) {
	fmt.Fprintln(w, ".EX")
	for _, line := range lines {
		fmt.Fprintln(w, roff(line))
	}
	fmt.Fprintln(w, ".EE")
}

// manFlags prints flags, with one line for those that are described already.
func manFlags(w io.Writer, flags, known []cli.Flag) {
	var described []string
	for _, f := range flags {
		name, usage, _ := strings.Cut(f.String(), "\t")
		if slices.ContainsFunc(known, func(k cli.Flag) bool { return k.String() == f.String() }) {
			described = append(described, dashes(f.Names()[0]))
			continue
		}
		fmt.Fprintf(w, ".TP\n\\fB%s\\fR\n%s\n", roff(name), roff(usage))
	}
	if described != nil {
		fmt.Fprintf(w, ".PP\nOptions described above: %s.\n", roff(strings.Join(described, ", ")))
	}
}

// roff quotes a line of text: no character of it is a command.
func roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
