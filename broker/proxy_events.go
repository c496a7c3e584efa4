package broker

import (
	"errors"
	"slices"
	"strings"

	"github.com/centrifugal/centrifuge"
)

// askPublishProxy lets the back end accept, change or refuse a publication.
func (s *Server) askPublishProxy(
	client *centrifuge.Client, ch channel, event centrifuge.PublishEvent,
) (*proxyResult, error) {
	if s.backend != nil {
		return &proxyResult{}, s.backend.AllowPublish(publication(client, event))
	}
	proxy := s.proxies["publish:"+proxyName(ch.PublishProxyName)]
	result, err := proxy.ask(client, proxyRequest{Channel: event.Channel, Data: event.Data})
	return result, s.proxyError(err, proxy)
}

// askSubscribeProxy lets the back end accept or refuse a subscription. What a client wishes, such as recovery, does not
// count here: only what the namespace forces.
func (s *Server) askSubscribeProxy(
	client *centrifuge.Client, ch channel, event centrifuge.SubscribeEvent,
) (centrifuge.SubscribeReply, error) {
	reply := centrifuge.SubscribeReply{ClientSideRefresh: true, Options: ch.subscribeOptions()}
	if s.backend != nil {
		return reply, s.backend.AllowSubscribe(client.UserID(), event.Channel)
	}
	proxy := s.proxies["subscribe:"+proxyName(ch.SubscribeProxyName)]
	result, err := proxy.ask(client, proxyRequest{Channel: event.Channel, Data: event.Data})
	if err == nil && result.Override != nil {
		err = errors.New("this broker does not know override in the answer")
	}
	if err != nil {
		return centrifuge.SubscribeReply{}, s.proxyError(err, proxy)
	}
	reply.Options.ChannelInfo, reply.Options.Data, reply.Options.ExpireAt = result.Info, result.Data, result.ExpireAt
	return reply, nil
}

// onRPC passes a native call to the back end. An unknown namespace is error 104, one without a proxy 108.
func (s *Server) onRPC(client *centrifuge.Client, event centrifuge.RPCEvent) (centrifuge.RPCReply, error) {
	options := s.config.RPC.WithoutNamespace
	if name, _, ok := strings.Cut(event.Method, namespaceBoundary); ok {
		i := slices.IndexFunc(s.config.RPC.Namespaces, func(n RPCNamespace) bool { return n.Name == name })
		if i < 0 {
			return centrifuge.RPCReply{}, centrifuge.ErrorMethodNotFound
		}
		options = s.config.RPC.Namespaces[i].RPCOptions
	}
	if !options.ProxyEnabled {
		return centrifuge.RPCReply{}, centrifuge.ErrorNotAvailable
	}
	if s.backend != nil {
		data, err := s.backend.Call(client.Context(), client.UserID(), event.Method, event.Data)
		return centrifuge.RPCReply{Data: data}, err
	}
	proxy := s.proxies["rpc:"+proxyName(options.ProxyName)]
	result, err := proxy.ask(client, proxyRequest{Method: event.Method, Data: event.Data})
	if err != nil {
		return centrifuge.RPCReply{}, s.proxyError(err, proxy)
	}
	return centrifuge.RPCReply{Data: result.Data}, nil
}

// proxyError returns the back end's own error or disconnect as it is. Any other error is logged, and the client gets
// 100.
func (s *Server) proxyError(err error, proxy *httpProxy) error {
	var answer *centrifuge.Error
	var disconnect centrifuge.Disconnect
	if err == nil || errors.As(err, &answer) || errors.As(err, &disconnect) {
		return err
	}
	s.logger.Warn("proxy failed", "endpoint", proxy.Endpoint, "error", err)
	return centrifuge.ErrorInternal
}
