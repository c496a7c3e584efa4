package e2e

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between a client and the broker, and cuts connections.
type proxy struct {
	listener net.Listener
	target   string
	done     sync.WaitGroup

	mu          sync.Mutex
	cuts        []int64 // bytes from the broker after which the next connections are cut
	connections int
	open        map[net.Conn]bool
	closed      bool
}

// startProxy listens until the test ends. It resets the first connection after
// cuts[0] bytes from the broker, the second one after cuts[1], and so on; it
// leaves later ones alone.
func startProxy(t *testing.T, target string, cuts ...int64) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, cuts: cuts, open: map[net.Conn]bool{}}
	p.done.Go(func() { p.acceptAll(t) })
	t.Cleanup(p.close)
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) acceptAll(t *testing.T) {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		p.done.Go(func() { p.carry(t, client) })
	}
}

// carry copies both ways until one side ends or the connection has to be cut.
func (p *proxy) carry(t *testing.T, client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		t.Error(err)
		cut(client)
		return
	}
	limit, limited := p.begin(client, server)
	p.done.Go(func() {
		_, _ = io.Copy(server, client) // ends with either side, as the other way tells
		_ = server.Close()
	})
	if limited {
		_, _ = io.CopyN(client, server, limit)
		cut(client)
	} else {
		_, _ = io.Copy(client, server)
	}
	p.end(client, server)
}

// begin counts a connection and says where it is to be cut.
func (p *proxy) begin(ends ...net.Conn) (limit int64, limited bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.connections < len(p.cuts) {
		limit, limited = p.cuts[p.connections], true
	}
	p.connections++
	for _, end := range ends {
		p.open[end] = true
		if p.closed {
			_ = end.Close()
		}
	}
	return limit, limited
}

func (p *proxy) end(ends ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, end := range ends {
		_ = end.Close() // it may be closed already
		delete(p.open, end)
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for end := range p.open {
		_ = end.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

// cut resets a connection, as a network does that breaks.
func cut(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the end is an orderly one, which must do too
	}
	_ = conn.Close()
}
