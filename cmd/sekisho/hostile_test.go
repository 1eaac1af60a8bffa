package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
)

// hostile is a repository that means harm, or looks like it. Beside what
// build writes lies a manifest with a finding that must be reported all the
// same.
type hostile struct {
	name  string
	build func(r *repo)
	// exit is the code the run must end with; 0 stands for 3, "incomplete". A
	// repository that is only odd gives 1 for the finding in the healthy
	// manifest, a configuration that cannot be used gives 2 and no report.
	exit int
	// culprit is the file that a failure, or the message of exit code 2, must
	// name; "" where all is well.
	culprit string
	// says is a pattern for the message about the culprit.
	says string
	args []string
	// slow repositories use up a time-out or a whole memory limit, heavy ones
	// are much work: few of both run at once, so that the limits of the others
	// mean something.
	slow, heavy bool
}

const (
	hostileTime   = 4 * time.Second // of a unit that is slow, see --timeout
	hostileMemory = "512MiB"
	// hostileRun is when a run counts as hanging. Far above what any takes:
	// the machine may be busy.
	hostileRun = 3 * time.Minute
)

// Canaries stand where a repository has no business. None may show up in
// anything the program writes.
const (
	canaryEnv  = "canary-of-the-environment-6c1d"
	canaryFile = "canary-of-another-folder-93ab"
)

// healthy is the manifest beside the harm; its finding is on line 11.
const healthy = `apiVersion: v1
kind: Pod
metadata:
  name: healthy
spec:
  containers:
  - name: app
    image: registry.example/app:1.0.0
  volumes:
  - name: host
    hostPath:
      path: /var/run/healthy
`

// raceDetector tells whether the test, and with it the program, is built with it.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// TestHostile runs the program on repositories that try to make it hang, die,
// leak, reach out, execute, or speak to the CI system. Whatever they do, the
// run ends, says what was not judged, and reports the rest.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	program, err := exec.LookPath("sekisho")
	if err != nil {
		t.Fatal(err)
	}
	few := make(chan struct{}, 2)
	names := map[string]bool{}
	for _, h := range slices.Concat(hostileCharts(), hostileKustomizations(), hostileTexts(), hostilePolicies(), hostileNames(), hostileFiles(), hostileGit(), hostileGitFiles()) {
		if names[h.name] {
			t.Errorf("two repositories are called %q", h.name)
		}
		names[h.name] = true
		t.Run(h.name, func(t *testing.T) {
			if raceDetector() && (h.slow || h.heavy) {
				t.Skip("the race detector needs the time and the memory that are limited here")
			}
			t.Parallel()
			r := newRepo(t)
			h.build(r)
			if h.slow || h.heavy {
				few <- struct{}{}
				defer func() { <-few }()
			}
			h.run(t, r, program)
		})
	}
	if len(names) < 60 {
		t.Errorf("only %d hostile repositories", len(names))
	}
}

