package changes

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

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

	set, err := Since(dir, os.DirFS(dir), "main")
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

	if _, err := Since(dir, os.DirFS(dir), "nonsense"); err == nil {
		t.Error("an unknown revision is taken")
	}
}
