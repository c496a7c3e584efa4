package breaking

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Change is one difference between two versions.
type Change struct {
	*Rule
	At      string   // what has changed: "tasks.get_stats", "Task.title"
	Message string   // one line
	Pos     text.Pos // in the new version; the zero Pos for what is no longer there
	Old     text.Pos // in the old version; the zero Pos for what was not there
}

// Compare returns what has changed from one version of an API to the next: the worst first,
// then in the order of the methods and events.
func Compare(before, after *schema.Model) []Change {
	c := newComparer(&probes{verdicts: map[pair]bool{}})
	for _, t := range after.Types {
		c.declared[declaredName(t)] = true
	}
	c.channels(before, after)
	c.methods(before, after)
	c.events(before.Events, after.Events)
	slices.SortStableFunc(c.changes, func(a, b Change) int { return cmp.Compare(b.Level, a.Level) })
	return c.changes
}

type comparer struct {
	changes  []Change
	at       string
	declared map[string]bool // names that the document gives to types, in the new version
	seen     map[pair]bool
	reported map[report]bool
	probes   *probes
	probing  bool // only whether anything changes on the wire is asked
}

func newComparer(p *probes) *comparer {
	return &comparer{declared: map[string]bool{}, seen: map[pair]bool{}, reported: map[report]bool{}, probes: p}
}

// report is a change as the reader sees it. What params and results share is reported once.
type report struct {
	rule          *Rule
	before, after text.Pos
	at, message   string
}

func (c *comparer) add(r *Rule, before, after text.Pos, format string, args ...any) {
	change := Change{Rule: r, At: c.at, Message: fmt.Sprintf(format, args...), Pos: after, Old: before}
	key := report{r, before, after, c.at, change.Message}
	if !c.reported[key] {
		c.reported[key] = true
		c.changes = append(c.changes, change)
	}
}

func (c *comparer) channels(before, after *schema.Model) {
	c.at = "channels"
	if before.Requests != after.Requests && shareMain(before, after) {
		c.add(requestsChannelChanged, text.Pos{}, text.Pos{}, "requests are read from %q, and old clients publish them on %q", after.Requests, before.Requests)
	}
	if before.Reply.Text != after.Reply.Text {
		c.add(replyChannelChanged, before.Reply.Pos, after.Reply.Pos, "replies go to %q, and old clients wait for them on %q", after.Reply.Text, before.Reply.Text)
	}
}

func (c *comparer) methods(before, after *schema.Model) {
	match(before.Methods, after.Methods, func(m *schema.Method) string { return m.Wire },
		func(b, a *schema.Method) {
			c.method(b, a)
			if b.Channel != nil || a.Channel != nil {
				c.at = a.Wire
				c.channel(requestsOf(before, b), requestsOf(after, a), requestsOfMethod)
			}
		},
		func(b *schema.Method) {
			c.at = b.Wire
			c.add(methodRemoved, b.Pos, text.Pos{}, "the method is gone")
		},
		func(a *schema.Method) {
			c.at = a.Wire
			c.add(methodAdded, text.Pos{}, a.Pos, "a new method")
		})
}

// match compares what has the same name in both versions, and reports the rest: first the
// older things in their order, then the new ones.
func match[T any](before, after []T, name func(T) string, both func(b, a T), gone, added func(T)) {
	later := make(map[string]T, len(after))
	for _, a := range after {
		later[name(a)] = a
	}
	earlier := make(map[string]bool, len(before))
	for _, b := range before {
		key := name(b)
		earlier[key] = true
		if a, found := later[key]; found {
			both(b, a)
		} else {
			gone(b)
		}
	}
	for _, a := range after {
		if !earlier[name(a)] {
			added(a)
		}
	}
}

func (c *comparer) method(b, a *schema.Method) {
	c.at = a.Wire
	if !slices.Equal(b.Name, a.Name) {
		c.add(methodRenamed, b.Pos, a.Pos, "code calls the method by another name")
	}
	if b.Deprecated == nil && a.Deprecated != nil {
		c.add(methodDeprecated, b.Pos, a.Pos, "the method is deprecated")
	}
	switch {
	case !b.Notify && a.Notify:
		c.add(methodReplyRemoved, b.Pos, a.Pos, "no reply is sent, and old clients wait for one")
	case b.Notify && !a.Notify:
		c.add(methodReplyAdded, b.Pos, a.Pos, "the method replies, so calls wait for that")
	}
	switch {
	case !b.Stream && a.Stream:
		c.add(methodStreamChanged, b.Pos, a.Pos, "the method streams its result, and old clients wait for one reply")
	case b.Stream && !a.Stream:
		c.add(methodStreamChanged, b.Pos, a.Pos, "the method replies once, and old clients read a stream")
	}
	if b.Idempotent && !a.Idempotent {
		c.add(methodIdempotentRemoved, b.Pos, a.Pos, "the method is no longer idempotent, and old clients repeat calls")
	}
	if b.TimeoutMS != a.TimeoutMS {
		c.add(methodTimeoutChanged, b.Pos, a.Pos, "the default timeout is %s, and was %s", timeout(a.TimeoutMS), timeout(b.TimeoutMS))
	}
	switch {
	case !b.CancelOnDisconnect && a.CancelOnDisconnect:
		c.add(methodDisconnectChanged, b.Pos, a.Pos, "calls end when their callers have gone, and went on before")
	case b.CancelOnDisconnect && !a.CancelOnDisconnect:
		c.add(methodDisconnectChanged, b.Pos, a.Pos, "calls go on when their callers have gone, and ended before")
	}
	c.params(b, a)
	c.result(b, a)
	c.errors(b, a)
}

