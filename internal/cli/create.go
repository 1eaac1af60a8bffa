package cli

import (
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
	for p := rel; p != "."; p = path.Dir(p) {
		info, err := repo.root.Lstat(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case info.Mode()&fs.ModeSymlink != 0:
			return nil, fmt.Errorf("%s is a symbolic link of the repository", p)
		case p == rel && !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is not a regular file", p)
		}
	}
	if err := repo.root.MkdirAll(path.Dir(rel), 0o755); err != nil {
		return nil, err
	}
	return repo.root.Create(rel)
}
