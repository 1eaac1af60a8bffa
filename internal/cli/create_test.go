package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestRewrite: a file is replaced whole, and only the one that was read.
func TestRewrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links and modes")
	}
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside.yaml")
	for file, text := range map[string]string{filepath.Join(dir, "a.yaml"): "old", outside: "old"} {
		if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	repo := &repository{dir: dir, root: root}
	for _, tt := range []struct{ file, was, wrong string }{
		{"a.yaml", "older", "has changed meanwhile"},
		{"link.yaml", "old", "is a symbolic link"},
		{"folder/outside.yaml", "old", "escapes"},
		{"../outside.yaml", "old", "escapes"},
		{"none.yaml", "old", "does not exist"},
		{"a.yaml", "old", ""},
	} {
		err := repo.rewrite(tt.file, []byte(tt.was), []byte("new"))
		if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "no such file", "does not exist"), tt.wrong)) {
			t.Errorf("%s: %v, want %q", tt.file, err, tt.wrong)
		}
	}
	if src, err := os.ReadFile(outside); string(src) != "old" {
		t.Errorf("the file outside holds %q, %v", src, err)
	}
	src, err := os.ReadFile(filepath.Join(dir, "a.yaml"))
	info, statErr := os.Stat(filepath.Join(dir, "a.yaml"))
	if string(src) != "new" || err != nil || statErr != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("holds %q with mode %v: %v, %v", src, info.Mode(), err, statErr)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 3 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestGitName(t *testing.T) {
	for name, want := range map[string]string{
		"a/x.yaml": "a/x.yaml", "a/b c.yaml": "a/b c.yaml\t", "a/\"x\"\n.yaml": `"a/\"x\"\012.yaml"`, "a/é.yaml": "a/é.yaml",
	} {
		if got := gitName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
