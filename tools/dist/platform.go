package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/wsgen/wsgen/internal/version"
)

// platform is a system that wsgen is released for, by the names of Go, PyPI and npm.
type platform struct {
	goos, goarch string
	wheel        []string // the tags of the wheel
	npmOS        string
	npmCPU       string
}

func (p platform) String() string { return p.goos + "/" + p.goarch }

// platforms are all of them. The binaries need no C library, so the oldest tags of Linux are true;
// macOS 12 is the oldest that Go's own packages run on.
var platforms = []platform{
	{"linux", "amd64", []string{"manylinux2014_x86_64", "manylinux_2_17_x86_64", "musllinux_1_1_x86_64"}, "linux", "x64"},
	{"linux", "arm64", []string{"manylinux2014_aarch64", "manylinux_2_17_aarch64", "musllinux_1_1_aarch64"}, "linux", "arm64"},
	{"darwin", "amd64", []string{"macosx_12_0_x86_64"}, "darwin", "x64"},
	{"darwin", "arm64", []string{"macosx_12_0_arm64"}, "darwin", "arm64"},
	{"windows", "amd64", []string{"win_amd64"}, "win32", "x64"},
	{"windows", "arm64", []string{"win_arm64"}, "win32", "arm64"},
}

// program returns the file name of the command.
func (p platform) program() string {
	if p.goos == "windows" {
		return "wsgen.exe"
	}
	return "wsgen"
}

// environment is that of Go's commands. What the user's own would change in a binary is set.
func (p platform) environment() []string {
	return append(os.Environ(), "GOOS="+p.goos, "GOARCH="+p.goarch, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off", "GOFIPS140=off")
}

// build compiles the command into a file.
func (r *release) build(p platform, path string) error {
	link := "-s -w -buildid= -X github.com/wsgen/wsgen/internal/version.commit=" + r.commit
	cmd := exec.Command("go", "build", "-ldflags", link, "-o", path, "./cmd/wsgen")
	cmd.Env = p.environment()
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// packPlatform writes what is released for one platform.
func (r *release) packPlatform(p platform) error {
	dir, err := os.MkdirTemp("", "wsgen-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, p.program())
	if err := r.build(p, path); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	modules, err := linkedModules(p)
	if err != nil {
		return err
	}
	licences, err := licenceFiles(modules)
	if err != nil {
		return err
	}
	bill, err := r.billOfMaterials(p, path, modules)
	if err != nil {
		return err
	}
	binary := file{name: p.program(), data: data, executable: true}
	for _, step := range []func() error{
		func() error { return r.packArchive(p, binary, licences) },
		func() error { return r.write(p.archive()+".cdx.json", bill) },
		func() error { return r.packWheel(p, binary, licences, bill) },
		func() error { return r.packNpm(p, binary, licences) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p platform) archive() string {
	return fmt.Sprintf("wsgen-%s-%s-%s", version.Number, p.goos, p.goarch)
}

// packArchive writes what can be extracted into /usr/local as it is: bin/ and share/.
func (r *release) packArchive(p platform, binary file, licences []file) error {
	files := under("bin", []file{binary})
	files = append(files, under("share", r.shared)...)
	files = append(files, under("share/doc/wsgen", licences)...)
	pack, ending := tarball, ".tar.gz"
	if p.goos == "windows" {
		pack, ending = zipped, ".zip"
	}
	data, err := pack(files, r.time)
	if err != nil {
		return err
	}
	return r.write(p.archive()+ending, data)
}

// sharedFiles asks the command itself for its manual page and its completions. Their names are
// those that the programs look for in share/.
func (r *release) sharedFiles() ([]file, error) {
	dir, err := os.MkdirTemp("", "wsgen-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	command := filepath.Join(dir, "wsgen")
	if err := r.build(platform{goos: runtime.GOOS, goarch: runtime.GOARCH}, command); err != nil {
		return nil, err
	}
	var files []file
	for _, f := range []struct {
		name string
		args []string
	}{
		{manual, []string{"__man"}},
		{"bash-completion/completions/wsgen", []string{"completion", "bash"}},
		{"zsh/site-functions/_wsgen", []string{"completion", "zsh"}},
		{"fish/vendor_completions.d/wsgen.fish", []string{"completion", "fish"}},
		{"powershell/wsgen.ps1", []string{"completion", "powershell"}},
	} {
		text, err := output(command, f.args...)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: f.name, data: []byte(text)})
	}
	return files, nil
}

const manual = "man/man1/wsgen.1"
