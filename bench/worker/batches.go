package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/bench/internal/calls"
	"github.com/wsgen/wsgen/internal/brokertest"
)

const (
	callsAtOnce   = 32
	roundsOfCalls = 50
)

// batches prints what calls cost, 32 at once through the publish proxy, each alone and as a
// batch: the processor time of Python's client and of the worker.
func batches(program, dir string, times int) error {
	if err := setProxiedSecrets(); err != nil {
		return err
	}
	p, err := startProxied(program, dir, "proxied:application", "")
	defer p.stop()
	if err != nil {
		return err
	}
	c, err := startCaller(p)
	defer c.stop()
	if err != nil {
		return err
	}
	costs := map[string][]cost{}
	for i := range times + 1 { // the first time is for warming up
		for _, kind := range []string{"single", "batch"} {
			one, err := c.measure(kind, p.worker.Process.Pid)
			if err != nil {
				return err
			}
			if i > 0 {
				costs[kind] = append(costs[kind], one)
			}
		}
	}
	fmt.Println(callsAtOnce, "echo calls at once through the publish proxy; µs of processor time for a call, medians of", times)
	fmt.Printf("%-14s %8s %8s %6s\n", "", "single", "batch", "ratio")
	for _, row := range []struct {
		name string
		of   func(cost) float64
	}{
		{"Python client", func(c cost) float64 { return c.client }},
		{"worker", func(c cost) float64 { return c.worker }},
		{"together", func(c cost) float64 { return c.client + c.worker }},
	} {
		single, batch := median(costs["single"], row.of), median(costs["batch"], row.of)
		fmt.Printf("%-14s %8.0f %8.0f %6.2f\n", row.name, single, batch, single/batch)
	}
	return nil
}

// cost is the processor time of a call in microseconds.
type cost struct{ client, worker float64 }

func median(costs []cost, of func(cost) float64) float64 {
	values := make([]float64, len(costs))
	for i, c := range costs {
		values[i] = of(c)
	}
	return calls.Median(values)
}

// caller is a program that makes calls when it is told to.
type caller struct {
	process *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Scanner
}

func startCaller(p *proxied) (*caller, error) {
	token, err := p.broker.Token(user, "user#"+user)
	if err != nil {
		return &caller{}, err
	}
	c := &caller{process: exec.Command(filepath.Join(".tools", "py313", "bin", "python"), "-B", filepath.Join(folder, "batches.py"),
		brokertest.URL(p.broker.Address), user, token)}
	c.process.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join("gen", "python"))
	c.process.Stderr = os.Stderr
	if c.orders, err = c.process.StdinPipe(); err != nil {
		return c, err
	}
	output, err := c.process.StdoutPipe()
	if err != nil {
		return c, err
	}
	c.answers = bufio.NewScanner(output)
	return c, c.process.Start()
}

func (c *caller) stop() {
	if c.process != nil && c.process.Process != nil {
		_ = c.process.Process.Kill() // its exit code does not matter
		_ = c.process.Wait()
	}
}

// measure has calls made, each alone or as batches, and returns what one costs.
func (c *caller) measure(kind string, worker int) (cost, error) {
	before, err := processorTime(worker)
	if err != nil {
		return cost{}, err
	}
	if _, err := fmt.Fprintln(c.orders, kind, roundsOfCalls); err != nil {
		return cost{}, err
	}
	if !c.answers.Scan() {
		return cost{}, fmt.Errorf("the calls have ended: %w", c.answers.Err())
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(c.answers.Text()), 64)
	if err != nil {
		return cost{}, err
	}
	after, err := processorTime(worker)
	const microseconds = 1e6 / (callsAtOnce * roundsOfCalls)
	return cost{seconds * microseconds, (after - before).Seconds() * microseconds}, err
}
