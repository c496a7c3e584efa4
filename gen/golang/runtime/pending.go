package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// pending is a call that waits for its reply.
type pending struct {
	req      Request
	info     CallInfo
	silence  time.Duration // how long it may take; for a stream, until the next message
	deadline time.Time     // of a stream it moves; then it is guarded by the session's mutex
	before   bool          // an earlier attempt may have run
	sent     bool          // this one may have run
	done     chan outcome  // takes one

	// Guarded by the session's mutex.
	link     *link // that has sent it
	over     bool  // nobody waits for it: it is not sent any more
	acked    bool  // the server took it
	refusals int   // temporary errors so far
	stream   *inbox
}

// newPending bounds a call by its context or by a timeout, whichever ends first.
func newPending(ctx context.Context, req Request, timeout time.Duration) *pending {
	if req.CorrelationID == "" {
		req.CorrelationID = randomID()
	}
	p := &pending{
		req:      req,
		info:     CallInfo{Method: req.Method, CorrelationID: req.CorrelationID},
		silence:  timeout,
		deadline: time.Now().Add(timeout),
		done:     make(chan outcome, 1),
	}
	if d, ok := ctx.Deadline(); ok && d.Before(p.deadline) {
		p.deadline = d
	}
	return p
}

// retry is the same call for another attempt.
func (p *pending) retry(mayHaveRun bool) *pending {
	again := &pending{req: p.req, info: p.info, silence: p.silence, deadline: p.deadline, before: mayHaveRun, done: make(chan outcome, 1)}
	if p.stream != nil {
		again.stream = newInbox()
	}
	return again
}

// outcome is how a call ends.
type outcome struct {
	result json.RawMessage
	err    error
}

// expired is the error of a call that has no more time: a timeout, or the context's
// own error where it was cancelled.
func (p *pending) expired(ctx context.Context) error {
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return err
	}
	return &TimeoutError{CallInfo: p.infoSent(p.sent)}
}

func (p *pending) infoSent(sent bool) CallInfo {
	info := p.info
	info.Sent = sent || p.before
	return info
}

// refused is the error of a call that Centrifugo did not pass on.
func (p *pending) refused(e *serverError) error {
	return &Error{CallInfo: p.infoSent(e.mayHaveRun()), Code: e.Code, Message: e.Message}
}

// answered is the outcome that is in the worker's reply.
func (p *pending) answered(a *answer) outcome {
	if !a.hasError() {
		return outcome{result: a.Result}
	}
	var e answerError
	if json.Unmarshal(a.Error, &e) != nil || e.Code == nil {
		return p.malformed()
	}
	return outcome{err: &Error{CallInfo: p.infoSent(wasTaken(*e.Code)), Code: *e.Code, Message: e.Message, Data: e.Data}}
}

// wasTaken tells whether the worker, which answers with this code, may have run the request.
func wasTaken(code int64) bool {
	switch code {
	case -32700, -32600, codeMethodNotFound, -32001, -32003: // it cannot read or take the request
		return false
	}
	return true
}

// answeredRPC is the outcome that is in the answer to a native RPC. A notification is
// answered, too: nothing, or the error for which it was refused.
func (p *pending) answeredRPC(data json.RawMessage) outcome {
	if p.req.Notify && (len(data) == 0 || string(data) == "null") {
		return outcome{}
	}
	var a answer
	if decodeFrame(data, &a, (*answer).decodeJSON) != nil {
		return p.malformed()
	}
	return p.answered(&a)
}

// malformed is the outcome of a call whose reply is not one.
func (p *pending) malformed() outcome {
	return outcome{err: &Error{CallInfo: p.infoSent(true), Code: codeInternalError, Message: "the reply is malformed"}}
}

// unsent is the error of a call that was not sent, since there was no connection in time.
// last is what went wrong last while connecting.
func (p *pending) unsent(ctx context.Context, cause, last error) error {
	if ctx.Err() != nil || time.Until(p.deadline) <= 0 {
		err := p.expired(ctx)
		if timeout, ok := err.(*TimeoutError); ok {
			timeout.Cause = last
		}
		return err
	}
	return p.offline(cause)
}

// offline is the error of a call for which there is no connection.
func (p *pending) offline(cause error) error {
	if p.before {
		return &ConnectionLostError{CallInfo: p.infoSent(true), Cause: cause}
	}
	return &NotConnectedError{CallInfo: p.infoSent(false), Cause: cause}
}

// finish ends the call; later outcomes are dropped.
func (p *pending) finish(o outcome) {
	select {
	case p.done <- o:
	default:
	}
}
