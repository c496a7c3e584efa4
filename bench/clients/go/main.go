// Command bench times the generated Go client and a handwritten one on the same
// WebSocket package.
//
//	go run . URL PAIRS CALLS USER TOKEN USER TOKEN
//
// The first user is for the generated client, the second for the handwritten one. Each
// measurement is a line of JSON on standard output.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	sdk "example.com/centrifugo_client"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 7 {
		return errors.New("usage: bench URL PAIRS CALLS USER TOKEN USER TOKEN")
	}
	pairs, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	calls, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	api := sdk.NewAPIClient(args[0], args[4], args[3])
	if err := api.Connect(ctx); err != nil {
		return err
	}
	defer api.Close()
	byHand, err := connect(ctx, args[0], args[6], args[5])
	if err != nil {
		return err
	}
	defer byHand.close()
	client := method{"client", func() error {
		_, err := api.TasksGetStats(ctx, sdk.TaskStatsParams{UserID: "456"})
		return err
	}}
	baseline := method{"baseline", func() error {
		var result statsResult
		return byHand.call(ctx, "tasks.get_stats", statsParams{UserID: "456"}, &result)
	}}
	for _, inFlight := range []int{1, 64} {
		for pair := range pairs + 1 { // the first pair is for warming up
			order := [2]method{client, baseline}
			if pair%2 == 1 {
				order = [2]method{baseline, client}
			}
			for _, m := range order {
				if err := m.measure(calls, inFlight); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// method is one way to make the call that is measured.
type method struct {
	name string
	call func() error
}

// measurement is a line of output; times are in seconds.
type measurement struct {
	Name      string    `json:"name"`
	InFlight  int       `json:"in_flight"`
	Seconds   float64   `json:"seconds"`
	Latencies []float64 `json:"latencies"`
}

// measure makes calls, up to inFlight at a time, and prints how long they took.
func (m method) measure(calls, inFlight int) error {
	latencies := make([]float64, calls)
	failures := make([]error, inFlight)
	numbers := make(chan int, calls)
	for i := range calls {
		numbers <- i
	}
	close(numbers)
	var workers sync.WaitGroup
	start := time.Now()
	for w := range inFlight {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range numbers {
				begun := time.Now()
				if err := m.call(); err != nil {
					failures[w] = err
					return
				}
				latencies[i] = time.Since(begun).Seconds()
			}
		}()
	}
	workers.Wait()
	seconds := time.Since(start).Seconds()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(measurement{m.name, inFlight, seconds, latencies})
}
