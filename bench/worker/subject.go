package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wsgen/wsgen/internal/brokertest"
)

const (
	user            = "load"
	requestsChannel = "rpc.requests"
)

// subject is a worker to be measured, with a broker of its own and the connection that
// calls it.
type subject struct {
	broker  *brokertest.Broker
	process *exec.Cmd
	load    *load
}

// start starts a Python program as a worker. The subject must be stopped even if there
// is an error.
func start(broker string, arguments ...string) (*subject, error) {
	s := &subject{}
	config := filepath.Join("broker", "profiles", "b.json")
	var err error
	if s.broker, err = brokertest.StartEmpty(broker, config, "--log-level", "error"); err != nil {
		return s, err
	}
	environment, err := s.environment(config)
	if err != nil {
		return s, err
	}
	s.process = exec.Command(filepath.Join(".tools", "py313", "bin", "python"), append([]string{"-B"}, arguments...)...)
	s.process.Env = append(os.Environ(), environment...)
	s.process.Stderr = os.Stderr
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return s, err
	}
	if err := s.process.Start(); err != nil {
		return s, err
	}
	if err := awaitLine(stdout, "answering requests"); err != nil {
		return s, fmt.Errorf("%s: %w", s.process, err)
	}
	token, err := s.broker.Token(user, "user#"+user)
	if err != nil {
		return s, err
	}
	s.load, err = connect(context.Background(), brokertest.URL(s.broker.Address), token, user)
	return s, err
}

// environment returns the settings of a worker. There is no limit on the rate of calls,
// since one user makes all of them.
func (s *subject) environment(config string) ([]string, error) {
	data, err := os.ReadFile(config)
	if err != nil {
		return nil, err
	}
	var secrets struct {
		Client struct {
			Token struct {
				Secret string `json:"hmac_secret_key"`
			}
		}
		API struct{ Key string } `json:"http_api"`
	}
	if err := json.Unmarshal(data, &secrets); err != nil {
		return nil, err
	}
	token, err := s.broker.Token("by-hand", requestsChannel)
	return []string{
		"PYTHONPATH=" + strings.Join([]string{"server", folder}, string(os.PathListSeparator)),
		"RPC_WORKER_API_URL=http://" + s.broker.Address + "/api",
		"RPC_WORKER_API_KEY=" + secrets.API.Key,
		"RPC_WORKER_WS_URL=" + brokertest.URL(s.broker.Address),
		"RPC_WORKER_TOKEN_SECRET=" + secrets.Client.Token.Secret,
		"RPC_WORKER_RATE=0",
		"TOKEN=" + token,
	}, err
}

// awaitLine reads output until a line begins with start.
func awaitLine(output io.Reader, start string) error {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), start) {
			return nil
		}
	}
	return errors.Join(lines.Err(), fmt.Errorf("it ended before it printed %q", start))
}

func (s *subject) stop() {
	if s.load != nil {
		s.load.close()
	}
	// The exit codes of these processes do not matter.
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
	}
	if s.broker != nil {
		_ = s.broker.Stop()
	}
}
