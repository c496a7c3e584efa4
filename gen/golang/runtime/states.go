package rpc

import "sync"

// notifier calls a function with each state: in order, one call at a time, from a goroutine of
// its own.
type notifier struct {
	call func(State, error) // may be nil

	mu    sync.Mutex
	queue []change
	busy  bool
}

// change is a new state, and why it came about.
type change struct {
	state State
	cause error
}

func (n *notifier) report(state State, cause error) {
	if n.call == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, change{state, cause})
	if !n.busy {
		n.busy = true
		go n.callAll()
	}
}

func (n *notifier) callAll() {
	for c, ok := n.next(); ok; c, ok = n.next() {
		n.call(c.state, c.cause)
	}
}

func (n *notifier) next() (c change, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.queue) == 0 {
		n.busy = false
		return c, false
	}
	c, n.queue = n.queue[0], n.queue[1:]
	return c, true
}
