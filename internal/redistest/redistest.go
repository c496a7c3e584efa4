// Package redistest runs Redis for tests and benchmarks: a process of its own, on a socket in a
// folder, that keeps nothing on disk.
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Redis is a redis-server that runs.
type Redis struct {
	// URL is as clients take it: "unix:///tmp/redis-1/s".
	URL string

	socket  string
	process *exec.Cmd
}

// Start starts an empty Redis, and waits until it takes connections.
func Start() (*Redis, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redis-") // a short path: it names a socket
	if err != nil {
		return nil, err
	}
	r := &Redis{socket: filepath.Join(dir, "s")}
	r.URL = "unix://" + r.socket
	r.process = exec.Command(program, "--port", "0", "--unixsocket", r.socket, "--save", "", "--appendonly", "no", "--dir", dir)
	stdout, err := r.process.StdoutPipe()
	if err == nil {
		err = r.process.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if strings.Contains(lines.Text(), "eady to accept connections") {
			return r, nil
		}
	}
	r.Stop()
	return nil, errors.New("redis-server has ended")
}

// Hash returns the fields of a hash.
func (r *Redis) Hash(name string) (map[string]string, error) {
	out, err := exec.Command("redis-cli", "-s", r.socket, "--raw", "hgetall", name).Output()
	if err != nil {
		return nil, fmt.Errorf("redis-cli: %w", err)
	}
	fields := map[string]string{}
	lines := strings.Fields(string(out))
	for i := 0; i+1 < len(lines); i += 2 {
		fields[lines[i]] = lines[i+1]
	}
	return fields, nil
}

// Stop ends it at once.
func (r *Redis) Stop() {
	_ = r.process.Process.Kill()
	_ = r.process.Wait() // by the signal
	_ = os.RemoveAll(filepath.Dir(r.socket))
}
