package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/breaking"
	"github.com/wsgen/wsgen/internal/text"
)

func (e *env) breakingCommand() *cli.Command {
	return &cli.Command{
		Name:      "breaking",
		Usage:     "find changes that break clients of an earlier version",
		UsageText: "wsgen breaking --asyncapi FILE --against VERSION [flags]",
		Description: `Compares the documents with an earlier version of them: a file, a folder that has
them at the same paths, or a commit. A change on the wire breaks clients in use: it
is an error. A change in code breaks those who generate clients again: it is a
warning. Exits with 1 if there is either, unless wsgen.yaml ignores it.
docs/breaking.md explains all rules.

Examples:
   wsgen breaking --asyncapi api.yaml --against git:main
   wsgen breaking --asyncapi api.yaml --against git:v1.2.0:old/api.yaml --level wire
   wsgen breaking --asyncapi api.yaml --against ../release/api.yaml --changelog`,
		Flags: append(inputFlags(),
			&cli.StringFlag{Name: "against", Usage: "the earlier version, `VERSION`: FILE, DIR, or git:REF[:FILE]", TakesFile: true},
			choice("level", "report changes from `LEVEL` on: "),
			toggle("changelog", "print all changes as Markdown, and exit with 0"),
		),
		Action: func(c *cli.Context) error {
			return e.action(func(j *job) error { return j.breaking(c) })(c)
		},
	}
}

func (j *job) breaking(c *cli.Context) error {
	level := first(stringFlag(c, "level"), choices["level"][0])
	if err := oneOf("level", level); err != nil {
		return err
	}
	a, err := j.one()
	if err != nil {
		return err
	}
	earlier, err := j.earlier(a.load, stringFlag(c, "against"))
	if err != nil {
		return err
	}
	before, _, err := j.read(earlier)
	if err != nil {
		return err
	}
	after, problems, err := j.read(a.load)
	if err != nil {
		return err
	}
	changes := breaking.Compare(before, after)
	if boolFlag(c, "changelog") {
		j.reportTo(j.stderr, problems)
		return breaking.WriteChangelog(j.stdout, after.Info.Title, before.Info.Version, after.Info.Version, changes)
	}
	changes, unused := a.without(changes)
	return j.sayBreaking(a, changes, append(problems, unused...), level)
}

// sayBreaking reports the changes from a level on, beside the problems of the new version.
func (j *job) sayBreaking(a *api, changes []breaking.Change, diags text.Diagnostics, level string) error {
	found, safe := 0, 0
	for _, change := range changes {
		switch {
		case change.Level == breaking.Safe, change.Level == breaking.Source && len(a.met(change)) == 0:
			safe++
		case change.Level == breaking.Wire || level == breaking.Source.String():
			found++
			diags = append(diags, a.problem(change))
		}
	}
	j.report(diags)
	if found > 0 {
		return &failure{code: exitFindings}
	}
	if !text.IsReport(j.errorFormat) {
		fmt.Fprintf(j.stdout, "%s: nothing breaks (%s)\n", text.Escape(a.load.AsyncAPI), count(safe, "safe change"))
	}
	return nil
}

// problem returns a change as a diagnostic. What is gone has a place in the earlier version
// only.
func (a *api) problem(change breaking.Change) text.Diagnostic {
	d := text.Diagnostic{
		Pos: change.Pos, File: a.load.AsyncAPI, Code: change.ID, Message: change.At + ": " + change.Message,
		Hint: "clients that are in use meet this; see docs/breaking.md",
	}
	if change.Level == breaking.Source {
		who := "code"
		if change.Languages != nil {
			who += " in " + strings.Join(a.met(change), " and ")
		}
		d.Severity, d.Hint = text.Warning, who+" meets this when clients are generated again; see docs/breaking.md"
	}
	if change.Old.IsValid() {
		d.Notes = []text.Note{{Pos: change.Old, Message: "the earlier version"}}
	}
	return d
}

// met returns the languages, of those that are generated, in which code meets a change.
func (a *api) met(change breaking.Change) (titles []string) {
	for _, t := range a.targets {
		if change.Languages == nil || slices.Contains(change.Languages, t.name) {
			titles = append(titles, t.title)
		}
	}
	return titles
}

// without leaves out the changes that wsgen.yaml ignores, and warns of what ignores none.
func (a *api) without(changes []breaking.Change) (left []breaking.Change, unused text.Diagnostics) {
	skip := a.ignoring("breaking")
	for _, change := range changes {
		if !skip.ignores(change.ID, change.At) {
			left = append(left, change)
		}
	}
	return left, skip.unused()
}

func breakingRules() []string {
	return slices.Sorted(maps.Keys(breaking.Rules))
}
