// Package corpus gives tests the public collections of charts and overlays,
// when they are at hand: archives in ../shared/corpora beside the repository,
// or in the folder that SEKISHO_CORPORA names. They are unpacked once into the
// user's cache, never into the project.
package corpus

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Dir returns the folder that holds the named collection ("bitnami", "prom",
// "kubeflow"). Without the archive the test is skipped.
func Dir(tb testing.TB, name string) string {
	tb.Helper()
	archive := filepath.Join(archives(tb), name+".tar.xz")
	info, err := os.Stat(archive)
	if err != nil {
		tb.Skipf("collection %s is not here: %v", name, err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	// The archive's date is in the name: a newer archive is unpacked anew.
	dir := filepath.Join(cache, "sekisho-corpora", info.ModTime().UTC().Format("20060102150405"))
	done := filepath.Join(dir, name)
	if _, err := os.Stat(done); err == nil {
		return done
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	// Test binaries run side by side: each unpacks into a folder of its own,
	// and the first to finish gives it the final name.
	tmp, err := os.MkdirTemp(dir, "unpack-")
	if err != nil {
		tb.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	if out, err := exec.Command("tar", "xJf", archive, "-C", tmp).CombinedOutput(); err != nil {
		tb.Fatalf("unpack %s: %v: %s", archive, err, out)
	}
	if err := os.Rename(filepath.Join(tmp, name), done); err != nil {
		if _, statErr := os.Stat(done); statErr != nil {
			tb.Fatal(err)
		}
	}
	return done
}

// Long skips a test that reads whole collections unless SEKISHO_CORPUS is set,
// as `make corpus` does.
func Long(tb testing.TB) {
	tb.Helper()
	if os.Getenv("SEKISHO_CORPUS") == "" {
		tb.Skip("reads a whole collection: run it with make corpus")
	}
}

// archives is SEKISHO_CORPORA, else ../shared/corpora beside the repository.
func archives(tb testing.TB) string {
	if dir := os.Getenv("SEKISHO_CORPORA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "cmd", "sekisho")); err == nil {
			return filepath.Join(dir, "..", "shared", "corpora")
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Skip("not inside the repository")
		}
		dir = parent
	}
}
