package chaos

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	stormTime    = flag.Duration("chaos-time", 20*time.Second, "how long the storm lasts for each client")
	stormSeed    = flag.Uint64("chaos-seed", 1, "begins the random numbers of the storm")
	memoryRuns   = flag.Int("chaos-calls", 20_000, "how many calls are made, by all clients together, to see that memory stays flat")
	stormClients = flag.String("chaos-clients", "python,typescript,go", "for which clients there is a storm")
	stormDoor    = flag.String("chaos-door", "publish proxy", "how requests come to the worker in the storm: publish proxy, or subscriber")
)

// What is in flight for each client all the time.
const callsInFlight, streamsInFlight = 200, 20

// calm is the deadline of a call after the storm: half-open connections may not have been found yet.
const calm = 40 * time.Second

// TestChaos keeps calls and streams in flight while connections and processes fail.
func TestChaos(t *testing.T) {
	t.Parallel() // it waits most of the time
	t.Logf("-chaos-seed %d -chaos-time %v -chaos-door %q", *stormSeed, *stormTime, *stormDoor)
	d := doors[slices.IndexFunc(doors, func(d door) bool { return d.name == *stormDoor })]
	w := startWorld(t, d)
	var loads []*traffic
	for i, l := range languages {
		if !strings.Contains(*stormClients, l.name) {
			continue
		}
		load := &traffic{driver: startDriver(t, l), seed: *stormSeed + uint64(i)}
		load.settle(t, w)
		loads = append(loads, load)
	}
	w.storm(loads)
	var outcomes []outcome
	for _, load := range loads {
		load.report(t)
		load.calm(t)
		load.driver.reset(t)
		load.checkMemory(t, 64)
		load.driver.finish(t)
		outcomes = append(outcomes, load.outcomes...)
	}
	for _, err := range checkRuns(w.readRuns(), outcomes) {
		t.Error(err)
	}
}

// storm loads the world through relays that fail, and restarts what is in it.
func (w *world) storm(loads []*traffic) {
	ctx, end := context.WithTimeout(context.Background(), *stormTime)
	defer end()
	var all sync.WaitGroup
	for i, load := range loads {
		r := w.relay()
		load.connect(w, r)
		all.Add(2)
		go func() {
			defer all.Done()
			load.run(ctx, callsInFlight, streamsInFlight)
		}()
		go func() {
			defer all.Done()
			r.storm(ctx, rand.New(rand.NewPCG(*stormSeed, uint64(1000+i))), *stormTime > time.Minute)
		}()
	}
	w.restarts(ctx, rand.New(rand.NewPCG(*stormSeed, 0)))
	all.Wait()
}

// restarts ends the broker and the worker now and then, and starts them again.
func (w *world) restarts(ctx context.Context, random *rand.Rand) {
	for pause(ctx, between(random, 2*time.Second, 6*time.Second)) {
		restart := w.restartWorker
		if random.IntN(2) == 0 {
			restart = w.restartBroker
		}
		if err := restart(random.IntN(2) == 0); err != nil {
			w.t.Error(err)
			return
		}
	}
}

// connect makes the clients, each with a connection of its own.
func (l *traffic) connect(w *world, r *relay) {
	w.t.Helper()
	l.users = nil
	for i := range 4 {
		user := fmt.Sprint(l.driver.name, i)
		w.client(l.driver, r, user)
		l.users = append(l.users, user)
	}
}

// settle makes calls until the driver has what memory it always needs.
func (l *traffic) settle(t *testing.T, w *world) {
	t.Helper()
	l.round(t, w)
	l.before = l.driver.memory()
}

// round is how many calls are made between two resets.
const round = 1600

// round makes calls with new clients, and closes these.
func (l *traffic) round(t *testing.T, w *world) {
	t.Helper()
	l.connect(w, w.relay())
	l.plain(t, round)
	l.driver.reset(t)
}

// again is a method that is idempotent: its calls end well also where a busy machine loses a connection.
const again = "test.repeat"

// plain makes as many calls as fast as possible, 64 at a time.
func (l *traffic) plain(t *testing.T, calls int) {
	t.Helper()
	var loops sync.WaitGroup
	for i := range 64 {
		loops.Add(1)
		go func() {
			defer loops.Done()
			for range calls / 64 {
				params := order{}.params()
				m, err := l.driver.do(command{
					"do": "call", "client": l.users[i%len(l.users)], "method": again, "params": params, "timeout_ms": 60000,
				})
				var got echo
				if err != nil || json.Unmarshal(m.Result, &got) != nil || got != params {
					t.Errorf("%s: call %d: %v %v %s", l.driver.name, params.N, err, m.Error, m.Result)
					return
				}
			}
		}()
	}
	loops.Wait()
}

// calm makes a call with each client after the storm.
func (l *traffic) calm(t *testing.T) {
	t.Helper()
	for _, user := range l.users {
		params := order{}.params()
		m := l.driver.must(t, command{
			"do": "call", "client": user, "method": again, "params": params, "timeout_ms": calm.Milliseconds(),
		})
		var got echo
		if err := json.Unmarshal(m.Result, &got); err != nil || got != params {
			t.Errorf("%s: after the storm a call returns %s", l.driver.name, m.Result)
		}
	}
}

// checkMemory compares the memory with that before. It may have grown by so many MB: allocators
// keep what they had once.
func (l *traffic) checkMemory(t *testing.T, growth int) {
	t.Helper()
	after := l.driver.memory()
	t.Logf("%s: %d MB before, %d MB after", l.driver.name, l.before, after)
	if after > l.before+growth {
		t.Errorf("%s: memory has grown from %d to %d MB", l.driver.name, l.before, after)
	}
}

// TestMemory makes so many calls that what is lost in one of them shows.
func TestMemory(t *testing.T) {
	t.Parallel()
	w := startWorld(t, doors[1])
	t.Run("of", func(t *testing.T) { // the world ends after all of it
		for _, l := range languages {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				load := &traffic{driver: startDriver(t, l)}
				load.settle(t, w)
				for range *memoryRuns / len(languages) / round {
					load.round(t, w)
				}
				load.checkMemory(t, 24)
				load.driver.finish(t)
			})
		}
	})
}
