package rpc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Bounds of the pause before the next attempt to connect or to subscribe.
const (
	minPause = 200 * time.Millisecond
	maxPause = 20 * time.Second
)

// session lasts from Connect to Close: one connection after another. Its own goroutine
// connects, and the reading goroutine of each connection handles what the server sends. mu
// guards what these share with the user's goroutines. It is held while commands about channels
// are sent, so that they are sent in the order in which they were decided.
type session struct {
	client  *Client
	ctx     context.Context
	stop    context.CancelCauseFunc // nil where the user closes
	over    chan struct{}           // closed at the end of run
	waiting int                     // callers of Connect; guarded by the client's mutex

	// From the tokens; all tokens of a session are of one user.
	user  string
	token string // as it was fetched; good until the server says otherwise
	fresh bool   // the token is no longer good
	reply string // name of the reply channel, set before the first connection; "" for native RPC

	mu       sync.Mutex
	link     *link // takes commands; nil where there is no connection
	ready    bool  // calls can be answered
	opened   bool  // it was ready once
	ended    bool
	step     int           // attempts to connect since it was ready
	changed  chan struct{} // closed, and replaced, when the session gets ready
	err      error         // the last failure, or why the session is over
	calls    map[string]*pending
	leaving  map[*pending]struct{} // nobody waits for them: the worker is told when the server has taken them
	owed     []owedCancel          // what it is told when the session gets ready
	channels map[string]*channel
}

func newSession(c *Client) *session {
	ctx, stop := context.WithCancelCause(context.Background())
	return &session{
		client:   c,
		ctx:      ctx,
		stop:     stop,
		over:     make(chan struct{}),
		user:     c.userID,
		changed:  make(chan struct{}),
		calls:    map[string]*pending{},
		leaving:  map[*pending]struct{}{},
		channels: map[string]*channel{},
	}
}

// run connects until the session is stopped or fails for good, and then ends all calls and loops.
func (s *session) run() {
	cause := s.keepConnected()
	if cause != nil {
		cause = connectError(cause)
	}
	s.stop(nil)
	s.finish(cause)
	s.client.ended(s, cause)
}

// keepConnected returns why the session is over: nil where the user closed it.
func (s *session) keepConnected() error {
	s.client.states.report(StateConnecting, nil)
	if err := checkURL(s.client.url); err != nil {
		return err
	}
	for {
		err := s.connectOnce()
		if s.ctx.Err() == nil {
			if isTerminal(err) {
				return err
			}
			again := time.After(s.pauseAfter(err))
			s.client.states.report(StateConnecting, err)
			select {
			case <-again:
				continue
			case <-s.ctx.Done():
			}
		}
		if cause := context.Cause(s.ctx); cause != context.Canceled {
			return cause
		}
		return nil
	}
}

// checkURL refuses URLs that are not those of a WebSocket.
func checkURL(text string) error {
	example := "wss://example.com/connection/websocket"
	u, err := url.Parse(text)
	if err == nil && u.Host != "" {
		switch u.Scheme {
		case "ws", "wss":
			return nil
		case "http", "https":
			example = "ws" + strings.TrimPrefix(text, "http")
		}
	}
	return fmt.Errorf("the URL %q is not one of a WebSocket, such as %s", text, example)
}

// pauseAfter notes a failure and returns how long to wait.
func (s *session) pauseAfter(err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.step++
	return pause(s.step - 1)
}

// pause grows from attempt to attempt, with full jitter.
func pause(step int) time.Duration {
	limit := min(maxPause, minPause<<min(step, 10))
	return min(maxPause, minPause+randomDuration(limit))
}

// terminalError is a failure that ends the session: connecting again would not help.
type terminalError struct{ error }

// Unwrap returns the failure itself.
func (e terminalError) Unwrap() error { return e.error }

func isTerminal(err error) bool {
	var closed *closeError
	var terminal terminalError
	return errors.As(err, &terminal) || errors.As(err, &closed) && closed.terminal()
}

