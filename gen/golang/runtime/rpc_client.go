// Package runtime is the hand-written part of generated Go packages. It is
// compiled and tested here and emitted with another package clause.
package runtime

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"
)

// What the API's document says about the transport.
const defaultRequestsChannel = "rpc.requests"
const defaultReplyChannel = "user#{user_id}"
const apiVersion = ""

// CentrifugoRPCClient carries calls and events over one connection to Centrifugo,
// which it opens again when it is lost. It is safe for use by several goroutines.
type CentrifugoRPCClient struct {
	url, token, userID string
	nonce              string
	opts               options

	mu      sync.Mutex
	session *session // nil unless connecting or connected
	cause   error    // why the last session ended
}

var _ Caller = (*CentrifugoRPCClient)(nil)

// NewCentrifugoRPCClient returns a client that is not connected yet. The userID
// may be empty: it is the token's subject.
func NewCentrifugoRPCClient(url, token, userID string, opts ...Option) *CentrifugoRPCClient {
	c := &CentrifugoRPCClient{url: url, token: token, userID: userID, nonce: randomNonce(), opts: defaultOptions()}
	for _, opt := range opts {
		opt(&c.opts)
	}
	return c
}

// Connect returns when calls can be answered, or with the reason why they
// cannot. The context bounds the connecting only; without a deadline of its own
// the client's timeout does.
func (c *CentrifugoRPCClient) Connect(ctx context.Context) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.opts.timeout)
		defer cancel()
	}
	c.mu.Lock()
	s := c.session
	started := s == nil
	if started {
		s = newSession(c)
		c.session = s
		go s.run()
	}
	c.mu.Unlock()
	_, err := s.await(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() == nil {
		return err
	}
	if last := s.trouble(); last != nil {
		err = fmt.Errorf("%w: %w", ctx.Err(), last)
	}
	if started {
		s.stop()
	}
	return err
}

// Close ends the connection and all calls, and waits until both are done.
// Connect opens it again.
func (c *CentrifugoRPCClient) Close() error {
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s != nil {
		s.stop()
	}
	return nil
}

// State tells where the client stands.
func (c *CentrifugoRPCClient) State() State {
	s, _ := c.current()
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

// current returns the session, or why there is none.
func (c *CentrifugoRPCClient) current() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session, c.cause
}

// ended notes that a session is over.
func (c *CentrifugoRPCClient) ended(s *session, cause error) {
	c.mu.Lock()
	if c.session == s {
		c.session, c.cause = nil, cause
	}
	c.mu.Unlock()
	c.opts.stateFunc(StateClosed, cause)
}

// Call implements [Caller]. While the client connects, a call waits. When the
// connection is lost, calls that did not leave yet wait for the next one; of the
// others only those that are idempotent are sent again.
func (c *CentrifugoRPCClient) Call(ctx context.Context, req Request) (json.RawMessage, error) {
	timeout := req.Timeout
	if timeout <= 0 {
		timeout = c.opts.timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info := CallInfo{Method: req.Method, CorrelationID: randomID()}
	sent := false
	for {
		p := &pending{req: req, info: info, before: sent, done: make(chan outcome, 1)}
		result, err := c.attempt(ctx, p)
		var lost *ConnectionLost
		if errors.As(err, &lost) && (req.Idempotent || !lost.Sent) && ctx.Err() == nil {
			if s, _ := c.current(); s != nil {
				sent = lost.Sent
				continue
			}
		}
		return result, err
	}
}

// attempt sends a request once and waits for what comes of it.
func (c *CentrifugoRPCClient) attempt(ctx context.Context, p *pending) (json.RawMessage, error) {
	s, cause := c.current()
	if s == nil {
		return nil, p.offline(cause)
	}
	l, err := s.await(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, p.expired(ctx)
		}
		return nil, p.offline(err)
	}
	if err := s.send(ctx, l, p); err != nil {
		return nil, err
	}
	select {
	case o := <-p.done:
		return o.result, o.err
	case <-ctx.Done():
		s.forget(p)
		return nil, p.expired(ctx)
	}
}

// Subscribe implements [Caller]. The subscription outlives reconnects; it ends
// with the loop, with ctx, or with the client, which is then the last error.
func (c *CentrifugoRPCClient) Subscribe(ctx context.Context, channel string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		s, cause := c.current()
		if s == nil {
			yield(nil, &NotConnected{Cause: cause})
			return
		}
		l := s.listen(channel)
		defer s.unlisten(channel, l)
		for {
			event, err := l.next(ctx)
			if !yield(event, err) || err != nil {
				return
			}
		}
	}
}

// fetchToken returns the token given, or a new one from the token function.
func (c *CentrifugoRPCClient) fetchToken(ctx context.Context, fresh bool) (string, error) {
	if c.opts.tokenFunc == nil || c.token != "" && !fresh {
		return c.token, nil
	}
	token, err := c.opts.tokenFunc(ctx)
	if err != nil {
		return "", fmt.Errorf("fetch a token: %w", err)
	}
	return token, nil
}

// replyChannel fills the template of the caller's reply channel.
func (c *CentrifugoRPCClient) replyChannel(token string) (string, error) {
	user, template := c.userID, c.opts.replyChannel
	subject := tokenSubject(token)
	switch {
	case user == "":
		user = subject
	case subject != "" && subject != user:
		return "", fmt.Errorf("the user id is %q, but the token's subject is %q", user, subject)
	}
	if user == "" && strings.Contains(template, "{user_id}") {
		return "", errors.New("the user id is missing: neither given nor the token's subject")
	}
	if strings.ContainsAny(user, ",#:") {
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
		panic(err) // the system has no randomness: nothing here can go on
	}
	return b
}

func randomID() string { return hex.EncodeToString(randomBytes()) }

func randomNonce() string { return base64.RawURLEncoding.EncodeToString(randomBytes()) }

// randomDuration is from 0 to below limit.
func randomDuration(limit time.Duration) time.Duration {
	return time.Duration(binary.NativeEndian.Uint64(randomBytes()) % uint64(limit))
}

// remaining is the time until a context's deadline in milliseconds, at least 1.
func remaining(ctx context.Context) int64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(1, time.Until(deadline).Milliseconds())
}
