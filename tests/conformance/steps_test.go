package conformance

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// The steps of the client's side.

// tell hands a command to the driver as it is; the case expects the answer.
func (r *run) tell(args map[string]any) error {
	command, _ := r.vars.expand(args).(map[string]any)
	r.note("driver <-", command)
	return r.driver.Tell(command)
}

// order tells a command that is answered with ok at once.
func (r *run) order(verb string, args map[string]any) error {
	command := map[string]any{"do": verb, "client": "a"}
	maps.Copy(command, args)
	if command["id"] == nil {
		r.serial++
		command["id"] = fmt.Sprintf("%s %d", verb, r.serial)
	}
	if err := r.tell(command); err != nil {
		return err
	}
	return r.expect(map[string]any{"id": command["id"], "ok": true})
}

// simply is the step that is a command and nothing else.
func simply(verb string) func(*run, map[string]any) error {
	return func(r *run, args map[string]any) error {
		return r.order(verb, args)
	}
}

// newClient makes a client with the case's URL and token. With a token function
// it has no token of its own.
func (r *run) newClient(args map[string]any) error {
	command := map[string]any{"url": "$url", "token": "$token", "options": map[string]any{}}
	if options, ok := args["options"].(map[string]any); ok && options["token_function"] == true {
		command["token"] = ""
	}
	for key, value := range args {
		if value != nil {
			command[key] = value
		}
	}
	return r.order("new", command)
}

// connect connects a client from the beginning to the end, which is well.
func (r *run) connect(args map[string]any) error {
	if err := r.tell(map[string]any{"id": "connect", "do": "connect", "client": r.client(args)}); err != nil {
		return err
	}
	if r.broker != nil {
		if err := r.handshake(args); err != nil {
			return err
		}
	}
	return r.expect(map[string]any{"id": "connect", "ok": true})
}

func (r *run) client(args map[string]any) any {
	if client := args["client"]; client != nil {
		return client
	}
	return "a"
}

// call starts a call, named "call" unless it has an id. With "times: N" it starts as many, "call 1"
// with the params {n: 1} and so on.
func (r *run) call(args map[string]any) error {
	command := map[string]any{"id": "call", "do": "call", "client": "a", "method": "test.echo"}
	if args["batch"] != nil {
		command["batch_size"] = 2
	}
	maps.Copy(command, args)
	return times(command, func(one map[string]any, n int) error {
		if n > 0 {
			one["params"] = map[string]any{"n": n}
		}
		return r.tell(one)
	})
}

// times does something with the arguments of a step: once, with n 0, or as often as "times" says,
// each time with an id of its own.
func times(args map[string]any, do func(one map[string]any, n int) error) error {
	if args["times"] == nil {
		return do(args, 0)
	}
	var count int
	if _, err := fmt.Sscan(show(args["times"]), &count); err != nil {
		return err
	}
	for n := 1; n <= count; n++ {
		one := maps.Clone(args)
		delete(one, "times")
		one["id"] = fmt.Sprint("call ", n)
		if err := do(one, n); err != nil {
			return err
		}
	}
	return nil
}

// stream starts a loop over a stream, named "call" unless it has an id.
func (r *run) stream(args map[string]any) error {
	command := map[string]any{"id": "call", "do": "stream", "client": "a", "method": "test.items"}
	if args["batch"] != nil {
		command["batch_size"] = 2
	}
	maps.Copy(command, args)
	return r.tell(command)
}

// leave tells a loop over a stream to break.
func (r *run) leave(args map[string]any) error {
	return r.order("break", withDefault(args, "stream", "call"))
}

// release lets a loop that is held go on: one over a stream by one item.
func (r *run) release(args map[string]any) error {
	return r.order("release", withDefault(args, "subscription", "call"))
}

func withDefault(args map[string]any, key string, value any) map[string]any {
	all := map[string]any{key: value}
	maps.Copy(all, args)
	return all
}

