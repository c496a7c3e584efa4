package centrifugo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Finding is what a configuration lacks, or opens too far.
type Finding struct {
	Code   string // stable, kebab-case
	Path   string // the option
	Reason string // what goes wrong, one line
}

// Check compares a configuration, a JSON file, with what the channels need. The
// patch is a JSON merge patch that mends all findings; nil if there are none.
func Check(data []byte, n Names) (findings []Finding, patch []byte, err error) {
	before, err := parse(data)
	if err != nil {
		return nil, nil, err
	}
	tree, _ := parse(data)
	c := &checkup{names: n, tree: tree}
	c.insecure()
	c.limits()
	c.requests()
	c.replies()
	for _, e := range n.Events {
		c.event(e)
	}
	c.proxies()
	if c.err != nil {
		return nil, nil, c.err
	}
	if len(c.findings) > 0 {
		patch = indented(merge(before, tree))
	}
	return c.findings, patch, nil
}

// checkup walks over a configuration and mends it on the way, so that later checks
// see what earlier ones have changed.
type checkup struct {
	names    Names
	tree     object
	findings []Finding
	err      error
}

func (c *checkup) found(code, path, reason string, args ...any) {
	c.findings = append(c.findings, Finding{code, path, fmt.Sprintf(reason, args...)})
}

// at returns an object of the tree.
func (c *checkup) at(path ...string) object {
	o, err := within(c.tree, path...)
	if err != nil {
		c.err = err
		return object{}
	}
	return o
}

// place is the options of a namespace, and where they stand.
type place struct {
	object
	path string
}

func (p place) option(name string) string { return joinPath(p.path, name) }

// namespace returns the options of a channel. A namespace that is missing is a
// finding and is added as Configure writes it.
func (c *checkup) namespace(ch Channel) (p place, existed bool) {
	if ch.Namespace == "" {
		return place{c.at("channel", "without_namespace"), "channel.without_namespace"}, true
	}
	parent := c.at("channel")
	list, isList := parent["namespaces"].([]any)
	if _, found := parent["namespaces"]; found && !isList {
		c.err = fmt.Errorf("%q is not a list", "channel.namespaces")
	}
	path := fmt.Sprintf("channel.namespaces[%s]", ch.Namespace)
	for _, item := range list {
		if o, isObject := item.(object); isObject && o["name"] == ch.Namespace {
			return place{o, path}, true
		}
	}
	c.found("namespace-missing", path, "%s, %q, needs the namespace: without it every command gets error 102", ch.What, ch.Text)
	added, _ := parse(indented(namespace{ch.Namespace, c.names.options(ch.Namespace, c.names.shared())}))
	parent["namespaces"] = append(list, added)
	return place{added, path}, false
}

// insecure finds what lets everybody act as the server or as any user.
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
}

// limits finds messages that do not get through.
func (c *checkup) limits() {
	if o := c.at("client"); number(o, "queue_max_size") < queueMaxSize {
		c.found("queue-too-small", "client.queue_max_size",
			"a client that missed replies of more bytes is closed (3008) at each reconnect; Centrifugo's default is 1 MiB")
		o["queue_max_size"] = json.Number(fmt.Sprint(queueMaxSize))
	}
	o := c.at("websocket")
	if _, found := o["message_size_limit"]; found && number(o, "message_size_limit") < messageSize {
		c.found("message-too-small", "websocket.message_size_limit",
			"clients send requests of up to %d bytes, and longer ones than the limit close the connection (1009)", messageSize)
		o["message_size_limit"] = json.Number(fmt.Sprint(messageSize))
	}
}

func (c *checkup) requests() {
	ch := c.names.Requests
	o, existed := c.namespace(ch)
	if !existed {
		return
	}
	c.checkRegex(o, ch, "requests-regex")
	c.checkPublishing(o, ch)
	const option = "publication_data_format"
	if format := cmp.Or(text(o.object, option), text(c.at("channel"), option)); format != jsonObject {
		c.found("requests-format", o.option(option), "clients may publish what is no JSON object, which no worker can answer")
		o.object[option] = jsonObject
	}
	for _, name := range []string{
		"allow_subscribe_for_client", "allow_subscribe_for_anonymous", "allow_history_for_client", "allow_history_for_anonymous",
	} {
		if isOn(o.object, name) {
			c.found("requests-readable", o.option(name), "any user may read the requests of all others on %s", ch.Text)
			delete(o.object, name)
		}
	}
}

