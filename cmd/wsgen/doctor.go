package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/internal/centrifugo/live"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// tokenSource is where a token comes from: a file, or else the environment. It is never an
// argument, which other users of the machine can see.
type tokenSource struct{ flag, variable string }

var (
	hostileToken = tokenSource{"token-file", "WSGEN_TOKEN"}
	victimToken  = tokenSource{"other-token-file", "WSGEN_OTHER_TOKEN"}
)

// longestToken is far more than a proxy lets pass in a header.
const longestToken = 64 << 10

// given tells whether the user has named a token.
func (s tokenSource) given(c *cli.Context) bool {
	return c.String(s.flag) != "" || os.Getenv(s.variable) != ""
}

// read returns the token without the space around it, "" if there is none.
func (s tokenSource) read(j *job, c *cli.Context) (string, error) {
	file := c.String(s.flag)
	if file == "" {
		return strings.TrimSpace(os.Getenv(s.variable)), nil
	}
	token, err := j.readToken(file)
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", &failure{code: exitInput, err: fmt.Errorf("--%s %s: %s", s.flag, shownName(file), plainError(err)), hint: "it must hold a connection token and nothing else"}
	}
	return token, nil
}

func (j *job) readToken(file string) (string, error) {
	in := j.stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer opened.Close()
		in = opened
	}
	data, err := io.ReadAll(io.LimitReader(in, longestToken+1))
	if err == nil && len(data) > longestToken {
		err = errors.New("it is too long for a token")
	}
	return strings.TrimSpace(string(data)), err
}

