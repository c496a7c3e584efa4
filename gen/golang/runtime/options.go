package rpc

import (
	"context"
	"net/http"
	"time"
)

// Transport is how calls travel.
type Transport int

// The transports.
const (
	TransportPubSub Transport = iota // a publication each way
	TransportRPC                     // Centrifugo's own RPC, through its RPC proxy; the server does not learn the caller's deadline
)

// State is where a client stands.
type State int

// The states of a client.
const (
	StateClosed State = iota
	StateConnecting
	StateConnected
)

// String returns the state in one word.
func (s State) String() string { return [...]string{"closed", "connecting", "connected"}[s] }

// Option changes a client.
type Option func(*options)

type options struct {
	tokenFunc  func(context.Context) (string, error)
	httpClient *http.Client
	header     http.Header
	timeout    time.Duration
	transport  Transport
	maxFrame   int
	stateFunc  func(State, error)
	maxEvents  int
	dropOldest bool

	interceptors []Interceptor

	subscriptionToken func(ctx context.Context, channel string) (string, error)

	requestsChannel, replyChannel, apiVersion string
}

func defaultOptions() options {
	return options{
		timeout:         10 * time.Second,
		maxFrame:        64 << 10,
		maxEvents:       4096,
		header:          http.Header{},
		requestsChannel: "rpc.requests",
		replyChannel:    "user#{user_id}",
	}
}

// WithTokenFunc fetches tokens: for the first connection where the token given is empty, and
// whenever one has expired; all must be of the same user. Before the first connection an error
// makes Connect fail; later the function is called again, unless the error is
// [ErrUnauthorized], which closes the client. A result that comes after the function's context
// has ended is ignored.
func WithTokenFunc(fetch func(context.Context) (string, error)) Option {
	return func(o *options) { o.tokenFunc = fetch }
}

// WithHTTPClient opens WebSockets with a client of your own: for proxies and
// certificates. Its Timeout must be zero.
func WithHTTPClient(client *http.Client) Option { return func(o *options) { o.httpClient = client } }

// WithHeader adds a header to the request that opens the WebSocket.
func WithHeader(key, value string) Option { return func(o *options) { o.header.Add(key, value) } }

// WithTimeout bounds each call whose method declares no timeout, and Connect where its
// context has no deadline; it is 10 seconds by default. A call also ends with its context.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// WithTransport chooses how calls travel; it is [TransportPubSub] by default.
func WithTransport(t Transport) Option { return func(o *options) { o.transport = t } }

// WithMaxFrame sets the largest message that the server takes, in bytes; it is
// 65536 by default, as is Centrifugo's.
func WithMaxFrame(bytes int) Option { return func(o *options) { o.maxFrame = bytes } }

// WithMaxEvents sets how many events may wait for each loop that is slower than they come; it
// is 4096 by default. The next one ends the loop with an [EventOverflowError], see
// [WithDropOldest].
func WithMaxEvents(n int) Option { return func(o *options) { o.maxEvents = n } }

// WithDropOldest drops the oldest of the events that wait where more come than may: a loop
// then misses events in silence.
func WithDropOldest() Option { return func(o *options) { o.dropOldest = true } }

// WithSubscriptionToken fetches tokens for the channels of events that ask for one, such as
// those that begin with "$". It is called for each channel when it is subscribed, and again
// when the server says that a token has expired; "" subscribes without a token. An error ends
// the loop, unless it had been subscribed before: then the function is called again later, if
// the error is not [ErrUnauthorized].
func WithSubscriptionToken(fetch func(ctx context.Context, channel string) (string, error)) Option {
	return func(o *options) { o.subscriptionToken = fetch }
}

// WithRequestsChannel publishes requests on another channel than the API's document says;
// methods with a channel of their own keep it.
func WithRequestsChannel(channel string) Option {
	return func(o *options) { o.requestsChannel = channel }
}

// WithReplyChannel takes replies on another channel than the API's document says: a
// template that knows {user_id} and {nonce}.
func WithReplyChannel(template string) Option { return func(o *options) { o.replyChannel = template } }

// WithAPIVersion tells the server which version of the API the client was generated
// from. Generated code sets it.
func WithAPIVersion(version string) Option { return func(o *options) { o.apiVersion = version } }

// WithStateFunc calls f with each new state, and why it came about; nil where the user
// asked for it. It is called in order, one call at a time, from a goroutine of its own,
// so that it may call Close; the last state may come after Close has returned.
func WithStateFunc(f func(State, error)) Option { return func(o *options) { o.stateFunc = f } }
