package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// attempt sends a request once and waits for its outcome.
func (s *session) attempt(ctx context.Context, l *link, p *pending) outcome {
	if err := s.send(l, p); err != nil {
		return outcome{err: err}
	}
	timeout := time.NewTimer(time.Until(p.deadline))
	defer timeout.Stop()
	select {
	case o := <-p.done:
		return o
	case <-timeout.C:
	case <-ctx.Done():
	}
	s.forget(p)
	return outcome{err: p.expired(ctx)}
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
	if err == nil {
		return nil
	}
	s.forget(p)
	p.sent = false
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

// register notes a call, unless its reply could not come.
func (s *session) register(l *link, p *pending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != l || !s.ready {
		return false
	}
	p.sent = true
	s.calls[p.info.CorrelationID] = p
	return true
}

// request is the command that carries a call. Native RPC has a place for the
// method and matches replies itself, so its data are the bare params.
func (s *session) request(p *pending) (command, error) {
	opts := &s.client.opts
	if opts.transport == TransportRPC {
		return command{RPC: &rpcReq{Method: p.req.Method, Data: p.req.Params}}, nil
	}
	env := envelope{Method: p.req.Method, Params: p.req.Params, Meta: withAPIVersion(p.req.Meta, opts.apiVersion)}
	if !p.req.Notify {
		env.ReplyTo = s.reply
		env.CorrelationID = p.info.CorrelationID
		env.TimeoutMS = max(1, time.Until(p.deadline).Milliseconds())
	}
	data, err := encodeJSON(&env, (*envelope).encodeJSON)
	return command{Publish: &publishReq{Channel: cmp.Or(p.req.Channel, opts.requestsChannel), Data: data}}, err
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
	case r.Error != nil:
		o.err = p.refused(r.Error)
	case r.RPC != nil:
		o = p.answeredRPC(r.RPC.Data)
	case !p.req.Notify:
		s.mu.Lock()
		p.acked = true
		s.mu.Unlock()
		return // the reply is yet to come
	}
	s.forget(p)
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
	if s.calls[p.info.CorrelationID] != p || time.Until(p.deadline) <= wait {
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
	if p := s.calls[a.CorrelationID]; p != nil {
		delete(s.calls, a.CorrelationID)
		p.finish(p.answered(a))
	}
}

func (s *session) forget(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[p.info.CorrelationID] == p {
		delete(s.calls, p.info.CorrelationID)
	}
}

func everyCall(*pending) bool { return true }

func isNotify(p *pending) bool { return p.req.Notify }

func isCall(p *pending) bool { return !p.req.Notify }

// isUnsureRepeat finds idempotent calls that the server has not acknowledged.
func isUnsureRepeat(p *pending) bool { return p.req.Idempotent && !p.acked }

// endCalls ends the calls whose replies can no longer come; mu is held.
func (s *session) endCalls(cause error, which func(*pending) bool) {
	for id, p := range s.calls {
		if which(p) {
			delete(s.calls, id)
			p.finish(outcome{err: &ConnectionLostError{CallInfo: p.infoSent(true), Cause: cause}})
		}
	}
}
