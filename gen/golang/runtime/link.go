//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
	closeGrace    = time.Second // for the server's reason, once writing has failed

	// maxUnanswered is how many bytes the socket buffers of any system hold.
	maxUnanswered = 2 << 10
)

// socket is a WebSocket. Its methods take no context: the package closes a WebSocket whose
// context ends while it reads or writes.
type socket interface {
	read() ([]byte, error)
	write(message []byte) error
	abort()
}

type nhooyrSocket struct {
	conn   *websocket.Conn
	buffer []byte      // reused for messages that fit into it
	stuck  *time.Timer // closes the socket when a write takes too long
}

func dial(ctx context.Context, url string, client *http.Client, header http.Header) (socket, error) {
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client, HTTPHeader: header})
	if err != nil {
		if resp != nil {
			return nil, &statusError{url: url, code: resp.StatusCode, text: resp.Status}
		}
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	conn.SetReadLimit(maxMessage)
	s := &nhooyrSocket{conn: conn, buffer: make([]byte, 8<<10)}
	s.stuck = time.AfterFunc(writeDeadline, s.abort)
	s.stuck.Stop()
	return s, nil
}

// statusError is an answer of HTTP in place of a WebSocket.
type statusError struct {
	url  string
	code int
	text string // "404 Not Found"
}

// Error implements error.
func (e *statusError) Error() string {
	text := fmt.Sprintf("open %s: HTTP status %s", e.url, e.text)
	switch {
	case e.code == http.StatusUnauthorized:
		text += ": the server, or a proxy before it, wants other credentials"
	case e.code == http.StatusForbidden:
		text += ": the origin may be missing in Centrifugo's client.allowed_origins"
	case e.code == http.StatusNotFound:
		text += ": the path may be wrong; Centrifugo's is /connection/websocket"
	case e.final():
		text += ": this may not be the URL of Centrifugo's WebSocket"
	}
	return text
}

// final tells whether another attempt would get the same answer.
func (e *statusError) final() bool {
	switch e.code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return 400 <= e.code && e.code < 500
}

func (s *nhooyrSocket) read() ([]byte, error) {
	data, err := s.readMessage()
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		return nil, &closeError{Code: int(closed.Code), Reason: closed.Reason}
	}
	return data, err
}

// readMessage reads a message with as few reads as possible: each one switches to another
// goroutine and back.
func (s *nhooyrSocket) readMessage() ([]byte, error) {
	_, r, err := s.conn.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	n, err := io.ReadFull(r, s.buffer)
	data := bytes.Clone(s.buffer[:n])
	switch err {
	case nil:
		rest, err := io.ReadAll(r)
		return append(data, rest...), err
	case io.EOF, io.ErrUnexpectedEOF: // the message is shorter
		return data, nil
	}
	return nil, err
}

// write has a deadline that costs less than a context's.
func (s *nhooyrSocket) write(message []byte) error {
	s.stuck.Reset(writeDeadline)
	defer s.stuck.Stop()
	return s.conn.Write(context.Background(), websocket.MessageText, message)
}

// abort closes the socket at once; it is not used any more, so that an error does not matter.
func (s *nhooyrSocket) abort() { _ = s.conn.CloseNow() }

// closeError is a close frame of the server.
type closeError struct {
	Code   int
	Reason string
}

// Error implements error.
func (e *closeError) Error() string {
	return fmt.Sprintf("the server closed the connection: %d %s", e.Code, e.Reason)
}

// terminal tells whether the server forbids connecting again.
func (e *closeError) terminal() bool {
	return 3500 <= e.Code && e.Code < 4000 || 4500 <= e.Code && e.Code < 5000
}

// link is one connection. One goroutine reads; another one writes the commands that could
// not be written at once.
type link struct {
	socket   socket
	maxFrame int
	onPush   func(*push)
	watchdog *time.Timer
	wake     chan struct{} // the queue is no longer empty
	down     chan struct{} // closed when the connection has ended
	stopped  sync.WaitGroup

	mu         sync.Mutex
	err        error // why the connection ended
	queue      [][]byte
	writing    bool // a goroutine writes; all others queue
	lastID     uint32
	waiting    map[uint32]awaited
	unanswered int // bytes of the commands that wait for an answer
	pong       bool
	silence    time.Duration // after which the connection counts as broken
}

// awaited is a command that waits for its answer.
type awaited struct {
	size     int
	answered func(*reply)
}

