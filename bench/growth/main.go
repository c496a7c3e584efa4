// Command growth measures what twice the input costs wsgen's reading of documents. Each case
// is a document of a shape that invites quadratic work. Where its growth is about 2, the work
// is linear; where it is about 4, it is quadratic. Time is that of the processor, so that other
// programs do not count. It fails if a case grows more than a limit:
//
//	case                               size       n      2n   growth
//	chain through anyOf [next, null]   8000   99 ms   229 ms     2.31
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

func main() {
	runs := flag.Int("runs", 7, "measure each case this often; the median counts")
	limit := flag.Float64("limit", 2.3, "fail if twice the input takes this many times as long")
	only := flag.String("only", "", "run just the case of this name")
	flag.Parse()
	debug.SetGCPercent(-1) // collected between runs, so that it does not fall on one of them
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tsize\tn\t2n\tgrowth\t")
	failed := false
	for _, c := range cases {
		if *only != "" && c.name != *only {
			continue
		}
		small, large, growth := c.measure(*runs)
		failed = failed || growth > *limit
		fmt.Fprintf(w, "%s\t%d\t%.1f ms\t%.1f ms\t%.2f\t\n", c.name, c.size, 1000*small, 1000*large, growth)
	}
	_ = w.Flush()
	if failed {
		fmt.Printf("a case grows more than %.1f times\n", *limit)
		os.Exit(1)
	}
}

// measure returns the seconds that the size of the case takes, and twice it, and the growth:
// the medians of several runs. In each, the smaller documents are read before and after the
// larger ones, so that a machine that gets slower meanwhile does not distort the growth.
func (c testCase) measure(runs int) (small, large, growth float64) {
	one, two := c.documents(c.size), c.documents(2*c.size)
	read(two, 1) // so that the memory is there
	often := 1
	for took := read(one, 1); took < shortest && often < 64; took *= 2 {
		often *= 2
	}
	var took [3][]float64
	for range runs {
		before, twice, after := read(one, often), read(two, often), read(one, often)
		took[0] = append(took[0], (before+after).Seconds()/2/float64(often))
		took[1] = append(took[1], twice.Seconds()/float64(often))
		took[2] = append(took[2], 2*twice.Seconds()/(before+after).Seconds())
	}
	return median(took[0]), median(took[1]), median(took[2])
}

// shortest is what can be measured: documents that take less are read several times.
const shortest = 10 * time.Millisecond

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// read loads documents and prints the problems in them in each format, so and so often.
func read(documents map[string]string, often int) (took time.Duration) {
	for range often {
		took += readOnce(documents)
	}
	return took
}

func readOnce(documents map[string]string) time.Duration {
	runtime.GC()
	start := processorTime()
	_, diags := load.Load(load.Options{AsyncAPI: "api.json", Read: func(name string) ([]byte, error) {
		if text, ok := documents[name]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}})
	for _, format := range text.Formats {
		diags.Print(io.Discard, format, false)
	}
	return processorTime() - start
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // it fails for other processes only
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
