package toolchain

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A lock names what the readable file pins, and nothing without a hash.
func TestPythonPackagesHaveHashes(t *testing.T) {
	for _, name := range []string{"requirements", "django", "roundtrip", "dist", "fastapi", "precommit"} {
		pinned := strings.Split(readFile(t, "tools", name+".txt"), "\n")
		lock := strings.ReplaceAll(readFile(t, "tools", name+".lock"), "\\\n", "")
		locked := strings.Split(lock, "\n")
		if want, got := pinsOf(pinned), pinsOf(locked); !slices.Equal(want, got) {
			t.Errorf("%s.lock is not that of %s.txt: run tools/lock.sh\nlocked: %v\npinned: %v", name, name, got, want)
		}
		for _, line := range locked {
			if line != "" && line[0] != '#' && !strings.Contains(line, "--hash=sha256:") {
				t.Errorf("%s.lock: no hash: %s", name, line)
			}
		}
	}
}

var pin = regexp.MustCompile(`^([\w.-]+)==([\w.]+)`)

// pinsOf returns "name==version" of each requirement, in order and with names as PyPI compares them.
func pinsOf(lines []string) []string {
	var pins []string
	for _, line := range lines {
		if found := pin.FindStringSubmatch(line); found != nil {
			name := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(found[1]))
			pins = append(pins, name+"=="+found[2])
		} else if line != "" && line[0] != '#' && line[0] != ' ' {
			pins = append(pins, "not pinned: "+line)
		}
	}
	slices.Sort(pins)
	return pins
}

func TestNpmPackagesHaveHashes(t *testing.T) {
	for _, folder := range []string{"tools", "tests/packaging"} {
		var lock struct {
			Packages map[string]struct{ Integrity string }
		}
		if err := json.Unmarshal([]byte(readFile(t, folder, "package-lock.json")), &lock); err != nil {
			t.Fatal(err)
		}
		delete(lock.Packages, "") // the folder itself
		if len(lock.Packages) == 0 {
			t.Errorf("%s: the lock is empty", folder)
		}
		for _, name := range slices.Sorted(maps.Keys(lock.Packages)) {
			if !strings.HasPrefix(lock.Packages[name].Integrity, "sha512-") {
				t.Errorf("%s: %s has no hash", folder, name)
			}
		}
	}
}

// What uses private parts of an SDK, or relies on what it logs, takes no version of it that nobody has tried.
func TestSDKsAreBounded(t *testing.T) {
	bounded := regexp.MustCompile(`centrifuge-python>=0\.\d+,<0\.\d+\b`)
	client := bounded.FindString(readFile(t, "gen", "python", "runtime", "requirements.txt"))
	worker := bounded.FindString(readFile(t, "server", "pyproject.toml"))
	if client == "" || client != worker {
		t.Errorf("clients need %q, the worker %q", client, worker)
	}
	if !strings.Contains(readFile(t, "gen", "typescript", "package.go"), `"centrifuge", "^5.`) {
		t.Error("TypeScript's package does not need centrifuge ^5")
	}
}

func readFile(t *testing.T, elem ...string) string {
	t.Helper()
	root, err := FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(append([]string{root}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
