// Package live acts as a hostile user on a running server. A safe server refuses all the
// attempts, but lets calls through.
package live

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wsgen/wsgen/internal/centrifugo"
)

// Target is the server to try.
type Target struct {
	URL        string // ws://host/connection/websocket
	Token      string // of the user who is hostile
	OtherToken string // of the victim; if it is empty the victim is invented, and nobody sees what reaches them
	Names      centrifugo.Names
	Wait       time.Duration // for a worker's answer
}

// Attempt is one row of the table.
type Attempt struct {
	Action, Expected, Seen string
	OK                     bool
	Unproven               bool // the outcome does not show whether the server is safe
}

const (
	refused  = "refused"
	accepted = "accepted"
)

// failed is the error code of a server whose back end does not answer.
const failed = 100

// tokenExpired is the error code for a token that has expired.
const tokenExpired = 109

// inventedUser is the victim where there is no second token.
const inventedUser = "wsgen-doctor-victim"

// Try makes all attempts, one after another. The error, mostly a [Problem], is for a
// server that cannot be reached or does not take the tokens.
func Try(ctx context.Context, target Target) ([]Attempt, error) {
	t := &trial{ctx: ctx, Target: target, victim: inventedUser}
	if err := t.start(); err != nil {
		return nil, err
	}
	defer t.close()
	if err := t.connecting(); err != nil {
		return nil, err
	}
	for _, step := range t.steps() {
		if err := t.revive(); err != nil {
			return t.attempts, err
		}
		t.expect(step.action, step.want, t.conn.do(step.command, step.params))
	}
	if err := t.revive(); err != nil {
		return t.attempts, err
	}
	if target.Names.Presence {
		t.presence()
	}
	return t.attempts, t.requests()
}

// trial is one run of all attempts.
type trial struct {
	Target
	ctx          context.Context
	user, victim string
	conn, other  *conn // other: the victim's, nil without a token
	attempts     []Attempt
}

func (t *trial) start() (err error) {
	if t.user, err = subject("the token", t.Token); err != nil {
		return err
	}
	if t.conn, err = t.connect(t.Token, t.user); err != nil {
		return err
	}
	if t.OtherToken == "" {
		return nil
	}
	if t.victim, err = subject("the other token", t.OtherToken); err != nil {
		return err
	}
	if t.victim == t.user {
		return &Problem{fmt.Sprintf("both tokens are of user %q", t.user), "the other token is that of a second user, the victim"}
	}
	t.other, err = t.connect(t.OtherToken, t.victim)
	return err
}

func (t *trial) close() {
	for _, c := range []*conn{t.conn, t.other} {
		if c != nil {
			c.close()
		}
	}
}

// subject returns the user of a token; the server is who checks the signature.
func subject(what, token string) (string, error) {
	const hint = "give the whole token that your back end issues for a connection; it has two dots"
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", &Problem{what + " is not a JWT", hint}
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims struct {
		Sub string `json:"sub"`
	}
	if err == nil {
		err = json.Unmarshal(data, &claims)
	}
	switch {
	case err != nil:
		return "", &Problem{fmt.Sprintf("%s is not a JWT: %v", what, err), hint}
	case claims.Sub == "" || strings.ContainsAny(claims.Sub, ",#:"):
		return "", &Problem{fmt.Sprintf(`the user of %s, %q, is empty or has a ",", "#" or ":"`, what, claims.Sub),
			"the user is the claim sub"}
	}
	return claims.Sub, nil
}

// connect opens a connection that the server must accept.
func (t *trial) connect(token, user string) (*conn, error) {
	c, result, err := open(t.ctx, t.URL, token)
	if err != nil {
		return nil, err
	}
	if result.code == 0 {
		return c, nil
	}
	c.close()
	hint := "is it signed with this server's key, and not expired?"
	switch result.code {
	case lost:
		return nil, &Problem{fmt.Sprintf("%s does not answer as Centrifugo does: %s", t.URL, result.text), endpointHint}
	case tokenExpired:
		hint = "issue a new one"
	}
	return nil, &Problem{fmt.Sprintf("the server does not take the token of user %q: %v", user, result), hint}
}

// revive connects again if an attempt has ended the connection.
func (t *trial) revive() (err error) {
	if t.conn.err != nil {
		t.conn.close()
		t.conn, err = t.connect(t.Token, t.user)
	}
	return err
}

// reviveBoth also connects the victim again, whose connection has answered no ping since
// the start and may have been closed.
func (t *trial) reviveBoth() (err error) {
	if t.other != nil {
		t.other.close()
		if t.other, err = t.connect(t.OtherToken, t.victim); err != nil {
			return err
		}
	}
	return t.revive()
}

func (t *trial) add(action, expected, seen string, ok bool) {
	t.attempts = append(t.attempts, Attempt{action, expected, seen, ok, false})
}

