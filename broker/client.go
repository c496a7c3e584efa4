package broker

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/centrifugal/centrifuge"
)

// sourceConnectionToken marks the subscriptions of the connection token: a refresh compares them with the new token's.
const sourceConnectionToken = 1

// metaKey is the key under which a connection stores its token's meta claim, which only proxies see.
const metaKey = "meta"

// onConnecting authenticates a connection. Returning no credentials makes the library close with 3501.
func (s *Server) onConnecting(_ context.Context, event centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	reply := centrifuge.ConnectReply{ClientSideRefresh: true, Subscriptions: map[string]centrifuge.SubscribeOptions{}}
	switch {
	case event.Token != "":
		token, err := s.verifyToken(event.Token, "client", event.ClientID)
		if err != nil {
			return reply, err
		}
		reply.Credentials = &centrifuge.Credentials{UserID: token.Subject, ExpireAt: token.expiry(), Info: token.Info}
		reply.Storage = map[string]any{metaKey: token.Meta}
		if reply.Subscriptions, err = token.subscriptions(&s.config); err != nil {
			return reply, err
		}
	case s.config.Client.AllowAnonymous:
		reply.Credentials = &centrifuge.Credentials{}
	default:
		return reply, nil
	}
	return reply, s.addSubscriptions(&reply, event.Channels)
}

// addSubscriptions adds the personal channel, and those channels of the connect command that the client may subscribe
// to by itself. It ignores the others, except that an unknown namespace closes the connection with 3501.
func (s *Server) addSubscriptions(reply *centrifuge.ConnectReply, wanted []string) error {
	user := reply.Credentials.UserID
	if personal := s.config.Client.PersonalChannel; personal.Enabled && user != "" {
		name := userBoundary + user
		if personal.Namespace != "" {
			name = personal.Namespace + namespaceBoundary + name
		}
		ch, err := s.config.lookup(name)
		if err != nil {
			return err
		}
		reply.Subscriptions[name] = ch.subscribeOptions()
	}
	for _, name := range wanted {
		ch, err := s.config.lookup(name)
		if err != nil {
			return centrifuge.DisconnectBadRequest
		}
		if _, ok := reply.Subscriptions[name]; !ok && ch.mayConnectTo(user) {
			reply.Subscriptions[name] = ch.subscribeOptions()
		}
	}
	return nil
}

// onConnect sets the handlers of one connection. As in Centrifugo, they run one after another unless
// client.concurrency is above 1; then replies, and publications too, may come in another order than the commands.
func (s *Server) onConnect(client *centrifuge.Client) {
	run := runner(client.Context(), s.config.Client.Concurrency)

	client.OnRefresh(func(event centrifuge.RefreshEvent, done centrifuge.RefreshCallback) {
		run(func() { done(s.onRefresh(client, event)) })
	})
	client.OnSubRefresh(func(event centrifuge.SubRefreshEvent, done centrifuge.SubRefreshCallback) {
		run(func() { done(s.onSubRefresh(client, event)) })
	})
	client.OnSubscribe(func(event centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
		run(func() { done(s.onSubscribe(client, event)) })
	})
	client.OnHistory(func(event centrifuge.HistoryEvent, done centrifuge.HistoryCallback) {
		run(func() { done(centrifuge.HistoryReply{}, s.mayReadHistory(client, event.Channel)) })
	})
	client.OnPresence(func(event centrifuge.PresenceEvent, done centrifuge.PresenceCallback) {
		run(func() { done(centrifuge.PresenceReply{}, s.mayReadPresence(event.Channel)) })
	})
	client.OnPresenceStats(func(event centrifuge.PresenceStatsEvent, done centrifuge.PresenceStatsCallback) {
		run(func() { done(centrifuge.PresenceStatsReply{}, s.mayReadPresence(event.Channel)) })
	})
	client.OnPublish(func(event centrifuge.PublishEvent, done centrifuge.PublishCallback) {
		run(func() {
			reply, err := s.onPublish(client, event)
			done(reply, err)
			if err == nil && s.backend != nil {
				s.backend.Published(publication(client, event))
			}
		})
	})
	client.OnRPC(func(event centrifuge.RPCEvent, done centrifuge.RPCCallback) {
		run(func() { done(s.onRPC(client, event)) })
	})
}

// runner returns a function that runs a connection's handlers: one after another, or up to limit at once.
func runner(ctx context.Context, limit int) func(func()) {
	if limit <= 1 {
		return func(handle func()) { handle() }
	}
	slots := make(chan struct{}, limit)
	return func(handle func()) {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		go func() {
			defer func() { <-slots }()
			handle()
		}()
	}
}

// onRefresh takes a new connection token: an expired one ends the connection (3005), a forged one or another user's
// closes for good (3500), one with other channels makes the client reconnect (3010).
func (s *Server) onRefresh(client *centrifuge.Client, event centrifuge.RefreshEvent) (centrifuge.RefreshReply, error) {
	token, err := s.verifyToken(event.Token, "user", client.UserID())
	if errors.Is(err, centrifuge.ErrorTokenExpired) {
		return centrifuge.RefreshReply{Expired: true}, nil
	}
	if err != nil {
		return centrifuge.RefreshReply{}, err
	}
	if token.Subject != client.UserID() {
		return centrifuge.RefreshReply{}, centrifuge.DisconnectInvalidToken
	}
	subs, err := token.subscriptions(&s.config)
	if err != nil {
		return centrifuge.RefreshReply{}, err
	}
	if subscriptionsChanged(client, subs) {
		return centrifuge.RefreshReply{}, centrifuge.DisconnectInsufficientState
	}
	if token.Meta != nil { // else the connection keeps what it has
		storage, release := client.AcquireStorage()
		storage[metaKey] = token.Meta
		release(storage)
	}
	return centrifuge.RefreshReply{ExpireAt: token.expiry(), Info: token.Info}, nil
}

func subscriptionsChanged(client *centrifuge.Client, subs map[string]centrifuge.SubscribeOptions) bool {
	for name := range subs {
		if !client.IsSubscribed(name) {
			return true
		}
	}
	for name, subscription := range client.ChannelsWithContext() {
		if _, ok := subs[name]; !ok && subscription.Source == sourceConnectionToken {
			return true
		}
	}
	return false
}

// verifyToken returns the claims of a token. An invalid one closes the connection with 3500, and the reason is logged
// with the attributes in who.
func (s *Server) verifyToken(token string, who ...any) (*claims, error) {
	c, err := s.config.Client.Token.verify(token)
	if errors.Is(err, errInvalidToken) {
		s.logger.Info("token refused", append(who, "reason", err)...)
		return nil, centrifuge.DisconnectInvalidToken
	}
	return c, err
}

func connectionMeta(client *centrifuge.Client) json.RawMessage {
	storage, release := client.AcquireStorage()
	defer release(storage)
	meta, _ := storage[metaKey].(json.RawMessage)
	return meta
}

func publication(client *centrifuge.Client, event centrifuge.PublishEvent) Publication {
	return Publication{Channel: event.Channel, User: client.UserID(), Client: client.ID(), Data: event.Data}
}
