package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// workerVerbs are the steps of the worker's cases.
var workerVerbs map[string]func(*workerRun, any) error

func init() {
	workerVerbs = map[string]func(*workerRun, any) error{
		"user": (*workerRun).setUser, "send": (*workerRun).send, "data": (*workerRun).sendData, "subscribe": (*workerRun).subscribe, "ack": (*workerRun).expectAck,
		"reply": (*workerRun).expectReply, "nothing": (*workerRun).expectNothing, "flood": (*workerRun).flood,
		"api": (*workerRun).setAPI, "post": (*workerRun).post, "answer": (*workerRun).expectAnswer,
		"server_publishes": (*workerRun).serverPublishes, "terminate": (*workerRun).terminate, "exit": (*workerRun).expectExit,
		"message": (*workerRun).expectMessage, "items": (*workerRun).expectItems, "sign": (*workerRun).expectSign,
		"answered": (*workerRun).answerSigns,
		"controls": (*workerRun).sendControls, "batch": (*workerRun).sendBatch,
		"presence": (*workerRun).setPresence, "asked": (*workerRun).expectQuestions, "hang_up": (*workerRun).hangUp,
	}
}

// workerRun is a case that runs.
type workerRun struct {
	*workerProcess
	vars    vars
	name    string // begins the ids of the case's users, so that no other case disturbs them
	user    string
	senders map[string]*sender

	acks     []ack               // of the last step, not looked at yet
	channels map[string]string   // of the reply to a correlation id
	replies  map[string]chan any // to native calls
	hangUps  map[string]func()   // each ends the HTTP request of such a call
	last     string              // the id of the last of them
	read     map[string]any      // publications that were read while another was waited for
	streams  map[string][]any    // the same of streams
	status   int
	answer   any
}

// ack is what Centrifugo is told about a request, or tells the client.
type ack struct {
	ok      bool
	failure map[string]any // code, message, and temporary if it is so
}

// run runs all steps; the error names the one that fails.
func (r *workerRun) run(c *workerCase) error {
	for _, s := range c.Steps {
		if s.Verb != "ack" {
			if err := r.ackedByDefault(); err != nil {
				return err
			}
		}
		if err := workerVerbs[s.Verb](r, s.Args); err != nil {
			return fmt.Errorf("line %d: %s: %w", s.Line, s.Verb, err)
		}
	}
	return errors.Join(r.ackedByDefault(), r.silent())
}

// ackedByDefault refuses an error on an acknowledgement that the case does not expect.
func (r *workerRun) ackedByDefault() error {
	for _, a := range r.acks {
		if !a.ok {
			return fmt.Errorf("the request was refused with code %v", a.failure["code"])
		}
	}
	r.acks = nil
	return nil
}

// silent refuses replies that the case has not asked for.
func (r *workerRun) silent() error {
	for _, channel := range r.channels {
		select {
		case extra := <-r.api.published(channel):
			if !isSign(extra) {
				return fmt.Errorf("one reply more on %s: %s", channel, show(extra))
			}
		default:
		}
	}
	for id, extra := range r.read {
		return fmt.Errorf("one reply more, to %s: %s", id, show(extra))
	}
	for id, left := range r.streams {
		for _, extra := range left {
			if !isSign(extra) {
				return fmt.Errorf("one message more, of the stream %s: %s", id, show(extra))
			}
		}
	}
	return nil
}

// setUser makes a user the sender of what follows.
func (r *workerRun) setUser(args any) error {
	name, ok := args.(string)
	if !ok {
		return errors.New("a user has a name")
	}
	r.user = r.name + name
	r.vars["u"] = r.user
	return nil
}

// send sends a request: over native RPC its method and params alone.
func (r *workerRun) send(args any) error {
	request, ok := r.vars.expand(args).(map[string]any)
	if !ok {
		return errors.New("a request is an object")
	}
	id, _ := request["correlation_id"].(string)
	if r.door == "rpc" {
		return r.sendNative(id, request)
	}
	r.expectOn(request)
	return r.sendData(request)
}

// expectOn notes the channel on which the reply to a request will come.
func (r *workerRun) expectOn(request map[string]any) {
	id, _ := request["correlation_id"].(string)
	if id == "" {
		return
	}
	channel, given := request["reply_to"].(string)
	if !given {
		channel = "user#" + r.user
	}
	r.channels[id] = channel
}

func (r *workerRun) sendNative(id string, request map[string]any) error {
	body := map[string]any{"client": "c", "user": r.user, "method": request["method"]}
	if params, there := request["params"]; there {
		body["data"] = params
	}
	reply := make(chan any, 1)
	ctx, cancel := context.WithCancel(context.Background())
	r.replies[id], r.hangUps[id], r.last = reply, cancel, id
	go func() {
		defer cancel()
		_, answer, err := r.workerProcess.postUntil(ctx, "rpc", encode(body), secretHeader())
		if err != nil {
			answer = err.Error()
		}
		reply <- answer
	}()
	return nil
}

func secretHeader() map[string]string {
	return map[string]string{"X-Centrifugo-RPC-Secret": workerSecret, "Content-Type": "application/json"}
}

