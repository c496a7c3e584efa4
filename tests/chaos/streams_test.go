package chaos

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// order is what a handler has to do.
type order struct {
	WaitMS int  `json:"wait_ms,omitempty"`
	Holds  bool `json:"holds,omitempty"`
	Count  int  `json:"count,omitempty"`
	Fails  bool `json:"fails,omitempty"`
}

// number is that of the last call: no two have the same, whoever makes them.
var number atomic.Int64

// params are those of a new call.
func (o order) params() echo {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // it consists of numbers
	}
	return echo{int(number.Add(1)), string(text)}
}

// TestStreams reads streams from the worker through wsgen-broker, with the clients of all languages.
func TestStreams(t *testing.T) {
	t.Parallel()
	worlds := map[door]*world{}
	for _, d := range doors {
		worlds[d] = startWorld(t, d)
	}
	t.Run("with", func(t *testing.T) { // the worlds end after all of it
		for i, l := range languages {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				for j, door := range doors {
					t.Run(door.name, func(t *testing.T) {
						d := startDriver(t, l)
						w := worlds[door]
						r := w.relay()
						s := &session{t, d, r, fmt.Sprint(10*i + j + 1)}
						w.client(d, r, s.user)
						s.test()
						d.reset(t)
						d.finish(t)
					})
				}
			})
		}
	})
}

// session is a client that reads streams.
type session struct {
	*testing.T
	driver *driver
	relay  *relay
	user   string
}

func (s *session) test() {
	for _, test := range []struct {
		name string
		run  func(*session)
	}{
		{"order and end", (*session).readsAll},
		{"error after items", (*session).endsWithError},
		{"loop that is left", (*session).leaves},
		{"caller who cancels", (*session).cancels},
		{"slow reader", (*session).readsSlowly},
		{"cut connection", (*session).isCut},
	} {
		s.Run(test.name, func(t *testing.T) {
			test.run(&session{t, s.driver, s.relay, s.user})
		})
	}
}

// stream begins a loop; more are further members of the command.
func (s *session) stream(o order, more command) (id string, call echo, said <-chan message) {
	call = o.params()
	c := command{"do": "stream", "client": s.user, "method": "test.items", "params": call, "timeout_ms": 30000}
	for name, value := range more {
		c[name] = value
	}
	id, said = s.driver.tell(c, o.Count+1)
	return id, call, said
}

// next returns the next message about a stream.
func (s *session) next(said <-chan message) message {
	s.Helper()
	m, err := s.driver.wait(said, patience)
	if err != nil {
		s.Fatal(err)
	}
	return m
}

// items expects items of a call.
func (s *session) items(call echo, said <-chan message, from, to int) {
	s.Helper()
	for i := from; i <= to; i++ {
		if m := s.next(said); m.Item == nil || *m.Item != (echo{i, fmt.Sprint(call.N)}) {
			s.Fatalf("got %v in the place of item %d", m, i)
		}
	}
}

// state asks the worker about a call until it is as wanted.
func (s *session) state(call echo, wanted func(state) bool) state {
	s.Helper()
	for deadline := time.Now().Add(patience); ; {
		m := s.driver.must(s.T, command{"do": "call", "client": s.user, "method": "test.json", "params": map[string]any{"n": call.N}, "timeout_ms": 30000})
		var got state
		if err := json.Unmarshal(m.Result, &got); err != nil {
			s.Fatal(err)
		}
		if wanted(got) {
			return got
		}
		if time.Now().After(deadline) {
			s.Fatalf("the handler is still %+v", got)
		}
	}
}

// state is how far the worker has come with a call.
type state struct {
	Begun bool   `json:"begun"`
	Made  int    `json:"made"`
	End   string `json:"end"`
}

func (s *session) readsAll() {
	_, call, said := s.stream(order{Count: 200}, nil)
	s.items(call, said, 1, 200)
	if m := s.next(said); !m.End {
		s.Errorf("got %v", m)
	}
}

func (s *session) endsWithError() {
	_, call, said := s.stream(order{Count: 5, Fails: true}, nil)
	s.items(call, said, 1, 5)
	m := s.next(said)
	if m.Error == nil || m.Error.Type != "ItemNotFound" || m.Error.Data["item_id"] != fmt.Sprint(call.N) {
		s.Errorf("got %v", m)
	}
}

// leaves shows that the handler's clean-up runs when a loop is left.
func (s *session) leaves() {
	id, call, said := s.stream(order{Count: 1000}, command{"hold": true})
	s.items(call, said, 1, 1)
	s.driver.must(s.T, command{"do": "break", "stream": id})
	if m := s.next(said); !m.Left {
		s.Errorf("got %v", m)
	}
	s.ends(call)
}

// ends expects that the handler ends because nobody waits for it.
func (s *session) ends(call echo) {
	s.Helper()
	got := s.state(call, func(now state) bool { return now.End != "" })
	if got.End != "CancelledError" && got.End != "GeneratorExit" {
		s.Errorf("the handler has ended with %s", got.End)
	}
}

// cancels shows that cancelling a call, or a stream, reaches the handler.
func (s *session) cancels() {
	call := order{Holds: true}.params()
	id, said := s.driver.tell(command{"do": "call", "client": s.user, "method": "test.echo", "params": call, "timeout_ms": 60000}, 1)
	s.state(call, func(now state) bool { return now.Begun })
	streamID, stream, items := s.stream(order{Count: 1000}, command{"hold": true})
	s.items(stream, items, 1, 1)
	for id, said := range map[string]<-chan message{id: said, streamID: items} {
		s.driver.must(s.T, command{"do": "cancel", "call": id})
		if m := s.next(said); m.Error == nil || m.Error.Type != "Cancelled" {
			s.Errorf("got %v", m)
		}
	}
	s.ends(call)
	s.ends(stream)
}

// readsSlowly shows that the handler does not run ahead of the reader by more than the window.
func (s *session) readsSlowly() {
	const window = 4
	id, call, said := s.stream(order{Count: 40}, command{"hold": true, "window": window})
	for taken := 1; taken <= 40; taken++ {
		s.items(call, said, taken, taken)
		if taken%10 == 1 {
			// Half of the window at least has been acknowledged, and the handler makes the next item
			// before it waits.
			got := s.state(call, func(now state) bool { return now.Made >= min(taken+window/2, 40) })
			if got.Made > taken+window+1 {
				s.Errorf("the handler has made %d items while %d are taken", got.Made, taken)
			}
		}
		s.driver.must(s.T, command{"do": "release", "subscription": id})
	}
	if m := s.next(said); !m.End {
		s.Errorf("got %v", m)
	}
}

// cut cuts the connection, once there is one: the client may connect again at this moment.
func (s *session) cut() {
	s.Helper()
	for deadline := time.Now().Add(patience); s.relay.cut() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatal("there is no connection to cut")
		}
	}
}

// isCut shows that a stream goes on without a gap after its connection is cut.
func (s *session) isCut() {
	_, call, said := s.stream(order{Count: 150, WaitMS: 10}, nil)
	for from := 1; from <= 150; from += 50 {
		s.items(call, said, from, from+49)
		if from < 100 {
			s.cut()
		}
	}
	if m := s.next(said); !m.End {
		s.Errorf("got %v", m)
	}
}
