package clienttest

import (
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/golang"
	"github.com/wsgen/wsgen/gen/python"
	"github.com/wsgen/wsgen/gen/typescript"
)

// programs print a greeting, if the client beside them can be used.
var programs = []struct {
	name, main string
	generate   gen.Func
	build      func(dir string) (Start, error)
	source     string
}{
	{"go", "main.go", golang.Generate, func(dir string) (Start, error) { return BuildGo(dir) }, `package main

import (
	"fmt"
	"os"

	sdk "example.com/centrifugo_client"
)

func main() {
	fmt.Print("hello ", os.Args[1])
	_ = sdk.NewAPIClient
}
`},
	{"typescript", "main.ts", typescript.Generate, func(dir string) (Start, error) { return BuildTypeScript(dir, "main.ts") }, `
import { APIClient } from "./opensdk/typescript/index.js";

process.stdout.write("hello " + (APIClient ? process.argv[2] : ""));
`},
	{"python", "main.py", python.Generate, func(dir string) (Start, error) { return Python(dir, "3.13", "main.py", "-W", "error") }, `
import sys

from opensdk.python import APIClient

sys.stdout.write("hello " + (sys.argv[1] if APIClient else ""))
`},
}

// TestPrograms builds programs that consist of one file.
func TestPrograms(t *testing.T) {
	api, err := Load(filepath.Join("..", "..", "fixtures", "seed", "api.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Write(dir, fstest.MapFS{p.main: {Data: []byte(p.source)}}, api, p.generate); err != nil {
				t.Fatal(err)
			}
			start, err := p.build(dir)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := start(t.Context(), "you").Output(); string(out) != "hello you" || err != nil {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
}
