package main

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	tasks "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

// fake is a server with two pages of tasks, one of which was deleted.
type fake struct {
	labelled []rpc.UUID
}

func task(id, due string) string {
	return `{"id": "` + id + `", "project": "website", "title": "T", "body": "", "status": "open", "priority": 2, "assignee": null, "owner_name": null,
		"labels": ["docs"], "attachments": [], "place": null, "comments": [], "repeat": null, "effort": null, "cost": null,
		"due": ` + due + `, "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z", "closed_at": null}`
}

func (f *fake) Call(_ context.Context, req rpc.Request) (json.RawMessage, error) {
	switch {
	case req.Method == "tasks.list" && !strings.Contains(string(req.Params), "cursor"):
		return json.RawMessage(`{"items": [` + task("1", `"2025-03-01"`) + `,` + task("2", `null`) + `], "next_cursor": "x", "total": 4}`), nil
	case req.Method == "tasks.list":
		return json.RawMessage(`{"items": [` + task("3", `"2025-03-02"`) + `,` + task("deleted", `"2025-02-01"`) + `], "next_cursor": null, "total": 4}`), nil
	}
	var params tasks.UpdateTaskParams
	if err := json.Unmarshal(req.Params, &params); err != nil {
		return nil, err
	}
	if params.TaskID == "deleted" {
		return nil, &rpc.Error{Code: 404, Message: "there is no such task"}
	}
	if slices.Equal(params.Labels, []string{"docs", overdue}) {
		f.labelled = append(f.labelled, params.TaskID)
	}
	return json.RawMessage(task(string(params.TaskID), "null")), nil
}

func (f *fake) Subscribe(context.Context, string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		_ = yield(json.RawMessage(`{"task": 1}`), nil) && // fits no type
			yield(json.RawMessage(`{"task": `+task("4", `"2024-12-24"`)+`, "changes": [], "by": null}`), nil)
	}
}

func TestLabeller(t *testing.T) {
	ctx, server := context.Background(), &fake{}
	l := labeller{api: tasks.NewAPIClientWith(server), project: "website", now: func() time.Time {
		return time.Date(2025, 3, 2, 12, 0, 0, 0, time.UTC)
	}}
	if err := l.labelAll(ctx); err != nil {
		t.Fatal(err)
	}
	if err := l.watch(ctx); err != nil {
		t.Fatal(err)
	}
	if want := []rpc.UUID{"1", "4"}; !slices.Equal(server.labelled, want) {
		t.Errorf("labelled %v, want %v", server.labelled, want)
	}
}
