package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/version"
)

// summary is the one line that registries show.
const summary = "Typed Python, TypeScript and Go clients for RPC over Centrifugo"

// registryPage is what PyPI and npm show of the packages that carry the command.
//
//go:embed README.md
var registryPage string

// packWheel writes a wheel that puts the command where pip puts commands, and its manual page and
// completions below share/ of the environment.
func (r *release) packWheel(p platform, binary file, licences []file, bill []byte) error {
	name := "wsgen-" + version.Number
	info, data := name+".dist-info", name+".data"
	files := under(data+"/scripts", []file{binary})
	files = append(files, under(data+"/data/share", r.shared)...)
	files = append(files, under(info+"/licenses", licences)...)
	files = append(files,
		file{name: info + "/sboms/wsgen.cdx.json", data: bill},
		file{name: info + "/METADATA", data: []byte(wheelMetadata())},
		file{name: info + "/WHEEL", data: []byte(wheelTags(p))},
	)
	files = append(files, file{name: info + "/RECORD", data: []byte(record(files, info+"/RECORD"))})
	packed, err := zipped(files, r.time)
	if err != nil {
		return err
	}
	return r.write(fmt.Sprintf("python/%s-py3-none-%s.whl", name, strings.Join(p.wheel, ".")), packed)
}

func wheelMetadata() string {
	return `Metadata-Version: 2.4
Name: wsgen
Version: ` + version.Number + `
Summary: ` + summary + `
License-Expression: Apache-2.0
License-File: LICENSE
License-File: THIRD-PARTY.txt
Requires-Python: >=3.8
Description-Content-Type: text/markdown

` + registryPage
}

func wheelTags(p platform) string {
	var b strings.Builder
	b.WriteString("Wheel-Version: 1.0\nGenerator: wsgen-dist " + version.Number + "\nRoot-Is-Purelib: false\n")
	for _, tag := range p.wheel {
		b.WriteString("Tag: py3-none-" + tag + "\n")
	}
	return b.String()
}

// record lists the files of a wheel with their hashes, and itself without one.
func record(files []file, itself string) string {
	var b strings.Builder
	for _, f := range files {
		sum := sha256.Sum256(f.data)
		fmt.Fprintf(&b, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.data))
	}
	b.WriteString(itself + ",,\n")
	return b.String()
}

// packServer builds the wheel and the source archive of centrifugo-rpc.
func (r *release) packServer(python string) error {
	python, err := filepath.Abs(python)
	if err != nil {
		return err
	}
	out, err := filepath.Abs(filepath.Join(r.out, "python"))
	if err != nil {
		return err
	}
	cmd := exec.Command(python, "-m", "hatchling", "build", "--directory", out)
	cmd.Dir = "server"
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.time.Unix()), "PYTHONDONTWRITEBYTECODE=1")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("hatchling build: %w\n%s\n`tools/setup.sh dist` installs it", err, said)
	}
	built, err := filepath.Glob(filepath.Join(out, "centrifugo_rpc-*"))
	if err != nil {
		return err
	}
	for i := range built {
		built[i] = filepath.Base(built[i])
	}
	name := "centrifugo_rpc-" + version.Number
	if want := []string{name + "-py3-none-any.whl", name + ".tar.gz"}; !slices.Equal(built, want) {
		return fmt.Errorf("hatchling built %v, not %v: is the version in server/pyproject.toml that of internal/version?", built, want)
	}
	return nil
}
