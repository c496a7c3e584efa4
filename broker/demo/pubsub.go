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

// Control messages, which say more about a stream that is under way.
const (
	methodCancel = "rpc.cancel"
	methodAck    = "rpc.ack"
)

// request is what clients publish on the requests channel. A notify has neither correlation id nor reply_to, a control
// message has the correlation id of its call. Window is of streams only.
type request struct {
	Method        string          `json:"method"`
	Params        json.RawMessage `json:"params"`
	CorrelationID string          `json:"correlation_id"`
	ReplyTo       string          `json:"reply_to"`
	TimeoutMS     int64           `json:"timeout_ms"`
	Window        int             `json:"window"`
}

func isRequestsChannel(name string) bool { return name == "rpc.requests" || name == "rpc:requests" }

// maxBatch is how many requests one publication may hold.
const maxBatch = 100

// Published answers the requests of a publication. It drops requests without a user, and those that name another user's
// reply channel.
func (d *Demo) Published(pub broker.Publication) {
	if !isRequestsChannel(pub.Channel) {
		return
	}
	<-d.ready
	for _, data := range requestsOf(pub.Data) {
		d.take(data, pub.User)
	}
}

// requestsOf are the requests of a batch, or the one that the publication is.
func requestsOf(data json.RawMessage) []json.RawMessage {
	var batch struct {
		Method   string            `json:"method"`
		Requests []json.RawMessage `json:"batch"`
	}
	if json.Unmarshal(data, &batch) != nil || batch.Method != "" || len(batch.Requests) == 0 || len(batch.Requests) > maxBatch {
		return []json.RawMessage{data}
	}
	return batch.Requests
}

// take answers one request, now or when its time has come.
func (d *Demo) take(data json.RawMessage, user string) {
	var r request
	if err := json.Unmarshal(data, &r); err != nil {
		d.logger.Warn("request dropped", "user", user, "error", err)
		return
	}
	address, ok := replyChannel(user, r.ReplyTo)
	if !ok {
		d.logger.Warn("request dropped: reply_to is not the caller's", "user", user, "reply_to", r.ReplyTo)
		return
	}
	method := d.methods[r.Method]
	switch {
	case r.Method == methodCancel || r.Method == methodAck:
		d.control(r, user)
	case method.stream != nil:
		d.beginStream(r, user, address)
	case method.slow:
		d.work.Go(func() { d.handle(r, user, address) })
	default:
		d.handle(r, user, address)
	}
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
	if r.CorrelationID != "" {
		d.publishReply(address, r)
	}
}

// publishReply publishes a reply, or a message of a stream.
func (d *Demo) publishReply(address string, message any) {
	data, err := json.Marshal(message)
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
