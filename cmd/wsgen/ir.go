package main

import (
	"bufio"

	"github.com/wsgen/wsgen/schema/load"
)

// printModel prints the model that the language packages get, as JSON.
func printModel(j *job) error {
	model, diags := load.Load(j.load)
	j.reportTo(j.stderr, diags) // standard output is for the model
	if diags.HasErrors() {
		return &failure{code: exitInput}
	}
	w := bufio.NewWriter(j.stdout)
	if err := model.WriteJSON(w); err != nil {
		return err
	}
	return w.Flush()
}
