package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/clienttest"
)

const (
	calls    = 1000
	inFlight = 64
	// patience ends a process that hangs, and decides nothing else.
	patience = 5 * time.Minute
)

// cuts are in the middle of the calls: before them come less than 100 KB, and the
// calls' replies have more than 500 KB.
var cuts = []int64{150_000, 70_000, 70_000}

// mode is a way in which calls travel.
type mode struct {
	name, profile string
	options       map[string]string
	serverSide    bool // the token subscribes to the reply channel
	recovers      bool // replies that come during a reconnect are delivered after it
}

var modes = []mode{
	{name: "profile B", profile: "b.json", serverSide: true},
	{name: "profile J", profile: "j.json", recovers: true, options: map[string]string{
		"requests_channel": "rpc:requests", "reply_channel": "user:{nonce}#{user_id}",
	}},
	{name: "native RPC", profile: "rpc.json", options: map[string]string{"transport": "rpc"}},
}

// wantErrors are all that the contract names, in the order in which they are provoked.
var wantErrors = []string{
	"RPCError", "InvalidParamsError", "MethodNotFoundError", "TaskNotFound", "ProjectClosed",
	"CallTimeout", "RequestTooLarge", "Cancelled", "ConnectionLost", "NotConnected",
}

// idempotent methods are called again when a connection was lost, so they never fail.
var idempotent = []string{"tasks.get_stats", "tasks.get", "projects.save"}

// summary is the last line that a program prints.
type summary struct {
	OK       int            `json:"ok"`        // calls that ended with their own reply
	Lost     int            `json:"lost"`      // that ended with ConnectionLost
	TimedOut int            `json:"timed_out"` // under way when a connection was lost, and not answered over the next
	Failed   map[string]int `json:"failed"`    // lost or timed out, by method
	Unsent   int            `json:"unsent"`    // lost or timed out with a `sent` that is false
	Survived int            `json:"survived"`  // under way when a connection was lost, and well all the same
	Losses   int            `json:"losses"`    // connections that were lost while the calls ran
	Events   int            `json:"events"`
	Errors   []string       `json:"errors"`   // types, as they were provoked
	Failures []string       `json:"failures"` // what should not have happened
}

// TestMain lets several programs run at a time, unless -parallel is there: most of
// their time they wait.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err) // the testing package has that flag
		}
	}
	os.Exit(m.Run())
}

// TestClients runs every client in every mode, undisturbed and over connections
// that break. One run: -run 'Clients/profile_B/cut/python'.
func TestClients(t *testing.T) {
	programs := map[string]clienttest.Start{}
	for _, l := range languages {
		programs[l.name] = l.prepare(t)
	}
	brokerProgram, err := brokertest.Build(filepath.Join("..", ".."), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modes {
		profile := filepath.Join("..", "..", "broker", "profiles", m.profile)
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			t.Run("undisturbed", func(t *testing.T) {
				b := startBroker(t, brokerProgram, profile)
				for _, l := range languages {
					t.Run(l.name, func(t *testing.T) {
						t.Parallel()
						s := m.runProgram(t, b, b.Address, l.name, programs[l.name])
						if s.OK != calls || s.Losses != 0 {
							t.Errorf("%d calls of %d ended well; the connection was lost %d times", s.OK, calls, s.Losses)
						}
					})
				}
			})
			t.Run("cut", func(t *testing.T) {
				b := startBroker(t, brokerProgram, impatient(t, profile))
				for _, l := range languages {
					t.Run(l.name, func(t *testing.T) {
						t.Parallel()
						p := startProxy(t, b.Address, cuts...)
						s := m.runProgram(t, b, p.address(), l.name, programs[l.name])
						m.checkCuts(t, s)
					})
				}
			})
		})
	}
}

// checkCuts checks how the calls of a run ended whose connections were cut.
func (m mode) checkCuts(t *testing.T, s summary) {
	t.Helper()
	if s.Losses < len(cuts) {
		t.Errorf("%d connections were lost while the calls ran, want %d: the cuts come too early or too late", s.Losses, len(cuts))
	}
	if s.OK+s.Lost+s.TimedOut != calls {
		t.Errorf("%d calls ended well, %d were lost and %d timed out, of %d", s.OK, s.Lost, s.TimedOut, calls)
	}
	if s.TimedOut > 0 && !m.recovers {
		t.Errorf("%d calls timed out, whose replies cannot be recovered: they were lost", s.TimedOut)
	}
	if s.Unsent > 0 {
		t.Errorf("%d calls were lost that had not been sent: they could have waited", s.Unsent)
	}
	if failed := s.Lost + s.TimedOut; failed > s.Losses*inFlight {
		t.Errorf("%d calls failed, though at most %d were in flight", failed, s.Losses*inFlight)
	}
	if s.Lost+s.Survived < len(cuts) {
		t.Errorf("%d calls were under way when connections were cut, want some at each of %d", s.Lost+s.Survived, len(cuts))
	}
	if s.Lost < len(cuts) && !m.recovers {
		t.Errorf("%d calls were lost, want some at each of %d cuts", s.Lost, len(cuts))
	}
	for _, method := range idempotent {
		if s.Failed[method] > 0 {
			t.Errorf("%d calls of %s failed, which is idempotent", s.Failed[method], method)
		}
	}
}

// runProgram runs a program to its end, which must be silent and by itself, and
// checks what every run must show.
func (m mode) runProgram(t *testing.T, b *brokertest.Broker, address, language string, program clienttest.Start) summary {
	t.Helper()
	user := "e2e-" + language
	var channels []string
	if m.serverSide {
		channels = []string{"user#" + user}
	}
	token, err := b.Token(user, channels...)
	if err != nil {
		t.Fatal(err)
	}
	options, err := json.Marshal(m.options)
	if err != nil {
		t.Fatal(err)
	}
	if m.options == nil {
		options = []byte("{}")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := program(ctx, brokertest.URL(address), token, user, string(options), strconv.Itoa(calls), strconv.Itoa(inFlight))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("the program does not end well: %v\n%s%s", errors.Join(ctx.Err(), err), &stdout, &stderr)
	}
	var s summary
	if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
		t.Fatalf("%v in %q", err, &stdout)
	}
	t.Logf("ok %d, lost %d, timed out %d, survived %d, connections lost %d, events %d", s.OK, s.Lost, s.TimedOut, s.Survived, s.Losses, s.Events)
	if len(s.Failures) > 0 {
		t.Errorf("%d failures: %s", len(s.Failures), strings.Join(s.Failures[:min(5, len(s.Failures))], "\n"))
	}
	if !slices.Equal(s.Errors, wantErrors) {
		t.Errorf("errors seen: %v, want %v", s.Errors, wantErrors)
	}
	return s
}
