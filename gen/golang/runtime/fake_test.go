//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"nhooyr.io/websocket"
)

// fakeServer speaks Centrifugo's protocol to one client after another.
type fakeServer struct {
	*httptest.Server
	t testing.TB
	// answer gets each command; nil frames are not sent. It is called in order.
	answer func(c *fakeConn, cmd command) []string

	mu    sync.Mutex
	conns []*fakeConn
}

// fakeConn is one connection of a client.
type fakeConn struct {
	ws    *websocket.Conn
	index int // 0 is the first connection
}

func (c *fakeConn) send(frames ...string) {
	_ = c.ws.Write(context.Background(), websocket.MessageText, []byte(strings.Join(frames, "\n"))) // the client may be gone
}

func newFakeServer(t testing.TB, answer func(*fakeConn, command) []string) *fakeServer {
	s := &fakeServer{t: t, answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *fakeServer) url() string { return "ws" + strings.TrimPrefix(s.URL, "http") }

// ServeHTTP refuses what the real server refuses: a first command that is not
// connect, ids of 0, empty lines.
func (s *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 10)
	s.mu.Lock()
	c := &fakeConn{ws: ws, index: len(s.conns)}
	s.conns = append(s.conns, c)
	s.mu.Unlock()
	first := true
	for {
		_, data, err := ws.Read(context.Background())
		if err != nil {
			return
		}
		for _, line := range bytes.Split(data, []byte("\n")) {
			var cmd command
			if err := json.Unmarshal(line, &cmd); err != nil {
				s.t.Errorf("bad frame %q: %v", line, err)
			}
			if string(line) != "{}" && (cmd.ID == 0 || first != (cmd.Connect != nil)) {
				ws.Close(3501, "bad request")
				return
			}
			first = false
			if frames := s.answer(c, cmd); len(frames) > 0 {
				c.send(frames...)
			}
		}
	}
}

// jwt is an unsigned token of a user.
func jwt(user string) string {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"` + user + `"}`))
	return "e30." + claims + ".x"
}

// happy answers as Centrifugo with a worker that echoes the params, on a reply
// channel that is not recoverable.
func happy(_ *fakeConn, cmd command) []string {
	switch {
	case cmd.Connect != nil:
		return []string{reply1(cmd.ID, `"connect":{"client":"c","ping":25,"pong":true}`)}
	case cmd.Subscribe != nil:
		return []string{reply1(cmd.ID, `"subscribe":{}`)}
	case cmd.Unsubscribe != nil:
		return []string{reply1(cmd.ID, `"unsubscribe":{}`)}
	case cmd.Publish != nil:
		var env envelope
		if json.Unmarshal(cmd.Publish.Data, &env) != nil || cmd.Publish.Channel != "rpc.requests" {
			return []string{refuse(cmd.ID, 107, "bad request")}
		}
		ack := reply1(cmd.ID, `"publish":{}`)
		if env.CorrelationID == "" {
			return []string{ack}
		}
		return []string{ack, publish(env.ReplyTo, `{"correlation_id":"`+env.CorrelationID+`",`+work(env)+`}`, "")}
	}
	return nil
}

// work is what the worker answers.
func work(env envelope) string {
	switch env.Method {
	case "echo":
		return `"result":` + string(env.Params)
	case "nothing":
		return `"result":null`
	case "fail":
		return `"error":` + string(env.Params)
	}
	return `"error":{"code":-32601,"message":"unknown method"}`
}

func reply1(id uint32, body string) string { return fmt.Sprintf(`{"id":%d,%s}`, id, body) }

func refuse(id uint32, code int, message string) string {
	return reply1(id, fmt.Sprintf(`"error":{"code":%d,"message":%q}`, code, message))
}

// publish is a publication; info is who published it, "" for the server.
func publish(channel, data, info string) string {
	if info != "" {
		data += `,"info":` + info
	}
	return fmt.Sprintf(`{"push":{"channel":%q,"pub":{"data":%s}}}`, channel, data)
}

// connect opens a client that is closed with the test. Its calls end by their deadline only where
// a test gives them one.
func connect(t testing.TB, s *fakeServer, opts ...Option) *Client {
	t.Helper()
	c := NewClient(s.url(), jwt("456"), "", append([]Option{WithTimeout(waitLimit)}, opts...)...)
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
