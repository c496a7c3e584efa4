package conformance

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
)

// sendBatch publishes requests as a batch: those of a list, or one of them so many times.
func (r *workerRun) sendBatch(args any) error {
	if requests, listed := r.vars.expand(args).([]any); listed {
		return r.publishBatch(requests)
	}
	given, _ := r.vars.expand(args).(map[string]any)
	count, err := strconv.Atoi(fmt.Sprint(given["count"]))
	request, ok := given["request"].(map[string]any)
	if err != nil || !ok {
		return errors.New("a batch has a list of requests, or a count and a request")
	}
	requests := make([]any, count)
	for i := range requests {
		one := maps.Clone(request)
		one["correlation_id"] = fmt.Sprint("b", i)
		requests[i] = one
	}
	if err := r.publishBatch(requests); err != nil {
		return err
	}
	codes, _ := given["codes"].([]any)
	return r.expectCodes(count, codes)
}

func (r *workerRun) publishBatch(requests []any) error {
	for _, one := range requests {
		if request, ok := one.(map[string]any); ok {
			r.expectOn(request)
		}
	}
	return r.sendData(map[string]any{"batch": requests})
}

// expectCodes waits for the end of each request of a counted batch, if there are codes.
func (r *workerRun) expectCodes(count int, codes []any) error {
	if codes == nil {
		return nil
	}
	allowed := map[string]bool{}
	for _, code := range codes {
		allowed[fmt.Sprint(code)] = true
	}
	for i := range count {
		code, err := r.codeOf(fmt.Sprint("b", i))
		if err != nil {
			return err
		}
		if !allowed[code] {
			return fmt.Errorf("request %d ended with code %s", i, code)
		}
	}
	return nil
}
