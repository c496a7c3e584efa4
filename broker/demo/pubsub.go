package demo

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/broker"
)

// maxRecoverable is the largest reply, in bytes, that is kept for recovery: larger ones would soon fill a client's
// queue.
const maxRecoverable = 32 << 10

// request is what clients publish on the requests channel. A notify has neither correlation id nor reply_to.
type request struct {
	Method        string          `json:"method"`
	Params        json.RawMessage `json:"params"`
	CorrelationID string          `json:"correlation_id"`
	ReplyTo       string          `json:"reply_to"`
}

func isRequestsChannel(name string) bool { return name == "rpc.requests" || name == "rpc:requests" }

// Published answers a request. It drops requests without a user, and those that name another user's reply channel.
func (d *Demo) Published(pub broker.Publication) {
	if !isRequestsChannel(pub.Channel) {
		return
	}
	<-d.ready
	var r request
	if err := json.Unmarshal(pub.Data, &r); err != nil {
		d.logger.Warn("request dropped", "user", pub.User, "error", err)
		return
	}
	address, ok := replyChannel(pub.User, r.ReplyTo)
	if !ok {
		d.logger.Warn("request dropped: reply_to is not the caller's", "user", pub.User, "reply_to", r.ReplyTo)
		return
	}
	handle := func() { d.handle(r, pub.User, address) }
	if d.methods[r.Method].slow {
		d.work.Go(handle)
		return
	}
	handle()
}

func (d *Demo) handle(r request, user, address string) {
	if r.Method == "" {
		failure := &rpcError{Code: codeInvalidRequest, Message: "no method"}
		d.send(address, reply{CorrelationID: r.CorrelationID, Error: failure})
		return
	}
	answer := d.answer(r.Method, call{ctx: d.ctx, user: user, params: r.Params})
	if d.ctx.Err() != nil {
		return
	}
	answer.CorrelationID = r.CorrelationID
	if r.Method == "test.reply" && answer.Error == nil {
		d.misbehave(address, user, answer)
		return
	}
	d.send(address, answer)
}

// send publishes a reply, unless nobody waits for it.
func (d *Demo) send(address string, r reply) {
	if r.CorrelationID == "" {
		return
	}
	data, err := json.Marshal(r)
	if err == nil {
		_, err = d.Publish(address, data, broker.PublishOptions{SkipHistory: len(data) > maxRecoverable})
	}
	if err != nil {
		d.logger.Error("reply lost", "channel", address, "error", err)
	}
}

// nonce matches the part of a reply channel that is different for each connection of a user.
var nonce = regexp.MustCompile(`^[0-9A-Za-z_-]{0,40}$`)

// replyChannel returns the channel for a reply to a user: replyTo, which must be a known template filled with the
// user's own id, or user#ID where replyTo is empty.
func replyChannel(user, replyTo string) (string, bool) {
	// With these characters in it, the id could name the channel of another user.
	if user == "" || strings.ContainsAny(user, ",#:") {
		return "", false
	}
	if replyTo == "" || replyTo == "user#"+user {
		return "user#" + user, true
	}
	name, ok := strings.CutSuffix(replyTo, "#"+user)
	ownNonce := func(prefix string) bool {
		rest, ok := strings.CutPrefix(name, prefix)
		return ok && nonce.MatchString(rest)
	}
	return replyTo, ok && slices.ContainsFunc([]string{"user.", "user:"}, ownNonce)
}
