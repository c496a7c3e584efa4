package rpc

import (
	"context"
	"maps"
)

// Interceptor surrounds each call, notification and stream of a client; events have none. It may
// change the request, above all what is sent along ([Request.AddMeta]), and calls next, which
// returns when the call has ended: with its error, where it failed. A stream has ended without an
// error when its loop is left, too. What the interceptor returns is the error of the call.
//
// The errors are those of [Client.Call]: an error of the server is an [Error] with its code, also
// where the API declares a type for it. An interceptor may call next again, which repeats a call
// under the same correlation id, or not at all, if it returns an error. It must call next from its own
// goroutine.
type Interceptor func(ctx context.Context, req *Request, next func(context.Context) error) error

// WithInterceptor adds an interceptor, which is within those that were added before.
func WithInterceptor(i Interceptor) Option {
	return func(o *options) { o.interceptors = append(o.interceptors, i) }
}

// AddMeta sends a value along with the request, as [WithMeta] does.
func (r *Request) AddMeta(key, value string) { WithMeta(key, value)(r) }

// intercept makes a call within the client's interceptors.
func (c *Client) intercept(ctx context.Context, req *Request, call func(context.Context) error) error {
	req.Meta = maps.Clone(req.Meta) // which other requests may share
	return callWithin(ctx, req, c.opts.interceptors, call)
}

func callWithin(ctx context.Context, req *Request, interceptors []Interceptor, call func(context.Context) error) error {
	if len(interceptors) == 0 {
		return call(ctx)
	}
	return interceptors[0](ctx, req, func(ctx context.Context) error {
		return callWithin(ctx, req, interceptors[1:], call)
	})
}
