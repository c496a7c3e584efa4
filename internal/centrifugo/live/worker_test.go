package live

//lint:file-ignore SA1019 see conn.go

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"nhooyr.io/websocket"

	"github.com/wsgen/wsgen/internal/centrifugo"
)

// A worker that believes a lie about the sender is found out, even if it answers the
// sender's next request first.
func TestVictimIsAnsweredLate(t *testing.T) {
	attempts := try(t, &server{credulous: true}, token(`{"sub":"456"}`))
	for _, action := range []string{"names another user", "forged info"} {
		if a := find(t, attempts, action); a.OK || a.Unproven || a.Seen != "answered to user 456" {
			t.Errorf("got %+v", a)
		}
	}
}

// So is a worker that refuses a foreign reply_to, but believes the info in a request.
func TestVictimIsAnsweredByInfo(t *testing.T) {
	attempts := try(t, &server{credulous: true, refuseLie: true}, token(`{"sub":"456"}`))
	if lie, forged := find(t, attempts, "names another user"), find(t, attempts, "forged info"); !lie.OK || lie.Unproven || forged.OK {
		t.Errorf("got %+v and %+v", lie, forged)
	}
}

// A worker that believes no lie passes, but only if the victim is connected and would see
// the answer.
func TestVictimIsNotAnswered(t *testing.T) {
	for other, unproven := range map[string]bool{token(`{"sub":"456"}`): false, "": true} {
		attempts := try(t, &server{}, other)
		lie, forged := find(t, attempts, "names another user"), find(t, attempts, "forged info")
		if !lie.OK || lie.Unproven != unproven {
			t.Errorf("with the token %q: got %+v", other, lie)
		}
		if !forged.OK || forged.Unproven || !strings.HasSuffix(forged.Seen, "answered to the sender") {
			t.Errorf("with the token %q: got %+v", other, forged)
		}
	}
}

// Where the back end does not answer, nothing has been refused.
func TestSilentBackEnd(t *testing.T) {
	for _, silence := range []string{"", `{"id":%d,"error":{"code":100,"message":"internal server error"}}`} {
		attempts := try(t, &server{onPublish: &silence}, "")
		for _, action := range []string{"publish on user#" + inventedUser, "publish a string on", "names another user", "forged info"} {
			if a := find(t, attempts, action); !a.Unproven || !strings.Contains(a.Seen, "this proves nothing") {
				t.Errorf("silence %q: got %+v", silence, a)
			}
		}
		if a := find(t, attempts, "subscribe rpc.requests"); !a.OK || a.Unproven {
			t.Errorf("silence %q: got %+v", silence, a)
		}
	}
}

func try(t *testing.T, s *server, other string) []Attempt {
	t.Helper()
	s.sockets = map[string]*websocket.Conn{}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	wait := time.Millisecond // the sender's answer is there before it counts
	if s.credulous {
		wait = 10 * time.Second
	}
	attempts, err := Try(context.Background(), Target{
		URL: web.URL, Token: token(`{"sub":"999"}`), OtherToken: other, Names: centrifugo.DefaultNames(), Wait: wait,
	})
	if err != nil {
		t.Fatal(err)
	}
	return attempts
}

func find(t *testing.T, attempts []Attempt, action string) Attempt {
	t.Helper()
	for _, a := range attempts {
		if strings.Contains(a.Action, action) {
			return a
		}
	}
	t.Fatalf("no attempt: %s", action)
	return Attempt{}
}

// server refuses everything except the user's own reply channel, and requests, which a
// worker answers.
type server struct {
	credulous bool    // the worker answers the victim, too, after the sender
	refuseLie bool    // a request that names another user in reply_to is refused
	onPublish *string // the answer to every publication, with the id; "": the connection breaks

	mutex    sync.Mutex
	sockets  map[string]*websocket.Conn // the last one of each user
	believed []string                   // ids of the requests that a credulous worker answers to the victim
}

type command struct {
	ID        int
	Connect   *struct{ Token string }
	Subscribe *struct{ Channel string }
	Publish   *struct {
		Channel string
		Data    json.RawMessage
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer socket.CloseNow()
	user := ""
	for {
		_, frame, err := socket.Read(r.Context())
		var c command
		if err != nil || json.Unmarshal(frame, &c) != nil {
			return
		}
		answer := `{"id":%d,"error":{"code":103,"message":"permission denied"}}`
		switch {
		case c.Connect != nil && strings.HasSuffix(c.Connect.Token, ".signature"):
			user, _ = subject("", c.Connect.Token)
			s.mutex.Lock()
			s.sockets[user] = socket
			s.mutex.Unlock()
			answer = `{"id":%d,"connect":{}}`
		case c.Subscribe != nil && c.Subscribe.Channel == "user#"+user:
			answer = `{"id":%d,"subscribe":{}}`
		case c.Publish != nil && s.onPublish != nil:
			answer = *s.onPublish
		case c.Publish != nil && c.Publish.Channel == "rpc.requests" && c.Publish.Data[0] == '{':
			if s.work(r.Context(), socket, user, c.Publish.Data) {
				answer = `{"id":%d,"publish":{}}`
			}
		}
		if answer == "" {
			return
		}
		send(r.Context(), socket, fmt.Sprintf(answer, c.ID))
	}
}

// work answers the sender, and after that whom a lie names: once that user reads,
// who by then has the answer to anything asked before.
func (s *server) work(ctx context.Context, sender *websocket.Conn, user string, data []byte) (taken bool) {
	var request struct {
		CorrelationID string `json:"correlation_id"`
		ReplyTo       string `json:"reply_to"`
	}
	if json.Unmarshal(data, &request) != nil {
		return false
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	isLie := request.ReplyTo != "user#"+user
	if isLie && s.refuseLie {
		return false
	}
	s.believed = append(s.believed, request.CorrelationID)
	if isLie {
		return true
	}
	const push = `{"push":{"pub":{"data":{"correlation_id":%q}}}}`
	send(ctx, sender, fmt.Sprintf(push, request.CorrelationID))
	if victim, believed := s.sockets["456"], s.believed; s.credulous {
		go func() {
			if victim.Ping(ctx) != nil {
				return
			}
			for _, id := range believed {
				send(ctx, victim, fmt.Sprintf(push, id))
			}
		}()
	}
	return true
}

// send ignores that a client has gone.
func send(ctx context.Context, socket *websocket.Conn, text string) {
	_ = socket.Write(ctx, websocket.MessageText, []byte(text))
}
