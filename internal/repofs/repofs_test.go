package repofs

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func open(t *testing.T) (string, *FS) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, tree("a.yaml", "a: 1\n", "sub/b.yaml", "b: 1\n", "large", strings.Repeat("x", 101))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, New(root, 100)
}

// tree are files: names, each with its text.
func tree(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1]), Mode: 0o600}
	}
	return m
}

func TestFS(t *testing.T) {
	dir, fsys := open(t)
	if err := os.Remove(filepath.Join(dir, "large")); err != nil {
		t.Fatal(err) // fstest reads all there is
	}
	if err := fstest.TestFS(fsys, "a.yaml", "sub/b.yaml"); err != nil {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	dir, fsys := open(t)
	for link, target := range map[string]string{"in": "a.yaml", "out": "/etc/hostname", "up": "../x", "zero": "/dev/zero", "loop": "loop"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	for name, want := range map[string]string{
		"a.yaml": "", "in": "", "large": "101 bytes are more than the limit of 100", "out": "escapes", "up": "escapes", "zero": "escapes",
		"loop": "", "sub/../a.yaml": "invalid", "../a": "invalid", "nowhere": "no such file", "sub": "",
	} {
		for what, read := range map[string]func() error{
			"read": func() error { _, err := fs.ReadFile(fsys, name); return err },
			"open": func() error {
				file, err := fsys.Open(name)
				if err == nil {
					file.Close()
				}
				return err
			},
		} {
			err := read()
			switch {
			case name == "large" && what == "open":
				if err != nil {
					t.Errorf("open %s: %v", name, err)
				}
			case name == "loop" || name == "sub" && what == "read":
				if err == nil {
					t.Errorf("%s %s: no error", what, name)
				}
			case (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want):
				t.Errorf("%s %s: got %v, want %q", what, name, err, want)
			}
		}
	}
}

// An overlay's files stand for those below, in folders of both.
func TestOver(t *testing.T) {
	below, fsys := open(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, tree("sub/b.yaml", "b: 2\n", "sub/c.yaml", "c: 1\n", "new/d.yaml", "d: 1\n")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	base, err := os.OpenRoot(below)
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	over := New(base, 200).Over(root)
	if err := fstest.TestFS(over, "a.yaml", "large", "sub/b.yaml", "sub/c.yaml", "new/d.yaml"); err != nil {
		t.Error(err)
	}
	if b, err := over.ReadFile("sub/b.yaml"); err != nil || string(b) != "b: 2\n" {
		t.Errorf("%q, %v", b, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "sub", Hidden), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sub", Hidden, "e.yaml"), []byte("e: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := over.ReadDir("sub")
	if err != nil || len(list) != 2 {
		t.Errorf("a folder lists %v, %v", list, err)
	}
	if b, err := over.ReadFile("sub/" + Hidden + "/e.yaml"); err != nil || string(b) != "e: 1\n" {
		t.Errorf("%q, %v", b, err)
	}
	if fsys.Over(nil) != fsys {
		t.Error("nothing laid over a tree is another tree")
	}
}
