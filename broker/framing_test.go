package broker_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// Frames that close with 3501, which is terminal.
func TestBadFrames(t *testing.T) {
	server := start(t, "j")
	token := tokenFor(t, server, "999")
	connected := []struct{ rule, frame string }{
		{"a leading line break", "\n{\"id\":2,\"rpc\":{}}"},
		{"two objects on one line", `{"id":2,"rpc":{}}{"id":3,"rpc":{}}`},
		{"a blank line", "{\"id\":2,\"rpc\":{}}\n\n{\"id\":3,\"rpc\":{}}"},
		{"pretty-printed JSON", "{\n  \"id\": 2,\n  \"rpc\": {}\n}"},
		{"an array", "[]"},
		{"a pong that nobody asked for", "{}"},
		{"the ping command", `{"id":9,"ping":{}}`},
		{"an unknown command", `{"id":9,"dance":{}}`},
		{"a command without id", `{"rpc":{}}`},
		{"a second connect", `{"id":9,"connect":{}}`},
	}
	for _, test := range connected {
		t.Run(test.rule, func(t *testing.T) {
			client := wstest.Connect(t, server.URL(), token)
			client.Send(test.frame)
			if got := client.CloseCode(); got != 3501 {
				t.Errorf("closed with %d, want 3501", got)
			}
		})
	}
	before := []struct{ rule, frame string }{
		{"a command before connect", `{"id":1,"subscribe":{"channel":"user:#999"}}`},
		{"connect without a token", `{"id":1,"connect":{}}`},
	}
	for _, test := range before {
		t.Run(test.rule, func(t *testing.T) {
			client := wstest.Dial(t, server.URL(), nil)
			client.Send(test.frame)
			if got := client.CloseCode(); got != 3501 {
				t.Errorf("closed with %d, want 3501", got)
			}
		})
	}
}

// \r\n ends a line as \n does.
func TestLineEnds(t *testing.T) {
	client := connect(t, start(t, "j"), "999")
	const publish = `"publish":{"channel":"rpc:requests","data":{}}}`
	client.Send(`{"id":100,` + publish + "\r\n" + `{"id":101,` + publish + "\r\n")
	for _, want := range []uint32{100, 101} {
		if got := client.Message(); got.ID != want || got.Error != nil {
			t.Errorf("got %+v, want a reply to command %d", got, want)
		}
	}
}

// Connect, subscribe and publish may be pipelined in one frame; unknown members are ignored.
func TestPipelinedFrame(t *testing.T) {
	server := start(t, "j")
	client := wstest.Dial(t, server.URL(), nil)
	client.Send(strings.Join([]string{
		fmt.Sprintf(`{"id":1,"connect":{"token":%q,"unknown":1}}`, tokenFor(t, server, "999")),
		`{"id":2,"subscribe":{"channel":"user:tab#999"},"unknown":{}}`,
		`{"id":3,"publish":{"channel":"rpc:requests","data":{}}}` + "\n",
	}, "\n"))
	for id := uint32(1); id <= 3; id++ {
		if reply := client.Reply(id); reply.Error != nil {
			t.Errorf("command %d failed: %+v", id, reply.Error)
		}
	}
}

// A send with no handler: 3508.
func TestSendIsNotAvailable(t *testing.T) {
	client := connect(t, start(t, "j"), "999")
	client.Send(`{"send":{"data":{}}}`)
	if got := client.CloseCode(); got != 3508 {
		t.Errorf("closed with %d, want 3508", got)
	}
}

// message_size_limit is inclusive: one byte more closes with 1009. By default it is 65536.
func TestMessageSizeLimit(t *testing.T) {
	frame := func(size int) string {
		head, tail := `{"id":9,"publish":{"channel":"rpc:requests","data":{"x":"`, `"}}}`
		return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
	}
	// The frame that is too long must fit the server's read buffer: what is unread when it closes makes TCP reset the
	// connection, and the close frame can be lost.
	small := func(c *broker.Config) { c.WebSocket.MessageSizeLimit = 1000 }
	client := connect(t, start(t, "j", small), "999")
	client.Send(frame(1000))
	if reply := client.Reply(9); reply.Error != nil {
		t.Fatalf("1000 bytes: %+v", reply.Error)
	}
	client.Send(frame(1001))
	if got := client.CloseCode(); got != 1009 {
		t.Errorf("1001 bytes: closed with %d, want 1009", got)
	}

	client = connect(t, start(t, "j"), "999")
	client.Send(frame(65536))
	if reply := client.Reply(9); reply.Error != nil {
		t.Errorf("65536 bytes: %+v", reply.Error)
	}
}

