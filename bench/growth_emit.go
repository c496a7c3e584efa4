package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// emitInputs are models that are large in one dimension only. Whatever they grow by, the
// time of each generator must grow by not much more.
var emitInputs = []struct {
	name string
	n    int
	defs func(n int) *object // the only method takes and returns a Root
}{
	{"values of an enum", 10000, func(n int) *object {
		return (&object{}).add("Root", m{"type": "string", "enum": named(n, "value %d")})
	}},
	{"numbers of an enum", 10000, func(n int) *object {
		return (&object{}).add("Root", m{"enum": numbers(n)})
	}},
	{"values with one name", 4000, func(n int) *object {
		return (&object{}).add("Root", m{"enum": named(n, "%d"), "x-enum-varnames": named(n, "SAME")})
	}},
	{"lines of a description", 50000, func(n int) *object {
		return (&object{}).add("Root", m{"type": "object", "description": strings.Repeat("A line of it.\n", n)})
	}},
	{"paragraphs of a description", 50000, func(n int) *object {
		return (&object{}).add("Root", m{"type": "object", "description": strings.Repeat("Code:\n\n    x = 1\n\n- an item\n\n", n)})
	}},
	{"members of an object", 4000, func(n int) *object {
		props := &object{}
		for _, name := range named(n, "member_%d") {
			props.add(name, m{"type": "string"})
		}
		return (&object{}).add("Root", m{"type": "object", "properties": props, "required": named(n, "member_%d")})
	}},
	{"members that clash with attributes", 2000, func(n int) *object {
		props, defs := &object{}, &object{}
		for _, name := range named(n, "Model%d") {
			props.add(name, ref("#/$defs/"+name))
			defs.add(name, m{"type": "object", "properties": m{"id": m{"type": "string"}}})
		}
		return defs.add("Root", m{"type": "object", "properties": props})
	}},
	{"variants with a tag", 1000, func(n int) *object { return variants(n, true) }},
	{"variants without a tag", 500, func(n int) *object { return variants(n, false) }},
	{"literals in a union", 1000, func(n int) *object {
		var any []m
		for _, name := range named(n, "value %d") {
			any = append(any, m{"const": name})
		}
		return (&object{}).add("Root", m{"anyOf": append(any, m{"type": "integer"})})
	}},
	{"unions in unions", 15, func(n int) *object {
		defs := &object{}
		for i := range n {
			name := fmt.Sprintf("Leaf%d", i)
			defs.add(name, m{"type": "object", "properties": m{"id": m{"type": "string"}, name: m{"type": "string"}}, "required": []string{name}})
			inner := ref("#/$defs/" + unionName(i+1))
			if i == n-1 {
				inner = m{"type": "integer"}
			}
			defs.add(unionName(i), m{"title": fmt.Sprintf("Union%d", i), "anyOf": []m{ref("#/$defs/" + name), inner}})
		}
		return defs
	}},
	{"a member more in each model of a chain", 50, func(n int) *object {
		defs, all := &object{}, &object{}
		for i, name := range named(n, "Step%d") {
			all.add(name, ref("#/$defs/"+name))
			added := m{"properties": m{fmt.Sprintf("member_%d", i): m{"type": "string"}}}
			defs.add(name, m{"allOf": []m{ref(fmt.Sprintf("#/$defs/Step%d", i+1)), added}})
		}
		return defs.add(fmt.Sprintf("Step%d", n), m{"type": "object"}).add("Root", m{"type": "object", "properties": all})
	}},
	{"items of a tuple", 500, func(n int) *object {
		items := make([]m, n)
		for i := range items {
			items[i] = m{"type": "string"}
		}
		return (&object{}).add("Root", m{"type": "array", "prefixItems": items, "minItems": n, "maxItems": n})
	}},
	{"lists in lists", 60, func(n int) *object {
		inner := m{"type": "string"}
		for range n {
			inner = m{"type": "array", "items": inner}
		}
		return (&object{}).add("Root", m{"type": "object", "properties": m{"deep": inner}})
	}},
	{"members of a default", 4000, func(n int) *object {
		values := &object{}
		for _, name := range named(n, "key %d") {
			values.add(name, []string{name})
		}
		return (&object{}).add("Root", m{"type": "object", "properties": m{
			"texts": m{"type": "object", "additionalProperties": m{"type": "array", "items": m{"type": "string"}}, "default": values},
			"any":   m{"default": values},
		}})
	}},
	{"models in a chain", 1000, func(n int) *object {
		defs := &object{}
		for i := range n {
			next := m{"type": "string"}
			if i < n-1 {
				next = m{"anyOf": []m{ref("#/$defs/" + modelName(i+1)), {"type": "null"}}}
			}
			defs.add(modelName(i), m{"type": "object", "properties": m{"next": next}})
		}
		return defs
	}},
	{"aliases in a chain", 300, func(n int) *object {
		defs := &object{}
		for i := range n {
			target := m{"type": "string"}
			if i < n-1 {
				target = m{"type": "array", "items": ref("#/$defs/" + modelName(i+1))}
			}
			defs.add(modelName(i), target)
		}
		return defs
	}},
}

