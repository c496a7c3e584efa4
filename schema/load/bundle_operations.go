package load

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// operation copies one of the canonical form.
func (b *bundler) operation(member text.Member) {
	n, _, ok := b.docs.deref(member.Value)
	if !ok {
		return
	}
	n = b.withTraits(n)
	op := newObject("action", str(n.GetString("action")))
	for _, m := range without(n, "action", "channel", "messages", "reply", "traits", "x-rpc") {
		set(op, m.Key, b.plain(m.Value))
	}
	b.carry(op, member.Key, n, member.Key)
	if reply := n.Get("reply"); reply != nil {
		if reply, _, ok := b.docs.deref(reply); ok {
			set(op, "reply", b.reply(member.Key, reply))
		}
	}
	if rpc := n.Get("x-rpc"); rpc != nil {
		set(op, "x-rpc", b.options(rpc))
	}
	set(b.out.operations, member.Key, op)
}

// reply copies the reply of an operation, with the template of the channel where the manifest
// has it elsewhere.
func (b *bundler) reply(wire string, n *text.Node) *text.Node {
	reply := newObject("address", newObject("location", str("$message.header#/reply_to")))
	for _, m := range without(n, "channel", "messages") {
		set(reply, m.Key, b.plain(m.Value))
	}
	key := b.carry(reply, wire, n, wire+".result")
	channel := b.out.channels.Get(key)
	template := channel.Get("x-rpc").Get("reply")
	if template == nil && !strings.Contains(channel.GetString("address"), "{user_id}") {
		rpc := newObject()
		for _, m := range channel.Get("x-rpc").MembersOf() {
			set(rpc, m.Key, m.Value)
		}
		set(rpc, "reply", str(b.model.Reply.Text))
		set(channel, "x-rpc", rpc)
	}
	return reply
}

// carry writes the channel of an operation or a reply, and the messages on it. It returns the
// key of the channel.
func (b *bundler) carry(to *text.Node, wire string, n *text.Node, message string) string {
	channel, name, ok := b.docs.deref(orNull(n.Get("channel")))
	key := ""
	if ok && n.Get("channel") != nil {
		key = b.channelOfManifest(channel, orDefault(name, wire))
	} else {
		channel = nil
		key = b.channelAt("requests", b.model.Requests, nil)
	}
	set(to, "channel", refTo("channels", key))
	refs := list()
	for _, found := range b.messagesOf(n, channel) {
		refs.Items = append(refs.Items, b.message(key, orDefault(found.name, message), found.node))
	}
	if len(refs.Items) == 0 {
		refs.Items = append(refs.Items, b.message(key, message, newObject()))
	}
	set(to, "messages", refs)
	return key
}

func orDefault(key, otherwise string) string {
	if key == "" {
		return otherwise
	}
	return key
}

// channelOfManifest copies a channel, without its messages.
func (b *bundler) channelOfManifest(n *text.Node, want string) string {
	if key, known := b.channelKeys[n]; known {
		return key
	}
	key := free(b.out.channels, want)
	b.channelKeys[n] = key
	channel := newObject()
	for _, m := range without(n, "messages", "parameters") {
		set(channel, m.Key, b.plain(m.Value))
	}
	b.addChannel(key, channel, n.GetString("address"), n.Get("parameters"))
	return key
}

// channelAt returns the key of a channel that the short form asks for.
func (b *bundler) channelAt(want, address string, parameters *text.Node) string {
	id := address
	if parameters != nil {
		id += parameters.JSON()
	}
	if key, known := b.addresses[id]; known {
		return key
	}
	key := free(b.out.channels, want)
	b.addresses[id] = key
	b.addChannel(key, newObject("address", str(address)), address, parameters)
	return key
}

// addChannel completes a channel: every placeholder of its address is a parameter.
func (b *bundler) addChannel(key string, channel *text.Node, address string, parameters *text.Node) {
	declared := newObject()
	for _, m := range parameters.MembersOf() {
		set(declared, m.Key, b.plain(m.Value))
	}
	for _, part := range parseTemplate(address, text.Pos{}, nil).Parts {
		if part.Param != "" && declared.Get(part.Param) == nil {
			set(declared, part.Param, newObject())
		}
	}
	if len(declared.Members) > 0 {
		set(channel, "parameters", declared)
	}
	set(channel, "messages", newObject())
	set(b.out.channels, key, channel)
}

// message writes a message that a channel carries, and returns how operations refer to it.
func (b *bundler) message(channel, name string, n *text.Node) *text.Node {
	key, known := b.messageKeys[n]
	if !known {
		key = free(b.out.messages, name)
		b.messageKeys[n] = key
		set(b.out.messages, key, b.messageOf(n))
	}
	return b.carried(channel, name, key)
}

// carried lets a channel carry a message of components.messages.
func (b *bundler) carried(channel, name, key string) *text.Node {
	carried := b.out.channels.Get(channel).Get("messages")
	target := refTo("components", "messages", key)
	if there := carried.Get(name); there != nil && there.JSON() != target.JSON() {
		name = free(carried, name)
	}
	set(carried, name, target)
	return refTo("channels", channel, "messages", name)
}