// checkPublishing wants requests to be published, and nothing else.
func (c *checkup) checkPublishing(o place, ch Channel) {
	switch {
	case isOn(o.object, "publish_proxy_enabled"):
	case !isOn(o.object, "allow_publish_for_client"):
		c.found("requests-closed", o.path, "clients may not publish on %s: every call gets error 103", ch.Text)
		c.openRequests(o)
	case c.names.shared() && allows(o.object, c.names.Reply, sample(c.names.Reply)):
		c.found("forgeable-replies", o.option("allow_publish_for_client"),
			"any user may publish on %s, and so forge replies to any other: neither proxy nor regex stands before it", c.names.Reply.Text)
		c.openRequests(o)
	case allows(o.object, ch, ch.Text+"-other"):
		c.found("open-publish", o.option("channel_regex"), "clients may publish on channels beside %s", ch.Text)
		c.openRequests(o)
	}
}

// openRequests opens publishing as Configure does: by the proxy where other
// channels have the same options, by a regex in a namespace of its own.
func (c *checkup) openRequests(o place) {
	if c.names.shared() || c.names.Requests.Namespace == "" {
		o.object["publish_proxy_enabled"] = true
		delete(o.object, "allow_publish_for_client")
		return
	}
	o.object["allow_publish_for_client"] = true
	o.object["channel_regex"] = "^" + c.names.Requests.regex() + "$"
}

func (c *checkup) replies() {
	ch := c.names.Reply
	o, existed := c.namespace(ch)
	if !existed {
		return
	}
	c.closed(o, sample(ch), ch, "forgeable-replies", "any user may publish on %s, and so forge replies to any other")
	for _, name := range []string{
		"allow_subscribe_for_client", "allow_subscribe_for_anonymous", "allow_history_for_client", "allow_history_for_anonymous",
	} {
		harmless := strings.HasPrefix(name, "allow_subscribe") && isOn(o.object, "allow_user_limited_channels")
		if isOn(o.object, name) && !harmless {
			c.found("replies-readable", o.option(name), "any user may read the replies to all others on %s", ch.Text)
			delete(o.object, name)
		}
	}
	c.subscribable(o, ch)
	c.recoverable(o, ch)
}

// subscribable wants each user to get at the own reply channel and no other. A
// regex that opens requests alone means that tokens name the channel, which they
// cannot if it has a nonce.
func (c *checkup) subscribable(o place, ch Channel) {
	byToken := c.names.shared() && !isOn(o.object, "publish_proxy_enabled") && !allows(o.object, ch, sample(ch))
	switch {
	case byToken && !ch.hasNonce():
		return
	case byToken:
		c.found("replies-closed", o.option("channel_regex"), "no client may subscribe to %s, and no token can name it: it has a nonce", ch.Text)
		c.openRequests(o)
		o.object["allow_user_limited_channels"] = true
		o.object["channel_regex"] = c.names.options(ch.Namespace, true).ChannelRegex
		return
	case !isOn(o.object, "allow_user_limited_channels") && !c.personal(ch):
		c.found("replies-closed", o.option("allow_user_limited_channels"), "no client may subscribe to %s, unless its token names it", ch.Text)
		o.object["allow_user_limited_channels"] = true
	}
	c.checkRegex(o, ch, "replies-regex")
	if allows(o.object, ch, ch.Fill("456,999", "n", "")) {
		c.found("multi-user", o.option("channel_regex"),
			"user 999 may subscribe to %s, which names two users; where other channels are in use here, let the regex name them, too", ch.Fill("456,999", "n", ""))
		o.object["channel_regex"] = c.names.options(ch.Namespace, isOn(o.object, "publish_proxy_enabled")).ChannelRegex
	}
}

// personal tells whether Centrifugo itself subscribes each user to the reply channel.
func (c *checkup) personal(ch Channel) bool {
	o := c.at("client", "subscribe_to_user_personal_channel")
	return isOn(o, "enabled") && text(o, "personal_channel_namespace") == ch.Namespace && ch.inNamespace(ch.Text) == "#{user_id}"
}

// recoverable wants replies to outlive a reconnect, and positions not for long.
func (c *checkup) recoverable(o place, ch Channel) {
	if number(o.object, "history_size") == 0 || text(o.object, "history_ttl") == "" || !isOn(o.object, "force_recovery") {
		c.found("replies-lost", o.option("force_recovery"), "a reply that is published while its caller reconnects is lost: it needs history_size, history_ttl and force_recovery")
		if number(o.object, "history_size") == 0 || text(o.object, "history_ttl") == "" {
			o.object["history_size"], o.object["history_ttl"] = json.Number(fmt.Sprint(historySize)), historyTTL
		}
		o.object["force_recovery"] = true
	}
	if ch.hasNonce() && text(o.object, "history_meta_ttl") == "" && text(c.at("channel"), "history_meta_ttl") == "" {
		c.found("history-meta-ttl", o.option("history_meta_ttl"), "each connection has a channel of its own, whose position is kept for 30 days")
		o.object["history_meta_ttl"] = historyMetaTTL
	}
}

