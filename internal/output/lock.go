package output

import (
	"fmt"
	"path/filepath"
	"time"
)

// lock waits until no other run writes to dir. The system gives the lock back
// when a run is killed.
func lock(dir string, wait time.Duration, waiting func(dir string)) (unlock func(), err error) {
	deadline := time.Now().Add(wait)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		unlock, err := tryLock(dir)
		if err != nil {
			return nil, name(err)
		}
		if unlock != nil {
			return unlock, nil
		}
		if waiting != nil {
			waiting(dir)
			waiting = nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%s: another wsgen has been writing there for %s", filepath.ToSlash(dir), wait)
		}
		time.Sleep(pause)
	}
}
