package changes

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// TestMain lets the test's program be the process that reads git's data.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == WorkerArg {
		os.Exit(Serve(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func bounds(dir string) Bounds {
	return Bounds{Dir: dir, Time: time.Minute, Memory: 1 << 30}
}

// write puts files into a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// commit records every file of the work tree.
func commit(t *testing.T, repo *git.Repository) plumbing.Hash {
	t.Helper()
	tree, err := repo.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.AddGlob("."); err != nil {
		t.Fatal(err)
	}
	hash, err := tree.Commit("x", &git.CommitOptions{All: true, Author: &object.Signature{Name: "test", When: time.Unix(1, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// A revision shows what was committed, whatever is on disk now.
func TestRevision(t *testing.T) {
	dir := t.TempDir()
	repo, err := git.PlainInit(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{".sekisho.yaml": "profile: strict\n", "policy/a/rule.rego": "package a\n"})
	commit(t, repo)
	write(t, dir, map[string]string{".sekisho.yaml": "profile: default\n", "policy/b.rego": "package b\n"})
	fsys, err := Revision(t.Context(), bounds(dir), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys, ".sekisho.yaml", "policy/a/rule.rego"); err != nil {
		t.Error(err)
	}
	if text, err := fs.ReadFile(fsys, ".sekisho.yaml"); err != nil || string(text) != "profile: strict\n" {
		t.Errorf("got %q, %v", text, err)
	}
	for _, name := range []string{"policy/b.rego", "nowhere/at/all"} {
		if _, err := fsys.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Revision(t.Context(), bounds(dir), "nonsense"); err == nil {
		t.Error("no error for a revision that does not exist")
	}
}

// A link in a revision leads nowhere: its target is not what was trusted.
func TestRevisionLink(t *testing.T) {
	dir := t.TempDir()
	repo, err := git.PlainInit(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, ".sekisho.yaml")); err != nil {
		t.Skip(err)
	}
	commit(t, repo)
	fsys, err := Revision(t.Context(), bounds(dir), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := fs.ReadFile(fsys, ".sekisho.yaml"); err == nil {
		t.Errorf("read %q", text)
	}
}

// The lines of a change are lines of the file as it is now, in order, and the
// lines outside them stand in the earlier file.
func FuzzChangedLines(f *testing.F) {
	f.Add("1\n2\n3\n", "1\ntwo\n3\n4")
	f.Add("", "a")
	f.Add("a\r\nb\r\n", "a\nb\n")
	f.Add("x\n", "")
	f.Fuzz(func(t *testing.T, before, now string) {
		last := 0
		changed := map[int]bool{}
		for _, s := range changedLines(before, now) {
			if s.First <= last-1 || s.Last < s.First || s.Last > strings.Count(now, "\n")+1 {
				t.Fatalf("lines %d to %d after %d", s.First, s.Last, last)
			}
			last = s.Last
			for n := s.First; n <= s.Last; n++ {
				changed[n] = true
			}
		}
		n := 0
		for line := range strings.Lines(now) {
			if n++; !changed[n] && utf8.ValidString(before) && utf8.ValidString(now) && !strings.Contains(before, strings.TrimSuffix(line, "\n")) {
				t.Errorf("line %d %q is new and not reported", n, line)
			}
		}
	})
}

func TestSince(t *testing.T) {
	dir := t.TempDir()
	repo, err := git.PlainInit(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"a.yaml": "1\n2\n3\n4\n5\n", "same.yaml": "x\n", "gone.yaml": "y\n", "late.yaml": "1\n2\n"})
	base := commit(t, repo)
	if err := repo.Storer.SetReference(plumbing.NewHashReference("refs/remotes/origin/main", base)); err != nil {
		t.Fatal(err)
	}

	// One change is committed, one only on disk, one not tracked at all.
	write(t, dir, map[string]string{"a.yaml": "1\n2\nthree\n4\n5\nsix\n", "sub/new.yaml": "n\n"})
	if err := os.Remove(filepath.Join(dir, "gone.yaml")); err != nil {
		t.Fatal(err)
	}
	commit(t, repo)
	write(t, dir, map[string]string{"late.yaml": "1\ntwo\n", "odd.yaml": "o\n"})

	set, err := Since(t.Context(), bounds(dir), "main")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := set.Files(), []string{"a.yaml", "gone.yaml", "late.yaml", "odd.yaml", "sub/new.yaml"}; !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	for _, tt := range []struct {
		file        string
		first, last int
		want        bool
	}{
		{"a.yaml", 1, 2, false},
		{"a.yaml", 3, 3, true},
		{"a.yaml", 1, 5, true},
		{"a.yaml", 4, 5, false},
		{"a.yaml", 6, 6, true},
		{"late.yaml", 1, 1, false},
		{"late.yaml", 2, 2, true},
		{"odd.yaml", 1, 1, true},
		{"sub/new.yaml", 1, 1, true},
		{"same.yaml", 1, 1, false},
		{"gone.yaml", 1, 1, false},
		{"nowhere.yaml", 1, 1, false},
	} {
		if got := set.Touches(tt.file, tt.first, tt.last); got != tt.want {
			t.Errorf("%s:%d-%d touched %v, want %v", tt.file, tt.first, tt.last, got, tt.want)
		}
	}

	if _, err := Since(t.Context(), bounds(dir), "nonsense"); err == nil {
		t.Error("an unknown revision is taken")
	}
}
