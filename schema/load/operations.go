package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// readOperations reads the canonical form: an operation with a reply is a
// method, `receive` without one a notification, `send` an event.
func (m *manifest) readOperations(operations *text.Node) {
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

// withTraits gives an operation the members of its traits that it lacks.
func (m *manifest) withTraits(op *text.Node) *text.Node {
	traits := op.Get("traits")
	if traits == nil || traits.Kind != text.KindArray {
		return op
	}
	whole := *op
	whole.Members = slices.Clone(op.Members)
	for _, t := range traits.Items {
		trait, _, ok := m.docs.deref(t)
		if !ok || trait.Kind != text.KindObject {
			continue
		}
		for _, member := range trait.Members {
			if whole.Get(member.Key) == nil {
				whole.Members = append(whole.Members, member)
			}
		}
	}
	return &whole
}

func (m *manifest) readMethod(member text.Member, op *text.Node) {
	if !m.claimWire("method", member.Key, member.KeyPos) {
		return
	}
	rpc := op.Get("x-rpc")
	me := newMethod(member, op)
	m.readOptions(me, rpc)
	channel := m.channelOf(op)
	m.readRequestsChannel(channel)
	if message := m.onlyMessage(op, channel, "params"); message != nil {
		m.setParams(me, message.Get("payload"))
	}
	if reply := op.Get("reply"); reply == nil {
		me.Notify = true
	} else if reply, _, ok := m.docs.deref(reply); ok {
		m.readReply(me, reply)
	}
	me.Errors = m.readErrors(me.Wire, rpc.Get("errors"))
	m.checkNotify(me, rpc.Get("errors"))
	if access := rpc.Lookup("access"); access != nil {
		m.diags.Add(access.KeyPos, "event-access", fmt.Sprintf("method %s has `access`, which says who may subscribe to an event", text.Quote(me.Wire)),
			"remove it: who may call a method is decided by the back end")
	}
	m.model.Methods = append(m.model.Methods, me)
}

func (m *manifest) readRequestsChannel(channel *text.Node) {
	address := channel.Get("address")
	switch {
	case channel == nil:
	case address == nil || address.Kind != text.KindString:
		m.diags.Add(channel.Pos, "requests-channel", "the channel of a request has no address",
			"set `address: "+defaultRequests+"`")
	default:
		m.setRequests(address.Text, address.Pos)
	}
}

func (m *manifest) readReply(me *schema.Method, reply *text.Node) {
	channel := m.channelOf(reply)
	template := channel.Get("x-rpc").Get("reply")
	if address := channel.Get("address"); template == nil && address != nil && address.Kind == text.KindString {
		template = address
	}
	if template != nil && template.Kind == text.KindString {
		m.setReply(template.Text, template.Pos)
	}
	if message := m.onlyMessage(reply, channel, "result"); message != nil {
		m.setResult(me, message.Get("payload"))
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
	var payload *text.Node
	if message := m.onlyMessage(op, channel, "payload"); message != nil {
		payload = message.Get("payload")
	}
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

// onlyMessage returns the message of an operation: the one it lists, or the
// only one of its channel.
func (m *manifest) onlyMessage(op, channel *text.Node, what string) *text.Node {
	var messages []*text.Node
	at := op.Pos
	if list := op.Get("messages"); list != nil {
		messages, at = list.Items, list.Pos
	} else if list := channel.Get("messages"); list != nil {
		at = list.Pos
		for _, member := range list.Members {
			messages = append(messages, member.Value)
		}
	}
	switch len(messages) {
	case 0:
		return nil
	case 1:
		message, _, ok := m.docs.deref(messages[0])
		if !ok {
			return nil
		}
		return message
	}
	m.diags.Add(at, "several-messages", fmt.Sprintf("the %s can be one of %d messages", what, len(messages)),
		"list the one message that the operation uses; for alternatives use one message whose payload is a oneOf, for errors `x-rpc.errors`")
	return nil
}

// payload lowers a message's payload: a schema, or the multi-format object
// {schemaFormat, schema}. name is for a schema that has no name of its own.
func (m *manifest) payload(n *text.Node, name string) schema.Type {
	format := n.Get("schemaFormat")
	inner := n.Get("schema")
	if format == nil || inner == nil {
		return m.lowerRoot(n, name)
	}
	if !readableFormat(format.Text) {
		m.diags.Add(format.Pos, "schema-format", fmt.Sprintf("wsgen does not read schemas in the format %s", text.Quote(format.Text)),
			"use application/schema+json;version=draft-2020-12")
		return &schema.Any{}
	}
	return m.lowerRoot(inner, name)
}

func readableFormat(format string) bool {
	for _, prefix := range []string{"application/schema+", "application/vnd.aai.asyncapi", "application/vnd.oai.openapi"} {
		if strings.HasPrefix(format, prefix) {
			return true
		}
	}
	return false
}