func named(n int, format string) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = format
		if strings.Contains(format, "%") {
			names[i] = fmt.Sprintf(format, i)
		}
	}
	return names
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func unionName(i int) string { return rootOr("Union%d", i) }
func modelName(i int) string { return rootOr("Model%d", i) }

func rootOr(format string, i int) string {
	if i == 0 {
		return "Root"
	}
	return fmt.Sprintf(format, i)
}

// variants is a union of n models, and n members that refer to it.
func variants(n int, tagged bool) *object {
	defs := &object{}
	var list []m
	for i, name := range named(n, "Variant%d") {
		props := m{"kind": m{"type": "string"}, name: m{"type": "string"}}
		if tagged {
			props["kind"] = m{"const": fmt.Sprint(i)}
		}
		defs.add(name, m{"type": "object", "properties": props, "required": []string{"kind"}})
		list = append(list, ref("#/$defs/"+name))
	}
	return defs.add("Root", m{"anyOf": list})
}

// emitLimit is how much each of three doublings may cost on average. The test of this package
// has a wider one, for busy machines.
const emitLimit = 2.3

// tooShort is what cannot be measured: the garbage of an earlier run decides.
const tooShort = 3 * time.Millisecond

// runEmitGrowth prints how long the plan and each generator take for every input, and how
// many times as long for one that is twice as large: the mean of three doublings. Where the
// text that is printed grows more than twice, as the list of all variants of unions in unions
// does, the time can only be in proportion to the text: its growth is printed behind that of
// the time, and what is beyond it counts. It fails if that is more than a limit.
func runEmitGrowth(out io.Writer, only string, runs int, limit float64) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collected between runs
	fmt.Fprintln(out, "milliseconds of CPU time for the plan and each generator; how many times as many for twice the input, and how many times the text")
	fmt.Fprintf(out, "%-38s %8s %14s %20s %20s %20s\n", "input", "size", "plan", "python", "typescript", "go")
	failed := false
	for _, in := range emitInputs {
		if !strings.Contains(in.name, only) {
			continue
		}
		small, smallText, err := emitTimes(in.defs(in.n/2), runs)
		if err != nil {
			return fmt.Errorf("%s: %w", in.name, err)
		}
		large, largeText, err := emitTimes(in.defs(4*in.n), runs)
		if err != nil {
			return fmt.Errorf("%s: %w", in.name, err)
		}
		fmt.Fprintf(out, "%-38s %8d", in.name, 4*in.n)
		for i := range large {
			grown, printed := math.Cbrt(large[i].Seconds()/small[i].Seconds()), 2.0
			fmt.Fprintf(out, " %7.1f (%4.2f", 1000*large[i].Seconds(), grown)
			if i > 0 {
				printed = math.Cbrt(float64(largeText[i]) / float64(smallText[i]))
				fmt.Fprintf(out, " %5.2f", printed)
			}
			fmt.Fprint(out, ")")
			failed = failed || large[i] > tooShort && grown*2/max(printed, 2) > limit
		}
		fmt.Fprintln(out)
	}
	if failed {
		return fmt.Errorf("a time grows more than %.1f times", limit)
	}
	return nil
}

// cpuTime is what the process has used so far, which others on the machine do not distort.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // it cannot fail for the process itself
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// emitRuns is how often each generator runs: the first times, it asks the system for memory.
const emitRuns = 8

// emitTimes returns the shortest times of several runs, and how many bytes each generator prints
// beside its runtime and the like, which are the same for every input.
func emitTimes(defs *object, runs int) (best [4]time.Duration, size [4]int, err error) {
	root := ref("models.json#/$defs/Root")
	manifest := marshal(m{"asyncapi": "3.1.0", "info": m{"title": "Growth", "version": "1.0.0"}, "x-rpc": m{"methods": m{
		"grow": m{"params": m{"type": "object", "properties": m{"root": root}}, "result": root},
	}}})
	files := map[string][]byte{"api.json": manifest, "models.json": marshal(m{"$defs": json.RawMessage(marshal(defs))})}
	model, diags := load.Load(load.Options{AsyncAPI: "api.json", Read: func(name string) ([]byte, error) { return files[name], nil }})
	if diags.HasErrors() {
		return best, size, fmt.Errorf("%s", diags[0].Message)
	}
	decided := plan.New(model)
	steps := []gen.Func{
		func(*plan.Plan, gen.Options) ([]gen.File, text.Diagnostics) {
			plan.New(model)
			return nil, nil
		},
		python.Generate, typescript.Generate, golang.Generate,
	}
	for i, step := range steps {
		best[i] = math.MaxInt64
		for range runs {
			runtime.GC()
			start := cpuTime()
			files, diags := step(decided, gen.Options{})
			best[i] = min(best[i], cpuTime()-start)
			if diags.HasErrors() {
				return best, size, fmt.Errorf("%s", diags[0].Message)
			}
			size[i] = printed(files)
		}
	}
	return best, size, nil
}

// printed is the size of the files that depend on the input most.
func printed(files []gen.File) (size int) {
	for _, f := range files {
		switch path.Base(f.Path) {
		case "models.py", "_unions.py", "types.ts", "types.go", "codec.go":
			size += len(f.Data)
		}
	}
	return size
}
