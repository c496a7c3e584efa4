package broker

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
)

// Validate returns everything that contradicts itself, a line each.
func (c *Config) Validate() error {
	var problems []error
	report := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if c.HTTPServer.Port < 0 || c.HTTPServer.Port > 65535 {
		report("http_server.port: %d is not a port", c.HTTPServer.Port)
	}
	if _, ok := logLevels[c.Log.Level]; !ok {
		report("log.level: %q is not one of %q", c.Log.Level, slices.Sorted(maps.Keys(logLevels)))
	}
	if ping := c.Client.PingInterval; ping > 0 && c.Client.PongTimeout >= ping {
		report("client.pong_timeout must be less than client.ping_interval")
	}
	names := map[string]bool{}
	for i, namespace := range c.Channel.Namespaces {
		where := fmt.Sprintf("channel.namespaces[%d]", i)
		if namespace.Name == "" || names[namespace.Name] {
			report("%s.name: %q is empty or taken", where, namespace.Name)
		}
		names[namespace.Name] = true
		namespace.validate(where, report)
	}
	c.Channel.WithoutNamespace.validate("channel.without_namespace", report)
	for where, proxy := range c.allProxies() {
		if endpoint, err := url.Parse(proxy.Endpoint); err != nil || endpoint.Scheme != "http" && endpoint.Scheme != "https" {
			report("%s.endpoint: %q is not an http(s) URL; gRPC proxies are not supported", where, proxy.Endpoint)
		}
	}
	return errors.Join(problems...)
}

func (o ChannelOptions) validate(where string, report func(string, ...any)) {
	formats := []string{"", "json", "json_object", "binary"}
	if !slices.Contains(formats, o.PublicationDataFormat) {
		report("%s.publication_data_format: %q is not one of %q", where, o.PublicationDataFormat, formats)
	}
	if (o.HistorySize > 0) != (o.HistoryTTL > 0) {
		report("%s: history_size and history_ttl go together", where)
	}
	if (o.ForceRecovery || o.AllowRecovery) && !o.keepsHistory() {
		report("%s: recovery needs history_size and history_ttl", where)
	}
}

// allProxies yields the proxies that have an endpoint, by their place in the configuration.
func (c *Config) allProxies() iter.Seq2[string, ProxyOptions] {
	return func(yield func(string, ProxyOptions) bool) {
		if p := c.Channel.Proxy.Publish; p.Endpoint != "" && !yield("channel.proxy.publish", p) {
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