// sendData publishes anything on the requests channel.
func (r *workerRun) sendData(args any) error {
	data := r.vars.expand(args)
	if r.door == "publish" {
		body := map[string]any{"client": "c", "user": r.user, "channel": "rpc.requests", "data": data}
		_, answer, err := r.workerProcess.post("publish", encode(body), secretHeader())
		r.acks = append(r.acks, ackOf(answer, "result"))
		return err
	}
	s := r.senders[r.user]
	if s == nil {
		var err error
		if s, err = r.connect(r.user); err != nil {
			return err
		}
		r.senders[r.user] = s
	}
	reply, err := s.ask("publish", map[string]any{"channel": "rpc.requests", "data": data})
	r.acks = append(r.acks, ackOf(reply, "publish"))
	return err
}

func ackOf(answer any, success string) ack {
	object, _ := answer.(map[string]any)
	failure, _ := object["error"].(map[string]any)
	return ack{ok: object[success] != nil, failure: failure}
}

// subscribe asks whether the user may subscribe to a channel, as the subscribe proxy does.
func (r *workerRun) subscribe(args any) error {
	body := map[string]any{
		"client": "c", "transport": "websocket", "protocol": "json", "encoding": "json",
		"user": r.user, "channel": r.vars.expand(args),
	}
	status, answer, err := r.workerProcess.post("subscribe", encode(body), secretHeader())
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("status %d", status)
	}
	r.acks = append(r.acks, ackOf(answer, "result"))
	return nil
}

// expectAck compares the acknowledgement of the last request, or the native error of a
// native call. It may be given for each door.
func (r *workerRun) expectAck(args any) error {
	if byDoor, ok := args.(map[string]any); ok && has(byDoor, r.door) {
		args = byDoor[r.door]
	}
	if r.door == "rpc" {
		answer, err := r.native(r.last)
		if err != nil {
			return err
		}
		r.acks = []ack{ackOf(answer, "result")}
	}
	if len(r.acks) == 0 {
		return errors.New("nothing was sent")
	}
	got := r.acks[len(r.acks)-1]
	r.acks = nil
	if args == "ok" {
		if !got.ok {
			return fmt.Errorf("refused with code %v", got.failure["code"])
		}
		return nil
	}
	if got.ok {
		return errors.New("there is no error")
	}
	return r.vars.match(args, got.failure)
}

func (r *workerRun) native(id string) (any, error) {
	select {
	case answer := <-r.replies[id]:
		return answer, nil
	case <-time.After(patience):
		return nil, errors.New("no answer")
	}
}

// expectReply waits for the reply to a correlation id (default c). A member publication
// is compared with the publication as a whole.
func (r *workerRun) expectReply(args any) error {
	want, _ := args.(map[string]any)
	id, ok := r.vars.expand(want["correlation_id"]).(string)
	if !ok {
		id = "c"
	}
	envelope := map[string]any{}
	for name, value := range want {
		if name != "correlation_id" && name != "publication" {
			envelope[name] = value
		}
	}
	if r.door == "rpc" {
		answer, err := r.native(id)
		if err != nil {
			return err
		}
		envelope["correlation_id"] = "$absent"
		return r.vars.match(map[string]any{"result": map[string]any{"data": envelope}}, answer)
	}
	publication, err := r.publication(id)
	if err != nil {
		return err
	}
	envelope["correlation_id"] = id
	if whole, ok := want["publication"]; ok {
		if err := r.vars.match(whole, publication); err != nil {
			return err
		}
	}
	return r.vars.match(envelope, publication.(map[string]any)["data"])
}

// publication returns the publication with the reply to a correlation id.
func (r *workerRun) publication(id string) (any, error) {
	channel, sent := r.channels[id]
	if !sent {
		return nil, fmt.Errorf("nothing was sent with the id %s", id)
	}
	limit := time.After(patience)
	for {
		if found, ok := r.read[id]; ok {
			delete(r.read, id)
			return found, nil
		}
		if err := r.readOne(channel, limit); err != nil {
			return nil, fmt.Errorf("%w to %s", err, id)
		}
	}
}

// readOne takes the next publication from a channel, and keeps it until a step asks for it.
func (r *workerRun) readOne(channel string, limit <-chan time.Time) error {
	select {
	case one := <-r.api.published(channel):
		data, _ := one.(map[string]any)["data"].(map[string]any)
		id, _ := data["correlation_id"].(string)
		if has(data, "seq") {
			r.streams[id] = append(r.streams[id], one)
			return nil
		}
		if _, twice := r.read[id]; twice {
			return fmt.Errorf("two replies to %s, none", id)
		}
		r.read[id] = one
		return nil
	case <-limit:
		return errors.New("no reply")
	}
}

// expectNothing makes a call: its reply must be the next that the user gets.
func (r *workerRun) expectNothing(any) error {
	probe := map[string]any{"method": "test.none", "correlation_id": "probe"}
	if err := errors.Join(r.send(probe), r.expectReply(map[string]any{"correlation_id": "probe"})); err != nil {
		return err
	}
	return r.silent()
}