// token answers a token request: with an error, a token, or one made of claims,
// which is then $second.
func (r *run) token(args map[string]any) error {
	command := map[string]any{"do": "token", "client": "a", "n": 1}
	maps.Copy(command, args)
	if claims, ok := args["claims"].(map[string]any); ok {
		delete(command, "claims")
		r.vars["second"] = r.sign(claims)
		command["token"] = "$second"
	} else if args["token"] == nil && args["error"] == nil {
		command["token"] = "$token"
	}
	return r.tell(command)
}

// expect waits for a message of the driver: about the call "call", unless it
// says what else. With "times: N" it waits for the results of the calls that were started so.
func (r *run) expect(args map[string]any) error {
	switch {
	case args["items"] != nil:
		return r.expectSpan(args, "items", "item")
	case args["events"] != nil:
		return r.expectSpan(args, "events", "event")
	case args["times"] != nil:
		return times(args, func(one map[string]any, n int) error {
			one["result"] = map[string]any{"n": n}
			return r.expect(one)
		})
	}
	want := maps.Clone(args)
	if want["state"] != nil {
		if want["client"] == nil {
			want["client"] = "a"
		}
		return r.driver.state(want)
	}
	switch {
	case want["token"] != nil && want["client"] == nil:
		want["client"] = "a"
	case want["id"] == nil && want["token"] == nil:
		want["id"] = "call"
	}
	got, err := r.driver.message(want)
	if err != nil {
		return err
	}
	r.note("driver ->", got)
	return r.vars.match(want, got)
}

// expectSpan waits for {n: FROM} to {n: TO}, the items of a stream or events.
func (r *run) expectSpan(args map[string]any, all, each string) error {
	from, to, err := span(args[all])
	if err != nil {
		return err
	}
	for n := from; n <= to; n++ {
		one := maps.Clone(args)
		delete(one, all)
		one[each] = map[string]any{"n": n}
		if err := r.expect(one); err != nil {
			return err
		}
	}
	return nil
}

// span reads a list of two numbers.
func span(list any) (from, to int, err error) {
	pair, _ := list.([]any)
	if len(pair) != 2 {
		return 0, 0, fmt.Errorf("want [FROM, TO], got %s", show(list))
	}
	_, err = fmt.Sscan(show(pair[0])+" "+show(pair[1]), &from, &to)
	return from, to, err
}

// The steps of the scripted broker.

// accept takes the next connection.
func (r *run) accept(map[string]any) error {
	k, err := r.broker.next()
	if err != nil {
		return err
	}
	r.trace = append(r.trace, "broker: a connection")
	r.peer, err = k.accept()
	return err
}

// refuse answers the next attempt to connect with an HTTP status, or cuts it.
func (r *run) refuse(args map[string]any) error {
	k, err := r.broker.next()
	if err != nil {
		return err
	}
	r.trace = append(r.trace, "broker: a connection refused")
	if args[""] == "cut" {
		k.cut()
		return nil
	}
	var status int
	if _, err := fmt.Sscan(show(args[""]), &status); err != nil {
		return err
	}
	k.refuse(status)
	return nil
}

// handshake takes a connection up to the point where calls can be answered, in
// whatever order the client subscribes. Members: "connect" is added to the reply
// to connect, "subscribe" has the replies by channel (by default to the reply
// channel alone), "asks" what the requests must hold, by channel or "connect".
// A reply {error: …} is an error.
func (r *run) handshake(args map[string]any) error {
	if err := r.accept(nil); err != nil {
		return err
	}
	asks, _ := args["asks"].(map[string]any)
	connect := map[string]any{"client": "c1", "version": "0.0.0", "ping": 25, "pong": true}
	if more, ok := args["connect"].(map[string]any); ok {
		maps.Copy(connect, more)
	}
	command, err := r.next()
	if err != nil {
		return err
	}
	if err := r.answerCommand(command, "connect", "connect", asks, map[string]any{"connect": connect}); err != nil {
		return err
	}
	subscribe, ok := args["subscribe"].(map[string]any)
	if !ok {
		subscribe = map[string]any{}
		if subs, _ := connect["subs"].(map[string]any); subs["$reply"] == nil && r.Client["transport"] != "rpc" {
			subscribe["$reply"] = map[string]any{}
		}
	}
	replies := map[string]any{}
	for channel, reply := range subscribe {
		replies[r.vars.fill(channel)] = reply
	}
	return r.serveSubscriptions(asks, replies)
}

