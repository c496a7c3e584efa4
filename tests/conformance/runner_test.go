package conformance

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestVerdict keeps the list of known failures honest.
func TestVerdict(t *testing.T) {
	failed := errors.New("failed")
	for _, test := range []struct {
		name    string
		outcome error
		reason  string
		wrong   bool
	}{
		{"passes", nil, "", false},
		{"fails", failed, "", true},
		{"fails as known", failed, "a reason", false},
		{"passes although listed", nil, "a reason", true},
	} {
		if got := verdict(test.outcome, test.reason); (got != nil) != test.wrong {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

// TestMatch shows what a case may say of a message.
func TestMatch(t *testing.T) {
	for _, test := range []struct {
		name, want, got string
		wrong           string // part of the error; "" for a match
	}{
		{"more members are fine", `{"type": "RPCError"}`, `{"type": "RPCError", "code": 1}`, ""},
		{"but not in a payload", `{"result": {"n": 1}}`, `{"result": {"n": 1, "m": 2}}`, `unexpected member "m"`},
		{"nor deep in it", `{"result": {"a": [{}]}}`, `{"result": {"a": [{"m": 2}]}}`, `unexpected member "m"`},
		{"an envelope may grow", `{"data": {"method": "m"}}`, `{"data": {"method": "m", "x": 1}}`, ""},
		{"its params may not", `{"data": {"method": "m", "params": {}}}`, `{"data": {"method": "m", "params": {"x": 1}}}`, `unexpected member "x"`},
		{"missing", `{"a": 1}`, `{}`, "a: missing"},
		{"absent", `{"a": "$absent"}`, `{}`, ""},
		{"not absent", `{"a": "$absent"}`, `{"a": null}`, "want no such member"},
		{"any", `{"a": "$any"}`, `{"a": null}`, ""},
		{"not there", `{"a": {"not": 1}}`, `{}`, ""},
		{"another value", `{"a": {"not": 1}}`, `{"a": 2}`, ""},
		{"no other value", `{"a": {"not": 1}}`, `{"a": 1}`, "want another value or none"},
		{"bound and the same", `["$v", "$v"]`, `[1, 1]`, ""},
		{"bound and another", `["$v", "$v"]`, `[1, 2]`, "got 2, want 1"},
		{"digits count", `{"n": 9007199254740993}`, `{"n": 9007199254740992}`, "got 9007199254740992"},
		{"contains", `{"contains": "b"}`, `"abc"`, ""},
		{"does not contain", `{"contains": "x"}`, `"abc"`, "got \"abc\""},
		{"matches", `{"matches": "^a.c$"}`, `"abc"`, ""},
		{"in range", `{"from": 1, "to": 3}`, `2`, ""},
		{"out of range", `{"from": 1, "to": 3}`, `4`, "from 1 to 3"},
		{"no number", `{"from": 1, "to": 3}`, `"2"`, "from 1 to 3"},
		{"another length", `[1]`, `[1, 2]`, "got [1,2]"},
		{"another type", `{"a": 1}`, `[]`, "got []"},
	} {
		err := vars{}.match(decode([]byte(test.want)), decode([]byte(test.got)))
		switch {
		case test.wrong == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
			t.Errorf("%s: got the error %v, want one with %q in it", test.name, err, test.wrong)
		}
	}
}

// TestBadDrivers checks that no driver passes that ends a case, or itself, badly.
func TestBadDrivers(t *testing.T) {
	const ok = `echo '{"id":"reset","ok":true}'`
	for _, test := range []struct {
		name, reset, end, wrong string
		patience                time.Duration
	}{
		{"good", ok, "", "", patience},
		{"state", `echo '{"client":"a","state":"disconnected"}'; ` + ok, "", "", patience},
		{"standard error", `echo leak >&2; ` + ok, "", "standard error is not empty: leak", patience},
		{"answers twice", `echo '{"id":"call","result":1}'; ` + ok, "", "more than expected", patience},
		{"cannot reset", `echo '{"id":"reset","error":{"message":"open"}}'`, "", "open", patience},
		{"hangs", `:`, "", "does not say it", time.Second},
		{"crashes", `exit`, "", "the driver has ended", patience},
		{"exit code", ok, `exit 3`, "exit status 3", patience},
		{"standard error at the end", ok, `echo leak >&2`, "standard error is not empty: leak", patience},
		{"does not exit", ok, `exec tail -f /dev/null`, "something is left running", 10 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			script := "while read line; do " + test.reset + "\ndone\n" + test.end
			d, err := startDriver(exec.Command("sh", "-c", script), test.patience)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Kill()
			for range 2 {
				if err == nil {
					err = d.reset()
				}
			}
			if err == nil {
				err = d.finish()
			}
			if (err != nil) != (test.wrong != "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("got the error %v, want one with %q in it", err, test.wrong)
			}
		})
	}
}

// TestNewProcess shows that cases share the processes, except for those in which a
// case has failed.
func TestNewProcess(t *testing.T) {
	d := newDrivers(func(ctx context.Context, _ ...string) *exec.Cmd { return exec.CommandContext(ctx, "cat") })
	take := func() *driver {
		taken, err := d.take()
		if err != nil {
			t.Fatal(err)
		}
		return taken
	}
	used := map[*driver]bool{}
	for range 2 * processes {
		taken := take()
		used[taken] = true
		d.giveBack(taken, false)
	}
	if len(used) != processes {
		t.Errorf("there are %d processes, want %d", len(used), processes)
	}
	d.giveBack(take(), true)
	var fresh int
	for range processes {
		taken := take()
		if !used[taken] {
			fresh++
		}
		d.giveBack(taken, false)
	}
	if fresh != 1 {
		t.Errorf("there are %d new processes after a case that failed, want 1", fresh)
	}
	if err := d.finish(); err != nil {
		t.Error(err)
	}
}
