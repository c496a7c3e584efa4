package rpc

import (
	"context"
	"errors"
	"slices"
)

// maxOwed is how many cancellations wait for a connection; one more drops the oldest.
const maxOwed = 1000

// owedCancel is a cancellation that waits for a connection.
type owedCancel struct {
	id      string // of the call
	command command
}

// cancel tells the worker that nobody waits for a call, once the server has taken it; mu is held.
func (s *session) cancel(p *pending) {
	switch {
	case p.req.Notify || s.reply == "" || s.ended:
	case p.acked || p.link == nil || p.link != s.link:
		s.sendCancel(p)
	case p.sent: // else it waits for another attempt
		s.leaving[p] = struct{}{}
	}
}

// giveUp tells the worker that a call is not sent again, since nobody waits for it.
func (s *session) giveUp(ctx context.Context, p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.before && (p.stream != nil || errors.Is(ctx.Err(), context.Canceled)) {
		s.cancel(p)
	}
}

// sendCancel sends a cancellation, or keeps it for the next connection; mu is held.
func (s *session) sendCancel(p *pending) {
	c, err := s.controlCommand(p, control{Method: methodCancel})
	if err == nil {
		s.sendOrOwe(owedCancel{p.info.CorrelationID, c})
	}
}

func (s *session) sendOrOwe(c owedCancel) {
	if s.ready && s.link.send(c.command, nil) == nil {
		return
	}
	s.owed = append(s.owed, c)
	s.owed = s.owed[max(0, len(s.owed)-maxOwed):]
}

// sendOwed sends the cancellations that wait; mu is held.
func (s *session) sendOwed() {
	owed := s.owed
	s.owed = nil
	for _, c := range owed {
		s.sendOrOwe(c)
	}
}

// oweLeaving keeps the cancellations of calls that the server may have taken before the connection
// ended; mu is held.
func (s *session) oweLeaving() {
	for p := range s.leaving {
		s.sendCancel(p)
	}
	clear(s.leaving)
}

// acknowledged notes that the server has taken the request of a call.
func (s *session) acknowledged(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.acked = true
	if _, ok := s.leaving[p]; ok {
		delete(s.leaving, p)
		s.sendCancel(p)
	}
}

// stay forgets that a call is to be cancelled, since the server has refused it.
func (s *session) stay(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.leaving, p)
}

// disown forgets a call whose request did not leave, and its cancellation.
func (s *session) disown(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.withdraw(p) {
		p.sent = false
	}
	delete(s.leaving, p)
	s.owed = slices.DeleteFunc(s.owed, func(c owedCancel) bool { return c.id == p.info.CorrelationID })
}
