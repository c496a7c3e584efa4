package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
)

// pending is a call that waits for its reply.
type pending struct {
	req    Request
	info   CallInfo
	before bool         // an earlier attempt may have run
	sent   bool         // this one may have run
	acked  bool         // the server took it; guarded by the session's mutex
	done   chan outcome // takes one
}

// outcome is how a call ends.
type outcome struct {
	result json.RawMessage
	err    error
}

// expired is the error of a call whose context is done: a timeout, or the
// context's own error where it was cancelled.
func (p *pending) expired(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &CallTimeout{CallInfo: p.infoSent(p.sent)}
	}
	return ctx.Err()
}

func (p *pending) infoSent(sent bool) CallInfo {
	info := p.info
	info.Sent = sent || p.before
	return info
}

// refused is the error of a call that Centrifugo did not pass on.
func (p *pending) refused(e *serverError) error {
	return &RPCError{CallInfo: p.infoSent(e.mayHaveRun()), Code: e.Code, Message: e.Message}
}

// answered is the outcome that a worker's reply says.
func (p *pending) answered(a *answer) outcome {
	if len(a.Error) == 0 || string(a.Error) == "null" {
		return outcome{result: a.Result}
	}
	var e answerError
	if json.Unmarshal(a.Error, &e) != nil || e.Code == nil {
		return p.malformed()
	}
	return outcome{err: &RPCError{CallInfo: p.infoSent(true), Code: *e.Code, Message: e.Message, Data: e.Data}}
}

// malformed is the outcome of a call whose reply makes no sense.
func (p *pending) malformed() outcome {
	return outcome{err: &RPCError{CallInfo: p.infoSent(true), Code: codeInternalError, Message: "the reply is malformed"}}
}

// offline is the error of a call for which there is no connection.
func (p *pending) offline(cause error) error {
	if p.before {
		return &ConnectionLost{CallInfo: p.infoSent(true), Cause: cause}
	}
	return &NotConnected{CallInfo: p.infoSent(false), Cause: cause}
}

// finish ends the call; later outcomes are dropped.
func (p *pending) finish(o outcome) {
	select {
	case p.done <- o:
	default:
	}
}

// maxEvents is how many events may wait for a slow loop.
const maxEvents = 4096

// listener is one loop over the events of a channel.
type listener struct {
	mu     sync.Mutex
	events []json.RawMessage
	err    error
	wake   chan struct{}
}

func newListener() *listener { return &listener{wake: make(chan struct{}, 1)} }

// push adds an event; one too many ends the loop.
func (l *listener) push(event json.RawMessage) {
	l.mu.Lock()
	if len(l.events) < maxEvents {
		l.events = append(l.events, event)
	} else if l.err == nil {
		l.err = errors.New("the loop over the events is too slow")
	}
	l.mu.Unlock()
	l.signal()
}

// end makes err the last thing that the loop gets.
func (l *listener) end(err error) {
	l.mu.Lock()
	if l.err == nil {
		l.err = err
	}
	l.mu.Unlock()
	l.signal()
}

func (l *listener) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// next waits for an event.
func (l *listener) next(ctx context.Context) (json.RawMessage, error) {
	for {
		l.mu.Lock()
		if len(l.events) > 0 {
			event := l.events[0]
			l.events = l.events[1:]
			l.mu.Unlock()
			return event, nil
		}
		err := l.err
		l.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
