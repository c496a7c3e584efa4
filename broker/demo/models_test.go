package demo

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

const fixtures = "../../fixtures/"

// shape is the types of a method's params and result; "" says that there are none, and a result "[]X" is a list.
type shape struct{ fixture, params, result string }

var shapes = map[string]shape{
	"system.health":         {"seed", "HealthCheckParams", "HealthCheckResult"},
	"users.update_presence": {"seed", "UserPresenceParams", "UserPresenceResult"},
	"tasks.get_stats":       {"tasks", "TaskStatsParams", "TaskStatsResult"},
	"tasks.create":          {"tasks", "CreateTaskParams", "Task"},
	"tasks.update":          {"tasks", "UpdateTaskParams", "Task"},
	"tasks.get":             {"tasks", "GetTaskParams", "Task"},
	"tasks.list":            {"tasks", "ListTasksParams", "Page_Task_"},
	"tasks.search":          {"tasks", "SearchTasksParams", "[]SearchHit"},
	"tasks.delete":          {"tasks", "DeleteTaskParams", ""},
	"tasks.count":           {"tasks", "ListTasksParams", "integer"},
	"projects.list":         {"tasks", "", "[]Project-Output"},
	"projects.save":         {"tasks", "Project", "Project-Output"},
	"cache.clear":           {"tasks", "", ""},
}

// Every value of the fixtures that is a method's params gets a result of the declared type, over both transports.
func TestResultsValidate(t *testing.T) {
	for transport, open := range map[string]func(*testing.T, *Demo) caller{"pubsub": overPubSub, "rpc": overRPC} {
		t.Run(transport, func(t *testing.T) {
			d := startDemo(t, "demo", 0)
			call := open(t, d)
			for method, shape := range shapes {
				for _, params := range paramsOf(t, shape) {
					if method == "tasks.list" {
						params = bytes.ReplaceAll(params, []byte("bmV4dA=="), []byte("1")) // a cursor of this list
					}
					restore(d)
					got := call(t, method, string(params))
					if got.Error != nil {
						t.Errorf("%s %s: error %d %s %s", method, params, got.Error.Code, got.Error.Message, got.Error.Data)
						continue
					}
					checkResult(t, method, shape, got.Result)
				}
			}
		})
	}
}

// restore brings deleted tasks back.
func restore(d *Demo) {
	fresh := newStore()
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	d.store.tasks, d.store.deleted = fresh.tasks, fresh.deleted
}

// The demo answers each method of the fixtures that has a reply. Streams have tests of their own.
func TestAllMethodsAreAnswered(t *testing.T) {
	var document struct {
		Operations map[string]struct {
			Action string          `json:"action"`
			Reply  json.RawMessage `json:"reply"`
		} `json:"operations"`
	}
	readJSON(t, fixtures+"tasks/api.json", &document)
	if len(document.Operations) == 0 {
		t.Fatal("the fixture has no operations")
	}
	methods := startDemo(t, "demo", 0).methods
	for name, operation := range document.Operations {
		if operation.Action != "receive" {
			continue
		}
		if _, ok := methods[name]; !ok {
			t.Errorf("%s is not answered", name)
		}
		if _, ok := shapes[name]; !ok && operation.Reply != nil && methods[name].stream == nil {
			t.Errorf("%s is not tested", name)
		}
	}
}

func checkResult(t *testing.T, method string, shape shape, result json.RawMessage) {
	t.Helper()
	switch {
	case shape.result == "":
		if string(result) != "null" {
			t.Errorf("%s: result is %s, want null", method, result)
		}
	case shape.result == "integer":
		var n int
		if err := json.Unmarshal(result, &n); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	case shape.result[:2] == "[]":
		var items []json.RawMessage
		if err := json.Unmarshal(result, &items); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		for _, item := range items {
			validate(t, shape.fixture, shape.result[2:], item)
		}
	default:
		validate(t, shape.fixture, shape.result, result)
	}
}

// validate checks a value against a definition and that no member is left out: a back end sends those with defaults too.
func validate(t *testing.T, fixture, definition string, data json.RawMessage) {
	t.Helper()
	schema, err := compiler(t, fixture).Compile("models.json#/$defs/" + definition)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %#v", data, err)
	}
	members, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("%s is not an object", data)
	}
	for name := range schema.Properties {
		if _, ok := members[name]; !ok {
			t.Errorf("%s: %s is left out of %s", definition, name, data)
		}
	}
}

// compiler reads a fixture's models, without two constraints that Pydantic's own values break: that keys of an object are
// integers, and that times and durations (09:30:00, P7DT1.5S) have the form of RFC 3339.
func compiler(t *testing.T, fixture string) *jsonschema.Compiler {
	t.Helper()
	path := fixtures + fixture + "/models.json"
	var document any
	readJSON(t, path, &document)
	removePydanticisms(document)
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	if err := compiler.AddResource("models.json", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return compiler
}

func removePydanticisms(node any) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			removePydanticisms(item)
		}
	case map[string]any:
		delete(node, "propertyNames")
		if format := node["format"]; format == "time" || format == "duration" {
			delete(node, "format")
		}
		for _, member := range node {
			removePydanticisms(member)
		}
	}
}

// paramsOf returns the fixture's values of a method's params, and {} for a method that has none.
func paramsOf(t *testing.T, shape shape) []json.RawMessage {
	t.Helper()
	if shape.params == "" {
		return []json.RawMessage{json.RawMessage("{}")}
	}
	var values []struct {
		Type, Mode string
		Value      json.RawMessage
	}
	readJSON(t, fixtures+shape.fixture+"/values.json", &values)
	var params []json.RawMessage
	for _, value := range values {
		if value.Mode == "params" && slices.Contains([]string{shape.params, shape.params + "-Input"}, value.Type) {
			params = append(params, value.Value)
		}
	}
	if len(params) == 0 {
		t.Fatalf("the fixture has no values of %s", shape.params)
	}
	return params
}

func readJSON(t *testing.T, path string, target any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, target)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Subscribers of the events' channels get events of the declared types, and again what they missed.
func TestEventsValidate(t *testing.T) {
	client := connect(t, startDemo(t, "demo", 20*time.Millisecond))
	for channel, definition := range map[string]string{"tasks:website": "TaskUpdated", "system:maintenance": "Maintenance"} {
		reply := client.MustDo("subscribe", map[string]any{"channel": channel})
		if !reply.Subscribe.Recoverable {
			t.Errorf("%s is not recoverable", channel)
		}
		for {
			if push := client.Push(); push.Channel == channel {
				validate(t, "tasks", definition, push.Pub.Data)
				break
			}
		}
	}
}

// An update tells the project's subscribers what has changed and by whom.
func TestUpdatePublishes(t *testing.T) {
	d := startDemo(t, "demo", 0)
	client := connect(t, d)
	client.MustDo("subscribe", `{"channel":"tasks:website"}`)
	overRPC(t, d)(t, "tasks.update", `{"task_id":"`+firstTask+`","title":"New","status":"done","assignee_id":null}`)
	data := client.Push().Pub.Data
	validate(t, "tasks", "TaskUpdated", data)
	var event taskUpdated
	if err := json.Unmarshal(data, &event); err != nil {
		t.Fatal(err)
	}
	if event.By == nil || event.By.ID != "456" || len(event.Changes) != 2 || event.Changes[0].After != "New" {
		t.Errorf("got %s", data)
	}
	if event.Task.Assignee != nil || event.Task.ClosedAt == nil {
		t.Errorf("the task is %+v", event.Task)
	}
}