// The server pings; a pong keeps the connection, none closes it with 3012.
func TestPingPong(t *testing.T) {
	t.Parallel()
	server := start(t, "j", func(c *broker.Config) {
		c.Client.PingInterval, c.Client.PongTimeout = broker.Duration(time.Second), broker.Duration(500*time.Millisecond)
	})
	client := wstest.Dial(t, server.URL(), nil)
	client.Mute = true
	reply := client.MustDo("connect", map[string]string{"token": tokenFor(t, server, "999")})
	if reply.Connect.Ping != 1 || !reply.Connect.Pong {
		t.Errorf("connect says %+v, want ping 1 and pong", reply.Connect)
	}
	if got := client.CloseCode(); got != 3012 {
		t.Errorf("closed with %d, want 3012", got)
	}
	if client.Pings == 0 {
		t.Error("no ping was seen")
	}
}

// No connect within stale_close_delay: 3502.
func TestStale(t *testing.T) {
	server := start(t, "j", func(c *broker.Config) { c.Client.StaleCloseDelay = broker.Duration(50 * time.Millisecond) })
	if got := wstest.Dial(t, server.URL(), nil).CloseCode(); got != 3502 {
		t.Errorf("closed with %d, want 3502", got)
	}
}

// user_connection_limit: one connection more than that is closed with 3504.
func TestUserConnectionLimit(t *testing.T) {
	server := start(t, "j", func(c *broker.Config) { c.Client.UserConnectionLimit = 2 })
	connect(t, server, "999")
	connect(t, server, "999")
	third := wstest.Dial(t, server.URL(), nil)
	third.Command("connect", map[string]string{"token": tokenFor(t, server, "999")})
	if got := third.CloseCode(); got != 3504 {
		t.Errorf("closed with %d, want 3504", got)
	}
	connect(t, server, "456")
}

// Shutting down closes with 3001, on which clients reconnect.
func TestShutdown(t *testing.T) {
	config, err := broker.Profile("j")
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPServer.Port = 0
	server, err := broker.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	client := connect(t, server, "999")
	closed := make(chan error)
	go func() { closed <- server.Close() }()
	if got := client.CloseCode(); got != 3001 {
		t.Errorf("closed with %d, want 3001", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// No Origin header: no check. A present one must be allowed, else 403.
func TestOrigins(t *testing.T) {
	server := start(t, "j", func(c *broker.Config) {
		c.Client.AllowedOrigins = []string{"https://app.example.com", "https://*.example.org", "https://Upper.example.com"}
	})
	for origin, want := range map[string]int{
		"":                         http.StatusSwitchingProtocols,
		"https://app.example.com":  http.StatusSwitchingProtocols,
		"https://APP.example.com":  http.StatusSwitchingProtocols,
		"https://a.b.example.org":  http.StatusSwitchingProtocols,
		"http://app.example.com":   http.StatusForbidden,
		"https://app.example.com.": http.StatusForbidden,
		"https://evil.example":     http.StatusForbidden,
		"null":                     http.StatusForbidden,
		// Only the origin is put into lower case.
		"https://Upper.example.com": http.StatusForbidden,
	} {
		headers := http.Header{}
		if origin != "" {
			headers.Set("Origin", origin)
		}
		if got := wstest.HandshakeStatus(t, server.URL(), headers); got != want {
			t.Errorf("origin %q: status %d, want %d", origin, got, want)
		}
	}
}

func TestHealth(t *testing.T) {
	server := start(t, "j")
	response, err := http.Get("http://" + server.Address() + "/health")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
}
