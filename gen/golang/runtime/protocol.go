package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
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

// line writes the command on one line. Requests, which come most, need no reflection.
func (v *command) line() ([]byte, error) {
	if v.Publish == nil && v.RPC == nil {
		return marshalLine(v)
	}
	return encodeJSON(v, (*command).encodeRequest)
}

func (v *command) encodeRequest(e *encoder) {
	e.Object()
	e.Key(`"id":`)
	e.buf = strconv.AppendUint(e.buf, uint64(v.ID), 10)
	if p := v.Publish; p != nil {
		e.Key(`"publish":`)
		e.Object()
		e.Key(`"channel":`)
		encodeString(&p.Channel, e)
		e.Key(`"data":`)
		e.buf = append(e.buf, p.Data...) // an envelope: an encoder wrote it
		e.Close('}')
	}
	if r := v.RPC; r != nil {
		e.Key(`"rpc":`)
		e.Object()
		e.Key(`"method":`)
		encodeString(&r.Method, e)
		e.Key(`"data":`)
		encodeRaw(&r.Data, e)
		e.Close('}')
	}
	e.Close('}')
}

type connectRequest struct {
	Token   string                  `json:"token,omitempty"`
	Name    string                  `json:"name"`
	Version string                  `json:"version,omitempty"`
	Subs    map[string]subscribeReq `json:"subs,omitempty"`
}

type subscribeReq struct {
	Channel string `json:"channel,omitempty"`
	Token   string `json:"token,omitempty"`
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
	ID        uint32
	Error     *serverError
	Connect   *connectResult
	Subscribe *subscribeResult
	RPC       *dataResult
	Refresh   *expiry
	Push      *push
}

type expiry struct {
	TTL int64 `json:"ttl"` // seconds; 0 for no end
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
	Data json.RawMessage
}

