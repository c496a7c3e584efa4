//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"nhooyr.io/websocket"
)

// Bounds of a connection.
const (
	maxMessage    = 64 << 20         // bytes that the server may send at once: all missed replies
	commandWait   = 5 * time.Second  // for the answer to a command of the protocol
	pingGrace     = 10 * time.Second // how late a ping of the server may be
	writeDeadline = 10 * time.Second
)

// socket is a WebSocket. A context that ends during Read or Write ends the
// socket, so that no call's context is passed.
type socket interface {
	read() ([]byte, error)
	write(message []byte) error
	abort()
}

type nhooyrSocket struct{ conn *websocket.Conn }

func dial(ctx context.Context, url string, client *http.Client, header http.Header) (socket, error) {
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client, HTTPHeader: header})
	if err != nil {
		if resp != nil {
			return nil, fmt.Errorf("open %s: HTTP status %s", url, resp.Status)
		}
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	conn.SetReadLimit(maxMessage)
	return nhooyrSocket{conn}, nil
}

func (s nhooyrSocket) read() ([]byte, error) {
	_, data, err := s.conn.Read(context.Background())
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return nil, &closeError{Code: int(closed.Code), Reason: closed.Reason}
	}
	return data, err
}

func (s nhooyrSocket) write(message []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeDeadline)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, message)
}

// abort cannot fail in a way that matters: the socket is given up.
func (s nhooyrSocket) abort() { _ = s.conn.CloseNow() }

// closeError is a close frame of the server.
type closeError struct {
	Code   int
	Reason string
}

// Error implements error.
func (e *closeError) Error() string {
	return fmt.Sprintf("the server closed the connection: %d %s", e.Code, e.Reason)
}

// terminal tells whether connecting again would be of no use.
func (e *closeError) terminal() bool {
	return 3500 <= e.Code && e.Code < 4000 || 4500 <= e.Code && e.Code < 5000
}

// link is one connection: a goroutine that reads, one that writes.
type link struct {
	socket   socket
	maxFrame int
	onPush   func(*push)
	watchdog *time.Timer
	wake     chan struct{} // the queue is no longer empty
	down     chan struct{} // closed when the connection has ended
	stopped  sync.WaitGroup

	mu      sync.Mutex
	err     error // why the connection ended
	queue   [][]byte
	lastID  uint32
	waiting map[uint32]func(*reply)
	pong    bool
	silence time.Duration // after which the connection is taken for dead
}

func newLink(s socket, maxFrame int, onPush func(*push)) *link {
	l := &link{
		socket:   s,
		maxFrame: maxFrame,
		onPush:   onPush,
		wake:     make(chan struct{}, 1),
		down:     make(chan struct{}),
		waiting:  map[uint32]func(*reply){},
		silence:  commandWait + pingGrace,
	}
	l.watchdog = time.AfterFunc(l.silence, func() { l.fail(errors.New("the server is silent")) })
	l.stopped.Add(2)
	go l.readAll()
	go l.writeAll()
	return l
}

// fail ends the connection; the first reason counts.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
		l.watchdog.Stop()
		l.socket.abort()
		close(l.down)
	}
}

// close ends the connection and waits for its goroutines.
func (l *link) close(err error) {
	l.fail(err)
	l.stopped.Wait()
}

// reason returns why the connection ended.
func (l *link) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *link) readAll() {
	defer l.stopped.Done()
	for {
		data, err := l.socket.read()
		if err != nil {
			l.fail(err)
			return
		}
		l.rewind()
		for _, line := range bytes.Split(data, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			if err := l.receive(line); err != nil {
				l.fail(err)
				return
			}
		}
	}
}

// rewind starts the watchdog anew.
func (l *link) rewind() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.watchdog.Reset(l.silence)
	}
}

// keepAlive takes the rules of the connect reply.
func (l *link) keepAlive(ping time.Duration, pong bool) {
	l.mu.Lock()
	l.pong = pong
	if l.silence = ping + pingGrace; ping == 0 {
		l.silence = 365 * 24 * time.Hour // the server sends no pings
	}
	l.mu.Unlock()
	l.rewind()
}

func (l *link) receive(line []byte) error {
	if string(line) == "{}" {
		l.mu.Lock()
		pong := l.pong
		l.mu.Unlock()
		if pong {
			l.enqueue([]byte("{}"))
		}
		return nil
	}
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("the server sent no valid frame: %w", err)
	}
	if c := r.Connect; c != nil { // here, since a ping may follow at once
		l.keepAlive(time.Duration(c.Ping)*time.Second, c.Pong)
	}
	if r.Push != nil {
		if d := r.Push.Disconnect; d != nil {
			return &closeError{Code: d.Code, Reason: d.Reason}
		}
		l.onPush(r.Push)
	}
	l.mu.Lock()
	answered := l.waiting[r.ID]
	delete(l.waiting, r.ID)
	l.mu.Unlock()
	if answered != nil {
		answered(&r)
	}
	return nil
}

// send queues a command. What answered gets runs in the reading goroutine; it is
// not called when the connection ends before.
func (l *link) send(c command, answered func(*reply)) error {
	l.mu.Lock()
	l.lastID++
	c.ID = l.lastID
	l.mu.Unlock()
	line, err := marshalLine(c)
	if err != nil {
		return err
	}
	if len(line) > l.maxFrame {
		return &RequestTooLarge{Size: len(line), Limit: l.maxFrame}
	}
	l.mu.Lock()
	if err := l.err; err != nil {
		l.mu.Unlock()
		return err
	}
	l.waiting[c.ID] = answered
	l.mu.Unlock()
	l.enqueue(line)
	return nil
}

// do sends a command and waits for its answer.
func (l *link) do(ctx context.Context, c command) (*reply, error) {
	answers := make(chan *reply, 1)
	if err := l.send(c, func(r *reply) { answers <- r }); err != nil {
		return nil, err
	}
	timeout := time.NewTimer(commandWait)
	defer timeout.Stop()
	select {
	case r := <-answers:
		if r.Error != nil {
			return nil, r.Error
		}
		return r, nil
	case <-l.down:
		return nil, l.reason()
	case <-timeout.C:
		return nil, errors.New("the server does not answer")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *link) enqueue(line []byte) {
	l.mu.Lock()
	l.queue = append(l.queue, line)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// writeAll puts as many commands into a frame as there are and fit.
func (l *link) writeAll() {
	defer l.stopped.Done()
	for {
		select {
		case <-l.wake:
		case <-l.down:
			return
		}
		l.mu.Lock()
		queue := l.queue
		l.queue = nil
		l.mu.Unlock()
		for len(queue) > 0 {
			n, size := 1, len(queue[0])
			for n < len(queue) && size+1+len(queue[n]) <= l.maxFrame {
				size += 1 + len(queue[n])
				n++
			}
			if err := l.socket.write(bytes.Join(queue[:n], []byte("\n"))); err != nil {
				l.fail(err)
				return
			}
			queue = queue[n:]
		}
	}
}