func (h hostile) run(t *testing.T, r *repo, program string) {
	reports := filepath.Join(r.top, "reports")
	before := r.snapshot(t)
	args := []string{"scan", "--memory", hostileMemory}
	if h.slow {
		args = append(args, "--timeout", hostileTime.String())
	}
	for _, format := range report.Formats() {
		args = append(args, "--format", format+"="+filepath.Join(reports, format))
	}
	ctx, cancel := context.WithTimeout(t.Context(), hostileRun)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append(args, h.args...)...)
	cmd.Dir = r.dir
	home := filepath.Join(r.top, "home")
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "TMP=" + home, "SystemRoot=" + os.Getenv("SystemRoot"),
		"SEKISHO_TEST_CANARY=" + canaryEnv, "GITHUB_TOKEN=" + canaryEnv, "GITHUB_ACTIONS=true", "TF_BUILD=True",
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began).Round(time.Millisecond)
	if ctx.Err() != nil {
		t.Fatalf("no end within %v\n%s", hostileRun, clip(stderr.String()))
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	code := cmd.ProcessState.ExitCode()
	t.Logf("exit code %d after %v", code, took)

	outputs := map[string]string{"stdout": stdout.String(), "stderr": stderr.String()}
	for _, format := range report.Formats() {
		if b, err := os.ReadFile(filepath.Join(reports, format)); err == nil {
			outputs[format] = string(b)
		}
	}
	want := h.exit
	if want == 0 {
		want = 3
	}
	if code != want {
		t.Errorf("exit code %d, want %d\n%s", code, want, clip(stderr.String()+outputs["text"]))
	}
	if want == 2 {
		if !strings.Contains(stderr.String(), h.culprit) || !regexp.MustCompile(h.says).MatchString(stderr.String()) {
			t.Errorf("want %q and %q in\n%s", h.culprit, h.says, clip(stderr.String()))
		}
	} else {
		h.judgeResult(t, outputs["json"])
	}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		for _, canary := range []string{canaryEnv, canaryFile} {
			if i := strings.Index(outputs[name], canary); i >= 0 {
				t.Errorf("%s leaks a canary: %q", name, outputs[name][max(0, i-200):i+len(canary)])
			}
		}
		if lines := obeyed(name, outputs[name]); len(lines) > 0 {
			t.Errorf("%s makes a CI system obey: %q", name, lines[:min(3, len(lines))])
		}
	}
	if after := r.snapshot(t); !maps.Equal(before, after) {
		for _, name := range slices.Sorted(maps.Keys(after)) {
			if before[name] != after[name] {
				t.Errorf("wrote %s: %s, was %s", name, after[name], before[name])
			}
		}
		for _, name := range slices.Sorted(maps.Keys(before)) {
			if _, ok := after[name]; !ok {
				t.Errorf("removed %s", name)
			}
		}
	}
	if left := leftBehind(r.top); len(left) > 0 {
		t.Errorf("left processes behind: %v", left)
	}
	if r.listener != nil {
		r.listener.Close()
		if from, asked := <-r.asked; asked {
			t.Errorf("reached out: a connection from %s", from)
		}
	}
}

// judgeResult looks for the healthy manifest's finding and for the culprit.
func (h hostile) judgeResult(t *testing.T, text string) {
	var result model.Result
	if err := json.Unmarshal([]byte(text), &result); err != nil {
		t.Errorf("the JSON report: %v", err)
		return
	}
	if !slices.ContainsFunc(result.Findings, func(f model.Finding) bool {
		return f.Rule == "host-path-volume" && f.Location.File == "healthy/pod.yaml" && f.Location.StartLine == 11 && f.Suppressed == nil
	}) {
		t.Errorf("the finding of the healthy manifest is gone")
	}
	if h.culprit == "" {
		if len(result.Failures) > 0 {
			t.Errorf("failures in a repository that is only odd: %+v", result.Failures[:min(3, len(result.Failures))])
		}
		return
	}
	says := regexp.MustCompile(h.says)
	if !slices.ContainsFunc(result.Failures, func(f model.Failure) bool { return f.File == h.culprit && says.MatchString(f.Message) }) {
		var got []string
		for _, f := range result.Failures[:min(5, len(result.Failures))] {
			got = append(got, clip(fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)))
		}
		t.Errorf("no failure names %s and matches %q; failures: %q", h.culprit, h.says, got)
	}
}

var (
	anyLineEnd = regexp.MustCompile("[\n\r\v\f\u0085\u2028\u2029]")
	anywhere   = regexp.MustCompile(`(?i)##(vso)?\[`)
	atStart    = regexp.MustCompile(`^(\x1b\[[0-9;]*[A-Za-z]|[\s\p{Z}\p{Cc}\p{Cf}])*::`)
	// What the program itself may say, escaped as the hosts want it.
	githubSays = regexp.MustCompile(`^::(error|warning|notice)( [a-zA-Z]+=[^:,\r\n]*(,[a-zA-Z]+=[^:,\r\n]*)*)?::`)
	azureSays  = regexp.MustCompile(`^##vso\[task\.logissue type=(error|warning)(;[a-z]+=[^;\]\r\n]*)*;?\]`)
)

