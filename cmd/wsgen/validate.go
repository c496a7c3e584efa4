package main

import (
	"fmt"

	"github.com/wsgen/wsgen/internal/text"
)

// validate finds the errors that generation with the same flags and settings would
// find, and warns of defaults and examples that their schemas refuse.
func validate(j *job) error {
	for _, a := range j.apis {
		a.load.Values = true
	}
	if err := j.build(); err != nil {
		return err
	}
	if text.IsReport(j.errorFormat) {
		return nil
	}
	for _, a := range j.apis {
		fmt.Fprintf(j.stdout, "%s: ok (%s, %s, %s)\n", text.Escape(a.load.AsyncAPI),
			count(len(a.model.Methods), "method"), count(len(a.model.Events), "event"), count(len(a.model.Types), "type"))
	}
	return nil
}
