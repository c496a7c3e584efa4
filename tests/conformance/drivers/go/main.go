// Command conformance drives the generated Go client over standard input and
// output; the protocol is in tests/conformance/README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"

	"example.com/centrifugo_client/rpc"
)

// command is a line of standard input.
type command struct {
	ID           string            `json:"id"`
	Do           string            `json:"do"`
	Client       string            `json:"client"`
	URL          string            `json:"url"`
	Token        string            `json:"token"`
	User         string            `json:"user"`
	Options      json.RawMessage   `json:"options"`
	TimeoutMS    int64             `json:"timeout_ms"`
	Method       string            `json:"method"`
	Params       json.RawMessage   `json:"params"`
	Meta         map[string]string `json:"meta"`
	Call         string            `json:"call"`
	Event        string            `json:"event"`
	Args         map[string]string `json:"args"`
	Subscription string            `json:"subscription"`
	Hold         bool              `json:"hold"`
	Since        *rpc.Position     `json:"since"`
	Stream       string            `json:"stream"`
	Window       *int              `json:"window"`
	Batch        string            `json:"batch"`
	BatchSize    int               `json:"batch_size"`
	N            int               `json:"n"`
	Error        string            `json:"error"`
	Unauthorized bool              `json:"unauthorized"`
}

// message is a line of standard output.
type message map[string]any

// driver holds what the commands refer to.
type driver struct {
	running sync.WaitGroup

	output sync.Mutex
	mu     sync.Mutex
	// clients, and what cancels calls and subscriptions, by name
	clients  map[string]*client
	cancels  map[string]context.CancelFunc
	releases map[string]chan struct{} // of loops that are held, one for each release
	breaks   map[string]chan struct{} // of streams; closed when their loops are to be left
}

func main() {
	d := &driver{}
	d.forget()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	goroutines := runtime.NumGoroutine()
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			fail(err)
		}
		if c.Do == "reset" {
			d.reset(goroutines)
			d.say(message{"id": c.ID, "ok": true})
			continue
		}
		d.start(c)
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
	d.reset(goroutines)
}

// leakPatience is how long goroutines of closed clients may take to end.
const leakPatience = 10 * time.Second

// reset closes all clients and forgets them. When all commands have ended, no more
// goroutines may run than before there were clients.
func (d *driver) reset(goroutines int) {
	for _, c := range d.clients {
		if err := c.api.Close(); err != nil {
			fail(err)
		}
	}
	d.running.Wait()
	d.forget()
	http.DefaultClient.CloseIdleConnections() // those of refused connections
	for deadline := time.Now().Add(leakPatience); runtime.NumGoroutine() > goroutines; {
		if time.Now().After(deadline) {
			_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1) // the error says the rest
			fail(fmt.Errorf("%d goroutines are left, want %d", runtime.NumGoroutine(), goroutines))
		}
		time.Sleep(time.Millisecond)
	}
}

// forget begins with nothing.
func (d *driver) forget() {
	d.clients, d.cancels = map[string]*client{}, map[string]context.CancelFunc{}
	d.releases, d.breaks = map[string]chan struct{}{}, map[string]chan struct{}{}
}

// fail ends the driver where it cannot do what it is told.
func fail(err error) {
	fmt.Fprintln(os.Stderr, "driver:", err)
	os.Exit(1)
}

// say writes a message.
func (d *driver) say(m message) {
	line, err := json.Marshal(m)
	if err != nil {
		fail(err)
	}
	d.output.Lock()
	defer d.output.Unlock()
	if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
		fail(err)
	}
}

// start runs a command beside those that run already. What later commands refer
// to is there when it returns.
func (d *driver) start(c command) {
	switch c.Do {
	case "new":
		client, err := d.newClient(c)
		if err != nil {
			fail(err)
		}
		d.mu.Lock()
		d.clients[c.Client] = client
		d.mu.Unlock()
		d.say(message{"id": c.ID, "ok": true})
	case "token":
		d.client(c.Client).answerToken(c)
	case "connect":
		d.spawn(c, d.connect)
	case "close":
		d.spawn(c, d.close)
	case "call":
		d.spawn(c, d.call)
	case "subscribe":
		d.spawn(c, d.subscribe)
	case "stream":
		d.spawn(c, d.stream)
	case "break":
		if d.runs(c.Stream) {
			close(d.channel(d.breaks, c.Stream, 0))
		}
		d.say(message{"id": c.ID, "ok": true})
	case "cancel":
		d.cancel(c.Call)
		d.say(message{"id": c.ID, "ok": true})
	case "release":
		if d.runs(c.Subscription) {
			d.channel(d.releases, c.Subscription, maxReleases) <- struct{}{}
		}
		d.say(message{"id": c.ID, "ok": true})
	case "unsubscribe":
		d.cancel(c.Subscription)
		d.say(message{"id": c.ID, "ok": true})
	default:
		fail(fmt.Errorf("unknown command %q", c.Do))
	}
}

// spawn runs a command in a goroutine, with a context that commands can cancel.
func (d *driver) spawn(c command, run func(context.Context, *client, command)) {
	ctx, cancel := context.WithCancel(context.Background())
	d.mu.Lock()
	d.cancels[c.ID] = cancel
	d.mu.Unlock()
	client := d.client(c.Client)
	d.running.Add(1)
	go func() {
		defer d.running.Done()
		defer cancel()
		defer d.leave(c.ID)
		run(ctx, client, c)
	}()
}

// runs tells whether a command has not ended.
func (d *driver) runs(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cancels[id] != nil
}

// leave keeps nothing of a command that has ended: only clients may fill the memory.
func (d *driver) leave(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.cancels, id)
	delete(d.releases, id)
	delete(d.breaks, id)
}

// maxReleases is how many releases of a loop may come before it waits for them.
const maxReleases = 1000

// channel is the one of a loop, among those for releases or breaks; it is made where the loop or the
// command comes first.
func (d *driver) channel(of map[string]chan struct{}, id string, size int) chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if of[id] == nil {
		of[id] = make(chan struct{}, size)
	}
	return of[id]
}

func (d *driver) client(name string) *client {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.clients[name]
	if c == nil {
		fail(fmt.Errorf("unknown client %q", name))
	}
	return c
}

func (d *driver) cancel(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cancel := d.cancels[id]; cancel != nil {
		cancel()
	}
}
