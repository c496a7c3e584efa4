//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// keeps answers the subscription to "news" as a channel that recovers, of which the server has
// the events from first to last, and ends the connection at a call of "break".
type keeps struct {
	mu          sync.Mutex
	first, last uint64
	epoch       string
	asked       []subscribeReq
}

func (k *keeps) answer(fc *fakeConn, cmd command) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if cmd.Publish != nil && strings.Contains(string(cmd.Publish.Data), `"break"`) {
		fc.ws.Close(3001, "shutdown")
		return nil
	}
	if cmd.Subscribe == nil || cmd.Subscribe.Channel != "news" {
		return happy(fc, cmd)
	}
	req := *cmd.Subscribe
	k.asked = append(k.asked, req)
	top := fmt.Sprintf(`"recoverable":true,"positioned":true,"epoch":%q,"offset":`, k.epoch)
	if !req.Recover || req.Offset+1 < k.first || req.Epoch != "" && req.Epoch != k.epoch {
		return []string{reply1(cmd.ID, fmt.Sprintf(`"subscribe":{%s%d,"was_recovering":%t}`, top, k.last, req.Recover))}
	}
	var missed []string
	for offset := req.Offset + 1; offset <= k.last; offset++ {
		missed = append(missed, fmt.Sprintf(`{"data":%d,"offset":%d}`, offset, offset))
	}
	return []string{reply1(cmd.ID, fmt.Sprintf(`"subscribe":{%s%d,"was_recovering":true,"recovered":true,"publications":[%s]}`,
		top, req.Offset, strings.Join(missed, ",")))}
}

// become gives the channel other events.
func (k *keeps) become(last uint64, epoch string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last, k.epoch = last, epoch
}

// loop takes events until there are n, or an error.
func loop(t *testing.T, c Caller, n int, opts ...EventOption) (events []int64, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for event, err := range Subscribe(ctx, c, "news.came", "news", CodeInt[int64], opts...) {
		if err != nil {
			return events, err
		}
		if events = append(events, *event); len(events) == n {
			break
		}
	}
	return events, nil
}

