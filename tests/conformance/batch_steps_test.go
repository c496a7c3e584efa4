package conformance

import (
	"errors"
	"fmt"
	"maps"
)

// batch is a publication of several requests, in any order. Each is described as the step request
// does, "on" in the first one. Other publications may come before: they are left to the next steps.
func (r *run) batch(args map[string]any) error {
	list, _ := args[""].([]any)
	if len(list) < 2 {
		return errors.New("want a list of two requests or more")
	}
	channel := any("$requests")
	wants := make([]map[string]any, len(list))
	for i, item := range list {
		wants[i] = map[string]any{"method": "test.echo", "reply_to": "$reply"}
		described, _ := item.(map[string]any)
		maps.Copy(wants[i], described)
		if on, ok := wants[i]["on"]; ok {
			channel = on
		}
		delete(wants[i], "on")
	}
	return r.receiveAmong(true, func(command any) error {
		requests := batchOf(command)
		if len(requests) != len(wants) {
			return fmt.Errorf("got %s, want a batch of %d requests", show(command), len(wants))
		}
		if err := r.vars.match(map[string]any{"publish": map[string]any{"channel": channel}}, command); err != nil {
			return err
		}
		for _, want := range wants {
			if err := r.matchOne(want, requests, command); err != nil {
				return err
			}
		}
		return nil
	})
}

// matchOne finds the request of a batch that is described, and crosses it off.
func (r *run) matchOne(want map[string]any, requests []any, command any) error {
	name, _ := want["as"].(string)
	if name == "" {
		return errors.New(`each request of a batch wants a name: "as"`)
	}
	described := maps.Clone(want)
	delete(described, "as")
	described["correlation_id"] = "$" + name
	var last error
	for i, request := range requests {
		if request == nil {
			continue
		}
		try := maps.Clone(r.vars)
		if last = try.match(described, request); last == nil {
			r.vars, requests[i] = try, nil
			r.vars[name+"_id"] = command.(map[string]any)["id"]
			return nil
		}
	}
	return fmt.Errorf("no request of the batch is %s: %w", show(want), last)
}

// batchOf are the requests of a command that publishes a batch, and nothing besides it.
func batchOf(command any) []any {
	object, _ := command.(map[string]any)
	publish, _ := object["publish"].(map[string]any)
	data, _ := publish["data"].(map[string]any)
	requests, _ := data["batch"].([]any)
	if len(data) != 1 {
		return nil
	}
	return append([]any(nil), requests...)
}

// echo takes publications with so many requests each, in this order, acknowledges them and answers
// each request with its params.
func (r *run) echo(args map[string]any) error {
	sizes, _ := args[""].([]any)
	for _, size := range sizes {
		command, err := r.next()
		if err != nil {
			return err
		}
		requests := batchOf(command)
		if requests == nil {
			publish, _ := command["publish"].(map[string]any)
			requests = []any{publish["data"]}
		}
		if encode(len(requests)) != encode(size) {
			return fmt.Errorf("got a publication of %d requests, want %s", len(requests), show(size))
		}
		answers := []any{"ack"}
		for _, request := range requests {
			request, _ := request.(map[string]any)
			answers = append(answers, map[string]any{"reply": map[string]any{"correlation_id": request["correlation_id"], "result": request["params"]}})
		}
		if err := r.sendLines(answers); err != nil {
			return err
		}
	}
	return nil
}

// receiveAmong takes the next command, which must be the one that fits, or where others may come
// before, the first one that fits. The others are left to the next steps.
func (r *run) receiveAmong(unordered bool, fits func(command any) error) error {
	var others []any
	var last error
	for {
		command, err := r.next()
		if err != nil {
			return errors.Join(err, last)
		}
		if last = fits(command); last == nil {
			r.peer.putBack(others)
			return nil
		}
		if !unordered {
			return last
		}
		others = append(others, command)
	}
}
