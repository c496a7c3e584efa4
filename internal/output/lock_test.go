package output

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestLockIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(dir, 0, nil)
	must(t, err)
	waited := 0
	// The holder lets go as soon as the second run says that it waits.
	err = Write([]Package{request(dir, golang)}, Writing{Wait: time.Minute, Waiting: func(string) { waited++; unlock() }})
	must(t, err)
	if waited != 1 {
		t.Errorf("Waiting was called %d times", waited)
	}
}

func TestLockWaitIsBounded(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(dir, 0, nil)
	must(t, err)
	defer unlock()
	err = Write([]Package{request(dir, golang)}, Writing{Wait: time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "another wsgen has been writing there for 1ms") {
		t.Errorf("got %v", err)
	}
	wantTree(t, dir, tree{})
}

func TestLockOfAFolderThatIsRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sdk")
	must(t, os.Mkdir(dir, 0o777))
	unlock, err := lock(dir, 0, nil)
	must(t, err)
	waiting := func(string) {
		must(t, os.Remove(dir))
		unlock()
	}
	err = Write([]Package{request(dir, golang)}, Writing{Wait: time.Minute, Waiting: waiting})
	must(t, err)
	wantTree(t, dir, golang)
}

func TestConcurrentRunsDoNotMix(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sdk")
	var runs sync.WaitGroup
	for i := range 8 {
		runs.Go(func() {
			text := fmt.Sprintln(i)
			files := tree{"a.go": text, "b.go": text, fmt.Sprintf("%d.go", i): text}
			if err := Write([]Package{request(dir, files)}, Writing{Wait: time.Minute}); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	got := readTree(t, dir)
	if len(got) != 3 || got["a.go"] != got["b.go"] {
		t.Errorf("got %v", got)
	}
}
