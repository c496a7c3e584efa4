package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

// plainReply is reply as a person writes it for encoding/json.
type plainReply struct {
	ID        uint32           `json:"id"`
	Error     *serverError     `json:"error"`
	Connect   *connectResult   `json:"connect"`
	Subscribe *subscribeResult `json:"subscribe"`
	RPC       *struct {
		Data json.RawMessage `json:"data"`
	} `json:"rpc"`
	Refresh *expiry `json:"refresh"`
	Push    *struct {
		Channel     string           `json:"channel"`
		Pub         *publication     `json:"pub"`
		Subscribe   *subscribeResult `json:"subscribe"`
		Unsubscribe *closing         `json:"unsubscribe"`
		Disconnect  *closing         `json:"disconnect"`
	} `json:"push"`
}

// plainAnswer is answer as a person writes it for encoding/json.
type plainAnswer struct {
	CorrelationID string          `json:"correlation_id"`
	Seq           json.RawMessage `json:"seq"`
	Item          json.RawMessage `json:"item"`
	Result        json.RawMessage `json:"result"`
	Error         json.RawMessage `json:"error"`
}

func (p *plainReply) reply() reply {
	r := reply{ID: p.ID, Error: p.Error, Connect: p.Connect, Subscribe: p.Subscribe, Refresh: p.Refresh}
	if p.RPC != nil {
		r.RPC = &dataResult{p.RPC.Data}
	}
	if p.Push != nil {
		r.Push = &push{p.Push.Channel, p.Push.Pub, p.Push.Subscribe, p.Push.Unsubscribe, p.Push.Disconnect}
	}
	return r
}

func (p *plainAnswer) answer() answer { return answer(*p) }

// ambiguous tells whether an object has a member twice, or one whose name is not in
// lower case, which encoding/json takes for the one in lower case.
func ambiguous(d *decoder) bool {
	seen := map[string]bool{}
	for d.Object(); d.Member(); {
		key := string(d.Key)
		if seen[key] || key != strings.ToLower(strings.ToUpper(key)) {
			return true
		}
		seen[key] = true
		if d.peek() != '{' {
			d.skip()
		} else if ambiguous(d) {
			return true
		}
	}
	return false
}

// sameAsPlain fails unless decode takes what encoding/json takes, with the same value.
func sameAsPlain[T, P any](t *testing.T, data []byte, decode func(*T, *decoder), value func(*P) T) {
	t.Helper()
	var mine T
	var plain P
	err, plainErr := decodeFrame(data, &mine, decode), json.Unmarshal(data, &plain)
	null := string(bytes.TrimSpace(data)) == "null"
	if (err == nil) != (plainErr == nil && !null) {
		t.Errorf("%q: %v, encoding/json says %v", data, err, plainErr)
	}
	if want := value(&plain); err == nil && !reflect.DeepEqual(mine, want) {
		t.Errorf("%q: got %+v, encoding/json has %+v", data, mine, want)
	}
}

// FuzzFrame compares what is taken, and its values, with encoding/json.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `[]`, `{"id":1,"publish":{}}`, `{"id":4294967296}`, `{"id":-1}`, `{"id":1.0}`, `{"id":null}`, `{"id":"1"}`,
		`{"id":1,"error":{"code":103,"message":"no","temporary":true}}`, `{"id":1,"error":{"code":"x"}}`, `{"error":null,"new":[1,{"a":2}]}`,
		`{"id":1,"connect":{"ping":25,"pong":true,"ttl":60,"subs":{"a":{"offset":1}}}}`, `{"id":1,"subscribe":{"publications":[{"data":1}]}}`,
		`{"id":1,"rpc":{"data":{"result":1}}}`, `{"id":1,"rpc":{}}`, `{"id":2,"refresh":{"expires":true,"ttl":3}}`,
		`{"push":{"channel":"a","pub":{"data":{"correlation_id":"1","result":null},"info":{"user":"x"},"offset":18446744073709551615}}}`,
		` {"push" : {"channel":"\u00e9\ud800\n","pub":{"data": [ 1 , 2 ] ,"info":null,"offset":null}}}`, `{"push":{"pub":null,"channel":null}}`,
		`{"push":{"unsubscribe":{"code":2500,"reason":"x"}}}`, `{"push":{"disconnect":{"code":3000}}}`, `{"push":{"pub":{"offset":1e2}}}`, `{"push":[]}`,
		`{"correlation_id":"1","result":{"a":1},"error":null}`, `{"correlation_id":null}`, `{"correlation_id":17}`, `{"correlation_id":"1","seq":1,"item":{"a":1}}`, `{"result":1}{`, `{"a":` + "\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if json.Valid(data) && ambiguous(&decoder{data: data}) {
			return // other values than those of encoding/json, on purpose
		}
		sameAsPlain(t, data, (*reply).decodeJSON, (*plainReply).reply)
		sameAsPlain(t, data, (*answer).decodeJSON, (*plainAnswer).answer)
	})
}

