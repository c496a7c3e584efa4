package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// message is one that an operation or a reply can carry.
type message struct {
	name string // its key in the channel
	node *text.Node
}

// payloadOf returns the schema of what an operation or a reply carries, nil for nothing. That
// of several messages is a oneOf of theirs, whose types without a name are called after
// their messages.
func (m *manifest) payloadOf(op, channel *text.Node) *text.Node {
	messages := m.messagesOf(op, channel)
	if len(messages) == 0 {
		return nil
	}
	for _, message := range messages {
		m.checkMessage(message)
	}
	if len(messages) == 1 {
		return messages[0].node.Get("payload")
	}
	at := messages[0].node.Pos
	alternatives := &text.Node{Kind: text.KindArray, Pos: at}
	for _, message := range messages {
		payload := message.node.Get("payload")
		if payload == nil {
			payload = null(message.node.Pos)
		}
		if n, ok := m.schemaOf(payload); ok {
			m.called[n] = typeName(message.name)
			alternatives.Items = append(alternatives.Items, n)
		}
	}
	return wrapped(at, "oneOf", alternatives)
}

// null is the schema of a message without a payload, where others have one.
func null(pos text.Pos) *text.Node {
	return wrapped(pos, "type", &text.Node{Kind: text.KindString, Text: "null", Pos: pos})
}

// wrapped is an object with one member.
func wrapped(pos text.Pos, key string, value *text.Node) *text.Node {
	return &text.Node{Kind: text.KindObject, Members: []text.Member{{Key: key, KeyPos: pos, Value: value}}, Pos: pos}
}

// messagesOf returns the messages that an operation lists, else all of its channel.
func (m *manifest) messagesOf(op, channel *text.Node) []message {
	var messages []message
	add := func(name string, n *text.Node) {
		if n, _, ok := m.docs.deref(n); ok {
			messages = append(messages, message{name, m.withTraits(n)})
		}
	}
	if list := op.Get("messages"); list != nil {
		for _, item := range list.Items {
			name := ""
			if ref := item.Get("$ref"); ref != nil {
				if t, ok := m.docs.resolve(ref); ok {
					name = t.Key
				}
			}
			add(name, item)
		}
		return messages
	}
	if list := channel.Get("messages"); list != nil {
		for _, member := range list.Members {
			add(member.Key, member.Value)
		}
		m.warnOfAllMessages(op, channel, len(messages))
	}
	return messages
}

// warnOfAllMessages tells of an operation that takes every message of a channel which it
// shares with others.
func (m *manifest) warnOfAllMessages(op, channel *text.Node, count int) {
	action := op.GetString("action")
	if count < 2 || m.users[channelUse{channel, action}] < 2 {
		return
	}
	m.diags.Add(op.Pos, "several-messages", fmt.Sprintf("this operation lists no messages, and so takes all %d of its channel, which other operations use, too", count),
		"list those of the operation under `messages`").Severity = text.Warning
}

// channelUse is what operations do with a channel.
type channelUse struct {
	channel *text.Node
	action  string
}

// countUsers counts the operations of each channel.
func (m *manifest) countUsers(operations *text.Node) {
	for _, member := range operations.Members {
		if op, _, ok := m.docs.deref(member.Value); ok && op.Get("channel") != nil {
			if channel := m.channelOf(op); channel != nil {
				m.users[channelUse{channel, op.GetString("action")}]++
			}
		}
	}
}

