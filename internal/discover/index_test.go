package discover

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// TestTrackedFilesAreNotIgnored holds that an ignore rule hides nothing that
// was added to git all the same.
func TestTrackedFilesAreNotIgnored(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not here")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	for _, name := range []string{"hidden/deep/tracked.yaml", "hidden/deep/untracked.yaml", "later.yaml", "hidden/deeper/down/tracked.yaml"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(manifest), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("hidden/\n*.yaml\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("init", "-q")
	git("add", "-f", "hidden/deep/tracked.yaml", "hidden/deeper", ".gitignore")
	for _, version := range []string{"2", "4"} {
		git("update-index", "--index-version", version)
		found, failures, err := Discover(context.Background(), os.DirFS(dir), Options{})
		if err != nil || len(failures) > 0 {
			t.Fatal(failures, err)
		}
		want := "raw hidden/deep/tracked.yaml\nraw hidden/deeper/down/tracked.yaml\n"
		if got := short(found.Units); got != want {
			t.Errorf("index version %s: got\n%swant\n%s", version, got, want)
		}
	}
}

// Where there is an index that cannot be read, git's rules hide nothing; where
// there is none, they hold.
func TestIndexUnknown(t *testing.T) {
	fsys := fstest.MapFS{".gitignore": {Data: []byte("*.yaml\n")}, "a.yaml": {Data: []byte(manifest)}}
	for index, want := range map[string]string{"": "", "garbage": "raw a.yaml\n"} {
		if index != "" {
			fsys[".git/index"] = &fstest.MapFile{Data: []byte(index)}
		} else {
			delete(fsys, ".git/index")
		}
		found, failures, err := Discover(context.Background(), fsys, Options{})
		if err != nil || len(failures) > 0 {
			t.Fatal(failures, err)
		}
		if got := short(found.Units); got != want {
			t.Errorf("index %q: got %q, want %q", index, got, want)
		}
	}
}

// Ignore files can be read elsewhere, and then those of the tree do not count.
func TestIgnoreElsewhere(t *testing.T) {
	fsys := fstest.MapFS{
		".sekishoignore": {Data: []byte("*\n")}, "a.yaml": {Data: []byte(manifest)},
		"sub/b.yaml": {Data: []byte(manifest)}, "sub/c.yaml": {Data: []byte(manifest)},
	}
	elsewhere := fstest.MapFS{"sub/.sekishoignore": {Data: []byte("b.yaml\n")}}
	for _, paths := range [][]string{nil, {"a.yaml", "sub/b.yaml", "sub/c.yaml"}} {
		found, failures, err := Discover(context.Background(), fsys, Options{Paths: paths, Ignore: elsewhere})
		if err != nil || len(failures) > 0 {
			t.Fatal(failures, err)
		}
		if got, want := short(found.Units), "raw a.yaml\nraw sub/c.yaml\n"; got != want {
			t.Errorf("%v: got %q, want %q", paths, got, want)
		}
	}
}

// FuzzIndex holds that no index, however broken, stops the walk.
func FuzzIndex(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x01"))
	f.Add(append([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\x02"), make([]byte, 200)...))
	f.Fuzz(func(t *testing.T, index []byte) {
		fsys := fstest.MapFS{".git/index": {Data: index}, "a.yaml": {Data: []byte(manifest)}}
		found, failures, err := Discover(context.Background(), fsys, Options{})
		if err != nil || len(failures) > 0 || len(found.Units) != 1 {
			t.Fatal(found.Units, failures, err)
		}
	})
}
