package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/breaking"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
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
	before, problems := load.Load(earlier)
	if problems.HasErrors() {
		j.report(problems)
		return &failure{code: exitInput}
	}
	after, problems := load.Load(a.load)
	if problems.HasErrors() {
		j.report(problems)
		return &failure{code: exitInput}
	}
	a.model = after
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
		case change.Level == breaking.Safe:
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
		d.Severity, d.Hint = text.Warning, "code meets this when clients are generated again; see docs/breaking.md"
	}
	if change.Old.IsValid() {
		d.Notes = []text.Note{{Pos: change.Old, Message: "the earlier version"}}
	}
	return d
}

// ignored is a change that the user knows about.
type ignored struct {
	rule, at string // at is empty for all changes of the rule
	pos      text.Pos
}

// without leaves out the changes that wsgen.yaml ignores, and warns of what ignores none.
func (a *api) without(changes []breaking.Change) (left []breaking.Change, unused text.Diagnostics) {
	used := make([]bool, len(a.ignored))
	for _, change := range changes {
		i := slices.IndexFunc(a.ignored, func(x ignored) bool {
			return x.rule == change.ID && (x.at == "" || x.at == change.At)
		})
		if i < 0 {
			left = append(left, change)
		} else {
			used[i] = true
		}
	}
	for i, x := range a.ignored {
		if !used[i] {
			d := unused.Add(x.pos, "config-ignore", "this ignores no change", "remove it")
			d.Severity = text.Warning
		}
	}
	return left, unused
}

// ignoredChanges reads breaking.ignore of wsgen.yaml.
func (r *configReader) ignoredChanges(to *[]ignored) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		for _, item := range r.items(n, what) {
			x, reason := ignored{pos: item.Pos}, ""
			r.mapping(item, "an item of "+what, settings{
				{"rule", r.text(&x.rule)}, {"at", r.text(&x.at)}, {"reason", r.text(&reason)},
			})
			switch {
			case item.Kind != text.KindObject:
			case breaking.Rules[x.rule] == nil:
				r.add(item.Pos, "config-ignore", fmt.Sprintf("there is no rule %q", x.rule), nearRule(x.rule))
			case reason == "":
				r.add(item.Pos, "config-ignore", "the reason is missing", "say why nobody minds: `reason: no client was released yet`")
			}
			*to = append(*to, x)
		}
	}
}

func nearRule(id string) string {
	var ids []string
	for known := range breaking.Rules {
		ids = append(ids, known)
	}
	slices.Sort(ids)
	if near := text.Nearest(id, ids); near != "" {
		return "did you mean " + near + "?"
	}
	return "docs/breaking.md lists the rules"
}