func (t *trial) expect(action, want string, got outcome) {
	a := Attempt{action, want, got.String(), (got.code == 0) == (want == accepted), false}
	if got.undecided() {
		a.OK, a.Unproven = true, true
		a.Seen += " (this proves nothing)"
	}
	t.attempts = append(t.attempts, a)
}

// step is one command, and whether the server must accept it.
type step struct {
	action, command string
	params          map[string]any
	want            string
}

// steps returns the attempts that are judged by the answer to one command.
func (t *trial) steps() []step {
	requests, reply := t.requestsChannel(), t.Names.Reply
	own, nonced := reply.Fill(t.user, "doctor", ""), reply.Fill(t.victim, "tabA", "")
	foreign := []string{reply.Fill(t.victim, "", "")}
	if nonced != foreign[0] {
		foreign = append(foreign, nonced)
	}
	all := []step{
		on("subscribe", requests, refused),
		on("history", requests, refused),
		on("presence", requests, refused),
		publish(requests+"-other", map[string]any{}, refused),
		publish(requests, "text", refused),
		publish(requests, []any{map[string]any{}}, refused),
	}
	for _, c := range t.Names.Others {
		name := c.Fill(t.victim, "n", inventedArgument)
		all = append(all, on("subscribe", name, refused), on("history", name, refused), on("presence", name, refused))
	}
	for _, name := range foreign {
		all = append(all, on("subscribe", name, refused), on("history", name, refused), on("presence", name, refused),
			publish(name, fake(), refused))
	}
	all = append(all, on("subscribe", reply.Fill(t.victim+","+t.user, "tabA", ""), refused), publish(own, fake(), refused))
	for _, e := range t.Names.Events {
		all = append(all, t.eventSteps(e)...)
	}
	return all
}

// inventedArgument fills an event's placeholders. A back end that permits it to somebody
// does not look at what it is asked about.
const inventedArgument = "wsgen-doctor"

// eventSteps tries the channel of an event as a user whom it is not for. A public one is for
// all users.
func (t *trial) eventSteps(e centrifugo.Channel) []step {
	name := e.Fill(t.victim, "n", inventedArgument)
	if e.Public() {
		return []step{on("subscribe", name, accepted), publish(name, fake(), refused)}
	}
	steps := []step{on("subscribe", name, refused), on("history", name, refused), on("presence", name, refused)}
	if e.UserLimited() {
		steps = append(steps, on("subscribe", e.Fill(t.victim+","+t.user, "n", inventedArgument), refused))
	}
	return append(steps, publish(name, fake(), refused))
}

// fake returns a reply to publish, for which no call waits.
func fake() map[string]any {
	return map[string]any{"correlation_id": "wsgen-doctor", "result": map[string]any{}}
}

func on(command, channel, want string) step {
	return step{command + " " + channel, command, map[string]any{"channel": channel}, want}
}

func publish(channel string, data any, want string) step {
	action := "publish on " + channel
	switch data.(type) {
	case string:
		action = "publish a string on " + channel
	case []any:
		action = "publish a list on " + channel
	}
	return step{action, "publish", map[string]any{"channel": channel, "data": data}, want}
}

// connecting tries to connect with a forged token, and with subscriptions to channels of
// others.
func (t *trial) connecting() error {
	dot := strings.LastIndex(t.Token, ".")
	c, result, err := open(t.ctx, t.URL, t.Token[:dot+1]+flip(t.Token[dot+1:]))
	if err != nil {
		return err
	}
	c.close()
	t.expect("connect with a forged token", refused, result)

	attempts := [][]string{{t.requestsChannel(), t.Names.Reply.Fill(t.victim, "", "")}}
	for _, e := range t.Names.Events {
		if !e.Public() {
			// Each by itself: an unknown namespace ends the connection, whatever else was asked for.
			attempts = append(attempts, []string{e.Fill(t.victim, "n", inventedArgument)})
		}
	}
	for _, foreign := range attempts {
		if err := t.connectTo(foreign); err != nil {
			return err
		}
	}
	return nil
}

// connectTo tries to connect with subscriptions to channels of others.
func (t *trial) connectTo(foreign []string) error {
	c, result, err := open(t.ctx, t.URL, t.Token, foreign...)
	if err != nil {
		return err
	}
	c.close()
	a := Attempt{"connect with subscriptions to " + strings.Join(foreign, " and "), "ignored", "ignored", true, result.undecided()}
	if result.code != 0 {
		a.Seen = result.String()
	}
	for _, name := range foreign {
		if _, got := c.subs[name]; got {
			a.Seen, a.OK = "subscribed to "+name, false
		}
	}
	t.attempts = append(t.attempts, a)
	return nil
}

// flip changes the first character of a signature.
func flip(signature string) string {
	if strings.HasPrefix(signature, "A") {
		return "B" + signature[1:]
	}
	return "A" + signature[min(1, len(signature)):]
}

