package chaos

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// door is a way in which requests come to the worker.
type door struct{ name, profile string }

var doors = []door{{"subscriber", "dev"}, {"publish proxy", "proxy"}}

// world is a broker and a worker, which can end and come back at any time. What connects to the
// broker does so through relays, which find the next one.
type world struct {
	t      *testing.T
	door   door
	binary string // wsgen-broker
	config string
	runs   string // file with a line for each run
	port   string // of a worker behind the proxy
	api    *relay // what the worker uses of the broker

	mu     sync.Mutex // of all that restarts change
	relays []*relay
	broker *brokertest.Broker
	worker *worker
}

const apiKey, tokenSecret, proxySecret = "key-of-the-api", "secret-of-the-tokens", "secret-of-the-proxies"

// secrets are what a configuration names.
var secrets = map[string]string{
	"CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY": tokenSecret,
	"CENTRIFUGO_HTTP_API_KEY":                 apiKey,
	"CENTRIFUGO_VAR_RPC_PROXY_SECRET":         proxySecret,
}

// startWorld starts broker and worker.
func startWorld(t *testing.T, d door) *world {
	t.Helper()
	port, err := brokertest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, door: d, binary: programs.wsgenBroker(t), runs: filepath.Join(t.TempDir(), "runs"), port: port}
	w.config = configuration(t, d.profile, "http://127.0.0.1:"+port)
	w.api = w.relay()
	t.Cleanup(w.stop)
	if err := errors.Join(w.startBroker(), w.startWorker()); err != nil {
		t.Fatal(err)
	}
	return w
}

// configuration writes the one that wsgen makes, with frequent pings: half-open connections are
// found soon.
func configuration(t *testing.T, profile, backend string) string {
	t.Helper()
	manifest := filepath.Join("..", "conformance", "api.yaml")
	model, diags := load.Load(load.Options{AsyncAPI: manifest, Read: os.ReadFile})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	// Nobody uses these channels, and they are not for every profile.
	model.Events = nil
	model.Methods = slices.DeleteFunc(model.Methods, func(m *schema.Method) bool { return m.Channel != nil })
	names, diags := centrifugo.ReadNames(model)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	made, _, diags := centrifugo.Configure(names, profile, backend)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var config map[string]any
	if err := json.Unmarshal([]byte(made.JSON()), &config); err != nil {
		t.Fatal(err)
	}
	client := config["client"].(map[string]any)
	// The timeout must be the shorter one: a client on a busy machine has not gone.
	client["ping_interval"], client["pong_timeout"] = "3s", "2990ms"
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "centrifugo.json")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// relay returns a new way to the broker.
func (w *world) relay() *relay {
	r := startRelay(w.t)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broker != nil {
		r.target.Store(w.broker.Address)
	}
	w.relays = append(w.relays, r)
	return r
}

// startBroker starts the broker, to which all relays then lead.
func (w *world) startBroker() error {
	b, err := brokertest.StartEmpty(w.binary, w.config)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broker = b
	for _, r := range w.relays {
		r.target.Store(b.Address)
	}
	return nil
}

// restartBroker ends the broker, abruptly or in an orderly way, and starts another.
func (w *world) restartBroker(kill bool) error {
	var err error
	if kill {
		w.broker.Kill()
	} else {
		err = w.broker.Stop()
	}
	return errors.Join(err, w.startBroker())
}

// worker is a process.
type worker struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan error
}

// limits are out of the way of calls.
var limits = []string{
	"RPC_WORKER_CONCURRENCY=2000", "RPC_WORKER_USER_CONCURRENCY=500", "RPC_WORKER_QUEUE=5000", "RPC_WORKER_USER_QUEUE=2000",
	"RPC_WORKER_STREAMS=1000", "RPC_WORKER_USER_STREAMS=500", "RPC_WORKER_RATE=0", "RPC_WORKER_DRAIN_S=1",
}

// startWorker starts the worker, and waits until it takes requests.
func (w *world) startWorker() error {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	next := &worker{cmd: exec.Command(toolchain.Python(w.t, "3.13"), "-B", filepath.Join("worker", "worker.py")), ended: make(chan error, 1)}
	next.cmd.Env = append(os.Environ(), limits...)
	next.cmd.Env = append(next.cmd.Env,
		"PYTHONPATH="+filepath.Join(root, "server"), "DOOR="+w.door.name, "RUNS="+w.runs, "PORT="+w.port,
		"RPC_WORKER_API_URL=http://"+w.api.address()+"/api", "RPC_WORKER_API_KEY="+apiKey,
		"RPC_WORKER_WS_URL="+brokertest.URL(w.api.address()), "RPC_WORKER_TOKEN_SECRET="+tokenSecret,
		"RPC_WORKER_PROXY_SECRET="+proxySecret)
	next.cmd.Stderr = &next.stderr
	stdout, err := next.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := next.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, stdout) // it says no more
		next.ended <- next.cmd.Wait()
	}()
	if line != "ready\n" {
		return fmt.Errorf("the worker says %q: %w\n%s", line, errors.Join(err, <-next.ended), &next.stderr)
	}
	w.worker = next
	return nil
}

// restartWorker ends the worker, abruptly or in an orderly way, and starts another.
func (w *world) restartWorker(kill bool) error {
	return errors.Join(w.worker.end(kill), w.startWorker())
}

// end ends the process. One that is told to end must do so well, and have nothing to complain of.
func (p *worker) end(kill bool) error {
	if kill {
		_ = p.cmd.Process.Kill() // that it has ended is an error below
		<-p.ended
		return p.complaint()
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // the same
	select {
	case err := <-p.ended:
		if err != nil && err.Error() != "signal: terminated" { // uvicorn cleans up, and then ends so
			err = fmt.Errorf("the worker ends with %w", err)
		} else {
			err = nil
		}
		return errors.Join(err, p.complaint())
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("the worker does not end\n%s", &p.stderr)
	}
}

// complaint returns an exception that nobody has caught, or a secret in the log.
func (p *worker) complaint() error {
	said := p.stderr.String()
	if strings.Contains(said, "Traceback") {
		return fmt.Errorf("the worker says:\n%s", said[strings.Index(said, "Traceback"):])
	}
	return brokertest.Hidden(said, apiKey, tokenSecret, proxySecret)
}

// stop ends both.
func (w *world) stop() {
	if w.worker != nil {
		if err := w.worker.end(false); err != nil {
			w.t.Error(err)
		}
	}
	if w.broker != nil {
		if err := w.broker.Stop(); err != nil {
			w.t.Error("wsgen-broker:", err)
		}
	}
}

// client makes the driver's client of a user, who connects through the relay.
func (w *world) client(d *driver, r *relay, user string) {
	w.t.Helper()
	token, err := w.broker.Token(user, "user#"+user)
	if err != nil {
		w.t.Fatal(err)
	}
	d.must(w.t, command{"do": "new", "client": user, "url": brokertest.URL(r.address()), "token": token, "user": user})
}

// run is a line of the file of runs.
type run struct {
	process       int // of the worker
	correlationID string
	n             int
}

// readRuns returns all runs.
func (w *world) readRuns() []run {
	w.t.Helper()
	data, err := os.ReadFile(w.runs)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []run
	for line := range strings.Lines(string(data)) {
		var r run
		if _, err := fmt.Sscan(line, &r.process, &r.correlationID, &r.n); err != nil {
			w.t.Fatalf("%q: %v", line, err)
		}
		all = append(all, r)
	}
	return all
}
