package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/downloader"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/registry"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/fetch/fetchtest"
)

const (
	pod          = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec:\n  containers:\n  - name: app\n    image: registry.example/app:1.0.0\n"
	hostPIDPatch = "apiVersion: v1\nkind: Pod\nmetadata: {name: far}\nspec: {hostPID: true}\n"
)

// networkRepo is a repository of its own with what others serve for it.
type networkRepo struct {
	*repo
	temp  string
	words *strings.Replacer
}

// newNetworkRepo starts the servers and writes files, in which WEB, OCI and GIT
// stand for their addresses.
func newNetworkRepo(t *testing.T, files map[string]string) *networkRepo {
	db := fetchtest.Chart{Name: "db", Version: "1.1.0", Files: map[string]string{
		"values.yaml":        "hostPID: false\nhostNetwork: true\nsecurityContext: {}\n",
		"templates/pod.yaml": strings.Replace(pod, "NAME", "{{ .Release.Name }}-{{ .Chart.Name }}", 1) + "    securityContext: {{ toJson .Values.securityContext }}\n  hostPID: {{ .Values.hostPID }}\n  hostNetwork: {{ .Values.hostNetwork }}\n",
	}}
	newer := db
	newer.Version = "1.2.0"
	served := map[string]string{
		"index.yaml": fetchtest.Index(db, newer), db.File(): string(db.Archive()), newer.File(): string(newer.Archive()),
		"far.yaml": strings.Replace(pod, "NAME", "far", 1) + "  hostIPC: true\n", "patch.yaml": hostPIDPatch, "app.conf": "a=b\n",
	}
	web, _ := fetchtest.Serve(t, served, nil)
	oci, _ := fetchtest.Registry(t, db, newer)
	git := t.TempDir()
	fetchtest.Commit(t, filepath.Join(git, "org/repo"), map[string]string{
		"base/kustomization.yaml":      "resources:\n- ../lib\n- " + web + "/far.yaml\n- pod.yaml\npatches:\n- path: " + web + "/patch.yaml\n",
		"base/pod.yaml":                strings.Replace(pod, "NAME", "near", 1),
		"lib/kustomization.yaml":       "resources: [pod.yaml]\n",
		"lib/pod.yaml":                 strings.Replace(pod, "NAME", "lib", 1) + "  hostNetwork: true\n",
		"component/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -far\n",
		"broken/kustomization.yaml":    "resources:\n- none.yaml\n",
		"out/kustomization.yaml":       "resources:\n- ../../../../o\n",
		"chart/kustomization.yaml":     "helmCharts:\n- name: db\n  repo: " + web + "\n  version: 1.1.0\n  releaseName: r\n",
	})
	address, _ := fetchtest.RealGit(t, git)
	r := &networkRepo{newRepo(t), t.TempDir(), strings.NewReplacer("WEB", web, "OCI", oci, "GIT", address+"/org/repo")}
	for name, text := range files {
		r.file(name, r.words.Replace(text))
	}
	return r
}