// floodOf reads how many messages a step sends, and which codes may answer them.
func floodOf(args any) (given map[string]any, count int, allowed map[string]bool, err error) {
	given, _ = args.(map[string]any)
	count, err = strconv.Atoi(fmt.Sprint(given["count"]))
	allowed = map[string]bool{}
	codes, _ := given["codes"].([]any)
	for _, code := range codes {
		allowed[fmt.Sprint(code)] = true
	}
	return given, count, allowed, err
}

// flood sends many calls, and counts how they end: each with a reply, or with an error
// on its acknowledgement. Codes lists those that may occur, 0 for a result.
func (r *workerRun) flood(args any) error {
	given, count, allowed, err := floodOf(args)
	if err != nil {
		return err
	}
	for i := range count {
		id := fmt.Sprint("flood", i)
		request := map[string]any{"correlation_id": id}
		for name, value := range given["request"].(map[string]any) {
			request[name] = value
		}
		if err := r.send(request); err != nil {
			return err
		}
		code := "0"
		switch last := len(r.acks) - 1; {
		case last >= 0 && !r.acks[last].ok:
			code = fmt.Sprint(r.acks[last].failure["code"])
			r.acks = nil
		default:
			if code, err = r.codeOf(id); err != nil {
				return err
			}
		}
		if !allowed[code] {
			return fmt.Errorf("call %d ended with code %s", i, code)
		}
	}
	r.acks = nil
	return nil
}

// codeOf waits for a reply and returns its code, 0 for a result.
func (r *workerRun) codeOf(id string) (string, error) {
	var envelope any
	if r.door == "rpc" {
		answer, err := r.native(id)
		if err != nil {
			return "", err
		}
		object, _ := answer.(map[string]any)
		if envelope = object; !has(object, "error") {
			result, _ := object["result"].(map[string]any)
			envelope = result["data"]
		}
	} else {
		publication, err := r.publication(id)
		if err != nil {
			return "", err
		}
		envelope = publication.(map[string]any)["data"]
	}
	object, _ := envelope.(map[string]any)
	failure, failed := object["error"].(map[string]any)
	if !failed {
		return "0", nil
	}
	return fmt.Sprint(failure["code"]), nil
}

// setAPI takes the HTTP API down, or lets it hold large requests back.
func (r *workerRun) setAPI(args any) error {
	if state, ok := args.(string); !ok || !r.api.set(state) {
		return fmt.Errorf("there is no such state: %v", args)
	}
	return nil
}

// setPresence says what the HTTP API answers about who is on a channel, by default that of the user.
func (r *workerRun) setPresence(args any) error {
	given, _ := r.vars.expand(args).(map[string]any)
	channel, named := given["channel"].(string)
	if !named {
		channel = "user#" + r.user
	}
	if failure, fails := given["error"]; fails {
		r.api.answerPresence(channel, map[string]any{"error": failure})
		return nil
	}
	clients, err := strconv.Atoi(fmt.Sprint(given["connections"]))
	r.api.answerPresence(channel, presenceOf(clients))
	return err
}

// expectQuestions waits until the worker has asked so often, from now on, who is on the channel of the user.
func (r *workerRun) expectQuestions(args any) error {
	count, err := strconv.Atoi(fmt.Sprint(args))
	if err != nil {
		return err
	}
	questions := r.api.questions("user#" + r.user)
	for len(questions) > 0 {
		<-questions
	}
	for range count {
		select {
		case <-questions:
		case <-time.After(patience):
			return errors.New("the worker does not ask")
		}
	}
	return nil
}

// hangUp ends the HTTP request of a native call, as Centrifugo does when the caller has gone.
func (r *workerRun) hangUp(args any) error {
	end := r.hangUps[fmt.Sprint(args)]
	if end == nil {
		return errors.New("there is no such native call")
	}
	end()
	return nil
}

// post sends what is given to a proxy endpoint.
func (r *workerRun) post(args any) error {
	given, _ := r.vars.expand(args).(map[string]any)
	path, _ := given["path"].(string)
	body, isText := given["body"].(string)
	if !isText {
		body = encode(given["body"])
	}
	headers := secretHeader()
	if secret, there := given["secret"]; there {
		headers["X-Centrifugo-RPC-Secret"] = fmt.Sprint(secret)
	}
	var err error
	r.status, r.answer, err = r.workerProcess.post(path, body, headers)
	return err
}

// expectAnswer compares the HTTP response.
func (r *workerRun) expectAnswer(args any) error {
	got := map[string]any{"status": normalize(r.status), "body": r.answer}
	return r.vars.match(args, got)
}

// serverPublishes publishes on the requests channel as no client can.
func (r *workerRun) serverPublishes(args any) error {
	return r.broker.call("publish", map[string]any{"channel": "rpc.requests", "data": r.vars.expand(args)})
}

// terminate tells the worker to end.
func (r *workerRun) terminate(any) error { return r.command.Process.Signal(syscall.SIGTERM) }

// expectExit waits for the end of the worker.
func (r *workerRun) expectExit(any) error {
	select {
	case <-r.ended:
		return nil
	case <-time.After(patience):
		return errors.New("the worker does not end")
	}
}