// obeyed finds the lines that a CI system would act on, more strictly than any
// of them does. The reports in a CI system's own language may say what that
// report is for.
func obeyed(format, out string) []string {
	var found []string
	for _, line := range anyLineEnd.Split(out, -1) {
		switch format {
		case "github":
			line = githubSays.ReplaceAllString(line, "")
		case "azure":
			line = azureSays.ReplaceAllString(line, "")
		}
		if anywhere.MatchString(line) || atStart.MatchString(line) {
			found = append(found, clip(line))
		}
	}
	return found
}

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 1500 {
		return s[:1000] + " … " + s[len(s)-500:]
	}
	return s
}

// repo builds a repository.
type repo struct {
	tb       testing.TB
	top      string // of everything
	dir      string // the repository
	outside  string // a folder beside it, with the canary in file "secret"
	listener net.Listener
	asked    chan string
}

func newRepo(tb testing.TB) *repo {
	top := tb.TempDir()
	r := &repo{tb: tb, top: top, dir: filepath.Join(top, "repo"), outside: filepath.Join(top, "outside")}
	for _, dir := range []string{"repo/.git", "reports", "home", "outside"} {
		r.check(os.MkdirAll(filepath.Join(top, dir), 0o755))
	}
	r.file("healthy/pod.yaml", healthy)
	r.write(filepath.Join(r.outside, "secret"), canaryFile+"\n")
	r.write(filepath.Join(r.outside, "values.yaml"), "password: "+canaryFile+"\n")
	r.write(filepath.Join(r.outside, "pod.yaml"), strings.ReplaceAll(healthy, "healthy", canaryFile))
	r.write(filepath.Join(r.outside, "chart/Chart.yaml"), "apiVersion: v2\nname: outsider\nversion: 1.0.0\n")
	r.write(filepath.Join(r.outside, "chart/templates/pod.yaml"), strings.ReplaceAll(healthy, "healthy", canaryFile))
	r.write(filepath.Join(r.outside, "base/kustomization.yaml"), "resources: [pod.yaml]\n")
	r.write(filepath.Join(r.outside, "base/pod.yaml"), strings.ReplaceAll(healthy, "healthy", canaryFile))
	return r
}

func (r *repo) check(err error) {
	r.tb.Helper()
	if err != nil {
		r.tb.Fatal(err)
	}
}

func (r *repo) write(name, text string) {
	r.tb.Helper()
	r.check(os.MkdirAll(filepath.Dir(name), 0o755))
	r.check(os.WriteFile(name, []byte(text), 0o644))
}

// path is where a file of the repository is on this machine.
func (r *repo) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// file writes a file of the repository.
func (r *repo) file(name, text string) {
	r.tb.Helper()
	r.write(r.path(name), text)
}

// chart writes a chart with one template, templates/a.yaml.
func (r *repo) chart(template string) {
	r.tb.Helper()
	r.file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
	r.file("chart/templates/a.yaml", template)
}

// kustomization writes one with the pod of file pod.yaml among its resources.
func (r *repo) kustomization(text string) {
	r.tb.Helper()
	r.file("kustom/kustomization.yaml", text)
	r.file("kustom/pod.yaml", strings.ReplaceAll(healthy, "healthy", "kustom"))
}

// url is the address of a server that nobody may ask.
func (r *repo) url() string {
	if r.listener == nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		r.check(err)
		r.listener, r.asked = l, make(chan string, 1)
		go func() {
			defer close(r.asked)
			if c, err := l.Accept(); err == nil {
				r.asked <- c.RemoteAddr().String()
				c.Close()
			}
		}()
		r.tb.Cleanup(func() { l.Close() })
	}
	return "http://" + r.listener.Addr().String()
}

// snapshot is the state of every file: mode, size, time, content or target.
func (r *repo) snapshot(tb testing.TB) map[string]string {
	state := map[string]string{}
	for _, dir := range []string{"repo", "outside", "home"} {
		err := filepath.WalkDir(filepath.Join(r.top, dir), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return fs.SkipDir // unreadable on purpose
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			s := fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
			switch {
			case info.Mode().IsRegular() && info.Mode().Perm()&0o400 != 0:
				s += " " + hashFile(tb, name)
			case info.Mode()&fs.ModeSymlink != 0:
				target, err := os.Readlink(name)
				if err != nil {
					return err
				}
				s += " " + target
			}
			state[strings.TrimPrefix(name, r.top)] = s
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return state
}

func hashFile(tb testing.TB, name string) string {
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}
