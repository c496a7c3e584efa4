package rpc

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// channel is the reply channel, one with loops over its events, or one that the server
// subscribed. While there is a connection, each is subscribed or about to be.
type channel struct {
	name      string
	listeners []*listener
	byServer  bool      // the server subscribed it, so that the client does not unsubscribe
	position  *Position // nil where missed publications cannot be recovered
	step      int       // temporary errors in a row
	opened    bool      // it was subscribed once
	asked     bool      // a subscribe command was sent over this connection
	live      bool      // it is subscribed now: what comes earlier is of a former subscription
}

// addChannel returns the channel of a name; added tells whether it is new. The functions of
// this file need mu to be held, unless they lock it.
func (s *session) addChannel(name string) (ch *channel, added bool) {
	if ch = s.channels[name]; ch == nil {
		ch, added = &channel{name: name}, true
		s.channels[name] = ch
	}
	return ch, added
}

func (s *session) isReply(ch *channel) bool { return s.reply != "" && ch.name == s.reply }

// inUse tells whether publications on the channel are for a call or a loop.
func (s *session) inUse(ch *channel) bool { return s.isReply(ch) || len(ch.listeners) > 0 }

// recoveries are requests for what was published while there was no connection, on the
// channels that the server subscribes; other channels recover when they are subscribed.
func (s *session) recoveries() map[string]subscribeReq {
	s.mu.Lock()
	defer s.mu.Unlock()
	subs := map[string]subscribeReq{}
	for name, ch := range s.channels {
		if p := ch.position; p != nil && ch.byServer && s.inUse(ch) {
			subs[name] = subscribeReq{Recover: true, Epoch: p.Epoch, Offset: p.Offset}
		}
	}
	return subs
}

// subscribeAll subscribes all channels that the server does not over a new connection.
func (s *session) subscribeAll(l *link, subs map[string]subscribeResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = l
	for name := range subs {
		s.addChannel(name)
	}
	for name, ch := range s.channels {
		sub, ok := subs[name]
		switch ch.byServer, ch.step, ch.asked, ch.live = ok, 0, false, false; {
		case ok:
			s.subscribed(ch, &sub)
		case s.inUse(ch):
			s.subscribe(ch)
		default:
			delete(s.channels, name)
		}
	}
	if s.reply == "" {
		s.setReady()
	}
}

// subscribe asks for a channel, and for what was missed where it can recover.
func (s *session) subscribe(ch *channel) {
	l := s.link
	if l == nil {
		return // subscribeAll does it over the next connection
	}
	if s.client.opts.subscriptionToken == nil || s.isReply(ch) {
		s.sendSubscribe(l, ch, "")
		return
	}
	go s.subscribeWithToken(l, ch)
}

// subscribeWithToken subscribes with a token of the user's function, which is called without mu.
func (s *session) subscribeWithToken(l *link, ch *channel) {
	token, err := s.client.opts.subscriptionToken(s.ctx, ch.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.link != l || s.channels[ch.name] != ch || ch.byServer:
	case err == nil:
		s.sendSubscribe(l, ch, token)
	case ch.opened && !errors.Is(err, ErrUnauthorized):
		s.subscribeLater(ch)
	default:
		err = fmt.Errorf("subscribe to %s: fetch a token: %w", ch.name, err)
		s.endChannel(ch.name, &ConnectError{Cause: err})
	}
}

// subscribeLater subscribes again after a pause that grows each time.
func (s *session) subscribeLater(ch *channel) {
	l := s.link
	time.AfterFunc(pause(ch.step), func() { s.subscribeAgain(l, ch) })
	ch.step++
}