// run runs the program.
func (r *networkRepo) run(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command("sekisho", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+r.temp)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the code tells
	if left, err := os.ReadDir(r.temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestNetwork scans what is partly elsewhere. What is found stands on lines of
// the repository, and the repository is as before.
func TestNetwork(t *testing.T) {
	chart := func(repository string) map[string]string {
		return map[string]string{
			"app/Chart.yaml":  "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- name: db\n  version: 1.x.x\n  repository: \"" + repository + "\"\n",
			"app/values.yaml": "db:\n  hostPID: true\n",
		}
	}
	ofCharts := []string{"app/Chart.yaml:5:9 directive parent hostNetwork", "app/values.yaml:2:12 value exact hostPID"}
	for _, tt := range []struct {
		name  string
		files map[string]string
		// want are host-namespace findings: place, role, precision and field.
		want []string
	}{
		{"chart of a repository", chart("WEB"), ofCharts},
		{"chart of a registry", chart("OCI"), ofCharts},
		{"chart of a chart", map[string]string{
			"lib/Chart.yaml":  "apiVersion: v2\nname: lib\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.1.0, repository: WEB}\n",
			"lib/values.yaml": "db: {hostPID: true}\n",
			"app/Chart.yaml":  "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1.0.0, repository: file://../lib}\n",
		}, []string{"lib/Chart.yaml:5:10 directive parent hostNetwork", "lib/values.yaml:1:15 value exact hostPID"}},
		{"resource", map[string]string{"o/kustomization.yaml": "resources:\n- WEB/far.yaml\n"}, []string{"o/kustomization.yaml:2:3 directive parent hostIPC"}},
		{"patch", map[string]string{
			"o/kustomization.yaml": "resources: [far.yaml]\npatches:\n- path: WEB/patch.yaml\n", "o/far.yaml": strings.Replace(pod, "NAME", "far", 1),
		}, []string{"o/kustomization.yaml:3:9 directive parent hostPID"}},
		{"base", map[string]string{
			"o/kustomization.yaml": "namePrefix: a-\nresources:\n- GIT//base\n",
		}, []string{"o/kustomization.yaml:3:3 directive parent hostIPC", "o/kustomization.yaml:3:3 directive parent hostNetwork", "o/kustomization.yaml:3:3 directive parent hostPID"}},
		{"patched base", map[string]string{
			"o/kustomization.yaml": "resources:\n- GIT//base?ref=master\npatches:\n- target: {name: near}\n  patch: |\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: near}\n    spec: {hostPID: true}\n",
		}, []string{"o/kustomization.yaml:2:3 directive parent hostIPC", "o/kustomization.yaml:2:3 directive parent hostNetwork", "o/kustomization.yaml:2:3 directive parent hostPID", "o/kustomization.yaml:9:21 patch exact hostPID"}},
		{"component", map[string]string{
			"o/kustomization.yaml": "components:\n- GIT//component?ref=master&submodules=false\nresources:\n- pod.yaml\n", "o/pod.yaml": strings.Replace(pod, "NAME", "a", 1) + "  hostPID: true\n",
		}, []string{"o/pod.yaml:8:12 source exact hostPID"}},
		{"pulled chart", map[string]string{
			"o/kustomization.yaml": "helmCharts:\n- name: db\n  repo: WEB\n  version: 1.1.0\n  valuesInline:\n    hostPID: true\n",
		}, []string{"o/kustomization.yaml:2:3 directive parent hostNetwork", "o/kustomization.yaml:6:14 value exact hostPID"}},
		{"chart pulled from a registry", map[string]string{
			"o/kustomization.yaml": "helmCharts:\n- name: db\n  repo: OCI\n",
		}, []string{"o/kustomization.yaml:2:3 directive parent hostNetwork"}},
		{"chart pulled by a base", map[string]string{
			"o/kustomization.yaml": "resources:\n- GIT//chart\n",
		}, []string{"o/kustomization.yaml:2:3 directive parent hostNetwork"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newNetworkRepo(t, tt.files)
			before := r.snapshot(t)
			out, errs, code := r.run(t, r.dir, "scan", "--allow-network", "--format", "json")
			var result model.Result
			if err := json.Unmarshal([]byte(out), &result); err != nil || code != 1 {
				t.Fatalf("exit code %d, %v\n%s%s", code, err, errs, out)
			}
			var got []string
			for _, f := range result.Findings {
				if f.Rule == "host-namespace" {
					l := f.Location
					got = append(got, fmt.Sprintf("%s:%d:%d %s %s %s", l.File, l.StartLine, l.StartColumn, l.Role, l.Precision, f.Path[len(f.Path)-1]))
				}
				for _, l := range append(f.Related, f.Location) {
					if _, err := os.Stat(r.path(l.File)); err != nil {
						t.Errorf("%s is about a file that is not here: %v", f.Rule, l)
					}
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if after := r.snapshot(t); !maps.Equal(before, after) {
				t.Errorf("the repository was written to: %v", after)
			}
			out, _, code = r.run(t, r.dir, "scan", "--format", "json")
			if code != 3 || !strings.Contains(out, "--allow-network") {
				t.Errorf("without the flag: exit code %d\n%s", code, out)
			}
		})
	}
}

// TestNetworkLikeStock renders as helm dependency build and helm template, or
// kustomize build, do on a copy.
func TestNetworkLikeStock(t *testing.T) {
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	r := newNetworkRepo(t, map[string]string{
		"web/Chart.yaml":       "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.x.x, repository: WEB}\n- {name: db, alias: other, version: 1.1.0, repository: WEB}\n",
		"oci/Chart.yaml":       "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {name: db, version: ~1.1, repository: \"OCI\"}\n",
		"o/kustomization.yaml": "namePrefix: a-\nresources:\n- GIT//base?ref=master\n- pod.yaml\ncomponents:\n- GIT//component\nconfigMapGenerator:\n- name: c\n  files:\n  - WEB/app.conf\n  - other.conf=WEB/app.conf\n",
		"o/pod.yaml":           strings.Replace(pod, "NAME", "a", 1),
	})
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(r.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(copied, ".git"), 0o755); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	for _, chart := range []string{"web", "oci"} {
		dependencyBuild(t, filepath.Join(copied, chart))
		want, errs, code := r.run(t, copied, "render", chart)
		if code != 0 {
			t.Fatal(errs)
		}
		got, errs, code := r.run(t, r.dir, "render", "--allow-network", chart)
		if got != want || code != 0 || got == "" {
			t.Errorf("%s: %s\ngot  %s\nwant %s", chart, errs, got, want)
		}
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the command has it
	rm, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), filepath.Join(copied, "o"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := rm.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	got, errs, code := r.run(t, r.dir, "render", "--allow-network", "o")
	if got != string(want) || code != 0 {
		t.Errorf("%s\ngot  %s\nwant %s", errs, got, want)
	}
}

// dependencyBuild is helm dependency build, with nothing of the user's.
func dependencyBuild(t *testing.T, dir string) {
	t.Helper()
	home := t.TempDir()
	client, err := registry.NewClient(registry.ClientOptPlainHTTP(), registry.ClientOptWriter(io.Discard), registry.ClientOptCredentialsFile(filepath.Join(home, "none.json")))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HELM_CACHE_HOME", home)
	m := &downloader.Manager{
		Out: io.Discard, ChartPath: dir, Getters: getter.All(cli.New()), RegistryClient: client,
		RepositoryConfig: filepath.Join(home, "repositories.yaml"), RepositoryCache: filepath.Join(home, "repository"),
	}
	if err := m.Build(); err != nil {
		t.Fatal(err)
	}
}

// TestNetworkFailures says what could not be had, and judges everything else.
func TestNetworkFailures(t *testing.T) {
	r := newNetworkRepo(t, map[string]string{
		"good/Chart.yaml":         "apiVersion: v2\nname: good\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.x.x, repository: WEB}\n",
		"gone/Chart.yaml":         "apiVersion: v2\nname: gone\nversion: 1.0.0\ndependencies:\n- name: none\n  version: 1.x.x\n  repository: WEB\n- {name: db, version: 1.x.x, repository: WEB}\n",
		"user/Chart.yaml":         "apiVersion: v2\nname: user\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.x.x, repository: \"http://me:secret@127.0.0.1:1\"}\n",
		"locked/Chart.yaml":       "apiVersion: v2\nname: locked\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.x.x, repository: WEB}\n",
		"locked/Chart.lock":       "dependencies:\n- name: db\n  repository: WEB\n  version: 1.1.0\ndigest: sha256:00\n",
		"o/kustomization.yaml":    "resources:\n- WEB/none.yaml\n",
		"p/kustomization.yaml":    "resources:\n- GIT//broken\n",
		"q/kustomization.yaml":    "resources:\n- GIT//out\n",
		"r/kustomization.yaml":    "components:\n- GIT//component?ref=v9\nresources:\n- ssh://git@example.com/a/b\n",
		"loop/kustomization.yaml": "resources:\n- WEB/far.yaml\npatches:\n- path: WEB/none.yaml\nhelmCharts:\n- {name: none, repo: WEB}\n",
	})
	out, errs, code := r.run(t, r.dir, "scan", "--allow-network", "--format", "json")
	var result model.Result
	if err := json.Unmarshal([]byte(out), &result); err != nil || code != 3 {
		t.Fatalf("exit code %d, %v\n%s%s", code, err, errs, out)
	}
	var got []string
	for _, f := range result.Failures {
		got = append(got, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))
	}
	slices.Sort(got)
	var want []string
	for _, line := range []string{
		`gone/Chart.yaml:5: dependency "none" of chart "gone": WEB/index.yaml: there is no chart "none"`,
		`locked/Chart.lock:5: dependency "db" of chart "locked": the lock is out of sync with the dependencies (run helm dependency update)`,
		`loop/kustomization.yaml:4: fetch WEB/none.yaml: 404 Not Found`,
		`o/kustomization.yaml:2: fetch WEB/none.yaml: 404 Not Found`,
		`p/kustomization.yaml:2: GIT//broken, broken/kustomization.yaml:2: resource "none.yaml": no such file or directory`,
		`q/kustomization.yaml:2: GIT//out, out/kustomization.yaml:2: resource "../../../../o" leads out of what was fetched`,
		`r/kustomization.yaml:2: fetch GIT: it has no branch or tag "v9"`,
		`r/kustomization.yaml:4: resource "ssh://example.com/a/b" is remote and is not fetched`,
		`user/Chart.yaml:5: dependency "db" of chart "user": fetch http://127.0.0.1:1/index.yaml: dial tcp 127.0.0.1:1: connect: connection refused`,
	} {
		want = append(want, r.words.Replace(line))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, file := range []string{"good/Chart.yaml", "healthy/pod.yaml"} {
		if !slices.ContainsFunc(result.Findings, func(f model.Finding) bool { return f.Location.File == file }) {
			t.Errorf("nothing was found in %s", file)
		}
	}
}

// TestNetworkFix edits the repository where the rest is elsewhere, and nothing
// but what is in it.
func TestNetworkFix(t *testing.T) {
	r := newNetworkRepo(t, map[string]string{
		"app/Chart.yaml":         "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- name: db\n  version: 1.x.x\n  repository: WEB\n",
		"app/templates/pod.yaml": strings.Replace(pod, "NAME", "own", 1),
		"app/values.yaml":        "db:\n  securityContext: {allowPrivilegeEscalation: true}\n",
		"o/kustomization.yaml":   "resources:\n- GIT//base\n- pod.yaml\n",
		"o/pod.yaml":             strings.Replace(pod, "NAME", "a", 1),
	})
	before := r.snapshot(t)
	for dir, want := range map[string][]string{
		"app": {"app/templates/pod.yaml:8", "app/templates/pod.yaml:10", "app/values.yaml:2"},
		"o":   {"o/pod.yaml:8", "o/pod.yaml:10"},
	} {
		out, errs, code := r.run(t, r.dir, "fix", "--allow-network", dir)
		var got []string
		for line := range strings.Lines(out) {
			got = append(got, strings.Fields(line)[0])
		}
		if !slices.Equal(got, want) || code != 0 {
			t.Errorf("%s: exit code %d, fixed %q, want %q\n%s", dir, code, got, want, errs)
		}
		if !strings.Contains(errs, "not fixed: the line is not where the field is written (directive)") {
			t.Errorf("%s: what was fetched is not said to stay: %s", dir, errs)
		}
	}
	var changed []string
	after := r.snapshot(t)
	for name := range after {
		if before[name] != after[name] && strings.HasSuffix(name, ".yaml") { // folders have times, too
			changed = append(changed, strings.TrimPrefix(name, "/repo/"))
		}
	}
	slices.Sort(changed)
	if want := []string{"app/templates/pod.yaml", "app/values.yaml", "o/pod.yaml"}; !slices.Equal(changed, want) || len(before) != len(after) {
		t.Errorf("written were %q, want %q", changed, want)
	}
}
