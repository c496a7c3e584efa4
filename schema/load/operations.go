package load

import (
	"fmt"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// readOperations reads the canonical form: an operation with a reply is a
// method, `receive` without one a notification, `send` an event.
func (m *manifest) readOperations(operations *text.Node) {
	m.countUsers(operations)
	for _, member := range operations.Members {
		op, _, ok := m.docs.deref(member.Value)
		if !ok {
			continue
		}
		op = m.withTraits(op)
		switch op.GetString("action") {
		case "receive":
			m.readMethod(member, op)
		case "send":
			m.readEvent(member, op)
		}
	}
}

func (m *manifest) readMethod(member text.Member, op *text.Node) {
	if !m.claimWire("method", member.Key, member.KeyPos) {
		return
	}
	rpc := op.Get("x-rpc")
	me := newMethod(member, op)
	m.readOptions(me, rpc)
	channel := m.channelOf(op)
	m.readRequestsChannel(me, channel)
	m.setParams(me, m.payloadOf(op, channel))
	if reply := op.Get("reply"); reply == nil {
		me.Notify = true
	} else if reply, _, ok := m.docs.deref(reply); ok {
		m.readReply(me, reply)
	}
	me.Errors = m.readErrors(me.Wire, rpc.Get("errors"))
	m.checkNotify(me, rpc)
	m.checkStream(me, rpc.Lookup("stream"))
	if access := rpc.Lookup("access"); access != nil {
		m.diags.Add(access.KeyPos, "event-access", fmt.Sprintf("method %s has `access`, which says who may subscribe to an event", text.Quote(me.Wire)),
			"remove it: who may call a method is decided by the back end")
	}
	m.model.Methods = append(m.model.Methods, me)
}

func (m *manifest) readRequestsChannel(me *schema.Method, channel *text.Node) {
	address := channel.Get("address")
	switch {
	case channel == nil:
	case address == nil || address.Kind != text.KindString:
		m.diags.Add(channel.Pos, "requests-channel", "the channel of a request has no address",
			"set `address: "+defaultRequests+"`")
	default:
		m.setRequests(me, address, channel.Get("parameters"))
		if m.main.Text == "" && !strings.Contains(address.Text, "{") {
			m.main = m.requests[me]
		}
	}
}

func (m *manifest) readReply(me *schema.Method, reply *text.Node) {
	channel := m.channelOf(reply)
	m.readReplyChannel(channel)
	m.setResult(me, m.payloadOf(reply, channel))
}

// readReplyChannel reads the template of the replies: x-rpc.reply of their channel, else its
// address, if that is one for each user.
func (m *manifest) readReplyChannel(channel *text.Node) {
	if template := channel.Get("x-rpc").Get("reply"); template != nil && template.Kind == text.KindString {
		m.setReply(template.Text, template.Pos)
		return
	}
	address := channel.Get("address")
	switch {
	case address == nil || address.Kind != text.KindString || m.checked[address.Pos]:
	case strings.Contains(address.Text, "{user_id}"):
		m.setReply(address.Text, address.Pos)
	default:
		m.checked[address.Pos] = true
		m.diags.Add(address.Pos, "reply-channel", fmt.Sprintf("replies on %s would go to all users alike: clients and worker take %s in its place", text.Quote(address.Text), defaultReply),
			"write `address: null` and say with `x-rpc: {reply: …}` where replies go, with {user_id} in it").Severity = text.Warning
	}
}

func (m *manifest) readEvent(member text.Member, op *text.Node) {
	if reply := op.Lookup("reply"); reply != nil {
		m.diags.Add(reply.KeyPos, "send-with-reply", fmt.Sprintf("operation %s sends and expects a reply: a server cannot call a client", text.Quote(member.Key)),
			"use `action: receive` for a method that clients call, or remove `reply` for an event")
		return
	}
	if !m.claimWire("event", member.Key, member.KeyPos) {
		return
	}
	channel := m.channelOf(op)
	if channel == nil {
		return
	}
	address := channel.Get("address")
	if address == nil || address.Kind != text.KindString {
		m.diags.Add(channel.Pos, "event-channel", fmt.Sprintf("the channel of event %s has no address", text.Quote(member.Key)),
			"set `address` to the Centrifugo channel, such as tasks:{project_id}")
		return
	}
	payload := m.payloadOf(op, channel)
	m.addEvent(member, op, m.template(address.Text, address.Pos, channel.Get("parameters")), payload, op.Get("x-rpc").Get("access"))
}

// channelOf returns the channel that an operation or a reply refers to.
func (m *manifest) channelOf(n *text.Node) *text.Node {
	channel, _, ok := m.docs.deref(n.Get("channel"))
	if !ok {
		return nil
	}
	return channel
}
