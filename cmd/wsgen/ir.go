package main

import (
	"bufio"

	"github.com/wsgen/wsgen/schema/load"
)

// printModel prints what the language packages are given.
func printModel(j *job) error {
	model, diags := load.Load(j.load)
	j.reportTo(j.stderr, diags) // the model alone is on standard output
	if diags.HasErrors() {
		return &failure{code: exitInput}
	}
	w := bufio.NewWriter(j.stdout)
	if err := model.WriteJSON(w); err != nil {
		return err
	}
	return w.Flush()
}
