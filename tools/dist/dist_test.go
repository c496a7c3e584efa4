package main

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
	"github.com/wsgen/wsgen/internal/version"
)

// packed returns a release for this platform, and the platform.
func packed(t *testing.T) (string, platform) {
	t.Helper()
	t.Chdir(toolchain.Root(t))
	dir, err := packOnce()
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := choose("host")
	if err != nil {
		t.Fatal(err)
	}
	return dir, chosen[0]
}

var packOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wsgen-dist-test-")
	if err != nil {
		return "", err
	}
	made = append(made, dir)
	if madeFrom, err = checkout(); err != nil {
		return "", err
	}
	return dir, pack(madeFrom, dir, "host", hatchlingPython)
})

// madeFrom is what packOnce packed. Tests of other packages may change a checkout meanwhile.
var madeFrom source

const hatchlingPython = ".tools/dist/bin/python"

// made are folders that are removed after all tests.
var made []string

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range made {
		_ = os.RemoveAll(dir) // a temporary folder
	}
	os.Exit(code)
}

// A second run gives the same bytes, and replaces the first.
func TestTwoRuns(t *testing.T) {
	first, _ := packed(t)
	second := t.TempDir()
	for range 2 {
		if err := pack(madeFrom, second, "host", hatchlingPython); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := read(t, first, checksums), read(t, second, checksums); a != b {
		t.Errorf("first run:\n%s\nlater run:\n%s", a, b)
	}
	run(t, second, nil, "sha256sum", "--check", "--strict", checksums)
	if names := strings.Count(read(t, second, checksums), "\n"); names != 7 {
		t.Errorf("%d files are listed, not 7", names)
	}
}

// What is not an earlier release is left alone.
func TestForeignFolder(t *testing.T) {
	t.Chdir(toolchain.Root(t))
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := pack(source{}, dir, "host", hatchlingPython); err == nil || !strings.Contains(err.Error(), "it holds mine.txt") {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	if err := pack(source{}, dir, "linux/riscv64", hatchlingPython); err == nil || !strings.Contains(err.Error(), "windows/arm64") {
		t.Errorf("the error is %v", err)
	}
}

// The extra of centrifugo-rpc takes the command of the same release.
func TestServerNeedsThisVersion(t *testing.T) {
	t.Chdir(toolchain.Root(t))
	project := read(t, "server", "pyproject.toml")
	for _, line := range []string{`version = "` + version.Number + `"`, `codegen = ["wsgen~=` + version.Number + `"]`} {
		if !strings.Contains(project, "\n"+line+"\n") {
			t.Errorf("server/pyproject.toml lacks the line %s", line)
		}
	}
}

// The list of materials names what Go says is in the binary, and Go itself.
func TestBillOfMaterials(t *testing.T) {
	dir, p := packed(t)
	root := extract(t, dir, p)
	info, err := buildinfo.ReadFile(filepath.Join(root, "bin", p.program()))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}
	for _, m := range info.Deps {
		want = append(want, "pkg:golang/"+m.Path+"@"+m.Version)
	}
	slices.Sort(want)

	var b bill
	if err := json.Unmarshal([]byte(read(t, dir, p.archive()+".cdx.json")), &b); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range b.Components {
		got = append(got, c.PURL)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the list has\n%s\nthe binary has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Each is needed by another, and each has its licence with it.
	licences := read(t, root, "share", "doc", "wsgen", "THIRD-PARTY.txt")
	for _, c := range b.Components {
		needed := slices.ContainsFunc(b.Dependencies, func(d dependency) bool { return slices.Contains(d.DependsOn, c.Ref) })
		if !needed || !strings.Contains(licences, fmt.Sprintf("\n%s %s: ", c.Name, c.Version)) {
			t.Errorf("%s: needed: %v; or its licence is missing", c.PURL, needed)
		}
	}
}

// A wheel that is built from the source archive is the one that is released.
func TestSourceArchive(t *testing.T) {
	dir, _ := packed(t)
	name := filepath.Join(dir, "python", "centrifugo_rpc-"+version.Number)
	wheel, err := zip.OpenReader(name + "-py3-none-any.whl")
	if err != nil {
		t.Fatal(err)
	}
	defer wheel.Close()
	out := t.TempDir()
	env := append(offline(t), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", wheel.File[0].Modified.Unix()))
	run(t, out, env, filepath.Join(toolchain.Root(t), hatchlingPython), "-m", "pip", "wheel", "--no-deps",
		"--no-build-isolation", "--wheel-dir", out, name+".tar.gz")
	if !bytes.Equal([]byte(read(t, out, filepath.Base(name)+"-py3-none-any.whl")), []byte(read(t, name+"-py3-none-any.whl"))) {
		t.Error("the wheels differ")
	}
}

// What PyPI and npm show of a package has no links to files beside it, which are not there, and
// its links to the repository lead to files of it.
func TestLinksOfRegistryPages(t *testing.T) {
	dir, _ := packed(t)
	pages := map[string]string{"npm": registryPage}
	wheels, err := filepath.Glob(filepath.Join(dir, "python", "*.whl"))
	if err != nil || len(wheels) != 2 {
		t.Fatalf("the wheels are %v, %v", wheels, err)
	}
	for _, name := range wheels {
		pages[filepath.Base(name)] = wheelPage(t, name)
	}
	link := regexp.MustCompile(`\]\(([^)]*)\)`)
	for name, page := range pages {
		for _, found := range link.FindAllStringSubmatch(page, -1) {
			target, _, _ := strings.Cut(found[1], "#")
			if target == "" || strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, repository) {
				continue
			}
			file, ok := strings.CutPrefix(target, repository)
			_, file, _ = strings.Cut(file, "/main/")
			if _, err := os.Stat(file); !ok || file == "" || err != nil {
				t.Errorf("%s: %s leads nowhere", name, found[1])
			}
		}
	}
}

const repository = "https://" + mainModule + "/"

// wheelPage returns the long description of a wheel.
func wheelPage(t *testing.T, name string) string {
	t.Helper()
	wheel, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer wheel.Close()
	found, err := fs.Glob(wheel, "*.dist-info/METADATA")
	if err != nil || len(found) != 1 {
		t.Fatalf("%s has %v, %v", name, found, err)
	}
	metadata, err := fs.ReadFile(wheel, found[0])
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(metadata), "\n\n")
	if page == "" {
		t.Errorf("%s has no description", name)
	}
	return page
}

// extract unpacks the archive of a platform, and returns the folder.
func extract(t *testing.T, dir string, p platform) string {
	t.Helper()
	root := t.TempDir()
	run(t, root, nil, "tar", "-xzf", filepath.Join(dir, p.archive()+".tar.gz"))
	return root
}

// offline is the environment of someone who has just come, without a network.
func offline(t *testing.T) []string {
	t.Helper()
	nowhere := "http://127.0.0.1:9"
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8",
		"http_proxy=" + nowhere, "https_proxy=" + nowhere, "HTTP_PROXY=" + nowhere, "HTTPS_PROXY=" + nowhere,
		"PIP_NO_INDEX=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_COMPILE=1",
		"npm_config_offline=true", "npm_config_registry=" + nowhere, "npm_config_update_notifier=false",
	}
}

// run executes a command in a folder, in an environment (nil: the test's own), and returns what it prints.
func run(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantVersion checks what --version prints: the version, the commit, and the Go of the binary.
func wantVersion(t *testing.T, printed string) {
	t.Helper()
	start, end := "wsgen "+version.Number+" (commit ", ", "+runtime.Version()+")\n"
	if !strings.HasPrefix(printed, start) || !strings.HasSuffix(printed, end) {
		t.Errorf("--version prints %q, not %q…%q", printed, start, end)
	}
}
