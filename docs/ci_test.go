// Package docs_test holds what people copy to what it promises: the workflows
// of this repository, its actions, its templates and the examples of ci.md.
package docs_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/annotate/azure"
)

// file is a piece of YAML and where it stands.
type file struct {
	name string
	text string
}

func read(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// examples are the YAML examples of ci.md.
func examples(t *testing.T) []file {
	t.Helper()
	var out []file
	for i, m := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(read(t, "docs/ci.md"), -1) {
		out = append(out, file{fmt.Sprintf("docs/ci.md, example %d", i+1), m[1]})
	}
	if len(out) < 8 {
		t.Fatalf("only %d examples in ci.md", len(out))
	}
	return out
}

// workflows are all workflows: the repository's own and the examples.
func workflows(t *testing.T) []file {
	t.Helper()
	names, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	var out []file
	for _, name := range names {
		name = filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))
		out = append(out, file{name, read(t, name)})
	}
	for _, e := range examples(t) {
		if regexp.MustCompile(`(?m)^on:`).MatchString(e.text) {
			out = append(out, e)
		}
	}
	return out
}

func TestWorkflows(t *testing.T) {
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workflows(t) {
		problems, err := linter.Lint("workflow.yml", []byte(w.text), nil)
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		for _, p := range problems {
			t.Errorf("%s: line %d: %s", w.name, p.Line, p.Message)
		}
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct{ Permissions map[string]string }
		}
		decode(t, w, &workflow)
		if workflow.Permissions == nil || len(workflow.Permissions) > 0 {
			t.Errorf("%s: permissions at the top are %v, not {}", w.name, workflow.Permissions)
		}
		for name, job := range workflow.Jobs {
			if len(job.Permissions) == 0 {
				t.Errorf("%s: job %s does not say its permissions", w.name, name)
			}
		}
	}
}

func decode(t *testing.T, f file, v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(f.text), v); err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
}

var (
	// pinnedAction is an action of others, by commit, with the version as a comment.
	pinnedAction = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	// own is ours: at a commit only the reader knows, or the image of a release.
	own = regexp.MustCompile(`^(sekisho/sekisho(/setup|/\.github/workflows/scan\.yml)?@0{40}|docker://ghcr\.io/sekisho/sekisho@sha256:[0-9a-f]{64})$`)
)

