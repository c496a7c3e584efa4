package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Caller carries requests and events: a [Client], or a fake in tests. Call returns
// the JSON of the result, nil where there is none; an error of the server is an [Error]. Subscribe yields the JSON of each event.
// Those whose methods stream their results also implement [Streamer], those that know the
// positions of events [PositionCaller].
type Caller interface {
	Call(ctx context.Context, req Request) (json.RawMessage, error)
	Subscribe(ctx context.Context, channel string) iter.Seq2[json.RawMessage, error]
}

// wrapper hands on to a caller what whoever embeds it does not change, as far as the caller can
// do that.
type wrapper struct{ caller Caller }

// Subscribe implements [Caller].
func (w wrapper) Subscribe(ctx context.Context, channel string) iter.Seq2[json.RawMessage, error] {
	return w.caller.Subscribe(ctx, channel)
}

// SubscribeAt implements [PositionCaller].
func (w wrapper) SubscribeAt(ctx context.Context, channel string, opts EventOptions) iter.Seq2[json.RawMessage, error] {
	return subscribeAt(ctx, w.caller, channel, opts)
}

// Connect connects the caller, if it is one that connects.
func (w wrapper) Connect(ctx context.Context) error {
	if caller, ok := w.caller.(interface{ Connect(context.Context) error }); ok {
		return caller.Connect(ctx)
	}
	return nil
}

// Close closes the caller, if it is one that closes.
func (w wrapper) Close() error {
	if caller, ok := w.caller.(interface{ Close() error }); ok {
		return caller.Close()
	}
	return nil
}

// stream is the stream of a request, or the error of a caller that has none.
func (w wrapper) stream(ctx context.Context, req Request, yield func(json.RawMessage, error) bool) {
	if s, ok := w.caller.(Streamer); ok {
		s.Stream(ctx, req)(yield)
	} else {
		yield(nil, noStreams(req.Method, w.caller))
	}
}

// Request is a call before it is sent.
type Request struct {
	Method     string
	Channel    string            // to publish it on; "": the client's requests channel
	Params     json.RawMessage   // a JSON object
	Timeout    time.Duration     // 0: the caller's default
	Notify     bool              // nothing is replied
	Stream     bool              // the results are streamed
	Idempotent bool              // may be sent again under the same correlation id
	Window     int               // of a stream: how many items may be under way
	Meta       map[string]string // sent along; may be nil

	CorrelationID string // a random one where it is empty

	seat *seat // in a batch; nil for none
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

// WithWindow sets how many items of one stream the server may send before the loop has taken
// them: 1 to 1,000, by default 32.
func WithWindow(items int) CallOption { return func(r *Request) { r.Window = items } }

// Method describes a remote procedure with params P and result R. Generated code uses it.
type Method[P, R any] struct {
	Name       string
	Params     func(*P, *Codec) // nil: takes none
	Result     func(*R, *Codec) // nil: returns nothing
	Channel    string           // where its requests are published; "": the client's requests channel
	NullResult bool             // the result may be null
	Errors     []DeclaredError
	Notify     bool
	Idempotent bool
	Timeout    time.Duration // 0: the client's default
}

// On returns the method with another channel. Generated code uses it.
func (m Method[P, R]) On(channel string) *Method[P, R] {
	m.Channel = channel
	return &m
}

// DeclaredError makes the typed error for a code. Generated code uses it.
type DeclaredError struct {
	Code int64
	Wrap func(*Error) error
}

// Call sends a request and returns its typed result: nil where it is null. Generated
// code uses it.
func Call[P, R any](ctx context.Context, c Caller, m *Method[P, R], params *P, opts []CallOption) (*R, error) {
	req, err := m.request(params, opts)
	if err != nil {
		missed(c)
		return nil, err
	}
	raw, err := c.Call(ctx, req)
	if err != nil {
		return nil, typedError(err, m.Errors, m.Notify)
	}
	return m.result(&req, raw, "the result does not fit its type")
}

// request is the request of one call.
func (m *Method[P, R]) request(params *P, opts []CallOption) (Request, error) {
	req := Request{
		Method: m.Name, Channel: m.Channel, Params: json.RawMessage("{}"), CorrelationID: randomID(),
		Timeout: m.Timeout, Notify: m.Notify, Idempotent: m.Idempotent,
	}
	for _, opt := range opts {
		opt(&req)
	}
	if m.Params != nil {
		var err error
		if req.Params, err = Marshal(params, m.Params); err != nil {
			return req, fmt.Errorf("%s: params: %w", m.Name, err)
		}
	}
	return req, nil
}

// result reads a result, or an item of a stream; misfit is the message where it does not fit its type.
func (m *Method[P, R]) result(req *Request, raw json.RawMessage, misfit string) (*R, error) {
	if m.Result == nil || m.NullResult && (raw == nil || string(raw) == "null") {
		return nil, nil
	}
	if raw == nil {
		raw = json.RawMessage("null")
	}
	result := new(R)
	if err := Unmarshal(raw, result, m.Result); err != nil {
		info := CallInfo{Method: m.Name, CorrelationID: req.CorrelationID, Sent: true}
		return nil, fmt.Errorf("%w: %w", &Error{CallInfo: info, Code: codeInternalError, Message: misfit}, err)
	}
	return result, nil
}

// typedError turns an [Error] into the type for its code.
func typedError(err error, declared []DeclaredError, notify bool) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	for _, d := range declared {
		if d.Code == e.Code {
			return d.Wrap(e)
		}
	}
	switch {
	case e.Code == codeInvalidParams:
		return &InvalidParamsError{ServerError: e, Issues: issues(e.Data)}
	case e.Code == codeMethodNotFound, e.Code == codeNotifyNotFound && notify:
		return &MethodNotFoundError{ServerError: e}
	}
	return err
}

// ErrorData reads the data of a declared error; what does not fit is zero. Generated
// code uses it.
func ErrorData[T any](err *Error, code func(*T, *Codec)) T {
	var data, zero T
	if Unmarshal(err.Data, &data, code) != nil {
		return zero
	}
	return data
}

// OnlyError drops the result of a call that returns nothing. Generated code uses it.
func OnlyError[R any](_ *R, err error) error { return err }

// PlainValue returns a result that is handed out by value. Generated code uses it.
func PlainValue[R any](v *R, err error) (R, error) {
	if v == nil {
		var zero R
		return zero, err
	}
	return *v, err
}

// Subscribe yields typed events. One that does not fit its type is an error,
// after which the loop may go on. Generated code uses it.
func Subscribe[T any](ctx context.Context, c Caller, name, channel string, code func(*T, *Codec), opts ...EventOption) iter.Seq2[*T, error] {
	var options EventOptions
	for _, opt := range opts {
		opt(&options)
	}
	return func(yield func(*T, error) bool) {
		for raw, err := range subscribeAt(ctx, c, channel, options) {
			var event *T
			if err == nil {
				event = new(T)
				if err = Unmarshal(raw, event, code); err != nil {
					event, err = nil, fmt.Errorf("%s: event on %s: %w", name, channel, err)
				}
			}
			var slow *EventOverflowError
			var lost *EventsLostError
			if errors.As(err, &slow) || errors.As(err, &lost) {
				err = fmt.Errorf("%s: %w", name, err)
			}
			var large *RequestTooLargeError
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

// PlainValues yields events, or items of a stream, that are handed out by value. Generated code uses it.
func PlainValues[T any](values iter.Seq2[*T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for value, err := range values {
			if !yield(PlainValue(value, err)) {
				return
			}
		}
	}
}
