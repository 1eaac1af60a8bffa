package helm

import (
	"bytes"
	"context"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/internal/model"
)

// repository makes an fs.FS of name and text pairs.
func repository(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

const chartYAML = "apiVersion: v2\nname: app\nversion: 1.0.0\n"

func TestLocalDependency(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("app/Chart.yaml", chartYAML+"dependencies:\n- name: common\n  alias: base\n  version: 1.x.x\n  repository: file://../lib/common\n")
	write("app/values.yaml", "base: {port: 81}\n")
	write("lib/common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 1.0.0\n")
	write("lib/common/.helmignore", "draft.yaml\n")
	write("lib/common/templates/draft.yaml", "{{ fail \"ignored\" }}\n")
	write("lib/common/values.yaml", "port: 80\n")
	write("lib/common/templates/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Chart.Name }}}\nspec: {ports: [{port: {{ .Values.port }}}]}\n")
	unit := model.Unit{Kind: model.Helm, Path: "app"}
	out := Render(t.Context(), rootFS(t, dir), unit, Options{})
	if len(out.Failures) > 0 || len(out.Objects) != 1 {
		t.Fatal(out.Failures, out.Objects)
	}
	if got := out.Objects[0].Origin.Locate(model.Path{"kind"}).Location.File; got != "lib/common/templates/service.yaml" {
		t.Errorf("the service comes from %s", got)
	}
	// What helm dependency build does, then helm template.
	if err := os.Remove(filepath.Join(dir, "lib/common/templates/draft.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "app/charts/common"), os.DirFS(filepath.Join(dir, "lib/common"))); err != nil {
		t.Fatal(err)
	}
	want, err := stock(dir, unit, DefaultKubeVersion())
	if err != nil {
		t.Fatal(err)
	}
	if string(out.Manifest) != want {
		t.Errorf("got %s\nwant %s", out.Manifest, want)
	}
}

func TestChartsThatDependOnEachOther(t *testing.T) {
	depends := func(name, on string) string {
		return "apiVersion: v2\nname: " + name + "\nversion: 1.0.0\ndependencies:\n- name: " + on + "\n  version: 1.0.0\n  repository: file://../" + on + "\n"
	}
	fsys := repository("a/Chart.yaml", depends("a", "b"), "b/Chart.yaml", depends("b", "a"))
	out := Render(t.Context(), fsys, model.Unit{Kind: model.Helm, Path: "a"}, Options{})
	if len(out.Failures) != 1 || out.Failures[0].Message != "chart depends on itself" {
		t.Error(out.Failures)
	}
}

func TestReleaseAndValues(t *testing.T) {
	fsys := repository(
		"charts/app/Chart.yaml", chartYAML,
		"charts/app/values.yaml", "a: default\nb: default\nc: default\nd: [1, 2]\n",
		"prod.yaml", "b: prod\nc: prod\nd: [3]\n",
		"east.yaml", "c: east\n",
		"charts/app/templates/config.yaml", `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data:
  values: {{ .Values | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Version }}
`)
	unit := model.Unit{
		Kind: model.Helm, Path: "charts/app", Release: "api-prod", Namespace: "prod",
		Values: []string{"prod.yaml", "east.yaml"}, Set: map[string]string{"e.f": "1", "a": "set"}, SetFile: ".sekisho.yaml",
	}
	out := Render(t.Context(), fsys, unit, Options{KubeVersion: "1.29"})
	if len(out.Failures) > 0 || len(out.Objects) != 1 {
		t.Fatal(out.Failures)
	}
	obj := out.Objects[0]
	if obj.ID != (model.ObjectID{APIVersion: "v1", Kind: "ConfigMap", Namespace: "prod", Name: "api-prod"}) {
		t.Error(obj.ID)
	}
	for key, want := range map[string]string{
		"values": `{"a":"set","b":"prod","c":"east","d":[3],"e":{"f":1}}`,
		"kube":   "v1.29", // helm template --kube-version 1.29 has it so,
	} {
		if got, _ := (model.Path{"data", key}).Lookup(obj.Value); got != want {
			t.Errorf("%s: got %v, want %s", key, got, want)
		}
	}
	if got := obj.Defaults()["b"]; got != "default" {
		t.Errorf("the chart's own b is %v", got)
	}
}

func TestBadInput(t *testing.T) {
	fsys := repository(
		"app/Chart.yaml", chartYAML,
		"app/templates/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
		"bad.yaml", "a: 1\n b: 2\n",
		"upper/Chart.yaml", strings.Replace(chartYAML, "app", "App_1", 1),
		"empty/values.yaml", "a: 1\n",
		"broken/Chart.yaml", "name: [\n",
		"nometa/Chart.yaml", "apiVersion: v2\nname: nometa\n",
	)
	for _, tt := range []struct {
		name, file, message string
		line                int
		unit                model.Unit
		opts                Options
	}{
		{name: "values file missing", unit: model.Unit{Path: "app", Values: []string{"none.yaml"}}, file: "none.yaml", message: "read values file: file does not exist"},
		{name: "values file not YAML", unit: model.Unit{Path: "app", Values: []string{"bad.yaml"}}, file: "bad.yaml", line: 2, message: "parse values: mapping values are not allowed in this context"},
		{name: "set", unit: model.Unit{Path: "app", Set: map[string]string{"a[": "1"}, SetFile: ".sekisho.yaml"}, file: ".sekisho.yaml", message: `parse set "a[": error parsing index: EOF`},
		{name: "release name", unit: model.Unit{Path: "upper"}, file: "upper/Chart.yaml", line: 2, message: `release name "App_1": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53`},
		{name: "Kubernetes version", unit: model.Unit{Path: "app"}, opts: Options{KubeVersion: "new"}, file: "app/Chart.yaml", message: `render chart: read Kubernetes version "new": could not parse "new" as version`},
		{name: "no Chart.yaml", unit: model.Unit{Path: "empty"}, file: "empty", message: "load chart: Chart.yaml file is missing"},
		{name: "bad Chart.yaml", unit: model.Unit{Path: "broken"}, file: "broken/Chart.yaml", line: 1, message: "parse Chart.yaml: did not find expected node content"},
		{name: "no version", unit: model.Unit{Path: "nometa"}, file: "nometa/Chart.yaml", message: "load chart: validation: chart.metadata.version is required"},
		{name: "no folder", unit: model.Unit{Path: "nowhere"}, file: "nowhere", message: "read folder: file does not exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.unit.Kind = model.Helm
			out := Render(t.Context(), fsys, tt.unit, tt.opts)
			if len(out.Failures) != 1 || len(out.Objects) > 0 {
				t.Fatalf("%d objects, failures %v", len(out.Objects), out.Failures)
			}
			got := out.Failures[0]
			if got.File != tt.file || got.Line != tt.line || got.Message != tt.message {
				t.Errorf("got %s:%d %q", got.File, got.Line, got.Message)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := Render(ctx, repository("app/Chart.yaml", chartYAML), model.Unit{Kind: model.Helm, Path: "app"}, Options{})
	if len(out.Failures) != 1 || !strings.Contains(out.Failures[0].Message, "canceled") {
		t.Error(out.Failures)
	}
}

// A chart's words must not reach the log, where a CI system reads commands.
func TestNothingIsLogged(t *testing.T) {
	var logged bytes.Buffer
	old := log.Writer()
	log.SetOutput(&logged)
	defer log.SetOutput(old)
	fsys := repository(
		"app/Chart.yaml", chartYAML,
		"app/values.yaml", "\"::error::\": {a: 1}\n",
		"other.yaml", "\"::error::\": text\n",
		"app/templates/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
		"app/templates/job.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {\"helm.sh/hook\": \"::error::\"}}\n")
	out := Render(t.Context(), fsys, model.Unit{Kind: model.Helm, Path: "app", Values: []string{"other.yaml"}}, Options{})
	out.Objects[0].Origin.Locate(model.Path{"kind"})
	out.Lines()
	log.Print("mine")
	if got := logged.String(); strings.Contains(got, "::error::") || !strings.Contains(got, "mine") {
		t.Errorf("logged %q", got)
	}
}

func TestRepeatable(t *testing.T) {
	fsys := repository(
		"app/Chart.yaml", chartYAML,
		"app/values.yaml", "m: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}\n",
		"app/charts/one/Chart.yaml", strings.Replace(chartYAML, "app", "one", 1),
		"app/charts/one/crds/a.yaml", "apiVersion: v1\nkind: A\n",
		"app/charts/two/Chart.yaml", strings.Replace(chartYAML, "app", "two", 1),
		"app/charts/two/crds/b.yaml", "apiVersion: v1\nkind: B\n",
		"app/charts/six/Chart.yaml", strings.Replace(chartYAML, "app", "six", 1),
		"app/charts/six/crds/c.yaml", "apiVersion: v1\nkind: C\n",
		"app/templates/config.yaml", `
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  keys: {{ keys .Values.m | join "," }}
  values: {{ values .Values.m | join "," | quote }}
  now: {{ now }}
  password: {{ randAlphaNum 8 }}
  cert: {{ (genSelfSignedCert "a" nil nil 1).Cert | quote }}
`)
	unit := model.Unit{Kind: model.Helm, Path: "app"}
	first := Render(t.Context(), fsys, unit, Options{})
	if len(first.Failures) > 0 {
		t.Fatal(first.Failures)
	}
	for range 5 {
		if again := Render(t.Context(), fsys, unit, Options{}); !bytes.Equal(first.Manifest, again.Manifest) {
			t.Fatalf("first:\n%s\nagain:\n%s", first.Manifest, again.Manifest)
		}
	}
}

// Every line of the manifest has its source beside it.
func TestLines(t *testing.T) {
	fsys := repository(
		"app/Chart.yaml", chartYAML,
		"app/crds/c.yaml", "# first\nkind: C\napiVersion: v1\n\n\n",
		"app/templates/a.yaml", "kind: A\napiVersion: v1\n---\n{{ if true }}\nkind: B\napiVersion: v1\n{{ end }}",
		"app/templates/hook.yaml", "kind: Job\napiVersion: batch/v1\nmetadata: {annotations: {\"helm.sh/hook\": pre-install}}\n",
	)
	out := Render(t.Context(), fsys, model.Unit{Kind: model.Helm, Path: "app"}, Options{})
	manifest := strings.Split(strings.TrimSuffix(string(out.Manifest), "\n"), "\n")
	lines := out.Lines()
	if len(lines) != len(manifest) {
		t.Fatalf("%d lines for %d", len(lines), len(manifest))
	}
	for i, want := range map[string]string{
		"# first": "app/crds/c.yaml:1", "kind: C": "app/crds/c.yaml:2", "kind: A": "app/templates/a.yaml:1",
		"kind: B": "app/templates/a.yaml:5", "kind: Job": "app/templates/hook.yaml:1", "---": ":0",
	} {
		if got := place(lines[slices.Index(manifest, i)]); got != want {
			t.Errorf("%q comes from %s, want %s", i, got, want)
		}
	}
}

// A field leads to its values key or template line, through aliases and lists.
func TestLocate(t *testing.T) {
	fsys := repository(
		"app/Chart.yaml", chartYAML+"dependencies: [{name: sub, alias: other, version: 1.0.0}]\n",
		"app/values.yaml", "other:\n  port: 8080\n",
		"app/charts/sub/Chart.yaml", strings.Replace(chartYAML, "app", "sub", 1),
		"app/charts/sub/values.yaml", "port: 80\nname: lone\n",
		"app/charts/sub/templates/list.yaml", `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: {{ .Values.name }}
  spec:
    type: NodePort
    ports:
    - port: {{ .Values.port }}
`)
	out := Render(t.Context(), fsys, model.Unit{Kind: model.Helm, Path: "app"}, Options{})
	if len(out.Objects) != 1 {
		t.Fatal(out.Failures)
	}
	for path, want := range map[string]string{
		"spec.ports[0].port": "app/values.yaml:2",
		"metadata.name":      "app/charts/sub/values.yaml:2",
		"spec.type":          "app/charts/sub/templates/list.yaml:9",
	} {
		p, err := model.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := place(out.Objects[0].Origin.Locate(p).Location); got != want {
			t.Errorf("%s is at %s, want %s", path, got, want)
		}
	}
}

func TestDefaultKubeVersion(t *testing.T) {
	if v := DefaultKubeVersion(); !strings.HasPrefix(v, "v1.") || !strings.HasSuffix(v, ".0") {
		t.Error(v)
	}
}
