package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Bounds of the pause before the next attempt to connect.
const (
	minPause = 200 * time.Millisecond
	maxPause = 20 * time.Second
)

// session is what lies between Connect and Close: one connection after another.
type session struct {
	client *CentrifugoRPCClient
	ctx    context.Context
	cancel context.CancelFunc
	over   chan struct{} // closed when run has returned

	mu        sync.Mutex
	ready     bool
	changed   chan struct{} // closed and made anew when ready changes
	link      *link
	err       error // the last trouble, or why the session is over
	reply     string
	serverSub bool // the server subscribes the reply channel
	calls     map[string]*pending
	listeners map[string][]*listener
	positions map[string]subscribeReq // of channels that can recover
	token     string                  // as it was fetched; good until the server says otherwise
	fresh     bool                    // the token is no longer good
	opened    bool                    // it was ready once
}

func newSession(c *CentrifugoRPCClient) *session {
	ctx, cancel := context.WithCancel(context.Background())
	return &session{
		client:    c,
		ctx:       ctx,
		cancel:    cancel,
		over:      make(chan struct{}),
		changed:   make(chan struct{}),
		calls:     map[string]*pending{},
		listeners: map[string][]*listener{},
		positions: map[string]subscribeReq{},
	}
}

// stop ends the session and waits for that.
func (s *session) stop() {
	s.cancel()
	<-s.over
}

// run connects until it is stopped or there is no use.
func (s *session) run() {
	defer close(s.over)
	defer s.cancel()
	step := 0
	for {
		s.client.opts.stateFunc(StateConnecting, s.trouble())
		connected, err := s.connectOnce()
		if s.ctx.Err() != nil {
			s.finish(nil)
			return
		}
		if connected {
			step = 0
		}
		if isTerminal(err) {
			s.finish(err)
			return
		}
		s.note(err)
		select {
		case <-time.After(pause(step)):
		case <-s.ctx.Done():
			s.finish(nil)
			return
		}
		step++
	}
}

// pause grows from attempt to attempt, with full jitter.
func pause(step int) time.Duration {
	limit := min(maxPause, minPause<<min(step, 10))
	return min(maxPause, minPause+randomDuration(limit))
}

// terminalError is a failure that connecting again does not cure.
type terminalError struct{ error }

// Unwrap returns the failure itself.
func (e terminalError) Unwrap() error { return e.error }

func isTerminal(err error) bool {
	var closed *closeError
	var terminal terminalError
	return errors.As(err, &terminal) || errors.As(err, &closed) && closed.terminal()
}

// unlessTemporary makes the server's final errors terminal.
func unlessTemporary(err error) error {
	var e *serverError
	if errors.As(err, &e) && !e.temporary() {
		return terminalError{err}
	}
	return err
}

// unlessOpened makes an error terminal before the first success: who waits for
// Connect learns why at once.
func (s *session) unlessOpened(err error) error {
	if s.opened {
		return err
	}
	return terminalError{err}
}

// connectOnce makes a connection and stays until it ends; connected tells
// whether it was ready in between.
func (s *session) connectOnce() (connected bool, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.client.opts.timeout)
	defer cancel()
	if s.token == "" || s.fresh {
		if s.token, err = s.client.fetchToken(ctx, s.fresh); err != nil {
			return false, s.unlessOpened(err)
		}
	}
	channel, err := s.client.replyChannel(s.token)
	if err != nil {
		return false, terminalError{err}
	}
	s.setReply(channel)
	socket, err := dial(ctx, s.client.url, s.client.opts.httpClient, s.client.opts.header)
	if err != nil {
		return false, err
	}
	l := newLink(socket, s.client.opts.maxFrame, s.onPush)
	defer func() { l.close(err) }()
	ttl, err := s.open(ctx, l)
	if err != nil {
		return false, err
	}
	s.opened = true
	s.setReady(l)
	stopRefresh := s.refreshAfter(l, ttl)
	defer stopRefresh()
	select {
	case <-l.down:
		err = l.reason()
	case <-s.ctx.Done():
		err = s.ctx.Err()
	}
	s.setLost(err)
	return true, err
}

// setReply notes the reply channel; a new token may be another user's.
func (s *session) setReply(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply = channel
}

// isReply tells whether a channel is the reply channel.
func (s *session) isReply(channel string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reply == channel
}

