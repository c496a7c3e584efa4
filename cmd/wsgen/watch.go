package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/text"
)

// debounce is how long files must be quiet before a run: editors and exporters write several
// files, or one several times.
const debounce = 100 * time.Millisecond

// watchConfig are the settings for --watch.
type watchConfig struct {
	command string   // what writes the documents
	sources []string // patterns of the files that it makes them from
}

// watcher generates whenever one of the files changes that the last run has read.
type watcher struct {
	*env
	cli       *cli.Context
	events    *fsnotify.Watcher
	documents map[string]sum // as the last run has read them
	sources   map[string]sum
	config    watchConfig
	dir       string // of wsgen.yaml
}

// sum tells the content of a file; the zero sum is that of a file which cannot be read.
type sum [sha256.Size]byte

func sumOf(data []byte, err error) sum {
	if err != nil {
		return sum{}
	}
	return sha256.Sum256(data)
}

// watch generates now and at each change, until the context ends. Problems do not end it.
func (e *env) watch(c *cli.Context) error {
	debug.SetGCPercent(100) // this run is not a short one
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return &failure{code: exitFindings, err: err, hint: "the system may watch too many files already"}
	}
	defer events.Close()
	w := &watcher{env: e, cli: c, events: events}
	for export := true; ; {
		if err := w.run(c.Context, export); err != nil {
			return err
		}
		w.tell("watching %s; Ctrl-C ends it", count(len(w.documents)+len(w.sources), "file"))
		changed := ""
		if changed, export = w.wait(c.Context); changed == "" {
			return nil
		}
		w.tell("%s has changed", changed)
	}
}

// tell prints a message on standard error: standard output is what wsgen prints without --watch.
func (w *watcher) tell(format string, args ...any) {
	if !boolFlag(w.cli, "quiet") {
		fmt.Fprintf(w.stderr, "wsgen: %s\n", text.Escape(fmt.Sprintf(format, args...)))
	}
}

// run exports the documents, if asked to or if the command is another one, and generates. It
// fails only where watching would be in vain.
func (w *watcher) run(ctx context.Context, export bool) error {
	w.documents = map[string]sum{}
	w.note(first(stringFlag(w.cli, "config"), defaultConfig))
	j, err := newJob(w.env, w.cli)
	if err == nil {
		if slices.ContainsFunc(j.apis, func(a *api) bool { return a.load.AsyncAPI == "-" }) {
			return usage("name a file", "--watch cannot watch standard input")
		}
		export = export || w.config.command != j.watch.command
		w.config, w.dir = j.watch, j.root
		w.sources = w.findSources()
		if export && w.config.command != "" {
			err = w.export(ctx)
		}
		for _, a := range j.apis { // they may be missing, if it fails
			w.note(a.load.AsyncAPI)
		}
	}
	if err == nil {
		j.reads = func(name string, data []byte, err error) { w.documents[filepath.Clean(name)] = sumOf(data, err) }
		err = generate(j)
	}
	if err != nil && ctx.Err() == nil {
		w.say(err)
	}
	_, err = w.follow()
	return err
}

func (w *watcher) note(file string) {
	data, err := readRegular(file)
	w.documents[filepath.Clean(file)] = sumOf(data, err)
}

// export runs the command of the settings in the folder of wsgen.yaml.
func (w *watcher) export(ctx context.Context) error {
	shell, flag := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/c"
	}
	cmd := exec.CommandContext(ctx, shell, flag, w.config.command)
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, w.stdout, w.stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return &failure{code: exitFindings, err: fmt.Errorf("%s: %w", w.config.command, err), hint: "it is `watch.command` in wsgen.yaml"}
	}
	return nil
}

// say prints the error of a run, which does not end the watching.
func (w *watcher) say(err error) {
	f := &failure{code: exitUsage, err: err}
	errors.As(err, &f)
	f.print(w.stderr)
}

// follow watches the folders of all files: editors replace files by others. It tells whether
// one of the folders is new.
func (w *watcher) follow() (added bool, err error) {
	wanted := map[string]bool{}
	for file := range w.documents {
		wanted[existing(filepath.Dir(file))] = true
	}
	for _, pattern := range w.config.sources {
		wanted[existing(filepath.Join(w.dir, baseOf(pattern)))] = true
		for _, dir := range w.folders(pattern) {
			wanted[dir] = true
		}
	}
	watched := w.events.WatchList()
	for _, dir := range watched {
		if !wanted[dir] {
			w.events.Remove(dir) // it may be gone already
		}
	}
	for dir := range wanted {
		if err := w.events.Add(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, &failure{code: exitFindings, err: fmt.Errorf("cannot watch %s: %w", dir, err)}
		}
	}
	isNew := func(dir string) bool { return !slices.Contains(watched, dir) }
	return slices.ContainsFunc(w.events.WatchList(), isNew), nil
}

// existing returns a folder, or the nearest one above that is there.
func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// wait returns the name of a file that has changed, once all are quiet, and whether it is a
// source. The name is empty at the end.
func (w *watcher) wait(ctx context.Context) (name string, source bool) {
	quiet := time.NewTimer(0) // a file may have changed since it was read
	settled := false          // whether it has been waited for files to be quiet
	settle := func() { quiet.Reset(debounce); settled = true }
	for {
		select {
		case <-ctx.Done():
			return "", false
		case <-w.events.Events:
			settle()
		case <-w.events.Errors: // events were lost: look at all files
			settle()
		case <-quiet.C:
			name, source = w.changed()
			switch {
			case name != "" && settled:
				return name, source
			case name != "": // it may be half written
				settle()
			default:
				added, err := w.follow() // there may be new folders
				if err != nil {
					w.say(err)
				}
				if added { // what came into them before was not reported
					quiet.Reset(0)
				}
			}
		}
	}
}

// changed returns the first file that is not as it was: sources before documents.
func (w *watcher) changed() (name string, source bool) {
	now := w.findSources()
	for _, name := range keysOf(now, w.sources) {
		if now[name] != w.sources[name] {
			return name, true
		}
	}
	for _, name := range keysOf(w.documents, nil) {
		if data, err := readRegular(name); sumOf(data, err) != w.documents[name] {
			return name, false
		}
	}
	return "", false
}

func keysOf(a, b map[string]sum) (keys []string) {
	for _, m := range []map[string]sum{a, b} {
		for key := range m {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
