//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"nhooyr.io/websocket"
)

// patience bounds every wait: it ends a run that hangs, and decides nothing else.
const patience = 2 * time.Minute

// maxFrame is the longest message that Centrifugo takes by default.
const maxFrame = 64 << 10

// scriptedBroker is a server that does only what a case's steps say.
type scriptedBroker struct {
	server  *httptest.Server
	knocks  chan *knock   // clients that want to connect
	stopped chan struct{} // closed when the case is over
}

// knock is a request for a WebSocket that the case has yet to decide on.
type knock struct {
	w    http.ResponseWriter
	r    *http.Request
	done chan struct{} // closed when the handler may return
}

type connKey struct{}

func newScriptedBroker() *scriptedBroker {
	b := &scriptedBroker{knocks: make(chan *knock), stopped: make(chan struct{})}
	b.server = httptest.NewUnstartedServer(b)
	b.server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	b.server.Start()
	return b
}

func (b *scriptedBroker) url() string {
	return "ws" + strings.TrimPrefix(b.server.URL, "http") + "/connection/websocket"
}

func (b *scriptedBroker) stop() {
	close(b.stopped)
	b.server.Close()
}

// ServeHTTP lets a client wait until the case wants it, or until it gives up.
func (b *scriptedBroker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k := &knock{w: w, r: r, done: make(chan struct{})}
	select {
	case b.knocks <- k:
	case <-r.Context().Done():
		return
	case <-b.stopped:
		return
	}
	select {
	case <-k.done:
	case <-b.stopped:
	}
}

// next waits for a client that wants to connect.
func (b *scriptedBroker) next() (*knock, error) {
	select {
	case k := <-b.knocks:
		return k, nil
	case <-time.After(patience):
		return nil, errors.New("no client connects")
	}
}

// refuse answers with an HTTP status in place of a WebSocket.
func (k *knock) refuse(status int) {
	k.w.WriteHeader(status)
	close(k.done)
}

// cut breaks the connection before there is a WebSocket.
func (k *knock) cut() {
	cut(k.r.Context().Value(connKey{}).(net.Conn))
	close(k.done)
}

// accept opens the WebSocket and reads from it.
func (k *knock) accept() (*peer, error) {
	ws, err := websocket.Accept(k.w, k.r, &websocket.AcceptOptions{
		Subprotocols: []string{"centrifuge-json"}, InsecureSkipVerify: true,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(1 << 20)
	p := &peer{ws: ws, tcp: k.r.Context().Value(connKey{}).(net.Conn), wake: make(chan struct{}, 1)}
	go func() {
		defer close(k.done)
		p.readAll()
	}()
	return p, nil
}

// peer is the broker's end of one connection.
type peer struct {
	ws  *websocket.Conn
	tcp net.Conn

	mu       sync.Mutex
	commands []any // that no step has taken yet
	err      error // why no more commands come
	pings    int   // that are not answered yet
	greeted  bool
	wake     chan struct{}
}

// readAll takes commands until the connection ends.
func (p *peer) readAll() {
	for {
		_, data, err := p.ws.Read(context.Background())
		p.mu.Lock()
		if err == nil {
			err = p.take(data)
		}
		p.err = err
		p.mu.Unlock()
		select {
		case p.wake <- struct{}{}:
		default:
		}
		if err != nil {
			p.ws.CloseNow()
			return
		}
	}
}

// take splits a message into commands. What Centrifugo closes a connection for
// is an error.
func (p *peer) take(data []byte) error {
	if len(data) > maxFrame {
		return fmt.Errorf("the client broke the protocol: a message of %d bytes", len(data))
	}
	for _, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		var c struct {
			ID      uint32
			Connect json.RawMessage
		}
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("the client broke the protocol: %w in %q", err, line)
		}
		pong := string(bytes.TrimSpace(line)) == "{}"
		switch {
		case pong && p.pings == 0:
			return errors.New("the client broke the protocol: a pong without a ping")
		case pong:
			p.pings--
		case c.ID == 0 || p.greeted != (c.Connect == nil):
			return fmt.Errorf("the client broke the protocol: no id, or connect is not the first command: %s", line)
		}
		p.greeted = true
		p.commands = append(p.commands, decode(line))
	}
	return nil
}

// receive waits for the next command.
func (p *peer) receive() (any, error) { return p.receiveUntil(nil) }

// receiveUntil waits for the next command; nil means that none had come when over was closed.
func (p *peer) receiveUntil(over <-chan struct{}) (any, error) {
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		if len(p.commands) > 0 {
			command := p.commands[0]
			p.commands = p.commands[1:]
			p.mu.Unlock()
			return command, nil
		}
		err := p.err
		p.mu.Unlock()
		if err != nil {
			return nil, fmt.Errorf("no command: %w", err)
		}
		select {
		case <-p.wake:
		case <-over:
			return nil, nil
		case <-timeout:
			return nil, errors.New("the client sends no command")
		}
	}
}

// gone waits until the client has ended the connection, and drops what it said
// before.
func (p *peer) gone() error {
	for {
		if _, err := p.receive(); err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.err == nil {
				return errors.New("the client does not end the connection")
			}
			return nil
		}
	}
}

// send writes one message. That the client has gone is no failure: a step that
// needs it says so.
func (p *peer) send(lines []string) {
	p.mu.Lock()
	for _, line := range lines {
		if line == "{}" {
			p.pings++
		}
	}
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = p.ws.Write(ctx, websocket.MessageText, []byte(strings.Join(lines, "\n")))
}

// close sends a close frame and waits for the client's.
func (p *peer) close(code int, reason string) {
	_ = p.ws.Close(websocket.StatusCode(code), reason) // the client may have gone already
}

// cut resets the TCP connection, as a network does that breaks.
func (p *peer) cut() {
	cut(p.tcp)
}

func cut(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the reset is an orderly end, which is fine too
	}
	_ = conn.Close() // it is given up
}

// putBack lets commands that were received come next, once more.
func (p *peer) putBack(commands []any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commands = append(commands, p.commands...)
}
