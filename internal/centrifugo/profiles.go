package centrifugo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// The profiles differ in how requests reach the back end, and in what is written.
const (
	Proxy    = "proxy"    // through the publish proxy: any number of workers
	Dev      = "dev"      // to one worker that subscribes; the token names the reply channel
	Isolated = "isolated" // to one worker; each connection has a reply channel of its own
	Existing = "existing" // like isolated, but only the namespaces to add to a configuration
)

// Profiles lists them; the first is the default.
var Profiles = []string{Proxy, Dev, Isolated, Existing}

// Values that the clients and the worker rely on.
const (
	queueMaxSize  = 32 << 20 // a reconnecting client gets all missed replies in one message
	messageSize   = 65536    // the longest request that the clients send
	proxyTimeout  = "5s"     // for an acknowledgement; Centrifugo's default is one second
	defaultS      = 10       // seconds after which clients and the worker give up where a method sets no timeout
	rpcMarginS    = 5        // seconds that Centrifugo waits longer: the error of the worker says more than its own
	concurrency   = 64       // calls of one connection that the back end answers side by side
	connections   = 20       // of one user, on one node
	jsonObject    = "json_object"
	publishPath   = "/centrifugo/publish"
	subscribePath = "/centrifugo/subscribe"
	rpcPath       = "/centrifugo/rpc"
)

// triedVersion is the version of Centrifugo that the profiles were tried with.
const triedVersion = "6.9.1"

// existingProxy is the name of the subscribe proxy in the profile Existing.
const existingProxy = "rpc_worker"

// DefaultBackend is where the proxies' back end listens.
const DefaultBackend = "http://127.0.0.1:9000"

// SecretHeader proves to the back end that Centrifugo asks. In Centrifugo's file only
// values of maps can refer to the environment, so the other secrets are not in it.
const (
	SecretHeader   = "X-Centrifugo-RPC-Secret"
	secretVariable = "CENTRIFUGO_VAR_RPC_PROXY_SECRET"
)

// Configure returns the configuration of a profile, and notes for its reader, since JSON
// has no comments. Names that the profile cannot make safe are errors.
func Configure(n Names, profile, backend string) (*Config, []string, text.Diagnostics) {
	var p problems
	n.checkProfile(profile, &p)
	if p.list.HasErrors() {
		return nil, nil, p.list
	}
	c := &Config{}
	if profile != Existing {
		c.server(profile)
	}
	if profile == Proxy {
		c.proxies(backend, n.LongestS)
	}
	if n.asks() {
		c.subscribeProxy(backend, profile)
	}
	for _, name := range n.namespaces() {
		o := n.options(name, profile == Proxy)
		if o.SubscribeProxyEnabled && profile == Existing {
			o.SubscribeProxyName = existingProxy
		}
		if profile != Existing {
			c.Client.recoverAll(o.HistorySize)
		}
		if name == "" {
			c.Channel.WithoutNamespace = &o
		} else {
			c.Channel.Namespaces = append(c.Channel.Namespaces, namespace{name, o})
		}
	}
	return c, n.notes(profile), nil
}

// checkProfile reports names that this profile cannot make safe.
func (n Names) checkProfile(profile string, p *problems) {
	const isolate = `name them "rpc:requests" and "user:{nonce}#{user_id}" in the manifest`
	if profile != Proxy {
		for _, c := range n.allRequests() {
			if strings.Contains(c.Text, "{") {
				p.add(c.Pos, "use --profile proxy, or a channel without placeholders",
					"%s, %q, has a placeholder: a worker can subscribe to no channel whose name it does not know", c.What, c.Text)
			}
		}
	}
	unnamed := func(c Channel) bool { return c.Namespace == "" }
	switch {
	case profile == Dev && n.shared() && n.Reply.HasNonce():
		p.add(n.Reply.Pos, "use --profile proxy, or "+isolate+" and use --profile isolated",
			"the reply channel, %q: in this profile the token names it, and the token's issuer cannot know the nonce", n.Reply.Text)
	case profile != Isolated && profile != Existing:
	case n.shared():
		p.add(n.Reply.Pos, isolate+", or use --profile proxy",
			"requests, %q, and replies, %q, share a namespace: whoever may publish requests could forge replies", n.requestsText(), n.Reply.Text)
	case slices.ContainsFunc(n.allRequests(), unnamed) || n.Reply.Namespace == "":
		p.add(n.Reply.Pos, isolate+", or use --profile proxy",
			"requests, %q, or replies, %q, have no namespace: its options hold for all other channels without one", n.requestsText(), n.Reply.Text)
	case profile == Isolated && !n.Reply.HasNonce():
		p.add(n.Reply.Pos, isolate, "the reply channel, %q, is shared by all connections of a user: it has no {nonce}", n.Reply.Text)
	}
	for _, e := range n.Events {
		if profile == Dev && n.shared() && len(n.requestsIn(e.Namespace)) > 0 {
			p.add(e.Pos, `name it "events:`+e.Text+`" in the manifest, or use --profile proxy`,
				"%s, %q, shares its namespace with the requests: whoever may publish these could forge it", e.What, e.Text)
		}
		if profile == Existing && e.Namespace == "" {
			p.add(e.Pos, `name it "events:`+e.Text+`" in the manifest`,
				"%s, %q, has no namespace: its options hold for all other channels without one", e.What, e.Text)
		}
	}
}

