package clienttest

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"sync"
)

// Driver is a process that takes commands and answers them, a line of JSON each. Closing its
// standard input ends it.
type Driver struct {
	Process *exec.Cmd
	Stdin   io.WriteCloser
	Exited  chan struct{} // closed when it has ended and all output was read
	Exit    error         // how it ended

	writing sync.Mutex
}

// longestLine bounds what a driver may say at once.
const longestLine = 64 << 20

// Drive starts a process. Each line is handed to hear, one after another: those of standard error
// come through the pipe of standard output, so that it is clear what was written first.
func Drive(command *exec.Cmd, hear func(line []byte)) (*Driver, error) {
	d := &Driver{Process: command, Exited: make(chan struct{})}
	var err error
	if d.Stdin, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() {
		lines := bufio.NewScanner(stdout)
		lines.Buffer(nil, longestLine)
		for lines.Scan() {
			hear(lines.Bytes())
		}
		d.Exit = errors.Join(lines.Err(), command.Wait())
		close(d.Exited)
	}()
	return d, nil
}

// Tell writes a command. Any goroutine may.
func (d *Driver) Tell(command any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	_, err = d.Stdin.Write(append(line, '\n'))
	return err
}

// Kill ends the process, if it still runs.
func (d *Driver) Kill() {
	_ = d.Process.Process.Kill() // it may have ended already
	<-d.Exited
}
