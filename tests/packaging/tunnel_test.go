package packaging

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// tunnel is a broker that can only be reached by TLS, and through a proxy.
type tunnel struct {
	url  string // of the broker, by a name that nobody but the proxy can look up
	env  []string
	used atomic.Int32 // how often the proxy was asked for the broker
}

// newTunnel puts TLS and a proxy in front of a broker.
func newTunnel(t *testing.T, broker string) *tunnel {
	t.Helper()
	target, err := url.Parse(strings.Replace(broker, "ws:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	path := target.Path
	target.Path = ""
	front := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(target))
	t.Cleanup(front.Close)

	l := &tunnel{url: "wss://example.com" + path} // the name in httptest's certificate
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "example.com:443" {
			http.Error(w, "not allowed", http.StatusForbidden)
			return
		}
		l.used.Add(1)
		join(w, front.Listener.Addr().String())
	}))
	t.Cleanup(proxy.Close)

	certificate := filepath.Join(t.TempDir(), "ca.pem")
	write(t, certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})))
	l.env = []string{
		"HTTPS_PROXY=" + proxy.URL, "https_proxy=" + proxy.URL, "NO_PROXY=", "no_proxy=",
		"SSL_CERT_FILE=" + certificate, "NODE_EXTRA_CA_CERTS=" + certificate,
	}
	return l
}

// join makes one connection of the client's and one to an address.
func join(w http.ResponseWriter, address string) {
	far, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return // the client has gone
	}
	defer near.Close()
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return // likewise
	}
	go func() {
		_, _ = io.Copy(far, buffered) // until either end closes
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far) // likewise
}

// call runs a program that is told the broker's URL and a token.
func (l *tunnel) call(t *testing.T, dir, token string, program ...string) {
	t.Helper()
	matches(t, run(t, dir, l.env, append(program, l.url, token)...))
	if l.used.Load() == 0 {
		t.Error("the program does not go through the proxy")
	}
}