func timeout(ms int64) string {
	if ms == 0 {
		return "the client's"
	}
	return fmt.Sprintf("%d ms", ms)
}

func (c *comparer) params(b, a *schema.Method) {
	empty := &text.Node{Kind: text.KindObject}
	switch {
	case b.Params != nil && a.Params != nil:
		c.part(" params", func() { c.compare(b.Params, a.Params, toServer, place{b.Pos, a.Pos}) })
	case b.Params != nil:
		c.add(paramsRemoved, b.Pos, a.Pos, "the method takes no params, and ignores those of old clients")
	case a.Params != nil && schema.Fits(a.Params, empty):
		c.add(paramsAdded, b.Pos, a.Pos, "the method takes params")
	case a.Params != nil:
		c.add(paramsRequired, b.Pos, a.Pos, "the method requires params, and old clients send none")
	}
}

func (c *comparer) result(b, a *schema.Method) {
	switch {
	case b.Result != nil && a.Result != nil:
		c.part(" result", func() { c.compare(b.Result, a.Result, toClient, place{b.Pos, a.Pos}) })
	case b.Result == nil && a.Result != nil:
		c.add(resultAdded, b.Pos, a.Pos, "calls return a result")
	case b.Result != nil && schema.IsNullable(b.Result):
		c.add(typeInCode, b.Pos, a.Pos, "calls return nothing")
	case b.Result != nil && !a.Notify:
		c.add(resultRemoved, b.Pos, a.Pos, "calls return nothing, and old clients expect a result")
	}
}

func (c *comparer) errors(b, a *schema.Method) {
	match(b.Errors, a.Errors, func(e *schema.APIError) string { return e.Name }, c.error,
		func(old *schema.APIError) {
			c.add(errorRemoved, old.Pos, a.Pos, "the error %s is no longer declared", old.Name)
		},
		func(e *schema.APIError) { c.add(errorDeclared, text.Pos{}, e.Pos, "the error %s is declared", e.Name) })
}

func (c *comparer) error(b, a *schema.APIError) {
	if b.Code != a.Code {
		c.add(errorCodeChanged, b.Pos, a.Pos, "the error %s has the code %d, and old clients know it by %d", a.Name, a.Code, b.Code)
	}
	switch {
	case b.Data != nil && a.Data != nil:
		c.part(" error "+a.Name, func() { c.compare(b.Data, a.Data, toClient, place{b.Pos, a.Pos}) })
	case b.Data != nil && !schema.IsNullable(b.Data):
		c.add(errorDataRemoved, b.Pos, a.Pos, "the error %s has no data, and old clients expect some", a.Name)
	case b.Data == nil && a.Data != nil:
		c.add(errorDataAdded, b.Pos, a.Pos, "the error %s has data", a.Name)
	}
}

func (c *comparer) events(before, after []*schema.Event) {
	match(before, after, func(e *schema.Event) string { return e.Wire }, c.event,
		func(b *schema.Event) {
			c.at = b.Wire
			c.add(eventRemoved, b.Pos, text.Pos{}, "the event is gone")
		},
		func(a *schema.Event) {
			c.at = a.Wire
			c.add(eventAdded, text.Pos{}, a.Pos, "a new event")
		})
}

func (c *comparer) event(b, a *schema.Event) {
	c.at = a.Wire
	if !slices.Equal(b.Name, a.Name) {
		c.add(eventRenamed, b.Pos, a.Pos, "code subscribes to the event by another name")
	}
	if b.Deprecated == nil && a.Deprecated != nil {
		c.add(eventDeprecated, b.Pos, a.Pos, "the event is deprecated")
	}
	c.channel(b.Channel, a.Channel, channelOfEvent)
	switch x, y := openness[b.Access], openness[a.Access]; {
	case y < x:
		c.add(eventAccessNarrowed, b.Pos, a.Pos, "the access is %q, and old clients rely on %q", a.Access, b.Access)
	case y > x:
		c.add(eventAccessWidened, b.Pos, a.Pos, "the access is %q, and was %q", a.Access, b.Access)
	}
	c.part(" payload", func() { c.compare(b.Payload, a.Payload, toClient, place{b.Pos, a.Pos}) })
}

// openness orders how many users may subscribe. Between "user" and "permission" the channel
// changes as well, which is reported by itself.
var openness = map[schema.Access]int{schema.AccessPublic: 2, schema.AccessPermission: 1, schema.AccessUser: 0}

// part runs f for a part of what is compared.
func (c *comparer) part(name string, f func()) {
	whole := c.at
	c.at += name
	f()
	c.at = whole
}
