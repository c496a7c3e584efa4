package centrifugo

import (
	"cmp"
	"time"
)

// What channels keep for clients that reconnect.
const (
	historySize    = 64
	historyTTL     = "60s"
	historyMetaTTL = "10m" // every nonce is a channel, whose position Centrifugo keeps for 30 days by default
	defaultMetaTTL = 30 * 24 * time.Hour
)

// recoveryLimit is how many publications Centrifugo recovers at once, unless an option of this name
// says otherwise: who has missed more gets none of them.
const (
	recoveryLimit       = 300
	recoveryLimitOption = "recovery_max_publication_limit"
)

// streamHistorySize is as many as are recovered at once: about nine windows of 32 items.
const streamHistorySize = recoveryLimit

// waitingEvents is how many events wait in a client for its loop, unless it is told otherwise.
const waitingEvents = 4096

// History is what channels keep. In [Names] a zero value means as much as reply channels do.
type History struct {
	TTL  string // a duration that Centrifugo reads
	Size int    // publications
}

// IsTTL tells whether Centrifugo takes a text as the time that a history is kept.
func IsTTL(text string) bool { return seconds(text) > 0 }

// metaTTL is how long the position in a history is kept. With less than the history's own time
// Centrifugo does not start.
func (h History) metaTTL() string {
	if seconds(h.TTL) > seconds(historyMetaTTL) {
		return h.TTL
	}
	return historyMetaTTL
}

// keepHistory lets a client receive what is published while it is away.
func (o *options) keepHistory(h History) {
	o.HistorySize, o.HistoryTTL, o.HistoryMetaTTL, o.ForceRecovery = h.Size, h.TTL, h.metaTTL(), true
}

// replyHistory is enough for a reconnect: with streams, for the windows of several.
func (n Names) replyHistory() History {
	if n.Streams {
		return History{historyTTL, streamHistorySize}
	}
	return History{historyTTL, historySize}
}

// eventHistory is what events keep in namespaces of their own.
func (n Names) eventHistory() History {
	replies := n.replyHistory()
	return History{cmp.Or(n.History.TTL, replies.TTL), cmp.Or(n.History.Size, replies.Size)}
}

// recoverAll raises the limit where a channel keeps more than is recovered at once.
func (c *client) recoverAll(size int) {
	if size > max(recoveryLimit, c.RecoveryLimit) {
		c.RecoveryLimit = size
	}
}

// historyNotes says what else a longer history of events needs.
func (n Names) historyNotes(profile string, note func(string, ...any)) {
	if n.History == (History{}) {
		return
	}
	own := 0
	for _, e := range n.Events {
		if e.Namespace == n.Reply.Namespace {
			note("%s shares its namespace with the replies, and keeps as little as these: in a namespace of its own, as in %q, it would keep more", e.Text, "events:"+e.inNamespace(e.Text))
		} else {
			own++
		}
	}
	size := n.eventHistory().Size
	switch {
	case own == 0:
		note("there is no event in a namespace of its own, so nothing keeps a longer history")
		return
	case size > recoveryLimit && profile == Existing:
		note("set client.%s to %d or more: a client that has missed more than that gets none of the events, and the default is %d", recoveryLimitOption, size, recoveryLimit)
	}
	if size > waitingEvents {
		note("in clients %d events wait for a loop, and more end it: raise max_events (maxEvents, rpc.WithMaxEvents)", waitingEvents)
	}
}
