package conformance

import (
	"fmt"
	"strings"
)

// run is one case in one language.
type run struct {
	*testCase
	vars    vars
	driver  *driver
	broker  *scriptedBroker // nil where the case has a wsgen-broker
	peer    *peer           // the connection that the case talks to
	profile *profile        // the wsgen-broker; one with no more than a secret for the scripted broker
	serial  int             // makes ids of commands that need no name
	trace   []string        // what was said, for people
}

// play runs a case and returns what is wrong, with all that was said before.
func (c *testCase) play(d *drivers, user string) error {
	r := &run{testCase: c, vars: vars{"user": user, "reply": "user#" + user, "requests": "rpc.requests"}}
	var err error
	if r.driver, err = d.take(); err != nil {
		return err
	}
	err = r.play()
	d.giveBack(r.driver, err != nil)
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w\n  %s\nnot expected yet: %s\nstandard error:\n%s", err,
		strings.Join(r.trace, "\n  "), show(r.driver.messages), strings.Join(r.driver.errors, "\n"))
}

func (r *run) play() error {
	if err := r.serve(); err != nil {
		return err
	}
	if r.broker != nil {
		defer r.broker.stop()
	}
	if r.Steps[0].Verb != "new" {
		if err := verbs["new"](r, map[string]any{"options": r.Client, "user": r.User}); err != nil {
			return err
		}
	}
	for _, s := range r.Steps {
		if err := r.do(s); err != nil {
			return err
		}
	}
	return r.driver.reset()
}

// serve readies the broker that the case asks for, and a token for it.
func (r *run) serve() error {
	if r.Broker == "" {
		r.broker = newScriptedBroker()
		r.profile = &profile{url: r.broker.url(), secret: "any"}
	} else {
		var err error
		if r.profile, err = profiles.start(r.Broker); err != nil {
			return err
		}
	}
	r.vars["url"] = r.profile.url
	r.vars["token"] = r.sign(r.Token)
	return nil
}

func (r *run) do(s step) error {
	args, ok := s.Args.(map[string]any)
	if !ok && s.Args != nil {
		args = map[string]any{"": s.Args}
	}
	if err := verbs[s.Verb](r, args); err != nil {
		return fmt.Errorf("%s.yaml:%d: %s: %w", r.Topic, s.Line, s.Verb, err)
	}
	return nil
}

func (r *run) note(who string, what any) {
	r.trace = append(r.trace, who+" "+show(what))
}

// verbs are the steps that a case is made of; README.md lists them.
var verbs map[string]func(r *run, args map[string]any) error

func init() {
	verbs = map[string]func(*run, map[string]any) error{
		"new":         (*run).newClient,
		"connect":     (*run).connect,
		"close":       simply("close"),
		"cancel":      simply("cancel"),
		"subscribe":   simply("subscribe"),
		"unsubscribe": simply("unsubscribe"),
		"release":     (*run).release,
		"call":        (*run).call,
		"stream":      (*run).stream,
		"break":       (*run).leave,
		"do":          (*run).tell,
		"token":       (*run).token,
		"expect":      (*run).expect,
		"accept":      (*run).accept,
		"refuse":      (*run).refuse,
		"handshake":   (*run).handshake,
		"resubscribe": (*run).resubscribe,
		"receive":     (*run).receive,
		"request":     (*run).request,
		"batch":       (*run).batch,
		"echo":        (*run).echo,
		"refusals":    (*run).refusals,
		"control":     (*run).control,
		"send":        (*run).send,
		"ping":        (*run).ping,
		"hangup":      (*run).hangup,
		"cut":         (*run).cut,
		"gone":        (*run).gone,
		"api":         (*run).api,
		"publish":     (*run).publish,
	}
}

// real are the verbs that only wsgen-broker has.
var real = map[string]bool{"api": true, "publish": true}

// scripted are the verbs that only the scripted broker has.
var scripted = map[string]bool{
	"accept": true, "refuse": true, "handshake": true, "resubscribe": true, "receive": true,
	"request": true, "batch": true, "echo": true, "refusals": true, "control": true, "send": true, "ping": true, "hangup": true, "cut": true, "gone": true,
}
