package rpc

import (
	"context"
	"encoding/json"
	"sync"
)

// listener is one loop over the events of a channel.
type listener struct {
	limit      int  // how many events may wait for a slow loop
	dropOldest bool // where more come; else the loop ends

	mu     sync.Mutex
	events []json.RawMessage
	err    error
	wake   chan struct{}
}

func newListener(limit int, dropOldest bool) *listener {
	return &listener{limit: limit, dropOldest: dropOldest, wake: make(chan struct{}, 1)}
}

// push adds an event. Where too many wait, the oldest is dropped if that is wanted, else the
// loop ends after those that wait: no event is missed in silence.
func (l *listener) push(event json.RawMessage) {
	l.mu.Lock()
	switch {
	case l.err != nil:
	case len(l.events) < l.limit:
		l.events = append(l.events, event)
	case l.dropOldest:
		l.events = append(l.events[1:], event)
	default:
		l.err = &EventOverflowError{Limit: l.limit}
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
