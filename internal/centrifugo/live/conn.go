package live

//lint:file-ignore SA1019 the generated Go client uses this import path, too; its successor has the same code

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"nhooyr.io/websocket"
)

// commandWait bounds every answer of the server; tests change it.
var commandWait = 10 * time.Second

// conn is a connection of a user. It reads only while a call waits for something.
type conn struct {
	ctx    context.Context
	socket *websocket.Conn
	lastID int
	pong   bool
	subs   map[string]json.RawMessage // channels that the server has subscribed it to
	pushes []json.RawMessage          // data of publications
	err    error                      // why it has ended
}

// message is what the server sends: a reply, a push, or a ping with nothing in it.
type message struct {
	ID    int `json:"id"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Connect *struct {
		Pong bool                       `json:"pong"`
		Subs map[string]json.RawMessage `json:"subs"`
	} `json:"connect"`
	Push *struct {
		Pub *struct {
			Data json.RawMessage `json:"data"`
		} `json:"pub"`
	} `json:"push"`
}

// outcome is what became of a command.
type outcome struct {
	code   int    // of the error, or of the close frame; 0 if the command was accepted
	closed bool   // the server has closed the connection
	text   string // the reason that the server gave
}

// lost is the code of a connection that ended without a close frame.
const lost = -1

// undecided tells whether neither the server nor its back end has answered, which does not
// prove that they refuse the command.
func (o outcome) undecided() bool { return o.code == failed || o.code == lost }

// String returns the outcome as the table shows it.
func (o outcome) String() string {
	switch {
	case o.code == lost:
		return o.text
	case o.closed:
		return fmt.Sprintf("closed %d %s", o.code, o.text)
	case o.code != 0:
		return fmt.Sprintf("%d %s", o.code, o.text)
	}
	return "accepted"
}

// open connects with a token. The connect command asks for subscriptions to the channels
// in subs.
func open(ctx context.Context, url, token string, subs ...string) (*conn, outcome, error) {
	dialing, cancel := context.WithTimeout(ctx, commandWait)
	defer cancel()
	socket, response, err := websocket.Dial(dialing, url, nil)
	if err != nil {
		return nil, outcome{}, explain(url, response, err)
	}
	socket.SetReadLimit(64 << 20) // recovered publications come in one message
	c := &conn{ctx: ctx, socket: socket}
	params := map[string]any{"token": token}
	if len(subs) > 0 {
		wanted := map[string]any{}
		for _, name := range subs {
			wanted[name] = struct{}{}
		}
		params["subs"] = wanted
	}
	return c, c.do("connect", params), nil
}

func (c *conn) close() { _ = c.socket.CloseNow() }

// do sends a command and waits for its outcome.
func (c *conn) do(command string, params any) outcome {
	c.lastID++
	id := c.lastID
	// Params are made of strings, numbers, maps and lists, which are always JSON.
	frame, _ := json.Marshal(map[string]any{"id": id, command: params})
	ctx, cancel := context.WithTimeout(c.ctx, commandWait)
	defer cancel()
	if c.err == nil {
		c.err = c.socket.Write(ctx, websocket.MessageText, frame)
	}
	result := outcome{}
	c.read(ctx, func(m message) bool {
		if m.ID != id {
			return false
		}
		if m.Error != nil {
			result = outcome{code: m.Error.Code, text: m.Error.Message}
		}
		return true
	})
	var closed websocket.CloseError
	switch {
	case errors.As(c.err, &closed):
		return outcome{code: int(closed.Code), closed: true, text: closed.Reason}
	case c.err != nil:
		return outcome{code: lost, closed: true, text: ending(c.err)}
	}
	return result
}

// got tells whether a publication with the correlation id has come, or comes within the
// time. If none comes, the connection has ended afterwards.
func (c *conn) got(correlationID string, wait time.Duration) bool {
	ctx, cancel := context.WithTimeout(c.ctx, wait)
	defer cancel()
	if !c.has(correlationID) {
		c.read(ctx, func(message) bool { return c.has(correlationID) })
	}
	return c.has(correlationID)
}

func (c *conn) has(correlationID string) bool {
	return slices.ContainsFunc(c.pushes, func(data json.RawMessage) bool {
		return bytes.Contains(data, []byte(correlationID))
	})
}

// read handles messages until last returns true for one, or until the connection or the
// context ends. The end of the context ends the connection as well.
func (c *conn) read(ctx context.Context, last func(message) bool) {
	for done := false; c.err == nil && !done; {
		_, frame, err := c.socket.Read(ctx)
		if err != nil {
			c.err = cmp.Or(ctx.Err(), err) // where the time is over, the package may return another error
			return
		}
		for line := range bytes.Lines(frame) {
			m := c.handle(line)
			done = last(m) || done
		}
	}
}

func (c *conn) handle(line []byte) message {
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		c.err = errProtocol
		return m
	}
	switch {
	case m.Connect != nil:
		c.pong, c.subs = m.Connect.Pong, m.Connect.Subs
	case m.Push != nil && m.Push.Pub != nil:
		c.pushes = append(c.pushes, m.Push.Pub.Data)
	case c.pong && string(bytes.TrimSpace(line)) == "{}":
		c.err = c.socket.Write(c.ctx, websocket.MessageText, []byte("{}"))
	}
	return m
}
