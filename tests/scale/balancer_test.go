package scale

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// losesEvery is how many answers of workers come for each one that is lost.
const losesEvery = 10

// balancer gives each request to the next worker, and passes by those that do not listen.
type balancer struct {
	server *httptest.Server

	loses bool // answers of workers, now and then

	mu       sync.Mutex
	workers  []string                   // addresses
	busy     map[string]*sync.WaitGroup // requests under way, by worker
	next     int
	answered int
	asked    map[string]int  // requests by the mark of the call
	lost     map[string]bool // marks of calls, of whose requests one was accepted and reported as failed
}

// startBalancer listens until the test ends.
func startBalancer(t *testing.T, loses bool) *balancer {
	b := &balancer{loses: loses, busy: map[string]*sync.WaitGroup{}, asked: map[string]int{}, lost: map[string]bool{}}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

// use makes the worker at an address one of those that are asked, in the place of another.
func (b *balancer) use(address, instead string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy[address] = &sync.WaitGroup{}
	for i, worker := range b.workers {
		if worker == instead {
			b.workers[i] = address
			return
		}
	}
	b.workers = append(b.workers, address)
}

// drained waits until no request is under way to a worker that is not asked any more.
func (b *balancer) drained(worker string) {
	b.mu.Lock()
	busy := b.busy[worker]
	b.mu.Unlock()
	busy.Wait()
}

// ServeHTTP answers as a worker does, or with 502 where none is reached or the answer is lost.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	mark := markOf(body)
	b.mu.Lock()
	b.asked[mark]++
	tries := len(b.workers)
	b.mu.Unlock()
	for range tries {
		worker, done := b.pick()
		response, err := forward(r, worker, body)
		done()
		var dialing *net.OpError
		if errors.As(err, &dialing) && dialing.Op == "dial" {
			continue
		}
		if err == nil && !b.lose(mark, response.StatusCode) {
			copyResponse(w, response)
			return
		}
		if err == nil {
			_ = response.Body.Close()
		}
		break
	}
	http.Error(w, "bad gateway", http.StatusBadGateway)
}

// pick returns the address of the next worker, and what to call when it has answered.
func (b *balancer) pick() (worker string, done func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	worker = b.workers[b.next%len(b.workers)]
	b.busy[worker].Add(1)
	return worker, b.busy[worker].Done
}

// lose tells whether an answer is to be lost, and notes it.
func (b *balancer) lose(mark string, status int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered++
	// A call that is sent again gets through.
	loses := b.loses && b.answered%losesEvery == 0 && status == http.StatusOK && !b.lost[mark]
	if loses {
		b.lost[mark] = true
	}
	return loses
}

// markOf returns the mark of the call that Centrifugo asks about.
func markOf(body []byte) string {
	var question struct {
		Data struct {
			Params struct {
				Mark string `json:"mark"`
			} `json:"params"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &question) // a worker says what is wrong with it
	return question.Data.Params.Mark
}

// direct opens a connection for each request: one that a worker closes can then not lose another.
var direct = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func forward(r *http.Request, worker string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+worker+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	return direct.Do(request)
}

func copyResponse(w http.ResponseWriter, response *http.Response) {
	defer response.Body.Close()
	w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body) // the broker sees what it gets
}
