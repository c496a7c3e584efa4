package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/clienttest"
)

// language is a generated client and the driver of the conformance cases around it.
type language struct {
	name     string
	generate gen.Func
	build    func(dir string) (clienttest.Start, error)
}

var languages = []language{
	{"python", python.Generate, func(dir string) (clienttest.Start, error) {
		return clienttest.Python(dir, "3.13", "driver.py", "-W", "error")
	}},
	{"typescript", typescript.Generate, buildTypeScript},
	{"go", golang.Generate, func(dir string) (clienttest.Start, error) { return clienttest.BuildGo(dir) }},
}

// buildTypeScript lets Node keep little memory that it does not need, so that a leak shows.
func buildTypeScript(dir string) (clienttest.Start, error) {
	start, err := clienttest.BuildTypeScript(dir, "driver.ts")
	return func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := start(ctx, args...)
		cmd.Env = append(os.Environ(), "NODE_OPTIONS=--max-semi-space-size=1")
		return cmd
	}, err
}

// start returns how the driver is started, which is built once for all tests.
func (l language) start(t *testing.T) clienttest.Start {
	t.Helper()
	start, err := programs.driver(l)
	if err != nil {
		t.Fatal(err)
	}
	return start
}

// command is a line that the driver is told; see the protocol in tests/conformance/README.md.
type command map[string]any

// message is a line that the driver says.
type message struct {
	ID     string          `json:"id"`
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result"`
	Item   *echo           `json:"item"`
	End    bool            `json:"end"`
	Left   bool            `json:"left"`
	Error  *failure        `json:"error"`
	State  string          `json:"state"`
}

// echo is what test.echo takes and returns, and what an item is.
type echo struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// failure is an error of a call.
type failure struct {
	Type    string         `json:"type"`
	Message string         `json:"message"`
	Code    int            `json:"code"`
	Sent    *bool          `json:"sent"`
	Data    map[string]any `json:"data"`
}

func (f *failure) String() string {
	return fmt.Sprintf("%s %d: %s", f.Type, f.Code, f.Message)
}

// driver is a process around a generated client.
type driver struct {
	*clienttest.Driver
	name string

	mu      sync.Mutex
	last    int
	pending map[string]chan message
	faults  []string // what it must not say
}

// startDriver starts the process, which must be told to finish.
func startDriver(t *testing.T, l language) *driver {
	t.Helper()
	d := &driver{name: l.name, pending: map[string]chan message{}}
	var err error
	if d.Driver, err = clienttest.Drive(l.start(t)(context.Background()), d.hear); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Kill) // it has ended, unless the test failed
	return d
}

// hear passes a line on to whom it concerns. What comes after the end of a call, or about none, is
// a fault.
func (d *driver) hear(line []byte) {
	var m message
	err := json.Unmarshal(line, &m)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil && m.State != "" {
		return
	}
	wanted := d.pending[m.ID]
	if err != nil || wanted == nil {
		d.faults = append(d.faults, string(line))
		return
	}
	if m.Item == nil {
		delete(d.pending, m.ID)
	}
	select {
	case wanted <- m:
	default:
		d.faults = append(d.faults, "too much: "+string(line))
	}
}

// tell begins a command that says up to size messages, and returns its id.
func (d *driver) tell(c command, size int) (string, <-chan message) {
	answers := make(chan message, size)
	d.mu.Lock()
	d.last++
	id := strconv.Itoa(d.last)
	d.pending[id] = answers
	d.mu.Unlock()
	c["id"] = id
	_ = d.Tell(c) // where the process has ended, the answer does not come
	return id, answers
}

// patience ends what hangs, and decides nothing else.
const patience = 3 * time.Minute

// wait waits for the next message; limit bounds what must not take longer.
func (d *driver) wait(answers <-chan message, limit time.Duration) (message, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case m := <-answers:
		return m, nil
	case <-timer.C:
		return message{}, fmt.Errorf("the %s driver says nothing for %v", d.name, limit)
	case <-d.Exited:
		return message{}, fmt.Errorf("the %s driver has ended: %w\n%s", d.name, d.Exit, d.fault())
	}
}

// do is a command with one answer.
func (d *driver) do(c command) (message, error) {
	_, answers := d.tell(c, 1)
	return d.wait(answers, patience)
}

// must is do, where the answer is no error.
func (d *driver) must(t *testing.T, c command) message {
	t.Helper()
	m, err := d.do(c)
	if err == nil && m.Error != nil {
		err = errors.New(m.Error.String())
	}
	if err != nil {
		t.Fatalf("%s: %v: %v", d.name, c, err)
	}
	return m
}

// fault returns what the driver must not have said.
func (d *driver) fault() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.faults[:min(len(d.faults), 40)], "\n")
}

// reset closes all clients: nothing of them may be left, and nothing may have been said in vain.
func (d *driver) reset(t *testing.T) {
	t.Helper()
	d.must(t, command{"do": "reset"})
	if fault := d.fault(); fault != "" {
		t.Errorf("the %s driver says:\n%s", d.name, fault)
	}
}

// finish ends the process, which must end well.
func (d *driver) finish(t *testing.T) {
	t.Helper()
	_ = d.Stdin.Close() // which is to end the process
	select {
	case <-d.Exited:
	case <-time.After(patience):
		t.Errorf("the %s driver does not end", d.name)
		return
	}
	if fault := d.fault(); d.Exit != nil || fault != "" {
		t.Errorf("the %s driver ends with %v:\n%s", d.name, d.Exit, fault)
	}
}

// resident is how much memory a process has.
var resident = regexp.MustCompile(`VmRSS:\s*(\d+) kB`)

// memory returns the memory of the driver in MB, 0 where the system does not tell.
func (d *driver) memory() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.Process.Process.Pid))
	match := resident.FindSubmatch(status)
	if err != nil || match == nil {
		return 0
	}
	kB, _ := strconv.Atoi(string(match[1])) // digits
	return kB / 1024
}
