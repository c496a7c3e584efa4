// Command worker measures calls that the worker of centrifugo_rpc answers with a
// trivial handler, in pairs against an echo worker by hand on the same SDK and the
// same API client. Each has a wsgen-broker of its own. It prints medians; nothing
// here is a test.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/wsgen/wsgen/internal/brokertest"
)

// folder is where the Python programs are, seen from the repository's root.
const folder = "bench/worker/python"

// patience ends a measurement that hangs.
const patience = time.Minute

func main() {
	pairs := flag.Int("pairs", 11, "measured pairs")
	calls := flag.Int("calls", 1000, "calls of a measurement")
	flag.Parse()
	if err := report(*pairs, *calls); err != nil {
		fmt.Fprintln(os.Stderr, "bench/worker:", err)
		os.Exit(1)
	}
}

// report measures both workers. It runs in the repository's root.
func report(pairs, calls int) error {
	dir, err := os.MkdirTemp("", "wsgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := brokertest.Build(".", dir)
	if err != nil {
		return err
	}
	bare, err := start(program, filepath.Join(folder, "bare.py"))
	defer bare.stop()
	if err != nil {
		return err
	}
	worker, err := start(program, "-m", "centrifugo_rpc", "serve", "--log-level", "error", "echo")
	defer worker.stop()
	if err != nil {
		return err
	}
	fmt.Println("an echo through the worker on profile B, medians of", pairs, "pairs of", calls, "calls; ratios are to a worker by hand")
	fmt.Printf("%9s %9s %7s %9s %7s %9s %7s\n", "in flight", "calls/s", "ratio", "p50", "ratio", "p99", "ratio")
	for _, inFlight := range []int{1, 64} {
		measured, err := compare(worker, bare, pairs, calls, inFlight)
		if err != nil {
			return err
		}
		measured.print(inFlight)
	}
	return nil
}

// measurement is how long the calls took, all together and each.
type measurement struct {
	time      time.Duration
	latencies []time.Duration
}

func (m measurement) rate() float64 { return float64(len(m.latencies)) / m.time.Seconds() }

func (m measurement) p50() float64 { return float64(quantile(m.latencies, 0.5).Microseconds()) }

func (m measurement) p99() float64 { return float64(quantile(m.latencies, 0.99).Microseconds()) }

// pair is what is compared: one measurement right after the other.
type pair struct{ worker, bare measurement }

type results []pair

// compare measures pairs, each in the other order than the one before.
func compare(worker, bare *subject, pairs, calls, inFlight int) (results, error) {
	var measured results
	for i := range pairs + 1 { // the first pair warms up
		var p pair
		steps := []func() error{
			func() (err error) { p.worker, err = worker.measure(calls, inFlight); return err },
			func() (err error) { p.bare, err = bare.measure(calls, inFlight); return err },
		}
		if i%2 == 0 {
			slices.Reverse(steps)
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return nil, err
			}
		}
		if i > 0 {
			measured = append(measured, p)
		}
	}
	return measured, nil
}

// print writes one line: medians, and medians of the pairs' ratios.
func (r results) print(inFlight int) {
	fmt.Printf("%9d", inFlight)
	for _, figure := range []struct {
		of   func(measurement) float64
		unit string
	}{{measurement.rate, ""}, {measurement.p50, "µs"}, {measurement.p99, "µs"}} {
		var values, ratios []float64
		for _, p := range r {
			values = append(values, figure.of(p.worker))
			ratios = append(ratios, figure.of(p.worker)/figure.of(p.bare))
		}
		fmt.Printf(" %9s %7.2f", fmt.Sprintf("%.0f%s", quantile(values, 0.5), figure.unit), quantile(ratios, 0.5))
	}
	fmt.Println()
}

// quantile is the value that the given share of values lies below.
func quantile[T float64 | time.Duration](values []T, share float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// measure makes calls over the worker's connection.
func (s *subject) measure(calls, inFlight int) (measurement, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.load.measure(ctx, calls, inFlight)
}
