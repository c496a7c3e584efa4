package broker

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// Config is the part of a Centrifugo v6 configuration that this broker knows. Field names and nesting are Centrifugo's.
type Config struct {
	HTTPServer HTTPServer `json:"http_server"`
	Engine     Engine     `json:"engine"`
	Log        Log        `json:"log"`
	Client     Client     `json:"client"`
	WebSocket  WebSocket  `json:"websocket"`
	HTTPAPI    HTTPAPI    `json:"http_api"`
	Health     Health     `json:"health"`
	UsageStats UsageStats `json:"usage_stats"`
	Channel    Channel    `json:"channel"`
	RPC        RPC        `json:"rpc"`
	Proxies    []Proxy    `json:"proxies"`
}

// HTTPServer says where to listen. Port 0 takes a free port.
type HTTPServer struct {
	Address string `json:"address"`
	Port    int    `json:"port"`
}

// Log holds the least level that is logged: "trace", "debug", "info", "warn", "error" or "none".
type Log struct {
	Level string `json:"level"`
}

// Client holds what concerns connections.
type Client struct {
	AllowedOrigins              []string        `json:"allowed_origins"`
	Token                       Token           `json:"token"`
	AllowAnonymous              bool            `json:"allow_anonymous_connect_without_token"`
	PingInterval                Duration        `json:"ping_interval"`
	PongTimeout                 Duration        `json:"pong_timeout"`
	ExpiredCloseDelay           Duration        `json:"expired_close_delay"`
	ExpiredSubCloseDelay        Duration        `json:"expired_sub_close_delay"`
	StaleCloseDelay             Duration        `json:"stale_close_delay"`
	PresenceUpdateInterval      Duration        `json:"presence_update_interval"`
	ChannelLimit                int             `json:"channel_limit"`
	QueueMaxSize                int             `json:"queue_max_size"`
	Concurrency                 int             `json:"concurrency"`
	UserConnectionLimit         int             `json:"user_connection_limit"`
	HistoryMaxPublicationLimit  int             `json:"history_max_publication_limit"`
	RecoveryMaxPublicationLimit int             `json:"recovery_max_publication_limit"`
	PersonalChannel             PersonalChannel `json:"subscribe_to_user_personal_channel"`
}

// Token says which JWTs are accepted. An empty audience or issuer is not checked.
type Token struct {
	HMACSecretKey string `json:"hmac_secret_key"`
	Audience      string `json:"audience"`
	Issuer        string `json:"issuer"`
}

// PersonalChannel subscribes each user to "#ID", or to "NAMESPACE:#ID", on the server's side.
type PersonalChannel struct {
	Enabled   bool   `json:"enabled"`
	Namespace string `json:"personal_channel_namespace"`
}

// WebSocket limits what one frame from a client may weigh, in bytes.
type WebSocket struct {
	MessageSizeLimit int `json:"message_size_limit"`
}

// HTTPAPI guards the HTTP API: without a key every request is refused, unless it is insecure.
type HTTPAPI struct {
	Disabled bool   `json:"disabled"`
	Key      string `json:"key"`
	Insecure bool   `json:"insecure"`
}

// Health switches GET /health; unlike Centrifugo's it is on by default.
type Health struct {
	Enabled bool `json:"enabled"`
}

// UsageStats is accepted because real configurations have it; this broker sends no statistics either way.
type UsageStats struct {
	Disabled bool `json:"disabled"`
}

// Channel holds what concerns channels, by namespace.
type Channel struct {
	Proxy                 ChannelProxies `json:"proxy"`
	WithoutNamespace      ChannelOptions `json:"without_namespace"`
	Namespaces            []Namespace    `json:"namespaces"`
	HistoryMetaTTL        Duration       `json:"history_meta_ttl"`
	MaxLength             int            `json:"max_length"`
	PublicationDataFormat string         `json:"publication_data_format"`
}

// ChannelProxies holds the default proxies of channel events.
type ChannelProxies struct {
	Publish   ProxyOptions `json:"publish"`
	Subscribe ProxyOptions `json:"subscribe"`
}

// Namespace is the options of the channels called "NAME:…".
type Namespace struct {
	Name string `json:"name"`
	ChannelOptions
}

