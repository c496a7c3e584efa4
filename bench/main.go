// Command bench measures the run time and the memory of wsgen. Each run is paired with
// one of a baseline process, which does the minimum of any generator: it unmarshals the
// same input with encoding/json and writes the same bytes. It prints medians and never
// fails because of a figure.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
)

func main() {
	baseline := flag.Bool("baseline", false, "run the baseline (bench starts itself with this flag): DOCUMENTS... OUT COPY")
	stages := flag.Bool("stages", false, "time each stage (bench starts itself with this flag): MANIFEST")
	growth := flag.String("growth", "", "only time the generators on inputs that grow in one dimension, those whose names contain `TEXT`; all: every one")
	commands := flag.Bool("commands", false, "only compare the other commands with generation")
	pairs := flag.Int("pairs", 7, "number of pairs to measure")
	flag.Parse()
	var err error
	switch {
	case *baseline:
		err = runBaseline(flag.Args())
	case *stages:
		err = runStages(flag.Arg(0))
	case *growth != "":
		err = runEmitGrowth(os.Stdout, strings.TrimPrefix(*growth, "all"), emitRuns, emitLimit)
	default:
		err = report(*pairs, *commands)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// report builds wsgen and prints every figure, or only those of the other commands.
func report(pairs int, onlyCommands bool) error {
	dir, err := os.MkdirTemp("", "wsgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{dir: dir, wsgen: filepath.Join(dir, "wsgen"), pairs: pairs}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if out, err := exec.Command("go", "build", "-o", b.wsgen, "./cmd/wsgen").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	if _, err := b.write("scale-1000-before", ".json", scale(1000, 10)); err != nil {
		return err
	}
	if onlyCommands {
		if _, err := b.write("scale-1000", ".json", scale(1000, 10)); err != nil {
			return err
		}
		return b.commands("scale-1000")
	}
	fmt.Println("whole processes, medians of", pairs, "pairs; baseline: encoding/json into any, and writing the same bytes;")
	fmt.Println("memory: the peak, and a budget of 40 MB plus 20 times the input")
	fmt.Printf("%-28s %9s %9s %9s %9s %7s %9s %9s\n", "document", "input", "output", "wsgen", "baseline", "ratio", "peak", "budget")
	manifest, err := b.write("everyday", ".yaml", scale(20, 5).asYAML())
	if err != nil {
		return err
	}
	if err := b.measure("20 methods, 60 models, YAML", manifest); err != nil {
		return err
	}
	var manifests []string
	for _, n := range []int{1000, 10000} {
		manifest, err := b.write(fmt.Sprintf("scale-%d", n), ".json", scale(n, 10))
		if err != nil {
			return err
		}
		manifests = append(manifests, manifest)
		if err := b.measure(fmt.Sprintf("%d methods, %d models", n, n*5/2), manifest); err != nil {
			return err
		}
	}
	growth, err := b.growth(manifests[0], manifests[1])
	if err != nil {
		return err
	}
	fmt.Printf("10,000 methods take %.1f times as long as 1,000\n\n", growth)
	if err := b.commands("scale-1000"); err != nil {
		return err
	}
	cmd := exec.Command(b.self, "-stages", filepath.Join(dir, "scale-1000", "api.json"))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

type bench struct {
	dir, self, wsgen string
	pairs            int
}

func (b *bench) write(name, ext string, d document) (manifest string, err error) {
	dir := filepath.Join(b.dir, name)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return "", err
	}
	manifest = filepath.Join(dir, "api"+ext)
	if err := os.WriteFile(manifest, d.manifest, 0o666); err != nil {
		return "", err
	}
	return manifest, os.WriteFile(filepath.Join(dir, "models"+ext), d.models, 0o666)
}

// measure runs wsgen and the baseline in turn, each into an empty folder, and prints a
// line of the table.
func (b *bench) measure(name, manifest string) error {
	inputs := []string{manifest, filepath.Join(filepath.Dir(manifest), "models"+filepath.Ext(manifest))}
	out, copied := filepath.Join(b.dir, "out"), filepath.Join(b.dir, "copy")
	var wsgen, baseline, ratios []float64
	var peak int64
	for i := range b.pairs + 1 {
		if err := os.RemoveAll(out); err != nil {
			return err
		}
		took, memory, err := b.run(b.wsgen, "--asyncapi", manifest, "--output", out)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(copied); err != nil {
			return err
		}
		baselineTook, _, err := b.run(b.self, append(append([]string{"-baseline"}, inputs...), out, copied)...)
		if err != nil {
			return err
		}
		if i == 0 {
			continue // the first pair only warms the page cache
		}
		wsgen, baseline = append(wsgen, took.Seconds()), append(baseline, baselineTook.Seconds())
		ratios, peak = append(ratios, took.Seconds()/baselineTook.Seconds()), max(peak, memory)
	}
	read, written := size(inputs...), treeSize(out)
	fmt.Printf("%-28s %6.2f MB %6.2f MB %6.0f ms %6.0f ms %7.2f %6.0f MB %6.0f MB\n", name, mb(read), mb(written),
		1000*median(wsgen), 1000*median(baseline), median(ratios), mb(peak), 40+20*mb(read))
	return nil
}

// growth returns how many times as long the larger document takes. The documents take
// turns, so that a machine that gets slower or faster meanwhile does not distort the
// ratio.
func (b *bench) growth(small, large string) (float64, error) {
	out := filepath.Join(b.dir, "out")
	var ratios []float64
	for range b.pairs {
		var took [3]time.Duration
		for i, manifest := range []string{small, large, small} {
			if err := os.RemoveAll(out); err != nil {
				return 0, err
			}
			var err error
			if took[i], _, err = b.run(b.wsgen, "--asyncapi", manifest, "--output", out); err != nil {
				return 0, err
			}
		}
		ratios = append(ratios, 2*took[1].Seconds()/(took[0]+took[2]).Seconds())
	}
	return median(ratios), nil
}

// run runs a process and returns its wall time and its peak memory.
func (b *bench) run(name string, args ...string) (time.Duration, int64, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdout = io.Discard
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	elapsed := time.Since(start)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return elapsed, usage.Maxrss * 1024, nil
}

// runBaseline is the baseline: it unmarshals the documents and copies the files that
// wsgen has written. Reading these files counts as its work.
func runBaseline(args []string) error {
	inputs, out, copied := args[:len(args)-2], args[len(args)-2], args[len(args)-1]
	for _, name := range inputs {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if filepath.Ext(name) != ".json" {
			continue // encoding/json cannot parse YAML, so the file is only read
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return err
		}
	}
	return filepath.WalkDir(out, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(out, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(copied, rel), 0o777)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(copied, rel), data, 0o666)
	})
}

func size(names ...string) (total int64) {
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			total += info.Size()
		}
	}
	return total
}

func treeSize(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			total += size(path)
		}
		return nil
	})
	return total
}

func mb(bytes int64) float64 { return float64(bytes) / 1e6 }

func median(v []float64) float64 {
	sort.Float64s(v)
	return v[len(v)/2]
}
