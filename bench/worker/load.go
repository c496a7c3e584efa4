//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"nhooyr.io/websocket"

	"github.com/wsgen/wsgen/bench/internal/calls"
)

// load is the connection of a user who makes calls. It writes and reads frames by
// itself, to take as little time as it can beside the worker.
type load struct {
	ws   *websocket.Conn
	user string
	last int // number of the last command, and of the call in it

	native bool // calls go over native RPC
}

func connect(ctx context.Context, url, token, user string) (*load, error) {
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"centrifuge-json"}})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1)
	l := &load{ws: ws, user: user, last: 1}
	if err := l.write(ctx, fmt.Sprintf(`{"id":%d,"connect":{"token":%q}}`, l.last, token)); err != nil {
		return nil, err
	}
	_, _, err = ws.Read(ctx)
	return l, err
}

// close ignores failures: everything has been measured.
func (l *load) close() { _ = l.ws.CloseNow() }

func (l *load) write(ctx context.Context, command string) error {
	return l.ws.Write(ctx, websocket.MessageText, []byte(command))
}

// measure makes calls, up to inFlight at a time. It needs one goroutine: it sends the
// next call when it has read a reply.
func (l *load) measure(ctx context.Context, number, inFlight int) (calls.Measurement, error) {
	sent := map[string]time.Time{}
	send := func() error {
		l.last++
		id := strconv.Itoa(l.last)
		sent[id] = time.Now()
		if l.native {
			return l.write(ctx, fmt.Sprintf(`{"id":%s,"rpc":{"method":"echo","data":{"text":"hello"}}}`, id))
		}
		return l.write(ctx, fmt.Sprintf(`{"id":%[1]s,"publish":{"channel":"rpc.requests","data":{"method":"echo",`+
			`"params":{"text":"hello"},"correlation_id":"call-%[1]s","reply_to":"user#%[2]s"}}}`, id, l.user))
	}
	started := time.Now()
	for range min(inFlight, number) {
		if err := send(); err != nil {
			return calls.Measurement{}, err
		}
	}
	m := calls.Measurement{Latencies: make([]float64, 0, number)}
	for len(m.Latencies) < number {
		replies, err := l.read(ctx)
		if err != nil {
			return m, err
		}
		for _, id := range replies {
			m.Latencies = append(m.Latencies, time.Since(sent[id]).Seconds())
			delete(sent, id)
			if len(m.Latencies)+len(sent) < number {
				if err := send(); err != nil {
					return m, err
				}
			}
		}
	}
	m.Seconds = time.Since(started).Seconds()
	return m, nil
}

// hold makes calls that are never answered, and returns when all are accepted.
func (l *load) hold(ctx context.Context, number int) error {
	for range number {
		l.last++
		if err := l.write(ctx, fmt.Sprintf(`{"id":%[1]d,"publish":{"channel":"rpc.requests","data":{"method":"hold",`+
			`"params":{},"correlation_id":"call-%[1]d","reply_to":"user#%[2]s"}}}`, l.last, l.user)); err != nil {
			return err
		}
	}
	for accepted := 0; accepted < number; {
		_, frame, err := l.ws.Read(ctx)
		if err != nil {
			return err
		}
		if bytes.Contains(frame, []byte(`"error"`)) {
			return fmt.Errorf("the server says %s", frame)
		}
		accepted += bytes.Count(frame, []byte(`"publish":{}`))
	}
	return nil
}

// message is what the server sends: a push with a reply, an acknowledgement, or a ping.
type message struct {
	ID    int             `json:"id"`
	Error json.RawMessage `json:"error"`
	RPC   struct {
		Data struct {
			Result struct{ Text string } `json:"result"`
		} `json:"data"`
	} `json:"rpc"`
	Push struct {
		Pub struct {
			Data struct {
				CorrelationID string                `json:"correlation_id"`
				Result        struct{ Text string } `json:"result"`
			} `json:"data"`
		} `json:"pub"`
	} `json:"push"`
}

// read reads one frame and returns the numbers of the calls that it answers.
func (l *load) read(ctx context.Context) (calls []string, err error) {
	_, frame, err := l.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(frame) {
		line = bytes.TrimSpace(line)
		if string(line) == "{}" {
			if err := l.write(ctx, "{}"); err != nil {
				return nil, err
			}
			continue
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, err
		}
		reply := m.Push.Pub.Data
		if m.Error != nil || reply.CorrelationID != "" && reply.Result.Text != "hello" {
			return nil, fmt.Errorf("the server says %s", line)
		}
		if m.RPC.Data.Result.Text == "hello" {
			calls = append(calls, strconv.Itoa(m.ID))
		}
		if reply.CorrelationID != "" {
			calls = append(calls, reply.CorrelationID[len("call-"):])
		}
	}
	return calls, nil
}
