package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsgen/wsgen/bench/internal/calls"
	"github.com/wsgen/wsgen/internal/brokertest"
)

const (
	doorSecret  = "a-secret-of-the-benchmark"
	doorsAtOnce = 64
)

// doors is the worker as an ASGI application, and the HTTP API that it publishes on.
type doors struct {
	process *exec.Cmd
	api     *httptest.Server
	url     string
	client  *http.Client
	number  atomic.Int64

	mu      sync.Mutex
	waiting map[string]chan struct{} // calls whose reply was not published, by id
}

// reportDoors prints how many calls a second come through each proxy, as a ratio to what an
// application answers that does nothing, in the same process.
func reportDoors(times, number int) error {
	d, err := startDoors()
	defer d.stop()
	if err != nil {
		return err
	}
	fmt.Printf("calls through the proxies at %d in flight, medians of %d; ratios are to an ASGI application that answers a constant\n", doorsAtOnce, times)
	rates := map[string][]float64{}
	for i := range times + 1 { // the first time is for warming up
		var constant float64
		for _, door := range []string{"constant", "publish", "rpc"} {
			rate, err := d.measure(door, number)
			if err != nil {
				return err
			}
			if door == "constant" {
				constant = rate
			}
			if i > 0 {
				rates[door] = append(rates[door], rate)
				rates[door+" ratio"] = append(rates[door+" ratio"], rate/constant)
			}
		}
	}
	for _, door := range []string{"constant", "publish", "rpc"} {
		fmt.Printf("%9s %7.0f calls/s %6.2f\n", door, calls.Median(rates[door]), calls.Median(rates[door+" ratio"]))
	}
	return nil
}

// startDoors starts the application. It must be stopped even if there is an error.
func startDoors() (*doors, error) {
	d := &doors{waiting: map[string]chan struct{}{}}
	d.client = &http.Client{Timeout: timeout, Transport: &http.Transport{MaxIdleConnsPerHost: doorsAtOnce}}
	d.api = httptest.NewServer(http.HandlerFunc(d.publish))
	port, err := brokertest.FreePort()
	if err != nil {
		return d, err
	}
	d.url = "http://127.0.0.1:" + port
	d.process, err = startApplication("doors:application", port,
		"RPC_WORKER_API_URL="+d.api.URL, "RPC_WORKER_API_KEY=key", "RPC_WORKER_PROXY_SECRET="+doorSecret, "RPC_WORKER_RATE=0",
		"RPC_WORKER_USER_CONCURRENCY=64")
	return d, err
}

func (d *doors) stop() {
	if d.process != nil && d.process.Process != nil {
		_ = d.process.Process.Kill() // its exit code does not matter
		_ = d.process.Wait()
	}
	d.api.Close()
}

// publish plays Centrifugo's HTTP API: a reply ends the call that waits for it.
func (d *doors) publish(w http.ResponseWriter, r *http.Request) {
	type publication struct {
		Data struct {
			CorrelationID string `json:"correlation_id"`
		} `json:"data"`
	}
	var body struct {
		publication
		Commands []struct{ Publish publication } `json:"commands"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer := `{"result":{}}`
	if body.Commands != nil {
		answer = `{"replies":[` + strings.TrimSuffix(strings.Repeat(`{"publish":{}},`, len(body.Commands)), ",") + "]}"
	}
	_, _ = io.WriteString(w, answer)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, command := range append(body.Commands, struct{ Publish publication }{body.publication}) {
		if done := d.waiting[command.Publish.Data.CorrelationID]; done != nil {
			close(done)
			delete(d.waiting, command.Publish.Data.CorrelationID)
		}
	}
}

// measure returns how many calls a second come through a door.
func (d *doors) measure(door string, number int) (float64, error) {
	started := time.Now()
	failures := make([]error, doorsAtOnce)
	var left atomic.Int64
	left.Store(int64(number))
	var group sync.WaitGroup
	for i := range doorsAtOnce {
		group.Add(1)
		go func() {
			defer group.Done()
			for left.Add(-1) >= 0 && failures[i] == nil {
				failures[i] = d.call(door)
			}
		}()
	}
	group.Wait()
	return float64(number) / time.Since(started).Seconds(), errors.Join(failures...)
}

// call makes one call, and waits for its reply.
func (d *doors) call(door string) error {
	head := `{"client":"c5f1a9f0","transport":"websocket","protocol":"json","encoding":"json","user":"load",`
	if door != "publish" {
		path := map[string]string{"constant": "/constant", "rpc": "/centrifugo/rpc"}[door]
		return d.ask(path, []byte(head+`"method":"echo","data":{"text":"hello"}}`))
	}
	id, done := fmt.Sprint("call-", d.number.Add(1)), make(chan struct{})
	d.mu.Lock()
	d.waiting[id] = done
	d.mu.Unlock()
	err := d.ask("/centrifugo/publish", fmt.Appendf(nil, `%s"channel":"rpc.requests","data":{"method":"echo",`+
		`"params":{"text":"hello"},"correlation_id":%q,"reply_to":"user#load"}}`, head, id))
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-time.After(timeout):
		return errors.New("no reply was published")
	}
}

func (d *doors) ask(path string, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, d.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("X-Centrifugo-RPC-Secret", doorSecret)
	response, err := d.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && !bytes.Contains(answer, []byte(`"result"`)) {
		err = fmt.Errorf("the worker says %s", answer)
	}
	return err
}
