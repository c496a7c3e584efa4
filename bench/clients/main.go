// Command clients measures calls through the generated clients. Each measurement is
// paired with one of handwritten code in the same process, which uses the official SDK
// or, in Go, the same WebSocket package. Python's handwritten code uses the client's
// Pydantic models, as most callers would; the ratios to code that uses dicts are
// printed as well. All calls go to one wsgen-broker. It prints medians and never fails
// because of a figure.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/wsgen/wsgen/bench/internal/calls"
	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/clienttest"
)

// folder is where the programs are, seen from the repository's root.
const folder = "bench/clients"

func main() {
	pairs := flag.Int("pairs", 7, "number of pairs to measure")
	number := flag.Int("calls", 1000, "number of calls in a measurement")
	flag.Parse()
	if err := report(*pairs, *number); err != nil {
		fmt.Fprintln(os.Stderr, "bench/clients:", err)
		os.Exit(1)
	}
}

// report measures all languages. It runs in the repository's root.
func report(pairs, number int) (err error) {
	dir, err := os.MkdirTemp("", "wsgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	api, err := clienttest.Load(filepath.Join("fixtures", "tasks", "api.yaml"))
	if err != nil {
		return err
	}
	program, err := brokertest.Build(".", dir)
	if err != nil {
		return err
	}
	b, err := brokertest.Start(program, filepath.Join("broker", "profiles", "b.json"), "--log-level", "error")
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := b.Stop(); err == nil {
			err = stopErr
		}
	}()
	fmt.Println("tasks.get_stats on profile B, medians of", pairs, "pairs of", number, "calls; ratios are to handwritten code")
	fmt.Println("(in Python to code that uses the same Pydantic models, and then to code that uses dicts)")
	fmt.Printf("%-12s %9s %9s %7s %9s %7s %9s %7s\n", "language", "in flight", "calls/s", "ratio", "p50", "ratio", "p99", "ratio")
	for _, l := range languages {
		start, err := l.prepare(dir, api)
		if err != nil {
			return err
		}
		measured, err := run(b, start, pairs, number)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		for _, inFlight := range []int{1, 64} {
			measured.print(l.name, inFlight, "baseline")
			if measured[inFlight]["untyped"] != nil {
				measured.print("  to dicts", inFlight, "untyped")
			}
		}
	}
	return nil
}

// measurement is a line of output of the programs.
type measurement struct {
	Name     string `json:"name"` // "client", "baseline" or "untyped"
	InFlight int    `json:"in_flight"`
	calls.Measurement
}

// results are the measurements by the number of calls in flight and by name. Lists are
// in the order of time, so that equal indices are of the same pair.
type results map[int]map[string][]calls.Measurement

// run starts a program, with tokens for two users, and returns what it measures.
func run(b *brokertest.Broker, start clienttest.Start, pairs, number int) (results, error) {
	args := []string{brokertest.URL(b.Address), strconv.Itoa(pairs), strconv.Itoa(number)}
	for _, user := range []string{"client", "by-hand"} {
		token, err := b.Token(user, "user#"+user)
		if err != nil {
			return nil, err
		}
		args = append(args, user, token)
	}
	command := start(context.Background(), args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, err
	}
	all := results{1: {}, 64: {}}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var m measurement
		if err := decoder.Decode(&m); err != nil {
			return nil, err
		}
		all[m.InFlight][m.Name] = append(all[m.InFlight][m.Name], m.Measurement)
	}
	for _, byName := range all {
		for name := range byName {
			byName[name] = byName[name][1:] // the first one warms up
		}
	}
	return all, nil
}

// print prints a line: medians of the client's figures, and of their ratios to those
// with the name base.
func (r results) print(label string, inFlight int, base string) {
	fmt.Printf("%-12s %9d", label, inFlight)
	calls.Print(r[inFlight]["client"], r[inFlight][base])
}