// sendSubscribe sends the command; mu is held.
func (s *session) sendSubscribe(l *link, ch *channel, token string) {
	ch.asked, ch.live = true, false
	req := subscribeReq{Channel: ch.name, Token: token}
	if p := ch.position; p != nil {
		req.Recover, req.Epoch, req.Offset = true, p.Epoch, p.Offset
	}
	stopWaiting := func() bool { return true }
	if s.isReply(ch) { // calls wait for it
		stopWaiting = time.AfterFunc(commandWait, func() { l.fail(errNoAnswer) }).Stop
	}
	err := l.send(command{Subscribe: &req}, func(r *reply) {
		stopWaiting()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.link == l && s.channels[ch.name] == ch { // else the channel is no longer in use
			s.onSubscribe(ch, r)
		}
	})
	var large *RequestTooLargeError
	if errors.As(err, &large) {
		s.refused(ch, err)
	}
}

func (s *session) onSubscribe(ch *channel, r *reply) {
	switch {
	case r.Error == nil && r.Subscribe == nil:
		s.link.fail(errors.New("the server's answer to subscribe is empty"))
	case r.Error == nil:
		s.subscribed(ch, r.Subscribe)
	case r.Error.Code == codeAlreadySubscribed:
		ch.byServer, ch.live = true, true
		endPositioned(ch, begunAlready(ch))
		if s.isReply(ch) {
			s.setReady()
		}
	case r.Error.temporary():
		if s.subscribeLater(ch); s.isReply(ch) {
			s.setUnready(fmt.Errorf("subscribe to the reply channel %s: %w", ch.name, r.Error))
		}
	default:
		s.refused(ch, r.Error)
	}
}

// subscribeAgain subscribes, unless the connection or the channel has been replaced.
func (s *session) subscribeAgain(l *link, ch *channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == l && s.channels[ch.name] == ch && !ch.byServer {
		s.subscribe(ch)
	}
}

// subscribed keeps the channel's position and delivers what was recovered. Calls whose
// replies could not be recovered end.
func (s *session) subscribed(ch *channel, sub *subscribeResult) {
	had := ch.position != nil
	ch.position, ch.step, ch.opened, ch.live = nil, 0, true, true
	if sub.Recoverable {
		ch.position = &Position{sub.Offset, sub.Epoch}
	}
	checkPositioned(ch, sub)
	for i := range sub.Publications {
		p := &sub.Publications[i]
		s.deliver(ch, p, s.answerIn(ch.name, p))
	}
	if !s.isReply(ch) {
		return
	}
	switch {
	case (had || sub.WasRecovering) && !sub.Recovered:
		s.endCalls(errors.New("replies were lost while the connection was down"), isCall)
	case sub.WasRecovering:
		s.endCalls(errors.New("the connection was lost before the request was acknowledged"), isUnsureRepeat)
	}
	s.setReady()
}

// refused ends the loops over a channel that the server does not let the client subscribe;
// without the reply channel the session ends.
func (s *session) refused(ch *channel, err error) {
	var e *serverError
	refused := errors.As(err, &e)
	if !s.isReply(ch) {
		if err = fmt.Errorf("subscribe to %s: %w", ch.name, err); refused {
			err = subscriptionError(ch, e.Code, e.Message)
		}
		s.endChannel(ch.name, err)
		return
	}
	err = fmt.Errorf("subscribe to the reply channel %s: %w", ch.name, err)
	if refused && (e.Code == codePermissionDenied || e.Code == codeBadRequest) {
		err = fmt.Errorf("%w; allow it in Centrifugo's configuration (allow_user_limited_channels or its channel_regex), "+
			"or put it into the token's channels", err)
	}
	s.link.fail(terminalError{err})
}

// subscriptionError is why the server refused or ended a subscription.
func subscriptionError(ch *channel, code int64, reason string) *Error {
	return &Error{Code: code, Message: fmt.Sprintf("subscription to %s: %s", ch.name, reason)}
}

// endChannel forgets a channel; err is the last thing that its loops get.
func (s *session) endChannel(name string, err error) {
	ch := s.channels[name]
	delete(s.channels, name)
	for _, l := range ch.listeners {
		l.end(err)
	}
}

