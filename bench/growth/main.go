// Command growth measures what twice the input costs wsgen's reading of documents. Each case
// is a document of a shape that invites quadratic work. Where its growth is about 2, the work
// is linear; where it is about 4, it is quadratic. Time is that of the processor, so that other
// programs do not count. It fails if a case grows more than a limit:
//
//	case                               size       n       8n   growth
//	chain through anyOf [next, null]   1000    7 ms    70 ms     2.15
package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

func main() {
	runs := flag.Int("runs", 7, "measure each case this often; the shortest time counts")
	limit := flag.Float64("limit", 2.3, "fail if twice the input takes this many times as long")
	only := flag.String("only", "", "run just the case of this name")
	flag.Parse()
	if !table(os.Stdout, *only, *runs, *limit) {
		fmt.Printf("a case grows more than %.1f times\n", *limit)
		os.Exit(1)
	}
}

// table prints the table, and tells whether all cases stay below the limit.
func table(out io.Writer, only string, runs int, limit float64) bool {
	// Collected between runs, so that it does not fall on one of them.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tsize\tn\t8n\tgrowth\t")
	good := true
	for _, c := range cases {
		if only != "" && c.name != only {
			continue
		}
		small, large, growth := c.measure(runs)
		good = good && growth <= limit
		fmt.Fprintf(w, "%s\t%d\t%.1f ms\t%.1f ms\t%.2f\t\n", c.name, c.size/8, 1000*small, 1000*large, growth)
	}
	_ = w.Flush()
	return good
}

// measure returns the seconds that an eighth of the case's size takes, and the whole size, and
// how much each of these three doublings costs on average: in one of them, the data outgrow
// a cache of the processor. The shortest of several runs counts, since what else the machine
// does only adds to it.
func (c testCase) measure(runs int) (small, large, growth float64) {
	one, eight := c.documents(c.size/8), c.documents(c.size)
	read(eight, 1) // so that the memory is there
	often := 1
	for took := read(one, 1); took < shortest && often < 64; took *= 2 {
		often *= 2
	}
	small, large = math.Inf(1), math.Inf(1)
	for range runs {
		small = min(small, read(one, often).Seconds()/float64(often))
		// Twice in a row: the first may have to ask the system for memory again.
		large = min(large, read(eight, 1).Seconds(), read(eight, 1).Seconds())
	}
	return small, large, math.Cbrt(large / small)
}

// shortest is what can be measured: documents that take less are read several times.
const shortest = 10 * time.Millisecond

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
