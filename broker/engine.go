package broker

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
)

// The engines: memory is this process alone, redis is shared by all nodes that use the same Redis and prefix.
const (
	engineMemory = "memory"
	engineRedis  = "redis"
)

// Engine says where subscriptions meet, and where histories and presence are kept.
type Engine struct {
	Type  string `json:"type"`
	Redis Redis  `json:"redis"`
}

// Redis holds how Redis is reached. Channels are shared out among several addresses.
type Redis struct {
	Address        Addresses `json:"address"`
	Prefix         string    `json:"prefix"`
	ConnectTimeout Duration  `json:"connect_timeout"`
	IOTimeout      Duration  `json:"io_timeout"`
	DB             int       `json:"db"`
	User           string    `json:"user"`
	Password       string    `json:"password"`
	ForceRESP2     bool      `json:"force_resp2"`
	PresenceTTL    Duration  `json:"presence_ttl"`
}

// Addresses is a list that may be written as one text with commas, as in Centrifugo.
type Addresses []string

// UnmarshalJSON reads "redis://a:6379,redis://b:6379", or a list.
func (a *Addresses) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		return a.UnmarshalText([]byte(text))
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("%s is not an address or a list of them", data)
	}
	*a = list
	return nil
}

// UnmarshalText reads "redis://a:6379,redis://b:6379".
func (a *Addresses) UnmarshalText(text []byte) error {
	*a = strings.Split(string(text), ",")
	return nil
}

// redisSchemes are those of URLs for one Redis; Centrifugo also knows those of Cluster and Sentinel.
var redisSchemes = []string{"redis", "rediss", "tcp", "unix"}

func (e Engine) validate(report reporter) {
	if engines := []string{engineMemory, engineRedis}; !slices.Contains(engines, e.Type) {
		report("engine.type: %q is not one of %q", e.Type, engines)
	}
	if e.Type != engineRedis {
		return
	}
	if len(e.Redis.Address) == 0 {
		report("engine.redis.address is empty")
	}
	for _, address := range e.Redis.Address {
		// The address is not repeated: it may hold a password.
		if !redisAddress(address) {
			report("engine.redis.address: it is neither HOST:PORT nor a URL with one of the schemes %q", redisSchemes)
		}
	}
	if e.Redis.ConnectTimeout <= 0 || e.Redis.IOTimeout <= 0 || e.Redis.PresenceTTL <= 0 {
		report("engine.redis: connect_timeout, io_timeout and presence_ttl must be more than 0")
	}
}

func redisAddress(address string) bool {
	if !strings.Contains(address, "://") {
		host, port, err := net.SplitHostPort(address)
		return err == nil && host != "" && port != ""
	}
	u, err := url.Parse(address)
	return err == nil && slices.Contains(redisSchemes, u.Scheme) && (u.Host != "") != (u.Scheme == "unix")
}

// UseRedis makes the Redis at a URL the engine.
func (c *Config) UseRedis(url string) {
	c.Engine.Type, c.Engine.Redis.Address = engineRedis, Addresses{url}
}

// useEngine connects a node to Redis where that is its engine; it fails if Redis does not answer.
func (e Engine) useEngine(node *centrifuge.Node) error {
	if e.Type != engineRedis {
		return nil
	}
	var shards []*centrifuge.RedisShard
	for _, address := range e.Redis.Address {
		shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{
			Address:        address,
			DB:             e.Redis.DB,
			User:           e.Redis.User,
			Password:       e.Redis.Password,
			ConnectTimeout: time.Duration(e.Redis.ConnectTimeout),
			IOTimeout:      time.Duration(e.Redis.IOTimeout),
			ForceRESP2:     e.Redis.ForceRESP2,
		})
		if err != nil {
			return fmt.Errorf("engine.redis: %w", err)
		}
		shards = append(shards, shard)
	}
	redis, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: shards, Prefix: e.Redis.Prefix})
	if err != nil {
		return fmt.Errorf("engine.redis: %w", err)
	}
	presence, err := centrifuge.NewRedisPresenceManager(node, centrifuge.RedisPresenceManagerConfig{
		Shards: shards, Prefix: e.Redis.Prefix, PresenceTTL: time.Duration(e.Redis.PresenceTTL),
	})
	if err != nil {
		return fmt.Errorf("engine.redis: %w", err)
	}
	node.SetBroker(redis)
	node.SetPresenceManager(presence)
	return nil
}