// finalUnlessTemporary makes the server's final errors terminal.
func finalUnlessTemporary(err error) error {
	var e *serverError
	if errors.As(err, &e) && !e.temporary() {
		return terminalError{err}
	}
	return err
}

// connectOnce opens a connection, waits until it ends and returns why it did.
func (s *session) connectOnce() error {
	ctx, cancel := context.WithTimeout(s.ctx, s.client.opts.timeout)
	defer cancel()
	if err := s.prepareToken(ctx); err != nil {
		return err
	}
	socket, err := dial(ctx, s.client.url, s.client.opts.httpClient, s.client.opts.header)
	var refused *statusError
	switch {
	case errors.As(err, &refused) && refused.final():
		return s.finalBeforeReady(err)
	case err != nil:
		return err
	}
	l := newLink(socket, s.client.opts.maxFrame, s.onPush)
	err = s.runLink(ctx, l)
	l.close(err) // from here on nothing comes from it
	s.onDisconnect(err)
	return err
}

// runLink sends the connect command and waits until the connection ends. The reading goroutine
// does the rest.
func (s *session) runLink(ctx context.Context, l *link) error {
	hello := connectRequest{Token: s.token, Name: "wsgen-go", Version: s.client.opts.apiVersion, Subs: s.recoveries()}
	r, err := l.do(ctx, command{Connect: &hello}, func(r *reply) {
		if r.Connect != nil {
			s.subscribeAll(l, r.Connect.Subs)
		}
	})
	var e *serverError
	switch {
	case errors.As(err, &e) && e.Code == codeTokenExpired:
		if s.fresh = true; s.client.opts.tokenFunc == nil {
			return terminalError{errTokenExpired}
		}
		return err
	case err != nil:
		return finalUnlessTemporary(err)
	case r.Connect == nil:
		return errors.New("the server's answer to connect is empty")
	}
	stopRefresh := s.refreshAfter(l, time.Duration(r.Connect.TTL)*time.Second)
	defer stopRefresh()
	select {
	case <-l.down:
		return l.reason()
	case <-s.ctx.Done():
		return errClosed
	}
}

