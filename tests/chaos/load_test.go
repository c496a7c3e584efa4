package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// late is how long after its deadline a call may end before it counts as hanging: the machine may
// be busy, too.
const late = 30 * time.Second

// traffic makes calls and reads streams all the time, and looks at how each ends.
type traffic struct {
	driver *driver
	users  []string // clients of the driver
	seed   uint64
	before int // memory of the driver in MB

	mu       sync.Mutex
	faults   []error
	outcomes []outcome
	ended    map[string]int // how calls and streams ended, by what it was
	latest   time.Duration  // that a call has ended after its deadline
}

// outcome is what the client knows of a call that has ended.
type outcome struct {
	n          int
	idempotent bool
	ran        bool // there is a result, or an item
	notRun     bool // the client says that it certainly has not run
	how        string
}

// run keeps calls and streams in flight until the context ends, and returns when all have ended.
func (l *traffic) run(ctx context.Context, calls, streams int) {
	l.ended = map[string]int{}
	var loops sync.WaitGroup
	for i := range calls + streams {
		random := rand.New(rand.NewPCG(l.seed, uint64(i)))
		user := l.users[i%len(l.users)]
		once := l.call
		if i >= calls {
			once = l.stream
		}
		loops.Add(1)
		go func() {
			defer loops.Done()
			// A call may fail at once, and the next one may, too.
			for pause(ctx, time.Duration(random.IntN(100))*time.Millisecond) {
				if err := once(random, user); err != nil {
					l.fail(err)
				}
			}
		}()
	}
	loops.Wait()
}

func (l *traffic) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fmt.Errorf("%s: %w", l.driver.name, err))
}

func (l *traffic) note(o outcome, how string, of error) error {
	o.how = how
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes = append(l.outcomes, o)
	l.ended[how]++
	return of
}

// allowed are the ways in which a call may fail in the storm, with the codes of RPCError: those of
// a worker or a broker that ends, is away, or is overloaded, and -32000 for one that was late.
var allowed = map[string][]int{
	"CallTimeout": {0}, "ConnectionLost": {0}, "NotConnected": {0}, "Cancelled": {0},
	"RPCError": {100, 108, 111, 1503, -32000, -32003, -32004},
}

// ends notes how a call failed; cancelled means that its caller has cancelled it.
func (l *traffic) ends(o outcome, what string, f *failure, cancelled bool) error {
	o.notRun = f.Sent != nil && !*f.Sent
	how := what + " " + f.Type
	if f.Code != 0 {
		how = fmt.Sprint(how, " ", f.Code)
	}
	if !slices.Contains(allowed[f.Type], f.Code) || f.Type == "Cancelled" && !cancelled {
		return l.note(o, how, fmt.Errorf("%s %d ends with %v", what, o.n, f))
	}
	return l.note(o, how, nil)
}

// call makes one call, which in some cases is cancelled.
func (l *traffic) call(random *rand.Rand, user string) error {
	o := outcome{idempotent: random.IntN(4) == 0}
	method := "test.echo"
	if o.idempotent {
		method = "test.repeat"
	}
	params := order{WaitMS: 200 + random.IntN(1000)}.params()
	o.n = params.N
	timeout := between(random, time.Second, 6*time.Second)
	deadline := time.Now().Add(timeout)
	id, said := l.driver.tell(command{
		"do": "call", "client": user, "method": method, "params": params, "timeout_ms": timeout.Milliseconds(),
	}, 1)
	cancelled := random.IntN(20) == 0
	if cancelled {
		time.Sleep(between(random, time.Millisecond, time.Second)) // the caller changes its mind
		if _, err := l.driver.do(command{"do": "cancel", "call": id}); err != nil {
			return err
		}
	}
	m, err := l.driver.wait(said, timeout+late)
	if err != nil {
		return l.note(o, "call hangs", fmt.Errorf("%s %d of %s with a deadline of %v, cancelled: %v: %w", method, o.n, user, timeout, cancelled, err))
	}
	l.mu.Lock()
	l.latest = max(l.latest, time.Since(deadline))
	l.mu.Unlock()
	if m.Error != nil {
		return l.ends(o, "call", m.Error, cancelled)
	}
	o.ran = true
	var got echo
	if err := json.Unmarshal(m.Result, &got); err != nil || got != params {
		return l.note(o, "wrong result", fmt.Errorf("call %d returns %s", o.n, m.Result))
	}
	return l.note(o, "call", nil)
}

// reader is how a stream is read.
type reader struct {
	said        <-chan message
	id          string
	timeout     time.Duration
	order       order
	params      echo
	held        bool
	breaks      int // the item after which the loop is left, or 0
	cancels     int
	interrupted string // "left" or "cancelled"
}

// stream reads one stream, in some cases slowly, or not to its end.
func (l *traffic) stream(random *rand.Rand, user string) error {
	idempotent := random.IntN(3) == 0
	r := reader{
		// test.items_again declares no error.
		order:   order{Count: 5 + random.IntN(60), WaitMS: random.IntN(40), Fails: !idempotent && random.IntN(4) == 0},
		timeout: between(random, time.Second, 6*time.Second), held: random.IntN(5) == 0,
	}
	r.params = r.order.params()
	o := outcome{n: r.params.N, idempotent: idempotent}
	method := "test.items"
	if o.idempotent {
		method = "test.items_again"
	}
	switch random.IntN(6) {
	case 0:
		r.breaks = 1 + random.IntN(r.order.Count)
	case 1:
		r.cancels = 1 + random.IntN(r.order.Count)
	}
	r.id, r.said = l.driver.tell(command{
		"do": "stream", "client": user, "method": method, "params": r.params, "timeout_ms": r.timeout.Milliseconds(),
		"window": 1 + random.IntN(40), "hold": r.held,
	}, r.order.Count+1)
	items, last, err := l.read(&r)
	o.ran = items > 0
	if err != nil {
		return l.note(o, "wrong stream", fmt.Errorf("stream %d after %d items of %+v: %w", o.n, items, r.order, err))
	}
	switch {
	case last.Left:
		return l.note(o, "stream left", nil)
	case last.Error == nil:
		return l.note(o, "stream", nil)
	case last.Error.Type == "ItemNotFound":
		return l.note(o, "stream ItemNotFound", nil)
	}
	return l.ends(o, "stream", last.Error, r.interrupted == "cancelled")
}

