package broker_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

func key(server *broker.Server) string { return server.Config().HTTPAPI.Key }

// The HTTP API answers 200 with an error in the body; only the key, the path and the JSON have a status of their own.
func TestAPIAnswers(t *testing.T) {
	server := start(t, "j")
	for _, test := range []struct {
		rule, method, body string
		status             int
		want               string
	}{
		{"publish", "publish", `{"channel":"rpc:requests","data":{"n":1}}`, 200, `{"result":{}}`},
		{"an unknown namespace: 102", "publish", `{"channel":"zz:x","data":{}}`, 200, `"code":102`},
		{"no channel: 107", "publish", `{"data":{}}`, 200, `"code":107`},
		{"no data: 107", "publish", `{"channel":"rpc:requests"}`, 200, `"code":107`},
		{"data of another format: 107", "publish", `{"channel":"rpc:requests","data":"x"}`, 200, `"code":107`},
		{"params of another shape: 107", "publish", `{"channel":7}`, 200, `"code":107`},
		{"params that this broker does not know: 107", "disconnect", `{"user":"1","session":"s"}`, 200, `"code":107`},
		{"a user who is not there", "disconnect", `{"user":"nobody"}`, 200, `{"result":{}}`},
		{"unsubscribe in an unknown namespace: 102", "unsubscribe", `{"user":"1","channel":"zz:x"}`, 200, `"code":102`},
		{"not JSON", "publish", `{`, http.StatusBadRequest, "Bad Request"},
		{"a batch of another shape", "batch", `{"commands":{}}`, http.StatusBadRequest, "Bad Request"},
		{"an unknown method", "dance", `{}`, http.StatusNotFound, "404"},
	} {
		status, body := post(t, server, key(server), test.method, test.body)
		if status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s: %d %s, want %d %s", test.rule, status, body, test.status, test.want)
		}
	}
}

// A bad key is 401; so is everything where no key is configured, unless the API is insecure.
func TestAPIKey(t *testing.T) {
	const body = `{"channel":"rpc:requests","data":{}}`
	server := start(t, "j")
	for _, key := range []string{"", "wrong"} {
		if status, _ := post(t, server, key, "publish", body); status != http.StatusUnauthorized {
			t.Errorf("key %q: status %d, want 401", key, status)
		}
	}
	none := start(t, "j", func(c *broker.Config) { c.HTTPAPI.Key = "" })
	if status, _ := post(t, none, "", "publish", body); status != http.StatusUnauthorized {
		t.Errorf("no key configured: status %d, want 401", status)
	}
	insecure := start(t, "j", func(c *broker.Config) { c.HTTPAPI = broker.HTTPAPI{Insecure: true} })
	if status, _ := post(t, insecure, "", "publish", body); status != http.StatusOK {
		t.Errorf("insecure: status %d, want 200", status)
	}
	disabled := start(t, "j", func(c *broker.Config) { c.HTTPAPI.Disabled = true })
	if status, _ := post(t, disabled, key(disabled), "publish", body); status != http.StatusNotFound {
		t.Errorf("disabled: status %d, want 404", status)
	}
}

func TestAPIPublish(t *testing.T) {
	server := start(t, "j")
	client := connect(t, server, "456")
	client.MustDo("subscribe", `{"channel":"user:#456"}`)

	_, body := post(t, server, key(server), "publish", `{"channel":"user:#456","data":{ "n":1.0 },"tags":{"a":"b"}}`)
	var answer struct {
		Result struct {
			Offset uint64
			Epoch  string
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Result.Offset != 1 || answer.Result.Epoch == "" {
		t.Errorf("answer is %s, want offset 1 and an epoch", body)
	}
	push := client.Push().Pub
	if string(push.Data) != `{ "n":1.0 }` || push.Offset != 1 || push.Tags["a"] != "b" || push.Info != nil {
		t.Errorf("got %+v", push)
	}
	// An idempotency key: the second one returns the same offset and is not delivered.
	for range 2 {
		_, body := post(t, server, key(server), "publish", `{"channel":"user:#456","data":{"n":2},"idempotency_key":"k"}`)
		if !strings.Contains(body, `"offset":2`) {
			t.Errorf("answer is %s, want offset 2", body)
		}
	}
	publish(t, server, "user:#456", `{"n":3}`)
	if first, second := client.Push().Pub, client.Push().Pub; first.Offset != 2 || second.Offset != 3 {
		t.Errorf("got offsets %d and %d, want 2 and 3", first.Offset, second.Offset)
	}
}

func TestAPIBatch(t *testing.T) {
	server := start(t, "j")
	status, body := post(t, server, key(server), "batch", `{"commands":[
		{"publish":{"channel":"rpc:requests","data":{}}},
		{"publish":{"channel":"zz:x","data":{}}},
		{"dance":{}},
		{"disconnect":{"user":"nobody"}}]}`)
	want := `{"replies":[{"publish":{}},{"error":{"code":102,"message":"unknown channel"}},` +
		`{"error":{"code":104,"message":"method not found"}},{"disconnect":{}}]}`
	if status != http.StatusOK || body != want {
		t.Errorf("%d %s, want %s", status, body, want)
	}
}

// disconnect closes with 3503 unless another code is asked for.
func TestAPIDisconnect(t *testing.T) {
	server := start(t, "j")
	for body, want := range map[string]int{
		`{"user":"456"}`: 3503,
		`{"user":"456","disconnect":{"code":4500,"reason":"abuse"}}`: 4500,
	} {
		client, bystander := connect(t, server, "456"), connect(t, server, "999")
		post(t, server, key(server), "disconnect", body)
		if got := client.CloseCode(); got != want {
			t.Errorf("%s: closed with %d, want %d", body, got, want)
		}
		bystander.MustDo("publish", `{"channel":"rpc:requests","data":{}}`)
	}
	// One connection of several.
	stays, goes := connect(t, server, "456"), wstest.Dial(t, server.URL(), nil)
	id := goes.MustDo("connect", map[string]string{"token": tokenFor(t, server, "456")}).Connect.Client
	post(t, server, key(server), "disconnect", `{"user":"456","client":"`+id+`"}`)
	if got := goes.CloseCode(); got != 3503 {
		t.Errorf("closed with %d, want 3503", got)
	}
	stays.MustDo("publish", `{"channel":"rpc:requests","data":{}}`)
}

// subscribe and unsubscribe reach the client as pushes; 2000 is the server's unsubscribe, which is final.
func TestAPISubscriptions(t *testing.T) {
	server := start(t, "j")
	client := connect(t, server, "456")
	post(t, server, key(server), "subscribe", `{"user":"456","channel":"user:x#456"}`)
	if push := client.Push(); push.Channel != "user:x#456" || push.Subscribe == nil || !push.Subscribe.Recoverable {
		t.Errorf("got %+v, want a subscribe push", push)
	}
	post(t, server, key(server), "unsubscribe", `{"user":"456","channel":"user:x#456"}`)
	push := client.Push()
	if push.Channel != "user:x#456" || push.Unsubscribe == nil || push.Unsubscribe.Code != 2000 {
		t.Errorf("got %+v, want an unsubscribe push with code 2000", push)
	}
}
