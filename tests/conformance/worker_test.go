//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code

package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/brokertest"
)

// TestWorker runs the cases of a worker through each of its front doors. Those with
// the same settings share a process.
func TestWorker(t *testing.T) {
	cases, err := loadWorkerCases()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := profiles.start("b"); err != nil { // which builds the broker
		t.Fatal(err)
	}
	for _, door := range doors {
		groups := map[string][]*workerCase{}
		var order []string
		for _, c := range cases {
			if !c.concerns(door) {
				continue
			}
			if key := c.group(); groups[key] == nil {
				order = append(order, key)
			}
			groups[c.group()] = append(groups[c.group()], c)
		}
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			for number, key := range order {
				t.Run(fmt.Sprint("worker", number), func(t *testing.T) {
					t.Parallel()
					runGroup(t, door, groups[key])
				})
			}
		})
	}
}

// workers bounds how many workers run at a time: each takes a second of CPU to start.
var workers = make(chan struct{}, 3)

// runGroup runs cases one after another with one worker.
func runGroup(t *testing.T, door string, cases []*workerCase) {
	workers <- struct{}{}
	defer func() { <-workers }()
	w, err := startWorker(door, cases[0].Settings)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		said := w.stderr.String()
		if strings.Contains(said, "Traceback") && !strings.Contains(said, "xyzzy") {
			t.Errorf("the worker says:\n%s", said)
		}
		if err := brokertest.Hidden(said, workerKey, workerSecret, "a-secret-value"); err != nil {
			t.Error(err)
		}
	}()
	for number, c := range cases {
		t.Run(c.Topic+"/"+c.Name, func(t *testing.T) {
			r := &workerRun{
				workerProcess: w, vars: vars{}, name: fmt.Sprintf("u%d", number), senders: map[string]*sender{},
				channels: map[string]string{}, replies: map[string]chan any{}, hangUps: map[string]func(){}, read: map[string]any{}, streams: map[string][]any{},
			}
			defer func() {
				for _, s := range r.senders {
					_ = s.socket.CloseNow() // the case is over
				}
			}()
			if err := r.setUser(""); err != nil {
				t.Fatal(err)
			}
			if err := r.run(c); err != nil {
				t.Error(err)
			}
		})
	}
}
