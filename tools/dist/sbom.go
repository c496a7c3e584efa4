package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/wsgen/wsgen/internal/version"
)

// The types below are the part of CycloneDX that is used, https://cyclonedx.org/docs/1.6/json/.

type bill struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// billOfMaterials returns a CycloneDX document of what a binary is made of.
func (r *release) billOfMaterials(p platform, path string, modules []*module) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	b := bill{Format: "CycloneDX", SpecVersion: "1.6", SerialNumber: serialNumber(sum), Version: 1}
	b.Metadata.Timestamp = r.time.Format(time.RFC3339)
	refs := map[string]string{}
	for _, m := range modules {
		c := component{Type: "library", Name: m.path, Version: m.version, PURL: "pkg:golang/" + m.path + "@" + m.version}
		if m.path == mainModule {
			c.Type, c.Name, c.Version = "application", "wsgen", version.Number
			c.PURL = fmt.Sprintf("pkg:golang/%s@v%s?goarch=%s&goos=%s", m.path, version.Number, p.goarch, p.goos)
			c.Hashes = []hash{{"SHA-256", fmt.Sprintf("%x", sum)}}
		}
		c.Ref = c.PURL
		refs[m.path] = c.Ref
		if m.path == mainModule {
			b.Metadata.Component = c
		} else {
			b.Components = append(b.Components, c)
		}
	}
	for _, m := range modules {
		d := dependency{Ref: refs[m.path]}
		for _, needed := range m.needs {
			d.DependsOn = append(d.DependsOn, refs[needed])
		}
		b.Dependencies = append(b.Dependencies, d)
	}
	return indented(b)
}

// serialNumber makes a UUID of a hash: the same binary has the same one.
func serialNumber(sum [32]byte) string {
	sum[6] = sum[6]&0x0f | 0x80 // version 8: made in a way of one's own
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// indented returns JSON as people write it.
func indented(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return out.Bytes(), err
}