// ChannelOptions says what clients may do with the channels of one namespace, and what the channels keep.
type ChannelOptions struct {
	AllowSubscribeForClient   bool     `json:"allow_subscribe_for_client"`
	AllowPublishForClient     bool     `json:"allow_publish_for_client"`
	AllowPublishForSubscriber bool     `json:"allow_publish_for_subscriber"`
	AllowHistoryForClient     bool     `json:"allow_history_for_client"`
	AllowHistoryForSubscriber bool     `json:"allow_history_for_subscriber"`
	AllowUserLimitedChannels  bool     `json:"allow_user_limited_channels"`
	AllowPositioning          bool     `json:"allow_positioning"`
	ForcePositioning          bool     `json:"force_positioning"`
	AllowRecovery             bool     `json:"allow_recovery"`
	ForceRecovery             bool     `json:"force_recovery"`
	Presence                  bool     `json:"presence"`
	ChannelRegex              Regexp   `json:"channel_regex"`
	PublicationDataFormat     string   `json:"publication_data_format"`
	HistorySize               int      `json:"history_size"`
	HistoryTTL                Duration `json:"history_ttl"`
	HistoryMetaTTL            Duration `json:"history_meta_ttl"`
	PublishProxyEnabled       bool     `json:"publish_proxy_enabled"`
	PublishProxyName          string   `json:"publish_proxy_name"`
	SubscribeProxyEnabled     bool     `json:"subscribe_proxy_enabled"`
	SubscribeProxyName        string   `json:"subscribe_proxy_name"`
}

// RPC holds what concerns native RPC, by namespace of the method.
type RPC struct {
	Proxy            ProxyOptions   `json:"proxy"`
	WithoutNamespace RPCOptions     `json:"without_namespace"`
	Namespaces       []RPCNamespace `json:"namespaces"`
}

// RPCNamespace is the options of the methods called "NAME:…".
type RPCNamespace struct {
	Name string `json:"name"`
	RPCOptions
}

// RPCOptions says whether the methods of a namespace go to a proxy, and to which.
type RPCOptions struct {
	ProxyEnabled bool   `json:"proxy_enabled"`
	ProxyName    string `json:"proxy_name"`
}

// Proxy is a proxy that namespaces refer to by its name; "default" is the one of the section itself.
type Proxy struct {
	Name string `json:"name"`
	ProxyOptions
}

// ProxyOptions says which HTTP endpoint is asked, how long it may take (1 s by default) and what is sent along.
type ProxyOptions struct {
	Endpoint              string    `json:"endpoint"`
	Timeout               Duration  `json:"timeout"`
	HTTPHeaders           []string  `json:"http_headers"`
	IncludeConnectionMeta bool      `json:"include_connection_meta"`
	HTTP                  ProxyHTTP `json:"http"`
}

// ProxyHTTP holds the headers that every request of a proxy carries.
type ProxyHTTP struct {
	StaticHeaders map[string]string `json:"static_headers"`
}

// DefaultConfig returns Centrifugo's defaults, except that it listens on 127.0.0.1 and answers GET /health.
func DefaultConfig() Config {
	var c Config
	c.HTTPServer = HTTPServer{Address: "127.0.0.1", Port: 8000}
	c.Engine = Engine{Type: engineMemory, Redis: Redis{
		Address:        Addresses{"redis://127.0.0.1:6379"},
		Prefix:         "centrifugo",
		ConnectTimeout: Duration(time.Second),
		IOTimeout:      Duration(4 * time.Second),
		PresenceTTL:    Duration(time.Minute),
	}}
	c.Log.Level = "info"
	c.Client = Client{
		PingInterval:                Duration(25 * time.Second),
		PongTimeout:                 Duration(8 * time.Second),
		ExpiredCloseDelay:           Duration(25 * time.Second),
		ExpiredSubCloseDelay:        Duration(25 * time.Second),
		StaleCloseDelay:             Duration(10 * time.Second),
		PresenceUpdateInterval:      Duration(27 * time.Second),
		ChannelLimit:                128,
		QueueMaxSize:                1 << 20,
		HistoryMaxPublicationLimit:  300,
		RecoveryMaxPublicationLimit: 300,
	}
	c.WebSocket.MessageSizeLimit = 65536
	c.Health.Enabled = true
	c.Channel.HistoryMetaTTL = Duration(720 * time.Hour)
	c.Channel.MaxLength = 255
	return c
}

// Duration is a time span that JSON writes as Go does: "25s", "10m".
type Duration time.Duration

// UnmarshalJSON reads "1m30s"; a number is an error, as in Centrifugo v6.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf(`%s is not a duration such as "25s"`, data)
	}
	return d.UnmarshalText([]byte(s))
}

// UnmarshalText reads 1m30s.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf(`%q is not a duration such as "25s"`, text)
	}
	*d = Duration(span)
	return nil
}

// Regexp is a regular expression that is a string in JSON; the zero value is the absence of one.
type Regexp struct{ *regexp.Regexp }

// UnmarshalText compiles the expression; an empty text means that there is none.
func (r *Regexp) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		r.Regexp = nil
		return nil
	}
	compiled, err := regexp.Compile(string(text))
	r.Regexp = compiled
	return err
}
