package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Problem says why a server cannot be tried, and what to do about it.
type Problem struct{ Text, Hint string }

// Error implements error.
func (p *Problem) Error() string { return p.Text }

const endpointHint = "the client endpoint is mostly at /connection/websocket"

var errProtocol = errors.New("it does not speak Centrifugo's JSON protocol")

// explain says in one line why no connection could be opened, instead of repeating the
// whole chain of errors.
func explain(url string, response *http.Response, err error) *Problem {
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	cause, hint := ending(err), ""
	switch {
	case response != nil && response.StatusCode != http.StatusSwitchingProtocols:
		cause, hint = "the server answers with HTTP status "+response.Status, endpointHint
	case errors.As(err, &lookup):
		cause, hint = "there is no host "+lookup.Name, "is its name right?"
	case errors.As(err, &certificate):
		cause, hint = certificateText(certificate), "give the host that the certificate is for, and trust its authority: SSL_CERT_FILE"
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		cause, hint = "the server does not speak TLS", "is it ws:// instead of wss://?"
	case errors.Is(err, syscall.ECONNREFUSED):
		cause, hint = "connection refused", "is the server running, and the port right?"
	}
	return &Problem{fmt.Sprintf("cannot connect to %s: %s", url, cause), hint}
}

func certificateText(err *tls.CertificateVerificationError) string {
	if unknown := (x509.UnknownAuthorityError{}); errors.As(err, &unknown) {
		return "its certificate is signed by an unknown authority"
	}
	return err.Err.Error()
}

// ending returns why a connection ended without a close frame.
func ending(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", commandWait)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was closed without a reason"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
