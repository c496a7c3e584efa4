//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"

	"nhooyr.io/websocket"
)

// baseline is a handwritten client: it uses reflection, and has no reconnects and no
// deadlines.
type baseline struct {
	ws      *websocket.Conn
	replyTo string
	done    chan struct{} // closed when reading has ended

	mu      sync.Mutex
	last    uint32 // id of the last command
	pending map[string]chan reply
}

// statsParams and the types below have the members of the client's types.
type statsParams struct {
	UserID string `json:"user_id"`
}

type statsResult struct {
	UserID          string           `json:"user_id"`
	Total           int64            `json:"total"`
	ByStatus        map[string]int64 `json:"by_status"`
	ByPriority      map[string]int64 `json:"by_priority"`
	Completion      float64          `json:"completion"`
	MeanTimeToClose *string          `json:"mean_time_to_close"`
	Oldest          *task            `json:"oldest"`
	ComputedAt      string           `json:"computed_at"`
}

type task struct {
	ID          string            `json:"id"`
	Project     string            `json:"project"`
	Title       string            `json:"title"`
	Body        string            `json:"body"`
	Status      string            `json:"status"`
	Priority    int64             `json:"priority"`
	Assignee    *user             `json:"assignee"`
	OwnerName   *string           `json:"owner_name"`
	Labels      []string          `json:"labels"`
	Attachments []json.RawMessage `json:"attachments"`
	Place       json.RawMessage   `json:"place"`
	Comments    []json.RawMessage `json:"comments"`
	Repeat      json.RawMessage   `json:"repeat"`
	Effort      json.RawMessage   `json:"effort"`
	Cost        *string           `json:"cost"`
	Due         *string           `json:"due"`
	CreatedAt   string            `json:"created_at"`
	UpdatedAt   string            `json:"updated_at"`
	ClosedAt    *string           `json:"closed_at"`
}

type user struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Email    *string `json:"email"`
	Homepage *string `json:"homepage"`
}

type request struct {
	Method        string `json:"method"`
	Params        any    `json:"params"`
	CorrelationID string `json:"correlation_id"`
	ReplyTo       string `json:"reply_to"`
}

type publish struct {
	Channel string  `json:"channel"`
	Data    request `json:"data"`
}

type command struct {
	ID      uint32   `json:"id"`
	Connect any      `json:"connect,omitempty"`
	Publish *publish `json:"publish,omitempty"`
}

type reply struct {
	CorrelationID string          `json:"correlation_id"`
	Result        json.RawMessage `json:"result"`
}

// message is what the server sends. Only pushes with a reply are read.
type message struct {
	Push *struct {
		Pub *struct {
			Data reply `json:"data"`
		} `json:"pub"`
	} `json:"push"`
}

func connect(ctx context.Context, url, token, user string) (*baseline, error) {
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"centrifuge-json"}})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1)
	b := &baseline{ws: ws, replyTo: "user#" + user, done: make(chan struct{}), pending: map[string]chan reply{}}
	if err := b.send(ctx, command{Connect: map[string]string{"token": token}}); err != nil {
		return nil, err
	}
	if _, _, err := ws.Read(ctx); err != nil {
		return nil, err
	}
	go func() {
		defer close(b.done)
		for b.read(ctx) == nil {
		}
	}()
	return b, nil
}

func (b *baseline) close() {
	_ = b.ws.CloseNow() // a failure does not matter: everything has been measured
	<-b.done
}

func (b *baseline) send(ctx context.Context, c command) error {
	b.mu.Lock()
	b.last++
	c.ID = b.last
	b.mu.Unlock()
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return b.ws.Write(ctx, websocket.MessageText, data)
}

// read reads one frame, answers pings and hands replies to the calls that wait for them.
func (b *baseline) read(ctx context.Context) error {
	_, data, err := b.ws.Read(ctx)
	if err != nil {
		return err
	}
	for _, line := range bytes.Split(data, []byte("\n")) {
		if string(line) == "{}" {
			if err := b.ws.Write(ctx, websocket.MessageText, line); err != nil {
				return err
			}
			continue
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return err
		}
		if m.Push == nil || m.Push.Pub == nil {
			continue
		}
		r := m.Push.Pub.Data
		b.mu.Lock()
		waiting := b.pending[r.CorrelationID]
		delete(b.pending, r.CorrelationID)
		b.mu.Unlock()
		if waiting != nil {
			waiting <- r
		}
	}
	return nil
}

// call calls a method and decodes its result.
func (b *baseline) call(ctx context.Context, method string, params, result any) error {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	r := request{Method: method, Params: params, CorrelationID: hex.EncodeToString(id[:]), ReplyTo: b.replyTo}
	waiting := make(chan reply, 1)
	b.mu.Lock()
	b.pending[r.CorrelationID] = waiting
	b.mu.Unlock()
	if err := b.send(ctx, command{Publish: &publish{Channel: "rpc.requests", Data: r}}); err != nil {
		return err
	}
	select {
	case answer := <-waiting:
		return json.Unmarshal(answer.Result, result)
	case <-b.done:
		return errors.New("the connection has ended")
	}
}
