package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// files reads the documents of a run. A document can refer to any file, and may be
// written by somebody else than the user: only files that the user names, and files below
// the folders of those or below other folders that the user names, are opened.
type files struct {
	stdin   io.Reader
	named   map[string]bool
	folders []string
	job     *job
}

// newFiles returns a reader of the named documents, and of what is in their folders and in
// the roots.
func (j *job) newFiles(named, roots []string) *files {
	f := &files{stdin: j.stdin, job: j, named: map[string]bool{}, folders: slices.Clone(roots)}
	for _, name := range named {
		f.named[path.Clean(name)] = true
		f.folders = append(f.folders, filepath.Dir(filepath.FromSlash(name))) // "." for standard input
	}
	return f
}

// The limit of the memory: memoryBase, and more for every byte of the input. Nearly all that
// reading allocates is needed until the model is made, so collecting meanwhile would be in
// vain: printing has room in what is free then.
const (
	memoryBase    = 36 << 20
	readingMemory = 16
	printMemory   = 12
)

func limitMemory(bytesRead, perByte int64) { debug.SetMemoryLimit(memoryBase + perByte*bytesRead) }

// read is load.Options.Read.
func (f *files) read(name string) (data []byte, err error) {
	file := filepath.FromSlash(name)
	switch {
	case name == "-":
		data, err = readLimited(name, f.stdin, 0)
	case f.named[path.Clean(name)] || f.below(file):
		data, err = readRegular(file)
	default:
		err = outside(name)
	}
	f.job.bytesRead += int64(len(data))
	limitMemory(f.job.bytesRead, f.job.memory)
	if f.job.reads != nil {
		f.job.reads(file, data, err)
	}
	return data, err
}

func outside(name string) error {
	return &load.Refused{
		Code: "file-outside", Message: text.Quote(name) + " is outside the folders of the documents",
		Hint: "name its folder with --root, or as one of the `roots` in wsgen.yaml",
	}
}

// below tells whether a file is in one of the folders, both by its name and, where there
// are symbolic links on the way, by where they lead. Files elsewhere are not looked at: so
// nobody learns from a message whether one exists.
func (f *files) below(file string) bool {
	in := func(folder string) bool { return within(folder, file) }
	if !slices.ContainsFunc(f.folders, in) {
		return false
	}
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return true // there is nothing to read, and the reader says why
	}
	return slices.ContainsFunc(f.folders, func(folder string) bool {
		folder, err := filepath.EvalSymlinks(folder)
		return err == nil && within(folder, real)
	})
}

func within(folder, file string) bool {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return false
	}
	if file, err = filepath.Abs(file); err != nil {
		return false
	}
	relative, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(relative)
}

// maxFile bounds the size of a document. The largest API that was measured, of 10,000
// methods, has half of it.
const maxFile = 64 << 20

// readRegular reads a regular file that is not too large. Others, such as devices and
// named pipes, may have no end.
func readRegular(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: file, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return nil, &load.Refused{Code: "not-a-file", Message: text.Quote(filepath.ToSlash(file)) + " is not a regular file", Hint: "for a pipe, name - and connect it to standard input"}
	case info.Size() > maxFile:
		return nil, tooLarge(file)
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return readLimited(file, opened, info.Size())
}

// readLimited reads to the end. A file can be larger than the size that it said.
func readLimited(file string, r io.Reader, size int64) ([]byte, error) {
	data := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err := data.ReadFrom(io.LimitReader(r, maxFile+1))
	if err == nil && data.Len() > maxFile {
		return nil, tooLarge(file)
	}
	return data.Bytes(), err
}

func tooLarge(file string) error {
	return &load.Refused{
		Code: "file-too-large", Message: fmt.Sprintf("%s is larger than %d MiB", text.Quote(shownName(filepath.ToSlash(file))), maxFile>>20),
		Hint: "split it into several documents",
	}
}

// unreadable returns the diagnostic for a file that cannot be read, as it is for documents.
func unreadable(name string, err error) text.Diagnostics {
	return text.Diagnostics{load.Unreadable(filepath.ToSlash(name), err, listFiles)}
}

func listFiles(dir string) []string {
	entries, err := os.ReadDir(filepath.FromSlash(dir))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// shownName returns the name of a file for messages.
func shownName(file string) string {
	if file == "-" {
		return "<stdin>"
	}
	return file
}

// refuseURLs says that documents are files: a name with "://" is most often a URL.
func refuseURLs(names []string) error {
	for _, name := range names {
		if strings.Contains(name, "://") {
			return usage("download it first", "wsgen reads files only, not %s", name)
		}
	}
	return nil
}
