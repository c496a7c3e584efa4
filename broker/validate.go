package broker

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// allowedName matches the names that namespaces and proxies may have.
var allowedName = regexp.MustCompile(`^[-a-zA-Z0-9_.]{2,}$`)

// reporter adds one contradiction to the list.
type reporter func(format string, args ...any)

// Validate returns all contradictions in one error, on a line each.
func (c *Config) Validate() error {
	var problems []error
	var report reporter = func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if c.HTTPServer.Port < 0 || c.HTTPServer.Port > 65535 {
		report("http_server.port: %d is not a port", c.HTTPServer.Port)
	}
	if _, ok := logLevels[c.Log.Level]; !ok {
		report("log.level: %q is not one of %q", c.Log.Level, slices.Sorted(maps.Keys(logLevels)))
	}
	c.Engine.validate(report)
	c.Client.validate(report)
	c.Channel.validate(report)
	if personal := c.Client.PersonalChannel; personal.Enabled && personal.Namespace != "" {
		if _, err := c.lookup(personal.Namespace + namespaceBoundary); err != nil {
			report("client.subscribe_to_user_personal_channel: there is no namespace %q", personal.Namespace)
		}
	}
	checkNames(report, "rpc.namespaces", c.RPC.Namespaces, func(n RPCNamespace) string { return n.Name })
	checkNames(report, "proxies", c.Proxies, func(p Proxy) string { return p.Name }, defaultProxy)
	for where, proxy := range c.allProxies() {
		if endpoint, err := url.Parse(proxy.Endpoint); err != nil || endpoint.Scheme != "http" && endpoint.Scheme != "https" {
			report("%s.endpoint: %q is not an http(s) URL; gRPC proxies are not supported", where, proxy.Endpoint)
		}
	}
	return errors.Join(problems...)
}

// checkNames reports the names of a list that are not allowed, or taken: by an earlier item or by a name in taken.
func checkNames[Item any](report reporter, list string, items []Item, name func(Item) string, taken ...string) {
	for i, item := range items {
		if n := name(item); slices.Contains(taken, n) || !allowedName.MatchString(n) {
			report("%s[%d].name: %q is taken, or is not two or more of a-z, A-Z, 0-9, _ . -", list, i, n)
		}
		taken = append(taken, name(item))
	}
}

func (c Client) validate(report reporter) {
	if c.PongTimeout <= 0 || c.PingInterval <= c.PongTimeout {
		report("client.pong_timeout must be more than 0 and less than client.ping_interval")
	}
	for _, pattern := range c.AllowedOrigins {
		// Centrifugo's patterns also have ?, [ ] and { }; here they would only ever match themselves.
		if strings.ContainsAny(pattern, `?[]{}\`) {
			report("client.allowed_origins: %q: only * is supported in patterns", pattern)
		}
	}
}

func (c Channel) validate(report reporter) {
	checkNames(report, "channel.namespaces", c.Namespaces, func(n Namespace) string { return n.Name })
	checkFormat(report, "channel", c.PublicationDataFormat)
	c.WithoutNamespace.validate("channel.without_namespace", c.HistoryMetaTTL, report)
	for i, namespace := range c.Namespaces {
		namespace.validate(fmt.Sprintf("channel.namespaces[%d]", i), c.HistoryMetaTTL, report)
	}
}

func checkFormat(report reporter, where, format string) {
	formats := []string{"", "json", "json_object", "binary"}
	if !slices.Contains(formats, format) {
		report("%s.publication_data_format: %q is not one of %q", where, format, formats)
	}
}

func (o ChannelOptions) validate(where string, metaTTL Duration, report reporter) {
	checkFormat(report, where, o.PublicationDataFormat)
	if (o.HistorySize > 0) != (o.HistoryTTL > 0) {
		report("%s: history_size and history_ttl go together", where)
	}
	if (o.ForceRecovery || o.AllowRecovery) && !o.keepsHistory() {
		report("%s: recovery needs history_size and history_ttl", where)
	}
	if o.HistoryMetaTTL != 0 {
		metaTTL = o.HistoryMetaTTL
	}
	if o.HistoryTTL > metaTTL {
		report("%s: history_ttl must not be more than history_meta_ttl", where)
	}
	if time.Duration(o.HistoryTTL)%time.Second != 0 || time.Duration(metaTTL)%time.Second != 0 {
		report("%s: history_ttl and history_meta_ttl must be whole seconds", where)
	}
}

// allProxies yields the proxies that have an endpoint, by their place in the configuration.
func (c *Config) allProxies() iter.Seq2[string, ProxyOptions] {
	return func(yield func(string, ProxyOptions) bool) {
		if p := c.Channel.Proxy.Publish; p.Endpoint != "" && !yield("channel.proxy.publish", p) {
			return
		}
		if p := c.Channel.Proxy.Subscribe; p.Endpoint != "" && !yield("channel.proxy.subscribe", p) {
			return
		}
		if p := c.RPC.Proxy; p.Endpoint != "" && !yield("rpc.proxy", p) {
			return
		}
		for i, p := range c.Proxies {
			if !yield(fmt.Sprintf("proxies[%d]", i), p.ProxyOptions) {
				return
			}
		}
	}
}