// open says hello and readies the reply channel and the events. It returns how
// long the token is good, 0 for ever.
func (s *session) open(ctx context.Context, l *link) (time.Duration, error) {
	s.mu.Lock()
	subs := map[string]subscribeReq{}
	if position, ok := s.positions[s.reply]; ok && s.serverSub {
		subs[s.reply] = subscribeReq{Recover: true, Epoch: position.Epoch, Offset: position.Offset}
	}
	s.mu.Unlock()
	r, err := l.do(ctx, command{Connect: &connectRequest{Token: s.token, Name: "wsgen-go", Version: apiVersion, Subs: subs}})
	if err != nil {
		var e *serverError
		if errors.As(err, &e) && e.Code == codeTokenExpired {
			if s.client.opts.tokenFunc == nil {
				return 0, terminalError{err}
			}
			s.fresh = true
		}
		return 0, unlessTemporary(err)
	}
	if r.Connect == nil {
		return 0, errors.New("the server's answer to connect is empty")
	}
	s.fresh = false
	if s.client.opts.transport == TransportPubSub {
		if err := s.openReplies(ctx, l, r.Connect.Subs); err != nil {
			return 0, err
		}
	}
	for channel, sub := range r.Connect.Subs {
		if channel != s.reply {
			s.subscribed(channel, &sub)
		}
	}
	s.mu.Lock()
	channels := make([]string, 0, len(s.listeners))
	for channel := range s.listeners {
		channels = append(channels, channel)
	}
	s.mu.Unlock()
	for _, channel := range channels {
		s.subscribeEvents(l, channel)
	}
	return time.Duration(r.Connect.TTL) * time.Second, nil
}

// openReplies uses the server's subscription to the reply channel, or makes one.
func (s *session) openReplies(ctx context.Context, l *link, subs map[string]subscribeResult) error {
	if sub, ok := subs[s.reply]; ok {
		s.serverSub = true
		s.subscribed(s.reply, &sub)
		return nil
	}
	s.serverSub = false
	r, err := l.do(ctx, command{Subscribe: s.subscribeRequest(s.reply)})
	var e *serverError
	if errors.As(err, &e) {
		switch e.Code {
		case codeAlreadySubscribed:
			return nil
		case codePermissionDenied, codeBadRequest:
			return terminalError{fmt.Errorf("subscribe to the reply channel %s: %w; allow it in Centrifugo's configuration "+
				"(allow_user_limited_channels), or put it into the token's channels", s.reply, err)}
		}
	}
	if err != nil {
		return unlessTemporary(fmt.Errorf("subscribe to the reply channel %s: %w", s.reply, err))
	}
	s.subscribed(s.reply, r.Subscribe)
	return nil
}

// subscribeRequest asks for what was missed where the channel can recover.
func (s *session) subscribeRequest(channel string) *subscribeReq {
	s.mu.Lock()
	defer s.mu.Unlock()
	req := subscribeReq{Channel: channel}
	if p, ok := s.positions[channel]; ok {
		req.Recover, req.Epoch, req.Offset = true, p.Epoch, p.Offset
	}
	return &req
}

// subscribed notes a channel's position and takes what was missed. Replies that
// could not be recovered end the calls that wait for them.
func (s *session) subscribed(channel string, sub *subscribeResult) {
	if sub == nil {
		return
	}
	s.mu.Lock()
	_, had := s.positions[channel]
	delete(s.positions, channel)
	if sub.Recoverable {
		s.positions[channel] = subscribeReq{Epoch: sub.Epoch, Offset: sub.Offset}
	}
	s.mu.Unlock()
	for i := range sub.Publications {
		s.onPublication(channel, &sub.Publications[i])
	}
	if !s.isReply(channel) {
		return
	}
	switch {
	case sub.WasRecovering && !sub.Recovered, had && !sub.Recoverable:
		s.loseSent(errors.New("replies were lost while the connection was down"), everyCall)
	case sub.WasRecovering:
		s.loseSent(errors.New("the connection was lost before the request was acknowledged"), unsureRepeat)
	}
}

// subscribeEvents subscribes without waiting; a refusal ends the loops.
func (s *session) subscribeEvents(l *link, channel string) {
	err := l.send(command{Subscribe: s.subscribeRequest(channel)}, func(r *reply) {
		switch {
		case r.Error == nil:
			s.subscribed(channel, r.Subscribe)
		case r.Error.Code == codeAlreadySubscribed:
		case r.Error.temporary():
			l.fail(r.Error)
		default:
			s.endListeners(channel, fmt.Errorf("subscribe to %s: %w", channel, r.Error))
		}
	})
	if err != nil {
		l.fail(err)
	}
}

