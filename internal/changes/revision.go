package changes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Revision shows the files of a revision of the repository at dir as they were
// committed. Links are not followed: they are errors, like submodules.
func Revision(dir, ref string) (fs.FS, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if err != nil {
		return nil, fmt.Errorf("open the git repository: %w", err)
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
	return revision{tree, commit.Committer.When}, nil
}

// revision is the tree of a commit.
type revision struct {
	tree *object.Tree
	when time.Time
}

// maxBlob bounds a file of a revision, in bytes.
const maxBlob = 10 << 20

// Open opens a file or a folder.
func (r revision) Open(name string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	if name == "." {
		return &openFolder{info: info{name: ".", mode: fs.ModeDir | 0o555, when: r.when}, r: r, tree: r.tree}, nil
	}
	entry, err := r.tree.FindEntry(name)
	switch {
	case errors.Is(err, object.ErrEntryNotFound), errors.Is(err, object.ErrDirectoryNotFound):
		return fail(fs.ErrNotExist)
	case err != nil:
		return fail(err)
	case entry.Mode == filemode.Dir:
		tree, err := r.tree.Tree(name)
		if err != nil {
			return fail(err)
		}
		return &openFolder{info: info{name: path.Base(name), mode: fs.ModeDir | 0o555, when: r.when}, r: r, tree: tree}, nil
	case !entry.Mode.IsFile() || entry.Mode == filemode.Symlink:
		return fail(errors.New("not a regular file"))
	}
	f, err := r.tree.TreeEntryFile(entry)
	if err != nil {
		return fail(err)
	}
	if f.Size > maxBlob {
		return fail(fmt.Errorf("%d bytes are more than the limit of %d", f.Size, maxBlob))
	}
	text, err := f.Contents()
	if err != nil {
		return fail(err)
	}
	return &openFile{info{path.Base(name), int64(len(text)), 0o444, r.when}, bytes.NewReader([]byte(text))}, nil
}

// info tells about a file of a revision, which is as old as its commit.
type info struct {
	name string
	size int64
	mode fs.FileMode
	when time.Time
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.when }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

type openFile struct {
	info info
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	info info
	r    revision
	tree *object.Tree
	read int
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }

func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.name, Err: errors.New("is a directory")}
}

// ReadDir lists the folder, sorted by name.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, e := range f.tree.Entries {
		i := info{name: e.Name, mode: 0o444, when: f.r.when}
		switch {
		case e.Mode == filemode.Dir:
			i.mode = fs.ModeDir | 0o555
		case e.Mode == filemode.Symlink:
			i.mode = fs.ModeSymlink | 0o777
		case !e.Mode.IsFile():
			i.mode = fs.ModeIrregular
		default:
			if size, err := f.tree.Size(e.Name); err == nil {
				i.size = size
			}
		}
		all = append(all, fs.FileInfoToDirEntry(i))
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return bytes.Compare([]byte(a.Name()), []byte(b.Name())) })
	rest := all[min(f.read, len(all)):]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	f.read += len(rest)
	return rest, nil
}
