package conformance

import (
	"fmt"
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
	present  map[string]any      // what is answered about who is on a channel; by default one connection
	asked    map[string]chan any // those questions, by channel
	held     chan struct{}       // large requests wait for it to be closed
}

func newWorkerAPI() *workerAPI {
	a := &workerAPI{channels: map[string]chan any{}, present: map[string]any{}, asked: map[string]chan any{}}
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
		replies[i] = a.run(command.(map[string]any))
	}
	_, _ = io.WriteString(w, encode(map[string]any{"replies": replies}))
}

// run runs one command of a batch and returns the reply.
func (a *workerAPI) run(command map[string]any) any {
	if question, ok := command["presence_stats"].(map[string]any); ok {
		return a.whoIsOn(fmt.Sprint(question["channel"]))
	}
	publish, _ := command["publish"].(map[string]any)
	a.take(publish)
	return map[string]any{"publish": map[string]any{}}
}

// whoIsOn answers how many connections are on a channel, as the case says.
func (a *workerAPI) whoIsOn(channel string) any {
	a.questions(channel) <- nil
	a.mu.Lock()
	defer a.mu.Unlock()
	if reply, ok := a.present[channel]; ok {
		return reply
	}
	return presenceOf(1)
}

func presenceOf(clients int) any {
	return map[string]any{"presence_stats": map[string]any{"num_clients": clients, "num_users": min(clients, 1)}}
}

func (a *workerAPI) take(publication map[string]any) {
	channel, _ := publication["channel"].(string)
	a.published(channel) <- publication
}

// published is where the publications of a channel come out.
func (a *workerAPI) published(channel string) chan any { return a.queue(a.channels, channel) }

// questions is where the questions for who is on a channel come out.
func (a *workerAPI) questions(channel string) chan any { return a.queue(a.asked, channel) }

func (a *workerAPI) queue(of map[string]chan any, channel string) chan any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if of[channel] == nil {
		of[channel] = make(chan any, 100_000)
	}
	return of[channel]
}

// answerPresence sets what is answered about who is on a channel.
func (a *workerAPI) answerPresence(channel string, reply any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.present[channel] = reply
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
