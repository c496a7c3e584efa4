package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrUnauthorized is for token functions: there will be no token any more, since the
// user has logged out. The client is then closed for good; see [WithTokenFunc] for what
// other errors do.
var ErrUnauthorized = errors.New("unauthorized")

// Why calls and connections end.
var (
	errClosed   = errors.New("closed")
	errNoAnswer = errors.New("the server does not answer")
	errNotReady = errors.New("replies cannot come")
)

// CallInfo is what every error of a call tells about it.
type CallInfo struct {
	Method        string // "tasks.get_stats"
	CorrelationID string
	// Sent is false where the request certainly did not run and is safe to
	// repeat, and true where the outcome is unknown or the server has answered.
	Sent bool
}

// prefix names the method, where there is one, before what happened.
func (i *CallInfo) prefix() string {
	if i.Method == "" {
		return ""
	}
	return i.Method + ": "
}

// RPCError is the server's own answer. Declared errors, [InvalidParamsError] and
// [MethodNotFoundError] wrap it.
type RPCError struct {
	CallInfo
	Code    int64
	Message string
	Data    json.RawMessage // nil where there is none
}

// Error implements error.
func (e *RPCError) Error() string {
	return fmt.Sprintf("%s: error %d: %s", e.Method, e.Code, e.Message)
}

// Issue is one mistake in the params.
type Issue struct {
	Loc  []string // where: names of members, indices in decimal
	Msg  string
	Type string // Pydantic's name of the rule: "missing"
}

// InvalidParamsError says that the server refused the params.
type InvalidParamsError struct {
	*RPCError
	Issues []Issue
}

// Unwrap returns the [RPCError].
func (e *InvalidParamsError) Unwrap() error { return e.RPCError }

// MethodNotFoundError says that the server does not know the method.
type MethodNotFoundError struct{ *RPCError }

// Unwrap returns the [RPCError].
func (e *MethodNotFoundError) Unwrap() error { return e.RPCError }

// CallTimeout says that no reply came in time. It is [context.DeadlineExceeded]
// to [errors.Is].
type CallTimeout struct{ CallInfo }

// Error implements error.
func (e *CallTimeout) Error() string { return e.Method + ": no reply in time" }

// Unwrap returns [context.DeadlineExceeded].
func (e *CallTimeout) Unwrap() error { return context.DeadlineExceeded }

// ConnectionLost says that the connection ended before the reply came.
type ConnectionLost struct {
	CallInfo
	Cause error
}

// Error implements error.
func (e *ConnectionLost) Error() string { return e.Method + ": connection lost: " + reason(e.Cause) }

// Unwrap returns the cause.
func (e *ConnectionLost) Unwrap() error { return e.Cause }

// RequestTooLarge says that the request does not fit a frame, or that the channel of
// an event, which is then the method, is too long. It was not sent.
type RequestTooLarge struct {
	CallInfo
	Size, Limit int // bytes
}

// Error implements error.
func (e *RequestTooLarge) Error() string {
	return fmt.Sprintf("%srequest of %d bytes, the limit is %d", e.prefix(), e.Size, e.Limit)
}

// NotConnected says that there is no connection and none is being made.
type NotConnected struct {
	CallInfo
	Cause error // why the connection ended; may be nil, as before Connect and after Close
}

// Error implements error.
func (e *NotConnected) Error() string {
	if e.Cause == nil {
		return e.prefix() + "not connected"
	}
	return e.prefix() + "not connected: " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *NotConnected) Unwrap() error { return e.Cause }

func reason(err error) string {
	if err == nil {
		return "closed"
	}
	return err.Error()
}

// The JSON-RPC codes that the client knows.
const (
	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
	codeInternalError  = -32603
)

// issues reads the data of an invalid params error, as far as it can.
func issues(data json.RawMessage) []Issue {
	var raw []struct {
		Loc  []json.RawMessage
		Msg  string
		Type string
	}
	if json.Unmarshal(data, &raw) != nil {
		return nil
	}
	list := make([]Issue, len(raw))
	for i, r := range raw {
		list[i] = Issue{Loc: make([]string, len(r.Loc)), Msg: r.Msg, Type: r.Type}
		for j, part := range r.Loc {
			if json.Unmarshal(part, &list[i].Loc[j]) != nil {
				list[i].Loc[j] = string(part)
			}
		}
	}
	return list
}
