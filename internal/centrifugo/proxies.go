package centrifugo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsgen/wsgen/schema"
)

// proxies checks the proxies that calls and subscriptions go through.
func (c *checkup) proxies() {
	o, _ := c.namespace(c.names.Requests)
	publish := c.proxyOf(o, "publish_proxy_name", "channel", "proxy", "publish")
	native := place{c.at("rpc", "without_namespace"), "rpc.without_namespace"}
	proxy := c.proxyOf(native, "proxy_name", "rpc", "proxy")
	calls := isOn(o.object, "publish_proxy_enabled")
	if isOn(native.object, "proxy_enabled") {
		calls = true
		c.nativeProxy(proxy)
	}
	if isOn(o.object, "publish_proxy_enabled") {
		c.complete(publish, "requests go to the publish proxy", publishPath, proxyTimeout)
		if publish.object["timeout"] == nil {
			c.note("proxy-timeout", publish.option("timeout"), "Centrifugo waits one second for the back end to take a request; "+proxyTimeout+" is better")
		}
	}
	if client := c.at("client"); calls && number(client, "concurrency") == 0 {
		order := ""
		if c.names.Ordered {
			order = "; more than 1 may reorder notifications: set it to 1 if their order matters"
		}
		c.found("proxy-concurrency", "client.concurrency", "the calls of a connection run one after another, and one slow answer of the back end holds up all others%s", order)
		client["concurrency"] = json.Number(fmt.Sprint(concurrency))
	}
	c.subscribeProxies()
}

// subscribeProxies makes sure that there is somebody to ask about subscriptions. A back end
// that is not the worker may expect no secret, or another one.
func (c *checkup) subscribeProxies() {
	var checked []string
	for _, e := range c.names.Events {
		o, existed := c.namespace(e)
		if !existed || e.byToken() || e.Access == schema.AccessUser || !isOn(o.object, subscribeProxy) || slices.Contains(checked, o.path) {
			continue
		}
		checked = append(checked, o.path)
		p := c.proxyOf(o, "subscribe_proxy_name", "channel", "proxy", "subscribe")
		if endpoint := textOf(p.object, "endpoint"); endpoint == "" || strings.HasSuffix(endpoint, subscribePath) {
			c.complete(p, "the back end decides who may subscribe to "+e.Text, subscribePath, proxyTimeout)
		}
	}
}

// nativeProxy makes sure that the RPC proxy waits long enough for the slowest method.
func (c *checkup) nativeProxy(p place) {
	timeout := rpcTimeout(c.names.LongestS)
	c.complete(p, "native calls go to the RPC proxy", rpcPath, timeout)
	slowest := time.Duration(max(c.names.LongestS, defaultS)) * time.Second
	set := textOf(p.object, "timeout")
	if p.object["timeout"] == nil {
		set = "1s" // Centrifugo's own
	}
	if limit, err := time.ParseDuration(set); err == nil && limit <= slowest {
		c.found("proxy-timeout", p.option("timeout"),
			"Centrifugo waits %s for the back end, and methods may take %s: their callers get error 100, and do not know what happened", set, slowest)
		p.object["timeout"] = timeout
	}
}

// complete makes sure that a proxy has an endpoint, a valid timeout and the secret.
func (c *checkup) complete(p place, use, path, timeout string) {
	const option = "timeout"
	if textOf(p.object, "endpoint") == "" {
		c.found("proxy-endpoint", p.option("endpoint"), "%s, but it has no endpoint", use)
		p.object["endpoint"] = DefaultBackend + path
		if p.object[option] == nil {
			p.object[option] = timeout
		}
	}
	if strings.HasPrefix(textOf(p.object, "endpoint"), "http") {
		c.proxySecret(p)
	}
	set, isText := p.object[option].(string)
	if _, err := time.ParseDuration(set); isText && err != nil {
		c.found("proxy-timeout", p.option(option), "Centrifugo does not start: %q is not a duration", set)
		p.object[option] = timeout
	}
}

// proxyOf returns the proxy that an option names or, without a name, the one of the
// section.
func (c *checkup) proxyOf(o place, option string, section ...string) place {
	name := textOf(o.object, option)
	for _, p := range c.list(c.tree, "", "proxies") {
		if name != "" && p["name"] == name {
			return place{p, fmt.Sprintf("proxies[%s]", name)}
		}
	}
	if name != "" && name != "default" {
		c.found("proxy-missing", o.option(option), "Centrifugo does not start: there is no proxy %q in proxies", name)
		delete(o.object, option)
	}
	return place{c.at(section...), joinPath(section...)}
}

// proxySecret makes sure that a proxy sends the secret header.
func (c *checkup) proxySecret(p place) {
	http, err := within(p.object, "http")
	if err != nil {
		c.err = fmt.Errorf("%s: %w", p.path, err)
		return
	}
	const option, value = "static_headers", "${" + secretVariable + "}"
	if hasSecret(http[option]) {
		return
	}
	c.found("proxy-secret", p.option("http."+option),
		"the back end cannot tell Centrifugo from others, and refuses all calls: it expects the header %s", SecretHeader)
	switch headers := http[option].(type) {
	case object:
		for name := range headers {
			if strings.EqualFold(name, SecretHeader) {
				delete(headers, name)
			}
		}
		headers[SecretHeader] = value
	case []any:
		http[option] = append(headers, object{"key": SecretHeader, "value": value})
	default:
		http[option] = object{SecretHeader: value}
	}
}

// hasSecret looks for the header in a map or, as in some versions, in a list of keys and
// values.
func hasSecret(headers any) bool {
	switch headers := headers.(type) {
	case object:
		for name := range headers {
			if strings.EqualFold(name, SecretHeader) && textOf(headers, name) != "" {
				return true
			}
		}
	case []any:
		for _, item := range headers {
			if o, _ := item.(object); strings.EqualFold(textOf(o, "key"), SecretHeader) && textOf(o, "value") != "" {
				return true
			}
		}
	}
	return false
}