// namespaces lists the namespaces of requests, replies and events, each once.
func (n Names) namespaces() []string {
	var names []string
	for _, c := range n.all() {
		if !slices.Contains(names, c.Namespace) {
			names = append(names, c.Namespace)
		}
	}
	return names
}

// options returns the options of one namespace. Clients may publish requests and nothing
// else: either the back end behind the proxy, or the regex, refuses all other channels.
func (n Names) options(name string, proxied bool) options {
	channels := n.requestsIn(name)
	requests, replies := len(channels) > 0, name == n.Reply.Namespace
	if !requests && !replies {
		return n.eventOptions(name)
	}
	o := options{DataFormat: jsonObject, PublishProxyEnabled: requests && proxied, AllowPublish: requests && !proxied}
	var allowed []string
	for _, c := range channels {
		allowed = append(allowed, c.regex())
	}
	if replies && !o.AllowPublish {
		allowed = append(allowed, n.Reply.regex())
		for _, e := range n.eventsIn(name) {
			allowed = append(allowed, e.regex())
		}
		o.AllowUserLimited = true
	}
	o.ChannelRegex = wholeName(allowed)
	if replies {
		o.Presence = n.Presence
		o.keepHistory(n.replyHistory())
	}
	return o
}

// wholeName returns a regex for names that one of the expressions matches from start to end.
func wholeName(expressions []string) string {
	if len(expressions) == 1 {
		return "^" + expressions[0] + "$"
	}
	return "^(" + strings.Join(expressions, "|") + ")$"
}

// eventOptions returns the options of a namespace that has events only. Where some are for
// all users and some for one, the back end is asked about the former: with
// allow_subscribe_for_client, the connect command would open the latter as well.
func (n Names) eventOptions(name string) options {
	o := options{}
	var allowed []string
	for _, e := range n.eventsIn(name) {
		allowed = append(allowed, e.regex())
		switch {
		case e.byToken():
		case e.Access == schema.AccessUser:
			o.AllowUserLimited = true
		case e.Access == schema.AccessPermission:
			o.SubscribeProxyEnabled = true
		default:
			o.AllowSubscribe = true
		}
	}
	if o.AllowSubscribe && (o.SubscribeProxyEnabled || o.AllowUserLimited) {
		o.AllowSubscribe, o.SubscribeProxyEnabled = false, true
	}
	o.ChannelRegex = wholeName(allowed)
	o.keepHistory(n.eventHistory())
	return o
}

// asks tells whether the back end is asked about some event.
func (n Names) asks() bool {
	return slices.ContainsFunc(n.namespaces(), func(name string) bool { return n.options(name, true).SubscribeProxyEnabled })
}

// Memory and Redis are the engines; the first is the default.
const (
	Memory = "memory" // one node, which forgets replies when it ends
	Redis  = "redis"  // any number of nodes, which share what Redis keeps
)

// Engines lists them.
var Engines = []string{Memory, Redis}

// UseRedis makes Redis the engine, and returns a note for the reader of the configuration.
func (c *Config) UseRedis() string {
	c.Engine = &engine{Redis, redisEngine{"redis://127.0.0.1:6379"}}
	return "all nodes of Centrifugo take the same Redis: set CENTRIFUGO_ENGINE_REDIS_ADDRESS to its address, which may hold a password, as in redis://:PASSWORD@redis:6379"
}

func (c *Config) server(profile string) {
	c.Client = &client{QueueMaxSize: queueMaxSize, UserConnectionLimit: connections}
	c.WebSocket = &webSocket{messageSize}
	c.UsageStats = &usageStats{Disabled: true}
	if profile == Dev {
		c.HTTPServer = &httpServer{"127.0.0.1", 8000}
		c.Client.AllowedOrigins = []string{"http://localhost:*", "http://127.0.0.1:*"}
		c.Client.UserConnectionLimit = 0
	}
}

