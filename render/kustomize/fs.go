package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// root is where the library sees the repository. Nothing exists outside.
const root = "/repository"

var errReadOnly = errors.New("the repository is read-only")

// repoFS shows the repository to the library. Written files live in extra,
// which only this package fills; it wins over the repository.
type repoFS struct {
	repo  fs.FS
	extra map[string][]byte
	// visits gives a file another content each time it is read: the same
	// kustomization can stand twice in one build, in different namespaces.
	visits map[string][][]byte
}

var _ filesys.FileSystem = (*repoFS)(nil)

// name turns the library's path into one of the repository.
func (f *repoFS) name(p string) (string, error) {
	p = path.Clean(p)
	if p == root {
		return ".", nil
	}
	if rest, ok := strings.CutPrefix(p, root+"/"); ok {
		return rest, nil
	}
	return "", &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
}

// maxLinks is how many symbolic links one path may lead through.
const maxLinks = 40

// resolve follows symbolic links, as kustomize's own file system does, so that
// a link that leaves a kustomization's folder is judged by where it leads.
func (f *repoFS) resolve(name string) (string, error) {
	links, ok := f.repo.(fs.ReadLinkFS)
	if !ok || name == "." {
		return name, nil
	}
	done, todo := ".", strings.Split(name, "/")
	for n := 0; len(todo) > 0; {
		next := path.Join(done, todo[0])
		todo = todo[1:]
		if f.isExtra(next) {
			done = next
			continue
		}
		info, err := links.Lstat(next)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if n++; n > maxLinks {
			return "", fmt.Errorf("open %s: too many symbolic links", name)
		}
		target, err := links.ReadLink(next)
		if err != nil {
			return "", err
		}
		target = path.Join(path.Dir(next), filepath.ToSlash(target))
		if path.IsAbs(target) || !fs.ValidPath(target) {
			return "", fmt.Errorf("open %s: symbolic link leads out of the repository", next)
		}
		if target != "." {
			todo = append(strings.Split(target, "/"), todo...)
		}
		done = "."
	}
	return done, nil
}

// isExtra tells whether a name is a written file or a folder of one.
func (f *repoFS) isExtra(name string) bool {
	for file := range f.extra {
		if file == name || strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}

func (f *repoFS) stat(p string) (name string, dir bool, err error) {
	if name, err = f.name(p); err != nil {
		return "", false, err
	}
	if name, err = f.resolve(name); err != nil {
		return "", false, err
	}
	if _, ok := f.extra[name]; ok {
		return name, false, nil
	}
	if f.isExtra(name) {
		return name, true, nil
	}
	info, err := fs.Stat(f.repo, name)
	if err != nil {
		return "", false, err
	}
	return name, info.IsDir(), nil
}

func (f *repoFS) CleanedAbs(p string) (filesys.ConfirmedDir, string, error) {
	name, dir, err := f.stat(p)
	if err != nil {
		return "", "", err
	}
	abs := path.Join(root, name)
	if dir {
		return filesys.ConfirmedDir(abs), "", nil
	}
	return filesys.ConfirmedDir(path.Dir(abs)), path.Base(abs), nil
}

func (f *repoFS) ReadFile(p string) ([]byte, error) {
	name, _, err := f.stat(p)
	if err != nil {
		return nil, err
	}
	if v := f.visits[name]; len(v) > 0 {
		f.visits[name] = v[1:]
		return v[0], nil
	}
	if data, ok := f.extra[name]; ok {
		return data, nil
	}
	return fs.ReadFile(f.repo, name)
}

func (f *repoFS) Exists(p string) bool {
	_, _, err := f.stat(p)
	return err == nil
}

func (f *repoFS) IsDir(p string) bool {
	_, dir, err := f.stat(p)
	return err == nil && dir
}

// The library only reads single files; the rest of the interface serves its
// commands that edit kustomizations.

func (f *repoFS) Open(string) (filesys.File, error)    { return nil, errReadOnly }
func (f *repoFS) Create(string) (filesys.File, error)  { return nil, errReadOnly }
func (f *repoFS) Mkdir(string) error                   { return errReadOnly }
func (f *repoFS) MkdirAll(string) error                { return errReadOnly }
func (f *repoFS) RemoveAll(string) error               { return errReadOnly }
func (f *repoFS) WriteFile(string, []byte) error       { return errReadOnly }
func (f *repoFS) ReadDir(string) ([]string, error)     { return nil, errReadOnly }
func (f *repoFS) Glob(string) ([]string, error)        { return nil, errReadOnly }
func (f *repoFS) Walk(string, filepath.WalkFunc) error { return errReadOnly }
