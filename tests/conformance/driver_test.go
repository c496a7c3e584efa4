package conformance

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"github.com/wsgen/wsgen/internal/clienttest"
)

// processes is how many drivers a client run has, so that cases need not wait for
// others, in which a client pauses before it connects again.
const processes = 5

// drivers are the processes of one client run. Each plays one case after another.
type drivers struct {
	start clienttest.Start
	free  chan *driver // nil for one that does not run
}

func newDrivers(start clienttest.Start) *drivers {
	d := &drivers{start: start, free: make(chan *driver, processes)}
	for range processes {
		d.free <- nil
	}
	return d
}

// take waits for a process that plays no case, and starts it if it does not run.
func (d *drivers) take() (*driver, error) {
	if free := <-d.free; free != nil {
		return free, nil
	}
	started, err := startDriver(d.start(context.Background()), patience)
	if err != nil {
		d.free <- nil
	}
	return started, err
}

// giveBack ends the use of a process by a case. If the case failed, nobody knows what
// it has left in the process: a new one takes its place.
func (d *drivers) giveBack(used *driver, failed bool) {
	if failed {
		used.Kill()
		used = nil
	}
	d.free <- used
}

// finish ends the processes when all cases are over. They must end well.
func (d *drivers) finish() error {
	var all error
	for range processes {
		if free := <-d.free; free != nil {
			all = errors.Join(all, free.finish())
			free.Kill()
		}
	}
	return all
}

// driver is a process around a generated client.
type driver struct {
	*clienttest.Driver

	patience time.Duration // bounds every wait for the process

	mu       sync.Mutex
	messages []map[string]any // not expected yet
	states   []map[string]any
	errors   []string // lines of standard error
	wake     chan struct{}
}

func startDriver(command *exec.Cmd, patience time.Duration) (*driver, error) {
	d := &driver{patience: patience, wake: make(chan struct{}, 1)}
	var err error
	d.Driver, err = clienttest.Drive(command, d.hear)
	return d, err
}

func (d *driver) hear(line []byte) {
	m, ok := decode(line).(map[string]any)
	d.mu.Lock()
	switch {
	case !ok:
		d.errors = append(d.errors, string(line))
	case m["state"] != nil:
		d.states = append(d.states, m)
	default:
		d.messages = append(d.messages, m)
	}
	d.mu.Unlock()
	d.signal()
}

func (d *driver) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// take waits for a message that pick finds, and removes it.
func (d *driver) take(pick func() map[string]any) (map[string]any, error) {
	timeout := time.After(d.patience)
	for ended := false; ; {
		d.mu.Lock()
		m := pick()
		d.mu.Unlock()
		switch {
		case m != nil:
			return m, nil
		case ended:
			return nil, errors.New("the driver has ended")
		}
		select {
		case <-d.wake:
		case <-d.Exited:
			ended = true // all that it said is there
		case <-timeout:
			return nil, errors.New("the driver does not say it")
		}
	}
}

// message waits for the next message about the same thing: an id, or a client's
// token request.
func (d *driver) message(want map[string]any) (map[string]any, error) {
	return d.take(func() map[string]any {
		for i, m := range d.messages {
			if want["id"] != nil && m["id"] == want["id"] ||
				want["id"] == nil && m["token"] != nil && m["client"] == want["client"] {
				d.messages = append(d.messages[:i:i], d.messages[i+1:]...)
				return m
			}
		}
		return nil
	})
}

// state waits until a client reports a state, and drops those before.
func (d *driver) state(want map[string]any) error {
	_, err := d.take(func() map[string]any {
		for i, m := range d.states {
			if m["client"] == want["client"] && m["state"] == want["state"] {
				d.states = d.states[i+1:]
				return m
			}
		}
		return nil
	})
	return err
}

// reset ends a case: the driver closes its clients, and says when nothing of them is
// left. It must have said nothing that the case did not expect.
func (d *driver) reset() error {
	if err := d.Tell(map[string]any{"id": "reset", "do": "reset"}); err != nil {
		return err
	}
	answer, err := d.message(map[string]any{"id": "reset"})
	if err != nil {
		return err
	}
	if answer["ok"] != true {
		return fmt.Errorf("the driver cannot begin anew: %s", show(answer))
	}
	return d.checkSilence()
}

// checkSilence checks that nothing was said that nobody expected. Changes of state
// need not be expected.
func (d *driver) checkSilence() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.states = nil
	if len(d.messages) > 0 {
		return fmt.Errorf("the driver said more than expected: %s", show(d.messages[0]))
	}
	if len(d.errors) > 0 {
		return fmt.Errorf("standard error is not empty: %s", d.errors[0])
	}
	return nil
}

// finish closes standard input: the process must exit by itself, and well.
func (d *driver) finish() error {
	if err := d.Stdin.Close(); err != nil {
		return err
	}
	select {
	case <-d.Exited:
		if d.Exit != nil {
			return fmt.Errorf("the driver failed: %w", d.Exit)
		}
	case <-time.After(d.patience):
		return errors.New("the driver does not exit: something is left running")
	}
	return d.checkSilence()
}
