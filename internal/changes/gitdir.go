package changes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/sekisho/sekisho/internal/repofs"
)

// open opens the repository of a work tree. As git does, it follows a .git file
// to the folder it names, and that folder's commondir. Nothing else leads out:
// no link, no list of alternates.
func open(root *os.Root, at func(string)) (*git.Repository, error) {
	fail := func(err error) (*git.Repository, error) { return nil, fmt.Errorf("open the git repository: %w", err) }
	dir := filepath.Join(root.Name(), ".git")
	info, err := root.Lstat(".git")
	if err != nil {
		return fail(err)
	}
	if !info.IsDir() {
		src, err := fs.ReadFile(repofs.New(root, maxPointer), ".git")
		if err != nil {
			return fail(err)
		}
		named, ok := strings.CutPrefix(string(src), "gitdir: ")
		if !ok {
			return fail(errors.New(".git names no folder"))
		}
		dir = beside(root.Name(), named)
	}
	own := &gitFolder{Filesystem: osfs.New(dir, osfs.WithBoundOS()), dir: dir, root: root.Name(), at: at}
	var files billy.Filesystem = own
	common, err := own.read("commondir")
	switch {
	case err == nil:
		dir = beside(dir, common)
		shared := &gitFolder{Filesystem: osfs.New(dir, osfs.WithBoundOS()), dir: dir, root: root.Name(), at: at}
		files = dotgit.NewRepositoryFilesystem(own, shared)
	case !errors.Is(err, fs.ErrNotExist):
		return fail(err)
	}
	repo, err := git.Open(filesystem.NewStorage(files, cache.NewObjectLRUDefault()), nil)
	if err != nil {
		return fail(err)
	}
	return repo, nil
}

// maxPointer bounds a file that names a folder, in bytes.
const maxPointer = 64 << 10

// beside is a folder that a file in dir names.
func beside(dir, named string) string {
	named, _, _ = strings.Cut(named, "\n")
	named = filepath.FromSlash(strings.TrimSpace(named))
	if filepath.IsAbs(named) {
		return named
	}
	return filepath.Join(dir, named)
}

// gitFolder is a folder of git's. It tells which file is at work, and opens
// regular files only: opening a pipe can wait for ever, and a device need not
// end.
type gitFolder struct {
	billy.Filesystem
	dir  string
	root string // of the work tree, which names in messages are relative to
	at   func(string)
}

func (g *gitFolder) Open(name string) (billy.File, error) { return g.OpenFile(name, os.O_RDONLY, 0) }

func (g *gitFolder) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	info, err := g.Stat(name)
	if err != nil {
		return nil, err
	}
	shown := g.shown(name)
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: shown, Err: repofs.ErrNotRegular}
	}
	g.at(shown)
	return g.Filesystem.OpenFile(name, flag, perm)
}

// shown is a name as messages have it.
func (g *gitFolder) shown(name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(g.dir, name)
	}
	if rel, err := filepath.Rel(g.root, name); err == nil && filepath.IsLocal(rel) {
		name = rel
	}
	return filepath.ToSlash(name)
}

// read reads a small file.
func (g *gitFolder) read(name string) (string, error) {
	f, err := g.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b := make([]byte, maxPointer)
	n, err := f.Read(b)
	if n == 0 && err != nil {
		return "", fmt.Errorf("read %s: %w", g.shown(name), err)
	}
	return string(b[:n]), nil
}

// Chroot shows a folder below, in the same way.
func (g *gitFolder) Chroot(name string) (billy.Filesystem, error) {
	below, err := g.Filesystem.Chroot(name)
	if err != nil {
		return nil, err
	}
	return &gitFolder{below, below.Root(), g.root, g.at}, nil
}
