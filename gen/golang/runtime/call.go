//lint:file-ignore U1000 generated code is what uses most of this

package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Caller carries requests and events: a [CentrifugoRPCClient], or a fake in
// tests. Call returns the JSON of the result, nil where there is none; an error
// of the server is an [RPCError]. Subscribe yields the JSON of each event.
type Caller interface {
	Call(ctx context.Context, req Request) (json.RawMessage, error)
	Subscribe(ctx context.Context, channel string) iter.Seq2[json.RawMessage, error]
}

// Request is a call before it is sent.
type Request struct {
	Method     string
	Params     json.RawMessage   // a JSON object
	Timeout    time.Duration     // 0: the caller's default
	Notify     bool              // nothing is replied
	Idempotent bool              // may be sent again under the same correlation id
	Meta       map[string]string // sent along; may be nil

	CorrelationID string // a random one where it is empty
}

// CallOption changes one call.
type CallOption func(*Request)

// WithCallTimeout bounds one call; a deadline of its context that is earlier
// comes first.
func WithCallTimeout(d time.Duration) CallOption { return func(r *Request) { r.Timeout = d } }

// WithMeta sends a value along with one call, such as a "traceparent". There is no place
// for it in [TransportRPC], which leaves it out.
func WithMeta(key, value string) CallOption {
	return func(r *Request) {
		if r.Meta == nil {
			r.Meta = map[string]string{}
		}
		r.Meta[key] = value
	}
}

// method describes a remote procedure with params P and result R.
type method[P, R any] struct {
	name    string
	encode  func(*P, *encoder) // nil: takes no params
	decode  func(*R, *decoder) // nil: returns nothing
	maybe   bool               // the result may be null
	errors  []declaredError
	notify  bool
	repeat  bool // idempotent
	timeout time.Duration
}

// declaredError makes the typed error for a code.
type declaredError struct {
	code int64
	wrap func(*RPCError) error
}

// call sends a request and returns its typed result: nil where it is null.
func call[P, R any](ctx context.Context, c Caller, m *method[P, R], params *P, opts []CallOption) (*R, error) {
	req := Request{
		Method: m.name, Params: json.RawMessage("{}"), CorrelationID: randomID(),
		Timeout: m.timeout, Notify: m.notify, Idempotent: m.repeat,
	}
	for _, opt := range opts {
		opt(&req)
	}
	if m.encode != nil {
		var err error
		if req.Params, err = encodeDocument(params, m.encode); err != nil {
			return nil, fmt.Errorf("%s: params: %w", m.name, err)
		}
	}
	raw, err := c.Call(ctx, req)
	if err != nil {
		return nil, typedError(err, m.errors)
	}
	if m.decode == nil || m.maybe && (raw == nil || string(raw) == "null") {
		return nil, nil
	}
	if raw == nil {
		raw = json.RawMessage("null")
	}
	result := new(R)
	if err := decodeDocument(raw, result, m.decode); err != nil {
		info := CallInfo{Method: m.name, CorrelationID: req.CorrelationID, Sent: true}
		return nil, fmt.Errorf("%w: %w", &RPCError{CallInfo: info, Code: codeInternalError, Message: "the result does not fit its type"}, err)
	}
	return result, nil
}

// typedError turns an RPCError into the type for its code.
func typedError(err error, declared []declaredError) error {
	var e *RPCError
	if !errors.As(err, &e) {
		return err
	}
	for _, d := range declared {
		if d.code == e.Code {
			return d.wrap(e)
		}
	}
	switch e.Code {
	case codeInvalidParams:
		return &InvalidParamsError{RPCError: e, Issues: issues(e.Data)}
	case codeMethodNotFound:
		return &MethodNotFoundError{RPCError: e}
	}
	return err
}

// decodeData reads the data of a declared error; what does not fit is zero.
func decodeData[T any](err *RPCError, decode func(*T, *decoder)) T {
	var data, zero T
	if decodeDocument(err.Data, &data, decode) != nil {
		return zero
	}
	return data
}

// onlyError drops the result of a call that returns nothing.
func onlyError[R any](_ *R, err error) error { return err }

// plainValue is for results that are no structs.
func plainValue[R any](v *R, err error) (R, error) {
	if v == nil {
		var zero R
		return zero, err
	}
	return *v, err
}

// subscribe yields typed events. One that does not fit its type is an error,
// after which the loop may go on.
func subscribe[T any](ctx context.Context, c Caller, name, channel string, decode func(*T, *decoder)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for raw, err := range c.Subscribe(ctx, channel) {
			var event *T
			if err == nil {
				event = new(T)
				if err = decodeDocument(raw, event, decode); err != nil {
					event, err = nil, fmt.Errorf("event on %s: %w", channel, err)
				}
			}
			var large *RequestTooLarge
			if errors.As(err, &large) { // other loops may have got the same
				own := *large
				own.Method = name
				err = fmt.Errorf("the channel is too long: %w", &own)
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

// plainValues is for events that are no structs.
func plainValues[T any](events iter.Seq2[*T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for event, err := range events {
			if !yield(plainValue(event, err)) {
				return
			}
		}
	}
}
