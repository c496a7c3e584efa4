package broker

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
)

const websocketPath = "/connection/websocket"

func (s *Server) routes() http.Handler {
	websocket := centrifuge.NewWebsocketHandler(s.node, centrifuge.WebsocketConfig{
		CheckOrigin:      originCheck(s.config.Client.AllowedOrigins),
		MessageSizeLimit: s.config.WebSocket.MessageSizeLimit,
		PingPongConfig: centrifuge.PingPongConfig{
			PingInterval: time.Duration(s.config.Client.PingInterval),
			PongTimeout:  time.Duration(s.config.Client.PongTimeout),
		},
	})
	mux := http.NewServeMux()
	mux.Handle("GET "+websocketPath, withHeaders(websocket))
	if !s.config.HTTPAPI.Disabled {
		mux.Handle("POST /api/{method}", s.requireKey(http.HandlerFunc(s.serveAPI)))
	}
	if s.config.Health.Enabled {
		mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, struct{}{}) })
	}
	return mux
}

// originCheck allows requests without an Origin header, which browsers do not make. Any other origin, in lower case,
// must match one of the patterns, in which "*" matches any characters; else the status is 403.
func originCheck(patterns []string) func(*http.Request) bool {
	var allowed []*regexp.Regexp
	for _, pattern := range patterns {
		expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
		allowed = append(allowed, regexp.MustCompile("^"+expression+"$"))
	}
	return func(r *http.Request) bool {
		origin := strings.ToLower(r.Header.Get("Origin"))
		if origin == "" {
			return true
		}
		for _, pattern := range allowed {
			if pattern.MatchString(origin) {
				return true
			}
		}
		return false
	}
}

type headersKey struct{}

// withHeaders keeps a connection's request headers for the proxies that forward some of them.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), headersKey{}, r.Header)))
	})
}

func requestHeaders(ctx context.Context) http.Header {
	headers, _ := ctx.Value(headersKey{}).(http.Header)
	return headers
}
