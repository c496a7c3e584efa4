package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// readShort reads x-rpc, the form for people who write a manifest by hand.
func (m *manifest) readShort(rpc *text.Node) {
	if n := rpc.Get("requests"); n != nil && n.Kind == text.KindString {
		m.main = m.template(n.Text, n.Pos, nil)
		if strings.Contains(n.Text, "{") {
			m.diags.Add(n.Pos, "requests-channel", "the channel of all requests takes no parameters",
				"use a fixed name such as "+defaultRequests+", or give `requests` to the methods whose channel has parameters")
		}
	}
	if n := rpc.Get("reply"); n != nil && n.Kind == text.KindString {
		m.setReply(n.Text, n.Pos)
	}
	for _, section := range rpc.Members {
		switch section.Key {
		case "methods":
			for _, member := range section.Value.Members {
				m.readShortMethod(member)
			}
		case "events":
			for _, member := range section.Value.Members {
				m.readShortEvent(member)
			}
		}
	}
}

func (m *manifest) readShortMethod(member text.Member) {
	n, _, ok := m.docs.deref(member.Value)
	if !ok || !m.claimWire("method", member.Key, member.KeyPos) {
		return
	}
	me := newMethod(member, n)
	me.Notify = n.IsTrue("notify")
	m.readOptions(me, n)
	if own := n.Get("requests"); own != nil && own.Kind == text.KindString {
		m.setRequests(me, own, n.Get("parameters"))
	}
	m.setParams(me, n.Get("params"))
	m.setResult(me, n.Get("result"))
	me.Errors = m.readErrors(me.Wire, n.Get("errors"))
	if me.Notify && me.Result != nil {
		m.diags.Add(n.Lookup("result").KeyPos, "notify-result", fmt.Sprintf("method %s gets no reply and so returns no result", text.Quote(me.Wire)),
			"remove `result`, or remove `notify: true`")
	}
	m.checkNotify(me, n)
	m.checkStream(me, n.Lookup("stream"))
	m.model.Methods = append(m.model.Methods, me)
}

func (m *manifest) readShortEvent(member text.Member) {
	n, _, ok := m.docs.deref(member.Value)
	if !ok || !m.claimWire("event", member.Key, member.KeyPos) {
		return
	}
	channel := n.Get("channel")
	if channel == nil || channel.Kind != text.KindString {
		return // the profile has reported it
	}
	m.addEvent(member, n, m.template(channel.Text, channel.Pos, n.Get("parameters")), n.Get("payload"), n.Get("access"))
}

// readOptions reads what x-rpc holds in both forms.
func (m *manifest) readOptions(me *schema.Method, n *text.Node) {
	me.Stream = n.IsTrue("stream")
	me.Idempotent = n.IsTrue("idempotent")
	me.CancelOnDisconnect = n.GetString("on_disconnect") == "cancel"
	me.TimeoutMS, _ = strconv.ParseInt(textOf(n.Get("timeout_ms")), 10, 64)
	if me.Deprecated == nil {
		me.Deprecated = deprecationOf(n.Get("deprecated"), n.Get("x-deprecated"))
	}
}

func newMethod(member text.Member, n *text.Node) *schema.Method {
	return &schema.Method{
		Wire:       member.Key,
		Name:       schema.SplitName(member.Key),
		Doc:        joinDoc(n.GetString("summary"), n.GetString("description")),
		Deprecated: deprecationOf(n.Get("deprecated"), n.Get("x-deprecated")),
		Pos:        member.KeyPos,
	}
}

func (m *manifest) setParams(me *schema.Method, params *text.Node) {
	if params == nil || params.Kind == text.KindNull {
		return
	}
	t := m.payload(params, pascal(me.Name)+"Params")
	if _, null := schema.Resolve(t).(*schema.Null); null {
		return
	}
	me.Params = t
}

func (m *manifest) setResult(me *schema.Method, result *text.Node) {
	if result == nil || result.Kind == text.KindNull {
		return
	}
	t := m.payload(result, pascal(me.Name)+"Result")
	if _, null := schema.Resolve(t).(*schema.Null); !null {
		me.Result = t
	}
}

