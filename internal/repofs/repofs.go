// Package repofs shows a repository that a stranger wrote as an fs.FS. In goes
// an os.Root, which no link leads out of; out come folders and regular files of
// bounded size. A FIFO, a device or a socket is an error and is never opened:
// opening one can wait for ever, reading one need not end.
package repofs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// DefaultFile is the size of the largest file that is read, in bytes. The
// largest manifests in public collections have 5 MB.
const DefaultFile = 10 << 20

// FS is a repository. It follows links that stay inside.
type FS struct {
	root  files
	limit int64
}

// files is what os.Root's own fs.FS can do.
type files interface {
	fs.StatFS
	fs.ReadFileFS
	fs.ReadDirFS
	fs.ReadLinkFS
}

// New shows a root. Files of more than limit bytes (DefaultFile when it is 0)
// are not read as a whole; opened they may be, for a look at their beginning.
func New(root *os.Root, limit int64) *FS {
	if limit == 0 {
		limit = DefaultFile
	}
	return &FS{root: root.FS().(files), limit: limit}
}

// ErrNotRegular is a file that is neither a regular file nor a folder.
var ErrNotRegular = errors.New("not a regular file")

// Open opens a file after a look at what it is.
func (f *FS) Open(name string) (fs.File, error) {
	if _, err := f.check("open", name); err != nil {
		return nil, err
	}
	return f.root.Open(name)
}

// ReadFile reads a file after a look at what it is.
func (f *FS) ReadFile(name string) ([]byte, error) {
	info, err := f.check("read", name)
	if err != nil {
		return nil, err
	}
	if info.Size() > f.limit && !info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%d bytes are more than the limit of %d", info.Size(), f.limit)}
	}
	return f.root.ReadFile(name)
}

func (f *FS) check(op, name string) (fs.FileInfo, error) {
	info, err := f.root.Stat(name)
	if err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: op, Path: name, Err: ErrNotRegular}
	}
	return info, err
}

// Stat tells about a file, links followed.
func (f *FS) Stat(name string) (fs.FileInfo, error) { return f.root.Stat(name) }

// Lstat tells about a file or the link in its place.
func (f *FS) Lstat(name string) (fs.FileInfo, error) { return f.root.Lstat(name) }

// ReadLink tells where a link leads.
func (f *FS) ReadLink(name string) (string, error) { return f.root.ReadLink(name) }

// ReadDir lists a folder.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) { return f.root.ReadDir(name) }
