package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrUnauthorized is what a token function returns when the user has logged out. It closes
// the client; see [WithTokenFunc] for what other errors do.
var ErrUnauthorized = errors.New("unauthorized")

// Why calls and connections end.
var (
	errClosed   = errors.New("closed")
	errNoAnswer = errors.New("the server does not answer")
	errNotReady = errors.New("replies cannot come")

	errTokenExpired = &serverError{Code: codeTokenExpired,
		Message: "the token has expired, and there is no function that fetches another"}
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

// Error is the server's own answer. Declared errors, [InvalidParamsError] and
// [MethodNotFoundError] wrap it.
type Error struct {
	CallInfo
	Code    int64
	Message string
	Data    json.RawMessage // nil where there is none
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%serror %d: %s", e.prefix(), e.Code, e.Message)
}

// ServerError is the name under which other errors embed an [Error]: a field that is
// called Error would hide the method.
type ServerError = Error

// Issue is one mistake in the params.
type Issue struct {
	Loc  []string // where: names of members, indices in decimal
	Msg  string
	Type string // Pydantic's name of the rule: "missing"
}

// InvalidParamsError says that the server refused the params.
type InvalidParamsError struct {
	*ServerError
	Issues []Issue
}

// Unwrap returns the [Error].
func (e *InvalidParamsError) Unwrap() error { return e.ServerError }

// MethodNotFoundError says that the server does not know the method: code -32601, or 1404
// for a notification.
type MethodNotFoundError struct{ *ServerError }

// Unwrap returns the [Error].
func (e *MethodNotFoundError) Unwrap() error { return e.ServerError }

// TimeoutError says that no reply came in time, or no connection where the method is "". It is
// [context.DeadlineExceeded] to [errors.Is].
type TimeoutError struct {
	CallInfo
	Cause error // why there was no connection, as far as that is known; may be nil
}

// Error implements error.
func (e *TimeoutError) Error() string {
	text := e.prefix() + "no reply in time"
	if e.Method == "" {
		text = "not connected in time"
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns [context.DeadlineExceeded] and the cause.
func (e *TimeoutError) Unwrap() []error {
	if e.Cause == nil {
		return []error{context.DeadlineExceeded}
	}
	return []error{context.DeadlineExceeded, e.Cause}
}

// ConnectError says that the connection could not be made, or has ended for good: the token,
// the URL or the reply channel was refused, or the server closed it. Connect returns it, and
// errors of calls and events have it as their cause.
type ConnectError struct {
	Code  int64 // Centrifugo's, of an error or a close; 0 where there is none
	Cause error
}

// Error implements error.
func (e *ConnectError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause, such as [ErrUnauthorized].
func (e *ConnectError) Unwrap() error { return e.Cause }

// connectError gives a failure its exported type.
func connectError(cause error) error {
	e := &ConnectError{Cause: cause}
	var closed *closeError
	var answered *serverError
	switch {
	case errors.As(cause, &closed):
		e.Code = int64(closed.Code)
	case errors.As(cause, &answered):
		e.Code = answered.Code
	}
	return e
}

// ConnectionLostError says that the connection ended before the reply came.
type ConnectionLostError struct {
	CallInfo
	Cause error
}

// Error implements error.
func (e *ConnectionLostError) Error() string {
	return e.Method + ": connection lost: " + reason(e.Cause)
}

// Unwrap returns the cause.
func (e *ConnectionLostError) Unwrap() error { return e.Cause }

// RequestTooLargeError says that the request does not fit a frame, or that the channel of
// an event, which is then the method, is too long. It was not sent.
type RequestTooLargeError struct {
	CallInfo
	Size, Limit int // bytes
}

// Error implements error.
func (e *RequestTooLargeError) Error() string {
	return fmt.Sprintf("%srequest of %d bytes, the limit is %d", e.prefix(), e.Size, e.Limit)
}

// NotConnectedError says that there is no connection and none is being made.
type NotConnectedError struct {
	CallInfo
	Cause error // why the connection ended; may be nil, as before Connect and after Close
}

// Error implements error.
func (e *NotConnectedError) Error() string {
	if e.Cause == nil {
		return e.prefix() + "not connected"
	}
	return e.prefix() + "not connected: " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *NotConnectedError) Unwrap() error { return e.Cause }

// EventOverflowError ends a loop over events that is too slow: more came than may wait for it.
type EventOverflowError struct {
	Limit int // see [WithMaxEvents]
}

// Error implements error.
func (e *EventOverflowError) Error() string {
	return fmt.Sprintf("the loop over the events is too slow: more than %d wait", e.Limit)
}

// EventsLostError ends a loop over events that began at a position ([Since]): the channel no longer
// has all events since then.
type EventsLostError struct {
	Position Position // where to go on, once what the events are about was fetched anew
}

// Error implements error.
func (e *EventsLostError) Error() string {
	return "events are lost: the channel no longer has all since the position"
}

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