// onPush is called by the reading goroutine, without mu.
func (s *session) onPush(p *push) {
	a := s.answerIn(p.Channel, p.Pub)
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels[p.Channel]
	switch {
	case s.link == nil: // the server has not answered connect yet
	case p.Subscribe != nil:
		ch, _ = s.addChannel(p.Channel)
		ch.byServer = true
		s.subscribed(ch, p.Subscribe)
	case ch == nil || !ch.live:
	case p.Pub != nil:
		s.deliver(ch, p.Pub, a)
	case p.Unsubscribe != nil:
		s.onUnsubscribe(ch, p.Unsubscribe)
	}
}

// onUnsubscribe subscribes again where the server allows it. The reply channel is always
// subscribed again; calls wait meanwhile.
func (s *session) onUnsubscribe(ch *channel, why *closing) {
	ended := fmt.Errorf("the subscription to %s ended: %d %s", ch.name, why.Code, why.Reason)
	final := why.Code < unsubscribedForNow
	if ch.byServer, ch.live = false, false; final || why.Code == unsubscribedStateInvalid {
		ch.position = nil
	}
	switch {
	case s.isReply(ch):
		s.setUnready(ended)
		if ch.position == nil {
			s.endCalls(ended, isCall)
		}
		s.subscribe(ch)
	case final:
		s.endChannel(ch.name, subscriptionError(ch, int64(why.Code), why.Reason))
	case s.inUse(ch):
		s.subscribe(ch)
	default:
		delete(s.channels, ch.name)
	}
}

// answerIn returns the reply in a publication on the reply channel, else nil. A publication
// with info was sent by another client: it is forged. It is read before mu is locked.
func (s *session) answerIn(name string, p *publication) *answer {
	if p == nil || name != s.reply || p.Info != nil {
		return nil
	}
	var a answer
	if decodeFrame(p.Data, &a, (*answer).decodeJSON) != nil {
		return nil // not a reply of our worker
	}
	return &a
}

// deliver takes an event, or a reply.
func (s *session) deliver(ch *channel, p *publication, a *answer) {
	if ch.position != nil && p.Offset > 0 {
		ch.position.Offset = p.Offset
	}
	if a != nil {
		s.onAnswer(a)
	}
	e := event{data: p.Data}
	if ch.position != nil && !ch.byServer {
		e.position, e.positioned = *ch.position, true
	}
	for _, l := range ch.listeners {
		l.push(e)
	}
}

// listen adds a loop over a channel's events; the first one subscribes, behind a position if
// that is wanted.
func (s *session) listen(name string, since *Position) *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := newListener(s.client.opts.maxEvents, s.client.opts.dropOldest)
	if s.ended {
		l.end(&NotConnectedError{Cause: s.err})
		return l
	}
	ch, added := s.addChannel(name)
	if since != nil {
		if !added {
			l.end(begunAlready(ch))
			return l
		}
		from := *since
		ch.position, l.positioned = &from, true
	}
	ch.listeners = append(ch.listeners, l)
	if added {
		s.subscribe(ch)
	}
	return l
}

// unlisten removes a loop; the last one unsubscribes, unless others subscribed.
func (s *session) unlisten(name string, l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels[name]
	if ch == nil || !slices.Contains(ch.listeners, l) {
		return // the subscription has ended
	}
	ch.listeners = slices.DeleteFunc(ch.listeners, func(x *listener) bool { return x == l })
	if s.inUse(ch) || ch.byServer {
		return
	}
	delete(s.channels, name)
	if s.link != nil && ch.asked {
		// It fails only where the connection has ended, and the subscription with it.
		_ = s.link.send(command{Unsubscribe: &channelReq{Channel: name}}, func(*reply) {})
	}
}

// maxChannel is how many bytes the name of a channel may have; servers allow fewer.
const maxChannel = 1024

// checkChannel keeps arguments of events from making a frame that ends the connection.
func checkChannel(name string) error {
	if len(name) <= maxChannel {
		return nil
	}
	return fmt.Errorf("the channel is too long: %w", &RequestTooLargeError{Size: len(name), Limit: maxChannel})
}