// checkMessage tells, once, of what a message says and Centrifugo's envelope has no place for.
func (m *manifest) checkMessage(message message) {
	n := message.node
	if m.checked[n.Pos] {
		return
	}
	m.checked[n.Pos] = true
	name := text.Quote(message.name)
	if content := n.Get("contentType"); content != nil && content.Kind == text.KindString && !strings.Contains(content.Text, "json") {
		m.diags.Add(content.Pos, "content-type", fmt.Sprintf("message %s is said to be %s, but everything travels as JSON", name, text.Quote(content.Text)),
			"remove `contentType`, or write application/json").Severity = text.Warning
	}
	if id, _, ok := m.docs.deref(orNull(n.Get("correlationId"))); ok {
		if at := id.Get("location"); at != nil && strings.HasPrefix(at.Text, "$message.payload") {
			m.diags.Add(at.Pos, "correlation-id", fmt.Sprintf("the correlation id of message %s stands in its payload, where nobody sets or reads it", name),
				"clients and worker have it in the envelope: write '$message.header#/correlation_id'; a member of the payload is the caller's own").Severity = text.Warning
		}
	}
	if headers := m.ownHeaders(n.Get("headers")); len(headers) > 0 {
		m.diags.Add(n.Lookup("headers").KeyPos, "headers-ignored", fmt.Sprintf("the envelope of message %s has no place for the header %s", name, text.Quote(headers[0])),
			"make it a member of the payload, or send it along as `meta` of a call").Severity = text.Info
	}
}

func orNull(n *text.Node) *text.Node {
	if n == nil {
		return &text.Node{}
	}
	return n
}

// envelopeMembers are the headers that the envelope has, in letters only.
var envelopeMembers = []string{"method", "correlationid", "replyto", "timeoutms", "meta"}

// ownHeaders returns the names of the headers that are not members of the envelope.
func (m *manifest) ownHeaders(headers *text.Node) []string {
	n, _, ok := m.docs.deref(orNull(headers))
	if !ok {
		return nil
	}
	var own []string
	for _, key := range memberKeys(orNull(n.Get("properties"))) {
		letters := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
		if !slices.Contains(envelopeMembers, letters) {
			own = append(own, key)
		}
	}
	return own
}

// payload lowers a message's payload. name is for a schema that has no name of its own.
func (m *manifest) payload(n *text.Node, name string) schema.Type {
	inner, ok := m.schemaOf(n)
	if !ok {
		return &schema.Any{}
	}
	return m.lowerRoot(inner, name)
}

// schemaOf returns the schema of a payload, which may be the multi-format object
// {schemaFormat, schema}, and reports formats that wsgen does not read.
func (m *manifest) schemaOf(payload *text.Node) (*text.Node, bool) {
	format, inner := multiFormat(payload)
	if inner == nil {
		return payload, true
	}
	return inner, m.docs.checkFormat(format)
}

// checkFormat reports a schemaFormat that wsgen does not read, once.
func (d *documents) checkFormat(format *text.Node) bool {
	if readableFormat(format.Text) {
		if _, known := formatDialect(format.Text, draft2020); !known {
			d.refError(format, "schema-format", fmt.Sprintf("wsgen does not know the dialect of %s", text.Quote(format.Text)),
				"it knows draft-04, draft-06, draft-07, 2019-09 and 2020-12 of JSON Schema, and OpenAPI 3.0 and 3.1")
			return false
		}
		return true
	}
	d.refError(format, "schema-format", unreadableFormat(format.Text),
		"write the types as JSON Schema, with the format application/schema+json;version=draft-2020-12: whatever describes them, they travel as JSON")
	return false
}

func readableFormat(format string) bool {
	for _, prefix := range []string{"application/schema+", "application/vnd.aai.asyncapi", "application/vnd.oai.openapi"} {
		if strings.HasPrefix(format, prefix) {
			return true
		}
	}
	return false
}

// schemaLanguages are known by a part of their schemaFormat.
var schemaLanguages = []struct{ part, name string }{{"avro", "Avro"}, {"protobuf", "Protobuf"}, {"raml", "RAML"}, {"xml", "XML Schema"}}

func unreadableFormat(format string) string {
	for _, language := range schemaLanguages {
		if strings.Contains(strings.ToLower(format), language.part) {
			return fmt.Sprintf("wsgen does not read %s schemas, as %s is", language.name, text.Quote(format))
		}
	}
	return fmt.Sprintf("wsgen does not read schemas in the format %s", text.Quote(format))
}
