package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

// The methods that the broker has for tests; they are not in the API. The slow
// call outlasts a connection whose pings, one in three seconds, are not answered.
var (
	testError      = rpc.Request{Method: "test.error", Params: json.RawMessage(`{"code":4711,"message":"odd","data":{"a":1}}`)}
	testSleep      = rpc.Request{Method: "test.sleep", Params: json.RawMessage(`{"ms":600000}`)}
	slow           = rpc.Request{Method: "test.sleep", Params: json.RawMessage(`{"ms":6500}`), Timeout: time.Minute}
	testDisconnect = rpc.Request{Method: "test.disconnect", Params: json.RawMessage(`{"code":4500,"reason":"for good"}`)}
)

// names are what the other languages call the errors, where Go has another name.
var names = map[string]string{
	"Error":                "RPCError",
	"TimeoutError":         "CallTimeout",
	"ConnectionLostError":  "ConnectionLost",
	"NotConnectedError":    "NotConnected",
	"RequestTooLargeError": "RequestTooLarge",
	"TaskNotFoundError":    "TaskNotFound",
	"ProjectClosedError":   "ProjectClosed",
}

// nameOf is the name of an error in all languages.
func nameOf(goName string) string {
	if name := names[goName]; name != "" {
		return name
	}
	return goName
}

// renamed calls another method than it is told.
type renamed struct {
	rpc.Caller
	method string
}

// Call implements [rpc.Caller].
func (r renamed) Call(ctx context.Context, req rpc.Request) (json.RawMessage, error) {
	req.Method = r.method
	return r.Caller.Call(ctx, req)
}

// provoke looks at all that the error of a call must tell, and returns the error.
func provoke[E error](s *session, method string, sent bool, info func(E) rpc.CallInfo, err error) (E, error) {
	var failure E
	if !errors.As(err, &failure) {
		return failure, fmt.Errorf("%s: error %v, want %T", method, err, failure)
	}
	got := info(failure)
	if got.CorrelationID == "" {
		return failure, fmt.Errorf("%s: %T has no correlation id", method, failure)
	}
	want := rpc.CallInfo{Method: method, CorrelationID: got.CorrelationID, Sent: sent}
	s.summary.Errors = append(s.summary.Errors, nameOf(reflect.TypeFor[E]().Elem().Name()))
	return failure, equal(fmt.Sprintf("info of %T", failure), got, want)
}

// provokeAnswers sees every error that is an answer of the server.
func (s *session) provokeAnswers(ctx context.Context) error {
	_, err := s.rpc.Call(ctx, testError)
	odd, err := provoke(s, "test.error", true, func(e *rpc.Error) rpc.CallInfo { return e.CallInfo }, err)
	if err != nil {
		return err
	}
	if odd.Code != 4711 || odd.Message != "odd" || string(odd.Data) != `{"a":1}` {
		return fmt.Errorf("RPCError is %+v", odd)
	}

	cursor := "no number"
	_, err = s.api.TasksList(ctx, sdk.ListTasksParams{ProjectID: "website", Cursor: &cursor})
	invalid, err := provoke(s, "tasks.list", true, func(e *rpc.InvalidParamsError) rpc.CallInfo { return e.CallInfo }, err)
	if err != nil {
		return err
	}
	if len(invalid.Issues) != 1 || invalid.Issues[0].Loc[0] != "cursor" {
		return fmt.Errorf("issues are %+v", invalid.Issues)
	}

	err = sdk.NewAPIClientWith(renamed{s.rpc, "no.such_method"}).CacheClear(ctx)
	if _, err = provoke(s, "no.such_method", false, func(e *rpc.MethodNotFoundError) rpc.CallInfo { return e.CallInfo }, err); err != nil {
		return err
	}
	if err := s.provokeNotFound(ctx); err != nil {
		return err
	}
	_, err = s.api.TasksCreate(ctx, sdk.CreateTaskParams{ProjectID: "closed", Title: "x"})
	_, err = provoke(s, "tasks.create", true, func(e *sdk.ProjectClosedError) rpc.CallInfo { return e.CallInfo }, err)
	return err
}

// provokeNotFound sees a declared error with data.
func (s *session) provokeNotFound(ctx context.Context) error {
	task, err := s.create(ctx, s.user, "short-lived")
	if err != nil {
		return err
	}
	if err := s.api.TasksDelete(ctx, sdk.DeleteTaskParams{TaskID: task.ID}); err != nil {
		return err
	}
	_, err = s.api.TasksGet(ctx, sdk.GetTaskParams{TaskID: task.ID})
	missing, err := provoke(s, "tasks.get", true, func(e *sdk.TaskNotFoundError) rpc.CallInfo { return e.CallInfo }, err)
	if err != nil {
		return err
	}
	if missing.Data.TaskID != task.ID || missing.Data.DeletedAt == nil {
		return fmt.Errorf("TaskNotFound has data %+v", missing.Data)
	}
	return nil
}

// provokeOthers sees every error that the client finds by itself; the connection
// ends for good.
func (s *session) provokeOthers(ctx context.Context) error {
	if _, err := s.rpc.Call(ctx, slow); err != nil {
		return err
	}
	short := testSleep
	short.Timeout = time.Second
	_, err := s.rpc.Call(ctx, short)
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w is not context.DeadlineExceeded", err)
	}
	if _, err = provoke(s, "test.sleep", true, func(e *rpc.TimeoutError) rpc.CallInfo { return e.CallInfo }, err); err != nil {
		return err
	}

	body := strings.Repeat("x", 100_000)
	_, err = s.api.TasksCreate(ctx, sdk.CreateTaskParams{ProjectID: "website", Title: "x", Body: &body})
	if _, err = provoke(s, "tasks.create", false, func(e *rpc.RequestTooLargeError) rpc.CallInfo { return e.CallInfo }, err); err != nil {
		return err
	}
	if err := s.cancelCall(ctx); err != nil {
		return err
	}
	_, err = s.rpc.Call(ctx, testDisconnect)
	if _, err = provoke(s, "test.disconnect", true, func(e *rpc.ConnectionLostError) rpc.CallInfo { return e.CallInfo }, err); err != nil {
		return err
	}
	err = s.api.CacheClear(ctx)
	_, err = provoke(s, "cache.clear", false, func(e *rpc.NotConnectedError) rpc.CallInfo { return e.CallInfo }, err)
	return err
}

// cancelCall cancels a call that is in flight.
func (s *session) cancelCall(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := s.rpc.Call(ctx, testSleep)
		ended <- err
	}()
	if err := s.api.CacheClear(ctx); err != nil {
		return err
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		return fmt.Errorf("a cancelled call ends with %w", err)
	}
	s.summary.Errors = append(s.summary.Errors, "Cancelled")
	return nil
}
