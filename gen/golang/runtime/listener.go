package rpc

import (
	"context"
	"encoding/json"
	"sync"
)

// event is a publication for loops.
type event struct {
	data       json.RawMessage
	position   Position
	positioned bool // else it has no position
}

// listener is one loop over the events of a channel.
type listener struct {
	positioned bool // it began at a position, and ends where events are lost

	limit      int  // how many events may wait for a slow loop
	dropOldest bool // where more come; else the loop ends

	mu     sync.Mutex
	events []event
	err    error
	wake   chan struct{}
}

func newListener(limit int, dropOldest bool) *listener {
	return &listener{limit: limit, dropOldest: dropOldest, wake: make(chan struct{}, 1)}
}

// push adds an event. Where too many wait, the oldest is dropped if that is wanted, else the
// loop ends after those that wait: no event is missed in silence.
func (l *listener) push(e event) {
	l.mu.Lock()
	switch {
	case l.err != nil:
	case len(l.events) < l.limit:
		l.events = append(l.events, e)
	case l.dropOldest:
		l.events = append(l.events[1:], e)
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
func (l *listener) next(ctx context.Context) (event, error) {
	for {
		l.mu.Lock()
		if len(l.events) > 0 {
			e := l.events[0]
			l.events = l.events[1:]
			l.mu.Unlock()
			return e, nil
		}
		err := l.err
		l.mu.Unlock()
		if err != nil {
			return event{}, err
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return event{}, ctx.Err()
		}
	}
}
