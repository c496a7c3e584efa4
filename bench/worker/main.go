// Command worker measures calls to a trivial handler, and a stream, in the worker of centrifugo_rpc.
// Each measurement is paired with one of a handwritten echo worker on the same SDK and
// the same API client. Each worker has a wsgen-broker of its own. It prints medians and
// never fails because of a figure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/wsgen/wsgen/bench/internal/calls"
	"github.com/wsgen/wsgen/internal/brokertest"
)

// folder is where the Python programs are, seen from the repository's root.
const folder = "bench/worker/python"

// timeout ends a measurement that hangs.
const timeout = time.Minute

func main() {
	pairs := flag.Int("pairs", 11, "number of pairs to measure")
	number := flag.Int("calls", 1000, "number of calls in a measurement")
	sizes := flag.Bool("sizing", false, "measure what a core and a megabyte carry instead; Linux only")
	together := flag.Bool("batches", false, "compare calls that are sent together with single ones instead; Linux only")
	flag.Parse()
	run := func(program, _ string) error { return report(program, *pairs, *number) }
	if *sizes {
		run = func(program, dir string) error { return sizing(program, dir, *number) }
	}
	if *together {
		run = func(program, dir string) error { return batches(program, dir, *pairs) }
	}
	if err := withBroker(run); err != nil {
		fmt.Fprintln(os.Stderr, "bench/worker:", err)
		os.Exit(1)
	}
}

// withBroker runs a measurement with the program of wsgen-broker, in a folder that goes afterwards.
func withBroker(run func(program, dir string) error) error {
	dir, err := os.MkdirTemp("", "wsgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := brokertest.Build(".", dir)
	if err != nil {
		return err
	}
	return run(program, dir)
}

// report measures both workers. It runs in the repository's root.
func report(program string, pairs, number int) error {
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
	fmt.Println("an echo through the worker on profile B, medians of", pairs, "pairs of", number, "calls; ratios are to a handwritten worker")
	fmt.Printf("%9s %9s %7s %9s %7s %9s %7s\n", "in flight", "calls/s", "ratio", "p50", "ratio", "p99", "ratio")
	for _, inFlight := range []int{1, 64} {
		measured, err := compare(worker, bare, pairs, number, inFlight)
		if err != nil {
			return err
		}
		measured.print(inFlight)
	}
	if err := reportStreams(worker, pairs, number); err != nil {
		return err
	}
	return reportDoors(pairs, number)
}

// results are the measurements of all pairs, in order.
type results struct{ worker, bare []calls.Measurement }

// compare measures pairs; the two workers take turns in being the first of a pair.
func compare(worker, bare *subject, pairs, number, inFlight int) (results, error) {
	var measured results
	for i := range pairs + 1 { // the first pair is for warming up
		steps := []func() error{
			func() error { return worker.measure(&measured.worker, number, inFlight) },
			func() error { return bare.measure(&measured.bare, number, inFlight) },
		}
		if i%2 == 0 {
			slices.Reverse(steps)
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return results{}, err
			}
		}
	}
	return results{measured.worker[1:], measured.bare[1:]}, nil
}

// print prints a line: medians, and medians of the ratios of the pairs.
func (r results) print(inFlight int) {
	fmt.Printf("%9d", inFlight)
	calls.Print(r.worker, r.bare)
}

// measure makes calls to the worker and appends their measurement to the list.
func (s *subject) measure(to *[]calls.Measurement, number, inFlight int) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	m, err := s.load.measure(ctx, number, inFlight)
	*to = append(*to, m)
	return err
}
