//go:build unix

package repofs

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

// Opening a FIFO waits for somebody to write; this must not.
func TestFIFO(t *testing.T) {
	dir, fsys := open(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := fsys.Open("fifo"); !errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
	if _, err := fs.ReadFile(fsys, "fifo"); !errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
}
