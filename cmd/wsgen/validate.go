package main

import "fmt"

// validate finds the errors that generation with the same flags and settings would
// find, and warns of defaults and examples that their schemas refuse.
func validate(j *job) error {
	j.load.Values = true
	model, _, err := j.build()
	if err != nil {
		return err
	}
	if j.errorFormat != "json" {
		fmt.Fprintf(j.stdout, "%s: ok (%s, %s, %s)\n", j.load.AsyncAPI,
			count(len(model.Methods), "method"), count(len(model.Events), "event"), count(len(model.Types), "type"))
	}
	return nil
}
