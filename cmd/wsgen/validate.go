package main

import "fmt"

// validate finds the errors that generation with the same flags and settings would
// find, and warns of defaults and examples that their schemas refuse.
func validate(j *job) error {
	for _, a := range j.apis {
		a.load.Values = true
	}
	if err := j.build(); err != nil {
		return err
	}
	if j.errorFormat == "json" {
		return nil
	}
	for _, a := range j.apis {
		fmt.Fprintf(j.stdout, "%s: ok (%s, %s, %s)\n", a.load.AsyncAPI,
			count(len(a.model.Methods), "method"), count(len(a.model.Events), "event"), count(len(a.model.Types), "type"))
	}
	return nil
}
