package runtime

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// command is what the client sends, one member besides the id.
type command struct {
	ID          uint32          `json:"id"`
	Connect     *connectRequest `json:"connect,omitempty"`
	Subscribe   *subscribeReq   `json:"subscribe,omitempty"`
	Unsubscribe *channelReq     `json:"unsubscribe,omitempty"`
	Publish     *publishReq     `json:"publish,omitempty"`
	RPC         *rpcReq         `json:"rpc,omitempty"`
	Refresh     *refreshReq     `json:"refresh,omitempty"`
}

type connectRequest struct {
	Token   string                  `json:"token,omitempty"`
	Name    string                  `json:"name"`
	Version string                  `json:"version,omitempty"`
	Subs    map[string]subscribeReq `json:"subs,omitempty"`
}

type subscribeReq struct {
	Channel string `json:"channel,omitempty"`
	Recover bool   `json:"recover,omitempty"`
	Epoch   string `json:"epoch,omitempty"`
	Offset  uint64 `json:"offset,omitempty"`
}

type channelReq struct {
	Channel string `json:"channel"`
}

type publishReq struct {
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
}

type rpcReq struct {
	Method string          `json:"method"`
	Data   json.RawMessage `json:"data"`
}

type refreshReq struct {
	Token string `json:"token"`
}

// reply is what the server sends: the answer to a command, or a push.
type reply struct {
	ID        uint32           `json:"id"`
	Error     *serverError     `json:"error"`
	Connect   *connectResult   `json:"connect"`
	Subscribe *subscribeResult `json:"subscribe"`
	RPC       *dataResult      `json:"rpc"`
	Refresh   *expiry          `json:"refresh"`
	Push      *push            `json:"push"`
}

type expiry struct {
	Expires bool  `json:"expires"`
	TTL     int64 `json:"ttl"` // seconds
}

type connectResult struct {
	expiry
	Ping int64                      `json:"ping"` // seconds between pings
	Pong bool                       `json:"pong"` // pings want an answer
	Subs map[string]subscribeResult `json:"subs"`
}

type subscribeResult struct {
	Recoverable   bool          `json:"recoverable"`
	Epoch         string        `json:"epoch"`
	Offset        uint64        `json:"offset"`
	WasRecovering bool          `json:"was_recovering"`
	Recovered     bool          `json:"recovered"`
	Publications  []publication `json:"publications"`
}

type dataResult struct {
	Data json.RawMessage `json:"data"`
}

type push struct {
	Channel     string           `json:"channel"`
	Pub         *publication     `json:"pub"`
	Subscribe   *subscribeResult `json:"subscribe"`
	Unsubscribe *closing         `json:"unsubscribe"`
	Disconnect  *closing         `json:"disconnect"`
}

type publication struct {
	Data   json.RawMessage `json:"data"`
	Info   json.RawMessage `json:"info"` // who published, where it was a client
	Offset uint64          `json:"offset"`
}

type closing struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

// serverError is Centrifugo's answer to a command that failed.
type serverError struct {
	Code      int64  `json:"code"`
	Message   string `json:"message"`
	Temporary bool   `json:"temporary"`
}

// Error implements error.
func (e *serverError) Error() string { return fmt.Sprintf("error %d: %s", e.Code, e.Message) }

// Codes of Centrifugo that the client treats specially.
const (
	codeInternal          = 100
	codePermissionDenied  = 103
	codeAlreadySubscribed = 105
	codeBadRequest        = 107
	codeTokenExpired      = 109
	codeTooManyRequests   = 111
)

// temporary tells whether trying again may help.
func (e *serverError) temporary() bool {
	return e.Temporary || e.Code == codeInternal || e.Code == codeTooManyRequests || e.Code == codeTokenExpired
}

// mayHaveRun tells whether a request may have run, although it was refused.
func (e *serverError) mayHaveRun() bool {
	refused := 101 <= e.Code && e.Code <= 108 || e.Code == 112
	return e.temporary() || !refused
}

// envelope is a request as the worker reads it.
type envelope struct {
	Method        string            `json:"method"`
	Params        json.RawMessage   `json:"params"`
	CorrelationID string            `json:"correlation_id,omitempty"`
	ReplyTo       string            `json:"reply_to,omitempty"`
	TimeoutMS     int64             `json:"timeout_ms,omitempty"`
	Meta          map[string]string `json:"meta,omitempty"`
}

// answer is a reply as the worker writes it.
type answer struct {
	CorrelationID string          `json:"correlation_id"`
	Result        json.RawMessage `json:"result"`
	Error         json.RawMessage `json:"error"` // an answerError
}

type answerError struct {
	Code    *int64          `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// marshalLine writes v on one line, without escapes for HTML.
func marshalLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