// read reads to the end, and returns the number of items and the last message. Items must come
// in order and without a gap; what ends like a whole stream must be one.
func (l *traffic) read(r *reader) (items int, last message, err error) {
	for {
		m, err := l.driver.wait(r.said, r.timeout+late)
		if err != nil {
			return items, m, err
		}
		if m.Item == nil {
			return items, m, r.check(items, m)
		}
		items++
		if *m.Item != (echo{items, fmt.Sprint(r.params.N)}) {
			return items, m, fmt.Errorf("item %d is %v", items, *m.Item)
		}
		if err := l.interrupt(r, items); err != nil {
			return items, m, err
		}
	}
}

// interrupt leaves or cancels a loop where it is to be, and else lets a held one go on.
func (l *traffic) interrupt(r *reader, items int) error {
	var err error
	switch {
	case items == r.breaks:
		r.interrupted = "left"
		_, err = l.driver.do(command{"do": "break", "stream": r.id})
	case items == r.cancels:
		r.interrupted = "cancelled"
		_, err = l.driver.do(command{"do": "cancel", "call": r.id})
	case r.held && r.interrupted == "":
		_, err = l.driver.do(command{"do": "release", "subscription": r.id})
	}
	return err
}

// check tells whether the last message fits what came before.
func (r *reader) check(items int, m message) error {
	whole := items == r.order.Count
	switch {
	case m.Left && r.interrupted != "left":
		return errors.New("it is left, and nobody left it")
	case m.Left:
		return nil
	case m.Error == nil && (!m.End || !whole || r.order.Fails):
		return fmt.Errorf("it ends with %+v", m)
	case m.Error != nil && m.Error.Type == "ItemNotFound" && (!whole || !r.order.Fails):
		return fmt.Errorf("it ends with %v", m.Error)
	}
	return nil
}

// report fails the test for what went wrong, and logs how everything ended.
func (l *traffic) report(t *testing.T) {
	t.Helper()
	t.Logf("%s: %v, calls at most %v after their deadline", l.driver.name, l.ended, l.latest.Round(time.Millisecond))
	for i, err := range l.faults {
		if i == 20 {
			t.Errorf("and %d more", len(l.faults)-i)
			break
		}
		t.Error(err)
	}
}

// checkRuns compares what the clients know with what the worker has written down: no call has run
// twice, except for an idempotent one in a new worker; what has a result has run; and what the
// client says has not run has not.
func checkRuns(runs []run, outcomes []outcome) []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	ids, same := map[int]map[string]bool{}, map[run]int{}
	times := map[int]int{}
	for _, r := range runs {
		times[r.n]++
		if same[r]++; same[r] == 2 {
			fault("call %d has run twice in one worker", r.n)
		}
		if ids[r.n] == nil {
			ids[r.n] = map[string]bool{}
		}
		ids[r.n][r.correlationID] = true
	}
	for _, o := range outcomes {
		switch {
		case len(ids[o.n]) > 1:
			fault("call %d (%s) had %d correlation ids", o.n, o.how, len(ids[o.n]))
		case times[o.n] > 1 && !o.idempotent:
			fault("call %d (%s) is not idempotent, and has run %d times", o.n, o.how, times[o.n])
		case times[o.n] == 0 && o.ran:
			fault("call %d (%s) has not run", o.n, o.how)
		case times[o.n] > 0 && o.notRun:
			fault("call %d (%s) has run, though the client says that it certainly has not", o.n, o.how)
		}
	}
	return faults
}

// TestChecks shows what the storm looks for.
func TestChecks(t *testing.T) {
	for _, test := range []struct {
		name    string
		runs    []run
		outcome outcome
		want    string
	}{
		{"a result", []run{{1, "a", 7}}, outcome{n: 7, ran: true}, ""},
		{"an idempotent call in two workers", []run{{1, "a", 7}, {2, "a", 7}}, outcome{n: 7, idempotent: true, ran: true}, ""},
		{"not run", nil, outcome{n: 7, notRun: true}, ""},
		{"twice", []run{{1, "a", 7}, {2, "a", 7}}, outcome{n: 7, ran: true}, "has run 2 times"},
		{"twice in a worker", []run{{1, "a", 7}, {1, "a", 7}}, outcome{n: 7, idempotent: true}, "twice in one worker"},
		{"two ids", []run{{1, "a", 7}, {2, "b", 7}}, outcome{n: 7, idempotent: true}, "2 correlation ids"},
		{"a result from nowhere", []run{{1, "a", 8}}, outcome{n: 7, ran: true}, "has not run"},
		{"wrongly not run", []run{{1, "a", 7}}, outcome{n: 7, notRun: true}, "certainly has not"},
	} {
		got := fmt.Sprint(errors.Join(checkRuns(test.runs, []outcome{test.outcome})...))
		if test.want == "" && got != "<nil>" || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %v, want %q", test.name, got, test.want)
		}
	}
	r := reader{order: order{Count: 2}}
	for items, whole := range []bool{1: false, 2: true} {
		if err := r.check(items, message{End: true}); (err == nil) != whole {
			t.Errorf("an end after %d of 2 items: %v", items, err)
		}
	}
}
