package conformance

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/wsgen/wsgen/internal/golden"
)

// parallel is how many cases run at a time, unless -parallel says so: as many as there
// are drivers.
const parallel = processes * 4

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", strconv.Itoa(parallel)); err != nil {
			panic(err) // the testing package has that flag
		}
	}
	code := m.Run()
	if err := profiles.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop wsgen-broker:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// table collects what each case came to in each language.
type table struct {
	cases []*testCase
	known map[[2]string]string // reasons, by case and language

	mu   sync.Mutex
	seen map[[2]string]int // how often it ran, in all runs of the language
}

// TestConformance runs all cases in all languages and compares the table in
// docs/ with the outcome. One case: -run 'Conformance/go/.*/NAME'.
func TestConformance(t *testing.T) {
	cases, err := loadCases()
	if err != nil {
		t.Fatal(err)
	}
	known, err := loadKnownFailures(cases)
	if err != nil {
		t.Fatal(err)
	}
	results := &table{cases: cases, known: known, seen: map[[2]string]int{}}
	t.Cleanup(func() {
		if results.complete() && !t.Failed() {
			golden.File(t, "../../docs/conformance.md", results.markdown())
		}
	})
	for _, l := range languages {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			for _, name := range l.runs {
				t.Run(name, func(t *testing.T) { results.run(t, l, name) })
			}
		})
	}
}

// run plays all cases in one run of a language.
func (r *table) run(t *testing.T, l *language, name string) {
	t.Parallel()
	d := newDrivers(l.prepare(t, name))
	t.Cleanup(func() {
		if err := d.finish(); err != nil {
			t.Error(err)
		}
	})
	for i, c := range r.cases {
		if !c.concerns(l) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			key := [2]string{c.Name, l.Name}
			r.mu.Lock()
			r.seen[key]++
			r.mu.Unlock()
			err := c.play(d, c.user(i, l, name))
			if err := verdict(err, r.known[key]); err != nil {
				t.Error(err)
			}
		})
	}
}

// verdict is what is wrong with an outcome, where reason is why a failure is
// known; "" where none is.
func verdict(outcome error, reason string) error {
	switch {
	case outcome != nil && reason != "":
		return nil
	case outcome == nil && reason != "":
		return fmt.Errorf("the case passes: take it off known-failures.yaml (%s)", reason)
	}
	return outcome
}

// user is the user of a case: one of its own where others use the same broker.
func (c *testCase) user(i int, l *language, run string) string {
	if c.Broker == "" {
		return "456"
	}
	return fmt.Sprintf("%s-%s-%d", l.Name, run, i)
}

// complete tells whether no case was left out.
func (r *table) complete() bool {
	for _, c := range r.cases {
		for _, l := range languages {
			if c.concerns(l) && r.seen[[2]string{c.Name, l.Name}] != len(l.runs) {
				return false
			}
		}
	}
	return true
}

// markdown is docs/conformance.md, where all cases came out as expected.
func (r *table) markdown() []byte {
	var b bytes.Buffer
	b.WriteString("# Conformance\n\n<!-- Written by `go test ./tests/conformance -update`. -->\n\n")
	fmt.Fprintf(&b, "What each generated client does: %d cases, which [conformance](../tests/conformance/README.md) runs\n", len(r.cases))
	b.WriteString("against a scripted server and against `wsgen-broker`. ✓ passes, on every version that is tested; – is a case\n")
	b.WriteString("of other languages.\n")
	topic := ""
	for _, c := range r.cases {
		if c.Topic != topic {
			topic = c.Topic
			fmt.Fprintf(&b, "\n## %s\n\n| Case |", strings.ReplaceAll(topic, "-", " "))
			for _, l := range languages {
				fmt.Fprintf(&b, " %s |", l.Title)
			}
			b.WriteString("\n|---|" + strings.Repeat(":-:|", len(languages)) + "\n")
		}
		name := c.Name
		if c.Why != "" {
			name += "<br>" + c.Why
		}
		fmt.Fprintf(&b, "| %s |", name)
		for _, l := range languages {
			outcome := "✓"
			if reason := r.known[[2]string{c.Name, l.Name}]; reason != "" {
				outcome = "known: " + reason
			} else if !c.concerns(l) {
				outcome = "–"
			}
			fmt.Fprintf(&b, " %s |", outcome)
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}
