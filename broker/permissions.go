package broker

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/centrifugal/centrifuge"
)

// asksToSubscribe tells whether the subscribe proxy decides about the channel. It is not asked about channels that are
// limited to users.
func (ch channel) asksToSubscribe() bool {
	return ch.SubscribeProxyEnabled && !ch.userLimited() && !strings.HasPrefix(ch.name, privatePrefix)
}

// maySubscribe returns nil if a user may subscribe without a token, error 107 if the regex refuses the name, and 103 if
// the namespace does not allow it to this user, or only the subscribe proxy can.
func (ch channel) maySubscribe(user string) error {
	switch {
	case !ch.validName():
		return centrifuge.ErrorBadRequest
	case strings.HasPrefix(ch.name, privatePrefix), ch.asksToSubscribe():
		return centrifuge.ErrorPermissionDenied
	case ch.userLimited():
		if ch.listsUser(user) {
			return nil
		}
	case ch.AllowSubscribeForClient && user != "":
		return nil
	}
	return centrifuge.ErrorPermissionDenied
}

// mayConnectTo tells whether a user gets a channel that the connect command names. As in Centrifugo, a channel that is
// limited to others is open here where allow_subscribe_for_client is on, though a subscribe command would be refused.
func (ch channel) mayConnectTo(user string) bool {
	if !ch.validName() || strings.HasPrefix(ch.name, privatePrefix) || ch.SubscribeProxyEnabled || user == "" {
		return false
	}
	return ch.userLimited() && ch.listsUser(user) || ch.AllowSubscribeForClient
}

// onSubscribe asks, in this order, the token, the users that the channel is limited to, the subscribe proxy, and the
// namespace's permissions.
func (s *Server) onSubscribe(c *centrifuge.Client, e centrifuge.SubscribeEvent) (centrifuge.SubscribeReply, error) {
	reply := centrifuge.SubscribeReply{ClientSideRefresh: true}
	ch, err := s.config.lookup(e.Channel)
	if err != nil {
		return reply, err
	}
	reply.Options = ch.subscribeOptions()
	if e.Token == "" && ch.validName() && ch.asksToSubscribe() {
		return s.askSubscribeProxy(c, ch, e)
	}
	if e.Token == "" {
		err = ch.maySubscribe(c.UserID())
	} else {
		err = s.subscribeWithToken(c, ch, e.Token, &reply.Options)
	}
	if err != nil {
		return reply, err
	}
	history := ch.AllowHistoryForClient || ch.AllowHistoryForSubscriber
	if e.Positioned && (ch.AllowPositioning || history) {
		reply.Options.EnablePositioning = true
	}
	if e.Recoverable && ch.keepsHistory() && (ch.AllowRecovery || history) {
		reply.Options.EnableRecovery = true
	}
	return reply, nil
}

// subscribeWithToken checks a subscription token, which must be for this user and this channel. An expired token is
// error 109; any other fault closes the whole connection with 3500.
func (s *Server) subscribeWithToken(
	client *centrifuge.Client, ch channel, token string, options *centrifuge.SubscribeOptions,
) error {
	if !ch.validName() {
		return centrifuge.ErrorBadRequest
	}
	claims, err := s.verifyToken(token, "user", client.UserID(), "channel", ch.name)
	if err != nil {
		return err
	}
	if !claims.grants(client, ch.name) {
		return centrifuge.DisconnectInvalidToken
	}
	options.ExpireAt, options.ChannelInfo = claims.expiry(), claims.Info
	return nil
}

// grants tells whether a subscription token is for this client and channel.
func (c *claims) grants(client *centrifuge.Client, channel string) bool {
	return c.Channel == channel && c.Subject == client.UserID() && (c.Client == "" || c.Client == client.ID())
}

// onSubRefresh takes a new subscription token; an expired one ends the subscription, another's closes with 3500.
func (s *Server) onSubRefresh(c *centrifuge.Client, e centrifuge.SubRefreshEvent) (centrifuge.SubRefreshReply, error) {
	token, err := s.verifyToken(e.Token, "user", c.UserID(), "channel", e.Channel)
	if errors.Is(err, centrifuge.ErrorTokenExpired) {
		return centrifuge.SubRefreshReply{Expired: true}, nil
	}
	if err != nil {
		return centrifuge.SubRefreshReply{}, err
	}
	if !token.grants(c, e.Channel) {
		return centrifuge.SubRefreshReply{}, centrifuge.DisconnectInvalidToken
	}
	return centrifuge.SubRefreshReply{ExpireAt: token.expiry(), Info: token.Info}, nil
}

