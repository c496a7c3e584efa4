package broker_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// start runs a profile on a free port until the test ends; change, if any, changes the configuration first.
func start(t *testing.T, profile string, change ...func(*broker.Config)) *broker.Server {
	t.Helper()
	config, err := broker.Profile(profile)
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPServer.Port = 0
	for _, change := range change {
		change(&config)
	}
	server, err := broker.Start(config)
	return wstest.Serve(t, server, err)
}

func tokenFor(t *testing.T, server *broker.Server, user string, channels ...string) string {
	t.Helper()
	token, err := server.Config().NewToken(user, time.Hour, channels...)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func sign(t *testing.T, config *broker.Config, claims map[string]any) string {
	t.Helper()
	token, err := config.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// connect connects a user, with server-side subscriptions to the channels.
func connect(t *testing.T, server *broker.Server, user string, channels ...string) *wstest.Client {
	t.Helper()
	return wstest.Connect(t, server.URL(), tokenFor(t, server, user, channels...))
}

func publish(t *testing.T, server *broker.Server, channel, data string) {
	t.Helper()
	if _, err := server.Publish(channel, []byte(data), broker.PublishOptions{}); err != nil {
		t.Fatal(err)
	}
}

// post calls the HTTP API and returns the status and the body.
func post(t *testing.T, server *broker.Server, key, method, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, server.APIURL()+"/"+method, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(bytes.TrimSpace(answer))
}

// code is a reply's error code, 0 if there is none.
func code(reply wstest.Message) int {
	if reply.Error == nil {
		return 0
	}
	return reply.Error.Code
}

// dataOf lists the data of publications.
func dataOf(publications []wstest.Publication) []string {
	var all []string
	for _, publication := range publications {
		all = append(all, string(publication.Data))
	}
	return all
}
