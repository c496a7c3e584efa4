package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
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
	model, files, err := j.build()
	if err != nil {
		return err
	}
	j.sayFound(model)
	if j.dryRun {
		return j.sayPlan(j.request(files))
	}
	_, err = output.Write(j.request(files), output.Writing{
		Force: j.force,
		Wait:  lockWait,
		Waiting: func() {
			fmt.Fprintf(j.stderr, "wsgen: waiting for another run in %s to end\n", j.output)
		},
	})
	if err != nil {
		return conflictHint(err)
	}
	for _, l := range j.languages {
		j.say("✓ Generated %s client\n", l.title)
	}
	j.say("Successfully generated %d client(s)\n", len(j.languages))
	return nil
}

// say prints a message, unless --quiet is given.
func (j *job) say(format string, args ...any) {
	if !j.quiet {
		fmt.Fprintf(j.messages(), format, args...)
	}
}

// messages returns where messages go that are not problems. With --error-format json,
// standard output holds nothing but JSON.
func (j *job) messages() io.Writer {
	if j.errorFormat == "json" {
		return j.stderr
	}
	return j.stdout
}

// sayFound prints a list of the methods and, if there are any, of the events.
func (j *job) sayFound(m *schema.Model) {
	j.say("Found %s\n", count(len(m.Methods), "RPC method"))
	for _, me := range m.Methods {
		result := "no reply"
		if !me.Notify {
			result = text.Short(schema.Describe(me.Result))
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
func (j *job) sayPlan(req output.Request) error {
	plan, err := output.Inspect(req)
	if err != nil {
		return &failure{code: exitFindings, err: err}
	}
	if found := plan.Conflicts(); len(found) > 0 && !j.force {
		return conflictHint(&output.ConflictError{Dir: req.Dir, Entries: found})
	}
	changes := plan.Changes()
	if len(changes) == 0 {
		j.say("%s is up to date\n", j.output)
	}
	dir := strings.TrimSuffix(filepath.ToSlash(j.output), "/")
	for _, e := range changes {
		verb := "write"
		if e.New == nil {
			verb = "remove"
		}
		j.say("would %s %s/%s\n", verb, dir, text.Escape(e.Path))
	}
	return nil
}

const conflictRemedy = "move your changes out of the generated files, or overwrite them with --force"

// conflictHint returns an error that names every file that a run would overwrite although
// it was edited or is not wsgen's, and says what to do.
func conflictHint(err error) error {
	var conflict *output.ConflictError
	if !errors.As(err, &conflict) {
		return &failure{code: exitFindings, err: err}
	}
	f := &failure{code: exitFindings, err: errors.New(conflict.Error() + "; nothing was written:"), hint: conflictRemedy}
	for _, e := range conflict.Entries {
		f.details = append(f.details, fmt.Sprintf("%-8s %s", e.Status, e.Path))
	}
	return f
}
