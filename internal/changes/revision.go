package changes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// openRevision finds the tree of a revision.
func openRevision(root *os.Root, ref string, at func(string)) (*revision, error) {
	repo, err := open(root, at)
	if err != nil {
		return nil, err
	}
	hash, err := resolve(repo, ref)
	if err != nil {
		return nil, err
	}
	commit, err := repo.CommitObject(*hash)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, err)
	}
	tree, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("read the files of %s: %w", ref, err)
	}
	return &revision{tree, commit.Committer.When}, nil
}

// revision is the tree of a commit.
type revision struct {
	tree *object.Tree
	when time.Time
}

// maxBlob bounds a file of a revision, in bytes.
const maxBlob = 10 << 20

// read answers with a file or a folder.
func (r *revision) read(name string, a *answer) error {
	folder := func(tree *object.Tree) {
		a.Info = entry{path.Base(name), 0, fs.ModeDir | 0o555, r.when}
		a.List = r.list(tree)
	}
	if name == "." {
		folder(r.tree)
		return nil
	}
	e, err := r.tree.FindEntry(name)
	switch {
	case errors.Is(err, object.ErrEntryNotFound), errors.Is(err, object.ErrDirectoryNotFound):
		return fs.ErrNotExist
	case err != nil:
		return err
	case e.Mode == filemode.Dir:
		tree, err := r.tree.Tree(name)
		if err != nil {
			return err
		}
		folder(tree)
		return nil
	case !e.Mode.IsFile() || e.Mode == filemode.Symlink:
		return errors.New("not a regular file")
	}
	f, err := r.tree.TreeEntryFile(e)
	if err != nil {
		return err
	}
	if f.Size > maxBlob {
		return fmt.Errorf("%d bytes are more than the limit of %d", f.Size, maxBlob)
	}
	text, err := f.Contents()
	a.Info = entry{path.Base(name), int64(len(text)), 0o444, r.when}
	a.Text = []byte(text)
	return err
}

// list is what a folder holds, sorted by name.
func (r *revision) list(tree *object.Tree) []entry {
	all := []entry{}
	for _, e := range tree.Entries {
		i := entry{EntryName: e.Name, EntryMode: 0o444, When: r.when}
		switch {
		case e.Mode == filemode.Dir:
			i.EntryMode = fs.ModeDir | 0o555
		case e.Mode == filemode.Symlink:
			i.EntryMode = fs.ModeSymlink | 0o777
		case !e.Mode.IsFile():
			i.EntryMode = fs.ModeIrregular
		default:
			if size, err := tree.Size(e.Name); err == nil {
				i.EntrySize = size
			}
		}
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.EntryName, b.EntryName) })
	return all
}

// entry tells about a file of a revision, which is as old as its commit.
type entry struct {
	EntryName string
	EntrySize int64
	EntryMode fs.FileMode
	When      time.Time
}

func (e entry) Name() string       { return e.EntryName }
func (e entry) Size() int64        { return e.EntrySize }
func (e entry) Mode() fs.FileMode  { return e.EntryMode }
func (e entry) ModTime() time.Time { return e.When }
func (e entry) IsDir() bool        { return e.EntryMode.IsDir() }
func (e entry) Sys() any           { return nil }

// opened is the file or the folder of an answer.
func opened(a answer) fs.File {
	if a.Info.IsDir() {
		return &openFolder{info: a.Info, rest: a.List}
	}
	return &openFile{a.Info, bytes.NewReader(a.Text)}
}

type openFile struct {
	info entry
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	info entry
	rest []entry
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }

func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.EntryName, Err: errors.New("is a directory")}
}

// ReadDir lists the folder, sorted by name.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	list := f.rest[:min(n, len(f.rest))]
	f.rest = f.rest[len(list):]
	out := make([]fs.DirEntry, len(list))
	for i, e := range list {
		out[i] = fs.FileInfoToDirEntry(e)
	}
	return out, nil
}
