package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/wsgen/wsgen/schema"
)

// config is wsgen.yaml. Paths in it are relative to the file.
type config struct {
	Version    int           `yaml:"version"`
	AsyncAPI   string        `yaml:"asyncapi"`
	OpenAPI    []string      `yaml:"openapi"`
	Output     string        `yaml:"output"`
	Languages  []string      `yaml:"languages"`
	Python     packageConfig `yaml:"python"`
	TypeScript packageConfig `yaml:"typescript"`
	Go         packageConfig `yaml:"go"`
	Rename     renameConfig  `yaml:"rename"`
}

// packageConfig names a generated package.
type packageConfig struct {
	Package string `yaml:"package"`
	Module  string `yaml:"module"`
}

// renameConfig gives names that the documents do not: keys are the documents'.
type renameConfig struct {
	Types   map[string]string `yaml:"types"`
	Methods map[string]string `yaml:"methods"`
}

const defaultConfig = "wsgen.yaml"

// readConfig reads the file that --config names, or wsgen.yaml if there is one.
func readConfig(name string) (*config, error) {
	asked := name != ""
	if !asked {
		name = defaultConfig
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return &config{}, nil
	}
	if err != nil {
		return nil, usage("", "%s", plainPathError(err))
	}
	c := &config{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, configError(name, err)
	}
	if c.Version != 1 {
		return nil, usage("write `version: 1`", "%s: the version must be 1, not %d", name, c.Version)
	}
	for _, l := range c.Languages {
		if findLanguage(l) == nil {
			return nil, usage("the languages are "+languageNames(), "%s: there is no language %q", name, l)
		}
	}
	dir := filepath.ToSlash(filepath.Dir(name))
	for _, p := range append([]*string{&c.AsyncAPI, &c.Output}, pointers(c.OpenAPI)...) {
		if *p != "" && *p != "-" && !filepath.IsAbs(*p) && dir != "." {
			*p = dir + "/" + *p
		}
	}
	return c, nil
}

func pointers(list []string) []*string {
	out := make([]*string, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

func findLanguage(name string) *language {
	for i := range languages {
		if languages[i].name == name {
			return &languages[i]
		}
	}
	return nil
}

func languageNames() string {
	var names []string
	for _, l := range languages {
		names = append(names, l.name)
	}
	return strings.Join(names, ", ")
}

var (
	yamlLine     = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): (.*)`)
	unknownField = regexp.MustCompile(`^field (\S+) not found in type main\.(\w+)`)
)

// configError gives an error of the YAML library the form of all diagnostics.
func configError(name string, err error) error {
	text := strings.ReplaceAll(err.Error(), "\n", " ")
	m := yamlLine.FindStringSubmatch(strings.Join(strings.Fields(text), " "))
	if m == nil {
		return usage("see docs/config.md", "%s: %s", name, strings.TrimPrefix(text, "yaml: "))
	}
	place := fmt.Sprintf("%s:%s", name, m[1])
	f := unknownField.FindStringSubmatch(m[2])
	if f == nil {
		return usage("see docs/config.md", "%s: %s", place, m[2])
	}
	keys := keysOf(f[2])
	hint := "the keys here are " + strings.Join(keys, ", ")
	if near := schema.Nearest(f[1], keys); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usage(hint, "%s: unknown key %q", place, f[1])
}

// keysOf returns the keys of one of the types of this file.
func keysOf(typeName string) []string {
	for _, v := range []any{config{}, packageConfig{}, renameConfig{}} {
		if t := reflect.TypeOf(v); t.Name() == typeName {
			var keys []string
			for i := range t.NumField() {
				keys = append(keys, t.Field(i).Tag.Get("yaml"))
			}
			return keys
		}
	}
	return nil
}

// plainPathError drops the name of the system call.
func plainPathError(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Sprintf("%s: %v", filepath.ToSlash(pathErr.Path), pathErr.Err)
	}
	return err.Error()
}
