package main

import (
	"path/filepath"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// explainUnreadable returns the diagnostic for a file that cannot be read, as it is for
// documents.
func explainUnreadable(name string, err error) text.Diagnostics {
	read := func(string) ([]byte, error) { return nil, err }
	return load.CheckSyntax(filepath.ToSlash(name), read, listFiles)
}
