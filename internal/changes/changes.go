// Package changes tells what a change touches: a revision goes in, the files
// and lines that differ from it come out, or the files it holds. It hides git:
// objects, the index, merge bases and diffs. No git needs to be installed and
// none is run; this program reads git's formats itself, in a process of its own
// that may die, for the repository may be a stranger's.
package changes

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/utils/diff"
	"github.com/sergi/go-diff/diffmatchpatch"
)

// Set is what differs between a revision and the files on disk. Paths are
// slash-separated and relative to the root of the work tree.
type Set struct {
	files map[string]*file
}

// file is a changed file; whole says that all of it is new.
type file struct {
	Whole bool
	Lines []span
}

// span is a run of changed lines, both ends included.
type span struct{ First, Last int }

// diffTimeout bounds the comparison of one file. Beyond it the rest of the
// file counts as changed.
const diffTimeout = 2 * time.Second

// since is Since. root is the same folder as tree, as the rest of the program
// sees it.
func since(tree *os.Root, root fs.FS, ref string, at func(string)) (*Set, error) {
	repo, err := open(tree, at)
	if err != nil {
		return nil, err
	}
	base, err := parting(repo, ref)
	if err != nil {
		return nil, err
	}
	earlier, err := base.Tree()
	if err != nil {
		return nil, fmt.Errorf("read the files of %s: %w", ref, err)
	}
	idx, err := repo.Storer.Index()
	if err != nil {
		return nil, fmt.Errorf("read git's index: %w", err)
	}
	s := &Set{files: map[string]*file{}}
	old := map[string]object.TreeEntry{}
	walker := object.NewTreeWalker(earlier, true, nil)
	defer walker.Close()
	for {
		name, entry, err := walker.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the files of %s: %w", ref, err)
		}
		if entry.Mode.IsFile() {
			old[name] = entry
		}
	}
	tracked := map[string]bool{}
	for _, entry := range idx.Entries {
		tracked[entry.Name] = true
		was, existed := old[entry.Name]
		if unmodified(root, entry) && existed && was.Hash == entry.Hash {
			continue
		}
		at(entry.Name)
		if err := s.compare(repo, root, entry.Name, was, existed); err != nil {
			return nil, err
		}
	}
	for name := range old {
		if !tracked[name] {
			s.files[name] = &file{}
		}
	}
	return s, s.untracked(root, tracked)
}

// parting is the commit where HEAD and ref parted.
func parting(repo *git.Repository, ref string) (*object.Commit, error) {
	other, err := resolve(repo, ref)
	if err != nil {
		return nil, err
	}
	head, err := repo.Head()
	if err != nil {
		return nil, fmt.Errorf("read HEAD: %w", err)
	}
	a, err := repo.CommitObject(*other)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, err)
	}
	b, err := repo.CommitObject(head.Hash())
	if err != nil {
		return nil, fmt.Errorf("read HEAD: %w", err)
	}
	bases, err := a.MergeBase(b)
	if err != nil || len(bases) == 0 {
		return nil, fmt.Errorf("%s and HEAD have no commit in common here (a shallow checkout does not reach back: fetch the whole history)", ref)
	}
	return bases[0], nil
}

// resolve finds a revision, also one that only the remote has a branch for.
func resolve(repo *git.Repository, ref string) (*plumbing.Hash, error) {
	for _, name := range []string{ref, "origin/" + ref} {
		hash, err := repo.ResolveRevision(plumbing.Revision(name))
		if err == nil {
			return hash, nil
		}
		if !errors.Is(err, plumbing.ErrReferenceNotFound) {
			return nil, fmt.Errorf("find revision %s: %w", ref, err)
		}
	}
	return nil, fmt.Errorf("%s is not a revision of this repository (a shallow checkout has few: fetch more)", ref)
}

// unmodified trusts what git itself trusts: a file of the same size and time
// as when it was added to the index is the same file.
func unmodified(root fs.FS, e *index.Entry) bool {
	if e.Mode == filemode.Symlink || e.Mode == filemode.Submodule {
		return true
	}
	info, err := fs.Lstat(root, e.Name)
	return err == nil && info.Mode().IsRegular() && info.Size() == int64(e.Size) && info.ModTime().Equal(e.ModifiedAt)
}

// compare finds the changed lines of one file.
func (s *Set) compare(repo *git.Repository, root fs.FS, name string, was object.TreeEntry, existed bool) error {
	now, err := fs.ReadFile(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		if existed {
			s.files[name] = &file{}
		}
		return nil
	}
	if err != nil || !existed {
		s.files[name] = &file{Whole: true} // discover reports what cannot be read
		return nil
	}
	if plumbing.ComputeHash(plumbing.BlobObject, now) == was.Hash {
		return nil
	}
	blob, err := repo.BlobObject(was.Hash)
	if err != nil {
		return fmt.Errorf("read the earlier %s: %w", name, err)
	}
	r, err := blob.Reader()
	if err != nil {
		return fmt.Errorf("read the earlier %s: %w", name, err)
	}
	defer r.Close()
	before, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read the earlier %s: %w", name, err)
	}
	s.files[name] = compared(string(before), string(now))
	return nil
}

// maxLines bounds the lines of two files that are compared. The library gives
// each line that is like no other a character, and there are 1.1 million.
const maxLines = 1_000_000

// compared is a file as it was and as it is now.
func compared(before, now string) *file {
	if strings.Count(before, "\n")+strings.Count(now, "\n") > maxLines {
		return &file{Whole: true}
	}
	return &file{Lines: changedLines(before, now)}
}

// changedLines are the lines of now that are not in before.
func changedLines(before, now string) []span {
	var spans []span
	line := 1
	for _, d := range diff.DoWithTimeout(before, now, diffTimeout) {
		n := strings.Count(d.Text, "\n")
		if !strings.HasSuffix(d.Text, "\n") {
			n++
		}
		switch d.Type {
		case diffmatchpatch.DiffInsert:
			spans = append(spans, span{line, line + n - 1})
			line += n
		case diffmatchpatch.DiffEqual:
			line += n
		}
	}
	return spans
}

// untracked adds the files that git does not know. Those it ignores are left
// to whoever asks: nothing points at them.
func (s *Set) untracked(root fs.FS, tracked map[string]bool) error {
	return fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // discover reports what cannot be read
		}
		if d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		if d.Type().IsRegular() && !tracked[name] {
			s.files[name] = &file{Whole: true}
		}
		return nil
	})
}

// Files lists the changed files, sorted.
func (s *Set) Files() []string {
	names := make([]string, 0, len(s.files))
	for name := range s.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Touches tells whether any line from first to last of a file is changed.
func (s *Set) Touches(name string, first, last int) bool {
	f, ok := s.files[filepath.ToSlash(name)]
	if !ok {
		return false
	}
	return f.Whole || slices.ContainsFunc(f.Lines, func(c span) bool { return c.First <= last && first <= c.Last })
}
