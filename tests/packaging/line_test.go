package packaging

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// line stands between a client and the broker, and can be cut.
type line struct {
	url     string // of the broker, through the line
	control string // a POST cuts all connections, and is answered once there is another

	mu     sync.Mutex
	opened int
	conns  []*net.TCPConn
	again  chan struct{} // closed when the next connection is opened
}

// newLine leads to the broker at a URL.
func newLine(t *testing.T, broker string) *line {
	t.Helper()
	target, err := url.Parse(broker)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{url: strings.Replace(broker, target.Host, listener.Addr().String(), 1)}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed by the test
			}
			l.lead(client.(*net.TCPConn), target.Host)
		}
	}()
	control := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-l.cut():
		case <-r.Context().Done(): // the browser has ended
		}
	}))
	l.control = control.URL
	t.Cleanup(func() {
		control.Close()
		_ = listener.Close()
		l.cut()
	})
	return l
}

func (l *line) lead(client *net.TCPConn, address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		_ = client.Close() // there is no broker
		return
	}
	broker := conn.(*net.TCPConn)
	l.mu.Lock()
	l.opened++
	l.conns = append(l.conns, client, broker)
	if l.again != nil {
		close(l.again)
		l.again = nil
	}
	l.mu.Unlock()
	for _, way := range [][2]*net.TCPConn{{client, broker}, {broker, client}} {
		go func() {
			_, _ = io.Copy(way[1], way[0]) // ends with the connection, or with a cut
			_ = way[1].Close()
		}()
	}
}

// cut resets all connections, as a network does that breaks. New ones may follow: the
// channel is closed by the next.
func (l *line) cut() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.conns {
		_ = conn.SetLinger(0) // it may be closed
		_ = conn.Close()
	}
	l.conns = nil
	l.again = make(chan struct{})
	return l.again
}

// count returns how many connections were ever opened.
func (l *line) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened
}
