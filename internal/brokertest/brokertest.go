// Package brokertest builds and runs wsgen-broker for tests and benchmarks: a
// process of its own, that answers the fixtures' methods.
package brokertest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Broker is a wsgen-broker that runs.
type Broker struct {
	// Address is where it listens: "127.0.0.1:4711".
	Address string

	program, config string
	process         *exec.Cmd
	log             bytes.Buffer
}

// Build builds the command into dir and returns its path; root is the
// repository's folder.
func Build(root, dir string) (string, error) {
	program := filepath.Join(dir, "wsgen-broker")
	build := exec.Command("go", "build", "-o", program, "./cmd/wsgen-broker")
	build.Dir = filepath.Join(root, "broker") // a module of its own
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build wsgen-broker: %w\n%s", err, out)
	}
	return program, nil
}

// Start starts the command with a configuration, and waits until it listens. It
// answers the methods of the fixtures itself.
func Start(program, config string, flags ...string) (*Broker, error) {
	return StartEmpty(program, config, append([]string{"--demo", "--event-interval", "0"}, flags...)...)
}

// StartEmpty is Start without the fixtures' methods: others answer. It takes
// further flags, and the secrets of the configuration from the environment. It logs at
// debug level, for Stop.
func StartEmpty(program, config string, flags ...string) (*Broker, error) {
	b := &Broker{program: program, config: config}
	arguments := append([]string{"--config", config, "--port", "0", "--log-level", "debug"}, flags...)
	b.process = exec.Command(program, arguments...)
	b.process.Stderr = &b.log
	stdout, err := b.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		_ = b.process.Process.Kill() // it may be another program, that never ends; Wait says how it ended
		return nil, fmt.Errorf("%s says %q: %w", program, line, errors.Join(err, b.process.Wait(), errors.New(b.log.String())))
	}
	b.Address = address
	return b, nil
}

// Pid is the process's number.
func (b *Broker) Pid() int { return b.process.Process.Pid }

// URL is the endpoint for clients at an address: the broker's own, or that of a
// proxy before it.
func URL(address string) string { return "ws://" + address + "/connection/websocket" }

// Token returns a user's connection token, with server-side subscriptions to the
// channels.
func (b *Broker) Token(user string, channels ...string) (string, error) {
	out, err := exec.Command(b.program, "--config", b.config, "--print-token", user, "--channels", strings.Join(channels, ",")).Output()
	if err != nil {
		return "", fmt.Errorf("token of %s: %w", user, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Stop ends the process. It is an error if its log holds what no log may hold; see [Hidden].
func (b *Broker) Stop() error {
	err := errors.Join(b.process.Process.Signal(os.Interrupt), b.process.Wait())
	return errors.Join(err, Hidden(b.log.String()))
}

// Kill ends the process as a crash does.
func (b *Broker) Kill() {
	_ = b.process.Process.Kill() // it may have ended
	_ = b.process.Wait()         // says that it was killed
}

// signedToken is the beginning of a JSON Web Token: its header and its claims.
var signedToken = regexp.MustCompile(`eyJ[\w-]+\.eyJ[\w-]+\.`)

// Hidden returns an error if a log holds a signed token, a secret of our profiles, or one of
// the further texts: secrets, and values of calls.
func Hidden(log string, texts ...string) error {
	texts = append(texts, "wsgen-broker-development-secret", "wsgen-broker-development-key", "a-secret-that-only-centrifugo-knows")
	for line := range strings.Lines(log) {
		for _, text := range texts {
			if strings.Contains(line, text) {
				return fmt.Errorf("the log holds %q: %s", text, line)
			}
		}
		if signedToken.MatchString(line) {
			return fmt.Errorf("the log holds a token: %s", line)
		}
	}
	return nil
}
