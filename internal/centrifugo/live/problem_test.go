package live

//lint:file-ignore SA1019 see conn.go

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"

	"github.com/wsgen/wsgen/internal/centrifugo"
)

func token(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".signature"
}

// A server that cannot be tried is told in one line, with what to do.
func TestProblems(t *testing.T) {
	good := token(`{"sub":"999"}`)
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	for _, test := range []struct{ name, url, token, other, want, hint string }{
		{"not a JWT", web.URL, "abc", "", "the token is not a JWT", "two dots"},
		{"no JSON in it", web.URL, "a.!.b", "", "the token is not a JWT: ", "two dots"},
		{"no user", web.URL, token(`{}`), "", `the user of the token, "", is empty`, "sub"},
		{"two users", web.URL, token(`{"sub":"1,2"}`), "", `the user of the token, "1,2", is empty or has a ","`, "sub"},
		{"nothing listens", "ws://127.0.0.1:1/", good, "", "cannot connect to ws://127.0.0.1:1/: connection refused", "running"},
		{"no endpoint", web.URL + "/x", good, "", "cannot connect to " + web.URL + "/x: the server answers with HTTP status 404 Not Found", "/connection/websocket"},
		{"no TLS", "wss" + strings.TrimPrefix(web.URL, "http"), good, "", "the server does not speak TLS", "ws://"},
		{"unknown authority", secure.URL, good, "", "its certificate is signed by an unknown authority", "SSL_CERT_FILE"},
		{"refused", answering(t, `{"id":1,"error":{"code":101,"message":"unauthorized"}}`), good, "",
			`the server does not take the token of user "999": 101 unauthorized`, "signed"},
		{"expired", answering(t, `{"id":1,"error":{"code":109,"message":"token expired"}}`), good, "",
			`the server does not take the token of user "999": 109 token expired`, "new one"},
		{"closed", answering(t, ""), good, "", `the server does not take the token of user "999": closed 3500 invalid token`, "signed"},
		{"another protocol", answering(t, "hello"), good, "", "it does not speak Centrifugo's JSON protocol", "/connection/websocket"},
		{"one user twice", answering(t, `{"id":1,"connect":{}}`), good, good, `both tokens are of user "999"`, "second user"},
		{"the other is none", answering(t, `{"id":1,"connect":{}}`), good, "abc", "the other token is not a JWT", "two dots"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantProblem(t, Target{URL: test.url, Token: test.token, OtherToken: test.other}, test.want, test.hint)
		})
	}
}

// A server that takes connections and never says a word.
func TestSilentServer(t *testing.T) {
	before := commandWait
	commandWait = time.Millisecond
	t.Cleanup(func() { commandWait = before })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	wantProblem(t, Target{URL: "ws://" + listener.Addr().String(), Token: token(`{"sub":"999"}`)}, "no answer within 1ms", "")
}

func wantProblem(t *testing.T, target Target, want, hint string) {
	t.Helper()
	target.Names = centrifugo.DefaultNames()
	_, err := Try(context.Background(), target)
	var problem *Problem
	switch {
	case !errors.As(err, &problem):
		t.Errorf("got %v", err)
	case !strings.Contains(problem.Text, want) || !strings.Contains(problem.Hint, hint):
		t.Errorf("got %q, hint %q", problem.Text, problem.Hint)
	}
}

// answering starts a server that gives one answer to all that it is sent; without
// one it closes as Centrifugo does.
func answering(t *testing.T, answer string) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer socket.CloseNow()
		for {
			if _, _, err := socket.Read(r.Context()); err != nil {
				return
			}
			if answer == "" {
				socket.Close(3500, "invalid token")
				return
			}
			if err := socket.Write(r.Context(), websocket.MessageText, []byte(answer)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}
