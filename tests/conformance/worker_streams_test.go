package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// isSign tells whether a publication is a sign of life of a stream: a message with a
// number and nothing else. One may come at any time.
func isSign(publication any) bool {
	data, _ := publication.(map[string]any)["data"].(map[string]any)
	return has(data, "seq") && !has(data, "item") && !has(data, "result") && !has(data, "error")
}

// nextOf returns the next publication of a stream; signs of life only where they are wanted.
func (r *workerRun) nextOf(id string, signs bool) (any, error) {
	channel, sent := r.channels[id]
	if !sent {
		return nil, fmt.Errorf("nothing was sent with the id %s", id)
	}
	limit := time.After(patience)
	for {
		for len(r.streams[id]) > 0 {
			next := r.streams[id][0]
			r.streams[id] = r.streams[id][1:]
			if signs || !isSign(next) {
				return next, nil
			}
		}
		if err := r.readOne(channel, limit); err != nil {
			return nil, fmt.Errorf("%w, but a message of the stream %s is expected", err, id)
		}
	}
}

// idOf returns the correlation id of a step, c by default.
func (r *workerRun) idOf(step map[string]any) string {
	if id, ok := r.vars.expand(step["correlation_id"]).(string); ok {
		return id
	}
	return "c"
}

// expectMessage compares the next message of a stream. Members that the case leaves out
// must not be there.
func (r *workerRun) expectMessage(args any) error {
	want, _ := args.(map[string]any)
	return r.compareMessage(want, false)
}

// expectSign compares a sign of life in the same way.
func (r *workerRun) expectSign(args any) error {
	want, _ := args.(map[string]any)
	return r.compareMessage(want, true)
}

// answerSigns waits for so many signs of life, and answers each with an acknowledgement of the same number.
func (r *workerRun) answerSigns(args any) error {
	given, _ := args.(map[string]any)
	count, err := strconv.Atoi(fmt.Sprint(given["signs"]))
	if err != nil {
		return err
	}
	for range count {
		if err := r.expectSign(map[string]any{"seq": given["seq"]}); err != nil {
			return err
		}
		answer := map[string]any{"method": "rpc.ack", "correlation_id": "c", "params": map[string]any{"seq": given["seq"]}}
		if err := errors.Join(r.sendData(answer), r.ackedByDefault()); err != nil {
			return err
		}
	}
	return nil
}

func (r *workerRun) compareMessage(want map[string]any, sign bool) error {
	id := r.idOf(want)
	publication, err := r.nextOf(id, sign)
	if err != nil {
		return err
	}
	if whole, ok := want["publication"]; ok {
		if err := r.vars.match(whole, publication); err != nil {
			return err
		}
	}
	envelope := map[string]any{"correlation_id": id, "seq": want["seq"]}
	for _, name := range []string{"item", "result", "error"} {
		envelope[name] = "$absent"
		if value, ok := want[name]; ok {
			envelope[name] = value
		}
	}
	return r.vars.match(envelope, publication.(map[string]any)["data"])
}

// expectItems waits for items whose values are their numbers.
func (r *workerRun) expectItems(args any) error {
	given, _ := args.(map[string]any)
	from, errFrom := strconv.Atoi(fmt.Sprint(given["from"]))
	to, errTo := strconv.Atoi(fmt.Sprint(given["to"]))
	if err := errors.Join(errFrom, errTo); err != nil {
		return err
	}
	for n := from; n <= to; n++ {
		want := map[string]any{"correlation_id": r.idOf(given), "seq": n, "item": n}
		if err := r.compareMessage(want, false); err != nil {
			return err
		}
	}
	return nil
}

// sendControls publishes a control message many times.
func (r *workerRun) sendControls(args any) error {
	given, count, allowed, err := floodOf(args)
	if err != nil {
		return err
	}
	for range count {
		if err := r.sendData(given["data"]); err != nil {
			return err
		}
		last := r.acks[len(r.acks)-1]
		r.acks = nil
		code := "0"
		if !last.ok {
			code = fmt.Sprint(last.failure["code"])
		}
		if !allowed[code] {
			return fmt.Errorf("a control message is acknowledged with code %s", code)
		}
	}
	return nil
}