func (b *bundler) messageOf(n *text.Node) *text.Node {
	c := newObject()
	for _, m := range without(n, "traits") {
		switch m.Key {
		case "payload", "headers":
			set(c, m.Key, b.payload(m.Value))
		default:
			set(c, m.Key, b.plain(m.Value))
		}
	}
	return c
}

// options copies x-rpc of an operation, or makes it of a method of the short form.
func (b *bundler) options(n *text.Node) *text.Node {
	c := newObject()
	for _, m := range n.MembersOf() {
		switch m.Key {
		case "errors":
			set(c, m.Key, b.errors(m.Value))
		default:
			set(c, m.Key, b.plain(m.Value))
		}
	}
	return c
}

func (b *bundler) errors(n *text.Node) *text.Node {
	errors := list()
	for _, item := range n.ItemsOf() {
		if item, _, ok := b.docs.deref(item); ok {
			c := newObject()
			for _, m := range item.Members {
				if m.Key == "data" {
					m.Value = b.payload(m.Value)
				}
				set(c, m.Key, m.Value)
			}
			errors.Items = append(errors.Items, c)
		}
	}
	return errors
}

// shortMethod writes a method of the short form as an operation.
func (b *bundler) shortMethod(member text.Member) {
	n, _, ok := b.docs.deref(member.Value)
	if !ok {
		return
	}
	channel := ""
	if own := n.Get("requests"); own != nil {
		channel = b.channelAt(member.Key, own.Text, n.Get("parameters"))
	} else {
		channel = b.channelAt("requests", b.model.Requests, nil)
	}
	op := b.shortOperation("receive", n, channel)
	request := newObject()
	if !n.IsTrue("notify") {
		set(request, "correlationId", newObject("location", str("$message.header#/correlation_id")))
	}
	set(op, "messages", list(b.shortMessage(channel, member.Key, request, n.Get("params"))))
	if !n.IsTrue("notify") {
		set(op, "reply", b.shortReply(member.Key, n.Get("result")))
	}
	b.shortOptions(op, n, "deprecated", "errors", "stream", "idempotent", "timeout_ms", "on_disconnect")
	set(b.out.operations, member.Key, op)
}

func (b *bundler) shortReply(wire string, result *text.Node) *text.Node {
	const id = "replies of the short form"
	key, known := b.addresses[id]
	if !known {
		key = free(b.out.channels, "replies")
		b.addresses[id] = key
		channel := newObject("address", &text.Node{Kind: text.KindNull})
		set(channel, "x-rpc", newObject("reply", str(b.model.Reply.Text)))
		b.addChannel(key, channel, "", nil)
	}
	message := newObject("correlationId", newObject("location", str("$message.header#/correlation_id")))
	reply := newObject("address", newObject("location", str("$message.header#/reply_to")))
	set(reply, "channel", refTo("channels", key))
	set(reply, "messages", list(b.shortMessage(key, wire+".result", message, result)))
	return reply
}

// shortEvent writes an event of the short form as an operation.
func (b *bundler) shortEvent(member text.Member) {
	n, _, ok := b.docs.deref(member.Value)
	if !ok {
		return
	}
	channel := b.channelAt(member.Key, n.GetString("channel"), n.Get("parameters"))
	op := b.shortOperation("send", n, channel)
	set(op, "messages", list(b.shortMessage(channel, member.Key, newObject(), n.Get("payload"))))
	b.shortOptions(op, n, "deprecated", "access")
	set(b.out.operations, member.Key, op)
}

func (b *bundler) shortOperation(action string, n *text.Node, channel string) *text.Node {
	op := newObject("action", str(action))
	for _, m := range n.MembersOf() {
		if m.Key == "summary" || m.Key == "description" || strings.HasPrefix(m.Key, "x-") && m.Key != "x-deprecated" {
			set(op, m.Key, m.Value)
		}
	}
	set(op, "channel", refTo("channels", channel))
	return op
}

// shortMessage writes a message whose payload a schema of the short form describes.
func (b *bundler) shortMessage(channel, name string, message, schema *text.Node) *text.Node {
	if schema != nil && schema.Kind != text.KindNull {
		set(message, "payload", b.payload(schema))
	}
	key := free(b.out.messages, name)
	set(b.out.messages, key, message)
	return b.carried(channel, name, key)
}

// shortOptions gives an operation the options of a method or an event that x-rpc holds.
func (b *bundler) shortOptions(op, n *text.Node, keys ...string) {
	chosen := newObject()
	for _, key := range keys {
		if value := n.Get(key); value != nil {
			set(chosen, key, value)
		}
	}
	if note := n.Get("x-deprecated"); note != nil && n.IsTrue("deprecated") {
		set(chosen, "deprecated", note)
	}
	if len(chosen.Members) > 0 {
		set(op, "x-rpc", b.options(chosen))
	}
}
