package broker_test

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

// A refused connect is a close without any reply, except for an expired token, which is error 109.
func TestConnectionTokens(t *testing.T) {
	server := start(t, "j")
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"sub": "1", "aud": "centrifugo", "iss": "my-app"}).
		SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	other := *server.Config()
	other.Client.Token.HMACSecretKey = "another secret"
	closed := []struct{ rule, token string }{
		{"another key", sign(t, &other, map[string]any{"sub": "1"})},
		{"another audience", sign(t, server.Config(), map[string]any{"sub": "1", "aud": "x"})},
		{"another issuer", sign(t, server.Config(), map[string]any{"sub": "1", "iss": "x"})},
		{"no signature", unsigned},
		{"not a token", "not a token"},
		{"a claim that this broker does not know", sign(t, server.Config(), map[string]any{
			"sub": "1", "subs": map[string]any{"user:#1": map[string]any{"override": map[string]any{}}},
		})},
	}
	for _, test := range closed {
		t.Run(test.rule, func(t *testing.T) {
			client := wstest.Dial(t, server.URL(), nil)
			client.Command("connect", map[string]string{"token": test.token})
			if got := client.CloseCode(); got != 3500 {
				t.Errorf("closed with %d, want 3500", got)
			}
		})
	}
	replies := []struct {
		rule   string
		claims map[string]any
		want   int
	}{
		{"an expired token: 109", map[string]any{"sub": "1", "exp": in(-time.Minute)}, 109},
		{"a token of the future: 109", map[string]any{"sub": "1", "nbf": in(time.Hour)}, 109},
		{"an audience among others: ok", map[string]any{"sub": "1", "aud": []string{"x", "centrifugo"}}, 0},
		{"no expiry: ok", map[string]any{"sub": "1"}, 0},
		{"a channel of an unknown namespace: 102", map[string]any{"sub": "1", "channels": []string{"zz:x"}}, 102},
	}
	for _, test := range replies {
		t.Run(test.rule, func(t *testing.T) {
			client := wstest.Dial(t, server.URL(), nil)
			reply := client.Do("connect", map[string]string{"token": sign(t, server.Config(), test.claims)})
			if got := code(reply); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// HMAC of all three lengths.
func TestTokenAlgorithms(t *testing.T) {
	server := start(t, "b")
	secret := []byte(server.Config().Client.Token.HMACSecretKey)
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		token, err := jwt.NewWithClaims(method, jwt.MapClaims{"sub": "1"}).SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		wstest.Connect(t, server.URL(), token)
	}
}

// connect.expires and ttl come from exp; expire_at overrides it.
func TestConnectionExpiry(t *testing.T) {
	server := start(t, "j")
	for _, test := range []struct {
		claims  map[string]any
		expires bool
	}{
		{map[string]any{"sub": "1", "exp": in(time.Hour)}, true},
		{map[string]any{"sub": "1"}, false},
		{map[string]any{"sub": "1", "exp": in(time.Hour), "expire_at": 0}, false},
	} {
		client := wstest.Dial(t, server.URL(), nil)
		got := client.MustDo("connect", map[string]string{"token": sign(t, server.Config(), test.claims)}).Connect
		if got.Expires != test.expires || got.TTL > 3600 || test.expires && got.TTL < 3590 {
			t.Errorf("%v: got %+v", test.claims, got)
		}
	}
}

// Server-side subscriptions come from channels or subs, and bypass permissions and the channel regex.
func TestTokenSubscriptions(t *testing.T) {
	server := start(t, "b")
	client := wstest.Dial(t, server.URL(), nil)
	token := sign(t, server.Config(), map[string]any{"sub": "456", "channels": []string{"user#456"}})
	connected := client.Authenticate(token)
	if _, ok := connected.Subs["user#456"]; !ok {
		t.Fatalf("subscribed to %v", connected.Subs)
	}
	publish(t, server, "user#456", `{"n":1}`)
	if push := client.Push(); push.Channel != "user#456" || string(push.Pub.Data) != `{"n":1}` || push.Pub.Info != nil {
		t.Errorf("got %+v", push)
	}

	subs := map[string]any{"user#457": map[string]any{"data": map[string]any{"a": 1}}}
	client = wstest.Dial(t, server.URL(), nil)
	connected = client.Authenticate(sign(t, server.Config(), map[string]any{"sub": "457", "subs": subs}))
	if _, ok := connected.Subs["user#457"]; !ok {
		t.Errorf("subscribed to %v", connected.Subs)
	}
}

func TestRefresh(t *testing.T) {
	server := start(t, "j")
	claims := func(more map[string]any) map[string]any {
		all := map[string]any{"sub": "456", "exp": in(time.Hour), "channels": []string{"user:#456"}}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	session := func(t *testing.T) *wstest.Client {
		return wstest.Connect(t, server.URL(), sign(t, server.Config(), claims(nil)))
	}
	t.Run("a new token extends the connection", func(t *testing.T) {
		token := sign(t, server.Config(), claims(map[string]any{"exp": in(100 * time.Second)}))
		got := session(t).MustDo("refresh", map[string]string{"token": token}).Refresh
		if !got.Expires || got.TTL > 100 || got.TTL < 95 {
			t.Errorf("got %+v, want a ttl of 100", got)
		}
	})
	t.Run("a token without exp ends the expiry", func(t *testing.T) {
		token := sign(t, server.Config(), map[string]any{"sub": "456", "channels": []string{"user:#456"}})
		if got := session(t).MustDo("refresh", map[string]string{"token": token}).Refresh; got.Expires {
			t.Errorf("got %+v", got)
		}
	})
	other := *server.Config()
	other.Client.Token.HMACSecretKey = "another secret"
	for _, test := range []struct {
		rule, token string
		want        int
	}{
		{"an expired token: 3005", sign(t, server.Config(), claims(map[string]any{"exp": in(-time.Minute)})), 3005},
		{"another user's: 3500", sign(t, server.Config(), claims(map[string]any{"sub": "999"})), 3500},
		{"a bad signature: 3500", sign(t, &other, claims(nil)), 3500},
		{"no token: 3501", "", 3501},
		{"other channels: 3010", sign(t, server.Config(), claims(map[string]any{"channels": []string{"user:a#456"}})), 3010},
		{"no channels any more: 3010", sign(t, server.Config(), claims(map[string]any{"channels": nil})), 3010},
	} {
		t.Run(test.rule, func(t *testing.T) {
			client := session(t)
			client.Command("refresh", map[string]string{"token": test.token})
			if got := client.CloseCode(); got != test.want {
				t.Errorf("closed with %d, want %d", got, test.want)
			}
		})
	}
}

// Without a refresh the connection ends with 3005, expired_close_delay after its expiry.
func TestExpiredConnection(t *testing.T) {
	t.Parallel()
	server := start(t, "j", func(c *broker.Config) { c.Client.ExpiredCloseDelay = broker.Duration(10 * time.Millisecond) })
	token := sign(t, server.Config(), map[string]any{"sub": "456", "exp": in(6 * time.Second)})
	if got := wstest.Connect(t, server.URL(), token).CloseCode(); got != 3005 {
		t.Errorf("closed with %d, want 3005", got)
	}
}

// A subscription token opens one channel to one user. An expired one is 109; a wrong one closes everything with 3500.
func TestSubscriptionTokens(t *testing.T) {
	server := start(t, "j")
	other := *server.Config()
	other.Client.Token.HMACSecretKey = "another secret"
	good := map[string]any{"sub": "456", "channel": "rpc:requests"}
	subscribe := func(t *testing.T, token string) *wstest.Client {
		client := connect(t, server, "456")
		client.Command("subscribe", map[string]string{"channel": "rpc:requests", "token": token})
		return client
	}
	if reply := subscribe(t, sign(t, server.Config(), good)).Message(); reply.Error != nil {
		t.Errorf("a good token: %+v", reply.Error)
	}
	expired := sign(t, server.Config(), map[string]any{"sub": "456", "channel": "rpc:requests", "exp": in(-time.Minute)})
	if got := code(subscribe(t, expired).Message()); got != 109 {
		t.Errorf("an expired token: got %d, want 109", got)
	}
	for rule, token := range map[string]string{
		"a bad signature":    sign(t, &other, good),
		"another channel's":  sign(t, server.Config(), map[string]any{"sub": "456", "channel": "rpc:other"}),
		"another user's":     sign(t, server.Config(), map[string]any{"sub": "999", "channel": "rpc:requests"}),
		"another connection": sign(t, server.Config(), map[string]any{"sub": "456", "channel": "rpc:requests", "client": "x"}),
	} {
		if got := subscribe(t, token).CloseCode(); got != 3500 {
			t.Errorf("%s: closed with %d, want 3500", rule, got)
		}
	}
}

// sub_refresh extends a subscription with a new token of the same channel; another channel's closes with 3500.
func TestSubscriptionRefresh(t *testing.T) {
	server := start(t, "j")
	token := func(channel string) string {
		return sign(t, server.Config(), map[string]any{"sub": "456", "channel": channel, "exp": in(time.Hour)})
	}
	client := connect(t, server, "456")
	reply := client.MustDo("subscribe", map[string]string{"channel": "rpc:requests", "token": token("rpc:requests")})
	if !reply.Subscribe.Expires {
		t.Errorf("got %+v, want expires", reply.Subscribe)
	}
	refreshed := client.MustDo("sub_refresh", map[string]string{"channel": "rpc:requests", "token": token("rpc:requests")})
	if got := refreshed.SubRefresh; !got.Expires || got.TTL < 3590 {
		t.Errorf("got %+v, want a ttl of an hour", got)
	}
	client.Command("sub_refresh", map[string]string{"channel": "rpc:requests", "token": token("rpc:other")})
	if got := client.CloseCode(); got != 3500 {
		t.Errorf("closed with %d, want 3500", got)
	}
}

// A subscription whose token expired ends with 2501, on which clients subscribe again.
func TestExpiredSubscription(t *testing.T) {
	t.Parallel()
	server := start(t, "j", func(c *broker.Config) {
		c.Client.ExpiredSubCloseDelay, c.Client.PresenceUpdateInterval = broker.Duration(10*time.Millisecond), broker.Duration(100*time.Millisecond)
	})
	client := connect(t, server, "456")
	token := sign(t, server.Config(), map[string]any{"sub": "456", "channel": "rpc:requests", "exp": in(6 * time.Second)})
	client.MustDo("subscribe", map[string]string{"channel": "rpc:requests", "token": token})
	if push := client.Push(); push.Channel != "rpc:requests" || push.Unsubscribe == nil || push.Unsubscribe.Code != 2501 {
		t.Errorf("got %+v, want an unsubscribe push with code 2501", push)
	}
}

// allow_anonymous_connect_without_token lets nobody in particular in, who may do nothing.
func TestAnonymous(t *testing.T) {
	server := start(t, "a", func(c *broker.Config) { c.Client.AllowAnonymous = true })
	client := wstest.Dial(t, server.URL(), nil)
	client.MustDo("connect", `{}`)
	for _, command := range []string{"subscribe", "publish"} {
		if got := code(client.Do(command, `{"channel":"user#","data":{}}`)); got != 103 {
			t.Errorf("%s: got %d, want 103", command, got)
		}
	}
}
