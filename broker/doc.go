// Package broker imitates Centrifugo in one process, for tests and first steps.
//
// It reads a Centrifugo v6 configuration, speaks Centrifugo's client protocol (through the centrifuge library, which
// Centrifugo is built on) and imitates what that library leaves to the application:
//
//	config.go, load.go, env.go   the options it knows; any other option is an error
//	engine.go                    one node in memory, or several over Redis
//	channels.go                  namespaces, channel regex, user-limited channels
//	token.go                     connection and subscription JWTs (HMAC)
//	client.go, permissions.go    who may connect, subscribe, publish, read history
//	proxy.go, proxy_events.go    publish and RPC proxies over HTTP
//	api.go, api_methods.go       the HTTP API that back ends publish through
//
// Start reading at Start. It is never meant for production.
package broker
