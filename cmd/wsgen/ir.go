package main

import (
	"bytes"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// printModel prints the model that the language packages get, as JSON.
func printModel(j *job) error {
	a, err := j.one()
	if err != nil {
		return err
	}
	model, diags := load.Load(a.load)
	j.reportTo(j.stderr, diags) // standard output is for the model
	if diags.HasErrors() {
		return &failure{code: exitInput}
	}
	var b bytes.Buffer
	if err := model.WriteJSON(&b); err != nil {
		return err
	}
	_, err = j.stdout.Write(text.EscapeJSON(b.Bytes()))
	return err
}
