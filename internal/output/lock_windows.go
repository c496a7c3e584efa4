package output

import (
	"errors"
	"path/filepath"
	"syscall"
)

const (
	deleteOnClose    = 0x04000000
	sharingViolation = syscall.Errno(32)
)

// tryLock opens a file that nobody else may open and that goes away when it is
// closed. It returns nil where another run holds it.
func tryLock(dir string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(filepath.Join(dir, ".wsgen.lock"))
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL|deleteOnClose, 0)
	if errors.Is(err, sharingViolation) || errors.Is(err, syscall.ERROR_ACCESS_DENIED) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return func() { syscall.CloseHandle(h) }, nil
}
