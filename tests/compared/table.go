package main

import (
	"encoding/json"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/wsgen/wsgen/internal/breaking"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// change is a row of changes.yaml.
type change struct {
	Name, Is, Why string
	Exact         bool           // documents say that `required` lists exactly what is always sent
	Types         map[string]any // components.schemas of both versions
	API           []any          // x-rpc, before and after
	Params        []any          // a schema, before and after
	Result        []any
}

func readChanges(file string) (changes []*change, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return changes, yaml.Unmarshal(data, &changes)
}

// rpc returns the methods and events of a version: 0 or 1.
func (c *change) rpc(version int) map[string]any {
	method := func(key string, schema any) map[string]any {
		return map[string]any{"methods": map[string]any{"m": map[string]any{key: schema}}}
	}
	switch {
	case c.Params != nil:
		return method("params", c.Params[version])
	case c.Result != nil:
		return method("result", c.Result[version])
	}
	return c.API[version].(map[string]any)
}

// manifest returns a version as an AsyncAPI document in the short form.
func (c *change) manifest(version int) load.Options {
	document := map[string]any{
		"asyncapi": "3.0.0", "info": map[string]any{"title": "T", "version": "1.0.0"}, "x-rpc": c.rpc(version),
		"components": map[string]any{"schemas": c.Types},
	}
	if c.Types == nil {
		delete(document, "components")
	}
	if c.Exact {
		document["x-required"] = "always-sent"
	}
	return load.Options{AsyncAPI: "api.json", Read: func(string) ([]byte, error) { return json.Marshal(document) }}
}

// The verdicts of the table, also on what other tools say.
const (
	breaks = "wire" // breaks clients in use
	inCode = "code" // breaks code when clients are generated again
	fine   = "fine"
)

// wsgen returns what `wsgen breaking` says.
func (c *change) wsgen() (string, error) {
	var models [2]*schema.Model
	for version := range models {
		var problems text.Diagnostics
		if models[version], problems = load.Load(c.manifest(version)); problems.HasErrors() {
			return "", fmt.Errorf("%s: %s", c.Name, problems[0].Message)
		}
	}
	worst := breaking.Safe
	for _, found := range breaking.Compare(models[0], models[1]) {
		worst = max(worst, found.Level)
	}
	return [...]string{breaking.Safe: fine, breaking.Source: inCode, breaking.Wire: breaks}[worst], nil
}
