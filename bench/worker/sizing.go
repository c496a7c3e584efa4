package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/internal/redistest"
)

const (
	rounds      = 5
	pending     = 2000
	connections = 500
)

// proxiedSecrets are what the configuration for the proxies and the worker share.
var proxiedSecrets = map[string]string{
	"CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY": "a secret that signs tokens",
	"CENTRIFUGO_HTTP_API_KEY":                 "a key of the HTTP API",
	"CENTRIFUGO_VAR_RPC_PROXY_SECRET":         "a secret of the proxies",
}

// setProxiedSecrets hands them to the processes that are started.
func setProxiedSecrets() error {
	for name, secret := range proxiedSecrets {
		if err := os.Setenv(name, secret); err != nil {
			return err
		}
	}
	return nil
}

// setting is one way in which a worker is run and called.
type setting struct {
	name, application string
	native, redis     bool
}

var settings = []setting{
	{name: "a constant answer to native RPC", application: "proxied:constant", native: true},
	{name: "native RPC", application: "proxied:application", native: true},
	{name: "publish proxy", application: "proxied:application"},
	{name: "publish proxy, STORE in Redis", application: "proxied:application", redis: true},
}

// sizing prints how much one core and one megabyte carry. It counts the time of the processor that
// the process has used, so that what else the machine does hardly matters.
func sizing(program, dir string, number int) error {
	if err := setProxiedSecrets(); err != nil {
		return err
	}
	redis, err := redistest.Start()
	if err != nil {
		return err
	}
	defer redis.Stop()
	fmt.Printf("echo calls, 64 in flight, the best of %d rounds of %d; calls for each second of the worker's processor time\n", rounds, number)
	fmt.Printf("%-34s %8s %7s\n", "", "calls/s", "ratio")
	constant := 0.0
	for _, s := range settings {
		perSecond, err := s.measure(program, dir, redis.URL, number)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if constant == 0 {
			constant = perSecond
		}
		fmt.Printf("%-34s %8.0f %7.2f\n", s.name, perSecond, perSecond/constant)
	}
	return printMemory(program, dir)
}

// measure returns the calls for each second of the worker's processor time.
func (s setting) measure(program, dir, redis string, number int) (float64, error) {
	store := ""
	if s.redis {
		store = redis
	}
	p, err := startProxied(program, dir, s.application, store)
	defer p.stop()
	if err != nil {
		return 0, err
	}
	p.load.native = s.native
	best := 0.0
	for range rounds + 1 { // the first one is for warming up
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		before, err := processorTime(p.worker.Process.Pid)
		if err == nil {
			_, err = p.load.measure(ctx, number, 64)
		}
		cancel()
		if err != nil {
			return 0, err
		}
		after, err := processorTime(p.worker.Process.Pid)
		if err != nil {
			return 0, err
		}
		best = max(best, float64(number)/(after-before).Seconds())
	}
	return best, nil
}

// printMemory prints what a pending call costs a worker, and a connection the broker.
func printMemory(program, dir string) error {
	p, err := startProxied(program, dir, "proxied:application", "")
	defer p.stop()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if _, err := p.load.measure(ctx, 1000, 64); err != nil {
		return err
	}
	call, err := growth(p.worker.Process.Pid, pending, func() error { return p.load.hold(ctx, pending) })
	if err != nil {
		return err
	}
	var opened []*load
	defer func() {
		for _, one := range opened {
			one.close()
		}
	}()
	connection, err := growth(p.broker.Pid(), connections, func() error {
		for range connections {
			one, err := p.connect(ctx)
			if err != nil {
				return err
			}
			opened = append(opened, one)
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("\nmemory: %.1f KB of the worker for a pending call (%d at once), %.1f KB of the broker for a connection (%d)\n",
		call, pending, connection, connections)
	return nil
}

// growth returns the kilobytes by which a process grows for each of what is made.
func growth(pid, number int, make func() error) (float64, error) {
	before, err := residentKB(pid)
	if err != nil {
		return 0, err
	}
	if err := make(); err != nil {
		return 0, err
	}
	after, err := residentKB(pid)
	return float64(after-before) / float64(number), err
}

// proxied is a worker behind the proxies of a broker of its own.
type proxied struct {
	broker *brokertest.Broker
	worker *exec.Cmd
	load   *load
}

// startProxied starts both. They must be stopped even if there is an error.
func startProxied(program, dir, application, store string) (*proxied, error) {
	p := &proxied{}
	port, err := brokertest.FreePort()
	if err != nil {
		return p, err
	}
	config, _, problems := centrifugo.Configure(centrifugo.DefaultNames(), centrifugo.Proxy, "http://127.0.0.1:"+port)
	if problems.HasErrors() {
		return p, fmt.Errorf("%v", problems)
	}
	// All connections are those of one user.
	data := bytes.Replace(config.JSON(), []byte(`"user_connection_limit": 20`), []byte(`"user_connection_limit": 0`), 1)
	path := filepath.Join(dir, "centrifugo.json")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		return p, err
	}
	if p.broker, err = brokertest.StartEmpty(program, path, "--log-level", "error"); err != nil {
		return p, err
	}
	p.worker, err = startApplication(application, port,
		"RPC_WORKER_API_URL=http://"+p.broker.Address+"/api",
		"RPC_WORKER_API_KEY="+proxiedSecrets["CENTRIFUGO_HTTP_API_KEY"],
		"RPC_WORKER_PROXY_SECRET="+proxiedSecrets["CENTRIFUGO_VAR_RPC_PROXY_SECRET"],
		"RPC_WORKER_STORE="+store,
		"RPC_WORKER_RATE=0", "RPC_WORKER_CONCURRENCY=10000", "RPC_WORKER_USER_CONCURRENCY=10000")
	if err != nil {
		return p, err
	}
	p.load, err = p.connect(context.Background())
	return p, err
}

// connect opens a connection that can make calls.
func (p *proxied) connect(ctx context.Context) (*load, error) {
	token, err := p.broker.Token(user, "user#"+user)
	if err != nil {
		return nil, err
	}
	return connect(ctx, brokertest.URL(p.broker.Address), token, user)
}

func (p *proxied) stop() {
	if p.load != nil {
		p.load.close()
	}
	if p.worker != nil && p.worker.Process != nil {
		_ = p.worker.Process.Kill()
		_ = p.worker.Wait()
	}
	if p.broker != nil {
		_ = p.broker.Stop()
	}
}

// ticks is how often in a second Linux counts, on all machines that matter.
const ticks = 100

// processorTime returns the time that a process has used, of which Linux tells hundredths of a second.
func processorTime(pid int) (time.Duration, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold spaces; user and system time are the 14th and 15th field.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	total := 0
	for _, text := range fields[11:13] {
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return time.Duration(total) * time.Second / ticks, nil
}

// residentKB returns the memory of a process.
func residentKB(pid int) (int, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data))
	i := slices.Index(fields, "VmRSS:")
	if i < 0 || i+1 >= len(fields) {
		return 0, fmt.Errorf("the status of process %d does not tell its memory", pid)
	}
	return strconv.Atoi(fields[i+1])
}
