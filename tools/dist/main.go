// Command dist packs a release into a folder: for each platform an archive with the command, a
// wheel and an npm package that carry it, and a list of what it is made of; the wheel and the
// source archive of centrifugo-rpc; and the checksums of all of them. It is run in the root of the
// repository. The same commit and the same Go give the same bytes.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsgen/wsgen/internal/version"
)

func main() {
	out := flag.String("o", "dist", "the `folder` to write; an earlier release in it is removed")
	only := flag.String("platforms", "", "a `list` such as linux/amd64,darwin/arm64, or host (default: all)")
	python := flag.String("python", ".tools/dist/bin/python", "a `Python` that has hatchling")
	flag.Parse()
	err := errors.New("there are arguments beside the flags")
	if flag.NArg() == 0 {
		var from source
		if from, err = checkout(); err == nil {
			err = pack(from, *out, *only, *python)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "dist: %v\n", err)
		os.Exit(1)
	}
}

// pack writes a release.
func pack(from source, out, only, python string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	if err := clear(out); err != nil {
		return err
	}
	r := &release{source: from, out: out}
	if r.shared, err = r.sharedFiles(); err != nil {
		return err
	}
	for _, p := range chosen {
		fmt.Printf("packing wsgen %s for %s\n", version.Number, p)
		if err := r.packPlatform(p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	if err := r.packLauncher(); err != nil {
		return err
	}
	fmt.Printf("packing centrifugo-rpc %s\n", version.Number)
	if err := r.packServer(python); err != nil {
		return err
	}
	return r.writeChecksums()
}

// choose returns the platforms that a list names.
func choose(list string) ([]platform, error) {
	if list == "" {
		return platforms, nil
	}
	if list == "host" {
		list = runtime.GOOS + "/" + runtime.GOARCH
	}
	var chosen []platform
	for _, name := range strings.Split(list, ",") {
		i := slices.IndexFunc(platforms, func(p platform) bool { return p.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("there are no releases for %q: the platforms are %v", name, platforms)
		}
		chosen = append(chosen, platforms[i])
	}
	return chosen, nil
}

// source is what a release is made from.
type source struct {
	commit string    // "" outside of a checkout
	time   time.Time // of the commit, which every file gets
}

// checkout returns the commit, and says what is not committed.
func checkout() (source, error) {
	last, err := output("git", "log", "-1", "--format=%H %ct")
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist: this is not a checkout: the command will name no commit")
		return source{time: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}, nil // the earliest time in a zip
	}
	commit, seconds, _ := strings.Cut(strings.TrimSpace(last), " ")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return source{}, err
	}
	changes, err := output("git", "status", "--porcelain")
	if err != nil {
		return source{}, err
	}
	from := source{commit[:version.CommitDigits], time.Unix(at, 0).UTC()}
	if changes != "" {
		from.commit += "-modified"
		fmt.Fprintf(os.Stderr, "dist: not what is committed:\n%s", changes)
	}
	return from, nil
}

// release is what is packed.
type release struct {
	source
	out    string
	shared []file // manual page and completions, the same for every platform
}

const checksums = "SHA256SUMS"

// clear removes an earlier release, and nothing else.
func clear(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ours := func(e fs.DirEntry) bool {
		return e.Name() == checksums || e.Name() == "npm" || e.Name() == "python" || strings.HasPrefix(e.Name(), "wsgen-")
	}
	for _, e := range entries {
		if !ours(e) {
			return fmt.Errorf("%s is not an earlier release: it holds %s", dir, e.Name())
		}
	}
	return os.RemoveAll(dir)
}

// write writes one file of the release.
func (r *release) write(name string, data []byte) error {
	path := filepath.Join(r.out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// writeChecksums lists all files, in the form that `sha256sum --check` reads.
func (r *release) writeChecksums() error {
	var lines strings.Builder
	err := filepath.WalkDir(r.out, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(r.out, path)
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(data), filepath.ToSlash(name))
		return err
	})
	if err != nil {
		return err
	}
	return r.write(checksums, []byte(lines.String()))
}

// output runs a program and returns what it prints.
func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}
