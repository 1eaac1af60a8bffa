package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// createFile creates a file that the user named, and its folder. Inside the
// repository no link is followed: a stranger may have put one in the file's
// place, and git's hooks are not where a report belongs.
func createFile(name string) (*os.File, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	repo, err := openRepository()
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	rel, err := repo.inside(abs)
	if err != nil { // a place of the user's own
		if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
			return nil, err
		}
		return os.Create(abs)
	}
	if err := repo.regular(rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := repo.root.MkdirAll(path.Dir(rel), 0o755); err != nil {
		return nil, err
	}
	return repo.root.Create(rel)
}

// regular tells whether a name of the repository is a regular file that no link
// leads to. The error is fs.ErrNotExist when it is no file yet.
func (r *repository) regular(rel string) error {
	var missing error
	for p := rel; p != "."; p = path.Dir(p) {
		info, err := r.root.Lstat(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = err
		case err != nil:
			return err
		case info.Mode()&fs.ModeSymlink != 0:
			return fmt.Errorf("%s is a symbolic link of the repository", p)
		case p == rel && !info.Mode().IsRegular():
			return fmt.Errorf("%s is not a regular file", p)
		}
	}
	return missing
}

// rewrite puts a new text in the place of a file, whole or not at all. The file
// keeps its mode; was is what it has to hold until then.
func (r *repository) rewrite(rel string, was, text []byte) error {
	if err := r.regular(rel); err != nil {
		return err
	}
	info, err := r.root.Stat(rel)
	if err != nil {
		return err
	}
	if now, err := r.root.ReadFile(rel); err != nil {
		return err
	} else if !bytes.Equal(now, was) {
		return fmt.Errorf("%s has changed meanwhile", rel)
	}
	temp := path.Join(path.Dir(rel), "."+path.Base(rel)+".sekisho")
	f, err := r.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close()) // whatever the umask
	if err == nil {
		err = r.root.Rename(temp, rel)
	}
	if err != nil {
		return errors.Join(err, r.root.Remove(temp))
	}
	return nil
}
