package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/lint"
	"github.com/wsgen/wsgen/internal/text"
)

func (e *env) lintCommand() *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "find what makes clients harder to use",
		UsageText: "wsgen lint --asyncapi FILE [flags]",
		Description: `Finds what is valid, but not good: unions without a tag, lists without a bound,
money as floats, secrets in results, and so on. The hints say what to write in
Pydantic. Exits with 1 if there is a finding that wsgen.yaml does not ignore.
docs/lint.md explains all rules.

Example:
   wsgen lint --asyncapi api.yaml`,
		Flags:  inputFlags(),
		Action: e.action(lintAll),
	}
}

func lintAll(j *job) error {
	var diags text.Diagnostics
	found := 0
	for _, a := range j.apis {
		model, problems, err := j.read(a.load)
		if err != nil {
			return err
		}
		diags = append(diags, problems...)
		skip := a.ignoring("lint")
		for _, f := range lint.Check(plan.New(model)) {
			if !skip.ignores(f.ID, f.At) {
				found++
				d := diags.Add(f.Pos, f.ID, f.At+": "+f.Message, f.Hint)
				d.Severity = text.Warning
			}
		}
		diags = append(diags, skip.unused()...)
	}
	j.report(diags)
	if found > 0 {
		return &failure{code: exitFindings}
	}
	for _, a := range j.apis {
		fmt.Fprintf(j.messages(), "%s: nothing to say\n", text.Escape(a.load.AsyncAPI))
	}
	return nil
}

func lintRules() (ids []string) {
	for _, r := range lint.Rules {
		ids = append(ids, r.ID)
	}
	return ids
}
