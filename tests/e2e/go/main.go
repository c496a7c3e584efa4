// Command e2e is one run of the generated Go client; ../README.md says what it
// shows.
//
//	go run . URL TOKEN USER OPTIONS CALLS IN_FLIGHT
//
// OPTIONS is a JSON object with "transport", "requests_channel" and
// "reply_channel", none of which is needed. The last line on standard output is
// the summary, one JSON object.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

// patience bounds every wait: it ends a run that hangs, and decides nothing else.
const patience = 30 * time.Second

// summary is what the run prints at its end.
type summary struct {
	OK       int            `json:"ok"`
	Lost     int            `json:"lost"`
	TimedOut int            `json:"timed_out"` // under way when a connection was lost, and no reply came over the next one
	Failed   map[string]int `json:"failed"`    // lost or timed out, by method
	Unsent   int            `json:"unsent"`    // lost or timed out, though they certainly did not run, as the client says
	Survived int            `json:"survived"`  // under way when a connection was lost, and ended well all the same
	Losses   int            `json:"losses"`    // connections that were lost while the calls ran
	Events   int            `json:"events"`
	Errors   []string       `json:"errors"`   // types of errors, as they were provoked
	Failures []string       `json:"failures"` // what should not have happened
}

// session is a connected client, and what all calls of a run share.
type session struct {
	rpc    *sdk.CentrifugoRPCClient
	api    *sdk.APIClient
	user   string
	shared rpc.UUID // the task that all updates change: its project's events are listened to
	losses atomic.Int64

	mu      sync.Mutex
	summary summary
	awaited map[string]chan *sdk.TaskUpdated // by title
}

func main() {
	if len(os.Args) != 7 {
		log.Fatal("usage: e2e URL TOKEN USER OPTIONS CALLS IN_FLIGHT")
	}
	calls, err := strconv.Atoi(os.Args[5])
	if err != nil {
		log.Fatal(err)
	}
	inFlight, err := strconv.Atoi(os.Args[6])
	if err != nil {
		log.Fatal(err)
	}
	before := runtime.NumGoroutine()
	s, err := newSession(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	if err := s.run(context.Background(), calls, inFlight); err != nil {
		log.Fatal(err)
	}
	if err := awaitGoroutines(before); err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(s.summary); err != nil {
		log.Fatal(err)
	}
}

// newSession makes a client; it opens nothing.
func newSession(url, token, user, options string) (*session, error) {
	var o struct {
		Transport       string `json:"transport"`
		RequestsChannel string `json:"requests_channel"`
		ReplyChannel    string `json:"reply_channel"`
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	s := &session{
		user:    user,
		summary: summary{Failed: map[string]int{}, Errors: []string{}, Failures: []string{}},
		awaited: map[string]chan *sdk.TaskUpdated{},
	}
	opts := []rpc.Option{rpc.WithStateFunc(func(state rpc.State, cause error) {
		if state == rpc.StateConnecting && cause != nil {
			s.losses.Add(1)
		}
	})}
	if o.Transport == "rpc" {
		opts = append(opts, rpc.WithTransport(rpc.TransportRPC))
	}
	if o.RequestsChannel != "" {
		opts = append(opts, rpc.WithRequestsChannel(o.RequestsChannel))
	}
	if o.ReplyChannel != "" {
		opts = append(opts, rpc.WithReplyChannel(o.ReplyChannel))
	}
	s.rpc = sdk.NewCentrifugoRPCClient(url, token, user, opts...)
	s.api = sdk.NewAPIClientWith(s.rpc)
	return s, nil
}

// run makes the calls, provokes the errors and closes.
func (s *session) run(ctx context.Context, calls, inFlight int) error {
	if err := s.api.Connect(ctx); err != nil {
		return err
	}
	err := s.makeCalls(ctx, calls, inFlight)
	if err == nil {
		err = s.provokeAnswers(ctx)
	}
	if err == nil {
		err = s.provokeOthers(ctx)
	}
	if err != nil {
		s.fail("%v", err)
	}
	return s.api.Close()
}

// makeCalls makes all calls, with events on, and watches the connection meanwhile.
func (s *session) makeCalls(ctx context.Context, calls, inFlight int) error {
	shared, err := s.create(ctx, s.user, "shared")
	if err != nil {
		return err
	}
	s.shared = shared.ID
	owned := make([]*sdk.Task, inFlight)
	for i := range owned {
		name := fmt.Sprintf("%s.%d.", s.user, i)
		if owned[i], err = s.create(ctx, name, name); err != nil {
			return err
		}
	}
	stop, err := s.listen(ctx)
	if err != nil {
		return err
	}
	defer stop()
	losses := s.losses.Load()
	numbers := make(chan int)
	var workers sync.WaitGroup
	for _, own := range owned {
		workers.Add(1)
		go func() {
			defer workers.Done()
			s.work(ctx, numbers, own)
		}()
	}
	for number := range calls {
		numbers <- number
	}
	close(numbers)
	workers.Wait()
	s.summary.Losses = int(s.losses.Load() - losses)
	return nil
}

// listen hands events to the updates that caused them, until it is stopped.
func (s *session) listen(ctx context.Context) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	first, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var once sync.Once
		for event, err := range s.api.OnTaskUpdated(ctx, s.user) {
			if ctx.Err() != nil {
				return
			}
			once.Do(func() { close(first) })
			s.onEvent(event, err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	for tries := 1; ; tries++ { // a subscription does not say when it has begun
		select {
		case <-first:
			return stop, nil
		default:
		}
		if _, err := s.update(ctx, fmt.Sprintf("try %d", tries)); err != nil {
			stop()
			return nil, err
		}
	}
}

func (s *session) onEvent(event *sdk.TaskUpdated, err error) {
	if err != nil {
		s.fail("event: %v", err)
		return
	}
	s.mu.Lock()
	awaited := s.awaited[event.Task.Title]
	delete(s.awaited, event.Task.Title)
	s.summary.Events++
	s.mu.Unlock()
	if awaited == nil {
		s.fail("event %q is nobody's, or comes twice", event.Task.Title)
		return
	}
	awaited <- event
}

// fail notes what should not have happened.
func (s *session) fail(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summary.Failures = append(s.summary.Failures, fmt.Sprintf(format, args...))
}

// awaitGoroutines waits until no more goroutines run than before.
func awaitGoroutines(before int) error {
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1) // the error says the rest
			return fmt.Errorf("%d goroutines are left, want %d", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
	return nil
}
