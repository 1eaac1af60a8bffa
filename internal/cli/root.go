package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/sekisho/sekisho/internal/changes"
	"github.com/sekisho/sekisho/internal/config"
	"github.com/sekisho/sekisho/internal/repofs"
)

// repository is the tree a command works on.
type repository struct {
	dir  string // absolute
	root *os.Root
	over *os.Root // edits that are tried, laid over root; nil for none
	// fileLimit is the size of the largest file that is read; 0 before the
	// configuration is known.
	fileLimit int64
	snapshot  *changes.Snapshot // of --trusted-config; nil without
}

// openRepository opens the git work tree that holds the working directory,
// else the working directory itself.
func openRepository() (*repository, error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	dir := wd
	for d := wd; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(filepath.Join(d, ".git")); err == nil {
			dir = d
			break
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the repository: %w", err)
	}
	return &repository{dir: dir, root: root}, nil
}

// fs is the tree as a stranger's: regular files of bounded size.
func (r *repository) fs() fs.FS { return repofs.New(r.root, r.fileLimit).Over(r.over) }

// index opens git's index where .git is a file that names the folder, as in a
// work tree that git worktree made and in a submodule.
func (r *repository) index() (io.ReadCloser, error) {
	src, err := fs.ReadFile(r.fs(), ".git")
	if err != nil {
		return nil, err
	}
	dir, ok := strings.CutPrefix(strings.TrimSpace(string(src)), "gitdir: ")
	if !ok {
		return nil, errors.New(".git names no folder")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.dir, dir)
	}
	name := filepath.Join(dir, "index")
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return os.Open(name)
}

// revision opens the revision that --trusted-config names, until Close.
func (r *repository) revision(ctx context.Context, f scanFlags) (fs.FS, error) {
	bounds, err := r.gitBounds(f, &config.File{}) // the configuration is what it is asked for
	if err != nil {
		return nil, err
	}
	if r.snapshot, err = changes.Revision(ctx, bounds, f.trustedConfig); err != nil {
		return nil, usagef("--trusted-config: %w", err)
	}
	return r.snapshot, nil
}

// gitBounds bound the process that reads git's data.
func (r *repository) gitBounds(f scanFlags, c *config.File) (changes.Bounds, error) {
	limits, err := r.limits(f.timeout, f.memory, c)
	return changes.Bounds{Dir: r.dir, Time: limits.Time, Memory: limits.Memory, File: limits.File}, err
}

// Close ends what was opened.
func (r *repository) Close() error {
	if r.snapshot != nil {
		r.snapshot.Close()
	}
	return r.root.Close()
}

// relative turns paths as the user gave them into slash-separated paths
// relative to the root. A path outside the root or one that does not exist is
// an error.
func (r *repository) relative(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		if _, err := os.Lstat(abs); err != nil {
			var pathErr *fs.PathError
			if errors.As(err, &pathErr) {
				err = pathErr.Err
			}
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		rel, err := r.inside(abs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		out = append(out, rel)
	}
	return out, nil
}

// inside expresses an absolute path relative to the root. The folder a path
// stands in may be reached through a symlink (macOS keeps /tmp that way), so
// both spellings are tried.
func (r *repository) inside(abs string) (string, error) {
	resolved := abs
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		resolved = filepath.Join(dir, filepath.Base(abs))
	}
	root := r.dir
	if dir, err := filepath.EvalSymlinks(root); err == nil {
		root = dir
	}
	for _, try := range [][2]string{{r.dir, abs}, {root, resolved}} {
		rel, err := filepath.Rel(try[0], try[1])
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return filepath.ToSlash(rel), nil
		}
	}
	return "", fmt.Errorf("outside the repository %s", r.dir)
}

// isTerminal tells whether a writer is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the columns of a terminal; 0 for any other writer, which is
// as wide as it needs to be.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	return 0
}
