package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// containersConf lets podman run as root inside of a container or a small
// virtual machine: no control groups to write to, no limits above our own.
const containersConf = `[containers]
cgroups = "disabled"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
`

// podman runs podman on a store of its own, which the test takes away.
type podman struct {
	store  string
	driver string // of the store
	env    []string
}

func newPodman(t *testing.T) *podman {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("podman's containers need Linux and root here")
	}
	command(t, "podman")
	command(t, "crun")
	p := &podman{store: t.TempDir(), driver: "overlay"}
	write(t, p.store, map[string]string{"containers.conf": containersConf})
	p.env = []string{"CONTAINERS_CONF=" + p.store + "/containers.conf", "REGISTRIES_CONFIG_PATH=/dev/null"}
	t.Cleanup(func() { p.run(t, "rm", "--all", "--force", "--time=0") })
	return p
}

// run runs one command in a mount namespace without the second hierarchy of
// control groups: crun takes the machine for a hybrid one where both are.
func (p *podman) run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	args = append([]string{
		"--mount", "sh", "-c", `umount /sys/fs/cgroup/unified 2>/dev/null; exec podman "$@"`, "sh",
		"--root", p.store + "/" + p.driver, "--runroot", p.store + "/run", "--storage-driver=" + p.driver,
	}, args...)
	return run(t, "", p.env, "unshare", args...)
}

func (p *podman) must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := p.run(t, args...)
	if code != 0 {
		t.Fatalf("podman %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// build builds both targets of the Dockerfile. Its base images, which are given
// by digest, are replaced by a Debian made here, with the Go and the module
// cache of this machine; all else is as it stands.
func (p *podman) build(t *testing.T) {
	debian := tool(t, "debian.tar")
	if _, code := p.run(t, "import", "--quiet", debian, "localhost/debian"); code != 0 {
		p.driver = "vfs" // slow, but asks nothing of the kernel
		if out, code := p.run(t, "import", "--quiet", debian, "localhost/debian"); code != 0 {
			t.Skipf("podman does not run on this machine: %s", out)
		}
	}
	golang := t.TempDir()
	write(t, golang, map[string]string{"Dockerfile": "FROM localhost/debian\nENV PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin GOPATH=/go GOPROXY=off\n"})
	if out, code := p.run(t, "build", "--quiet", "--tag=localhost/golang", golang); code != 0 {
		t.Skipf("podman builds nothing on this machine: %s", out)
	}

	src, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`(golang|debian):\S+@sha256:[0-9a-f]{64}`)
	if n := len(pinned.FindAll(src, -1)); n != 2 {
		t.Fatalf("%d base images are given by digest, want 2", n)
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"Dockerfile": pinned.ReplaceAllString(string(src), "localhost/$1")})

	// What the build downloads is brought here by the machine's own go.
	must(t, root, nil, "go", "mod", "download")
	var env struct{ GOROOT, GOMODCACHE, GOCACHE string }
	if err := json.Unmarshal([]byte(must(t, root, nil, "go", "env", "-json")), &env); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"azure", "sekisho"} {
		p.must(t, "build", "--quiet", "--network=none", "--target="+target, "--tag=localhost/"+target,
			"--build-arg=VERSION=1.2.3", "--build-arg=BUILDPLATFORM=linux/"+runtime.GOARCH, "--build-arg=TARGETARCH="+runtime.GOARCH,
			"--volume="+env.GOROOT+":/usr/local/go:ro", "--volume="+env.GOMODCACHE+":/go/pkg/mod", "--volume="+env.GOCACHE+":/root/.cache/go-build",
			"--file="+filepath.Join(dir, "Dockerfile"), "--ignorefile="+filepath.Join(root, ".dockerignore"), root)
	}
}