// checkNotify reports what only methods with a reply can have; rpc holds it.
func (m *manifest) checkNotify(me *schema.Method, rpc *text.Node) {
	if !me.Notify {
		return
	}
	if errors := rpc.Get("errors"); errors != nil {
		m.diags.Add(errors.Pos, "notify-errors", fmt.Sprintf("method %s gets no reply and so reports no errors", text.Quote(me.Wire)),
			"remove `errors`, or let the method reply")
	}
	if me.CancelOnDisconnect {
		m.diags.Add(rpc.Lookup("on_disconnect").KeyPos, "notify-disconnect",
			fmt.Sprintf("method %s gets no reply: its callers may leave at once, and what they have asked for would be cancelled", text.Quote(me.Wire)),
			"remove `on_disconnect`, or let the method reply")
	}
}

func (m *manifest) checkStream(me *schema.Method, stream *text.Member) {
	switch {
	case !me.Stream:
	case me.Notify:
		m.diags.Add(stream.KeyPos, "stream-result", fmt.Sprintf("method %s gets no reply and so streams no items", text.Quote(me.Wire)),
			"remove `stream`, or let the method reply")
	case me.Result == nil:
		m.diags.Add(stream.KeyPos, "stream-result", fmt.Sprintf("method %s streams items of no type", text.Quote(me.Wire)),
			"give `result` the schema of one item")
	}
}

func (m *manifest) addEvent(member text.Member, n *text.Node, channel schema.Template, payload, access *text.Node) {
	deprecated := deprecationOf(n.Get("deprecated"), n.Get("x-deprecated"))
	if deprecated == nil { // of the canonical form
		deprecated = deprecationOf(n.Get("x-rpc").Get("deprecated"), nil)
	}
	e := &schema.Event{
		Wire:       member.Key,
		Name:       schema.SplitName(member.Key),
		Doc:        joinDoc(n.GetString("summary"), n.GetString("description")),
		Deprecated: deprecated,
		Channel:    channel,
		Access:     m.access(member.Key, channel, access),
		Payload:    &schema.Any{},

		AccessStated: access != nil,
		Pos:          member.KeyPos,
	}
	if payload == nil {
		m.diags.Add(member.KeyPos, "event-payload", fmt.Sprintf("event %s has no payload", text.Quote(member.Key)),
			"refer to the model that is published").Severity = text.Warning
	} else {
		e.Payload = m.payload(payload, pascal(e.Name)+"Payload")
	}
	if other := m.channels[channel.Text]; other != nil {
		d := m.diags.Add(channel.Pos, "shared-channel", fmt.Sprintf("events %s and %s share a channel: a client cannot tell their payloads apart",
			text.Quote(other.Wire), text.Quote(e.Wire)), "give each its own channel, or declare one event whose payload is a tagged union")
		d.Severity = text.Warning
		d.Notes = append(d.Notes, text.Note{Pos: other.Channel.Pos, Message: "the other one is here"})
	} else {
		m.channels[channel.Text] = e
	}
	m.model.Events = append(m.model.Events, e)
}

// access returns who may subscribe to an event, and reports what its channel contradicts:
// Centrifugo asks nobody about a channel that ends with a user's id.
func (m *manifest) access(event string, channel schema.Template, n *text.Node) schema.Access {
	limited := channel.UserLimited()
	if n == nil {
		return defaultAccess(channel)
	}
	access := schema.Access(n.Text)
	switch {
	case access == schema.AccessUser && !limited:
		m.diags.Add(n.Pos, "event-access", fmt.Sprintf("event %s is for one user, whom its channel does not name", text.Quote(event)),
			"end the channel with #{user_id}, as in orders#{user_id}; it must have no other \"#\"")
	case access != schema.AccessUser && limited:
		m.diags.Add(n.Pos, "event-access", fmt.Sprintf("the channel of event %s lets only the user subscribe whom it names", text.Quote(event)),
			"set `access: user`, or do not end the channel with #{user_id}")
	}
	return access
}

// defaultAccess is the access of an event that says nothing about it.
func defaultAccess(channel schema.Template) schema.Access {
	switch {
	case channel.UserLimited():
		return schema.AccessUser
	case slices.ContainsFunc(channel.Parts, func(p schema.TemplatePart) bool { return p.Param != "" }):
		return schema.AccessPermission
	}
	return schema.AccessPublic
}
