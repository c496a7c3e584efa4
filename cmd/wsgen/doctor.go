package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/internal/centrifugo/live"
	"github.com/wsgen/wsgen/schema"
)

func (e *env) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:      "doctor",
		Usage:     "find what is missing or unsafe in a Centrifugo configuration or server",
		UsageText: "wsgen doctor --config FILE [--asyncapi FILE]\nwsgen doctor --url URL --token TOKEN [--other-token TOKEN] [--asyncapi FILE]",
		Description: `With --config, compares a Centrifugo v6 configuration (JSON) with what the
manifest's channels need. Standard error has a line for each finding, standard
output a JSON merge patch (RFC 7396) that mends them.

With --url, tries on a running server what a hostile user would: to read the
requests and replies of others, to forge replies and events, to lie about the
sender. Where the server is unsafe the attempts succeed, so use a staging server.
With --other-token, of a second user, it sees what reaches the victim; else the
victim is made up.

Without a manifest the channels are rpc.requests and user#{user_id}.

Examples:
   wsgen doctor --config centrifugo.json --asyncapi api.yaml > patch.json
   wsgen doctor --url ws://127.0.0.1:8000/connection/websocket --token "$TOKEN"

Exit codes: 0 nothing found, 1 findings, 2 wrong usage, 3 the file cannot be read
or the server cannot be reached.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "asyncapi", Usage: "the AsyncAPI manifest, `FILE`; - is standard input", TakesFile: true},
			&cli.StringSliceFlag{Name: "openapi", Usage: "an OpenAPI document, `FILE`, that the manifest refers to; repeatable", TakesFile: true},
			&cli.StringFlag{Name: "config", Usage: "the Centrifugo configuration to check, `FILE`", TakesFile: true},
			&cli.StringFlag{Name: "url", Usage: "the server to try, `URL`, as in ws://host/connection/websocket"},
			&cli.StringFlag{Name: "token", Usage: "a connection `TOKEN` for that server", EnvVars: []string{"WSGEN_DOCTOR_TOKEN"}},
			&cli.StringFlag{Name: "other-token", Usage: "another user's connection `TOKEN`", EnvVars: []string{"WSGEN_DOCTOR_OTHER_TOKEN"}},
			&cli.DurationFlag{Name: "wait", Value: 2 * time.Second, Usage: "wait `TIME` for the answer of a worker"},
		},
		Action: e.doctor,
	}
}

// doctor checks a file, a server or both.
func (e *env) doctor(c *cli.Context) error {
	file, url := c.String("config"), c.String("url")
	switch {
	case c.Args().First() != "":
		return strayArgument(c, c.Args().First())
	case file == "" && url == "":
		return usage("wsgen doctor --config centrifugo.json, or --url ws://… --token …", "there is nothing to check")
	case url != "" && c.String("token") == "":
		return usage("add --token, or set WSGEN_DOCTOR_TOKEN", "--url needs a connection token")
	}
	j, err := newDoctorJob(e, c)
	if err != nil {
		return err
	}
	names := centrifugo.DefaultNames()
	if j.load.AsyncAPI != "" {
		any := func(centrifugo.Names) schema.Diagnostics { return nil }
		if names, err = j.channelNames(any); err != nil {
			return err
		}
	}
	sick := false
	if file != "" {
		if sick, err = j.checkFile(file, names); err != nil {
			return err
		}
	}
	if url != "" {
		found, err := j.tryServer(live.Target{
			URL: url, Token: c.String("token"), OtherToken: c.String("other-token"), Names: names, Wait: c.Duration("wait"),
		})
		if err != nil {
			return err
		}
		sick = sick || found
	}
	if sick {
		return &failure{code: exitFindings}
	}
	return nil
}

// newDoctorJob is newJob where the manifest may be missing and --config is Centrifugo's.
func newDoctorJob(e *env, c *cli.Context) (*job, error) {
	conf, err := readConfig("")
	if err != nil {
		return nil, err
	}
	j := &job{env: e, errorFormat: choices["error-format"][0], colorMode: choices["color"][0]}
	j.load = schema.Options{
		AsyncAPI: filepath.ToSlash(first(stringFlag(c, "asyncapi"), conf.AsyncAPI)),
		OpenAPI:  slashes(sliceFlag(c, "openapi", conf.OpenAPI)),
		Read:     j.readFile(),
		List:     listFiles,
	}
	return j, nil
}

func (j *job) checkFile(file string, names centrifugo.Names) (sick bool, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return false, &failure{code: exitInput, err: errors.New(plainPathError(err))}
	}
	findings, patch, err := centrifugo.Check(data, names)
	if err != nil {
		return false, &failure{exitInput, fmt.Errorf("%s: %w", file, err), "it must be a Centrifugo v6 configuration in JSON"}
	}
	if len(findings) == 0 {
		fmt.Fprintf(j.stdout, "%s: ok\n", file)
		return false, nil
	}
	for _, f := range findings {
		fmt.Fprintf(j.stderr, "%s: %s: %s [%s]\n", file, f.Path, f.Reason, f.Code)
	}
	_, err = j.stdout.Write(patch)
	return true, err
}

func (j *job) tryServer(target live.Target) (sick bool, err error) {
	attempts, err := live.Try(context.Background(), target)
	if err != nil {
		return false, &failure{exitInput, err, "is the URL that of the client endpoint, and the token valid?"}
	}
	w := tabwriter.NewWriter(j.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACTION\tEXPECTED\tSEEN\tOK")
	findings := 0
	for _, a := range attempts {
		verdict := "yes"
		if !a.OK {
			verdict = "NO"
			findings++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.Action, a.Expected, a.Seen, verdict)
	}
	if err := w.Flush(); err != nil {
		return false, err
	}
	fmt.Fprintf(j.stdout, "\n%s, %s\n", count(len(attempts), "attempt"), count(findings, "finding"))
	return findings > 0, nil
}