// TestEverythingIsPinned: no tag can change what runs.
func TestEverythingIsPinned(t *testing.T) {
	files := append(workflows(t), file{"action.yml", read(t, "action.yml")}, file{"setup/action.yml", read(t, "setup/action.yml")})
	for _, f := range files {
		for _, m := range regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`).FindAllStringSubmatch(f.text, -1) {
			if !pinnedAction.MatchString(m[1]) && !own.MatchString(m[1]) {
				t.Errorf("%s: %s", f.name, m[1])
			}
		}
	}
	for line := range strings.Lines(read(t, "Dockerfile")) {
		if from, ok := strings.CutPrefix(line, "FROM "); ok && !strings.HasPrefix(from, "scratch ") && !regexp.MustCompile(`:[\w.-]+@sha256:[0-9a-f]{64} AS `).MatchString(from) {
			t.Errorf("Dockerfile: %s", line)
		}
	}
}

// TestNothingIsPasted: an expression in a script is run as part of it.
func TestNothingIsPasted(t *testing.T) {
	files := append(workflows(t),
		file{"setup/action.yml", read(t, "setup/action.yml")},
		file{"azure-pipelines/sekisho.yml", read(t, "azure-pipelines/sekisho.yml")},
		file{"azure-pipelines/container.yml", read(t, "azure-pipelines/container.yml")})
	for _, f := range append(files, examples(t)...) {
		var doc yaml.Node
		decode(t, f, &doc)
		scripts(&doc, func(line int, script string) {
			if strings.Contains(script, "${{") || strings.Contains(script, "$(System.") || strings.Contains(script, "$[") {
				t.Errorf("%s: line %d: a script with an expression in it", f.name, line)
			}
		})
	}
}

// scripts calls found for every value of run:, bash: or script:.
func scripts(n *yaml.Node, found func(line int, script string)) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && slices.Contains([]string{"run", "bash", "script"}, child.Value) {
			found(child.Line, n.Content[i+1].Value)
		}
		scripts(child, found)
	}
}

// TestInputs: both actions and the page speak of the same inputs, and setup
// hands every one of them over.
func TestInputs(t *testing.T) {
	type action struct {
		Inputs  yaml.Node
		Outputs yaml.Node
		Runs    struct {
			Steps []struct{ Env map[string]string }
		}
	}
	var docker, setup action
	decode(t, file{"action.yml", read(t, "action.yml")}, &docker)
	decode(t, file{"setup/action.yml", read(t, "setup/action.yml")}, &setup)
	keys := func(n yaml.Node) []string {
		var out []string
		for i := 0; i < len(n.Content); i += 2 {
			out = append(out, n.Content[i].Value)
		}
		return out
	}
	inputs := keys(docker.Inputs)
	if want := append([]string{"version", "binary", "scan"}, inputs...); !slices.Equal(keys(setup.Inputs), want) {
		t.Errorf("setup has the inputs %v, want %v", keys(setup.Inputs), want)
	}
	if want := append([]string{"path"}, keys(docker.Outputs)...); !slices.Equal(keys(setup.Outputs), want) {
		t.Errorf("setup has the outputs %v, want %v", keys(setup.Outputs), want)
	}
	page := read(t, "docs/ci.md")
	for _, name := range inputs {
		env := setup.Runs.Steps[1].Env["INPUT_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_")]
		if env != "${{ inputs."+name+" }}" {
			t.Errorf("setup hands input %s over as %q", name, env)
		}
		if !strings.Contains(page, "| `"+name+"` |") {
			t.Errorf("ci.md does not explain input %s", name)
		}
	}
}

// TestTemplates: the examples use parameters and hooks that exist.
func TestTemplates(t *testing.T) {
	var hooks []struct {
		ID, Language, Entry, Files string
		Serial                     bool `yaml:"require_serial"`
	}
	decode(t, file{".pre-commit-hooks.yaml", read(t, ".pre-commit-hooks.yaml")}, &hooks)
	known := map[string]bool{}
	for _, h := range hooks {
		known[h.ID] = true
		pattern, err := regexp.Compile(h.Files)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{
			"charts/a/values.yaml", "charts/a/templates/_helpers.tpl", "charts/a/templates/NOTES.txt", "a.yml", "a.json",
			"Dockerfile", "images/Dockerfile.worker", "worker.Dockerfile", "Containerfile", "kustomization", "app.properties",
		} {
			if !pattern.MatchString(name) {
				t.Errorf("hook %s passes over %s", h.ID, name)
			}
		}
		for _, name := range []string{"main.go", "README.md", "templates.go", "logo.png"} {
			if pattern.MatchString(name) {
				t.Errorf("hook %s looks at %s", h.ID, name)
			}
		}
		if !h.Serial || !strings.HasSuffix(h.Entry, "scan --quiet --max-lines 24") {
			t.Errorf("hook %+v", h)
		}
	}
	for _, e := range examples(t) {
		var example struct {
			Repos []struct{ Hooks []struct{ ID string } }
			Steps []map[string]any
			Jobs  yaml.Node
		}
		decode(t, e, &example)
		for _, r := range example.Repos {
			for _, h := range r.Hooks {
				if !known[h.ID] {
					t.Errorf("%s: no hook %s", e.name, h.ID)
				}
			}
		}
		uses := example.Steps
		if example.Jobs.Kind == yaml.SequenceNode {
			if err := example.Jobs.Decode(&uses); err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range uses {
			name, ok := step["template"].(string)
			if !ok {
				continue
			}
			var template struct{ Parameters []struct{ Name string } }
			name = strings.TrimSuffix(name, "@sekisho")
			decode(t, file{name, read(t, name)}, &template)
			given, _ := step["parameters"].(map[string]any)
			for p := range given {
				if !slices.ContainsFunc(template.Parameters, func(q struct{ Name string }) bool { return q.Name == p }) {
					t.Errorf("%s: %s has no parameter %s", e.name, name, p)
				}
			}
		}
	}
}

// TestAzureEnvironment: the template hands the container every variable the
// program asks for.
func TestAzureEnvironment(t *testing.T) {
	template := read(t, "azure-pipelines/sekisho.yml")
	env := func(name string) string {
		if !regexp.MustCompile(`--env ` + name + `\b`).MatchString(template) {
			t.Errorf("azure-pipelines/sekisho.yml does not hand over %s", name)
		}
		return cmp.Or(map[string]string{
			"TF_BUILD": "True", "BUILD_REPOSITORY_PROVIDER": "TfsGit", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/shop/",
		}[name], "7")
	}
	if azure.Detect(env) == nil {
		t.Error("no pipeline is detected")
	}
	if id, _ := azure.Run(env); id == "" {
		t.Error("the run has no identity")
	}
}

// bash runs a script, where there is bash.
func bash(t *testing.T, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the scripts run in CI's bash; here the paths would differ")
	}
	program, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestRepin: a release writes its digests into every file that names one.
func TestRepin(t *testing.T) {
	dir := t.TempDir()
	names := []string{"action.yml", ".github/workflows/scan.yml", ".pre-commit-hooks.yaml", "azure-pipelines/sekisho.yml", "azure-pipelines/container.yml", "setup/action.yml", "setup/checksums.txt", ".github/repin.sh"}
	put := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		put(name, read(t, name))
	}
	// The second release finds what the first one wrote.
	for i, version := range []string{"1.2.3", "1.3.0"} {
		image := "sha256:" + strings.Repeat(fmt.Sprint(i+1), 64)
		azure := "sha256:" + strings.Repeat(fmt.Sprint(i+5), 64)
		sum := strings.Repeat("c", 64) + "  sekisho_" + version + "_linux_amd64\n"
		put("sums", sum)
		if out, err := bash(t, dir, nil, ".github/repin.sh", version, image, azure, "sums"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for name, want := range map[string]string{
			"action.yml":                    "\n  image: docker://ghcr.io/sekisho/sekisho@" + image + "\n",
			".github/workflows/scan.yml":    "uses: docker://ghcr.io/sekisho/sekisho@" + image + "\n",
			".pre-commit-hooks.yaml":        "entry: ghcr.io/sekisho/sekisho@" + image + " scan --quiet --max-lines 24\n",
			"azure-pipelines/sekisho.yml":   "default: ghcr.io/sekisho/sekisho@" + image + "\n",
			"azure-pipelines/container.yml": "default: ghcr.io/sekisho/azure@" + azure + "\n",
			"setup/action.yml":              "this commit\n    default: \"" + version + "\"\n  binary:",
			"setup/checksums.txt":           "\n" + sum,
		} {
			src, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(src), want) {
				t.Errorf("%s: no %q in %s\n%s", version, want, name, src)
			}
		}
	}
	if _, err := bash(t, dir, nil, ".github/repin.sh", "1.2.3", "latest", "sha256:x", "sums"); err == nil {
		t.Error("a tag is taken for a digest")
	}
}

// TestInstall: only what the committed checksum names is installed.
func TestInstall(t *testing.T) {
	dir := t.TempDir()
	platform, err := bash(t, dir, nil, "-c", `case "$(uname -s)" in Linux) o=linux;; *) o=darwin;; esac; case "$(uname -m)" in x86_64|amd64) a=amd64;; *) a=arm64;; esac; echo "${o}_$a"`)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("the program"))
	// A curl that asks nobody: it writes what SERVED says.
	fake := "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = --output ] && out=$2; url=$1; shift; done\nprintf %s \"$SERVED\" >\"$out\"\necho \"$url\" >\"$RUNNER_TEMP/url\"\n"
	for name, text := range map[string]string{
		"bin/curl":      fake,
		"install.sh":    read(t, "setup/install.sh"),
		"checksums.txt": "# x\n" + hex.EncodeToString(sum[:]) + "  sekisho_1.2.3_" + strings.TrimSpace(platform) + "\n",
		"mine":          "my own",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, version, binary, served string
		want                          string // content of the program, "" for none
		says                          string
	}{
		{"released", "1.2.3", "", "the program", "the program", ""},
		{"forged", "1.2.3", "", "another program", "", "the checksum of sekisho_1.2.3_"},
		{"unknown version", "1.2.4", "", "the program", "", "no checksum of sekisho_1.2.4_"},
		{"no version", "latest", "", "the program", "", "give an exact version like 1.2.3"},
		{"pattern", "1.2..", "", "the program", "", "give an exact version"},
		{"binary", "", filepath.Join(dir, "mine"), "", "my own", ""},
		{"no binary", "", filepath.Join(dir, "nowhere"), "", "", "there is no file"},
		{"between releases", "1.2.3", "", "the program", "", "belongs to no release"},
		{"binary between releases", "", filepath.Join(dir, "mine"), "", "my own", ""},
	} {
		if tt.name == "between releases" { // the last two
			if err := os.WriteFile(filepath.Join(dir, "checksums.txt"), []byte(read(t, "setup/checksums.txt")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		temp := t.TempDir()
		out, err := bash(t, dir, []string{
			"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "RUNNER_TEMP=" + temp, "SERVED=" + tt.served,
			"SETUP_VERSION=" + tt.version, "SETUP_BINARY=" + tt.binary,
			"GITHUB_PATH=" + filepath.Join(temp, "path"), "GITHUB_OUTPUT=" + filepath.Join(temp, "output"),
		}, "install.sh")
		got, _ := os.ReadFile(filepath.Join(temp, "sekisho-bin", "sekisho"))
		if (err == nil) != (tt.says == "") || !strings.Contains(out, tt.says) || string(got) != tt.want {
			t.Errorf("%s: %v, %q, program %q", tt.name, err, out, got)
		}
		if _, err := os.Stat(filepath.Join(temp, "path")); (err == nil) != (tt.says == "") {
			t.Errorf("%s: the PATH: %v", tt.name, err)
		}
	}
}
