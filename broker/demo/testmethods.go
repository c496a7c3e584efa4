package demo

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/wsgen/wsgen/broker"
)

// maxLarge bounds what test.large answers, in bytes.
const maxLarge = 32 << 20

// addTestMethods adds the methods for tests of clients, which the README documents.
func (d *Demo) addTestMethods(methods map[string]method) {
	methods["test.echo"] = method{answer: testEcho}
	methods["test.repeat"] = method{answer: testEcho}
	methods["test.notify"] = method{answer: testEcho}
	methods["test.nothing"] = method{answer: testNothing}
	methods["test.maybe"] = method{answer: testNothing}
	methods["test.fail"] = method{answer: testFail}
	methods["test.error"] = method{answer: testError}
	methods["test.large"] = method{answer: testLarge}
	methods["test.reply"] = method{answer: testReply}
	methods["test.sleep"] = method{answer: testSleep, slow: true}
	methods["test.event"] = method{answer: d.testEvent}
	methods["test.disconnect"] = method{answer: d.testDisconnect, slow: true}
}

// testEcho returns the params, or null without any.
func testEcho(c call) (any, error) {
	if len(c.params) == 0 {
		return nil, nil
	}
	return c.params, nil
}

// testNothing returns null.
func testNothing(call) (any, error) { return nil, nil }

// testFail fails with the error 404 that tests/conformance/api.yaml declares.
func testFail(call) (any, error) {
	return nil, &rpcError{Code: 404, Message: "no such item", Data: map[string]string{"item_id": "7"}}
}

// testSleep answers after "ms" milliseconds with its params.
func testSleep(c call) (any, error) {
	var params struct {
		MS int `json:"ms"`
	}
	if err := c.decode(&params, "ms"); err != nil {
		return nil, err
	}
	timer := time.NewTimer(time.Duration(params.MS) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
	return c.params, nil
}

// testError answers with the error that the params are: {"code", "message", "data"}.
func testError(c call) (any, error) {
	params := struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}{Code: codeInternal, Message: "internal error"}
	if err := c.decode(&params); err != nil {
		return nil, err
	}
	failure := &rpcError{Code: params.Code, Message: params.Message}
	if params.Data != nil {
		failure.Data = params.Data
	}
	return nil, failure
}

// testLarge answers with a string of "bytes" bytes.
func testLarge(c call) (any, error) {
	var params struct {
		Bytes int `json:"bytes"`
	}
	if err := c.decode(&params, "bytes"); err != nil {
		return nil, err
	}
	if params.Bytes < 0 || params.Bytes > maxLarge {
		return nil, invalid(issue{[]string{"bytes"}, "Input should be at most 32 MiB", "range"})
	}
	return strings.Repeat("x", params.Bytes), nil
}

// The ways in which test.reply answers.
const (
	replyTwice     = "twice"     // two times
	replyNever     = "never"     // not at all
	replyForeign   = "foreign"   // after a reply with an id that nobody asked for
	replyMalformed = "malformed" // after publications that are not replies
	replyForged    = "forged"    // after another result that carries info, as a client's publication does
)

// testReply answers with its mode; over pub/sub the reply is then delivered in that way (see misbehave).
func testReply(c call) (any, error) {
	var params struct {
		Mode string `json:"mode"`
	}
	if err := c.decode(&params, "mode"); err != nil {
		return nil, err
	}
	switch params.Mode {
	case replyTwice, replyNever, replyForeign, replyMalformed, replyForged:
		return params.Mode, nil
	}
	return nil, invalid(issue{[]string{"mode"}, "Input is not a mode of test.reply", "enum"})
}

// misbehave delivers the reply of test.reply in the way that its result names.
func (d *Demo) misbehave(address, user string, answer reply) {
	var mode string
	if err := json.Unmarshal(answer.Result, &mode); err != nil {
		panic(err) // testReply's own result
	}
	wrong := answer
	wrong.Result = json.RawMessage(`"not the reply"`)
	switch mode {
	case replyNever:
		return
	case replyTwice:
		d.send(address, answer)
	case replyForeign:
		wrong.CorrelationID = "of-nobody"
		d.send(address, wrong)
	case replyMalformed:
		for _, data := range []string{`{"unknown":1}`, `{"correlation_id":17,"result":1}`} {
			d.publishRaw(address, []byte(data), nil)
		}
	case replyForged:
		d.publishRaw(address, mustMarshal(wrong), &centrifuge.ClientInfo{ClientID: "of-nobody", UserID: user})
	}
	d.send(address, answer)
}

func (d *Demo) publishRaw(address string, data []byte, info *centrifuge.ClientInfo) {
	if _, err := d.Publish(address, data, broker.PublishOptions{Info: info}); err != nil {
		d.logger.Error("test publication lost", "channel", address, "error", err)
	}
}

// testEvent publishes "data" on "channel".
func (d *Demo) testEvent(c call) (any, error) {
	var params struct {
		Channel string          `json:"channel"`
		Data    json.RawMessage `json:"data"`
	}
	if err := c.decode(&params, "channel", "data"); err != nil {
		return nil, err
	}
	_, err := d.Publish(params.Channel, params.Data, broker.PublishOptions{})
	return nil, err
}

// testDisconnect closes the caller's connections with "code" (3000 to 4999) and "reason". It sends no reply, which
// could still arrive before the close.
func (d *Demo) testDisconnect(c call) (any, error) {
	var params struct {
		Code   uint32 `json:"code"`
		Reason string `json:"reason"`
	}
	if err := c.decode(&params, "code"); err != nil {
		return nil, err
	}
	if params.Code < 3000 || params.Code > 4999 || len(params.Reason) > 120 {
		return nil, invalid(issue{[]string{"code"}, "Input should be between 3000 and 4999", "range"})
	}
	if err := d.Disconnect(c.user, params.Code, params.Reason); err != nil {
		return nil, err
	}
	<-c.ctx.Done()
	return nil, nil
}
