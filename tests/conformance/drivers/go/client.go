package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

// client is a generated client and its token requests.
type client struct {
	name string
	api  *sdk.APIClient

	mu      sync.Mutex
	asked   int // how many tokens were asked for
	tokens  map[int]chan token
	batches map[string]*sdk.APIBatch
}

type token struct {
	value string
	err   error
}

// settings are the options of the protocol.
type settings struct {
	TimeoutMS       int64  `json:"timeout_ms"`
	Transport       string `json:"transport"`
	RequestsChannel string `json:"requests_channel"`
	ReplyChannel    string `json:"reply_channel"`
	MaxFrameBytes   int    `json:"max_frame_bytes"`
	TokenFunction   bool   `json:"token_function"`
	HandlerThrows   bool   `json:"handler_throws"` // events are loops here: nothing to throw from
	MaxEvents       int    `json:"max_events"`
	DropOldest      bool   `json:"drop_oldest"`

	SubscriptionTokenFunction bool `json:"subscription_token_function"`
}

// newClient makes a client; it reports states and asks for tokens by messages.
func (d *driver) newClient(c command) (*client, error) {
	var s settings
	if c.Options != nil {
		strict := json.NewDecoder(bytes.NewReader(c.Options))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&s); err != nil {
			return nil, fmt.Errorf("options: %w", err)
		}
	}
	self := &client{name: c.Client, tokens: map[int]chan token{}, batches: map[string]*sdk.APIBatch{}}
	opts := []rpc.Option{rpc.WithStateFunc(func(state rpc.State, _ error) {
		d.say(message{"client": c.Client, "state": stateNames[state]})
	})}
	if s.TimeoutMS > 0 {
		opts = append(opts, rpc.WithTimeout(milliseconds(s.TimeoutMS)))
	}
	if s.Transport == "rpc" {
		opts = append(opts, rpc.WithTransport(rpc.TransportRPC))
	}
	if s.RequestsChannel != "" {
		opts = append(opts, rpc.WithRequestsChannel(s.RequestsChannel))
	}
	if s.ReplyChannel != "" {
		opts = append(opts, rpc.WithReplyChannel(s.ReplyChannel))
	}
	if s.MaxFrameBytes > 0 {
		opts = append(opts, rpc.WithMaxFrame(s.MaxFrameBytes))
	}
	if s.TokenFunction {
		opts = append(opts, rpc.WithTokenFunc(func(ctx context.Context) (string, error) { return self.fetchToken(ctx, d) }))
	}
	if s.MaxEvents > 0 {
		opts = append(opts, rpc.WithMaxEvents(s.MaxEvents))
	}
	if s.DropOldest {
		opts = append(opts, rpc.WithDropOldest())
	}
	if s.SubscriptionTokenFunction {
		opts = append(opts, rpc.WithSubscriptionToken(func(ctx context.Context, channel string) (string, error) {
			return self.askToken(ctx, d, message{"channel": channel})
		}))
	}
	self.api = sdk.NewAPIClient(c.URL, c.Token, c.User, opts...)
	return self, nil
}

