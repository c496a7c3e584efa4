package demo

import (
	"encoding/json"
	"reflect"
	"testing"
)

const noTask = "00000000-0000-4000-8000-000000000000"

func TestErrors(t *testing.T) {
	d := startDemo(t, "demo", 0)
	calls := map[string]caller{"pubsub": overPubSub(t, d), "rpc": overRPC(t, d)}
	for _, test := range []struct {
		method, params string
		code           int
		data           string
	}{
		{"no.such_method", `{}`, codeMethodNotFound, ``},
		{"tasks.get", `{}`, codeInvalidParams, `[{"loc":["task_id"],"msg":"Field required","type":"missing"}]`},
		{"tasks.get", `[]`, codeInvalidParams, `[{"loc":[],"msg":"Input should be an object","type":"model_type"}]`},
		{"tasks.get", `null`, codeInvalidParams, `[{"loc":["task_id"],"msg":"Field required","type":"missing"}]`},
		{"tasks.get", `{"task_id":7}`, codeInvalidParams,
			`[{"loc":["task_id"],"msg":"Input should be a valid string","type":"string_type"}]`},
		{"tasks.get", `{"task_id":"7"}`, codeInvalidParams,
			`[{"loc":["task_id"],"msg":"Input should be a valid UUID","type":"uuid_parsing"}]`},
		{"tasks.get", `{"task_id":"` + noTask + `"}`, codeTaskNotFound, `{"task_id":"` + noTask + `","deleted_at":null}`},
		{"tasks.create", `{"project_id":"closed","title":"x"}`, codeProjectClosed, ``},
		{"tasks.create", `{"project_id":"website","title":""}`, codeInvalidParams,
			`[{"loc":["title"],"msg":"String should have 1 to 200 characters","type":"string_length"}]`},
		{"tasks.list", `{"project_id":"website","limit":501}`, codeInvalidParams,
			`[{"loc":["limit"],"msg":"Input should be between 1 and 500","type":"range"}]`},
		{"users.update_presence", `{"user_id":"456","status":"asleep"}`, codeInvalidParams,
			`[{"loc":["status"],"msg":"Input should be 'online', 'away' or 'offline'","type":"enum"}]`},
		{"test.error", `{"code":4711,"message":"odd","data":{"a":1}}`, 4711, `{"a":1}`},
		{"test.fail", `{}`, 404, `{"item_id":"7"}`},
		{"test.error", `{}`, codeInternal, ``},
		{"test.event", `{"channel":"zz:x","data":{}}`, codeInternal, ``},
	} {
		for transport, call := range calls {
			got := call(t, test.method, test.params)
			if got.Error == nil || got.Error.Code != test.code || !sameJSON(t, got.Error.Data, test.data) {
				t.Errorf("%s: %s %s: got %+v, want %d %s", transport, test.method, test.params, got.Error, test.code, test.data)
			}
		}
	}
	// A deleted task is missing since a time.
	call := calls["rpc"]
	call(t, "tasks.delete", `{"task_id":"`+secondTask+`"}`)
	got := call(t, "tasks.get", `{"task_id":"`+secondTask+`"}`)
	if got.Error == nil || got.Error.Code != codeTaskNotFound {
		t.Fatalf("got %+v, want 404", got.Error)
	}
	validate(t, "tasks", "TaskNotFoundData", got.Error.Data)
}

func sameJSON(t *testing.T, got []byte, want string) bool {
	t.Helper()
	if len(got) == 0 || want == "" {
		return string(got) == want
	}
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(a, b)
}
