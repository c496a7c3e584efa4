package main

import (
	"path/filepath"
	"slices"

	"github.com/wsgen/wsgen/schema"
)

// explainUnreadable says why a file of the user's cannot be read, in the words that
// documents get: the loader of documents meets the same.
func explainUnreadable(name string, err error) schema.Diagnostics {
	return load(name, nil, err)
}

// syntaxCodes are what the loader says of a file that is neither JSON nor YAML.
var syntaxCodes = []string{
	"alias-cycle", "alias-expansion", "duplicate-key", "invalid-json", "invalid-utf8", "invalid-yaml", "nesting-too-deep",
	"number-out-of-range", "several-documents",
}

// explainSyntax does the same for a file that cannot be parsed; err is what to say
// where the loader can.
func explainSyntax(name string, data []byte, err error) schema.Diagnostics {
	diags := slices.DeleteFunc(load(name, data, nil), func(d schema.Diagnostic) bool {
		return !slices.Contains(syntaxCodes, d.Code)
	})
	if len(diags) == 0 {
		diags = schema.Diagnostics{{File: name, Code: "unreadable-file", Message: err.Error()}}
	}
	return diags
}

func load(name string, data []byte, err error) schema.Diagnostics {
	_, diags := schema.Load(schema.Options{
		AsyncAPI: filepath.ToSlash(name),
		Read:     func(string) ([]byte, error) { return data, err },
		List:     listFiles,
	})
	return diags
}
