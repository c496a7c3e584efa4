// Package centrifugo knows how Centrifugo v6 must be configured so that the calls,
// replies and events of an API work, and so that no user reads or forges those of
// others. Configure writes a configuration, Check compares an existing one; package
// live tries a running server.
package centrifugo

import (
	"bytes"
	"encoding/json"
)

// Config is the part of a Centrifugo v6 configuration that Configure writes. Names and
// nesting are Centrifugo's.
type Config struct {
	HTTPServer *httpServer  `json:"http_server,omitempty"`
	Engine     *engine      `json:"engine,omitempty"`
	Client     *client      `json:"client,omitempty"`
	WebSocket  *webSocket   `json:"websocket,omitempty"`
	Channel    channels     `json:"channel"`
	RPC        *rpc         `json:"rpc,omitempty"`
	Proxies    []namedProxy `json:"proxies,omitempty"`
	UsageStats *usageStats  `json:"usage_stats,omitempty"`
}

type httpServer struct {
	Address string `json:"address"`
	Port    int    `json:"port"`
}

type engine struct {
	Type  string      `json:"type"`
	Redis redisEngine `json:"redis"`
}

type redisEngine struct {
	Address string `json:"address"`
}

type client struct {
	AllowedOrigins      []string `json:"allowed_origins,omitempty"`
	QueueMaxSize        int      `json:"queue_max_size"`
	RecoveryLimit       int      `json:"recovery_max_publication_limit,omitempty"`
	Concurrency         int      `json:"concurrency,omitempty"`
	UserConnectionLimit int      `json:"user_connection_limit,omitempty"`
}

type webSocket struct {
	MessageSizeLimit int `json:"message_size_limit"`
}

type channels struct {
	Proxy            *channelProxies `json:"proxy,omitempty"`
	WithoutNamespace *options        `json:"without_namespace,omitempty"`
	Namespaces       []namespace     `json:"namespaces,omitempty"`
}

type channelProxies struct {
	Publish   *proxy `json:"publish,omitempty"`
	Subscribe *proxy `json:"subscribe,omitempty"`
}

// namedProxy is one that namespaces refer to.
type namedProxy struct {
	Name string `json:"name"`
	proxy
}

type proxy struct {
	Endpoint              string    `json:"endpoint"`
	Timeout               string    `json:"timeout"`
	IncludeConnectionMeta bool      `json:"include_connection_meta"`
	HTTP                  proxyHTTP `json:"http"`
}

type proxyHTTP struct {
	StaticHeaders map[string]string `json:"static_headers"`
}

type namespace struct {
	Name string `json:"name"`
	options
}

// options are what holds for the channels of one namespace.
type options struct {
	AllowSubscribe        bool   `json:"allow_subscribe_for_client,omitempty"`
	AllowPublish          bool   `json:"allow_publish_for_client,omitempty"`
	SubscribeProxyEnabled bool   `json:"subscribe_proxy_enabled,omitempty"`
	SubscribeProxyName    string `json:"subscribe_proxy_name,omitempty"`
	PublishProxyEnabled   bool   `json:"publish_proxy_enabled,omitempty"`
	AllowUserLimited      bool   `json:"allow_user_limited_channels,omitempty"`
	ChannelRegex          string `json:"channel_regex,omitempty"`
	DataFormat            string `json:"publication_data_format,omitempty"`
	HistorySize           int    `json:"history_size,omitempty"`
	HistoryTTL            string `json:"history_ttl,omitempty"`
	HistoryMetaTTL        string `json:"history_meta_ttl,omitempty"`
	ForceRecovery         bool   `json:"force_recovery,omitempty"`
	Presence              bool   `json:"presence,omitempty"`
}

type rpc struct {
	Proxy            proxy      `json:"proxy"`
	WithoutNamespace rpcOptions `json:"without_namespace"`
}

type rpcOptions struct {
	ProxyEnabled bool `json:"proxy_enabled"`
}

type usageStats struct {
	Disabled bool `json:"disabled"`
}

// JSON returns the configuration as a file: the same for the same names.
func (c *Config) JSON() []byte { return indented(c) }

func indented(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(err) // all values here are JSON's own
	}
	return b.Bytes()
}
