package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wsgen/wsgen/internal/output"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// lockWait is how long a run waits for another run in the same folder to end.
const lockWait = 30 * time.Second

// generate writes the packages: what wsgen does without a command.
func generate(j *job) error {
	if err := j.build(); err != nil {
		return err
	}
	if j.dryRun {
		return j.sayPlan()
	}
	left := j.leftovers()
	err := output.Write(j.packages(), output.Writing{
		Force: j.force,
		Wait:  lockWait,
		Waiting: func(dir string) {
			fmt.Fprintf(j.stderr, "wsgen: waiting for another run in %s to end\n", dir)
		},
	})
	for _, a := range j.apis {
		j.sayFound(a)
		if err == nil {
			j.sayGenerated(a)
		}
	}
	if err != nil {
		return conflictHint(err)
	}
	j.sayLeftovers(left)
	return nil
}

// sayGenerated prints a line for each package of an API.
func (j *job) sayGenerated(a *api) {
	for _, t := range a.targets {
		j.say("✓ Generated %s client\n", t.title)
		j.hintAtModule(t)
	}
	j.say("Successfully generated %d client(s)\n", len(a.targets))
}

// say prints a message, unless --quiet is given.
func (j *job) say(format string, args ...any) {
	if !j.quiet {
		fmt.Fprintf(j.messages(), format, args...)
	}
}

// messages returns where messages go that are not problems. With a format that is
// a report, standard output holds nothing else.
func (j *job) messages() io.Writer {
	if text.IsReport(j.errorFormat) {
		return j.stderr
	}
	return j.stdout
}

// sayFound prints a list of the methods and, if there are any, of the events.
func (j *job) sayFound(a *api) {
	m := a.model
	if len(j.apis) > 1 {
		j.say("%s (%s):\n", a.name, text.Escape(a.load.AsyncAPI))
	}
	j.say("Found %s\n", count(len(m.Methods), "RPC method"))
	for _, me := range m.Methods {
		result := "no reply"
		if !me.Notify {
			result = text.Short(schema.Describe(me.Result))
		}
		if me.Stream {
			result = "stream of " + result
		}
		j.say("  - %s: %s -> %s\n", text.Short(me.Wire), text.Short(schema.Describe(me.Params)), result)
	}
	if len(m.Events) == 0 {
		return
	}
	j.say("Found %s\n", count(len(m.Events), "event"))
	for _, e := range m.Events {
		j.say("  - %s: %s on %s\n", text.Short(e.Wire), text.Short(schema.Describe(e.Payload)), text.Short(e.Channel.Text))
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sayPlan prints which files a run would write or remove, for --dry-run.
func (j *job) sayPlan() error {
	plans, err := j.inspect()
	if err != nil {
		return err
	}
	for _, a := range j.apis {
		j.sayFound(a)
	}
	if err := output.Conflicts(plans); err != nil && !j.force {
		return conflictHint(err)
	}
	changes := 0
	for _, p := range plans {
		for _, e := range p.Changes() {
			verb := "write"
			if e.New == nil {
				verb = "remove"
			}
			j.say("would %s %s\n", verb, text.Escape(p.Name(e)))
			changes++
		}
	}
	if changes == 0 {
		j.say("%s\n", upToDate(plans))
	}
	return nil
}

// inspect compares all folders with what they are to hold.
func (j *job) inspect() ([]*output.Plan, error) {
	var plans []*output.Plan
	for _, p := range j.packages() {
		plan, err := output.Inspect(p)
		if err != nil {
			return nil, &failure{code: exitFindings, err: err}
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

func upToDate(plans []*output.Plan) string {
	files := 0
	var dirs []string
	for _, p := range plans {
		files += len(p.Entries)
		dirs = append(dirs, p.Dir)
	}
	verb := "is"
	if len(dirs) > 1 {
		verb = "are"
	}
	return fmt.Sprintf("%s %s up to date (%s)", strings.Join(dirs, ", "), verb, count(files, "file"))
}

const conflictRemedy = "undo these changes or keep them elsewhere, and overwrite the files with --force; tell formatters to pass these folders by"

// conflictHint returns an error that names every file that a run would overwrite although
// it was edited or is not wsgen's, and says what to do.
func conflictHint(err error) error {
	var conflict *output.ConflictError
	if !errors.As(err, &conflict) {
		return &failure{code: exitFindings, err: err}
	}
	f := &failure{code: exitFindings, err: errors.New(conflict.Error() + "; nothing was written:"), hint: conflictRemedy}
	for _, e := range conflict.Files {
		f.details = append(f.details, fmt.Sprintf("%-8s %s", e.Status, e.Name))
	}
	return f
}