func newLink(s socket, maxFrame int, onPush func(*push)) *link {
	l := &link{
		socket:   s,
		maxFrame: maxFrame,
		onPush:   onPush,
		wake:     make(chan struct{}, 1),
		down:     make(chan struct{}),
		waiting:  map[uint32]awaited{},
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
		for line, rest, more := []byte(nil), data, true; more; {
			line, rest, more = bytes.Cut(rest, []byte("\n"))
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

// rewind restarts the watchdog.
func (l *link) rewind() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.watchdog.Reset(l.silence)
	}
}

// keepAlive sets the ping interval and whether pings are answered, as the connect reply says.
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
	if err := decodeFrame(line, &r, (*reply).decodeJSON); err != nil {
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
	command := l.waiting[r.ID]
	delete(l.waiting, r.ID)
	l.unanswered -= command.size
	l.mu.Unlock()
	if command.answered != nil {
		command.answered(&r)
	}
	return nil
}

// send sends a command. The reading goroutine calls answered with the server's answer, unless
// the connection ends before.
func (l *link) send(c command, answered func(*reply)) error {
	l.mu.Lock()
	l.lastID++
	c.ID = l.lastID
	l.mu.Unlock()
	line, err := c.line()
	if err != nil {
		return err
	}
	if len(line) > l.maxFrame {
		return &RequestTooLargeError{Size: len(line), Limit: l.maxFrame}
	}
	l.mu.Lock()
	if err := l.err; err != nil {
		l.mu.Unlock()
		return err
	}
	l.waiting[c.ID] = awaited{len(line), answered}
	l.unanswered += len(line)
	l.mu.Unlock()
	l.enqueue(line)
	return nil
}

// do sends a command and waits for its answer. The reading goroutine calls first, unless it is
// nil, with the answer before it reads on.
func (l *link) do(ctx context.Context, c command, first func(*reply)) (*reply, error) {
	answers := make(chan *reply, 1)
	answered := func(r *reply) {
		if first != nil {
			first(r)
		}
		answers <- r
	}
	if err := l.send(c, answered); err != nil {
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
		return nil, errNoAnswer
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// enqueue writes a line at once where that cannot block: nothing else is being written, and
// the socket's buffer has room for all that the server may not have read yet. Otherwise the
// writing goroutine does it, so that no call waits here beyond its deadline.
func (l *link) enqueue(line []byte) {
	l.mu.Lock()
	busy := l.writing
	atOnce := !busy && len(l.queue) == 0 && l.unanswered <= maxUnanswered
	if atOnce {
		l.writing = true
	} else {
		l.queue = append(l.queue, line)
	}
	l.mu.Unlock()
	switch {
	case atOnce:
		l.writeAtOnce(line)
	case !busy: // else the one who is writing looks at the queue afterwards
		l.wakeWriter()
	}
}

func (l *link) writeAtOnce(line []byte) {
	if err := l.socket.write(line); err != nil {
		l.writeFailed(err)
		return
	}
	if l.stopWriting() {
		l.wakeWriter()
	}
}

// writeFailed gives the reading goroutine time to find the server's close frame, whose code
// decides whether to connect again. Nothing is written any more.
func (l *link) writeFailed(err error) {
	time.AfterFunc(closeGrace, func() { l.fail(err) })
}

func (l *link) wakeWriter() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// startWriting returns what is queued, unless it is being written already.
func (l *link) startWriting() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writing || len(l.queue) == 0 {
		return nil
	}
	queue := l.queue
	l.queue, l.writing = nil, true
	return queue
}

// stopWriting lets others write; it tells whether more is queued.
func (l *link) stopWriting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing = false
	return len(l.queue) > 0
}

// writeAll writes what is queued.
func (l *link) writeAll() {
	defer l.stopped.Done()
	for {
		select {
		case <-l.wake:
		case <-l.down:
			return
		}
		for queue := l.startWriting(); len(queue) > 0; queue = l.startWriting() {
			if err := l.writeLines(queue); err != nil {
				l.writeFailed(err)
				return
			}
			l.stopWriting()
		}
	}
}

// writeLines puts as many commands into a frame as there are and fit.
func (l *link) writeLines(lines [][]byte) error {
	for len(lines) > 0 {
		n, size := 1, len(lines[0])
		for n < len(lines) && size+1+len(lines[n]) <= l.maxFrame {
			size += 1 + len(lines[n])
			n++
		}
		if err := l.socket.write(bytes.Join(lines[:n], []byte("\n"))); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return nil
}