// refreshAfter sends a new token when the old one expires.
func (s *session) refreshAfter(l *link, ttl time.Duration) (stop func()) {
	if ttl == 0 || s.client.opts.tokenFunc == nil {
		return func() {}
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

// refresh returns when to refresh again: soon where it failed, 0 for never.
func (s *session) refresh(ctx context.Context, l *link) time.Duration {
	token, err := s.client.fetchToken(ctx, true)
	if err != nil {
		return 5*time.Second + randomDuration(5*time.Second)
	}
	r, err := l.do(ctx, command{Refresh: &refreshReq{Token: token}})
	if err != nil {
		l.fail(err)
		return 0
	}
	if r.Refresh == nil {
		return 0
	}
	s.token = token
	return time.Duration(r.Refresh.TTL) * time.Second
}

func (s *session) onPush(p *push) {
	switch {
	case p.Pub != nil:
		s.onPublication(p.Channel, p.Pub)
	case p.Subscribe != nil:
		s.subscribed(p.Channel, p.Subscribe)
	case p.Unsubscribe != nil:
		s.onUnsubscribe(p.Channel, p.Unsubscribe)
	}
}

// onUnsubscribe subscribes again where that is allowed. The reply channel needs
// a new connection, since calls could be answered meanwhile.
func (s *session) onUnsubscribe(channel string, why *closing) {
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	switch {
	case l == nil:
	case s.isReply(channel):
		l.fail(fmt.Errorf("the reply channel ended: %d %s", why.Code, why.Reason))
	case why.Code >= 2500:
		s.subscribeEvents(l, channel)
	default:
		s.endListeners(channel, fmt.Errorf("the subscription to %s ended: %d %s", channel, why.Code, why.Reason))
	}
}

// onPublication takes an event, or a reply; a reply with info comes from another
// client and is forged.
func (s *session) onPublication(channel string, p *publication) {
	s.mu.Lock()
	if position, ok := s.positions[channel]; ok && p.Offset > 0 {
		position.Offset = p.Offset
		s.positions[channel] = position
	}
	listeners := s.listeners[channel]
	s.mu.Unlock()
	if p.Info == nil && s.isReply(channel) {
		s.onReply(p.Data)
	}
	for _, l := range listeners {
		l.push(p.Data)
	}
}

func (s *session) onReply(data json.RawMessage) {
	var a answer
	if decodeFrame(data, &a, (*answer).decodeJSON) != nil {
		return // not a reply of our worker
	}
	s.mu.Lock()
	p := s.calls[a.CorrelationID]
	delete(s.calls, a.CorrelationID)
	s.mu.Unlock()
	if p != nil {
		p.finish(p.answered(&a))
	}
}

// send puts a call on its way.
func (s *session) send(ctx context.Context, l *link, p *pending) error {
	c, err := s.request(ctx, p)
	if err != nil {
		return fmt.Errorf("%s: %w", p.req.Method, err)
	}
	s.mu.Lock()
	p.sent = true
	s.calls[p.info.CorrelationID] = p
	s.mu.Unlock()
	err = l.send(c, func(r *reply) { s.onAck(p, r) })
	if err == nil {
		return nil
	}
	s.forget(p)
	p.sent = false
	var large *RequestTooLarge
	if errors.As(err, &large) {
		large.CallInfo = p.infoSent(false)
		return large
	}
	return &ConnectionLost{CallInfo: p.infoSent(false), Cause: err}
}

// request is the command that carries a call. Native RPC has a place for the
// method and matches replies itself, so its data are the bare params.
func (s *session) request(ctx context.Context, p *pending) (command, error) {
	opts := &s.client.opts
	if opts.transport == TransportRPC {
		return command{RPC: &rpcReq{Method: p.req.Method, Data: p.req.Params}}, nil
	}
	env := envelope{Method: p.req.Method, Params: p.req.Params, Meta: withAPIVersion(p.req.Meta)}
	if !p.req.Notify {
		s.mu.Lock()
		env.ReplyTo = s.reply
		s.mu.Unlock()
		env.CorrelationID = p.info.CorrelationID
		env.TimeoutMS = remaining(ctx)
	}
	data, err := encodeDocument(&env, (*envelope).encodeJSON)
	return command{Publish: &publishReq{Channel: opts.requestsChannel, Data: data}}, err
}

// withAPIVersion adds "api" to what a user sends along, if anything.
func withAPIVersion(meta map[string]string) map[string]string {
	if meta == nil {
		return nil
	}
	all := map[string]string{"api": apiVersion}
	maps.Copy(all, meta)
	return all
}

// onAck ends a call that was refused, a notify, and one over native RPC.
func (s *session) onAck(p *pending, r *reply) {
	var o outcome
	switch {
	case r.Error != nil:
		o.err = p.refused(r.Error)
	case r.RPC != nil:
		var a answer
		switch {
		case p.req.Notify:
		case decodeFrame(r.RPC.Data, &a, (*answer).decodeJSON) != nil:
			o = p.malformed()
		default:
			o = p.answered(&a)
		}
	case !p.req.Notify:
		s.mu.Lock()
		p.acked = true
		s.mu.Unlock()
		return // the reply is yet to come
	}
	s.forget(p)
	p.finish(o)
}

func (s *session) forget(p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[p.info.CorrelationID] == p {
		delete(s.calls, p.info.CorrelationID)
	}
}

func everyCall(*pending) bool { return true }

func onlyNotify(p *pending) bool { return p.req.Notify }

// unsureRepeat finds calls that may be sent again and perhaps have to be.
func unsureRepeat(p *pending) bool { return p.req.Idempotent && !p.acked }

// loseSent ends the calls whose replies can no longer come.
func (s *session) loseSent(cause error, which func(*pending) bool) {
	var lost []*pending
	s.mu.Lock()
	for id, p := range s.calls {
		if which(p) {
			lost = append(lost, p)
			delete(s.calls, id)
		}
	}
	s.mu.Unlock()
	for _, p := range lost {
		p.finish(outcome{err: &ConnectionLost{CallInfo: p.infoSent(true), Cause: cause}})
	}
}

// await returns the connection once it is ready, or why there will be none.
func (s *session) await(ctx context.Context) (*link, error) {
	for {
		s.mu.Lock()
		l, ready, changed := s.link, s.ready, s.changed
		s.mu.Unlock()
		if ready && l.reason() == nil { // else run is about to notice
			return l, nil
		}
		select {
		case <-changed:
		case <-s.over:
			return nil, s.overReason()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *session) overReason() error {
	if err := s.trouble(); err != nil {
		return err
	}
	return errors.New("closed")
}

// trouble returns the last failure.
func (s *session) trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *session) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *session) setReady(l *link) {
	s.mu.Lock()
	s.ready, s.link, s.err = true, l, nil
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	s.client.opts.stateFunc(StateConnected, nil)
}

// setLost keeps the calls whose replies can be recovered, and ends the others.
func (s *session) setLost(err error) {
	s.mu.Lock()
	s.ready, s.link = false, nil
	_, recoverable := s.positions[s.reply]
	s.mu.Unlock()
	which := everyCall
	if recoverable && s.client.opts.transport == TransportPubSub {
		which = onlyNotify // its ack is not recovered
	}
	s.loseSent(err, which)
}

// finish ends everything that waits.
func (s *session) finish(cause error) {
	s.note(cause)
	s.client.ended(s, cause)
	s.loseSent(s.overReason(), everyCall)
	s.mu.Lock()
	var all []*listener
	for _, ls := range s.listeners {
		all = append(all, ls...)
	}
	s.mu.Unlock()
	for _, l := range all {
		l.end(&NotConnected{Cause: cause})
	}
}

// listen adds a loop over a channel's events; the first one subscribes.
func (s *session) listen(channel string) *listener {
	l := newListener()
	s.mu.Lock()
	s.listeners[channel] = append(slices.Clone(s.listeners[channel]), l)
	first, link := len(s.listeners[channel]) == 1, s.link
	s.mu.Unlock()
	if first && link != nil {
		s.subscribeEvents(link, channel)
	}
	select {
	case <-s.over:
		l.end(&NotConnected{Cause: s.trouble()})
	default:
	}
	return l
}

// unlisten removes a loop; the last one unsubscribes.
func (s *session) unlisten(channel string, l *listener) {
	s.mu.Lock()
	if !slices.Contains(s.listeners[channel], l) {
		s.mu.Unlock()
		return // the server ended the subscription
	}
	rest := slices.DeleteFunc(slices.Clone(s.listeners[channel]), func(x *listener) bool { return x == l })
	s.listeners[channel] = rest
	link := s.link
	if len(rest) == 0 {
		delete(s.listeners, channel)
		delete(s.positions, channel)
	}
	s.mu.Unlock()
	if len(rest) == 0 && link != nil {
		if err := link.send(command{Unsubscribe: &channelReq{Channel: channel}}, func(*reply) {}); err != nil {
			link.fail(err)
		}
	}
}

// endListeners ends the loops over a channel that is no longer available.
func (s *session) endListeners(channel string, err error) {
	s.mu.Lock()
	listeners := s.listeners[channel]
	delete(s.listeners, channel)
	delete(s.positions, channel)
	s.mu.Unlock()
	for _, l := range listeners {
		l.end(err)
	}
}
