// Package rpc calls the methods of a server and listens to its events over Centrifugo.
// It is the same for every API: packages that wsgen generates use it, and several of them
// can share one [Client].
//
// What users need are the [Client] with its options, the errors, and the types of values
// such as [DateTime]. The rest, from [Codec] on, is for generated code
// and may change with it.
package rpc

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"time"
)

// Client carries calls and events over one connection to Centrifugo,
// which it opens again when it is lost. It is safe for use by several goroutines.
type Client struct {
	url, token, userID string
	nonce              string
	opts               options
	states             notifier

	mu      sync.Mutex
	session *session // nil unless connecting or connected
	over    bool     // closed, or ended for good: only Connect opens it again
	cause   error    // why the last session ended; nil after Close
}

var _ Caller = (*Client)(nil)

// NewClient returns a client that is not connected yet. The userID
// may be empty: it is the token's subject.
func NewClient(url, token, userID string, opts ...Option) *Client {
	c := &Client{url: url, token: token, userID: userID, nonce: randomNonce(), opts: defaultOptions()}
	for _, opt := range opts {
		opt(&c.opts)
	}
	c.states.call = c.opts.stateFunc
	return c
}

// Connect returns when calls can be answered, or fails: with a [ConnectError] that has the
// reason, with a [TimeoutError], or with the context's own error where that was cancelled.
// The context bounds the connecting only; without a deadline of its own the client's timeout
// does. When the last one who waits gives up before there was a connection, the client is
// closed, unless a call or an event has begun the connecting.
func (c *Client) Connect(ctx context.Context) error {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		deadline = time.Now().Add(c.opts.timeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	s, err := c.join(ctx)
	if err != nil {
		return err
	}
	_, err = s.await(ctx, deadline)
	last := s.lastError()
	c.leave(s)
	switch {
	case err == context.DeadlineExceeded: // as await returns it
		return &TimeoutError{Cause: last}
	case err == context.Canceled && last != nil:
		return fmt.Errorf("%w: %w", err, last)
	case err == errClosed:
		return &ConnectError{Cause: errClosed}
	}
	return err
}

// join starts a session, or waits in the one that there is; one that is about to end
// is waited for.
func (c *Client) join(ctx context.Context) (*session, error) {
	for {
		c.mu.Lock()
		s := c.session
		if s == nil {
			s = c.open()
		}
		ending := s.ctx.Err() != nil
		if !ending {
			s.waiting++
		}
		c.mu.Unlock()
		if !ending {
			return s, nil
		}
		select {
		case <-s.over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// open starts a session; mu is held.
func (c *Client) open() *session {
	s := newSession(c)
	c.session, c.over, c.cause = s, false, nil
	go s.run()
	return s
}

// begin returns the session for a call or an event; the first one starts it, and keeps it until
// Close. There is none, for the reason returned, after Close or an end for good.
func (c *Client) begin() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == nil && !c.over {
		c.open().waiting++
	}
	return c.session, c.cause
}

// leave ends a session that was never ready when the last one who waits for it goes.
func (c *Client) leave(s *session) {
	c.mu.Lock()
	s.waiting--
	abandoned := s.waiting == 0 && !s.wasReady()
	if abandoned {
		s.stop(s.abandonedError())
	}
	c.mu.Unlock()
	if abandoned {
		<-s.over
	}
}

// Close ends the connection and all calls, and waits until both are done. From then on
// calls and events fail with a [NotConnectedError], until Connect opens it again.
func (c *Client) Close() error {
	c.mu.Lock()
	s := c.session
	c.over, c.cause = true, nil
	c.mu.Unlock()
	if s != nil {
		s.stop(nil)
		<-s.over
	}
	return nil
}

// State tells where the client stands.
func (c *Client) State() State {
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s == nil {
		return StateClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		return StateConnected
	}
	return StateConnecting
}

// ended notes that a session is over, so that the next one may begin.
func (c *Client) ended(s *session, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session, c.over, c.cause = nil, true, cause
	c.states.report(StateClosed, cause)
	close(s.over)
}

// Call implements [Caller]. The first call connects; while the client connects, calls wait.
// When the connection is lost, calls that were not sent yet wait for the next one; of the
// others only those that are idempotent are sent again. None outlives Close.
func (c *Client) Call(ctx context.Context, req Request) (json.RawMessage, error) {
	if len(c.opts.interceptors) == 0 {
		return c.call(ctx, req)
	}
	var result json.RawMessage
	err := c.intercept(ctx, &req, func(ctx context.Context) (err error) {
		result, err = c.call(ctx, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// call is Call without interceptors.
func (c *Client) call(ctx context.Context, req Request) (json.RawMessage, error) {
	timeout := req.Timeout
	if timeout <= 0 {
		timeout = c.opts.timeout
	}
	p := newPending(ctx, req, timeout)
	s, cause := c.begin()
	if s == nil {
		return nil, p.offline(cause)
	}
	for {
		l, err := s.depart(ctx, p)
		if err != nil {
			s.giveUp(ctx, p)
			return nil, p.unsent(ctx, err, s.lastError())
		}
		o := s.attempt(ctx, l, p)
		lost, ok := o.err.(*ConnectionLostError)
		if !ok || lost.Sent && !req.Idempotent {
			return o.result, o.err
		}
		p = p.retry(lost.Sent)
	}
}

// Subscribe implements [Caller]. The first loop connects. The subscription outlives reconnects; it ends
// with the loop, with ctx, or with the client, which is then the last error.
func (c *Client) Subscribe(ctx context.Context, channel string) iter.Seq2[json.RawMessage, error] {
	return c.SubscribeAt(ctx, channel, EventOptions{})
}

// SubscribeAt implements [PositionCaller].
func (c *Client) SubscribeAt(ctx context.Context, channel string, opts EventOptions) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if err := checkChannel(channel); err != nil {
			yield(nil, err)
			return
		}
		s, cause := c.begin()
		if s == nil {
			yield(nil, &NotConnectedError{Cause: cause})
			return
		}
		l := s.listen(channel, opts.Since)
		defer s.unlisten(channel, l)
		for {
			e, err := l.next(ctx)
			if opts.Keep != nil && e.positioned {
				*opts.Keep = e.position
			}
			if !yield(e.data, err) || err != nil {
				return
			}
		}
	}
}

// String tells the URL and the state, and no token.
func (c *Client) String() string {
	return fmt.Sprintf("rpc.Client{%s, %s}", c.url, c.State())
}

// Format implements [fmt.Formatter]: no verb prints the token.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// fetchToken returns the token given, or a new one from the token function. That runs in a
// goroutine of its own, since it may ignore its context, or close the client.
func (c *Client) fetchToken(ctx context.Context, fresh bool) (string, error) {
	if c.opts.tokenFunc == nil || c.token != "" && !fresh {
		return c.token, nil
	}
	var token string
	fetched := make(chan error, 1)
	go func() {
		var err error
		token, err = c.opts.tokenFunc(ctx)
		fetched <- err
	}()
	var err error
	select {
	case err = <-fetched:
	case <-ctx.Done():
		err = ctx.Err()
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("fetch a token: %w", err)
	case token == "":
		return "", errors.New("the token function returned an empty token")
	}
	return token, nil
}

// replyChannel fills the template of the caller's reply channel.
func (c *Client) replyChannel(user string) (string, error) {
	template := c.opts.replyChannel
	switch named := strings.Contains(template, "{user_id}"); {
	case template == "":
		return "", errors.New("the reply channel has no name")
	case named && user == "":
		return "", errors.New("the user id is missing: neither given nor the token's subject")
	case named && strings.ContainsAny(user, ",#:"):
		return "", fmt.Errorf("one of the characters , # : is in the user id %q", user)
	}
	return strings.NewReplacer("{user_id}", user, "{nonce}", c.nonce).Replace(template), nil
}

// tokenSubject reads "sub" from a JWT; "" where it is none.
func tokenSubject(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct{ Sub string }
	if err != nil || json.Unmarshal(data, &claims) != nil {
		return ""
	}
	return claims.Sub
}

func randomBytes() []byte {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic(err) // without randomness there are no ids
	}
	return b
}

func randomID() string { return hex.EncodeToString(randomBytes()) }

func randomNonce() string { return base64.RawURLEncoding.EncodeToString(randomBytes()) }

// randomDuration is from 0 to below limit.
func randomDuration(limit time.Duration) time.Duration {
	return time.Duration(binary.NativeEndian.Uint64(randomBytes()) % uint64(limit))
}
