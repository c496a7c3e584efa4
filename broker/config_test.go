package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker"
)

func noEnvironment(string) (string, bool) { return "", false }

// An option that the broker does not know is an error that names it: else a test would pass on a rule that is not there.
func TestConfigErrors(t *testing.T) {
	for _, test := range []struct{ rule, config, want string }{
		{"a misspelt option", `{"client":{"allowed_origin":[]}}`,
			"unknown option client.allowed_origin; did you mean client.allowed_origins?"},
		{"one inside a list", `{"channel":{"namespaces":[{"name":"a"},{"name":"b","history_sizes":1}]}}`,
			"unknown option channel.namespaces[1].history_sizes; did you mean channel.namespaces[1].history_size?"},
		{"one at the top", `{"chanel":{}}`, "unknown option chanel; did you mean channel?"},
		{"nothing like it", `{"client":{"zzzzzzzzzz":1}}`, "unknown option client.zzzzzzzzzz\n"},
		{"several", `{"x1":1,"x2":2}`, "unknown option x1\nunknown option x2"},
		{"a number for a duration", `{"client":{"ping_interval":25}}`, `25 is not a duration such as "25s"`},
		{"text for a duration", `{"client":{"ping_interval":"25 s"}}`, `"25 s" is not a duration such as "25s"`},
		{"text for a number", `{"http_server":{"port":"8000"}}`, "http_server.port"},
		{"a bad regex", `{"channel":{"without_namespace":{"channel_regex":"("}}}`, "missing closing )"},
		{"not an object", `[]`, "the configuration is not a JSON object"},
		{"not JSON", `{`, "unexpected end of JSON input"},
		{"a slow pong", `{"client":{"ping_interval":"1s"}}`, "client.pong_timeout must be more than 0 and less than client.ping_interval"},
		{"no pings", `{"client":{"ping_interval":"0s"}}`, "client.pong_timeout must be more than 0 and less than client.ping_interval"},
		{"a pattern of another kind", `{"client":{"allowed_origins":["https://{a,b}.example.com"]}}`,
			`client.allowed_origins: "https://{a,b}.example.com": only * is supported in patterns`},
		{"a personal channel of no namespace",
			`{"client":{"subscribe_to_user_personal_channel":{"enabled":true,"personal_channel_namespace":"user"}}}`,
			`client.subscribe_to_user_personal_channel: there is no namespace "user"`},
		{"a size without a ttl", `{"channel":{"without_namespace":{"history_size":1}}}`,
			"channel.without_namespace: history_size and history_ttl go together"},
		{"recovery without history", `{"channel":{"without_namespace":{"force_recovery":true}}}`,
			"channel.without_namespace: recovery needs history_size and history_ttl"},
		{"a history that outlives its meta data", `{"channel":{"history_meta_ttl":"30s","without_namespace":{"history_size":1,"history_ttl":"60s"}}}`,
			"channel.without_namespace: history_ttl must not be more than history_meta_ttl"},
		{"a part of a second", `{"channel":{"namespaces":[{"name":"ab","history_size":1,"history_ttl":"1500ms"}]}}`,
			"channel.namespaces[0]: history_ttl and history_meta_ttl must be whole seconds"},
		{"an unknown format", `{"channel":{"without_namespace":{"publication_data_format":"xml"}}}`,
			`channel.without_namespace.publication_data_format: "xml" is not one of`},
		{"an unknown format for all", `{"channel":{"publication_data_format":"xml"}}`, `channel.publication_data_format: "xml" is not one of`},
		{"a namespace twice", `{"channel":{"namespaces":[{"name":"ab"},{"name":"ab"}]}}`, `channel.namespaces[1].name: "ab" is taken`},
		{"a short name", `{"channel":{"namespaces":[{"name":"a"}]}}`, `channel.namespaces[0].name: "a" is taken, or is not two or more`},
		{"an RPC namespace twice", `{"rpc":{"namespaces":[{"name":"ab"},{"name":"ab"}]}}`, `rpc.namespaces[1].name: "ab" is taken`},
		{"a proxy twice", `{"proxies":[{"name":"ab","endpoint":"http://a"},{"name":"ab","endpoint":"http://b"}]}`,
			`proxies[1].name: "ab" is taken`},
		{"the default proxy's name", `{"proxies":[{"name":"default","endpoint":"http://a"}]}`, `proxies[0].name: "default" is taken`},
		{"a gRPC proxy", `{"proxies":[{"name":"p","endpoint":"grpc://127.0.0.1:1"}]}`,
			`proxies[0].endpoint: "grpc://127.0.0.1:1" is not an http(s) URL`},
		{"an unknown level", `{"log":{"level":"loud"}}`, `log.level: "loud" is not one of`},
		{"an engine of another kind", `{"engine":{"type":"nats"}}`, `engine.type: "nats" is not one of`},
		{"an engine as Centrifugo 5 names it", `{"engine":"redis"}`, "cannot unmarshal string"},
		{"no address of Redis", `{"engine":{"type":"redis","redis":{"address":[]}}}`, "engine.redis.address is empty"},
		{"an address without a port", `{"engine":{"type":"redis","redis":{"address":"127.0.0.1"}}}`, "engine.redis.address: it is neither"},
		{"an address of Sentinel", `{"engine":{"type":"redis","redis":{"address":"redis+sentinel://a:1"}}}`, "engine.redis.address: it is neither"},
		{"no time for Redis", `{"engine":{"type":"redis","redis":{"io_timeout":"0s"}}}`, "io_timeout and presence_ttl must be more than 0"},
		{"no port", `{"http_server":{"port":70000}}`, "http_server.port: 70000 is not a port"},
	} {
		_, err := broker.ParseConfig([]byte(test.config), noEnvironment)
		if err == nil || !strings.Contains(err.Error()+"\n", test.want) {
			t.Errorf("%s: got %v, want %s", test.rule, err, test.want)
		}
	}
}

