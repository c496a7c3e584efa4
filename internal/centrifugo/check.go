package centrifugo

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Finding is one thing that is missing or unsafe in a configuration.
type Finding struct {
	Code   string // stable, kebab-case
	Path   string // of the option
	Reason string // what goes wrong, in one line
	Note   bool   // the configuration need not be changed
}

// Check compares a configuration with what the channels need. The
// patch is a JSON merge patch that mends all findings; nil if none needs it.
func Check(config *text.Node, n Names) (findings []Finding, patch []byte, err error) {
	tree, err := parse(config)
	if err != nil {
		return nil, nil, err
	}
	c := &checkup{names: n, tree: tree}
	c.unknown()
	c.startable()
	c.boundaries()
	c.engine()
	c.insecure()
	c.limits()
	for _, ch := range n.allRequests() {
		c.requests(ch)
	}
	c.replies()
	// Those for all users last: how they can be opened depends on what else is in their namespace.
	for _, public := range []bool{false, true} {
		for _, e := range n.Events {
			if public == (e.Access == schema.AccessPublic) {
				c.event(e)
			}
		}
	}
	c.proxies()
	if c.err != nil {
		return nil, nil, c.err
	}
	if slices.ContainsFunc(c.findings, func(f Finding) bool { return !f.Note }) {
		before, _ := objectOf(config)
		patch = indented(merge(before, tree))
	}
	return c.findings, patch, nil
}

// checkup compares a configuration with what the names need. Each check corrects what it
// finds, so that later checks see the corrected configuration.
type checkup struct {
	names    Names
	tree     object
	findings []Finding
	err      error
}

func (c *checkup) found(code, path, reason string, args ...any) {
	c.findings = append(c.findings, Finding{code, path, fmt.Sprintf(reason, args...), false})
}

func (c *checkup) note(code, path, reason string) {
	c.findings = append(c.findings, Finding{code, path, reason, true})
}

// at returns the object at a path of the tree; a missing one is added.
func (c *checkup) at(path ...string) object {
	o, err := within(c.tree, path...)
	if err != nil {
		c.err = err
		return object{}
	}
	return o
}

// place is a set of options, such as those of a namespace, and its path in the tree.
type place struct {
	object
	path string
}

func (p place) option(name string) string { return joinPath(p.path, name) }

// all describes the channels that have the options.
func (p place) all() string {
	if name := textOf(p.object, "name"); name != "" {
		return "all channels of the namespace " + name
	}
	return "all channels without namespace"
}

// forbid reports an option that is on, and removes it. Other channels may rely on it, so
// the finding names them.
func (c *checkup) forbid(p place, name, code, reason string, args ...any) {
	if isOn(p.object, name) {
		c.found(code, p.option(name), reason+"; the patch removes the option from %s", append(args, p.all())...)
		delete(p.object, name)
	}
}

// namespace returns the options of a channel. A missing namespace is reported, and added
// as Configure writes it.
func (c *checkup) namespace(ch Channel) (p place, existed bool) {
	if ch.Namespace == "" {
		return place{c.at("channel", "without_namespace"), "channel.without_namespace"}, true
	}
	for _, o := range c.namespaces() {
		if o.object["name"] == ch.Namespace {
			return o, true
		}
	}
	parent, path := c.at("channel"), fmt.Sprintf("channel.namespaces[%s]", ch.Namespace)
	c.found("namespace-missing", path, "%s, %q, needs the namespace: without it every command gets error 102", ch.What, ch.Text)
	written, _ := text.ParseJSON(&text.Source{Data: indented(namespace{ch.Namespace, c.names.options(ch.Namespace, c.names.shared())})})
	added, _ := objectOf(written)
	list, _ := parent["namespaces"].([]any)
	parent["namespaces"] = append(list, added)
	return place{added, path}, false
}

// namespaces returns the options of all namespaces in the configuration.
func (c *checkup) namespaces() []place {
	var all []place
	for _, o := range c.list(c.at("channel"), "channel", "namespaces") {
		all = append(all, place{o, fmt.Sprintf("channel.namespaces[%s]", textOf(o, "name"))})
	}
	return all
}