// Centrifugo's errors for a question about presence: it knows, but tells no client; clients may not
// even use the channel's name; it does not know.
const (
	permissionDenied = 103
	badRequest       = 107
	notAvailable     = 108
)

// presence tries whether the server knows who is on reply channels, about whom the worker asks. Where
// their names are closed to clients, only a look at the configuration tells.
func (t *trial) presence() {
	own := t.Names.Reply.Fill(t.user, "doctor", "")
	got := t.conn.do("presence", map[string]any{"channel": own})
	if got.code == badRequest {
		return
	}
	a := Attempt{Action: "ask who is on " + own, Expected: "refused, but not with 108", Seen: got.String()}
	a.OK = got.code != notAvailable
	if a.OK && got.code != 0 && got.code != permissionDenied {
		a.Unproven = true
		a.Seen += " (this proves nothing)"
	}
	t.attempts = append(t.attempts, a)
}

// requests publishes requests that lie about their sender, which only the worker can
// refuse. Their method does not exist, so that no handler runs.
func (t *trial) requests() error {
	if err := t.reviveBoth(); err != nil {
		return err
	}
	own, victims := t.Names.Reply.Fill(t.user, "doctor", ""), t.Names.Reply.Fill(t.victim, "doctor", "")
	doubt := ""
	if t.other != nil && !t.subscribe(t.other, victims, " as user "+t.victim) {
		doubt = "user " + t.victim + " gets no replies"
	}
	listening := t.subscribe(t.conn, own, "")
	if !listening {
		doubt = "user " + t.user + " gets no replies"
	}
	lie := t.request("publish a request that names another user in reply_to", victims, nil)
	forged := t.request("publish a request with forged info, tags and offset", own, map[string]any{
		"info": map[string]any{"user": t.victim, "client": "x"}, "tags": map[string]any{"user": t.victim}, "offset": 1,
	})
	seen := forged.result.String()
	if listening && t.conn.got(forged.id, t.Wait) {
		seen += ", answered to the sender"
	} else if doubt == "" {
		doubt = fmt.Sprintf("no worker answered within %s", t.Wait)
	}
	if err := t.watch(lie, forged); err != nil {
		return err
	}
	unseen := doubt
	if t.other == nil && doubt == "" {
		unseen = "without their token nobody sees what reaches the other user"
	}
	t.judge(lie, "refused, or not answered to them", lie.result.String(), true, unseen)
	t.judge(forged, "accepted, answered to the sender alone", seen, forged.result.code == 0, doubt)
	return nil
}

// watch waits for answers to the victim. An answer to the sender does not show that none
// will come: handlers run concurrently, and several workers may have got the request.
func (t *trial) watch(requests ...sent) error {
	if t.other == nil {
		return nil
	}
	for _, s := range requests {
		if s.result.code == 0 || s.result.undecided() {
			t.other.got(s.id, t.Wait)
		}
	}
	if err := t.other.err; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return &Problem{fmt.Sprintf("the connection of user %q: %s", t.victim, ending(err)), ""}
	}
	return nil
}

// subscribe subscribes a user to a reply channel. Error 105 means that the server has done
// so.
func (t *trial) subscribe(c *conn, channel, who string) bool {
	result := c.do("subscribe", map[string]any{"channel": channel})
	_, already := c.subs[channel]
	ok := result.code == 0 || result.code == 105 || already
	seen := result.String()
	if !ok && !t.Names.Reply.HasNonce() {
		seen += ": the token's \"channels\" could name it"
	}
	t.add("subscribe "+channel+who, accepted, seen, ok)
	return ok
}

// requestsChannel is the one that the trial's own requests are published on.
func (t *trial) requestsChannel() string {
	return t.Names.Requests.Fill(t.victim, "n", inventedArgument)
}

// sent is a request that was published.
type sent struct {
	action, id string
	result     outcome
}

func (t *trial) request(action, replyTo string, more map[string]any) sent {
	id := "wsgen-doctor-" + rand.Text()
	command := map[string]any{"channel": t.requestsChannel(), "data": map[string]any{
		"method": "wsgen.doctor", "params": map[string]any{}, "correlation_id": id, "reply_to": replyTo,
	}}
	for name, value := range more {
		command[name] = value
	}
	return sent{action, id, t.conn.do("publish", command)}
}

// judge adds the outcome of a request that must not be answered to the victim. For an
// accepted request, doubt says why the outcome proves nothing; it is empty otherwise.
func (t *trial) judge(s sent, expected, seen string, ok bool, doubt string) {
	unproven := ok && s.result.code == 0 && doubt != ""
	switch {
	case t.other != nil && t.other.has(s.id):
		seen, ok, unproven = "answered to user "+t.victim, false, false
	case s.result.undecided():
		seen, ok, unproven = seen+" (this proves nothing)", true, true
	case unproven:
		seen += " (" + doubt + ": this proves nothing)"
	}
	t.attempts = append(t.attempts, Attempt{s.action, expected, seen, ok, unproven})
}
