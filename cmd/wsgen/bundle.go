package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

func (e *env) bundleCommand() *cli.Command {
	return &cli.Command{
		Name:      "bundle",
		Usage:     "write one AsyncAPI document of all that the manifest refers to",
		UsageText: "wsgen bundle --asyncapi FILE [-o FILE] [flags]",
		Description: `The document is in the canonical form, whatever form the manifest has, and needs no
other file. The same clients are generated from it. Names that wsgen.yaml gives are
not part of it. A name that ends with .json gives JSON, all others YAML.

Examples:
   wsgen bundle --asyncapi api.yaml -o dist/asyncapi.json
   wsgen bundle --asyncapi api.yaml > asyncapi.yaml`,
		Flags: append(inputFlags(),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write `FILE` (default: standard output)", TakesFile: true}),
		Action: func(c *cli.Context) error {
			return e.action(func(j *job) error { return j.bundle(stringFlag(c, "output")) })(c)
		},
	}
}

// bundleMemory is what a bundle needs for every byte of the input: it is written, read again and
// compared.
const bundleMemory = 100

func (j *job) bundle(output string) error {
	a, err := j.one()
	if err != nil {
		return err
	}
	for _, input := range append([]string{a.load.AsyncAPI}, a.load.OpenAPI...) {
		if output != "" && realPath(output) == realPath(input) {
			return usage("give the bundle a name of its own", "--output would overwrite %s, which is read", input)
		}
	}
	j.memory = bundleMemory
	doc, model, problems := load.Bundle(a.load)
	j.reportTo(j.stderr, problems)
	if problems.HasErrors() {
		return &failure{code: exitInput}
	}
	data := []byte(doc.YAML())
	if strings.EqualFold(filepath.Ext(output), ".json") {
		var b bytes.Buffer
		if err := text.IndentJSON(&b, []byte(doc.JSON())); err != nil {
			return err
		}
		data = b.Bytes()
	}
	if !sameAPI(model, data, output) {
		return &failure{
			code: exitFindings, err: errors.New("these documents cannot be bundled: some types get their names from the files that they are in"),
			hint: "give definitions that have one name in several files names of their own",
		}
	}
	if output == "" {
		_, err = j.stdout.Write(data)
		return err
	}
	if err := os.WriteFile(output, data, 0o666); err != nil {
		return &failure{code: exitFindings, err: err}
	}
	return nil
}

// sameAPI tells whether the bundle describes the API that it is made from.
func sameAPI(model *schema.Model, data []byte, name string) bool {
	again, problems := load.Load(load.Options{AsyncAPI: "bundle" + filepath.Ext(name), Read: func(string) ([]byte, error) { return data, nil }})
	if problems.HasErrors() {
		return false
	}
	return withoutPlaces(model) == withoutPlaces(again)
}

// withoutPlaces is what `wsgen ir` prints, without the places in documents.
func withoutPlaces(model *schema.Model) string {
	var b bytes.Buffer
	if err := model.WriteJSON(&b); err != nil {
		panic(err) // a buffer takes everything
	}
	n, _ := text.ParseJSON(&text.Source{Data: b.Bytes()})
	removePlaces(n)
	return n.JSON()
}

func removePlaces(n *text.Node) {
	n.Members = slices.DeleteFunc(n.Members, func(m text.Member) bool { return m.Key == "pos" && m.Value.Kind == text.KindString })
	for _, item := range n.Items {
		removePlaces(item)
	}
	for _, m := range n.Members {
		removePlaces(m.Value)
	}
}
