package output

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// WriteFile writes one file of any folder, as a whole or not at all: the content is staged
// beside it and renamed. What is no regular file, such as a pipe, is written to.
func WriteFile(file string, data []byte) error {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		return name(os.WriteFile(file, data, 0o666))
	}
	mode := os.FileMode(0o666)
	target := file
	if err == nil {
		mode = info.Mode().Perm()
		if target, err = filepath.EvalSymlinks(file); err != nil {
			return name(err)
		}
	}
	staged := target + stagePrefix + strconv.Itoa(os.Getpid())
	err = os.WriteFile(staged, data, mode)
	if err == nil {
		err = os.Rename(staged, target)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", filepath.ToSlash(filepath.Clean(file)), cause(err))
		return errors.Join(err, ignoreMissing(os.Remove(staged)))
	}
	return nil
}

// cause is an error of the disk without the paths that it names.
func cause(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}
