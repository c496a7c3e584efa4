package broker_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/wsgen/wsgen/broker"
	"github.com/wsgen/wsgen/broker/internal/wstest"
)

const replies = "user:tab#456"

// subscribeAt subscribes with a position, as a client does that comes back.
func subscribeAt(t *testing.T, server *broker.Server, epoch string, offset uint64) *wstest.Subscribe {
	t.Helper()
	return connect(t, server, "456").MustDo("subscribe", map[string]any{
		"channel": replies, "recover": true, "epoch": epoch, "offset": offset,
	}).Subscribe
}

func position(t *testing.T, server *broker.Server) (epoch string) {
	t.Helper()
	reply := connect(t, server, "456").MustDo("subscribe", map[string]any{"channel": replies}).Subscribe
	if !reply.Recoverable || !reply.Positioned || reply.Epoch == "" {
		t.Fatalf("got %+v, want recoverable, positioned and an epoch", reply)
	}
	return reply.Epoch
}

// What was published while the client was away comes with the subscribe reply, whose offset is the one asked for.
func TestRecovery(t *testing.T) {
	server := start(t, "j")
	epoch := position(t, server)
	for n := 1; n <= 3; n++ {
		publish(t, server, replies, fmt.Sprintf(`{"n":%d}`, n))
	}
	got := subscribeAt(t, server, epoch, 1)
	if !got.Recovered || !got.WasRecovering || got.Offset != 1 {
		t.Errorf("got %+v, want recovered from offset 1", got)
	}
	if data := dataOf(got.Publications); !slices.Equal(data, []string{`{"n":2}`, `{"n":3}`}) {
		t.Errorf("recovered %v", data)
	}
	// An empty epoch and offset 0: from the beginning of the stream.
	if data := dataOf(subscribeAt(t, server, "", 0).Publications); len(data) != 3 {
		t.Errorf("from the beginning: %v", data)
	}
}

// A recovered publication says who published it: forged replies can still be told.
func TestRecoveryKeepsInfo(t *testing.T) {
	server := start(t, "j", func(c *broker.Config) { c.Channel.Namespaces[1].AllowPublishForClient = true })
	epoch := position(t, server)
	connect(t, server, "999").MustDo("publish", map[string]any{"channel": replies, "data": map[string]any{}})
	got := subscribeAt(t, server, epoch, 0).Publications
	if len(got) != 1 || got[0].Info == nil || got[0].Info.User != "999" {
		t.Errorf("recovered %+v, want one publication with info", got)
	}
}

// With flag 2 a failed recovery is error 112.
func TestUnrecoverablePosition(t *testing.T) {
	client := connect(t, start(t, "j"), "456")
	reply := client.Do("subscribe", map[string]any{"channel": replies, "recover": true, "epoch": "gone", "offset": 1, "flag": 2})
	if got := code(reply); got != 112 {
		t.Errorf("got %d, want 112", got)
	}
}

// A failed recovery says where the stream is now and brings nothing.
func TestFailedRecovery(t *testing.T) {
	limit := func(c *broker.Config) { c.Client.RecoveryMaxPublicationLimit = 3 }
	for _, test := range []struct {
		rule   string
		missed int
		epoch  string
		change []func(*broker.Config)
	}{
		{"more than history_size missed", 70, "", nil},
		{"more than recovery_max_publication_limit missed", 4, "", []func(*broker.Config){limit}},
		{"another epoch, as after a restart", 1, "gone", nil},
	} {
		t.Run(test.rule, func(t *testing.T) {
			server := start(t, "j", test.change...)
			epoch := position(t, server)
			if test.epoch != "" {
				epoch = test.epoch
			}
			for n := range test.missed {
				publish(t, server, replies, fmt.Sprintf(`{"n":%d}`, n))
			}
			got := subscribeAt(t, server, epoch, 0)
			if got.Recovered || !got.WasRecovering || got.Offset != uint64(test.missed) || len(got.Publications) != 0 {
				t.Errorf("got %+v, want not recovered and offset %d", got, test.missed)
			}
		})
	}
}

// A server-side subscription recovers through connect.subs.
func TestServerSideRecovery(t *testing.T) {
	server := start(t, "j")
	epoch := position(t, server)
	publish(t, server, replies, `{"n":1}`)
	client := wstest.Dial(t, server.URL(), nil)
	got := client.MustDo("connect", map[string]any{
		"token": tokenFor(t, server, "456", replies),
		"subs":  map[string]any{replies: map[string]any{"recover": true, "epoch": epoch}},
	}).Connect.Subs[replies]
	if !got.Recovered || len(got.Publications) != 1 {
		t.Errorf("got %+v, want one publication recovered", got)
	}
}

// A channel without history recovers nothing.
func TestPlainChannelIsNotRecoverable(t *testing.T) {
	client := connect(t, start(t, "a"), "456")
	got := client.MustDo("subscribe", `{"channel":"user#456","recoverable":true,"positioned":true}`).Subscribe
	if got.Recoverable || got.Positioned {
		t.Errorf("got %+v", got)
	}
}

// skip_history delivers now and keeps nothing.
func TestSkipHistory(t *testing.T) {
	server := start(t, "j")
	epoch := position(t, server)
	if _, err := server.Publish(replies, []byte(`{}`), broker.PublishOptions{SkipHistory: true}); err != nil {
		t.Fatal(err)
	}
	if got := subscribeAt(t, server, epoch, 0); !got.Recovered || len(got.Publications) != 0 {
		t.Errorf("got %+v, want nothing missed", got)
	}
}
