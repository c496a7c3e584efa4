package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/demo"
)

// Exit codes, the same as wsgen's where they mean the same.
const (
	exitOK     = 0
	exitFailed = 1 // the address is taken, …
	exitUsage  = 2
	exitConfig = 3 // the configuration is invalid
)

// demoUser is the user of the token that --demo prints.
const demoUser = "456"

const usage = `wsgen-broker is a small Centrifugo look-alike for tests and first steps, never for production.

  wsgen-broker --demo                      try it: answers the fixtures' methods, prints a URL and a token
  wsgen-broker --config centrifugo.json    run a Centrifugo v6 configuration
  wsgen-broker --config FILE --print-token 456 --channels 'user#456'

Once it listens it prints "listening on ADDRESS:PORT" to stdout; the log goes to stderr. SIGINT and SIGTERM end it.
Environment variables override the configuration as in Centrifugo (CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY=…).
Exit codes: 0 ended by a signal, 1 failed, 2 wrong usage, 3 invalid configuration.

`

// options are the command line's.
type options struct {
	config, address, logLevel, redis string
	port                             int
	printToken, channels             string
	ttl, eventInterval               time.Duration
	demo                             bool
}

func parse(args []string, stderr io.Writer) (*options, error) {
	var o options
	flags := flag.NewFlagSet("wsgen-broker", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.config, "config", "", "`FILE`: a Centrifugo v6 configuration (JSON)")
	flags.StringVar(&o.address, "address", "", "`ADDRESS` to listen on, in place of http_server.address")
	flags.IntVar(&o.port, "port", -1, "`PORT` to listen on, in place of http_server.port; 0 takes a free one")
	flags.StringVar(&o.redis, "redis", "", "share channels with the other brokers on the Redis at `URL`, in place of engine")
	flags.StringVar(&o.logLevel, "log-level", "", "least `LEVEL` to log: debug, info, warn, error, none")
	flags.StringVar(&o.printToken, "print-token", "", "print a connection token for `USER` and exit")
	flags.StringVar(&o.channels, "channels", "", "comma-separated `LIST` of the printed token's server-side channels; with --demo, by default what a call needs")
	flags.DurationVar(&o.ttl, "ttl", 24*time.Hour, "how long the printed token is valid; 0 is for ever")
	flags.BoolVar(&o.demo, "demo", false, "answer the fixtures' methods and publish their events")
	flags.DurationVar(&o.eventInterval, "event-interval", 2*time.Second, "how often --demo publishes events; 0 is never")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	var problem string
	switch {
	case flags.NArg() > 0:
		problem = fmt.Sprintf("unexpected argument %q", flags.Arg(0))
	case o.config == "" && !o.demo:
		problem = "--config FILE or --demo is needed"
	case o.channels != "" && o.printToken == "":
		problem = "--channels goes with --print-token"
	}
	if problem != "" {
		fmt.Fprintf(stderr, "wsgen-broker: %s (see --help)\n", problem)
		return nil, errors.New(problem)
	}
	return &o, nil
}

// run is the whole command. It returns the exit code once ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return exitUsage
	}
	config, err := o.load()
	if err != nil {
		fmt.Fprintf(stderr, "wsgen-broker: %v\n", err)
		return exitConfig
	}
	if o.printToken != "" {
		err = o.writeToken(config, stdout)
	} else {
		err = o.serve(ctx, config, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "wsgen-broker: %v\n", err)
		return exitFailed
	}
	return exitOK
}

// load reads the configuration, or the built-in one of --demo, and lets the flags override it.
func (o *options) load() (*broker.Config, error) {
	config, err := broker.Profile("demo")
	if o.config != "" {
		config, err = broker.ReadConfig(o.config)
	}
	if err != nil {
		return nil, err
	}
	if o.address != "" {
		config.HTTPServer.Address = o.address
	}
	if o.port >= 0 {
		config.HTTPServer.Port = o.port
	}
	if o.redis != "" {
		config.UseRedis(o.redis)
	}
	if o.logLevel != "" {
		config.Log.Level = o.logLevel
	}
	return &config, config.Validate()
}

func (o *options) writeToken(config *broker.Config, stdout io.Writer) error {
	var channels []string
	switch {
	case o.channels != "":
		channels = strings.Split(o.channels, ",")
	case o.demo:
		channels = demoChannels(config, o.printToken)
	}
	token, err := config.NewToken(o.printToken, o.ttl, channels...)
	if err == nil {
		_, err = fmt.Fprintln(stdout, token)
	}
	return err
}

// server is a broker, with or without the demo behind it.
type server interface {
	Address() string
	URL() string
	Close() error
}

func (o *options) serve(ctx context.Context, config *broker.Config, stdout, stderr io.Writer) error {
	var s server
	var err error
	logger := config.NewLogger(stderr)
	if o.demo {
		s, err = demo.Start(*config, o.eventInterval, logger)
	} else {
		s, err = broker.Start(*config, broker.WithLogger(logger))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "listening on %s\n", s.Address())
	if o.demo {
		err = printDemo(config, s, stdout)
	}
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, s.Close())
}

// demoChannels returns the server-side channels of the demo's tokens: the reply channel, where clients cannot subscribe
// to it themselves (profile B).
func demoChannels(config *broker.Config, user string) []string {
	replies := "user#" + user
	if config.MayPublish("rpc.requests", user) && !config.MaySubscribe(replies, user) {
		return []string{replies}
	}
	return nil
}

// printDemo prints what a client needs.
func printDemo(config *broker.Config, s server, stdout io.Writer) error {
	token, err := config.NewToken(demoUser, 24*time.Hour, demoChannels(config, demoUser)...)
	if err == nil {
		_, err = fmt.Fprintf(stdout, "url:   %s\nuser:  %s\ntoken: %s\n", s.URL(), demoUser, token)
	}
	return err
}