// plainError returns the message of an error without the name of the system call and of the file.
func plainError(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

func (e *env) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:      "doctor",
		Usage:     "find what is missing or unsafe in a Centrifugo configuration or server",
		UsageText: "wsgen doctor --config FILE [--asyncapi FILE]\nwsgen doctor --url URL [--token-file FILE] [--other-token-file FILE] [--asyncapi FILE]",
		Description: `With --config, compares a Centrifugo v6 configuration (JSON or YAML) with what the
manifest's channels need. Standard error has a line for each finding, standard
output a JSON merge patch (RFC 7396) that mends them.

With --url, tries on a running server what a hostile user would: to read the
requests, replies and events of others, to forge replies and events, to lie about
the sender. Where the server is unsafe the attempts succeed, so use a staging server.
It connects with the token in $WSGEN_TOKEN or --token-file: that of a user who may
do as little as possible. With a second user's, in $WSGEN_OTHER_TOKEN or
--other-token-file, it sees what reaches the victim; without it the victim is
invented, and whether a worker believes lies is not proven. The table of attempts
is on standard output or, if --config is given as well, on standard error.

Without a manifest the channels are rpc.requests and user#{user_id}.

Examples:
   wsgen doctor --config centrifugo.json --asyncapi api.yaml > patch.json
   wsgen doctor --url ws://127.0.0.1:8000/connection/websocket --token-file token.jwt

Exit codes: 0 nothing found; 1 findings, or something is not proven, since a worker, the
back end or the victim was missing; 2 wrong usage; 3 the file cannot be read or the
server cannot be reached.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "asyncapi", Usage: "the AsyncAPI manifest, `FILE`; - is standard input", TakesFile: true},
			&cli.StringSliceFlag{Name: "openapi", Usage: "an OpenAPI document, `FILE`, that the manifest refers to; repeatable", TakesFile: true},
			&cli.StringSliceFlag{Name: "root", Usage: "documents may refer to files in `DIR`, besides those in their own folders; repeatable", TakesFile: true},
			&cli.StringFlag{Name: "config", Usage: "the Centrifugo configuration to check, `FILE`; - is standard input", TakesFile: true},
			&cli.StringFlag{Name: "url", Usage: "the server to try, `URL`, as in ws://host/connection/websocket"},
			&cli.StringFlag{Name: hostileToken.flag, Usage: "a `FILE` with a connection token for that server (default: $" + hostileToken.variable + "); - is standard input", TakesFile: true},
			&cli.StringFlag{Name: victimToken.flag, Usage: "a `FILE` with another user's (default: $" + victimToken.variable + ")", TakesFile: true},
			&cli.DurationFlag{Name: "wait", Value: 2 * time.Second, Usage: "wait `TIME` for the answer of a worker"},
		},
		Action: e.doctor,
	}
}

// doctor checks a configuration, a server, or both.
func (e *env) doctor(c *cli.Context) error {
	file, server := c.String("config"), c.String("url")
	if err := doctorUsage(c, file, server); err != nil {
		return err
	}
	j, documents, err := newDoctorJob(e, c)
	if err != nil {
		return err
	}
	names := centrifugo.DefaultNames()
	if documents.AsyncAPI != "" {
		accept := func(centrifugo.Names) text.Diagnostics { return nil }
		if names, err = j.channelNames(documents, accept); err != nil {
			return err
		}
	}
	faulty := false
	if file != "" {
		if faulty, err = j.checkFile(file, names); err != nil {
			return err
		}
	}
	if server != "" {
		table := j.stdout
		if file != "" { // standard output has the patch
			table = j.stderr
		}
		found, err := j.tryServer(table, c, live.Target{URL: server, Names: names, Wait: c.Duration("wait")})
		if err != nil {
			return err
		}
		faulty = faulty || found
	}
	if faulty {
		return &failure{code: exitFindings}
	}
	return nil
}

// doctorUsage refuses flags that do not go together.
func doctorUsage(c *cli.Context, file, server string) error {
	switch {
	case c.Args().First() != "":
		return strayArgument(c, c.Args().First())
	case file == "" && server == "":
		return usage("wsgen doctor --config centrifugo.json, or --url ws://…", "there is nothing to check")
	case server == "" && c.String(hostileToken.flag)+c.String(victimToken.flag) != "":
		return usage("add --url, as in ws://127.0.0.1:8000/connection/websocket", "a token is of use only with --url")
	case countStdin(file, c.String("asyncapi"), c.String(hostileToken.flag), c.String(victimToken.flag)) > 1:
		return usage("name a file for all but one of them", "only one of the files can be standard input")
	case c.Duration("wait") < 0:
		return usage("write it as in --wait 2s", "--wait cannot be %q", c.Duration("wait").String())
	case server != "" && !clientURL(server):
		return usage("write it as in ws://127.0.0.1:8000/connection/websocket", "--url cannot be %q", server)
	case server != "" && !hostileToken.given(c):
		return usage("set "+hostileToken.variable+", or name a file with --"+hostileToken.flag, "--url needs a connection token")
	}
	return nil
}

// countStdin counts the names that mean standard input.
func countStdin(names ...string) (count int) {
	for _, name := range names {
		if name == "-" {
			count++
		}
	}
	return count
}

// clientURL tells whether text can be the URL of Centrifugo's client endpoint.
func clientURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme)
}

// newDoctorJob is newJob for a command that needs no manifest, and whose --config is
// Centrifugo's configuration.
func newDoctorJob(e *env, c *cli.Context) (*job, load.Options, error) {
	j := &job{env: e, errorFormat: choices["error-format"][0], colorMode: choices["color"][0]}
	conf, err := j.readConfig(c.Lineage()[1].String("config")) // as in: wsgen --config FILE doctor
	if err != nil {
		return nil, load.Options{}, err
	}
	settings := &apiConfig{}
	switch {
	case len(conf.apis) == 1:
		settings = conf.apis[0]
	case stringFlag(c, "asyncapi") == "":
		return nil, load.Options{}, usage("name the manifest of one with --asyncapi", "wsgen doctor is about one API, and wsgen.yaml lists %d", len(conf.apis))
	}
	return j, j.documents(c, settings), nil
}

// checkFile prints the findings in a configuration and the patch for them. It tells whether there
// is a patch.
func (j *job) checkFile(file string, names centrifugo.Names) (faulty bool, err error) {
	data, err := j.readCentrifugo(file)
	if err != nil {
		return false, err
	}
	file = shownName(file)
	findings, patch, err := centrifugo.Check(data, names)
	if err != nil {
		return false, &failure{code: exitInput, err: fmt.Errorf("%s: %w", file, err), hint: "it must be a Centrifugo v6 configuration in JSON or YAML"}
	}
	for _, f := range findings {
		note := ""
		if f.Note {
			note = "note: "
		}
		fmt.Fprintf(j.stderr, "%s: %s%s: %s [%s]\n", text.Escape(file), note, text.Escape(f.Path), text.Escape(f.Reason), f.Code)
	}
	if patch == nil {
		fmt.Fprintf(j.stderr, "%s: ok\n", text.Escape(file))
		return false, nil
	}
	_, err = j.stdout.Write(text.EscapeJSON(patch))
	return true, err
}

// readCentrifugo returns a configuration. Problems have been printed when it returns
// an error, unless the error tells them.
func (j *job) readCentrifugo(file string) (*text.Node, error) {
	if strings.EqualFold(filepath.Ext(file), ".toml") {
		return nil, &failure{code: exitInput, err: fmt.Errorf("%s: wsgen does not read TOML", file),
			hint: "Centrifugo reads JSON and YAML as well: write the options in one of them"}
	}
	data, err := j.newFiles([]string{filepath.ToSlash(file)}, nil).read(filepath.ToSlash(file))
	if err != nil {
		j.reportTo(j.stderr, unreadable(file, err))
		return nil, &failure{code: exitInput}
	}
	root, problems := text.ParseDocument(&text.Source{Name: shownName(file), Data: data})
	if len(problems) == 1 && problems[0].Code == text.EmptyDocument {
		return nil, &failure{code: exitInput, err: fmt.Errorf("%s is empty", shownName(file)), hint: "wsgen centrifugo-config writes a configuration"}
	}
	if problems.HasErrors() {
		j.reportTo(j.stderr, problems)
		return nil, &failure{code: exitInput}
	}
	return root, nil
}

// tryServer makes all attempts on a server and prints a table of them. It tells whether one has
// succeeded or proves nothing.
func (j *job) tryServer(table io.Writer, c *cli.Context, target live.Target) (faulty bool, err error) {
	if target.Token, err = hostileToken.read(j, c); err != nil {
		return false, err
	}
	if target.OtherToken, err = victimToken.read(j, c); err != nil {
		return false, err
	}
	attempts, err := live.Try(context.Background(), target)
	if err != nil {
		f := &failure{code: exitInput, err: err}
		if problem := (*live.Problem)(nil); errors.As(err, &problem) {
			f.hint = problem.Hint
		}
		return false, f
	}
	w := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACTION\tEXPECTED\tSEEN\tOK")
	findings, unproven := 0, 0
	for _, a := range attempts {
		verdict := "yes"
		switch {
		case !a.OK:
			verdict = "NO"
			findings++
		case a.Unproven:
			verdict = "?"
			unproven++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", text.Escape(a.Action), text.Escape(a.Expected), text.Escape(a.Seen), verdict)
	}
	if err := w.Flush(); err != nil {
		return false, err
	}
	fmt.Fprintf(table, "\n%s, %s", count(len(attempts), "attempt"), count(findings, "finding"))
	if unproven > 0 {
		fmt.Fprintf(table, ", %d not proven", unproven)
	}
	fmt.Fprintln(table)
	return findings+unproven > 0, nil
}
