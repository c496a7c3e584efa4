package chaos

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// relay passes TCP connections on to a target, which can change, and does to them what networks do.
type relay struct {
	listener net.Listener
	target   atomic.Value // string: an address
	delay    atomic.Int64 // of each piece of data, in nanoseconds
	rate     atomic.Int64 // bytes a second; 0 is unlimited

	mu    sync.Mutex
	pipes []*pipe
	made  int // connections, of which some are over
}

// startRelay listens until the test ends.
func startRelay(t *testing.T) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener}
	r.target.Store("")
	go r.accept()
	t.Cleanup(func() {
		_ = listener.Close() // the test is over
		r.cut()
	})
	return r
}

func (r *relay) address() string { return r.listener.Addr().String() }

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.connect(client)
	}
}

// connect joins a connection to a new one. Where nobody listens, it ends at once.
func (r *relay) connect(client net.Conn) {
	server, err := net.Dial("tcp", r.target.Load().(string))
	if err != nil {
		_ = client.Close() // nobody is told why
		return
	}
	p := &pipe{client: client, server: server}
	r.mu.Lock()
	r.pipes = append(r.pipes, p)
	r.made++
	r.mu.Unlock()
	go r.pump(p, client, server, &p.garbageUp)
	r.pump(p, server, client, &p.garbageDown)
}

// pipe is one connection.
type pipe struct {
	client, server         net.Conn
	swallows               atomic.Bool // it looks alive, and nothing arrives
	garbageUp, garbageDown atomic.Bool // comes before the next piece of data
}

// garbage is neither a frame nor JSON, wherever it comes in between: the peer cannot miss it.
var garbage = []byte("\x00\xff{\"x\":\x00\xfe\xff\x00\x01 garbage")

// pump copies one direction.
func (r *relay) pump(p *pipe, from, to net.Conn, spoiled *atomic.Bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			break
		}
		pause := time.Duration(r.delay.Load())
		if rate := r.rate.Load(); rate > 0 {
			pause += time.Duration(int64(n) * int64(time.Second) / rate)
		}
		time.Sleep(pause)
		if p.swallows.Load() {
			continue
		}
		if spoiled.Swap(false) {
			_, _ = to.Write(garbage) // the next write fails as well
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			break
		}
	}
	if p.swallows.Load() && from == p.server {
		return // the client is not told
	}
	r.end(p)
}

// end closes both sides of a connection, and forgets it.
func (r *relay) end(p *pipe) {
	_, _ = p.client.Close(), p.server.Close() // they may be closed
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.pipes {
		if other == p {
			r.pipes = append(r.pipes[:i:i], r.pipes[i+1:]...)
			return
		}
	}
}

// cut ends all connections, and returns how many.
func (r *relay) cut() int {
	all := r.open()
	for _, p := range all {
		r.end(p)
	}
	return len(all)
}

// open returns the connections there are.
func (r *relay) open() []*pipe {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*pipe(nil), r.pipes...)
}

// storm does one thing after another to the connections until the context ends. Half-open ones
// are cut after a while; those of a long storm remain until the client finds out.
func (r *relay) storm(ctx context.Context, random *rand.Rand, long bool) {
	for pause(ctx, between(random, 100*time.Millisecond, time.Second)) {
		all := r.open()
		if len(all) == 0 {
			continue
		}
		p := all[random.IntN(len(all))]
		switch random.IntN(8) {
		case 0:
			r.delay.Store(int64(between(random, 10*time.Millisecond, 300*time.Millisecond)))
		case 1:
			r.rate.Store(2_000 + random.Int64N(40_000))
		case 2, 3:
			r.delay.Store(0)
			r.rate.Store(0)
		case 4:
			r.end(p)
		case 5:
			if random.IntN(4) == 0 {
				r.cut()
			} else {
				reset(p)
			}
		case 6:
			p.swallows.Store(true)
			if !long || random.IntN(4) > 0 {
				time.AfterFunc(between(random, time.Second, 4*time.Second), func() { r.end(p) })
			}
		default:
			spoiled := &p.garbageDown
			if random.IntN(2) == 0 {
				spoiled = &p.garbageUp
			}
			spoiled.Store(true)
		}
	}
	r.delay.Store(0)
	r.rate.Store(0)
}

// reset ends a connection in the way of a machine that knows nothing of it.
func reset(p *pipe) {
	for _, side := range []net.Conn{p.client, p.server} {
		_ = side.(*net.TCPConn).SetLinger(0) // else it ends in the usual way
		_ = side.Close()                     // the copying ends, too
	}
}

// pause waits; false means that the context has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func between(random *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(random.Int64N(int64(high-low)))
}