// serveSubscriptions answers the subscriptions that there are replies for. Clients
// subscribe in any order: others that come between are left to the next steps.
func (r *run) serveSubscriptions(asks, replies map[string]any) error {
	var others []any
	for len(replies) > 0 {
		command, err := r.next()
		if err != nil {
			return err
		}
		request, subscribes := command["subscribe"].(map[string]any)
		channel, _ := request["channel"].(string)
		if _, wanted := replies[channel]; subscribes && !wanted {
			others = append(others, command)
			continue
		}
		if err := r.answerCommand(command, "subscribe", channel, asks, replies); err != nil {
			return err
		}
	}
	r.peer.putBack(others)
	return nil
}

// resubscribe answers when the client asks for a channel again, by default for its
// reply channel: on this connection, or on another one.
func (r *run) resubscribe(args map[string]any) error {
	channel := args["channel"]
	if channel == nil {
		channel = "$reply"
	}
	command, err := r.next()
	if err != nil {
		return r.handshake(map[string]any{"subscribe": map[string]any{"$reply": map[string]any{}, channel.(string): map[string]any{}}})
	}
	if err := r.vars.match(map[string]any{"subscribe": map[string]any{"channel": channel}}, command); err != nil {
		return err
	}
	return r.sendLines([]any{map[string]any{"id": command["id"], "subscribe": map[string]any{}}})
}

// answerCommand answers a command, which must be of a kind, and crosses its reply off the list.
func (r *run) answerCommand(command map[string]any, kind, name string, asks, replies map[string]any) error {
	request := command[kind]
	reply, wanted := replies[name]
	if request == nil || !wanted {
		return fmt.Errorf("got the command %s, want one of %s", show(command), show(replies))
	}
	delete(replies, name)
	for channel, ask := range asks {
		if r.vars.fill(channel) == name {
			if err := r.vars.match(ask, request); err != nil {
				return fmt.Errorf("%s %s: %w", kind, name, err)
			}
		}
	}
	answer := map[string]any{"id": command["id"], kind: reply}
	if has(reply, "error") {
		answer = map[string]any{"id": command["id"], "error": reply.(map[string]any)["error"]}
	}
	return r.sendLines([]any{answer})
}

// next takes the next command; its id is $id.
func (r *run) next() (map[string]any, error) {
	if r.peer == nil {
		return nil, errors.New("there is no connection yet")
	}
	got, err := r.peer.receive()
	if err != nil {
		return nil, err
	}
	r.note("broker <-", got)
	command, _ := got.(map[string]any)
	if command["id"] != nil {
		r.vars["id"] = command["id"]
	}
	return command, nil
}

// receive compares the next command.
func (r *run) receive(args map[string]any) error {
	command, err := r.next()
	if err != nil {
		return err
	}
	if len(args) == 0 && len(command) > 0 {
		return fmt.Errorf("got the command %s, want a pong", show(command))
	}
	return r.vars.match(args, command)
}

// request is the publication of a call, on the requests channel unless "on" names another. Its
// correlation id is $c and its command $id; "as: NAME" calls them $NAME and $NAME_id.
//
// With "unordered" others may come before, which are left to the next steps.
func (r *run) request(args map[string]any) error {
	delete(r.vars, "c")
	want := map[string]any{"method": "test.echo", "correlation_id": "$c", "reply_to": "$reply"}
	maps.Copy(want, args)
	delete(want, "as")
	channel, elsewhere := args["on"]
	if !elsewhere {
		channel = "$requests"
	}
	delete(want, "on")
	delete(want, "unordered")
	wanted := map[string]any{"publish": map[string]any{"channel": channel, "data": want}}
	err := r.receiveAmong(args["unordered"] == true, func(command any) error { return r.vars.match(wanted, command) })
	if name, ok := args["as"].(string); ok {
		r.vars[name], r.vars[name+"_id"] = r.vars["c"], r.vars["id"]
	}
	return err
}

