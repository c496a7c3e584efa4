package broker

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/centrifugal/centrifuge"
)

// apiMethod takes params as JSON and returns a result that can be written as JSON.
type apiMethod func(params []byte) (any, error)

// apiMethods are the methods of the HTTP API. Params of the wrong shape, or unknown ones, are error 107.
func (s *Server) apiMethods() map[string]apiMethod {
	return map[string]apiMethod{
		"publish":        decoded(s.apiPublish),
		"disconnect":     decoded(s.apiDisconnect),
		"subscribe":      decoded(s.apiSubscribe),
		"unsubscribe":    decoded(s.apiUnsubscribe),
		"presence_stats": decoded(s.apiPresenceStats),
	}
}

// decoded decodes the params of a method. An unknown param is an error, since it would have no effect.
func decoded[Params any](method func(Params) (any, error)) apiMethod {
	return func(data []byte) (any, error) {
		var params Params
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&params); err != nil {
			return nil, fmt.Errorf("%w: %w", centrifuge.ErrorBadRequest, err)
		}
		return method(params)
	}
}

type publishParams struct {
	Channel        string            `json:"channel"`
	Data           json.RawMessage   `json:"data"`
	SkipHistory    bool              `json:"skip_history"`
	IdempotencyKey string            `json:"idempotency_key"`
	Tags           map[string]string `json:"tags"`
}

// position is the place of a publication in its channel's history; empty where no history is kept.
type position struct {
	Offset uint64 `json:"offset,omitempty"`
	Epoch  string `json:"epoch,omitempty"`
}

func (s *Server) apiPublish(p publishParams) (any, error) {
	if p.Channel == "" {
		return nil, centrifuge.ErrorBadRequest
	}
	options := PublishOptions{SkipHistory: p.SkipHistory, IdempotencyKey: p.IdempotencyKey, Tags: p.Tags}
	result, err := s.Publish(p.Channel, p.Data, options)
	return position{Offset: result.Offset, Epoch: result.Epoch}, err
}

type disconnectParams struct {
	User       string                 `json:"user"`
	Client     string                 `json:"client"`
	Whitelist  []string               `json:"whitelist"`
	Disconnect *centrifuge.Disconnect `json:"disconnect"`
}

// apiDisconnect closes a user's connections, with 3503 unless the caller names another code.
func (s *Server) apiDisconnect(p disconnectParams) (any, error) {
	disconnect := centrifuge.DisconnectForceNoReconnect
	if p.Disconnect != nil {
		disconnect = *p.Disconnect
	}
	return struct{}{}, s.node.Disconnect(p.User,
		centrifuge.WithCustomDisconnect(disconnect),
		centrifuge.WithDisconnectClient(p.Client),
		centrifuge.WithDisconnectClientWhitelist(p.Whitelist))
}

type subscriptionParams struct {
	User    string `json:"user"`
	Client  string `json:"client"`
	Channel string `json:"channel"`
}

// apiSubscribe subscribes a user's connections on the server's side; they get a subscribe push.
func (s *Server) apiSubscribe(p subscriptionParams) (any, error) {
	ch, err := s.config.lookup(p.Channel)
	if err != nil {
		return nil, err
	}
	options := ch.subscribeOptions()
	return struct{}{}, s.node.Subscribe(p.User, p.Channel,
		centrifuge.WithSubscribeClient(p.Client),
		centrifuge.WithRecovery(options.EnableRecovery),
		centrifuge.WithPositioning(options.EnablePositioning),
		centrifuge.WithEmitPresence(options.EmitPresence),
		centrifuge.WithSubscribeHistoryMetaTTL(options.HistoryMetaTTL))
}

// apiUnsubscribe ends a subscription of a user's connections; they get an unsubscribe push with code 2000.
func (s *Server) apiUnsubscribe(p subscriptionParams) (any, error) {
	if _, err := s.config.lookup(p.Channel); err != nil {
		return nil, err
	}
	return struct{}{}, s.node.Unsubscribe(p.User, p.Channel, centrifuge.WithUnsubscribeClient(p.Client))
}

type presenceParams struct {
	Channel string `json:"channel"`
}

// presenceStats says how many connections are on a channel, and of how many users.
type presenceStats struct {
	NumClients int `json:"num_clients"`
	NumUsers   int `json:"num_users"`
}

// apiPresenceStats is error 108 where the namespace's options do not turn presence on.
func (s *Server) apiPresenceStats(p presenceParams) (any, error) {
	ch, err := s.config.lookup(p.Channel)
	if err != nil {
		return nil, err
	}
	if !ch.Presence {
		return nil, centrifuge.ErrorNotAvailable
	}
	stats, err := s.node.PresenceStats(p.Channel)
	return presenceStats{stats.NumClients, stats.NumUsers}, err
}