func TestConfigDefaults(t *testing.T) {
	config, err := broker.ParseConfig([]byte(`{"client":{"ping_interval":"30s"}}`), noEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Duration(config.Client.PingInterval); got != 30*time.Second {
		t.Errorf("ping_interval is %v", got)
	}
	if config.WebSocket.MessageSizeLimit != 65536 || config.Client.RecoveryMaxPublicationLimit != 300 {
		t.Errorf("defaults are gone: %+v", config)
	}
}

// Environment variables override the file, named CENTRIFUGO_ and the option's path.
func TestEnvironment(t *testing.T) {
	variables := map[string]string{
		"CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY":                 "from the environment",
		"CENTRIFUGO_CLIENT_ALLOWED_ORIGINS":                       "http://a http://b",
		"CENTRIFUGO_CLIENT_CONCURRENCY":                           "8",
		"CENTRIFUGO_CLIENT_PING_INTERVAL":                         "30s",
		"CENTRIFUGO_HTTP_API_INSECURE":                            "true",
		"CENTRIFUGO_ENGINE_REDIS_ADDRESS":                         "redis://:secret@a:1,b:2",
		"CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_CHANNEL_REGEX":      "^x$",
		"CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_HISTORY_TTL":        "5s",
		"CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_HISTORY_SIZE":       "5",
		"CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_UNRELATED_VARIABLE": "ignored",
	}
	lookup := func(name string) (string, bool) { value, ok := variables[name]; return value, ok }
	empty := func(string) (string, bool) { return "", true } // as docker compose passes what its shell does not have
	if config, err := broker.ParseConfig([]byte(`{"client":{"concurrency":3,"allowed_origins":["*"]}}`), empty); err != nil ||
		config.Client.Concurrency != 3 || len(config.Client.AllowedOrigins) != 1 {
		t.Errorf("empty variables change %+v (%v)", config.Client, err)
	}
	config, err := broker.ParseConfig([]byte(`{"client":{"token":{"hmac_secret_key":"from the file"}}}`), lookup)
	if err != nil {
		t.Fatal(err)
	}
	client, options := config.Client, config.Channel.WithoutNamespace
	if client.Token.HMACSecretKey != "from the environment" || client.Concurrency != 8 || len(client.AllowedOrigins) != 2 ||
		time.Duration(client.PingInterval) != 30*time.Second || !config.HTTPAPI.Insecure ||
		strings.Join(config.Engine.Redis.Address, " ") != "redis://:secret@a:1 b:2" || options.ChannelRegex.String() != "^x$" || options.HistorySize != 5 {
		t.Errorf("not overridden: %+v", config)
	}
	for name, value := range map[string]string{
		"CENTRIFUGO_CLIENT_CONCURRENCY": "many",
		"CENTRIFUGO_HTTP_API_INSECURE":  "perhaps",
		"CENTRIFUGO_CHANNEL_NAMESPACES": "[]",
	} {
		lookup := func(asked string) (string, bool) { return value, asked == name }
		if _, err := broker.ParseConfig([]byte(`{}`), lookup); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: got %v, want an error that names it", name, value, err)
		}
	}
}

// Every shipped profile is read, and listed here.
func TestProfiles(t *testing.T) {
	files, err := filepath.Glob("profiles/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 6 {
		t.Errorf("profiles are %v, want a, b, demo, g, j and rpc", files)
	}
	for _, file := range files {
		if _, err := broker.ReadConfig(file); err != nil {
			t.Error(err)
		}
	}
	if _, err := broker.Profile("z"); !os.IsNotExist(err) {
		t.Errorf("profile z: %v", err)
	}
	if _, err := broker.ReadConfig("profiles/z.json"); !os.IsNotExist(err) {
		t.Errorf("file z: %v", err)
	}
}

func TestAddressTaken(t *testing.T) {
	first := start(t, "j")
	config := *first.Config()
	_, port, _ := strings.Cut(first.Address(), ":")
	for _, digit := range port {
		config.HTTPServer.Port = config.HTTPServer.Port*10 + int(digit-'0')
	}
	if second, err := broker.Start(config); err == nil {
		t.Errorf("two servers on one port: %v", second.Close())
	}
}
