package discover

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

// tree is a repository written as a txtar archive. A file whose text is
// "-> target" is a symbolic link.
func tree(archive string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		file := &fstest.MapFile{Data: f.Data, Mode: 0o644}
		if target, ok := strings.CutPrefix(string(f.Data), "-> "); ok {
			file.Data, file.Mode = []byte(strings.TrimSpace(target)), fs.ModeSymlink|0o777
		}
		fsys[f.Name] = file
	}
	return fsys
}

// show prints units and failures, one a line.
func show(units []model.Unit, failures []model.Failure) string {
	var b strings.Builder
	for _, u := range units {
		fmt.Fprintf(&b, "%s %s", u.Kind, u.Path)
		if u.Variant != "" {
			fmt.Fprintf(&b, " %s: release %s/%s", u.Variant, u.Namespace, u.Release)
			if len(u.Values) > 0 {
				fmt.Fprintf(&b, " values %v", u.Values)
			}
			if len(u.Set) > 0 {
				fmt.Fprintf(&b, " set %v", u.Set)
			}
		}
		b.WriteString("\n")
	}
	for _, f := range failures {
		fmt.Fprintf(&b, "failure %s: %s\n", f.File, f.Message)
	}
	return b.String()
}

const (
	manifest  = "apiVersion: v1\nkind: ConfigMap\n"
	chartYAML = "apiVersion: v2\nname: api\nversion: 1.0.0\n"
)