// list returns the objects in a list of the configuration.
func (c *checkup) list(parent object, path, name string) []object {
	list, isList := parent[name].([]any)
	if parent[name] != nil && !isList {
		c.err = fmt.Errorf("%q is not a list", joinPath(path, name))
	}
	var objects []object
	for _, item := range list {
		if o, isObject := item.(object); isObject {
			objects = append(objects, o)
		}
	}
	return objects
}

// startable finds what keeps Centrifugo from starting, in the options of any channel.
func (c *checkup) startable() {
	seen := map[string]bool{}
	for _, o := range append(c.namespaces(), place{c.at("channel", "without_namespace"), "channel.without_namespace"}) {
		if _, err := regexp.Compile(textOf(o.object, "channel_regex")); err != nil {
			c.err = fmt.Errorf("%s: %w", o.option("channel_regex"), err)
		}
		if seen[o.path] {
			c.err = fmt.Errorf("there are two of %s, and Centrifugo does not start", o.path)
		}
		seen[o.path] = true
	}
}

// boundaries finds other values for the characters that give channel names a meaning.
func (c *checkup) boundaries() {
	o := c.at("channel")
	for _, option := range [][2]string{{"namespace_boundary", ":"}, {"user_boundary", "#"}, {"user_separator", ","}, {"private_prefix", "$"}} {
		if value := textOf(o, option[0]); value != "" && value != option[1] {
			c.found("boundary", joinPath("channel", option[0]),
				"the manifest's names rely on %q: with another value replies may be open to all; channels that rely on the value set here need other names", option[1])
			delete(o, option[0])
		}
	}
}

// engine finds where the histories, which replies are recovered from, are not kept at all.
func (c *checkup) engine() {
	if engine := textOf(c.at("engine"), "type"); engine != "" && !slices.Contains(Engines, engine) {
		c.err = fmt.Errorf("engine.type: %q is not one of %q, and Centrifugo does not start", engine, Engines)
	}
	if o := c.at("broker"); isOn(o, "enabled") && textOf(o, "type") == "nats" {
		c.note("replies-lost", "broker.type", "NATS keeps no history: a client that reconnects misses its replies; the engine redis keeps one")
	}
}

// insecure finds options that let everybody act as the server or as any user.
func (c *checkup) insecure() {
	for _, option := range []struct{ section, name, reason string }{
		{"client", "insecure", "every connection may do everything"},
		{"client", "insecure_skip_token_signature_verify", "everybody may connect as any user"},
		{"http_api", "insecure", "everybody who reaches the API may publish replies"},
		{"admin", "insecure", "everybody who reaches the admin interface may publish replies"},
	} {
		if o := c.at(option.section); isOn(o, option.name) {
			c.found("insecure", joinPath(option.section, option.name), "%s", option.reason)
			delete(o, option.name)
		}
	}
	if o := c.at("grpc_api"); isOn(o, "enabled") && textOf(o, "key") == "" {
		c.note("insecure", "grpc_api.key", "everybody who reaches the API may publish replies, unless CENTRIFUGO_GRPC_API_KEY is set")
	}
	if name := textOf(c.at("client"), "user_id_http_header"); name != "" {
		c.note("insecure", "client.user_id_http_header", "whoever sets "+name+" connects as any user: the proxy in front of Centrifugo must remove it from requests")
	}
}

// limits finds limits that are too low for messages of clients and for missed replies.
func (c *checkup) limits() {
	if o := c.at("client"); number(o, "queue_max_size") < queueMaxSize {
		c.found("queue-too-small", "client.queue_max_size",
			"a client that missed replies of more bytes is closed (3008) at each reconnect; Centrifugo's default is 1 MiB")
		o["queue_max_size"] = json.Number(fmt.Sprint(queueMaxSize))
	}
	o := c.at("websocket")
	if limit := number(o, "message_size_limit"); limit != 0 && limit < messageSize {
		c.found("message-too-small", "websocket.message_size_limit",
			"clients send requests of up to %d bytes, and longer ones than the limit close the connection (1009)", messageSize)
		o["message_size_limit"] = json.Number(fmt.Sprint(messageSize))
	}
}
