package main

import (
	_ "embed"
	"fmt"
	"os"

	"github.com/wsgen/wsgen/internal/version"
)

// launcher is the command of the npm package.
//
//go:embed npm/wsgen.mjs
var launcher []byte

// manifest is a package.json.
type manifest struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Description  string            `json:"description"`
	License      string            `json:"license"`
	Type         string            `json:"type,omitempty"`
	Bin          map[string]string `json:"bin,omitempty"`
	Man          string            `json:"man,omitempty"`
	OS           []string          `json:"os,omitempty"`
	CPU          []string          `json:"cpu,omitempty"`
	PreferUnplug bool              `json:"preferUnplugged,omitempty"` // Yarn then extracts the binary
	Engines      map[string]string `json:"engines,omitempty"`
	Optional     map[string]string `json:"optionalDependencies,omitempty"`
}

// npmName is the package that carries the command for one platform.
func (p platform) npmName() string { return "@wsgen/" + p.npmOS + "-" + p.npmCPU }

// packNpm writes the package with the command for one platform, which the package wsgen depends on.
func (r *release) packNpm(p platform, binary file, licences []file) error {
	about, err := indented(manifest{
		Name: p.npmName(), Version: version.Number, License: "Apache-2.0", PreferUnplug: true,
		Description: fmt.Sprintf("The wsgen command for %s-%s", p.npmOS, p.npmCPU),
		OS:          []string{p.npmOS}, CPU: []string{p.npmCPU},
	})
	if err != nil {
		return err
	}
	page := fmt.Sprintf("# %s\n\nThe wsgen command for %s on %s. Install the package `wsgen`, which depends on this one.\n", p.npmName(), p.npmOS, p.npmCPU)
	files := append([]file{
		{name: "package.json", data: about},
		{name: "README.md", data: []byte(page)},
		{name: "bin/" + binary.name, data: binary.data, executable: true},
	}, licences...)
	return r.writeNpm(fmt.Sprintf("wsgen-%s-%s", p.npmOS, p.npmCPU), files)
}

// packLauncher writes the package that users install. Of the packages that it depends on, npm
// installs the one whose `os` and `cpu` fit.
func (r *release) packLauncher() error {
	optional := map[string]string{}
	for _, p := range platforms {
		optional[p.npmName()] = version.Number
	}
	about, err := indented(manifest{
		Name: "wsgen", Version: version.Number, License: "Apache-2.0", Type: "module", Description: summary,
		Bin: map[string]string{"wsgen": "bin/wsgen.mjs"}, Man: "wsgen.1", Engines: map[string]string{"node": ">=18"}, Optional: optional,
	})
	if err != nil {
		return err
	}
	files := []file{
		{name: "package.json", data: about},
		{name: "README.md", data: []byte(registryPage)},
		{name: "bin/wsgen.mjs", data: launcher, executable: true},
	}
	licence, err := os.ReadFile("LICENSE")
	if err != nil {
		return err
	}
	files = append(files, file{name: "LICENSE", data: licence})
	for _, f := range r.shared {
		if f.name == manual {
			files = append(files, file{name: "wsgen.1", data: f.data})
		}
	}
	return r.writeNpm("wsgen", files)
}

// writeNpm writes a package as npm packs it.
func (r *release) writeNpm(name string, files []file) error {
	packed, err := tarball(under("package", files), r.time)
	if err != nil {
		return err
	}
	return r.write("npm/"+name+"-"+version.Number+".tgz", packed)
}
