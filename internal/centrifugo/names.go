package centrifugo

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// These match the values of the placeholders. A user id with ",", "#" or ":" would name
// other users or another namespace; anything else occurs in the ids of identity providers,
// and Centrifugo itself limits the length of the whole name. A "#" in the value of another
// placeholder would name users, too.
const (
	noncePattern = `[0-9A-Za-z_-]{0,40}`
	userPattern  = `[^,#:]+`
	otherPattern = `[^#]+`
)

// namespaceName matches the names that Centrifugo accepts for a namespace.
var namespaceName = regexp.MustCompile(`^[-a-zA-Z0-9_.]{2,}$`)

// Names are the channels of an API as Centrifugo sees them.
type Names struct {
	Requests Channel   // of most methods
	Others   []Channel // requests channels that some methods have of their own; may have placeholders
	Reply    Channel
	Events   []Channel
	Ordered  bool    // some method is a notification: requests of a caller should stay in order
	Streams  bool    // some method streams its results
	Presence bool    // some method ends with its callers, so that the worker asks who is on the reply channels
	LongestS int     // the longest timeout that a method sets, in seconds
	History  History // of events in namespaces of their own, which no manifest tells
}

// Channel is a channel's name, which may have placeholders. Its options are those of its
// namespace, the part before the first ":".
type Channel struct {
	schema.Template
	What      string        // "the requests channel", for messages
	Namespace string        // "": the channels without namespace
	Access    schema.Access // of an event
}

// ReadNames returns the channels of a model. Names that are unsafe with any
// configuration are errors.
func ReadNames(model *schema.Model) (Names, text.Diagnostics) {
	requests := requestChannels(model)
	n := Names{Requests: requests[0], Others: requests[1:], Reply: channel("the reply channel", model.Reply)}
	for _, e := range model.Events {
		c := channel("event "+e.Wire, e.Channel)
		c.Access = e.Access
		n.Events = append(n.Events, c)
	}
	for _, m := range model.Methods {
		n.Ordered, n.Streams = n.Ordered || m.Notify, n.Streams || m.Stream
		n.Presence = n.Presence || m.CancelOnDisconnect
		n.LongestS = max(n.LongestS, int((m.TimeoutMS+999)/1000))
	}
	var problems problems
	n.check(&problems)
	return n, problems.list
}

// requestChannels returns the requests channels, each once: first that of the manifest, unless
// every method has one of its own.
func requestChannels(model *schema.Model) []Channel {
	shared := func(m *schema.Method) bool { return m.Channel == nil }
	var channels []Channel
	if len(model.Methods) == 0 || slices.ContainsFunc(model.Methods, shared) {
		channels = append(channels, channel("the requests channel", literal(model.Requests)))
	}
	for _, m := range model.Methods {
		known := func(c Channel) bool { return c.Text == m.Channel.Text }
		if m.Channel != nil && !slices.ContainsFunc(channels, known) {
			channels = append(channels, channel("the requests channel of "+m.Wire, *m.Channel))
		}
	}
	return channels
}

// requestsIn returns the requests channels of a namespace.
func (n Names) requestsIn(namespace string) []Channel {
	return slices.DeleteFunc(n.allRequests(), func(c Channel) bool { return c.Namespace != namespace })
}

func (n Names) allRequests() []Channel { return append([]Channel{n.Requests}, n.Others...) }

// requestsText lists the requests channels for messages.
func (n Names) requestsText() string {
	var names []string
	for _, c := range n.allRequests() {
		names = append(names, c.Text)
	}
	return strings.Join(names, " and ")
}

// DefaultNames returns the channels of a manifest that names none.
func DefaultNames() Names {
	reply := schema.Template{Text: "user#{user_id}", Parts: []schema.TemplatePart{{Literal: "user#"}, {Param: "user_id"}}}
	return Names{
		Requests: channel("the requests channel", literal("rpc.requests")),
		Reply:    channel("the reply channel", reply),
	}
}

func literal(name string) schema.Template {
	return schema.Template{Text: name, Parts: []schema.TemplatePart{{Literal: name}}}
}

func channel(what string, t schema.Template) Channel {
	c := Channel{Template: t, What: what}
	if before, _, found := strings.Cut(t.Text, ":"); found {
		c.Namespace = strings.TrimPrefix(before, "$")
	}
	return c
}

// Fill returns the name for one subscriber; the event's own placeholders all get
// the same value.
func (c Channel) Fill(user, nonce, other string) string {
	var b strings.Builder
	for _, p := range c.Parts {
		switch p.Param {
		case "":
			b.WriteString(p.Literal)
		case "user_id":
			b.WriteString(user)
		case "nonce":
			b.WriteString(nonce)
		default:
			b.WriteString(other)
		}
	}
	return b.String()
}

// inNamespace returns the part of a name that the namespace's regex is matched against.
func (c Channel) inNamespace(name string) string {
	if _, rest, found := strings.Cut(name, ":"); found && c.Namespace != "" {
		return rest
	}
	return name
}

// Public tells whether every user may subscribe to the event, without a token.
func (c Channel) Public() bool { return c.Access == schema.AccessPublic && !c.byToken() }

