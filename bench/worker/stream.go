//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wsgen/wsgen/bench/internal/calls"
)

const (
	window  = 32 // that of clients which say nothing about it
	streams = 8  // at once
)

// reader is how far the reader of a stream has come.
type reader struct{ taken, acknowledged int }

// stream reads streams at once as a client does, and returns how many items come a second.
func (l *load) stream(ctx context.Context, items int) (float64, error) {
	readers := map[string]*reader{}
	started := time.Now()
	for range streams {
		l.last++
		id := fmt.Sprint("stream-", l.last)
		readers[id] = &reader{}
		if err := l.publish(ctx, fmt.Sprintf(`{"method":"count","params":{"to":%d},"correlation_id":%q,"reply_to":"user#%s","window":%d}`,
			items/streams, id, l.user, window)); err != nil {
			return 0, err
		}
	}
	for len(readers) > 0 {
		_, frame, err := l.ws.Read(ctx)
		if err != nil {
			return 0, err
		}
		for line := range bytes.Lines(frame) {
			if string(bytes.TrimSpace(line)) == "{}" {
				err = l.write(ctx, "{}")
			} else {
				err = l.take(ctx, line, readers, items/streams)
			}
			if err != nil {
				return 0, err
			}
		}
	}
	return float64(items) / time.Since(started).Seconds(), nil
}

// take reads one message, and acknowledges its item where half of the window is taken.
func (l *load) take(ctx context.Context, line []byte, readers map[string]*reader, items int) error {
	var m struct {
		Error json.RawMessage `json:"error"`
		Push  struct {
			Pub struct {
				Data struct {
					CorrelationID string          `json:"correlation_id"`
					Item          *int            `json:"item"`
					Error         json.RawMessage `json:"error"`
				} `json:"data"`
			} `json:"pub"`
		} `json:"push"`
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return err
	}
	data := m.Push.Pub.Data
	if m.Error != nil || data.Error != nil {
		return fmt.Errorf("the server says %s", line)
	}
	r := readers[data.CorrelationID]
	switch {
	case r == nil: // an acknowledgement of Centrifugo's
	case data.Item == nil:
		delete(readers, data.CorrelationID)
		if r.taken != items {
			return errors.New("items are missing")
		}
	default:
		r.taken++
		if r.taken-r.acknowledged >= window/2 {
			r.acknowledged = r.taken
			return l.publish(ctx, fmt.Sprintf(`{"method":"rpc.ack","correlation_id":%q,"params":{"seq":%d}}`, data.CorrelationID, r.taken))
		}
	}
	return nil
}

func (l *load) publish(ctx context.Context, data string) error {
	l.last++
	return l.write(ctx, fmt.Sprintf(`{"id":%d,"publish":{"channel":"rpc.requests","data":%s}}`, l.last, data))
}

// reportStreams prints how many items of streams a second the worker sends, and how many
// times as many as it answers calls.
func reportStreams(worker *subject, times, number int) error {
	var rates, ratios []float64
	for i := range times + 1 { // the first time is for warming up
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		items, err := worker.load.stream(ctx, 10*number/streams*streams)
		if err != nil {
			cancel()
			return err
		}
		called, err := worker.load.measure(ctx, number, 64)
		cancel()
		if err != nil {
			return err
		}
		if i > 0 {
			rates = append(rates, items)
			ratios = append(ratios, items*called.Seconds/float64(number))
		}
	}
	fmt.Printf("%d streams at once: %.0f items/s, %.2f times as many as calls at 64 in flight\n", streams, calls.Median(rates), calls.Median(ratios))
	return nil
}