// prepareToken fetches a token where it is needed and, the first time, names the reply channel.
func (s *session) prepareToken(ctx context.Context) error {
	if s.token == "" || s.fresh {
		token, err := s.fetchToken(ctx, s.fresh)
		if err != nil {
			return s.finalBeforeReady(err)
		}
		s.token, s.fresh = token, false
	}
	if s.reply != "" || s.client.opts.transport == TransportRPC {
		return nil
	}
	name, err := s.client.replyChannel(s.user)
	if err != nil {
		return terminalError{err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply = name
	s.addChannel(name)
	return nil
}

// finalBeforeReady makes an error terminal before the first success: whoever waits for
// Connect learns why at once.
func (s *session) finalBeforeReady(err error) error {
	if s.wasReady() {
		return err
	}
	return terminalError{err}
}

// fetchToken returns a token; fresh asks for a new one. A token of another user is refused, so
// that calls of one user are never sent as another.
func (s *session) fetchToken(ctx context.Context, fresh bool) (string, error) {
	token, err := s.client.fetchToken(ctx, fresh)
	if errors.Is(err, ErrUnauthorized) {
		return "", terminalError{err}
	}
	if err != nil {
		return "", err
	}
	subject := tokenSubject(token)
	if s.user == "" {
		s.user = subject
	}
	if subject != "" && subject != s.user {
		return "", terminalError{fmt.Errorf("the user id is %q, but the token's subject is %q", s.user, subject)}
	}
	return token, nil
}

// refreshAfter sends a new token when the old one expires. Without a function that fetches one
// the client ends then: the server would close the connection soon after, and refuse another.
func (s *session) refreshAfter(l *link, ttl time.Duration) (stop func()) {
	if ttl == 0 {
		return func() {}
	}
	if s.client.opts.tokenFunc == nil {
		end := time.AfterFunc(ttl, func() { l.fail(terminalError{errTokenExpired}) })
		return func() { end.Stop() }
	}
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ttl > 0 {
			select {
			case <-time.After(ttl):
			case <-ctx.Done():
				return
			}
			ttl = s.refresh(ctx, l)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// refresh returns when to refresh again: soon where it failed for now, 0 for never.
func (s *session) refresh(ctx context.Context, l *link) time.Duration {
	soon := 5*time.Second + randomDuration(5*time.Second)
	token, err := s.fetchToken(ctx, true)
	switch {
	case isTerminal(err):
		l.fail(err)
		return 0
	case err != nil:
		return soon
	}
	r, err := l.do(ctx, command{Refresh: &refreshReq{Token: token}}, nil)
	var e *serverError
	switch {
	case errors.As(err, &e) && e.temporary():
		return soon
	case err != nil:
		l.fail(err)
		return 0
	}
	s.token = token
	if r.Refresh == nil {
		return 0
	}
	return time.Duration(r.Refresh.TTL) * time.Second
}

// setReady lets calls be sent; mu is held.
func (s *session) setReady() {
	if s.ready {
		return
	}
	s.ready, s.opened, s.err, s.step = true, true, nil, 0
	close(s.changed)
	s.changed = make(chan struct{})
	s.client.states.report(StateConnected, nil)
	s.repeatAcks()
	s.sendOwed()
}

// setUnready holds back calls while there is a connection but no reply channel; mu is held.
func (s *session) setUnready(err error) {
	s.ready, s.err = false, err
	s.client.states.report(StateConnecting, err)
}

// onDisconnect keeps the calls whose replies can be recovered, and ends the others.
func (s *session) onDisconnect(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready, s.link = false, nil
	var closed *closeError
	if errors.As(err, &closed) && closed.Code == closeStateInvalid {
		s.fresh = s.client.opts.tokenFunc != nil
		for _, ch := range s.channels {
			ch.position = nil
		}
	}
	if ch := s.channels[s.reply]; ch != nil && ch.position != nil {
		s.endCalls(err, isNotify) // its ack is not recovered
	} else {
		s.endCalls(err, everyCall)
	}
	s.oweLeaving()
}

// finish ends all calls and loops.
func (s *session) finish(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.err, s.owed = true, cause, nil
	if cause == nil {
		s.endCalls(errClosed, everyCall)
	} else {
		s.endCalls(cause, everyCall)
	}
	for name := range s.channels {
		s.endChannel(name, &NotConnectedError{Cause: cause})
	}
}

// await returns the connection once it is ready, or why there will be none.
func (s *session) await(ctx context.Context, deadline time.Time) (*link, error) {
	l, changed := s.readyLink()
	if err := ctx.Err(); err != nil || l != nil {
		return l, err
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for {
		select {
		case <-changed:
		case <-s.over:
			return nil, s.endReason()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if l, changed = s.readyLink(); l != nil {
			return l, nil
		}
	}
}

// endReason is why a session is over.
func (s *session) endReason() error {
	if err := s.lastError(); err != nil {
		return err
	}
	return errClosed
}

// readyLink returns the connection if it is ready, and what is closed when one gets ready.
func (s *session) readyLink() (*link, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready && s.link.reason() == nil { // else the connection has ended, and run is about to notice
		return s.link, s.changed
	}
	return nil, s.changed
}

// wasReady tells whether calls could ever be answered.
func (s *session) wasReady() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// abandonedError is the reason when the last caller of Connect gives up before the session was ready.
func (s *session) abandonedError() error {
	if err := s.lastError(); err != nil {
		return fmt.Errorf("connecting was given up: %w", err)
	}
	return errors.New("connecting was given up")
}

// lastError returns the last failure.
func (s *session) lastError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