func TestSince(t *testing.T) {
	k := &keeps{first: 1, last: 3, epoch: "e"}
	s := newFakeServer(t, k.answer)
	stored, err := json.Marshal(Position{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]int64{{1}, {2, 3}, {4}} { // one program after another
		var position Position
		if err := json.Unmarshal(stored, &position); err != nil {
			t.Fatal(err)
		}
		c := connect(t, s)
		got, err := loop(t, c, len(want), Since(position), KeepPosition(&position))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		if want := (Position{uint64(want[len(want)-1]), "e"}); position != want {
			t.Errorf("position %+v, want %+v", position, want)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if stored, err = json.Marshal(position); err != nil {
			t.Fatal(err)
		}
		k.become(4, "e")
	}
	if got, want := string(stored), `{"offset":4,"epoch":"e"}`; got != want {
		t.Errorf("stored %s, want %s", got, want)
	}
	want := []subscribeReq{
		{Channel: "news", Recover: true},
		{Channel: "news", Recover: true, Epoch: "e", Offset: 1},
		{Channel: "news", Recover: true, Epoch: "e", Offset: 3},
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !reflect.DeepEqual(k.asked, want) {
		t.Errorf("asked %+v, want %+v", k.asked, want)
	}
}

func TestSinceThroughBatch(t *testing.T) {
	k := &keeps{first: 1, last: 3, epoch: "e"}
	batch := NewBatch(connect(t, newFakeServer(t, k.answer)), 2)
	if got, err := loop(t, batch, 2, Since(Position{1, "e"})); err != nil || !reflect.DeepEqual(got, []int64{2, 3}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestPositionWhileMoreCome has the next events wait while the loop handles one.
func TestPositionWhileMoreCome(t *testing.T) {
	k := &keeps{first: 1, last: 3, epoch: "e"}
	c := connect(t, newFakeServer(t, k.answer))
	var position Position
	for event, err := range Subscribe(context.Background(), c, "news.came", "news", CodeInt[int64], Since(position), KeepPosition(&position)) {
		if err != nil {
			t.Fatal(err)
		}
		echo(t, c)
		if want := (Position{uint64(*event), "e"}); position != want {
			t.Errorf("position %+v, want %+v", position, want)
		}
		if *event == 3 {
			break
		}
	}
}

func TestEventsLost(t *testing.T) {
	k := &keeps{first: 5, last: 9, epoch: "e"}
	c := connect(t, newFakeServer(t, k.answer))
	for _, old := range []Position{{3, "e"}, {6, "before"}} {
		position := old
		_, err := loop(t, c, 1, Since(old), KeepPosition(&position))
		var lost *EventsLostError
		if !errors.As(err, &lost) || lost.Position != (Position{9, "e"}) || !strings.HasPrefix(err.Error(), "news.came: ") {
			t.Fatalf("got %#v", err)
		}
		if position != old {
			t.Errorf("the position became %+v", position)
		}
	}
}

// TestEventsLostInBreak has a break that loses events: it ends the loop that began at a position.
func TestEventsLostInBreak(t *testing.T) {
	k := &keeps{first: 1, last: 2, epoch: "e"}
	c := connect(t, newFakeServer(t, k.answer))
	s := c.testSession(t)
	positioned := s.listen("news", &Position{1, "e"})
	other := s.listen("news", nil)
	nextEvent(t, positioned, `2`)
	nextEvent(t, other, `2`)
	k.become(7, "e2")
	_, err := c.Call(context.Background(), request("break", `{}`))
	var broken *ConnectionLostError
	if !errors.As(err, &broken) {
		t.Fatalf("got %v", err)
	}
	_, err = positioned.next(context.Background())
	var lost *EventsLostError
	if !errors.As(err, &lost) || lost.Position != (Position{7, "e2"}) {
		t.Errorf("got %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other.err != nil {
		t.Errorf("the other loop got %v", other.err)
	}
}

func TestSinceWithoutPositions(t *testing.T) {
	subscribe := `"subscribe":{}`
	connected := `"connect":{"client":"c","ping":25,"pong":true}`
	server := func(fc *fakeConn, cmd command) []string {
		switch {
		case cmd.Connect != nil:
			return []string{reply1(cmd.ID, connected)}
		case cmd.Subscribe != nil && cmd.Subscribe.Channel == "news":
			return []string{reply1(cmd.ID, subscribe)}
		}
		return newsWithCalls(fc, cmd)
	}
	since := Since(Position{3, "e"})
	fails := func(c *Client, code int64) {
		t.Helper()
		_, err := loop(t, c, 1, since)
		var refused *Error
		if !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("got %v, want error %d", err, code)
		}
	}
	c := connect(t, newFakeServer(t, server))
	fails(c, 108) // the channel does not recover
	l := c.testSession(t).listen("news", nil)
	echo(t, c)
	fails(c, 105) // there is a loop over it
	if e, err := l.next(context.Background()); err != nil || e.positioned {
		t.Errorf("got %+v, %v", e, err)
	}
	subscribe = `"error":{"code":105,"message":"already subscribed"}`
	fails(connect(t, newFakeServer(t, server)), 105)
	connected = `"connect":{"client":"c","ping":25,"pong":true,"subs":{"news":{"recoverable":true,"epoch":"e","offset":3}}}`
	fails(connect(t, newFakeServer(t, server)), 105)
	c = NewClient(newFakeServer(t, server).url(), jwt("456"), "")
	defer c.Close()
	fails(c, 105) // the loop connects
}

// plainCaller is a fake that knows no positions.
type plainCaller struct{ Caller }

func (plainCaller) Subscribe(context.Context, string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage("1"), nil) }
}

func TestCallerWithoutPositions(t *testing.T) {
	for _, c := range []Caller{plainCaller{}, Checking(plainCaller{}, NewRules("{}"))} {
		if events, err := loop(t, c, 1); err != nil || len(events) != 1 {
			t.Errorf("got %v, %v", events, err)
		}
		if _, err := loop(t, c, 1, Since(Position{})); err == nil || !strings.Contains(err.Error(), "does not know the positions") {
			t.Errorf("got %v", err)
		}
	}
}
