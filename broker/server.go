package broker

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/centrifugal/centrifuge"
)

// A Backend is the application behind the broker, inside the same process. It is asked in place of the configured HTTP
// proxies. Its methods are called concurrently.
type Backend interface {
	// AllowPublish answers for the publish proxy: nil, a *centrifuge.Error or a centrifuge.Disconnect.
	AllowPublish(pub Publication) error
	// AllowSubscribe answers for the subscribe proxy, likewise.
	AllowSubscribe(user, channel string) error
	// Published sees every client publication that was accepted, after its publisher was told so.
	Published(pub Publication)
	// Call answers for the RPC proxy with the reply's data (JSON), a *centrifuge.Error or a centrifuge.Disconnect.
	Call(ctx context.Context, user, method string, params []byte) ([]byte, error)
}

// Publication is what a client publishes. User is empty for anonymous clients.
type Publication struct {
	Channel, User, Client string
	Data                  []byte
}

// Server is a running broker.
type Server struct {
	config  Config
	logger  *slog.Logger
	backend Backend
	proxies map[string]*httpProxy // by "publish:NAME", "subscribe:NAME" and "rpc:NAME"

	node *centrifuge.Node
	http *http.Server
	addr net.Addr
}

// Option changes how Start sets a server up.
type Option func(*Server)

// WithBackend makes the backend answer where the configured proxies would.
func WithBackend(backend Backend) Option { return func(s *Server) { s.backend = backend } }

// WithLogger sets where the server logs; by default nowhere.
func WithLogger(logger *slog.Logger) Option { return func(s *Server) { s.logger = logger } }

// Start listens and serves until Close. It fails if the configuration contradicts itself, names a proxy that does not
// exist, or if the address is taken.
func Start(config Config, options ...Option) (*Server, error) {
	s := &Server{config: config, logger: slog.New(slog.DiscardHandler)}
	for _, option := range options {
		option(s)
	}
	if err := s.config.Validate(); err != nil {
		return nil, err
	}
	if err := s.openProxies(); err != nil {
		return nil, err
	}
	address := net.JoinHostPort(config.HTTPServer.Address, strconv.Itoa(config.HTTPServer.Port))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if err := s.startNode(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.addr = listener.Addr()
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.logger.Error("serving failed", "error", err)
		}
	}()
	return s, nil
}

// Address is where the server listens, "127.0.0.1:8000".
func (s *Server) Address() string { return s.addr.String() }

// URL is the client's endpoint, "ws://127.0.0.1:8000/connection/websocket".
func (s *Server) URL() string { return "ws://" + s.Address() + websocketPath }

// APIURL is the HTTP API's endpoint, "http://127.0.0.1:8000/api".
func (s *Server) APIURL() string { return "http://" + s.Address() + "/api" }

// Config is the configuration that the server runs on.
func (s *Server) Config() *Config { return &s.config }

// Close stops listening and disconnects every client with 3001 "shutdown".
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	nodeErr := s.node.Shutdown(ctx)
	return errors.Join(nodeErr, s.http.Shutdown(ctx))
}

// PublishOptions are the rarer options of a publication.
type PublishOptions struct {
	SkipHistory    bool                   // deliver now, do not keep for recovery
	IdempotencyKey string                 // a second publication with this key is not delivered
	Tags           map[string]string      // sent along with the publication
	Info           *centrifuge.ClientInfo // of the client that published
}

// Publish publishes as the server API does: no permission is needed, and there is no info unless the options say so.
func (s *Server) Publish(name string, data []byte, options PublishOptions) (centrifuge.PublishResult, error) {
	ch, err := s.config.lookup(name)
	if err != nil {
		return centrifuge.PublishResult{}, err
	}
	if !ch.acceptsData(data) {
		return centrifuge.PublishResult{}, centrifuge.ErrorBadRequest
	}
	var publish []centrifuge.PublishOption
	if ch.keepsHistory() && !options.SkipHistory {
		publish = append(publish, ch.history())
	}
	if options.IdempotencyKey != "" {
		publish = append(publish, centrifuge.WithIdempotencyKey(options.IdempotencyKey))
	}
	if options.Tags != nil {
		publish = append(publish, centrifuge.WithTags(options.Tags))
	}
	if options.Info != nil {
		publish = append(publish, centrifuge.WithClientInfo(options.Info))
	}
	return s.node.Publish(name, data, publish...)
}

// Disconnect closes all connections of a user.
func (s *Server) Disconnect(user string, code uint32, reason string) error {
	return s.node.Disconnect(user, centrifuge.WithCustomDisconnect(centrifuge.Disconnect{Code: code, Reason: reason}))
}

func (s *Server) startNode() error {
	client := s.config.Client
	node, err := centrifuge.New(centrifuge.Config{
		Version:                      "wsgen-broker",
		LogLevel:                     centrifuge.LogLevelInfo,
		LogHandler:                   nodeLog(s.logger),
		ClientPresenceUpdateInterval: time.Duration(client.PresenceUpdateInterval),
		ClientExpiredCloseDelay:      time.Duration(client.ExpiredCloseDelay),
		ClientExpiredSubCloseDelay:   time.Duration(client.ExpiredSubCloseDelay),
		ClientStaleCloseDelay:        time.Duration(client.StaleCloseDelay),
		ClientQueueMaxSize:           client.QueueMaxSize,
		ClientChannelLimit:           client.ChannelLimit,
		UserConnectionLimit:          client.UserConnectionLimit,
		ChannelMaxLength:             s.config.Channel.MaxLength,
		HistoryMaxPublicationLimit:   client.HistoryMaxPublicationLimit,
		RecoveryMaxPublicationLimit:  client.RecoveryMaxPublicationLimit,
		HistoryMetaTTL:               time.Duration(s.config.Channel.HistoryMetaTTL),
	})
	if err != nil {
		return err
	}
	if err := s.config.Engine.useEngine(node); err != nil {
		return err
	}
	s.node = node
	node.OnConnecting(s.onConnecting)
	node.OnConnect(s.onConnect)
	return node.Run()
}
