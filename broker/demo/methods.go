package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// JSON-RPC 2.0's codes, and the application's own.
const (
	codeInvalidRequest = -32600
	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
	codeInternal       = -32603
	codeCancelled      = -32004
	codeTaskNotFound   = 404
	codeProjectClosed  = 409
)

// method answers calls, or streams its results. A slow one runs in a goroutine, so that it does not hold up the others of
// its connection.
type method struct {
	answer func(call) (any, error)
	slow   bool
	stream func(c call, emit func(item any) error) error // instead of answer; an error of emit ends it
}

// call is one call of a method; ctx ends with the demo or, on native RPC, with the connection.
type call struct {
	ctx    context.Context
	user   string
	params json.RawMessage
}

// rpcError is a reply's error, as it is sent.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

func (e *rpcError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// reply is a reply; on native RPC it has no correlation id. Result is null where a method returns nothing.
type reply struct {
	CorrelationID string          `json:"correlation_id,omitempty"`
	Result        json.RawMessage `json:"result,omitempty"`
	Error         *rpcError       `json:"error,omitempty"`
}

func (d *Demo) allMethods() map[string]method {
	methods := map[string]method{
		"system.health":         {answer: d.systemHealth},
		"users.update_presence": {answer: d.updatePresence},
		"tasks.get_stats":       {answer: d.tasksGetStats},
		"tasks.create":          {answer: d.tasksCreate},
		"tasks.update":          {answer: d.tasksUpdate},
		"tasks.get":             {answer: d.tasksGet},
		"tasks.list":            {answer: d.tasksList},
		"tasks.search":          {answer: d.tasksSearch},
		"tasks.delete":          {answer: d.tasksDelete},
		"tasks.seen":            {answer: d.tasksSeen},
		"tasks.count":           {answer: d.tasksCount},
		"projects.list":         {answer: d.projectsList},
		"projects.save":         {answer: d.projectsSave},
		"cache.clear":           {answer: d.cacheClear},
		"tasks.summarize":       {stream: d.tasksSummarize},
	}
	d.addTestMethods(methods)
	return methods
}

// answer runs a method that does not stream.
func (d *Demo) answer(name string, c call) reply {
	method, ok := d.methods[name]
	if !ok {
		return reply{Error: &rpcError{Code: codeMethodNotFound, Message: "unknown method " + name}}
	}
	if method.stream != nil {
		return reply{Error: &rpcError{Code: codeInvalidRequest, Message: "native RPC carries no streams"}}
	}
	result, err := method.answer(c)
	var data []byte
	if err == nil {
		data, err = json.Marshal(result)
	}
	if err == nil {
		return reply{Result: data}
	}
	return reply{Error: d.failure(name, err)}
}

// failure returns what the caller gets of an error. One that is not an rpcError is logged, and the caller gets -32603
// without details.
func (d *Demo) failure(name string, err error) *rpcError {
	var known *rpcError
	if !errors.As(err, &known) {
		d.logger.Error("method failed", "method", name, "error", err)
		known = &rpcError{Code: codeInternal, Message: "internal error"}
	}
	return known
}

// issue is what is wrong with one member of the params, in Pydantic's words.
type issue struct {
	Loc  []string `json:"loc"`
	Msg  string   `json:"msg"`
	Type string   `json:"type"`
}

func invalid(issues ...issue) error {
	return &rpcError{Code: codeInvalidParams, Message: "invalid params", Data: issues}
}

// decode reads params into target. Its error is -32602, with the required members that are missing or the member of a
// wrong type.
func (c call) decode(target any, required ...string) error {
	params := c.params
	if len(params) == 0 || string(params) == "null" {
		params = json.RawMessage("{}")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(params, &members) != nil {
		return invalid(issue{Loc: []string{}, Msg: "Input should be an object", Type: "model_type"})
	}
	var missing []issue
	for _, name := range required {
		if _, ok := members[name]; !ok {
			missing = append(missing, issue{Loc: []string{name}, Msg: "Field required", Type: "missing"})
		}
	}
	if missing != nil {
		return invalid(missing...)
	}
	err := json.Unmarshal(params, target)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		kind := wrong.Type.Kind().String()
		return invalid(issue{strings.Split(wrong.Field, "."), "Input should be a valid " + kind, kind + "_type"})
	}
	return err
}