func (c *checkup) event(e Channel) {
	o, existed := c.namespace(e)
	if !existed {
		return
	}
	c.closed(o, sample(e), e, "forgeable-events", "any user may publish on %s, and so forge events")
	c.checkRegex(o, e, "events-regex")
	for _, name := range []string{"allow_subscribe_for_client", "subscribe_proxy_enabled", "subscribe_stream_proxy_enabled"} {
		if isOn(o.object, name) {
			return
		}
	}
	switch option := "allow_subscribe_for_client"; {
	case strings.HasPrefix(e.Text, "$"): // by token
	case e.userLimited():
		option = "allow_user_limited_channels"
		fallthrough
	default:
		if !isOn(o.object, option) {
			c.found("events-closed", o.option(option), "no client may subscribe to %s; with subscribe_proxy_enabled the back end decides", e.Text)
			o.object[option] = true
		}
	}
}

// closed wants clients not to publish on a channel that is the server's.
func (c *checkup) closed(o place, name string, ch Channel, code, reason string) {
	if isOn(o.object, "publish_proxy_enabled") || !allows(o.object, ch, name) {
		return
	}
	for _, option := range []string{"allow_publish_for_client", "allow_publish_for_anonymous", "allow_publish_for_subscriber"} {
		if isOn(o.object, option) {
			c.found(code, o.option(option), reason, ch.Text)
			delete(o.object, option)
		}
	}
}

// checkRegex wants a namespace's regex to let the channel in; it goes on to let in
// what it did.
func (c *checkup) checkRegex(o place, ch Channel, code string) {
	expression := text(o.object, "channel_regex")
	if _, err := regexp.Compile(expression); err != nil {
		c.err = fmt.Errorf("%s: %w", o.option("channel_regex"), err)
		return
	}
	if !allows(o.object, ch, sample(ch)) {
		c.found(code, o.option("channel_regex"), "the regex refuses %s: every command gets error 107", ch.Text)
		o.object["channel_regex"] = "(" + expression + ")|^" + ch.regex() + "$"
	}
}

// proxies wants the publish proxy, where requests go through one, to be complete.
func (c *checkup) proxies() {
	o, _ := c.namespace(c.names.Requests)
	if !isOn(o.object, "publish_proxy_enabled") {
		return
	}
	p := c.publishProxy(text(o.object, "publish_proxy_name"))
	if text(p.object, "endpoint") == "" {
		c.found("proxy-endpoint", p.option("endpoint"), "requests go to the publish proxy, but it has no endpoint")
		p.object["endpoint"] = DefaultBackend + publishPath
	}
	if strings.HasPrefix(text(p.object, "endpoint"), "http") {
		c.proxySecret(p)
	}
	if client := c.at("client"); number(client, "concurrency") == 0 && !c.names.Ordered {
		c.found("proxy-concurrency", "client.concurrency", "one slow answer of the back end holds up all calls of its connection")
		client["concurrency"] = json.Number(fmt.Sprint(concurrency))
	}
}

// proxySecret wants the back end to know who asks.
func (c *checkup) proxySecret(p place) {
	http, err := within(p.object, "http")
	if err != nil {
		c.err = fmt.Errorf("%s: %w", p.path, err)
		return
	}
	if headers, _ := http["static_headers"].(object); len(headers) == 0 {
		c.found("proxy-secret", p.option("http.static_headers"),
			"the back end cannot tell Centrifugo from others: whoever reaches it is believed about the user")
		http["static_headers"] = object{SecretHeader: "${" + secretVariable + "}"}
	}
}

// publishProxy returns the proxy of a name; without one it is that of the section.
func (c *checkup) publishProxy(name string) place {
	list, _ := c.tree["proxies"].([]any)
	for _, item := range list {
		if o, isObject := item.(object); isObject && o["name"] == name {
			return place{o, fmt.Sprintf("proxies[%s]", name)}
		}
	}
	return place{c.at("channel", "proxy", "publish"), "channel.proxy.publish"}
}

// sample is one of the names that a channel may have.
func sample(c Channel) string { return c.Fill("456", "n", "x") }