type push struct {
	Channel     string
	Pub         *publication
	Subscribe   *subscribeResult
	Unsubscribe *closing
	Disconnect  *closing
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

// Codes of errors that the client treats specially.
const (
	codeInternal          = 100
	codePermissionDenied  = 103
	codeAlreadySubscribed = 105
	codeBadRequest        = 107
	codeNotAvailable      = 108
	codeTokenExpired      = 109
	codeTooManyRequests   = 111
	codeNotifyNotFound    = 1404 // of the worker: -32601, for a notification
)

// Codes of closes and unsubscriptions that the client treats specially.
const (
	closeStateInvalid = 3014 // of a connection: the token and all positions are invalid

	unsubscribedForNow       = 2500 // of subscriptions: from here on they may be made again
	unsubscribedStateInvalid = 2502 // the position is invalid
)

// temporary tells whether trying again may help.
func (e *serverError) temporary() bool {
	return e.Temporary || e.Code == codeInternal || e.Code == codeTooManyRequests || e.Code == codeTokenExpired
}

// mayHaveRun tells whether a request may have run, although it was refused. Codes below 400
// are Centrifugo's own; the others are those of the worker behind its proxies.
func (e *serverError) mayHaveRun() bool {
	switch e.Code {
	case 400, 403, codeNotifyNotFound, 1429, 1503: // the worker refuses, before it runs anything
		return false
	}
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
	Window        int64             `json:"window,omitempty"` // of a stream
	Meta          map[string]string `json:"meta,omitempty"`
}

func (v *envelope) encodeJSON(e *encoder) {
	e.Object()
	e.Key(`"method":`)
	encodeString(&v.Method, e)
	e.Key(`"params":`)
	encodeRaw(&v.Params, e)
	if v.CorrelationID != "" {
		e.Key(`"correlation_id":`)
		encodeString(&v.CorrelationID, e)
	}
	if v.ReplyTo != "" {
		e.Key(`"reply_to":`)
		encodeString(&v.ReplyTo, e)
	}
	if v.TimeoutMS != 0 {
		e.Key(`"timeout_ms":`)
		encodeInt(&v.TimeoutMS, e)
	}
	if v.Window != 0 {
		e.Key(`"window":`)
		encodeInt(&v.Window, e)
	}
	if len(v.Meta) > 0 {
		e.Key(`"meta":`)
		e.Object()
		for _, key := range sortedKeys(v.Meta) {
			e.keyText(key)
			e.buf = appendString(e.buf, v.Meta[key])
		}
		e.Close('}')
	}
	e.Close('}')
}

// control is a control message: what a client says about a call that is under way.
type control struct {
	Method        string
	CorrelationID string
	Seq           int64 // of methodAck
}

// The methods of control messages.
const (
	methodCancel = "rpc.cancel"
	methodAck    = "rpc.ack"
)

func (v *control) encodeJSON(e *encoder) {
	e.Object()
	e.Key(`"method":`)
	encodeString(&v.Method, e)
	e.Key(`"correlation_id":`)
	encodeString(&v.CorrelationID, e)
	if v.Method == methodAck {
		e.Key(`"params":`)
		e.Object()
		e.Key(`"seq":`)
		encodeInt(&v.Seq, e)
		e.Close('}')
	}
	e.Close('}')
}

// answer is a reply as the worker writes it, or a message of a stream, which has a Seq.
type answer struct {
	CorrelationID string
	Seq           json.RawMessage
	Item          json.RawMessage
	Result        json.RawMessage
	Error         json.RawMessage // an answerError
}

type answerError struct {
	Code    *int64          `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// maxFrameDepth is how deep a frame may nest. It is more than maxDepth: what is too
// deep for a type is the end of one call or event, not of the connection. So it is with
// texts that are not Unicode.
const maxFrameDepth = 10_000

// decodeFrame reads what the server sends, in one pass; the raw values in v are parts
// of data. It takes what encoding/json takes, with two exceptions: names of members
// are exact, and the whole must not be null. Of a member that comes twice the last
// one counts.
func decodeFrame[T any](data []byte, v *T, decode func(*T, *decoder)) error {
	d := decoder{data: data, depth: maxDepth - maxFrameDepth, frame: true}
	decode(v, &d)
	return d.end()
}

func (v *reply) decodeJSON(d *decoder) {
	for d.Object(); d.Member(); {
		switch string(d.Key) {
		case "id":
			unlessNull(&v.ID, d, decodeUint)
		case "error":
			decodePlain(&v.Error, d)
		case "connect":
			decodePlain(&v.Connect, d)
		case "subscribe":
			decodePlain(&v.Subscribe, d)
		case "rpc":
			decodeNullable(&v.RPC, d, (*dataResult).decodeJSON)
		case "refresh":
			decodePlain(&v.Refresh, d)
		case "push":
			decodeNullable(&v.Push, d, (*push).decodeJSON)
		default:
			d.skip()
		}
	}
}

func (v *dataResult) decodeJSON(d *decoder) {
	for d.Object(); d.Member(); {
		if string(d.Key) == "data" {
			decodePart(&v.Data, d)
		} else {
			d.skip()
		}
	}
}

func (v *push) decodeJSON(d *decoder) {
	for d.Object(); d.Member(); {
		switch string(d.Key) {
		case "channel":
			unlessNull(&v.Channel, d, decodeString)
		case "pub":
			decodeNullable(&v.Pub, d, (*publication).decodeJSON)
		case "subscribe":
			decodePlain(&v.Subscribe, d)
		case "unsubscribe":
			decodePlain(&v.Unsubscribe, d)
		case "disconnect":
			decodePlain(&v.Disconnect, d)
		default:
			d.skip()
		}
	}
}

func (v *publication) decodeJSON(d *decoder) {
	for d.Object(); d.Member(); {
		switch string(d.Key) {
		case "data":
			decodePart(&v.Data, d)
		case "info":
			decodePart(&v.Info, d)
		case "offset":
			unlessNull(&v.Offset, d, decodeUint)
		default:
			d.skip()
		}
	}
}

// hasError tells whether the call failed.
func (v *answer) hasError() bool { return len(v.Error) > 0 && string(v.Error) != "null" }

func (v *answer) decodeJSON(d *decoder) {
	for d.Object(); d.Member(); {
		switch string(d.Key) {
		case "correlation_id":
			unlessNull(&v.CorrelationID, d, decodeString)
		case "seq":
			decodePart(&v.Seq, d)
		case "item":
			decodePart(&v.Item, d)
		case "result":
			decodePart(&v.Result, d)
		case "error":
			decodePart(&v.Error, d)
		default:
			d.skip()
		}
	}
}

// unlessNull leaves a member as it is where null is next.
func unlessNull[T any](v *T, d *decoder, decode func(*T, *decoder)) {
	if !d.null() {
		decode(v, d)
	}
}

func decodeUint[T uint32 | uint64](v *T, d *decoder) {
	start := d.Start()
	text := d.number("unsigned integer")
	if d.err != nil {
		return
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if *v = T(n); err != nil || uint64(*v) != n {
		d.Fail(start, "want unsigned integer, got "+string(text))
	}
}

// decodePart keeps any value as a part of the input. Who appends to it gets a copy,
// since others may have the same part.
func decodePart(v *json.RawMessage, d *decoder) { *v = slices.Clip(d.skip()) }

// decodePlain leaves what comes seldom to encoding/json.
func decodePlain[T any](v **T, d *decoder) {
	start := d.Start()
	raw := d.skip()
	if *v = nil; d.err != nil {
		return
	}
	if err := json.Unmarshal(raw, v); err != nil {
		d.Fail(start, err.Error())
	}
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