// stateNames are the protocol's words for the states.
var stateNames = map[rpc.State]string{
	rpc.StateClosed:     "disconnected",
	rpc.StateConnecting: "connecting",
	rpc.StateConnected:  "connected",
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// fetchToken asks the runner for a token.
func (c *client) fetchToken(ctx context.Context, d *driver) (string, error) {
	return c.askToken(ctx, d, message{})
}

// askToken asks the runner for a token with a message that may say what it is for.
func (c *client) askToken(ctx context.Context, d *driver, m message) (string, error) {
	c.mu.Lock()
	c.asked++
	n := c.asked
	c.mu.Unlock()
	m["client"], m["token"] = c.name, n
	d.say(m)
	select {
	case t := <-c.answer(n):
		return t.value, t.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// answer is where the n-th token comes from.
func (c *client) answer(n int) chan token {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens[n] == nil {
		c.tokens[n] = make(chan token, 1)
	}
	return c.tokens[n]
}

func (c *client) answerToken(cmd command) {
	t := token{value: cmd.Token}
	if cmd.Error != "" {
		t.err = errors.New(cmd.Error)
	}
	if cmd.Unauthorized {
		t.err = fmt.Errorf("%w: %s", rpc.ErrUnauthorized, cmd.Error)
	}
	c.answer(cmd.N) <- t
}

func (d *driver) connect(ctx context.Context, c *client, cmd command) {
	if cmd.TimeoutMS > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, milliseconds(cmd.TimeoutMS))
		defer cancel()
	}
	if err := c.api.Connect(ctx); err != nil {
		d.say(message{"id": cmd.ID, "error": describe(err)})
		return
	}
	d.say(message{"id": cmd.ID, "ok": true})
}

func (d *driver) close(_ context.Context, c *client, cmd command) {
	if err := c.api.Close(); err != nil {
		fail(err)
	}
	d.say(message{"id": cmd.ID, "ok": true})
}

// apiFor is what makes a call or begins a stream: the client, or a batch that is made at the first use of its name.
func (c *client) apiFor(cmd command) *sdk.APIClient {
	if cmd.Batch == "" {
		return c.api
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batches[cmd.Batch] == nil {
		c.batches[cmd.Batch] = c.api.Batch(cmd.BatchSize)
	}
	return c.batches[cmd.Batch].APIClient
}

func (d *driver) call(ctx context.Context, c *client, cmd command) {
	result, err := invoke(ctx, c.apiFor(cmd), cmd, cmd.options())
	if err != nil {
		d.say(message{"id": cmd.ID, "error": describe(err)})
		return
	}
	d.say(message{"id": cmd.ID, "result": result})
}

// options are those of one call.
func (c *command) options() []rpc.CallOption {
	var opts []rpc.CallOption
	if c.TimeoutMS > 0 {
		opts = append(opts, rpc.WithCallTimeout(milliseconds(c.TimeoutMS)))
	}
	for key, value := range c.Meta {
		opts = append(opts, rpc.WithMeta(key, value))
	}
	if c.Window != nil {
		opts = append(opts, rpc.WithWindow(*c.Window))
	}
	return opts
}

// invoke calls a method of the API by its wire name.
func invoke(ctx context.Context, api *sdk.APIClient, cmd command, opts []rpc.CallOption) (any, error) {
	switch cmd.Method {
	case "test.echo":
		return api.TestEcho(ctx, paramsOf[sdk.Echo](cmd), opts...)
	case "test.repeat":
		return api.TestRepeat(ctx, paramsOf[sdk.Echo](cmd), opts...)
	case "test.maybe":
		return api.TestMaybe(ctx, opts...)
	case "test.nothing":
		return nil, api.TestNothing(ctx, opts...)
	case "test.notify":
		return nil, api.TestNotify(ctx, paramsOf[sdk.Echo](cmd), opts...)
	case "test.fail":
		return api.TestFail(ctx, opts...)
	case "test.list":
		return api.TestList(ctx, paramsOf[[]int64](cmd), opts...)
	case "test.text":
		return api.TestText(ctx, paramsOf[string](cmd), opts...)
	case "test.perhaps":
		return api.TestPerhaps(ctx, paramsOf[*sdk.Echo](cmd), opts...)
	case "test.json":
		return api.TestJSON(ctx, cmd.Params, opts...)
	case "test.either":
		either, err := sdk.UnmarshalTestEitherParams(cmd.Params)
		if err != nil {
			return nil, err
		}
		return api.TestEither(ctx, either, opts...)
	case "test.elsewhere":
		return api.TestElsewhere(ctx, paramsOf[sdk.Echo](cmd), opts...)
	case "test.shop":
		return api.TestShop(ctx, cmd.Args["shop_id"], cmd.Args["part"], paramsOf[sdk.Echo](cmd), opts...)
	case "test.shop_note":
		return nil, api.TestShopNote(ctx, cmd.Args["shop_id"], cmd.Args["part"], opts...)
	}
	return nil, fmt.Errorf("unknown method %q", cmd.Method)
}

// stream loops over a stream of the API.
func (d *driver) stream(ctx context.Context, c *client, cmd command) {
	api := c.apiFor(cmd)
	switch cmd.Method {
	case "test.items":
		readStream(ctx, d, cmd, api.TestItems(ctx, paramsOf[sdk.Echo](cmd), cmd.options()...))
	case "test.items_again":
		readStream(ctx, d, cmd, api.TestItemsAgain(ctx, paramsOf[sdk.Echo](cmd), cmd.options()...))
	case "test.maybe_items":
		readStream(ctx, d, cmd, api.TestMaybeItems(ctx, cmd.options()...))
	case "test.shop_items":
		readStream(ctx, d, cmd, api.TestShopItems(ctx, cmd.Args["shop_id"], cmd.Args["part"], paramsOf[sdk.Echo](cmd), cmd.options()...))
	default:
		fail(fmt.Errorf("unknown stream %q", cmd.Method))
	}
}

// readStream says the items of a stream, and how it ends, or that its loop was left.
func readStream[T any](ctx context.Context, d *driver, cmd command, items iter.Seq2[T, error]) {
	broken, released := d.channel(d.breaks, cmd.ID, 0), d.channel(d.releases, cmd.ID, maxReleases)
	last := message{"id": cmd.ID, "end": true}
	for item, err := range items {
		if err != nil {
			last = message{"id": cmd.ID, "error": describe(err)}
			break
		}
		if isClosed(broken) {
			last = message{"id": cmd.ID, "left": true}
			break
		}
		d.say(message{"id": cmd.ID, "item": item})
		if !cmd.Hold {
			continue
		}
		select {
		case <-released:
		case <-ctx.Done():
		case <-broken:
		}
		if isClosed(broken) {
			last = message{"id": cmd.ID, "left": true}
			break
		}
	}
	d.say(last)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// paramsOf reads the params of a call, zero where it has none.
func paramsOf[T any](cmd command) T {
	var params T
	if cmd.Params != nil {
		if err := json.Unmarshal(cmd.Params, &params); err != nil {
			fail(err)
		}
	}
	return params
}

// listening is a context that tells when somebody first waits for its end: a loop
// over events does so once it is subscribed.
type listening struct {
	context.Context
	once  sync.Once
	begun func()
}

// Done implements context.Context.
func (l *listening) Done() <-chan struct{} {
	l.once.Do(l.begun)
	return l.Context.Done()
}

func (d *driver) subscribe(ctx context.Context, c *client, cmd command) {
	l := &listening{Context: ctx, begun: func() { d.say(message{"id": cmd.ID, "ok": true}) }}
	var position rpc.Position
	opts := []rpc.EventOption{rpc.KeepPosition(&position)}
	if cmd.Since != nil {
		opts = append(opts, rpc.Since(*cmd.Since))
	}
	var events iter.Seq2[*sdk.Echo, error]
	switch cmd.Event {
	case "item.changed":
		events = c.api.OnItemChanged(l, cmd.Args["item_id"], opts...)
	case "announced":
		events = c.api.OnAnnounced(l, cmd.Args["topic"], opts...)
	case "elsewhere.heard":
		events = c.api.OnElsewhereHeard(l, opts...)
	case "ticked":
		events = c.api.OnTicked(l, opts...)
	default:
		fail(fmt.Errorf("unknown event %q", cmd.Event))
	}
	var last error
	refused := false // before the loop could listen
	for event, err := range events {
		l.once.Do(func() {
			refused = true
			l.begun()
		})
		if last != nil { // and the loop goes on
			d.say(message{"id": cmd.ID, "misfit": describe(last)})
		}
		if last = err; err == nil {
			m := message{"id": cmd.ID, "event": event}
			if position != (rpc.Position{}) {
				m["position"] = position
			}
			d.say(m)
		}
		if cmd.Hold {
			cmd.Hold = false
			<-d.channel(d.releases, cmd.ID, maxReleases)
		}
	}
	end := message{"id": cmd.ID, "end": true}
	if last != nil && ctx.Err() == nil && (refused || !closed(last)) {
		end["end"] = describe(last)
	}
	d.say(end)
}
