package load

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Bundle makes one document of a manifest and of all that it refers to: AsyncAPI in the
// canonical form, which describes the same API. What the user says beside the documents, such
// as other names, is left out. The document is of use only if none of the diagnostics is an
// error.
func Bundle(opt Options) (*text.Node, *schema.Model, text.Diagnostics) {
	opt = Options{AsyncAPI: opt.AsyncAPI, OpenAPI: opt.OpenAPI, Read: opt.Read, List: opt.List, Strict: opt.Strict}
	var found, late text.Diagnostics
	m := load(opt, &found)
	found.Sort()
	if m == nil || found.HasErrors() {
		return nil, nil, found
	}
	m.diags, m.docs.diags = &late, &late // what loading has not looked at may be broken
	b := newBundler(m)
	b.run()
	for _, d := range late {
		if d.Severity == text.Error {
			found = append(found, d)
		}
	}
	found.Sort()
	return b.document(), m.model, found
}

// bundler writes the parts of a document: bundle_operations.go those of AsyncAPI,
// bundle_schemas.go JSON Schema.
type bundler struct {
	*manifest
	out struct{ operations, channels, messages, schemas *text.Node }

	channelKeys map[*text.Node]string // of the channels of the manifest
	addresses   map[string]string     // keys of the channels that the short form asks for, by what they are
	messageKeys map[*text.Node]string // of components.messages
	schemaKeys  map[*text.Node]string // of the definitions
	pending     []*text.Node          // schemas that have a key and are not written yet
	definitions map[*text.Node]*definition
	exact       bool // all documents with schemas say that they are exact
	inlining    map[*text.Node]bool
}

func newBundler(m *manifest) *bundler {
	b := &bundler{
		manifest: m, channelKeys: map[*text.Node]string{}, addresses: map[string]string{}, messageKeys: map[*text.Node]string{},
		schemaKeys: map[*text.Node]string{}, definitions: map[*text.Node]*definition{}, inlining: map[*text.Node]bool{},
	}
	b.out.operations, b.out.channels, b.out.messages, b.out.schemas = newObject(), newObject(), newObject(), newObject()
	for _, d := range m.defs {
		b.definitions[d.node] = d
	}
	b.exact = true
	for i := range m.schemas {
		s := m.numbered(int32(i + 1))
		if doc := m.docs.bySource[s.pos.Src]; doc != nil && !doc.exactRequired {
			b.exact = false
		}
	}
	return b
}

func (b *bundler) run() {
	for _, member := range b.root.Members {
		switch member.Key {
		case "operations":
			for _, op := range member.Value.Members {
				b.operation(op)
			}
		case "x-rpc":
			for _, method := range member.Value.Get("methods").MembersOf() {
				b.shortMethod(method)
			}
			for _, event := range member.Value.Get("events").MembersOf() {
				b.shortEvent(event)
			}
		}
	}
	b.writeSchemas()
}

// document is the whole, in the usual order.
func (b *bundler) document() *text.Node {
	doc := newObject()
	for _, member := range b.root.Members {
		switch member.Key {
		case "operations", "x-rpc", "channels", "components", "defaultContentType", "x-required":
		default:
			set(doc, member.Key, b.plain(member.Value))
		}
	}
	set(doc, "defaultContentType", str("application/json"))
	if b.exact {
		set(doc, "x-required", str(alwaysSent))
	}
	if b.mainOfOperations() != b.model.Requests {
		set(doc, "x-rpc", newObject("requests", str(b.model.Requests)))
	}
	set(doc, "channels", b.out.channels)
	set(doc, "operations", b.out.operations)
	components := newObject()
	set(components, "messages", b.out.messages)
	if len(b.out.schemas.Members) > 0 {
		set(components, "schemas", newObject("models", inFormat(newObject("$defs", b.out.schemas))))
	}
	set(doc, "components", components)
	return doc
}

// mainOfOperations is the requests channel that readers find in the operations.
func (b *bundler) mainOfOperations() string {
	for _, me := range b.model.Methods {
		address := b.model.Requests
		if me.Channel != nil {
			address = me.Channel.Text
		}
		if !strings.Contains(address, "{") {
			return address
		}
	}
	return defaultRequests
}

// plain copies what is not a schema, with what its references lead to in their places.
func (b *bundler) plain(n *text.Node) *text.Node {
	if ref := n.Get("$ref"); ref != nil {
		if ref.Pos.Src == b.root.Pos.Src && strings.HasPrefix(ref.Text, "#/servers/") {
			return newObject("$ref", ref) // channels refer to the servers, and cannot hold them
		}
		final, _, ok := b.docs.deref(n)
		if !ok || b.inlining[final] {
			return newObject()
		}
		b.inlining[final] = true
		defer delete(b.inlining, final)
		n = final
	}
	c := &text.Node{Kind: n.Kind, Text: n.Text}
	for _, item := range n.Items {
		c.Items = append(c.Items, b.plain(item))
	}
	for _, m := range n.Members {
		value := m.Value
		if m.Key != "examples" {
			value = b.plain(value)
		}
		c.Members = append(c.Members, text.Member{Key: m.Key, Value: value})
	}
	return c
}

// The functions below make nodes.

func str(s string) *text.Node { return &text.Node{Kind: text.KindString, Text: s} }

func list(items ...*text.Node) *text.Node { return &text.Node{Kind: text.KindArray, Items: items} }

func refTo(parts ...string) *text.Node { return newObject("$ref", str("#"+joinPointer(parts))) }

// newObject returns an object of one member, or of none.
func newObject(member ...any) *text.Node {
	n := &text.Node{Kind: text.KindObject}
	if len(member) == 2 {
		set(n, member[0].(string), member[1].(*text.Node))
	}
	return n
}

// set gives an object a member, in the place of one that it has.
func set(n *text.Node, key string, value *text.Node) {
	if m := n.Lookup(key); m != nil {
		m.Value = value
		return
	}
	n.Members = append(n.Members, text.Member{Key: key, Value: value})
}

// free returns a key that an object does not have: want, or want with a number.
func free(n *text.Node, want string) string {
	key := want
	for i := 2; n.Get(key) != nil; i++ {
		key = want + strconv.Itoa(i)
	}
	return key
}

// without returns the members of an object but for some.
func without(n *text.Node, keys ...string) (left []text.Member) {
	for _, m := range n.MembersOf() {
		if !slices.Contains(keys, m.Key) {
			left = append(left, m)
		}
	}
	return left
}
