// Package wstest is a client of Centrifugo's JSON protocol for tests. It sends frames unchanged and returns what comes
// back, so that tests check the protocol itself and not what a library makes of it.
package wstest

//lint:file-ignore SA1019 nhooyr.io/websocket is what the generated Go client uses; its successor has the same API.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

// timeout bounds every wait for the server; a test that reaches it has failed.
const timeout = time.Minute

// Message is one JSON object from the server: a reply (ID above 0), a push, or a ping (nothing).
type Message struct {
	ID         uint32          `json:"id"`
	Error      *Error          `json:"error"`
	Connect    *Connected      `json:"connect"`
	Subscribe  *Subscribe      `json:"subscribe"`
	Publish    json.RawMessage `json:"publish"`
	RPC        *RPC            `json:"rpc"`
	Refresh    *Refresh        `json:"refresh"`
	SubRefresh *Refresh        `json:"sub_refresh"`
	History    *Subscribe      `json:"history"`
	Push       *Push           `json:"push"`
}

// Error is why a command failed.
type Error struct {
	Code      int    `json:"code"`
	Message   string `json:"message"`
	Temporary bool   `json:"temporary"`
}

// Connected is the reply to connect.
type Connected struct {
	Client  string               `json:"client"`
	Expires bool                 `json:"expires"`
	TTL     int                  `json:"ttl"`
	Ping    int                  `json:"ping"`
	Pong    bool                 `json:"pong"`
	Subs    map[string]Subscribe `json:"subs"`
}

// Subscribe is the reply to subscribe or history, a server-side subscription, or a subscribe push.
type Subscribe struct {
	Recoverable   bool            `json:"recoverable"`
	Positioned    bool            `json:"positioned"`
	Recovered     bool            `json:"recovered"`
	WasRecovering bool            `json:"was_recovering"`
	Epoch         string          `json:"epoch"`
	Offset        uint64          `json:"offset"`
	Publications  []Publication   `json:"publications"`
	Expires       bool            `json:"expires"`
	Data          json.RawMessage `json:"data"`
}

// RPC is the reply to rpc.
type RPC struct {
	Data json.RawMessage `json:"data"`
}

// Refresh is the reply to refresh or sub_refresh.
type Refresh struct {
	Expires bool `json:"expires"`
	TTL     int  `json:"ttl"`
}

// Push is what the server sends by itself.
type Push struct {
	Channel     string       `json:"channel"`
	Pub         *Publication `json:"pub"`
	Subscribe   *Subscribe   `json:"subscribe"`
	Unsubscribe *struct {
		Code   int    `json:"code"`
		Reason string `json:"reason"`
	} `json:"unsubscribe"`
}

// Publication is one message of a channel; Info is there if a client published it.
type Publication struct {
	Data   json.RawMessage   `json:"data"`
	Offset uint64            `json:"offset"`
	Tags   map[string]string `json:"tags"`
	Info   *struct {
		User     string          `json:"user"`
		Client   string          `json:"client"`
		ConnInfo json.RawMessage `json:"conn_info"`
	} `json:"info"`
}

// Client is one connection.
type Client struct {
	t      testing.TB
	conn   *websocket.Conn
	lastID int
	queue  []Message // read, but not asked for yet
	Pings  int       // seen and answered
	Mute   bool      // do not answer pings
}

// Serve closes a server when the test ends; one that did not start fails the test.
func Serve[S io.Closer](t testing.TB, server S, err error) S {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Dial opens a connection, which the test closes at its end.
func Dial(t testing.TB, url string, headers http.Header) *Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: headers})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &Client{t: t, conn: conn}
}

// HandshakeStatus is the HTTP status that an attempt to open a connection gets; 101 is success.
func HandshakeStatus(t testing.TB, url string, headers http.Header) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: headers})
	if response == nil {
		t.Fatal(err)
	}
	if err == nil {
		_ = conn.CloseNow()
	}
	return response.StatusCode
}

// Connect opens a connection and connects with a token.
func Connect(t testing.TB, url, token string) *Client {
	t.Helper()
	c := Dial(t, url, nil)
	c.Authenticate(token)
	return c
}

// Authenticate connects with a token and returns the reply once server-side subscriptions are active. The server
// activates them after it has written the reply, and until then drops publications without an offset. It handles the
// commands of one connection in order, so the reply to a further command shows that they are active.
func (c *Client) Authenticate(token string) *Connected {
	c.t.Helper()
	connected := c.MustDo("connect", map[string]string{"token": token}).Connect
	if len(connected.Subs) > 0 {
		c.Do("history", `{"channel":"#"}`)
	}
	return connected
}

// Send writes one frame as it is.
func (c *Client) Send(frame string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
}

// Do sends a command and returns its reply. Params are a string of JSON, or anything that JSON can write.
func (c *Client) Do(command string, params any) Message {
	c.t.Helper()
	id := c.Command(command, params)
	return c.next(func(m Message) bool { return m.ID == id }, command)
}

// MustDo is Do for a command that must not fail.
func (c *Client) MustDo(command string, params any) Message {
	c.t.Helper()
	reply := c.Do(command, params)
	if reply.Error != nil {
		c.t.Fatalf("%s %v: error %d %s", command, params, reply.Error.Code, reply.Error.Message)
	}
	return reply
}

// Command sends a command and returns its id.
func (c *Client) Command(command string, params any) uint32 {
	c.t.Helper()
	data, err := json.Marshal(params)
	if text, ok := params.(string); ok {
		data, err = []byte(text), nil
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.lastID++
	c.Send(fmt.Sprintf(`{"id":%d,%q:%s}`, c.lastID, command, data))
	return uint32(c.lastID)
}

// Reply waits for the reply with an id.
func (c *Client) Reply(id uint32) Message {
	c.t.Helper()
	return c.next(func(m Message) bool { return m.ID == id }, fmt.Sprintf("reply %d", id))
}

// Push waits for the next push.
func (c *Client) Push() Push {
	c.t.Helper()
	return *c.next(func(m Message) bool { return m.Push != nil }, "push").Push
}

// Message waits for the next message of any kind.
func (c *Client) Message() Message {
	c.t.Helper()
	return c.next(func(Message) bool { return true }, "message")
}

// CloseCode reads until the server closes and returns the code that it closed with.
func (c *Client) CloseCode() int {
	c.t.Helper()
	for {
		if err := c.read(); err != nil {
			var closed websocket.CloseError
			if !errors.As(err, &closed) {
				c.t.Fatalf("the connection ended without a close frame: %v", err)
			}
			return int(closed.Code)
		}
	}
}

// next waits for the first message that is wanted, among those in the queue and those to come; the others stay in the
// queue.
func (c *Client) next(wanted func(Message) bool, what string) Message {
	c.t.Helper()
	for seen := 0; ; {
		for ; seen < len(c.queue); seen++ {
			if m := c.queue[seen]; wanted(m) {
				c.queue = append(c.queue[:seen:seen], c.queue[seen+1:]...)
				return m
			}
		}
		if err := c.read(); err != nil {
			c.t.Fatalf("waiting for %s: %v", what, err)
		}
	}
}

// read reads one frame into the queue and answers pings.
func (c *Client) read() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	_, frame, err := c.conn.Read(ctx)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(frame) {
		if string(bytes.TrimSpace(line)) == "{}" {
			c.Pings++
			if !c.Mute {
				c.Send("{}")
			}
			continue
		}
		var m Message
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("frame %q: %w", line, err)
		}
		c.queue = append(c.queue, m)
	}
	return nil
}
