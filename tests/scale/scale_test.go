package scale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/internal/clienttest"
	"github.com/wsgen/wsgen/internal/redistest"
	"github.com/wsgen/wsgen/schema/load"
)

var (
	chaos = flag.Duration("chaos", 10*time.Second, "how long calls are made while workers are killed")
	seed  = flag.Uint64("seed", 1, "of what is random")
)

const (
	workers = 3
	// deadline is that of a call which may be lost, and ample that of one which ends well, however
	// busy the machine is.
	deadline, ample = 8 * time.Second, 30 * time.Second
	// late is how much later a call may end before it counts as hanging.
	late = 30 * time.Second
	// patience ends a process that hangs, and decides nothing else.
	patience = 5 * time.Minute
)

// secrets are what the configuration and the workers share.
var secrets = map[string]string{
	"CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY": "a secret that signs tokens",
	"CENTRIFUGO_HTTP_API_KEY":                 "a key of the HTTP API",
	"RPC_WORKER_API_KEY":                      "a key of the HTTP API",
	"CENTRIFUGO_VAR_RPC_PROXY_SECRET":         "a secret of the proxies",
	"RPC_WORKER_PROXY_SECRET":                 "a secret of the proxies",
	"RPC_WORKER_RATE":                         "0",
}

// call is what became of one, as a client saw it.
type call struct {
	Mark  string `json:"mark"`
	Again bool   `json:"again"` // of the idempotent method
	Got   string `json:"got"`
	Error string `json:"error"`
	Sent  bool   `json:"sent"`
	MS    int64  `json:"ms"`
}

// programs are what a test starts.
type programs struct {
	broker  string
	clients map[string]clienttest.Start // by language
}

// TestSite makes calls over two brokers while workers and brokers come and go; see README.md.
func TestSite(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("SKIPPED: there is no `redis-server` on PATH")
	}
	for name, secret := range secrets {
		t.Setenv(name, secret)
	}
	broker, err := brokertest.Build(filepath.Join("..", ".."), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := programs{broker, map[string]clienttest.Start{}}
	for _, c := range clients {
		p.clients[c.language] = c.prepare(t)
	}
	t.Run("killed", p.testKilled)
	t.Run("replaced", p.testReplaced)
	t.Run("brokers restarted", p.testBrokers)
}

// testKilled kills workers, and loses answers.
func (p programs) testKilled(t *testing.T) {
	calls, runs, s := p.callAll(t, *chaos, deadline, true, func(s *site, random *rand.Rand) error {
		i := random.IntN(workers)
		s.workers[i].kill()
		return s.replace(i)
	})
	checkEnds(t, calls, runs)
	s.checkRepeated(t, calls)
}

// testReplaced replaces workers in good order: no call fails.
func (p programs) testReplaced(t *testing.T) {
	calls, runs, _ := p.callAll(t, *chaos/2, ample, false, func(s *site, random *rand.Rand) error {
		i := random.IntN(workers)
		old := s.workers[i]
		if err := s.replace(i); err != nil {
			return err
		}
		s.balancer.drained(old.address)
		// uvicorn ends by the signal itself, once all is finished.
		if err := old.terminate(); err != nil && err.Error() != "signal: terminated" {
			return fmt.Errorf("%w\n%s", err, &old.log.text)
		}
		return nil
	})
	checkEnds(t, calls, runs)
	for _, c := range calls {
		if c.Error != "" {
			t.Errorf("%s ran %q times, and failed: %s", c.Mark, runs[c.Mark], c.Error)
		}
	}
}

// testBrokers restarts brokers: their clients come back, and get the replies that they have missed.
func (p programs) testBrokers(t *testing.T) {
	calls, runs, _ := p.callAll(t, *chaos/2, ample, false, func(s *site, random *rand.Rand) error {
		return s.restart(random.IntN(len(s.brokers)))
	})
	checkEnds(t, calls, runs)
	for _, c := range calls {
		if c.Error != "" && c.Again {
			t.Errorf("%s failed, and is idempotent: %s", c.Mark, c.Error)
		}
	}
}