// byToken tells whether Centrifugo opens the channel only to who has a subscription token.
func (c Channel) byToken() bool { return strings.HasPrefix(c.Text, "$") }

// HasNonce tells whether each connection has a channel of its own.
func (c Channel) HasNonce() bool { return strings.Contains(c.Text, "{nonce}") }

// regex returns an expression for the part of the name after the namespace. That of the
// reply channel also matches names with a nonce where the template has none, so that a
// switch to a reply channel for each connection needs no other configuration.
func (c Channel) regex() string {
	expression := regexp.QuoteMeta(c.inNamespace(c.Text))
	if c.UserLimited() && c.Access == "" && !c.HasNonce() {
		before := strings.TrimSuffix(expression, `#\{user_id\}`)
		if before != "" {
			expression = before + `(\.` + noncePattern + `)?#\{user_id\}`
		} else {
			expression = noncePattern + expression
		}
	}
	expression = strings.ReplaceAll(expression, `\{nonce\}`, noncePattern)
	expression = strings.ReplaceAll(expression, `\{user_id\}`, userPattern)
	return otherPlaceholder.ReplaceAllString(expression, otherPattern)
}

// otherPlaceholder matches a placeholder of an event in a name that QuoteMeta has quoted.
var otherPlaceholder = regexp.MustCompile(`\\\{.*?\\\}`)

// problems collects diagnostics.
type problems struct{ list text.Diagnostics }

func (p *problems) add(pos text.Pos, hint, format string, args ...any) {
	p.list = append(p.list, text.Diagnostic{
		Pos: pos, Code: "channel-unsafe", Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// check reports names that are unsafe in every profile.
func (n Names) check(p *problems) {
	for _, c := range n.all() {
		name, _, _ := strings.Cut(c.Text, ":")
		switch {
		case strings.Contains(name, "{") && name != c.Text:
			p.add(c.Pos, "start the name with a fixed namespace, as in "+`"tasks:{project_id}"`,
				"%s, %q, has a placeholder in its namespace", c.What, c.Text)
		case c.Namespace != "" && !namespaceName.MatchString(c.Namespace):
			p.add(c.Pos, `use two or more letters, digits, "-", "_" or "."`,
				"%s, %q: Centrifugo refuses the namespace %q", c.What, c.Text, c.Namespace)
		case strings.ContainsFunc(c.Text, func(r rune) bool { return r <= ' ' || r > '~' }):
			p.add(c.Pos, "use printable ASCII without spaces", "%s, %q: Centrifugo refuses the characters of the name", c.What, c.Text)
		}
	}
	for _, c := range n.allRequests() {
		if strings.ContainsAny(c.Text, "#,") || strings.HasPrefix(c.Text, "$") {
			p.add(c.Pos, `the default is "rpc.requests"`,
				`%s, %q, must not contain "#" or ",", which name users, or begin with "$", which asks for a token`, c.What, c.Text)
		}
	}
	if n.Reply.byToken() || !n.Reply.UserLimited() {
		p.add(n.Reply.Pos, `end it with "#{user_id}", as in "user#{user_id}" or "user:{nonce}#{user_id}"`,
			`the reply channel, %q, is open to other users: Centrifugo keeps them out only by an id behind "#", at the end`, n.Reply.Text)
	}
	for _, e := range n.Events {
		n.checkEvent(e, p)
	}
}

// checkEvent reports an event that shares a namespace with requests or replies, whose
// options would open it to others or the other way round; only one that is limited to a user
// may share that of the replies. It also reports a "#" that Centrifugo would read as users
// because of another channel.
func (n Names) checkEvent(e Channel, p *problems) {
	hint := `give events a namespace of their own, as in "events:` + e.inNamespace(e.Text) + `"`
	limits := func(other Channel) bool { return other.Namespace == e.Namespace && other.UserLimited() }
	switch {
	case strings.Contains(e.Text, "#") && !e.UserLimited() && !e.byToken() && slices.ContainsFunc(n.Events, limits):
		p.add(e.Pos, `use another character than "#", or another namespace`,
			`%s, %q: another event of its namespace ends with "#{user_id}", so that Centrifugo reads what follows "#" as users, and nobody could subscribe`, e.What, e.Text)
	case e.Namespace == n.Reply.Namespace && e.UserLimited() && !e.byToken():
	case len(n.requestsIn(e.Namespace)) > 0:
		p.add(e.Pos, hint, "%s, %q, shares its namespace with the requests: whoever may subscribe to it could read them", e.What, e.Text)
	case e.Namespace == n.Reply.Namespace:
		p.add(e.Pos, hint, "%s, %q, shares its namespace with the replies: whoever may subscribe to it could read them", e.What, e.Text)
	}
}

// eventsIn returns the events of a namespace.
func (n Names) eventsIn(namespace string) []Channel {
	var events []Channel
	for _, e := range n.Events {
		if e.Namespace == namespace {
			events = append(events, e)
		}
	}
	return events
}

func (n Names) all() []Channel {
	return append(append(n.allRequests(), n.Reply), n.Events...)
}

// shared tells whether requests and replies are in one namespace, and so have the same
// options.
func (n Names) shared() bool { return len(n.requestsIn(n.Reply.Namespace)) > 0 }
