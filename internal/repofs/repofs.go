// Package repofs shows a repository that a stranger wrote as an fs.FS. In goes
// an os.Root, which no link leads out of; out come folders and regular files of
// bounded size. A FIFO, a device or a socket is an error and is never opened:
// opening one can wait for ever, reading one need not end.
package repofs

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// DefaultFile is the size of the largest file that is read, in bytes. The
// largest manifests in public collections have 5 MB.
const DefaultFile = 10 << 20

// FS is a repository. It follows links that stay inside.
type FS struct {
	root  files
	over  files // what lies over it; nil for nothing
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

// Hidden is a name that an upper root may use anywhere: no folder lists it, so
// that only those find it who know what they look for.
const Hidden = ".sekisho-fetched"

// Over shows the same repository with the files of another root laid over it:
// edits that are only tried, charts that were fetched. A file there stands for
// the one of the same name; folders hold the entries of both, but for Hidden.
func (f *FS) Over(root *os.Root) *FS {
	if root == nil {
		return f
	}
	return &FS{root: f.root, over: root.FS().(files), limit: f.limit}
}

// holder is the root that has a name: the upper one where it has it.
func (f *FS) holder(name string) files {
	if f.over != nil {
		if _, err := f.over.Lstat(name); err == nil {
			return f.over
		}
	}
	return f.root
}

// ErrNotRegular is a file that is neither a regular file nor a folder.
var ErrNotRegular = errors.New("not a regular file")

// Open opens a file after a look at what it is.
func (f *FS) Open(name string) (fs.File, error) {
	info, err := f.check("open", name)
	if err != nil {
		return nil, err
	}
	file, err := f.holder(name).Open(name)
	if err == nil && f.over != nil && info.IsDir() {
		return &folder{File: file, list: func() ([]fs.DirEntry, error) { return f.ReadDir(name) }}, nil
	}
	return file, err
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
	return f.holder(name).ReadFile(name)
}

func (f *FS) check(op, name string) (fs.FileInfo, error) {
	info, err := f.holder(name).Stat(name)
	if err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: op, Path: name, Err: ErrNotRegular}
	}
	return info, err
}

// Stat tells about a file, links followed.
func (f *FS) Stat(name string) (fs.FileInfo, error) { return f.holder(name).Stat(name) }

// Lstat tells about a file or the link in its place.
func (f *FS) Lstat(name string) (fs.FileInfo, error) { return f.holder(name).Lstat(name) }

// ReadLink tells where a link leads.
func (f *FS) ReadLink(name string) (string, error) { return f.holder(name).ReadLink(name) }

// ReadDir lists a folder, by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	below, err := f.root.ReadDir(name)
	if f.over == nil {
		return below, err
	}
	above, errOver := f.over.ReadDir(name)
	above = slices.DeleteFunc(above, func(e fs.DirEntry) bool { return e.Name() == Hidden })
	switch {
	case errOver != nil:
		return below, err
	case err != nil:
		return above, nil
	}
	byName := func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) }
	all := append(above, below...)
	slices.SortStableFunc(all, byName)
	return slices.CompactFunc(all, func(a, b fs.DirEntry) bool { return a.Name() == b.Name() }), nil
}

// folder is an open folder that lists what lies over it, too.
type folder struct {
	fs.File
	list func() ([]fs.DirEntry, error)
	rest []fs.DirEntry
	read bool
}

// ReadDir is that of fs.ReadDirFile.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		var err error
		if d.rest, err = d.list(); err != nil {
			return nil, err
		}
		d.read = true
	}
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	out := d.rest[:min(n, len(d.rest))]
	d.rest = d.rest[len(out):]
	return out, nil
}