// enough is how much time an attempt must have had for its answer to be in time on any machine.
const enough = 2000 // milliseconds

// refusals answers each attempt of the call with an error, until the call ends by it. The last attempt may have begun
// so late that the deadline came before the answer.
func (r *run) refusals(args map[string]any) error {
	over := make(chan struct{})
	var last map[string]any
	var ended error
	go func() {
		defer close(over)
		last, ended = r.driver.message(map[string]any{"id": "call"})
	}()
	delete(r.vars, "c")
	for left := 0; ; {
		command, err := r.peer.receiveUntil(over)
		if err != nil {
			return err
		}
		if command == nil {
			r.note("driver ->", last)
			failure, _ := last["error"].(map[string]any)
			if failure["type"] == "CallTimeout" && left < enough {
				return ended
			}
			want := map[string]any{"error": map[string]any{"type": "RPCError", "code": args["code"], "correlation_id": "$c", "sent": true}}
			return errors.Join(ended, r.vars.match(want, last))
		}
		r.note("broker <-", command)
		want := map[string]any{"id": "$attempt", "publish": map[string]any{"data": map[string]any{"correlation_id": "$c", "timeout_ms": "$left"}}}
		delete(r.vars, "attempt")
		delete(r.vars, "left")
		if err := r.vars.match(want, command); err != nil {
			return err
		}
		if _, err := fmt.Sscan(show(r.vars["left"]), &left); err != nil {
			return err
		}
		if err := r.sendLines([]any{map[string]any{"id": "$attempt", "error": args}}); err != nil {
			return err
		}
	}
}

// control is a control message about $c, or the call that "of" names: "cancel", or
// {ack: N}. It is acknowledged at once, so that $id stays the request's; with
// "unanswered" it is not, and $id is the control message's.
func (r *run) control(args map[string]any) error {
	data := map[string]any{"method": "rpc.cancel", "correlation_id": "$c", "params": "$absent", "reply_to": "$absent", "timeout_ms": "$absent"}
	if seq, ok := args["ack"]; ok {
		data["method"], data["params"] = "rpc.ack", map[string]any{"seq": seq}
	} else if args[""] != "cancel" && args["cancel"] == nil {
		return errors.New("want cancel, or {ack: N}")
	}
	if name, ok := args["of"].(string); ok {
		data["correlation_id"] = "$" + name
	}
	channel := withDefault(args, "on", "$requests")["on"]
	request := r.vars["id"]
	if err := r.receive(map[string]any{"publish": map[string]any{"channel": channel, "data": data}}); err != nil {
		return err
	}
	if args["unanswered"] == true {
		return nil
	}
	answered := r.vars["id"]
	r.vars["id"] = request
	return r.sendLines([]any{map[string]any{"ack": answered}})
}

// send sends one message: a list of objects, texts that are sent as they are,
// and short forms: ack is the answer to the last command, {ack: $id} to another,
// {reply: {…}} a publication on the reply channel, with $c where it has no
// correlation id, and those that [messages] knows.
func (r *run) send(args map[string]any) error {
	list, ok := args[""].([]any)
	if !ok {
		return errors.New("want a list of objects")
	}
	return r.sendLines(list)
}

func (r *run) sendLines(list []any) error {
	var lines []string
	for _, item := range r.messages(list) {
		if text, ok := item.(string); ok && text != "ack" {
			lines = append(lines, r.vars.fill(text))
			continue
		}
		lines = append(lines, encode(r.vars.expand(r.long(item))))
	}
	r.trace = append(r.trace, "broker -> "+show(lines))
	r.peer.send(lines)
	return nil
}