// slowSocket writes when the test says so.
type slowSocket struct {
	messages chan string   // what is being written
	proceed  chan struct{} // lets one write end
	aborted  chan struct{}
}

func (s slowSocket) read() ([]byte, error) {
	<-s.aborted
	return nil, io.EOF
}

func (s slowSocket) write(message []byte) error {
	select {
	case s.messages <- string(message):
	case <-s.aborted:
		return io.EOF
	}
	select {
	case <-s.proceed:
		return nil
	case <-s.aborted:
		return io.EOF
	}
}

func (s slowSocket) abort() { close(s.aborted) }

// slowLink returns a link that writes slowly, and what sends a text over it.
func slowLink(t *testing.T, maxFrame int) (slowSocket, func(text string)) {
	s := slowSocket{make(chan string), make(chan struct{}), make(chan struct{})}
	l := newLink(s, maxFrame, func(*push) {})
	t.Cleanup(func() { l.close(errors.New("the test is over")) })
	return s, func(text string) {
		data, _ := json.Marshal(text) // a string
		if err := l.send(command{Publish: &publishReq{Channel: "c", Data: data}}, func(*reply) {}); err != nil {
			t.Error(err)
		}
	}
}

func published(id int, text string) string {
	return fmt.Sprintf(`{"id":%d,"publish":{"channel":"c","data":%q}}`, id, text)
}

func TestWritesInOrder(t *testing.T) {
	socket, send := slowLink(t, 200)
	go send("one")
	got := []string{<-socket.messages}
	send("two") // returns, although a write is going on
	send("three")
	send(strings.Repeat("4", 100))
	for range 2 {
		socket.proceed <- struct{}{}
		got = append(got, <-socket.messages)
	}
	want := []string{published(1, "one"), published(2, "two") + "\n" + published(3, "three"), published(4, strings.Repeat("4", 100))}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestSendNeverBlocks is why calls keep their deadlines when the server reads nothing.
func TestSendNeverBlocks(t *testing.T) {
	socket, send := slowLink(t, 64<<10)
	long := strings.Repeat("x", maxUnanswered)
	send(long)
	if got := <-socket.messages; got != published(1, long) {
		t.Errorf("got %q", got)
	}
	socket.proceed <- struct{}{}
	send("short") // nobody writes now, but the server has answered nothing
	if got := <-socket.messages; got != published(2, "short") {
		t.Errorf("got %q", got)
	}
}

// brokenSocket cannot be written to; the reading goroutine gets what the test says.
type brokenSocket struct{ why chan error }

func (s brokenSocket) read() ([]byte, error) { return nil, <-s.why }

func (s brokenSocket) write([]byte) error { return errors.New("broken pipe") }

func (s brokenSocket) abort() {}

// TestServersReasonCounts has writing fail before the server's reason is read: only that tells
// whether connecting again is of use.
func TestServersReasonCounts(t *testing.T) {
	for how, write := range map[string]func(*link){
		"at once": func(l *link) { l.enqueue([]byte("{}")) },
		"queued": func(l *link) {
			l.queue = [][]byte{[]byte("{}")}
			l.wakeWriter()
			l.stopped.Add(1)
			l.writeAll()
		},
	} {
		socket := brokenSocket{why: make(chan error)}
		l := &link{socket: socket, wake: make(chan struct{}, 1), down: make(chan struct{}), watchdog: time.NewTimer(time.Hour)}
		write(l)
		l.stopped.Add(1)
		go l.readAll()
		socket.why <- &closeError{Code: 3503, Reason: "force disconnect"}
		<-l.down
		if err := l.reason(); !isTerminal(err) {
			t.Errorf("%s: the reason is %v", how, err)
		}
		l.stopped.Wait()
	}
}

// TestWriteFails has a server that never says why.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	socket := brokenSocket{why: make(chan error)}
	l := newLink(socket, 64<<10, func(*push) {})
	l.enqueue([]byte("{}"))
	within(t, "the end", l.down)
	if err := l.reason(); err == nil || err.Error() != "broken pipe" {
		t.Errorf("the reason is %v", err)
	}
	socket.why <- errClosed
	l.close(errClosed)
}