func (c *Config) proxies(backend string, longestS int) {
	c.Client.Concurrency = concurrency
	publish := proxyTo(backend, publishPath, proxyTimeout)
	c.Channel.Proxy = &channelProxies{Publish: &publish}
	c.RPC = &rpc{proxyTo(backend, rpcPath, rpcTimeout(longestS)), rpcOptions{ProxyEnabled: true}}
}

// subscribeProxy adds the proxy that decides about subscriptions. A configuration that is in
// use may have one already, so there it has a name.
func (c *Config) subscribeProxy(backend, profile string) {
	subscribe := proxyTo(backend, subscribePath, proxyTimeout)
	switch {
	case profile == Existing:
		c.Proxies = append(c.Proxies, namedProxy{existingProxy, subscribe})
	case c.Channel.Proxy == nil:
		c.Channel.Proxy = &channelProxies{Subscribe: &subscribe}
	default:
		c.Channel.Proxy.Subscribe = &subscribe
	}
}

func proxyTo(backend, path, timeout string) proxy {
	headers := map[string]string{SecretHeader: "${" + secretVariable + "}"}
	return proxy{strings.TrimSuffix(backend, "/") + path, timeout, true, proxyHTTP{headers}}
}

func rpcTimeout(longestS int) string {
	return fmt.Sprintf("%ds", max(longestS, defaultS)+rpcMarginS)
}

// notes returns what the reader of the configuration must know, a line each.
func (n Names) notes(profile string) []string {
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if profile == Existing {
		note("add these to your channel.namespaces and proxies, except those that are there already: `wsgen doctor --config` says what they lack")
	} else {
		note("secrets are not in the file: set CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY and CENTRIFUGO_HTTP_API_KEY")
		note("where other services sign tokens with the same key, set CENTRIFUGO_CLIENT_TOKEN_AUDIENCE and CENTRIFUGO_CLIENT_TOKEN_ISSUER, and the worker's alike")
	}
	note("tried with Centrifugo %s; a version that does not know publication_data_format %q refuses to start, or lets other requests through", triedVersion, jsonObject)
	if profile == Proxy || n.asks() {
		note("set %s to the back end's RPC_WORKER_PROXY_SECRET: Centrifugo sends it in %s", secretVariable, SecretHeader)
	}
	if profile == Proxy || profile == Isolated {
		note("for browsers, set CENTRIFUGO_CLIENT_ALLOWED_ORIGINS to your site, as in https://app.example.com")
	}
	if n.Presence {
		note("Centrifugo keeps track of who is on reply channels (presence): the worker asks for it, since calls of some method end with their callers; with Redis each connection then writes there about every 27 seconds")
	}
	n.publishingNotes(profile, note)
	n.subscribingNotes(note)
	n.historyNotes(profile, note)
	return notes
}

func (n Names) publishingNotes(profile string, note func(string, ...any)) {
	where := n.publishedIn()
	if profile == Proxy {
		note("clients publish on %s only through the publish proxy, whose back end must refuse all but %s: without it any user could forge replies to any other", where, n.requestsText())
		if n.Ordered {
			note("client.concurrency above 1 may reorder what one connection sends; set it to 1 if the order of notifications matters")
		}
		return
	}
	note("clients publish on %s, and the regex lets them publish on %s alone: without it any user could forge replies to any other", where, n.requestsText())
	note("run exactly one worker: each one that subscribes to %s answers every request; for more use --profile proxy", n.requestsText())
	note("requests that arrive while the worker is away are lost: they are acknowledged, and end in timeouts; with history_size, history_ttl and force_recovery on %s, it answers those that it missed while it reconnected", where)
	if n.shared() {
		note("every connection token must name its reply channel: \"channels\": [%q]", n.Reply.Text)
	}
}

// publishedIn names the namespaces of requests.
func (n Names) publishedIn() string {
	var names []string
	for _, c := range n.allRequests() {
		name := "the namespace " + c.Namespace
		if c.Namespace == "" {
			name = "the channels without namespace"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and ")
}

// subscribingNotes says who may subscribe to what, besides users to channels of their own.
func (n Names) subscribingNotes(note func(string, ...any)) {
	for _, e := range n.Events {
		switch {
		case e.byToken():
			note("subscribing to %s takes a token, which the back end signs for a user and a channel", e.Text)
		case e.Access == schema.AccessPublic:
			note("every user who may connect may subscribe to %s; where that is too much, set `access: permission` in the manifest", e.Text)
		case e.Access == schema.AccessPermission:
			note("the back end decides who may subscribe to %s: it must answer at %s", e.Text, subscribePath)
		}
	}
}
