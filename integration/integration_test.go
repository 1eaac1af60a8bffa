// Package integration asks programs that others wrote to judge what Sekisho
// prints and how it runs: the validator of the SARIF standard, GitHub's
// description of its own interface, a runner of workflows, the library of Azure
// Pipelines' tasks, podman, pre-commit and Chromium. It holds tests only; each
// is one judge. Without SEKISHO_INTEGRATION=1 all are skipped, and a judge that
// is not installed is skipped with the command that installs it.
package integration

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// root is the repository's.
const root = ".."

// judge skips a test unless integration tests are asked for.
func judge(tb testing.TB) {
	tb.Helper()
	if os.Getenv("SEKISHO_INTEGRATION") == "" {
		tb.Skip("asks other programs: run it with make integration")
	}
}

// tool is the path of something that integration/install put into its folder,
// like node_modules/.bin/prism.
func tool(tb testing.TB, path string) string {
	tb.Helper()
	tools := os.Getenv("SEKISHO_TOOLS")
	if tools == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			tb.Fatal(err)
		}
		tools = filepath.Join(cache, "sekisho-integration")
	}
	file := filepath.Join(tools, filepath.FromSlash(path))
	if _, err := os.Stat(file); err != nil {
		tb.Skipf("%s is not installed: run integration/install", path)
	}
	return file
}

// command is the path of a program of the system.
func command(tb testing.TB, name string) string {
	tb.Helper()
	file, err := exec.LookPath(name)
	if err != nil {
		tb.Skipf("%s is not installed: run integration/install debian, or install it from your system", name)
	}
	return file
}

var built struct {
	sync.Once
	file string
	err  error
}

// sekisho is the program under test: what SEKISHO_BINARY names, else a build of
// this tree.
func sekisho(tb testing.TB) string {
	tb.Helper()
	built.Do(func() {
		if built.file = os.Getenv("SEKISHO_BINARY"); built.file != "" {
			built.file, built.err = filepath.Abs(built.file)
			return
		}
		dir, err := os.MkdirTemp("", "sekisho-integration-")
		if err != nil {
			built.err = err
			return
		}
		built.file = filepath.Join(dir, "sekisho")
		cmd := exec.Command("go", "build", "-trimpath", "-o", built.file, "./cmd/sekisho")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = errors.New(string(out))
		}
	})
	if built.err != nil {
		tb.Fatalf("build sekisho: %v", built.err)
	}
	return built.file
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.file != "" && os.Getenv("SEKISHO_BINARY") == "" {
		os.RemoveAll(filepath.Dir(built.file))
	}
	os.Exit(code)
}

// run runs a program and returns its output, stderr included, and exit code.
func run(tb testing.TB, dir string, env []string, name string, args ...string) (string, int) {
	tb.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second // a detached container keeps the pipe open
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		tb.Fatalf("%s: %v", name, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// must runs a program that has to succeed.
func must(tb testing.TB, dir string, env []string, name string, args ...string) string {
	tb.Helper()
	out, code := run(tb, dir, env, name, args...)
	if code != 0 {
		tb.Fatalf("%s %s: exit code %d\n%s", filepath.Base(name), strings.Join(args, " "), code, out)
	}
	return out
}

// write puts files into a folder; the names have slashes.
func write(tb testing.TB, dir string, files map[string]string) {
	tb.Helper()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
}

// demo is a copy of testdata/demo as a git repository of one commit.
func demo(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "testdata", "demo"))); err != nil {
		tb.Fatal(err)
	}
	commit(tb, dir)
	return dir
}

// commit makes a folder a git repository that holds all its files.
func commit(tb testing.TB, dir string) {
	tb.Helper()
	git := command(tb, "git")
	must(tb, dir, nil, git, "init", "--quiet", "--initial-branch=main")
	must(tb, dir, nil, git, "add", "--all")
	must(tb, dir, nil, git, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=test")
}