// onPublish publishes if the publish proxy allows it or, without a proxy, the namespace's permissions do (else 103). A
// name that the regex refuses, and data of another format, are error 107 before the back end is asked.
func (s *Server) onPublish(c *centrifuge.Client, e centrifuge.PublishEvent) (centrifuge.PublishReply, error) {
	ch, err := s.config.lookup(e.Channel)
	if err != nil {
		return centrifuge.PublishReply{}, err
	}
	if !ch.validName() || !ch.acceptsData(e.Data) {
		return centrifuge.PublishReply{}, centrifuge.ErrorBadRequest
	}
	options := PublishOptions{Info: e.ClientInfo}
	if ch.PublishProxyEnabled {
		verdict, err := s.askPublishProxy(c, ch, e)
		if err != nil {
			return centrifuge.PublishReply{}, err
		}
		options.SkipHistory = verdict.SkipHistory
		if verdict.Data != nil {
			e.Data = verdict.Data
		}
	} else if err := ch.mayPublish(c.UserID(), c.IsSubscribed(ch.name)); err != nil {
		return centrifuge.PublishReply{}, err
	}
	result, err := s.Publish(ch.name, e.Data, options)
	return centrifuge.PublishReply{Result: &result}, err
}

func (ch channel) mayPublish(user string, subscribed bool) error {
	if user != "" && (ch.AllowPublishForClient || ch.AllowPublishForSubscriber && subscribed) {
		return nil
	}
	return centrifuge.ErrorPermissionDenied
}

// mayReadHistory returns nil if a client may use the history command, and error 108 where no history is kept.
func (s *Server) mayReadHistory(c *centrifuge.Client, name string) error {
	ch, err := s.config.lookup(name)
	switch {
	case err != nil:
		return err
	case !ch.validName():
		return centrifuge.ErrorBadRequest
	case !ch.keepsHistory():
		return centrifuge.ErrorNotAvailable
	case c.UserID() == "":
		return centrifuge.ErrorPermissionDenied
	case ch.AllowHistoryForClient, ch.AllowHistoryForSubscriber && c.IsSubscribed(name):
		return nil
	}
	return centrifuge.ErrorPermissionDenied
}

// mayReadPresence returns why a client may not see who is on a channel: error 108 where that is not known at all. No
// option of this broker opens it to clients; back ends ask over the HTTP API.
func (s *Server) mayReadPresence(name string) error {
	ch, err := s.config.lookup(name)
	switch {
	case err != nil:
		return err
	case !ch.validName():
		return centrifuge.ErrorBadRequest
	case !ch.Presence:
		return centrifuge.ErrorNotAvailable
	}
	return centrifuge.ErrorPermissionDenied
}

// acceptsData tells whether data has the format that the namespace asks for. Only "binary" accepts no data, or null.
func (ch channel) acceptsData(data []byte) bool {
	trimmed := bytes.TrimSpace(data)
	if ch.PublicationDataFormat == "binary" {
		return true
	}
	if len(trimmed) == 0 || string(trimmed) == "null" {
		return false
	}
	switch ch.PublicationDataFormat {
	case "json":
		return json.Valid(trimmed)
	case "json_object":
		return trimmed[0] == '{' && json.Valid(trimmed)
	}
	return true
}

// MaySubscribe tells whether a user may subscribe to a channel without a token and without asking a proxy.
func (c *Config) MaySubscribe(name, user string) bool {
	ch, err := c.lookup(name)
	return err == nil && ch.maySubscribe(user) == nil
}

// MayPublish tells whether a user who is not subscribed may publish into a channel without asking a proxy.
func (c *Config) MayPublish(name, user string) bool {
	ch, err := c.lookup(name)
	return err == nil && ch.validName() && ch.mayPublish(user, false) == nil
}
