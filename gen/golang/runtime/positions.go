package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// Position is a place among the events of a channel, to be stored as JSON. The zero Position is
// the beginning.
type Position struct {
	Offset uint64 `json:"offset"`
	Epoch  string `json:"epoch"`
}

// EventOption changes one subscription.
type EventOption func(*EventOptions)

// EventOptions are what an [EventOption] sets.
type EventOptions struct {
	Since *Position // where the subscription begins; nil: with the next event
	Keep  *Position // becomes that of each event before the loop gets it
}

// Since begins a subscription behind a position: the events that were missed since then come
// first. Where the channel no longer has all of them, at the beginning or after a connection
// was lost, an [EventsLostError] ends the loop.
func Since(p Position) EventOption { return func(o *EventOptions) { o.Since = &p } }

// KeepPosition sets p to the position of each event before the loop gets it. Where the channel
// does not recover missed events, there are no positions, and p stays as it is.
func KeepPosition(p *Position) EventOption { return func(o *EventOptions) { o.Keep = p } }

// PositionCaller is a [Caller] that knows the positions of events: a [Client], or a fake in
// tests. SubscribeAt is Subscribe with options.
type PositionCaller interface {
	SubscribeAt(ctx context.Context, channel string, opts EventOptions) iter.Seq2[json.RawMessage, error]
}

var _ PositionCaller = (*Client)(nil)

// subscribeAt subscribes through a caller, which has to know positions only where there are options.
func subscribeAt(ctx context.Context, c Caller, channel string, opts EventOptions) iter.Seq2[json.RawMessage, error] {
	if opts == (EventOptions{}) {
		return c.Subscribe(ctx, channel)
	}
	if p, ok := c.(PositionCaller); ok {
		return p.SubscribeAt(ctx, channel, opts)
	}
	return func(yield func(json.RawMessage, error) bool) {
		yield(nil, fmt.Errorf("%T does not know the positions of events", c))
	}
}

// endPositioned ends the loops over a channel that began at a position; mu is held.
func endPositioned(ch *channel, err error) {
	for _, l := range ch.listeners {
		if l.positioned {
			l.end(err)
		}
	}
}

// checkPositioned ends the loops that began at a position where the channel's subscription has not
// gone on from there; mu is held.
func checkPositioned(ch *channel, sub *subscribeResult) {
	switch {
	case ch.byServer:
		endPositioned(ch, begunAlready(ch))
	case sub.Recovered:
	case !sub.Recoverable:
		endPositioned(ch, subscriptionError(ch, codeNotAvailable, "no positions: the channel does not recover missed events"))
	default:
		endPositioned(ch, &EventsLostError{Position: *ch.position})
	}
}

// begunAlready is why a loop cannot begin at a position.
func begunAlready(ch *channel) *Error {
	return subscriptionError(ch, codeAlreadySubscribed, "it has begun already, so it cannot begin at a position")
}