// callAll makes calls for a while and disturbs them again and again. It returns what became of them, and how often
// each handler ran.
func (p programs) callAll(t *testing.T, lasts, deadline time.Duration, loses bool, disturb func(*site, *rand.Rand) error) ([]call, map[string]string, *site) {
	t.Helper()
	redis, err := redistest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Stop)
	t.Setenv("CENTRIFUGO_ENGINE_REDIS_ADDRESS", redis.URL)
	t.Setenv("RPC_WORKER_STORE", redis.URL)
	s := p.startSite(t, loses)
	entrances := slices.Clone(s.brokers)
	stopped := make(chan struct{})
	var disturbing sync.WaitGroup
	disturbing.Go(func() {
		random := rand.New(rand.NewPCG(*seed, 0))
		for count := 0; ; count++ {
			select {
			case <-stopped:
				t.Logf("disturbed %d times", count)
				return
			case <-time.After(time.Duration(500+random.IntN(1000)) * time.Millisecond):
				if err := disturb(s, random); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	calls := p.runClients(t, lasts, deadline, entrances)
	close(stopped)
	disturbing.Wait()
	runs, err := redis.Hash("runs")
	if err != nil {
		t.Fatal(err)
	}
	return calls, runs, s
}

// configure writes the configuration of the brokers, as `wsgen centrifugo-config --engine redis` does.
func configure(t *testing.T, backend string) string {
	t.Helper()
	model, diags := load.Load(load.Options{AsyncAPI: "api.yaml", Read: os.ReadFile})
	names, unsafe := centrifugo.ReadNames(model)
	config, _, unfit := centrifugo.Configure(names, centrifugo.Proxy, backend)
	if diags.HasErrors() || unsafe.HasErrors() || unfit.HasErrors() {
		t.Fatal(diags, unsafe, unfit)
	}
	config.UseRedis()
	path := filepath.Join(t.TempDir(), "centrifugo.json")
	if err := os.WriteFile(path, config.JSON(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// runClients runs one program of each language at each broker, to its end.
func (p programs) runClients(t *testing.T, lasts, deadline time.Duration, brokers []*brokertest.Broker) []call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lasts+patience)
	defer cancel()
	var all []call
	var mu sync.Mutex
	var done sync.WaitGroup
	for language, program := range p.clients {
		for i, broker := range brokers {
			done.Go(func() {
				calls := runClient(ctx, t, lasts, deadline, broker, program, language+strconv.Itoa(i))
				mu.Lock()
				defer mu.Unlock()
				all = append(all, calls...)
			})
		}
	}
	done.Wait()
	return all
}

func runClient(ctx context.Context, t *testing.T, lasts, deadline time.Duration, broker *brokertest.Broker, program clienttest.Start, user string) []call {
	token, err := broker.Token(user)
	if err != nil {
		t.Error(err)
		return nil
	}
	cmd := program(ctx, brokertest.URL(broker.Address), token, user, milliseconds(lasts), milliseconds(deadline))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("%s does not end well: %v\n%s", user, errors.Join(ctx.Err(), err), &stderr)
		return nil
	}
	var calls []call
	if err := json.Unmarshal(stdout.Bytes(), &calls); err != nil {
		t.Errorf("%s: %v in %q", user, err, &stdout)
	}
	ok, errs := 0, map[string]int{}
	for _, c := range calls {
		if c.Error == "" {
			ok++
		} else {
			errs[c.Error]++
		}
	}
	t.Logf("%s: %d calls, %d ended well; %v", user, len(calls), ok, errs)
	if ok == 0 {
		t.Errorf("%s: no call of %d ended well", user, len(calls))
	}
	for _, c := range calls {
		if time.Duration(c.MS)*time.Millisecond > deadline+late {
			t.Errorf("%s ended after %d ms", c.Mark, c.MS)
		}
	}
	return calls
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// checkEnds compares how calls ended with how often they ran.
func checkEnds(t *testing.T, calls []call, runs map[string]string) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range calls {
		ran := runs[c.Mark] // "" is never
		switch {
		case seen[c.Mark]:
			t.Errorf("%s ended twice", c.Mark)
		case ran != "" && ran != "1":
			t.Errorf("%s ran %s times", c.Mark, ran)
		case c.Error == "" && (c.Got != c.Mark || ran != "1"):
			t.Errorf("%s got %q, and ran %q times", c.Mark, c.Got, ran)
		case c.Error != "" && !c.Sent && ran != "":
			t.Errorf("%s ran, though it was not sent: %s", c.Mark, c.Error)
		}
		seen[c.Mark] = true
	}
	for mark := range runs {
		if !seen[mark] {
			t.Errorf("%s ran, and never ended", mark)
		}
	}
}

// checkRepeated checks that calls were sent again, and that this mended some.
func (s *site) checkRepeated(t *testing.T, calls []call) {
	t.Helper()
	repeated, mended := 0, 0
	for _, c := range calls {
		if s.balancer.asked[c.Mark] > 1 {
			repeated++
		}
		if c.Again && s.balancer.lost[c.Mark] && c.Error == "" {
			mended++
		}
	}
	t.Logf("%d calls; %d were sent again, and %d ended well whose first answer was lost", len(calls), repeated, mended)
	if repeated == 0 || mended == 0 {
		t.Error("no call was sent again: nothing was tried")
	}
}
