package broker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"
)

// defaultProxy is the name of the proxy that is configured in the section itself, such as rpc.proxy.
const defaultProxy = "default"

// httpProxy asks one endpoint of the application's back end.
type httpProxy struct {
	ProxyOptions
	client *http.Client
}

// proxyRequest is the body that the back end gets.
type proxyRequest struct {
	Client    string          `json:"client"`
	Transport string          `json:"transport"`
	Protocol  string          `json:"protocol"`
	Encoding  string          `json:"encoding"`
	User      string          `json:"user"`
	Channel   string          `json:"channel,omitempty"`
	Method    string          `json:"method,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	Meta      json.RawMessage `json:"meta,omitempty"`
}

// proxyReply is the body that the back end answers with: one of the three.
type proxyReply struct {
	Result     *proxyResult           `json:"result"`
	Error      *apiError              `json:"error"`
	Disconnect *centrifuge.Disconnect `json:"disconnect"`
}

// proxyResult holds the data of an RPC reply, the data to publish instead of the client's, or what a subscriber gets
// with the subscription.
type proxyResult struct {
	Data        json.RawMessage `json:"data"`
	SkipHistory bool            `json:"skip_history"`
	Info        json.RawMessage `json:"info"`      // of a subscription
	ExpireAt    int64           `json:"expire_at"` // likewise; Unix seconds, 0 is never
	Override    json.RawMessage `json:"override"`  // not supported
}

// openProxies resolves the proxies that namespaces refer to, so that a wrong name is an error at the start.
func (s *Server) openProxies() error {
	s.proxies = map[string]*httpProxy{}
	if s.backend != nil {
		return nil
	}
	channels := append([]Namespace{{ChannelOptions: s.config.Channel.WithoutNamespace}}, s.config.Channel.Namespaces...)
	for _, ch := range channels {
		if ch.PublishProxyEnabled {
			if err := s.openProxy("publish", ch.PublishProxyName, s.config.Channel.Proxy.Publish); err != nil {
				return fmt.Errorf("publish proxy of channel namespace %q: %w", ch.Name, err)
			}
		}
		if ch.SubscribeProxyEnabled {
			if err := s.openProxy("subscribe", ch.SubscribeProxyName, s.config.Channel.Proxy.Subscribe); err != nil {
				return fmt.Errorf("subscribe proxy of channel namespace %q: %w", ch.Name, err)
			}
		}
	}
	methods := append([]RPCNamespace{{RPCOptions: s.config.RPC.WithoutNamespace}}, s.config.RPC.Namespaces...)
	for _, method := range methods {
		if method.ProxyEnabled {
			if err := s.openProxy("rpc", method.ProxyName, s.config.RPC.Proxy); err != nil {
				return fmt.Errorf("proxy of rpc namespace %q: %w", method.Name, err)
			}
		}
	}
	return nil
}

func (s *Server) openProxy(kind, name string, options ProxyOptions) error {
	name = proxyName(name)
	if name != defaultProxy {
		options = ProxyOptions{}
		for _, proxy := range s.config.Proxies {
			if proxy.Name == name {
				options = proxy.ProxyOptions
			}
		}
	}
	if options.Endpoint == "" {
		return fmt.Errorf("no endpoint is set for proxy %q", name)
	}
	timeout := time.Second
	if options.Timeout > 0 {
		timeout = time.Duration(options.Timeout)
	}
	s.proxies[kind+":"+name] = &httpProxy{options, &http.Client{Timeout: timeout}}
	return nil
}

func proxyName(name string) string {
	if name == "" {
		return defaultProxy
	}
	return name
}

// ask sends a request and returns the result. The error is the back end's own error or disconnect, or that of the HTTP
// request.
func (p *httpProxy) ask(client *centrifuge.Client, request proxyRequest) (*proxyResult, error) {
	request.Client, request.User = client.ID(), client.UserID()
	request.Transport, request.Protocol, request.Encoding = "websocket", "json", "json"
	if p.IncludeConnectionMeta {
		request.Meta = connectionMeta(client)
	}
	reply, err := p.post(client.Context(), request)
	if err != nil {
		return nil, err
	}
	switch {
	case reply.Disconnect != nil:
		return nil, *reply.Disconnect
	case reply.Error != nil:
		return nil, reply.Error.clientError()
	case reply.Result != nil:
		return reply.Result, nil
	}
	return &proxyResult{}, nil
}

func (p *httpProxy) post(ctx context.Context, request proxyRequest) (*proxyReply, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range p.HTTP.StaticHeaders {
		post.Header.Set(name, value)
	}
	for _, name := range p.HTTPHeaders {
		if values := requestHeaders(ctx).Values(name); len(values) > 0 {
			post.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	post.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(post)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", p.Endpoint, response.Status)
	}
	var reply proxyReply
	return &reply, json.Unmarshal(answer, &reply)
}
