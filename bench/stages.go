package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/schema/load"
)

// runStages does what wsgen does, one stage after the other, and prints how long each
// takes.
func runStages(manifest string) error {
	debug.SetGCPercent(-1)
	var stages []stage
	start := time.Now()
	mark := func(name string) {
		stages = append(stages, stage{name, time.Since(start)})
		start = time.Now()
	}
	model, diags := load.Load(load.Options{AsyncAPI: manifest, Read: os.ReadFile, Stage: mark})
	if diags.HasErrors() {
		diags.Print(os.Stderr, "text", false)
		return fmt.Errorf("%s has errors", manifest)
	}
	decided := plan.New(model)
	mark("plan")
	for _, l := range []struct {
		name     string
		generate gen.Func
	}{{"python", python.Generate}, {"typescript", typescript.Generate}, {"go", golang.Generate}} {
		if _, diags := l.generate(decided, gen.Options{}); diags.HasErrors() {
			return fmt.Errorf("%s: the model has clashing names", l.name)
		}
		mark("emit " + l.name)
	}
	printStages(stages)
	return nil
}

type stage struct {
	name string
	took time.Duration
}

func printStages(stages []stage) {
	var total time.Duration
	for _, s := range stages {
		total += s.took
	}
	fmt.Printf("stages, one after the other (wsgen runs the languages side by side): %.0f ms\n", 1000*total.Seconds())
	for _, s := range stages {
		fmt.Printf("  %-16s %6.1f ms %5.1f %%\n", s.name, 1000*s.took.Seconds(), 100*s.took.Seconds()/total.Seconds())
	}
}
