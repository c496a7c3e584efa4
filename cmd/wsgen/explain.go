package main

import (
	"path/filepath"
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// explainUnreadable says why a file of the user's cannot be read, in the words that
// documents get.
func explainUnreadable(name string, err error) text.Diagnostics {
	return checkSyntax(name, nil, err)
}

// explainSyntax does the same for a file that cannot be parsed; err is what to say
// where the parser of documents can.
func explainSyntax(name string, data []byte, err error) text.Diagnostics {
	diags := slices.DeleteFunc(checkSyntax(name, data, nil), func(d text.Diagnostic) bool {
		return d.Code == "empty-document" // its hint is about manifests
	})
	if len(diags) == 0 {
		diags = text.Diagnostics{{File: name, Code: "unreadable-file", Message: err.Error()}}
	}
	return diags
}

func checkSyntax(name string, data []byte, err error) text.Diagnostics {
	read := func(string) ([]byte, error) { return data, err }
	return load.CheckSyntax(filepath.ToSlash(name), read, listFiles)
}
