package main

import (
	"path/filepath"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// explainUnreadable says why a file of the user's cannot be read, in the words that
// documents get.
func explainUnreadable(name string, err error) text.Diagnostics {
	read := func(string) ([]byte, error) { return nil, err }
	return load.CheckSyntax(filepath.ToSlash(name), read, listFiles)
}
