package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// driver is a process around a generated client.
type driver struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr bytes.Buffer
	exited chan struct{} // closed when the process has ended and all output was read
	exit   error         // how it ended

	mu       sync.Mutex
	messages []map[string]any // not expected yet
	states   []map[string]any
	ended    bool
	wake     chan struct{}
}

func startDriver(command *exec.Cmd) (*driver, error) {
	d := &driver{cmd: command, exited: make(chan struct{}), wake: make(chan struct{}, 1)}
	d.cmd.Stderr = &d.stderr
	var err error
	if d.stdin, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go d.readAll(stdout)
	return d, nil
}

func (d *driver) readAll(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		m, ok := decode(lines.Bytes()).(map[string]any)
		if !ok {
			m = map[string]any{"no message": lines.Text()}
		}
		d.mu.Lock()
		if m["state"] != nil {
			d.states = append(d.states, m)
		} else {
			d.messages = append(d.messages, m)
		}
		d.mu.Unlock()
		d.signal()
	}
	d.mu.Lock()
	d.ended = true
	d.mu.Unlock()
	d.signal()
	d.exit = errors.Join(lines.Err(), d.cmd.Wait())
	close(d.exited)
}

func (d *driver) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// tell writes a command.
func (d *driver) tell(command any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	_, err = d.stdin.Write(append(line, '\n'))
	return err
}

// take waits for a message that pick finds, and removes it.
func (d *driver) take(pick func() map[string]any) (map[string]any, error) {
	timeout := time.After(patience)
	for {
		d.mu.Lock()
		m, ended := pick(), d.ended
		d.mu.Unlock()
		switch {
		case m != nil:
			return m, nil
		case ended:
			return nil, errors.New("the driver has ended")
		}
		select {
		case <-d.wake:
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

// finish closes standard input: the driver must end well, with nothing left to
// say.
func (d *driver) finish() error {
	if err := d.stdin.Close(); err != nil {
		return err
	}
	select {
	case <-d.exited:
		if d.exit != nil {
			return fmt.Errorf("the driver failed: %w", d.exit)
		}
	case <-time.After(patience):
		return errors.New("the driver does not exit: something is left running")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.messages) > 0 {
		return fmt.Errorf("the driver said more than expected: %s", show(d.messages[0]))
	}
	if d.stderr.Len() > 0 {
		return errors.New("standard error is not empty")
	}
	return nil
}

// kill ends a driver whose case has failed, if it still runs.
func (d *driver) kill() {
	_ = d.cmd.Process.Kill() // it may have ended already
	<-d.exited
}