func TestDiscover(t *testing.T) {
	for _, tc := range []struct {
		name, archive string
		opts          Options
		want          string
	}{
		{
			name: "a chart and what is part of it",
			archive: "-- charts/web/Chart.yaml --\n" + chartYAML +
				"-- charts/web/values.yaml --\n" + manifest + "-- charts/web/values-prod.yaml --\n" + manifest +
				"-- charts/web/templates/a.yaml --\n" + manifest + "-- charts/web/crds/a.yaml --\n" + manifest +
				"-- charts/web/charts/sub/Chart.yaml --\n" + chartYAML + "-- charts/web/charts/sub/charts/subsub/Chart.yaml --\n" + chartYAML +
				"-- charts/web/ci/b-values.yaml --\na: 1\n-- charts/web/ci/a-values.yaml --\na: 1\n-- charts/web/ci/readme.yaml --\na: 1\n" +
				"-- charts/web/examples/pod.yaml --\n" + manifest + "-- charts/web/files/t.yaml --\n" + manifest + "{{ .x }}\n" +
				"-- charts/web/examples/nested/Chart.yaml --\n" + chartYAML +
				"-- charts/lib/Chart.yaml --\nname: lib\ntype: library\n-- charts/broken/Chart.yaml --\na: [\n",
			want: `helm charts/broken default: release default/broken
helm charts/web default: release default/api
helm charts/web ci/a-values.yaml: release default/api values [charts/web/ci/a-values.yaml]
helm charts/web ci/b-values.yaml: release default/api values [charts/web/ci/b-values.yaml]
helm charts/web/examples/nested default: release default/api
raw charts/web/examples/pod.yaml
`,
		},
		{
			name:    "releases",
			archive: "-- Chart.yaml --\n" + chartYAML,
			opts: Options{Releases: []Release{
				{Name: "z", Chart: ".", Values: []string{"./prod.yaml"}, Set: map[string]string{"a": "1"}, Namespace: "prod"},
				{Name: "b", Chart: "./"},
			}},
			want: `helm . default: release default/api
helm . z: release prod/z values [prod.yaml] set map[a:1]
helm . b: release default/b
`,
		},
		{
			name: "kustomizations and what they use",
			archive: "-- base/kustomization.yaml --\nresources: [pod.yaml, more]\n-- base/pod.yaml --\n" + manifest + "-- base/unused.yaml --\n" + manifest +
				"-- base/more/Kustomization --\nresources:\n- pod.yaml\n-- base/more/pod.yaml --\n" + manifest +
				"-- overlay/kustomization.yml --\nresources:\n- ../base\ncomponents: [../component]\npatches:\n- path: patch.yaml\n- patch: |\n    a: 1\n" +
				"configMapGenerator:\n- files: [key=data.yaml, other.yaml]\n  envs: [x.env]\nhelmCharts:\n- name: web\n  valuesFile: v.yaml\n" +
				"-- overlay/patch.yaml --\n" + manifest + "-- overlay/data.yaml --\n" + manifest + "-- overlay/other.yaml --\n" + manifest + "-- overlay/v.yaml --\n" + manifest +
				"-- overlay/charts/web/Chart.yaml --\n" + chartYAML +
				"-- component/kustomization.yaml --\nkind: Component\npatchesStrategicMerge:\n- p.yaml\n-- component/p.yaml --\n" + manifest +
				"-- unused-component/kustomization.yaml --\nkind: Component\nresources:\n- p.yaml\n-- unused-component/p.yaml --\n" + manifest +
				"-- circle/a/kustomization.yaml --\nresources: [../b]\n-- circle/b/kustomization.yaml --\nresources: [../a]\n" +
				"-- broken/kustomization.yaml --\nresources: [\n",
			want: `kustomize broken
kustomize circle/a
kustomize overlay
raw base/unused.yaml
raw unused-component/p.yaml
`,
		},
		{
			name: "unused patches of a kustomization",
			archive: "-- k/kustomization.yaml --\nresources: [a.yaml]\n-- k/a.yaml --\n" + manifest +
				"-- k/whole.yaml --\nkind: Deployment\napiVersion: apps/v1\nspec: {selector: {}, template: {spec: {containers: [{image: a}]}}}\n" +
				"-- k/p/no-selector.yaml --\nkind: Deployment\napiVersion: apps/v1\nspec: {template: {spec: {containers: [{image: a}]}}}\n" +
				"-- k/p/no-image.yaml --\nkind: CronJob\napiVersion: batch/v1\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}\n" +
				"-- k/p/with-secret.yaml --\nkind: Pod\napiVersion: v1\nspec: {}\n---\nkind: Secret\napiVersion: v1\n" +
				"-- k/p/broken.yaml --\nkind: Pod\napiVersion: v1\nspec: {}\n---\n}\n" +
				"-- elsewhere.yaml --\nkind: Deployment\napiVersion: apps/v1\nspec: {}\n",
			want: "kustomize k\nraw elsewhere.yaml\nraw k/p/broken.yaml\nraw k/p/with-secret.yaml\nraw k/whole.yaml\n",
		},
		{
			name: "manifests by their text",
			archive: "-- a.yaml --\n" + manifest + "-- b.yml --\n# x\n---\n\"apiVersion\": v1\n'kind': Pod\n-- c.json --\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n" +
				"-- d.json --\n{\"data\": {\"apiVersion\": \"v1\", \"kind\": \"Pod\"}}\n-- e.yaml --\n{apiVersion: v1, kind: Pod}\n" +
				"-- f.yaml --\n  apiVersion: v1\n  kind: Pod\n-- g.yaml --\ndata: |\n  apiVersion: v1\n  kind: Pod\n-- h.yaml --\napiVersion: v1\nkind: Pod\n bad: [\n" +
				"-- i.txt --\n" + manifest + "-- j.yaml --\na: b\n-- k.yaml --\nxapiVersion: v1\nkind: Pod\n-- l.schema.json --\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n",
			want: "raw a.yaml\nraw b.yml\nraw c.json\nraw e.yaml\nraw f.yaml\nraw h.yaml\n",
		},
		{
			name: "Dockerfiles",
			archive: "-- Dockerfile --\n-- a/Dockerfile.prod --\n-- a/Dockerfile.prod.dockerignore --\n-- a/app.Dockerfile --\n-- a/Containerfile --\n" +
				"-- a/Dockerfiles --\n-- a/Dockerfile.j2 --\n",
			want: "docker Dockerfile\ndocker a/Containerfile\ndocker a/Dockerfile.prod\ndocker a/app.Dockerfile\n",
		},
		{
			name: "ignore rules",
			archive: "-- .gitignore --\n/out/\n*.gen.yaml\n-- out/a.yaml --\n" + manifest + "-- x/a.gen.yaml --\n" + manifest + "-- x/out/a.yaml --\n" + manifest +
				"-- x/.gitignore --\nlocal.yaml\n!keep.gen.yaml\n-- x/local.yaml --\n" + manifest + "-- x/keep.gen.yaml --\n" + manifest + "-- local.yaml --\n" + manifest +
				"-- .git/info/exclude --\nprivate\n-- .git/a.yaml --\n" + manifest + "-- private/a.yaml --\n" + manifest +
				"-- .sekishoignore --\n# tests\ntestdata/\n-- a/testdata/a.yaml --\n" + manifest + "-- y/a.yaml --\n" + manifest + "-- y/b.yaml --\n" + manifest,
			opts: Options{Exclude: []string{"y/a.*"}},
			want: "raw local.yaml\nraw x/keep.gen.yaml\nraw x/out/a.yaml\nraw y/b.yaml\n",
		},
		{
			name: "links",
			archive: "-- a/pod.yaml --\n" + manifest + "-- a/same.yaml --\n-> pod.yaml\n-- b/pod.yaml --\n-> ../a/pod.yaml\n-- c --\n-> a\n" +
				"-- out.yaml --\n-> ../../etc/passwd.yaml\n-- abs.yaml --\n-> /etc/x.yaml\n-- none --\n-> nowhere\n" +
				"-- k/kustomization.yaml --\n-> ../shared.yaml\n-- shared.yaml --\nresources: [../a/pod.yaml]\n",
			want: "kustomize k\nfailure abs.yaml: follow link: it leads out of the repository or nowhere\n" +
				"failure out.yaml: follow link: it leads out of the repository or nowhere\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, failures, err := Discover(context.Background(), tree(tc.archive), tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, show(got.Units, failures)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// repository is one for the tests of paths and changes.
const repository = "-- charts/web/Chart.yaml --\nname: web\ndependencies:\n- name: common\n  repository: file://../common\n-- charts/web/templates/_helpers.tpl --\n" +
	"-- charts/web/templates/a.yaml --\n" + manifest + "-- charts/web/values.yaml --\na: 1\n-- charts/web/ci/ha-values.yaml --\na: 1\n-- charts/web/examples/pod.yaml --\n" + manifest +
	"-- charts/common/Chart.yaml --\nname: common\ntype: library\n-- charts/common/templates/_c.tpl --\n-- prod.yaml --\na: 2\n" +
	"-- charts/web/charts/sub/values.yaml --\na: 1\n-- charts/web/charts/sub/Chart.yaml --\nname: sub\n" +
	"-- base/kustomization.yaml --\nresources: [pod.yaml]\n-- base/pod.yaml --\n" + manifest +
	"-- component/kustomization.yaml --\nkind: Component\npatches: [{path: p.yaml}]\n-- component/p.yaml --\n" + manifest +
	"-- overlays/a/kustomization.yaml --\nresources: [../../base]\ncomponents: [../../component]\nsecretGenerator: [{envs: [s.env]}]\n-- overlays/a/s.env --\nA=b\n" +
	"-- overlays/b/kustomization.yaml --\nresources: [../../base]\npatches: [{path: patch.yaml}]\n-- overlays/b/patch.yaml --\n" + manifest +
	"-- .gitignore --\nout/\n-- out/pod.yaml --\n" + manifest + "-- .sekishoignore --\nvendor/\n-- vendor/pod.yaml --\n" + manifest + "-- README.md --\n-- Dockerfile --\nFROM a\n"

var releases = []Release{{Name: "prod", Chart: "charts/web", Values: []string{"prod.yaml"}}}

func TestPaths(t *testing.T) {
	const web = "helm charts/web default\nhelm charts/web ci/ha-values.yaml\nhelm charts/web prod\n"
	for paths, want := range map[string]string{
		"charts/web":                                   web + "raw charts/web/examples/pod.yaml\n",
		"charts/web/templates":                         web,
		"charts/web/templates/_helpers.tpl":            web,
		"charts/web/values.yaml charts/web/Chart.yaml": web,
		"charts/web/charts/sub":                        web,
		"charts/web/charts/sub/values.yaml":            web,
		"charts/web/examples/pod.yaml":                 "raw charts/web/examples/pod.yaml\n",
		"charts/common/templates/_c.tpl":               web, // a library: whoever depends on it
		"prod.yaml":                                    "helm charts/web prod\n",
		"base":                                         "kustomize base\n",
		"base/kustomization.yaml":                      "kustomize base\n",
		"base/pod.yaml":                                "raw base/pod.yaml\n",
		"overlays/b/patch.yaml":                        "kustomize overlays/b\n",
		"component/p.yaml":                             "kustomize overlays/a\n",
		"component/kustomization.yaml":                 "kustomize overlays/a\n",
		"overlays/a/s.env":                             "kustomize overlays/a\n",
		"overlays":                                     "kustomize overlays/a\nkustomize overlays/b\n",
		"out":                                          "raw out/pod.yaml\n",
		"out/pod.yaml":                                 "raw out/pod.yaml\n",
		"vendor":                                       "",
		"vendor/pod.yaml":                              "",
		"README.md":                                    "",
		"Dockerfile ./Dockerfile base/pod.yaml":        "raw base/pod.yaml\ndocker Dockerfile\n",
		".":                                            web + "kustomize overlays/a\nkustomize overlays/b\nraw charts/web/examples/pod.yaml\ndocker Dockerfile\n",
	} {
		got, failures, err := Discover(context.Background(), tree(repository), Options{Paths: strings.Fields(paths), Releases: releases})
		if err != nil {
			t.Errorf("%s: %v", paths, err)
			continue
		}
		if diff := cmp.Diff(want, short(got.Units)); diff != "" || len(failures) > 0 {
			t.Errorf("%s: failures %v, -want +got\n%s", paths, failures, diff)
		}
	}
}

func short(units []model.Unit) string {
	var b strings.Builder
	for _, u := range units {
		b.WriteString(strings.TrimSpace(fmt.Sprintf("%s %s %s", u.Kind, u.Path, u.Variant)) + "\n")
	}
	return b.String()
}

func TestMistakes(t *testing.T) {
	for _, tc := range []struct {
		opts Options
		want string
	}{
		{Options{Paths: []string{"nope.yaml"}}, "nope.yaml: no such file or folder"},
		{Options{Paths: []string{"../x"}}, "../x: outside of the repository"},
		{Options{Releases: []Release{{Name: "r", Chart: "base", File: ".sekisho.yaml"}}}, `.sekisho.yaml: release "r": no chart in base`},
	} {
		if _, _, err := Discover(context.Background(), tree(repository), tc.opts); err == nil || err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
}

// countingFS counts the folders read.
type countingFS struct {
	fstest.MapFS
	folders *int
}

func (c countingFS) ReadDir(name string) ([]fs.DirEntry, error) {
	*c.folders++
	return c.MapFS.ReadDir(name)
}

// TestOneManifestIsCheap holds that a pre-commit run on a manifest does not
// walk the repository.
func TestOneManifestIsCheap(t *testing.T) {
	folders := 0
	fsys := countingFS{tree(repository), &folders}
	tree, _, err := Discover(context.Background(), fsys, Options{Paths: []string{"base/pod.yaml", "Dockerfile"}})
	if err != nil || len(tree.Units) != 2 {
		t.Fatal(tree.Units, err)
	}
	if folders != 0 {
		t.Errorf("%d folders were read, want none", folders)
	}
}

func TestTouching(t *testing.T) {
	found, _, err := Discover(context.Background(), tree(repository), Options{Releases: releases})
	if err != nil {
		t.Fatal(err)
	}
	const web = "helm charts/web default\nhelm charts/web ci/ha-values.yaml\nhelm charts/web prod\n"
	for files, want := range map[string]string{
		"README.md":                         "",
		"charts/web/templates/_helpers.tpl": web,
		"charts/web/templates/deleted.yaml": web,
		"charts/web/ci/ha-values.yaml":      "helm charts/web ci/ha-values.yaml\n",
		"charts/common/templates/_c.tpl":    web,
		"prod.yaml":                         "helm charts/web prod\n",
		"base/pod.yaml":                     "kustomize overlays/a\nkustomize overlays/b\n",
		"base/kustomization.yaml":           "kustomize overlays/a\nkustomize overlays/b\n",
		"component/p.yaml":                  "kustomize overlays/a\n",
		"overlays/a/s.env Dockerfile":       "kustomize overlays/a\ndocker Dockerfile\n",
		"overlays/b/patch.yaml":             "kustomize overlays/b\n",
		".sekisho.yaml":                     short(found.Units),
	} {
		if diff := cmp.Diff(want, short(found.Touching(strings.Fields(files)))); diff != "" {
			t.Errorf("%s: -want +got\n%s", files, diff)
		}
	}
}

// TestCorpora looks at whole collections: nothing may fail, and a second look
// sees the same. The time goes to the log.
func TestCorpora(t *testing.T) {
	for _, name := range []string{"bitnami", "prom", "kubeflow"} {
		t.Run(name, func(t *testing.T) {
			root, err := os.OpenRoot(corpus.Dir(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			start := time.Now()
			first, failures, err := Discover(context.Background(), root.FS(), Options{})
			if err != nil || len(failures) > 0 {
				t.Errorf("failures %v, error %v", failures, err)
			}
			count := map[model.Kind]int{}
			for _, u := range first.Units {
				count[u.Kind]++
			}
			t.Logf("%v: %v", time.Since(start).Round(time.Millisecond), count)
			second, _, err := Discover(context.Background(), root.FS(), Options{})
			if err != nil || !slices.EqualFunc(first.Units, second.Units, func(a, b model.Unit) bool { return cmp.Equal(a, b) }) {
				t.Errorf("a second look differs: %v", err)
			}
		})
	}
}
