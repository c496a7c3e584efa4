package main

import "fmt"

// validate checks everything that generation needs, in all three languages, and
// that defaults and examples satisfy their schemas.
func validate(j *job) error {
	j.load.Values = true
	model, _, err := j.build(languages)
	if err != nil {
		return err
	}
	if j.errorFormat != "json" {
		fmt.Fprintf(j.stdout, "%s: ok (%s, %s, %s)\n", j.load.AsyncAPI,
			count(len(model.Methods), "method"), count(len(model.Events), "event"), count(len(model.Types), "type"))
	}
	return nil
}
