//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package conformance

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nhooyr.io/websocket"

	"github.com/wsgen/wsgen/internal/brokertest"
)

const (
	workerKey    = "key-of-the-http-api"
	workerSecret = "secret-of-the-proxies"
)

var workerCommand = flag.String("worker", "", "command that starts the worker to test; ours by default")

// workerProcess is a worker behind one front door, with Centrifugo played around it.
type workerProcess struct {
	door    string
	url     string // where proxies post to; a subscriber answers the subscribe proxy there
	api     *workerAPI
	broker  *profile // of a subscriber
	command *exec.Cmd
	stderr  bytes.Buffer
	ended   chan struct{}
}

// startWorker starts the worker and waits until it is ready.
func startWorker(door string, settings map[string]any) (*workerProcess, error) {
	w := &workerProcess{door: door, api: newWorkerAPI(), ended: make(chan struct{})}
	environment := []string{
		"DOOR=" + door, "API_URL=" + w.api.server.URL + "/api", "API_KEY=" + workerKey, "PROXY_SECRET=" + workerSecret,
		"WS_URL=ws://unused", "TOKEN_SECRET=unused", "SETTINGS=" + encode(settings),
	}
	if settings == nil {
		environment[len(environment)-1] = "SETTINGS={}"
	}
	if door == "subscriber" {
		var err error
		// One worker only may subscribe at a time: each has a broker of its own.
		if w.broker, err = startOwn(); err != nil {
			return nil, err
		}
		environment[4], environment[5] = "WS_URL="+w.broker.url, "TOKEN_SECRET="+w.broker.secret
	}
	port, err := brokertest.FreePort()
	if err != nil {
		return nil, err
	}
	w.url = "http://127.0.0.1:" + port + "/centrifugo/"
	environment = append(environment, "PORT="+port)
	if err := w.run(environment); err != nil {
		return nil, errors.Join(err, w.stop())
	}
	return w, nil
}

// startOwn starts a broker that no other worker subscribes to.
func startOwn() (*profile, error) {
	config := filepath.Join("..", "..", "broker", "profiles", "b.json")
	p, err := readProfile(config)
	if err != nil {
		return nil, err
	}
	if p.process, err = brokertest.StartEmpty(profiles.program, config); err != nil {
		return nil, err
	}
	p.url, p.apiURL = brokertest.URL(p.process.Address), "http://"+p.process.Address+"/api/"
	return p, nil
}

func (w *workerProcess) run(environment []string) error {
	arguments := strings.Fields(*workerCommand)
	if len(arguments) == 0 {
		root, err := filepath.Abs(filepath.Join("..", ".."))
		if err != nil {
			return err
		}
		arguments = []string{filepath.Join(root, ".tools", "py313", "bin", "python"), "-B", "worker/ours.py"}
		path := []string{filepath.Join(root, "server"), filepath.Join(root, ".tools", "fastapi")}
		environment = append(environment, "PYTHONPATH="+strings.Join(path, string(filepath.ListSeparator)))
	}
	w.command = exec.Command(arguments[0], arguments[1:]...)
	w.command.Env = append(os.Environ(), environment...)
	w.command.Stderr = &w.stderr
	stdout, err := w.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.command.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == "ready" {
			go func() {
				_, _ = io.Copy(io.Discard, stdout) // what it prints later is of no interest
				_ = w.command.Wait()               // cases look at the exit code
				close(w.ended)
			}()
			return nil
		}
	}
	err = w.command.Wait()
	close(w.ended)
	return fmt.Errorf("the worker ended before it was ready: %w\n%s", err, &w.stderr)
}

// stop ends the worker, whatever it does, and what is played around it.
func (w *workerProcess) stop() error {
	var err error
	if w.command != nil && w.command.Process != nil {
		_ = w.command.Process.Kill() // it may have ended
		<-w.ended
	}
	w.api.server.Close()
	if w.broker != nil {
		err = w.broker.process.Stop()
	}
	return err
}

// post sends a proxy's request and returns the status and the decoded body.
func (w *workerProcess) post(path, body string, headers map[string]string) (int, any, error) {
	return w.postUntil(context.Background(), path, body, headers)
}

// postUntil is post, which ends with the context.
func (w *workerProcess) postUntil(ctx context.Context, path, body string, headers map[string]string) (int, any, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, decode(answer), err
}

// sender is the connection of a user to the broker of a subscriber.
type sender struct {
	socket *websocket.Conn
	last   int
}

func (w *workerProcess) connect(user string) (*sender, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, w.broker.url, nil)
	if err != nil {
		return nil, err
	}
	socket.SetReadLimit(-1)
	s := &sender{socket: socket}
	token := signJWT(w.broker.secret, map[string]any{"sub": user})
	if _, err := s.ask("connect", map[string]any{"token": token}); err != nil {
		return nil, err
	}
	return s, nil
}

// ask sends a command and returns the reply, which is an object with an id.
func (s *sender) ask(command string, arguments any) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.last++
	message := encode(map[string]any{"id": s.last, command: arguments})
	if err := s.socket.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		return nil, err
	}
	for {
		_, frame, err := s.socket.Read(ctx)
		if err != nil {
			return nil, err
		}
		var found map[string]any
		for _, line := range bytes.Split(bytes.TrimSpace(frame), []byte("\n")) {
			reply, _ := decode(line).(map[string]any)
			if len(reply) == 0 { // a ping, which may share a frame with a reply
				err = errors.Join(err, s.socket.Write(ctx, websocket.MessageText, []byte("{}")))
			} else if reply["id"] != nil {
				found = reply
			}
		}
		if err != nil || found != nil {
			return found, err
		}
	}
}
