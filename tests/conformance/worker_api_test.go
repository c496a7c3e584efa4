package conformance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// largeBody is the least size of a request that a case may hold back.
const largeBody = 50_000

// workerAPI plays Centrifugo's HTTP API: it takes what a worker publishes.
type workerAPI struct {
	server *httptest.Server

	mu       sync.Mutex
	channels map[string]chan any // publications by channel
	down     bool                // answers 503
	held     chan struct{}       // large requests wait for it to be closed
}

func newWorkerAPI() *workerAPI {
	a := &workerAPI{channels: map[string]chan any{}}
	a.server = httptest.NewServer(http.HandlerFunc(a.serve))
	return a
}

func (a *workerAPI) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("X-API-Key") != workerKey {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	down, held := a.down, a.held
	a.mu.Unlock()
	if down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if held != nil && len(body) >= largeBody {
		<-held
	}
	request, _ := decode(body).(map[string]any)
	commands, batch := request["commands"].([]any)
	if !batch {
		a.take(request)
		_, _ = io.WriteString(w, `{"result":{}}`)
		return
	}
	replies := make([]any, len(commands))
	for i, command := range commands {
		publish, _ := command.(map[string]any)["publish"].(map[string]any)
		a.take(publish)
		replies[i] = map[string]any{"publish": map[string]any{}}
	}
	_, _ = io.WriteString(w, encode(map[string]any{"replies": replies}))
}

func (a *workerAPI) take(publication map[string]any) {
	channel, _ := publication["channel"].(string)
	a.published(channel) <- publication
}

// published is where the publications of a channel come out.
func (a *workerAPI) published(channel string) chan any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.channels[channel] == nil {
		a.channels[channel] = make(chan any, 100_000)
	}
	return a.channels[channel]
}

// set brings the API into the state that a case wants.
func (a *workerAPI) set(state string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch state {
	case "down", "up":
		a.down = state == "down"
	case "hold large":
		a.held = make(chan struct{})
	case "release":
		close(a.held)
		a.held = nil
	default:
		return false
	}
	return true
}
