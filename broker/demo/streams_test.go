package demo

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/wsgen/wsgen/broker/internal/wstest"
)

// The text about firstTask, whose words are the items.
var summary = []string{`"Write `, `the `, `README" `, `is `, `in `, `progress, `, `and `, `Ada `, `works `, `on `, `it.`}

// All items come in their order, no more than the window before the reader takes some, and then the end. While the demo
// waits for the reader, it says that the stream goes on.
func TestStream(t *testing.T) {
	const window = 2
	client := connect(t, startDemo(t, "demo", 0), "user#456")
	summarize(client, "1", firstTask, window)
	taken := 0
	for seq := 1; seq <= len(summary); {
		got := nextStreamed(t, client)
		switch {
		case got.CorrelationID != "1" || got.Result != nil || got.Error != nil:
			t.Fatalf("got %+v, want item %d", got, seq)
		case got.Item == nil: // a sign of life
			if got.Seq != seq-1 {
				t.Errorf("a sign of life has the number %d, want %d", got.Seq, seq-1)
			}
			if got.Seq == taken+window {
				taken = got.Seq
				control(client, methodAck, "1", fmt.Sprintf(`{"seq":%d}`, taken))
			}
		case got.Seq != seq || seq > taken+window || string(got.Item) != quoted(t, summary[seq-1]):
			t.Fatalf("got item %d, %s, after %d were taken; want item %d, %s", got.Seq, got.Item, taken, seq, summary[seq-1])
		default:
			seq++
		}
	}
	if end := nextOfMethod(t, client); string(end.Result) != "null" || end.Seq != len(summary)+1 {
		t.Errorf("the end is %+v", end)
	}
	nothingFollows(t, client)
}

// A stream ends at once when its caller has left, and for no other user.
func TestCancelledStream(t *testing.T) {
	d := startDemo(t, "demo", 0)
	client := connect(t, d, "user#456")
	summarize(client, "1", firstTask, 1)
	summarize(client, "1", firstTask, 1) // the same again is dropped
	d.control(request{Method: methodCancel, CorrelationID: "1"}, "789")
	if got := nextOfMethod(t, client); got.Seq != 1 || got.Item == nil {
		t.Errorf("got %+v, want the first item", got)
	}
	if got := nextStreamed(t, client); got.Seq != 1 || got.Item != nil {
		t.Errorf("got %+v, want a sign of life", got)
	}
	control(client, methodCancel, "1", "null")
	if got := nextOfMethod(t, client); got.Seq != 2 || got.Error == nil || got.Error.Code != codeCancelled {
		t.Errorf("got %+v, want the end", got)
	}
	nothingFollows(t, client)
}

// A stream may end with a declared error, and native RPC carries none.
func TestFailedStream(t *testing.T) {
	d := startDemo(t, "demo", 0)
	client := connect(t, d, "user#456")
	const missing = "00000000-0000-4000-8000-000000000000"
	summarize(client, "1", missing, 1)
	if got := nextOfMethod(t, client); got.Error == nil || got.Error.Code != codeTaskNotFound || got.Seq != 1 {
		t.Errorf("got %+v, want error 404", got)
	}
	got := overRPC(t, d)(t, "tasks.summarize", `{"task_id":"`+firstTask+`"}`)
	if got.Error == nil || got.Error.Code != codeInvalidRequest {
		t.Errorf("native RPC: got %+v, want -32600", got)
	}
}

// summarize begins a stream. A silence of its timeout's third is the shortest there is.
func summarize(client *wstest.Client, id, task string, window int) {
	client.MustDo("publish", map[string]any{"channel": "rpc.requests", "data": map[string]any{
		"method": "tasks.summarize", "params": map[string]any{"task_id": task}, "correlation_id": id, "reply_to": "user#456",
		"window": window, "timeout_ms": 3 * shortestSilence.Milliseconds(),
	}})
}

func control(client *wstest.Client, method, id, params string) {
	sendRequest(client, "rpc.requests", id, method, params, "")
}

func nextStreamed(t *testing.T, client *wstest.Client) streamed {
	t.Helper()
	var got streamed
	data := client.Push().Pub.Data
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return got
}

// nextOfMethod passes over signs of life.
func nextOfMethod(t *testing.T, client *wstest.Client) streamed {
	t.Helper()
	for {
		if got := nextStreamed(t, client); got.Item != nil || got.Result != nil || got.Error != nil {
			return got
		}
	}
}

// nothingFollows checks that the next message answers another call, even if that takes as long as three signs of life.
func nothingFollows(t *testing.T, client *wstest.Client) {
	t.Helper()
	sendRequest(client, "rpc.requests", "next", "test.sleep", fmt.Sprintf(`{"ms":%d}`, 3*shortestSilence/time.Millisecond), "user#456")
	if got := nextAnswer(t, client); got.CorrelationID != "next" {
		t.Errorf("after the end comes %+v", got)
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
