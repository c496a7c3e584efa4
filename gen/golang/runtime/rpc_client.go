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
	states             notifier

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
	c.states.call = c.opts.stateFunc
	return c
}

// Connect returns when calls can be answered, or with the reason why they
// cannot. The context bounds the connecting only; without a deadline of its own
// the client's timeout does. When the last one who waits gives up before there was
// a connection, the client is closed.
func (c *CentrifugoRPCClient) Connect(ctx context.Context) error {
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
	gaveUp := err == context.DeadlineExceeded || err == context.Canceled // as await returns them
	if last := s.trouble(); gaveUp && last != nil {
		err = fmt.Errorf("%w: %w", err, last)
	}
	c.leave(s)
	return err
}

// join starts a session, or waits in the one that there is; one that is about to end
// is waited for.
func (c *CentrifugoRPCClient) join(ctx context.Context) (*session, error) {
	for {
		c.mu.Lock()
		s := c.session
		if s == nil {
			s = newSession(c)
			c.session = s
			go s.run()
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

// leave ends a session that was never ready when the last one who waits for it goes.
func (c *CentrifugoRPCClient) leave(s *session) {
	c.mu.Lock()
	s.waiting--
	useless := s.waiting == 0 && !s.wasReady()
	if useless {
		s.stop(s.givenUp())
	}
	c.mu.Unlock()
	if useless {
		<-s.over
	}
}

// Close ends the connection and all calls, and waits until both are done.
// Connect opens it again.
func (c *CentrifugoRPCClient) Close() error {
	if s, _ := c.current(); s != nil {
		s.stop(nil)
		<-s.over
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

// ended notes that a session is over, so that the next one may begin.
func (c *CentrifugoRPCClient) ended(s *session, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session, c.cause = nil, cause
	c.states.say(StateClosed, cause)
	close(s.over)
}

// Call implements [Caller]. While the client connects, a call waits. When the
// connection is lost, calls that did not leave yet wait for the next one; of the
// others only those that are idempotent are sent again. None outlives Close.
func (c *CentrifugoRPCClient) Call(ctx context.Context, req Request) (json.RawMessage, error) {
	timeout := req.Timeout
	if timeout <= 0 {
		timeout = c.opts.timeout
	}
	p := newPending(ctx, req, timeout)
	s, cause := c.current()
	if s == nil {
		return nil, p.offline(cause)
	}
	for {
		l, err := s.await(ctx, p.deadline)
		if err != nil {
			return nil, p.unsent(ctx, err)
		}
		o := s.attempt(ctx, l, p)
		lost, ok := o.err.(*ConnectionLost)
		if !ok || lost.Sent && !req.Idempotent {
			return o.result, o.err
		}
		p = p.again(lost.Sent)
	}
}

// Subscribe implements [Caller]. The subscription outlives reconnects; it ends
// with the loop, with ctx, or with the client, which is then the last error.
func (c *CentrifugoRPCClient) Subscribe(ctx context.Context, channel string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if err := checkChannel(channel); err != nil {
			yield(nil, err)
			return
		}
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

// fetchToken returns the token given, or a new one from the token function. That
// runs aside, since it may ignore its context, or close the client.
func (c *CentrifugoRPCClient) fetchToken(ctx context.Context, fresh bool) (string, error) {
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
func (c *CentrifugoRPCClient) replyChannel(user string) (string, error) {
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
