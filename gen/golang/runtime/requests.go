package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// attempt sends a request once, unless its batch does, and waits for its outcome.
func (s *session) attempt(ctx context.Context, l *link, p *pending) outcome {
	if l != nil {
		if err := s.send(l, p); err != nil {
			return outcome{err: err}
		}
	}
	return s.outcome(ctx, l, p)
}

// outcome waits for that of a call, or for the end of its time.
func (s *session) outcome(ctx context.Context, l *link, p *pending) outcome {
	timeout := time.NewTimer(time.Until(p.deadline))
	defer timeout.Stop()
	select {
	case o := <-p.done:
		return o
	case <-s.whileBatched(l):
	case <-timeout.C:
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		s.abandon(p)
	} else {
		s.forget(p) // the worker knows the deadline
	}
	select {
	case o := <-p.done: // it came at the same moment
		return o
	default:
		return outcome{err: s.expired(ctx, l, p)}
	}
}

// send sends a call.
func (s *session) send(l *link, p *pending) error {
	c, err := s.request(p)
	if err != nil {
		return fmt.Errorf("%s: %w", p.req.Method, err)
	}
	if !s.register(l, p) {
		return &ConnectionLostError{CallInfo: p.infoSent(false), Cause: errNotReady}
	}
	err = l.send(c, func(r *reply) { s.onAck(p, r) })
	if err != nil {
		err = s.takeBack(l, p, err)
	}
	return err
}

// takeBack forgets a call whose request did not leave, and returns its error.
func (s *session) takeBack(l *link, p *pending, err error) error {
	s.disown(p)
	var large *RequestTooLargeError
	switch {
	case errors.As(err, &large):
		large.CallInfo = p.infoSent(false)
		return large
	case l.reason() == nil: // the command itself cannot be written
		return fmt.Errorf("%s: %w", p.req.Method, err)
	}
	return &ConnectionLostError{CallInfo: p.infoSent(false), Cause: err}
}

// register notes a call, unless it has ended or its reply could not come.
func (s *session) register(l *link, p *pending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l || !s.ready || p.over {
		return false
	}
	p.sent, p.link = true, l
	s.calls[p.info.CorrelationID] = p
	return true
}

// request is the command that carries a call. Native RPC has a place for the
// method and matches replies itself, so its data are the bare params.
func (s *session) request(p *pending) (command, error) {
	if s.client.opts.transport == TransportRPC {
		return command{RPC: &rpcReq{Method: p.req.Method, Data: p.req.Params}}, nil
	}
	data, err := s.envelope(p)
	return command{Publish: &publishReq{Channel: s.requestsChannel(p), Data: data}}, err
}

// envelope is the JSON of a request.
func (s *session) envelope(p *pending) ([]byte, error) {
	env := envelope{Method: p.req.Method, Params: p.req.Params, Meta: withAPIVersion(p.req.Meta, s.client.opts.apiVersion)}
	if !p.req.Notify {
		env.ReplyTo = s.reply
		env.CorrelationID = p.info.CorrelationID
		env.TimeoutMS = max(1, time.Until(p.deadline).Milliseconds())
	}
	if p.stream != nil {
		env.TimeoutMS = max(1, p.silence.Milliseconds())
		env.Window = int64(p.req.Window)
	}
	return encodeJSON(&env, (*envelope).encodeJSON)
}

// requestsChannel is where a call, and what is said about it, are published.
func (s *session) requestsChannel(p *pending) string {
	return cmp.Or(p.req.Channel, s.client.opts.requestsChannel)
}

// withAPIVersion adds "api" to what a user sends along, if anything.
func withAPIVersion(meta map[string]string, version string) map[string]string {
	if meta == nil {
		return nil
	}
	all := map[string]string{"api": version}
	maps.Copy(all, meta)
	return all
}

// onAck ends a call that was refused, a notify, and one over native RPC.
func (s *session) onAck(p *pending, r *reply) {
	var o outcome
	switch {
	case r.Error != nil && s.tryAgain(p, r.Error):
		return
	case r.Error != nil && !s.hasBegun(p):
		o.err = p.refused(r.Error)
	case r.RPC != nil:
		o = p.answeredRPC(r.RPC.Data)
	case !p.req.Notify:
		s.acknowledged(p)
		return // the reply is yet to come
	}
	s.forget(p)
	s.stay(p)
	p.finish(o)
}

// tryAgain sends an idempotent call again after a temporary error, unless its deadline comes
// first. Meanwhile the reply to the first request may still come.
func (s *session) tryAgain(p *pending, e *serverError) bool {
	if !p.req.Idempotent || !e.temporary() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := pause(p.refusals)
	if s.calls[p.info.CorrelationID] != p || time.Until(p.deadline) <= wait || p.stream.begun() {
		return false
	}
	p.refusals++
	p.before = p.before || e.mayHaveRun()
	p.sent = false
	l := s.link
	time.AfterFunc(wait, func() { s.sendAgain(l, p) })
	return true
}

// sendAgain sends a call over the same connection. If that has ended, so has this attempt.
func (s *session) sendAgain(l *link, p *pending) {
	c, err := s.request(p)
	s.mu.Lock()
	waits := l != nil && s.link == l && s.ready && s.calls[p.info.CorrelationID] == p
	if waits {
		p.sent = true
	}
	s.mu.Unlock()
	if waits && err == nil { // an error of the link ends all its calls
		_ = l.send(c, func(r *reply) { s.onAck(p, r) })
	}
}

// onAnswer ends the call that a reply is for; mu is held.
func (s *session) onAnswer(a *answer) {
	p := s.calls[a.CorrelationID]
	switch {
	case p == nil:
	case p.stream != nil:
		s.onStream(p, a)
	case a.Seq == nil || a.hasError() || a.Result != nil: // else it is of a stream
		s.end(p, p.answered(a))
	}
}

// end ends a call; mu is held.
func (s *session) end(p *pending, o outcome) {
	delete(s.calls, p.info.CorrelationID)
	p.finish(o)
}

func (s *session) forget(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.over = true
	s.withdraw(p)
}

// withdraw takes a call out of those that are under way, and tells whether it was among them; mu is
// held.
func (s *session) withdraw(p *pending) bool {
	underWay := s.calls[p.info.CorrelationID] == p
	if underWay {
		delete(s.calls, p.info.CorrelationID)
	}
	return underWay
}

func everyCall(*pending) bool { return true }

func isNotify(p *pending) bool { return p.req.Notify }

func isCall(p *pending) bool { return !p.req.Notify }

// isUnsureRepeat finds idempotent calls that the server has not acknowledged.
func isUnsureRepeat(p *pending) bool { return p.req.Idempotent && !p.acked && !p.stream.begun() }

// endCalls ends the calls whose replies can no longer come; the worker is told of those that are
// not sent again. mu is held.
func (s *session) endCalls(cause error, which func(*pending) bool) {
	for _, p := range s.calls {
		if which(p) {
			s.end(p, outcome{err: &ConnectionLostError{CallInfo: p.infoSent(true), Cause: cause}})
			if !p.req.Idempotent || p.stream.begun() {
				s.cancel(p)
			}
		}
	}
}
