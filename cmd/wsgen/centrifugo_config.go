package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/internal/output"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

func (e *env) centrifugoConfigCommand() *cli.Command {
	return &cli.Command{
		Name:      "centrifugo-config",
		Usage:     "print a Centrifugo v6 configuration for the manifest's channels",
		UsageText: "wsgen centrifugo-config --asyncapi FILE [--profile PROFILE] [flags]",
		Description: `With it calls work, and no user can read or forge those of others. Profiles:
   proxy      requests go through Centrifugo's publish proxy to any number of
              workers; for all channel names, and the default
   dev        one worker subscribes to the requests; tokens name the reply channel
              if requests and replies share a namespace
   isolated   one worker subscribes; each connection has a reply channel of its own.
              Needs names such as rpc:requests and user:{nonce}#{user_id}
   existing   only the namespaces to add to a configuration that is in use; nothing
              changes for the channels that it has

Channels without a ":" share one set of options; rpc.requests and user#ID are such
channels. If clients could publish on all of them, any user could forge replies to
any other. So publishing goes through the proxy, or a regex allows requests only.
User ids may hold anything but ",", "#" and ":".

Events are open to whom the manifest names with ` + "`access`" + `. About those that need a
permission, and about public ones beside events of one user, Centrifugo asks the
back end, through its subscribe proxy.

Calls that end with their callers (` + "`on_disconnect: cancel`" + `) need presence on reply
channels, for the worker: it is on where the manifest has such a method.

Several nodes of Centrifugo share a Redis: --engine redis. With memory, the default,
there is one node, and what a client misses while it restarts is lost.

A program that stores its position in the events, and begins there after a restart,
gets what it has missed as far as it is kept: for a minute, and 64 events of a channel
(300 where a method streams). --event-history and --event-history-size keep more, of
events in namespaces of their own.

Secrets are not in the file: standard error names the variables from which
Centrifugo reads them, and what else to know.

Examples:
   wsgen centrifugo-config --asyncapi api.yaml -o centrifugo.json
   wsgen centrifugo-config --asyncapi api.yaml --backend http://web:8000
   wsgen centrifugo-config --asyncapi api.yaml --engine redis
   wsgen centrifugo-config --asyncapi api.yaml --event-history 24h --event-history-size 1000
   wsgen centrifugo-config --asyncapi api.yaml --profile dev`,
		Flags: append(inputFlags(),
			choice("profile", "`PROFILE` is one of: "),
			choice("engine", "`ENGINE` is one of: "),
			&cli.StringFlag{Name: eventHistory, Usage: "keep events for `TIME`, as in 24h", DefaultText: "60s"},
			&cli.IntFlag{Name: eventHistorySize, Usage: "keep `NUMBER` events of each channel", DefaultText: "64, or 300 with streams"},
			&cli.StringFlag{Name: "backend", Value: centrifugo.DefaultBackend, Usage: "the back end that the proxies ask, `URL`"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` (default: standard output)", TakesFile: true},
			toggle("force", "overwrite a file that differs"),
		),
		Action: func(c *cli.Context) error {
			return e.action(func(j *job) error { return configureCentrifugo(j, c) })(c)
		},
	}
}

// Flags that say how much the channels of events keep.
const eventHistory, eventHistorySize = "event-history", "event-history-size"

// configuration is what the flags say about it.
type configuration struct {
	profile, engine, backend string
	history                  centrifugo.History // of events
}

func readConfiguration(c *cli.Context) (configuration, error) {
	w := configuration{c.String("profile"), c.String("engine"), c.String("backend"),
		centrifugo.History{TTL: c.String(eventHistory), Size: c.Int(eventHistorySize)}}
	if err := cmp.Or(oneOf("profile", w.profile), oneOf("engine", w.engine)); err != nil {
		return w, err
	}
	u, err := url.Parse(w.backend)
	switch {
	case w.profile == centrifugo.Existing && w.engine != centrifugo.Memory:
		return w, usage("leave it out: the configuration that is in use names its engine", "--engine does not go with --profile %s", w.profile)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery+u.Fragment != "" || u.User != nil:
		return w, usage("write it as in "+centrifugo.DefaultBackend, "--backend cannot be %q", w.backend)
	case c.IsSet(eventHistory) && !centrifugo.IsTTL(w.history.TTL):
		return w, usage("write whole seconds, minutes or hours, as in --event-history 24h", "--%s cannot be %q", eventHistory, w.history.TTL)
	case c.IsSet(eventHistorySize) && w.history.Size < 1:
		return w, usage("leave it out, or name a number from 1 on", "--%s cannot be %d", eventHistorySize, w.history.Size)
	}
	return w, nil
}

// configureCentrifugo writes the configuration, and prints notes about it.
func configureCentrifugo(j *job, c *cli.Context) error {
	wanted, err := readConfiguration(c)
	if err != nil {
		return err
	}
	var config *centrifugo.Config
	var notes []string
	a, err := j.one()
	if err != nil {
		return err
	}
	_, err = j.channelNames(a.load, func(names centrifugo.Names) (problems text.Diagnostics) {
		names.History = wanted.history
		config, notes, problems = centrifugo.Configure(names, wanted.profile, wanted.backend)
		return problems
	})
	if err != nil {
		return err
	}
	switch {
	case wanted.engine == centrifugo.Redis:
		notes = append(notes, config.UseRedis())
	case wanted.history.TTL != "" && wanted.profile != centrifugo.Existing:
		notes = append(notes, "with the engine memory a restart of Centrifugo forgets all events, of which programs are told: --engine redis keeps them")
	}
	if err := j.writeCentrifugo(c.String("output"), text.EscapeJSON(config.JSON())); err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintf(j.stderr, "note: %s\n", text.Escape(note))
	}
	return nil
}

// channelNames returns the channels of the manifest. It prints all problems, also those
// that check finds in the names, to standard error: standard output is for the
// configuration.
func (j *job) channelNames(documents load.Options, check func(centrifugo.Names) text.Diagnostics) (centrifugo.Names, error) {
	model, diags := load.Load(documents)
	var names centrifugo.Names
	if !diags.HasErrors() {
		var unsafe text.Diagnostics
		if names, unsafe = centrifugo.ReadNames(model); !unsafe.HasErrors() {
			unsafe = check(names)
		}
		for i := range unsafe {
			if !unsafe[i].Pos.IsValid() { // a default name
				unsafe[i].File = documents.AsyncAPI
			}
		}
		diags = append(diags, unsafe...)
		diags.Sort()
	}
	j.reportTo(j.stderr, diags)
	if diags.HasErrors() {
		return names, &failure{code: exitInput}
	}
	return names, nil
}

// writeCentrifugo writes the configuration. It does not overwrite a file with other
// content, since people edit these files.
func (j *job) writeCentrifugo(file string, data []byte) error {
	if file == "" {
		_, err := j.stdout.Write(data)
		return err
	}
	var old []byte
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		old = data // a pipe or a device has no content to lose
	} else if err == nil {
		old, err = os.ReadFile(file)
	}
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return &failure{code: exitFindings, err: errors.New(plainPathError(err))}
	case err == nil && !bytes.Equal(old, data) && !j.force:
		return &failure{code: exitFindings, err: fmt.Errorf("%s already exists with other content; nothing was written", file),
			hint: fmt.Sprintf("overwrite it with --force, or see what it lacks: wsgen doctor --config %s", file)}
	}
	if err := output.WriteFile(file, data); err != nil {
		return &failure{code: exitFindings, err: err}
	}
	return nil
}

// plainPathError returns the message of an error without the name of the system call.
func plainPathError(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Sprintf("%s: %v", filepath.ToSlash(pathErr.Path), pathErr.Err)
	}
	return err.Error()
}
