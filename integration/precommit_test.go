package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPreCommit has pre-commit read our manifest and run the hook of the
// installed program on a commit.
func TestPreCommit(t *testing.T) {
	judge(t)
	preCommit, git := command(t, "pre-commit"), command(t, "git")
	manifest, err := os.ReadFile(filepath.Join(root, ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	cache := []string{"PRE_COMMIT_HOME=" + t.TempDir()}
	must(t, root, cache, preCommit, "validate-manifest", ".pre-commit-hooks.yaml")

	// A hook repository needs the manifest alone for a system hook.
	hooks := t.TempDir()
	write(t, hooks, map[string]string{".pre-commit-hooks.yaml": string(manifest)})
	commit(t, hooks)

	// The name of the program under test may be another one.
	bin := t.TempDir()
	if err := os.Symlink(sekisho(t), filepath.Join(bin, "sekisho")); err != nil {
		t.Fatal(err)
	}
	env := append(cache, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	hook := func(dir string, args ...string) (string, int) {
		return run(t, dir, env, preCommit, append([]string{"try-repo", hooks, "sekisho-system", "--verbose"}, args...)...)
	}

	t.Run("a file with findings fails", func(t *testing.T) {
		out, code := hook(demo(t), "--files", "charts/shop/values.yaml", "README.md")
		if code == 0 || !strings.Contains(out, "charts/shop/") || strings.Contains(out, "manifests/") {
			t.Errorf("exit code %d; want findings of the chart alone\n%s", code, out)
		}
	})
	t.Run("a staged change", func(t *testing.T) {
		dir := demo(t)
		write(t, dir, map[string]string{
			"manifests/mine.yaml":     "apiVersion: v1\nkind: Pod\nmetadata:\n  name: mine\nspec:\n  hostPID: true\n  containers:\n  - name: a\n    image: a\n",
			".github/other.yaml":      "name: not Kubernetes'\n",
			"manifests/unstaged.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: unstaged\nspec:\n  hostPID: true\n",
		})
		must(t, dir, nil, git, "add", "manifests/mine.yaml", ".github/other.yaml")
		out, code := hook(dir)
		if code == 0 || !strings.Contains(out, "\nmanifests/mine.yaml:6:12: error: ") || strings.Contains(out, "unstaged") || strings.Contains(out, "other.yaml") {
			t.Errorf("exit code %d; want findings of mine.yaml, one at 6:12, and none elsewhere\n%s", code, out)
		}
	})
	t.Run("what is not Kubernetes' passes", func(t *testing.T) {
		dir := demo(t)
		write(t, dir, map[string]string{".github/other.yaml": "name: not Kubernetes'\n"})
		must(t, dir, nil, git, "add", ".github/other.yaml")
		if out, code := hook(dir); code != 0 {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
	t.Run("all files fit on a screen", func(t *testing.T) {
		out, code := hook(demo(t), "--all-files")
		_, shown, _ := strings.Cut(out, "- exit code: 1\n")
		if n := strings.Count(strings.TrimSpace(shown), "\n") + 1; code == 0 || n > 24 || !strings.Contains(shown, "objects in 11 units") {
			t.Errorf("exit code %d, %d lines\n%s", code, n, out)
		}
	})
	t.Run("a deletion alone needs no judge", func(t *testing.T) {
		dir := demo(t)
		must(t, dir, nil, git, "rm", "--quiet", "charts/shop/values.yaml")
		if out, code := hook(dir); code != 0 {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
	t.Run("no file of ours is skipped", func(t *testing.T) {
		if out, code := hook(demo(t), "--files", "README.md"); code != 0 || !strings.Contains(out, "Skipped") {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
}