// TestImages builds both images and runs them the way GitHub's runner, the
// agent of Azure Pipelines and a person do.
func TestImages(t *testing.T) {
	judge(t)
	p := newPodman(t)
	p.build(t)

	t.Run("size and labels", func(t *testing.T) {
		var images []struct {
			Size   int64
			Config struct {
				User, WorkingDir string
				Entrypoint, Cmd  []string
				Labels           map[string]string
			}
		}
		if err := json.Unmarshal([]byte(p.must(t, "image", "inspect", "localhost/sekisho", "localhost/azure")), &images); err != nil {
			t.Fatal(err)
		}
		scratch, azure := images[0], images[1]
		t.Logf("%d MB from scratch", scratch.Size/1_000_000)
		if scratch.Size > 100_000_000 {
			t.Errorf("the scratch image has %d bytes, more than 100 MB", scratch.Size)
		}
		if len(scratch.Config.Entrypoint) != 1 || len(azure.Config.Entrypoint) != 0 {
			t.Errorf("entry points %q and %q: GitHub's needs one, the agent's must have none", scratch.Config.Entrypoint, azure.Config.Entrypoint)
		}
		for _, image := range images {
			if image.Config.User != "" {
				t.Errorf("the image sets user %q", image.Config.User)
			}
			if v := image.Config.Labels["org.opencontainers.image.version"]; v != "1.2.3" {
				t.Errorf("labelled as version %q", v)
			}
		}
	})

	t.Run("docker run", func(t *testing.T) {
		dir := demo(t)
		out, code := p.run(t, "run", "--rm", "--network=none", "--read-only", "--tmpfs=/tmp", "--user=1234:1234", "--cap-drop=ALL",
			"--volume="+dir+":/src:ro", "--workdir=/src", "localhost/sekisho", "scan", "--quiet")
		if code != 1 || !strings.Contains(out, "charts/shop/") {
			t.Errorf("exit code %d, want 1 and findings\n%s", code, out)
		}
	})

	t.Run("as an action", func(t *testing.T) {
		dir, runner := demo(t), t.TempDir()
		base := head(t, dir)
		write(t, dir, map[string]string{"manifests/mine.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: mine\nspec:\n  hostPID: true\n"})
		must(t, dir, nil, command(t, "git"), "add", "--all")
		must(t, dir, nil, command(t, "git"), "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=change")
		change := head(t, dir)
		// The runner's workspace belongs to its own user, and the container is root.
		must(t, "", nil, "chown", "-R", "1001:1001", dir)
		write(t, runner, map[string]string{
			"workflow/event.json":  fmt.Sprintf(`{"pull_request": {"number": 7, "base": {"sha": %q}, "head": {"sha": %q}}}`, base, change),
			"file_commands/output": "", "file_commands/summary": "",
		})
		out, code := p.run(t, "run", "--rm", "--network=none", "--workdir=/github/workspace",
			"--env=INPUT_FAIL-ON=warning", "--env=INPUT_CHANGED-ONLY=true", "--env=INPUT_SARIF-FILE=sekisho.sarif", "--env=INPUT_CONFIG=", "--env=HOME=/github/home",
			"--env=GITHUB_ACTIONS=true", "--env=CI=true", "--env=GITHUB_WORKSPACE=/github/workspace", "--env=GITHUB_REPOSITORY=example/shop",
			"--env=GITHUB_EVENT_NAME=pull_request", "--env=GITHUB_EVENT_PATH=/github/workflow/event.json", "--env=GITHUB_SHA="+change,
			"--env=GITHUB_API_URL=https://api.github.com", "--env=GITHUB_SERVER_URL=https://github.com",
			"--env=GITHUB_OUTPUT=/github/file_commands/output", "--env=GITHUB_STEP_SUMMARY=/github/file_commands/summary",
			"--volume="+runner+"/workflow:/github/workflow", "--volume="+runner+"/file_commands:/github/file_commands", "--volume="+dir+":/github/workspace",
			"localhost/sekisho", "action")
		if code != 1 || !regexp.MustCompile(`::error [^:]*file=manifests/mine\.yaml,`).MatchString(out) || strings.Contains(out, "charts/shop/values.yaml") {
			t.Errorf("exit code %d, want 1 and findings of the change alone\n%s", code, out)
		}
		for file, want := range map[string]string{
			filepath.Join(runner, "file_commands", "output"):  "sekisho.sarif",
			filepath.Join(runner, "file_commands", "summary"): "mine.yaml",
			filepath.Join(dir, "sekisho.sarif"):               `"host-namespace"`,
		} {
			if src, err := os.ReadFile(file); err != nil || !strings.Contains(string(src), want) {
				t.Errorf("%s does not mention %s (%v)", file, want, err)
			}
		}
	})

	// The script of the template itself, with a docker that is podman.
	t.Run("as a step of Azure Pipelines", func(t *testing.T) {
		var template struct {
			Steps []struct{ Bash string }
		}
		src, err := os.ReadFile(filepath.Join(root, "azure-pipelines", "sekisho.yml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(src, &template); err != nil || len(template.Steps) == 0 || template.Steps[0].Bash == "" {
			t.Fatalf("no script in the template (%v)", err)
		}
		dir, temp, bin := demo(t), t.TempDir(), t.TempDir()
		write(t, bin, map[string]string{"docker": "#!/bin/sh\ncommand=$1; shift\nexec unshare --mount sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec podman \"$@\"' sh " +
			"--root " + p.store + "/" + p.driver + " --runroot " + p.store + "/run --storage-driver=" + p.driver + " $command --network=none \"$@\"\n"})
		if err := os.Chmod(filepath.Join(bin, "docker"), 0o755); err != nil {
			t.Fatal(err)
		}
		env := slices.Concat(p.env, pipeline, []string{
			"PATH=" + bin + ":" + os.Getenv("PATH"), "BUILD_SOURCESDIRECTORY=" + dir, "AGENT_TEMPDIRECTORY=" + temp, "BUILD_REPOSITORY_URI=https://dev.azure.com/shop/shop/_git/shop",
			"BUILD_SOURCEVERSION=" + head(t, dir), "SEKISHO_IMAGE=localhost/sekisho",
			"INPUT_PATHS=.", "INPUT_CONFIG=", "INPUT_FAIL_ON=error", "INPUT_PROFILE=default", "INPUT_REVIEW=false", "INPUT_CHANGED_ONLY=false",
		})
		out, code := run(t, dir, env, "bash", "-c", template.Steps[0].Bash)
		if code != 1 || !strings.Contains(out, "##vso[task.logissue type=error;sourcepath=charts/shop/") {
			t.Errorf("exit code %d, want 1 and issues\n%s", code, out)
		}
		summary := regexp.MustCompile(`##vso\[task\.uploadsummary\](\S+)`).FindStringSubmatch(out)
		if summary == nil {
			t.Fatalf("no summary\n%s", out)
		}
		if text := read(t, filepath.Dir(summary[1]), filepath.Base(summary[1])); !strings.Contains(text, "](https://dev.azure.com/shop/shop/_git/shop?path=") {
			t.Errorf("the summary has no links\n%s", text)
		}
		if sarif := read(t, temp, "sekisho/sekisho.sarif"); !strings.Contains(sarif, "azuredevops/pipeline/build/shop/") {
			t.Error("the SARIF file does not name its run")
		}
		validate(t, filepath.Join(temp, "sekisho", "sekisho.sarif"))
	})

	t.Run("as a container job", func(t *testing.T) {
		dir, temp := demo(t), t.TempDir()
		must(t, "", nil, "chown", "-R", "1001:1001", dir, temp)
		for parent := filepath.Dir(temp); len(parent) > len(os.TempDir()); parent = filepath.Dir(parent) {
			if err := os.Chmod(parent, 0o755); err != nil { // the tests' own folders are closed to others
				t.Fatal(err)
			}
		}
		// The agent keeps the container alive, adds its user, and runs each step
		// as that user, by number, with bash.
		id := strings.TrimSpace(p.must(t, "run", "--detach", "--network=none", "--volume="+dir+":"+dir, "--volume="+temp+":"+temp, "localhost/azure", "sleep", "600"))
		p.must(t, "exec", "--user=0", id, "bash", "-c", "useradd --create-home --uid 1001 agent_azpcontainer && getent passwd agent_azpcontainer")
		args := []string{"exec", "--user=1001", "--workdir=" + dir, "--env=AGENT_TEMPDIRECTORY=" + temp, "--env=INPUT_SARIF_FILE=" + temp + "/sarif/sekisho.sarif"}
		for _, variable := range pipeline {
			args = append(args, "--env="+variable)
		}
		out, code := p.run(t, append(args, id, "bash", "-c", "sekisho action")...)
		if code != 1 || !strings.Contains(out, "##vso[task.logissue type=error;sourcepath=") {
			t.Errorf("exit code %d, want 1 and issues\n%s", code, out)
		}
		if m := regexp.MustCompile(`##vso\[task\.uploadsummary\](\S+)`).FindStringSubmatch(out); m == nil {
			t.Errorf("no summary\n%s", out)
		} else if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("the summary is not where the agent looks for it: %v", err)
		}
		validate(t, filepath.Join(temp, "sarif", "sekisho.sarif"))
	})
}
