// Command clients measures calls through the generated clients, in pairs against
// a loop by hand in the same process: on the official SDK, or, in Go, on the same
// WebSocket package. Python's loop makes params and results with the client's own
// models, since a caller who uses Pydantic would; for comparison it prints the ratios
// to one with dicts, too. All go to one wsgen-broker. It prints medians; nothing
// here is a test.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/wsgen/wsgen/internal/brokertest"
)

// folder is where the programs are, seen from the repository's root.
const folder = "bench/clients"

func main() {
	pairs := flag.Int("pairs", 7, "measured pairs")
	calls := flag.Int("calls", 1000, "calls of a measurement")
	flag.Parse()
	if err := report(*pairs, *calls); err != nil {
		fmt.Fprintln(os.Stderr, "bench/clients:", err)
		os.Exit(1)
	}
}

// report measures all languages. It runs in the repository's root.
func report(pairs, calls int) (err error) {
	dir, err := os.MkdirTemp("", "wsgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := brokertest.Build(".", dir)
	if err != nil {
		return err
	}
	b, err := brokertest.Start(program, filepath.Join("broker", "profiles", "b.json"))
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := b.Stop(); err == nil {
			err = stopErr
		}
	}()
	fmt.Println("tasks.get_stats on profile B, medians of", pairs, "pairs of", calls, "calls; ratios are to a loop by hand")
	fmt.Println("(in Python to one that uses the same Pydantic models, and then to one with dicts)")
	fmt.Printf("%-12s %9s %9s %7s %9s %7s %9s %7s\n", "language", "in flight", "calls/s", "ratio", "p50", "ratio", "p99", "ratio")
	for _, l := range languages {
		command, err := l.build(dir)
		if err != nil {
			return err
		}
		measured, err := run(b, command, pairs, calls)
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

// measurement is a line that the programs print; times are in seconds.
type measurement struct {
	Name      string    `json:"name"` // "client", "baseline" or "untyped"
	InFlight  int       `json:"in_flight"`
	Seconds   float64   `json:"seconds"`
	Latencies []float64 `json:"latencies"`
}

func (m measurement) rate() float64 { return float64(len(m.Latencies)) / m.Seconds }

func (m measurement) p50() float64 { return quantile(m.Latencies, 0.5) }

func (m measurement) p99() float64 { return quantile(m.Latencies, 0.99) }

// results are the measurements by calls in flight and name; those of a name are in
// the order of time, so that the same places were measured right after each other.
type results map[int]map[string][]measurement

// run starts a program with two users, and returns what it measures.
func run(b *brokertest.Broker, command *exec.Cmd, pairs, calls int) (results, error) {
	command.Args = append(command.Args, brokertest.URL(b.Address), strconv.Itoa(pairs), strconv.Itoa(calls))
	for _, user := range []string{"client", "by-hand"} {
		token, err := b.Token(user, "user#"+user)
		if err != nil {
			return nil, err
		}
		command.Args = append(command.Args, user, token)
	}
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
		all[m.InFlight][m.Name] = append(all[m.InFlight][m.Name], m)
	}
	for _, byName := range all {
		for name := range byName {
			byName[name] = byName[name][1:] // the first one warms up
		}
	}
	return all, nil
}

// print writes one line: medians of the client, and of its ratios to the loop that
// is called base.
func (r results) print(label string, inFlight int, base string) {
	fmt.Printf("%-12s %9d", label, inFlight)
	for _, figure := range []struct {
		of    func(measurement) float64
		scale float64
		unit  string
	}{{measurement.rate, 1, ""}, {measurement.p50, 1e6, "µs"}, {measurement.p99, 1e6, "µs"}} {
		var values, ratios []float64
		for i, client := range r[inFlight]["client"] {
			values = append(values, figure.of(client)*figure.scale)
			ratios = append(ratios, figure.of(client)/figure.of(r[inFlight][base][i]))
		}
		fmt.Printf(" %9s %7.2f", fmt.Sprintf("%.0f%s", quantile(values, 0.5), figure.unit), quantile(ratios, 0.5))
	}
	fmt.Println()
}

// quantile is the value that the given share of values lies below.
func quantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
