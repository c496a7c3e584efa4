package scale

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// listens is what uvicorn logs once it accepts connections.
var listens = regexp.MustCompile(`running on http://(\S+)`)

// worker is a process that can be killed.
type worker struct {
	address string
	process *exec.Cmd
	log     *watched
	ended   chan error
}

// startWorker starts a worker that publishes through a broker, and waits until it listens.
func startWorker(environment ...string) (*worker, error) {
	root, err := toolchain.FindRoot()
	if err != nil {
		return nil, err
	}
	python, err := toolchain.FindPython("3.13")
	if err != nil {
		return nil, err
	}
	process := exec.Command(python, "-B", "-m", "uvicorn", "marks:application", "--port", "0", "--no-access-log")
	process.Env = append(os.Environ(), environment...)
	path := []string{filepath.Join(root, "server"), filepath.Join(root, "tests", "scale", "worker")}
	process.Env = append(process.Env, "PYTHONPATH="+strings.Join(path, string(os.PathListSeparator)))
	w := &worker{process: process, log: &watched{listens: make(chan string, 1)}, ended: make(chan error, 1)}
	process.Stderr = w.log
	if err := process.Start(); err != nil {
		return nil, err
	}
	go func() { w.ended <- process.Wait() }()
	select {
	case w.address = <-w.log.listens:
	case err := <-w.ended:
		return nil, fmt.Errorf("the worker has ended: %w\n%s", err, &w.log.text)
	}
	return w, nil
}

// kill ends the worker as a crash does.
func (w *worker) kill() { _ = w.process.Process.Kill() }

// terminate ends the worker as a deployment does, and returns how it has ended. Its log must hold
// no secret.
func (w *worker) terminate() error {
	_ = w.process.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-w.ended:
		return errors.Join(err, brokertest.Hidden(w.log.text.String(), "a secret", "a key of"))
	case <-time.After(patience):
		w.kill()
		return errors.New("the worker does not end")
	}
}

// watched is a log in which an address is looked for.
type watched struct {
	text    bytes.Buffer
	listens chan string
	found   bool
}

// Write keeps a part of the log.
func (w *watched) Write(part []byte) (int, error) {
	w.text.Write(part)
	if match := listens.FindSubmatch(w.text.Bytes()); match != nil && !w.found {
		w.found = true
		w.listens <- string(match[1])
	}
	return len(part), nil
}