// messages are the long forms of what a stream sends: {items: [FROM, TO]} are items
// {n: FROM} to {n: TO} with these numbers as seq, {end: SEQ} is the end, and
// {alive: SEQ} a sign of life; "of: NAME" names another stream than $c.
func (r *run) messages(list []any) []any {
	var all []any
	for _, item := range list {
		object, _ := item.(map[string]any)
		id := any("$c")
		if name, ok := object["of"].(string); ok {
			id = "$" + name
		}
		add := func(seq any, member string, value any) {
			reply := map[string]any{"correlation_id": id, "seq": seq}
			if member != "" {
				reply[member] = value
			}
			all = append(all, map[string]any{"reply": reply})
		}
		switch from, to, err := span(object["items"]); {
		case err == nil:
			for n := from; n <= to; n++ {
				add(n, "item", map[string]any{"n": n})
			}
		case object["end"] != nil:
			add(object["end"], "result", nil)
		case object["alive"] != nil:
			add(object["alive"], "", nil)
		default:
			all = append(all, item)
		}
	}
	return all
}

// long is the long form of an object to send.
func (r *run) long(item any) any {
	if item == "ack" {
		item = map[string]any{"ack": "$id"}
	}
	object, _ := item.(map[string]any)
	if id := object["ack"]; id != nil {
		return map[string]any{"id": id, "publish": map[string]any{}}
	}
	if data, ok := object["reply"].(map[string]any); ok {
		envelope := map[string]any{"correlation_id": "$c"}
		maps.Copy(envelope, data)
		return map[string]any{"push": map[string]any{"channel": "$reply", "pub": map[string]any{"data": envelope}}}
	}
	return item
}

// ping sends a ping; the pong must be the next that the client says. So it also
// proves that nothing else was sent.
func (r *run) ping(map[string]any) error {
	if err := r.sendLines([]any{"{}"}); err != nil {
		return err
	}
	return r.receive(nil)
}

// hangup closes the connection with a close frame.
func (r *run) hangup(args map[string]any) error {
	var code int
	if _, err := fmt.Sscan(show(args["code"]), &code); err != nil {
		return err
	}
	reason, _ := args["reason"].(string)
	r.note("broker: close", args)
	r.peer.close(code, reason)
	return nil
}

// cut breaks the connection.
func (r *run) cut(map[string]any) error {
	r.trace = append(r.trace, "broker: cut")
	r.peer.cut()
	return nil
}

// gone waits until the client has ended the connection.
func (r *run) gone(map[string]any) error { return r.peer.gone() }

// api calls a method of wsgen-broker's HTTP API.
func (r *run) api(args map[string]any) error {
	for method, params := range args {
		r.note("api "+method, params)
		if err := r.profile.call(method, r.vars.expand(params)); err != nil {
			return err
		}
	}
	return nil
}

// publish calls the HTTP API for events {n: FROM} to {n: TO} on a channel.
func (r *run) publish(args map[string]any) error {
	from, to, err := span(args["events"])
	if err != nil {
		return err
	}
	r.note("api publish", args)
	for n := from; n <= to; n++ {
		one := map[string]any{"channel": args["channel"], "data": map[string]any{"n": n}}
		if err := r.profile.call("publish", r.vars.expand(one)); err != nil {
			return err
		}
	}
	return nil
}

// sign makes a token of the case's user; "ttl" is how many seconds it is good.
func (r *run) sign(claims map[string]any) string {
	all := map[string]any{"sub": r.vars["user"], "ttl": 3600}
	maps.Copy(all, r.profile.claims)
	maps.Copy(all, claims)
	var ttl int64
	_, _ = fmt.Sscan(show(all["ttl"]), &ttl) // 0 where it is null: a token for ever
	delete(all, "ttl")
	if ttl != 0 {
		all["exp"] = time.Now().Unix() + ttl
	}
	for key, value := range all {
		if value == nil {
			delete(all, key)
		}
	}
	return signJWT(r.profile.secret, r.vars.expand(all))
}
