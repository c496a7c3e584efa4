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
	runs := flag.Int("runs", 5, "measure each case this often; the fastest run counts")
	limit := flag.Float64("limit", 3, "fail if twice the input takes this many times as long")
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
		small, large := c.measure(*runs)
		growth := large.Seconds() / small.Seconds()
		failed = failed || growth > *limit
		fmt.Fprintf(w, "%s\t%d\t%d ms\t%d ms\t%.2f\t\n", c.name, c.size, small.Milliseconds(), large.Milliseconds(), growth)
	}
	_ = w.Flush()
	if failed {
		fmt.Printf("a case grows more than %.1f times\n", *limit)
		os.Exit(1)
	}
}

// measure returns the fastest of several runs with the size of the case and with twice it.
// The runs alternate, so that a machine that gets slower meanwhile does not distort the growth.
func (c testCase) measure(runs int) (small, large time.Duration) {
	var took [2][]time.Duration
	for range runs {
		for i := range took {
			took[i] = append(took[i], read(c.documents((i+1)*c.size)))
		}
	}
	return slices.Min(took[0]), slices.Min(took[1])
}

// read loads documents and prints the problems in them in each format.
func read(documents map[string]string) time.Duration {
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
