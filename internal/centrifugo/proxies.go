package centrifugo

import (
	"encoding/json"
	"fmt"
	"strings"
)

// proxies wants the publish proxy, where requests go through one, to be complete.
func (c *checkup) proxies() {
	o, _ := c.namespace(c.names.Requests)
	p := c.publishProxy(o)
	if !isOn(o.object, "publish_proxy_enabled") {
		return
	}
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

// publishProxy returns the proxy that a namespace names; without a name it is that of
// the section.
func (c *checkup) publishProxy(o place) place {
	const option = "publish_proxy_name"
	name := text(o.object, option)
	list, _ := c.tree["proxies"].([]any)
	for _, item := range list {
		if p, isObject := item.(object); isObject && name != "" && p["name"] == name {
			return place{p, fmt.Sprintf("proxies[%s]", name)}
		}
	}
	if name != "" && name != "default" {
		c.found("proxy-missing", o.option(option), "Centrifugo does not start: there is no proxy %q in proxies", name)
		delete(o.object, option)
	}
	return place{c.at("channel", "proxy", "publish"), "channel.proxy.publish"}
}

// proxySecret wants the back end to know who asks.
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
		"the back end cannot tell Centrifugo from others, and refuses all calls: it waits for %s", SecretHeader)
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

// hasSecret looks for the header in a map or, as some versions have it, a list of
// keys and values.
func hasSecret(headers any) bool {
	switch headers := headers.(type) {
	case object:
		for name := range headers {
			if strings.EqualFold(name, SecretHeader) && text(headers, name) != "" {
				return true
			}
		}
	case []any:
		for _, item := range headers {
			if o, _ := item.(object); strings.EqualFold(text(o, "key"), SecretHeader) && text(o, "value") != "" {
				return true
			}
		}
	}
	return false
}
