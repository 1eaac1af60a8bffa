package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

func TestRender(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"chart/Chart.yaml":                       "apiVersion: v2\nname: app\nversion: 1.0.0\n",
		"chart/crds/a.yaml":                      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\n",
		"chart/templates/pod.yaml":               "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n  annotations: {kube: {{ .Capabilities.KubeVersion.Minor | quote }}}\n",
		"overlay/kustomization.yaml":             "namePrefix: my-\nresources: [service.yaml]\n",
		"overlay/service.yaml":                   "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
		"charted/kustomization.yaml":             "helmGlobals: {chartHome: home}\nhelmCharts:\n- name: app\n  releaseName: rel\n",
		"charted/home/app/Chart.yaml":            "apiVersion: v2\nname: app\nversion: 1.0.0\n",
		"charted/home/app/values.yaml":           "{}\n",
		"charted/home/app/templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n",
		"raw.yaml":                               "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
		"Dockerfile":                             "FROM scratch\n",
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r := New(Options{Root: root, KubeVersion: "1.30"})
	for _, tt := range []struct {
		unit model.Unit
		want string // kind and name of each object
	}{
		{model.Unit{Kind: model.Helm, Path: "chart"}, "CustomResourceDefinition/as.example.com Pod/app"},
		{model.Unit{Kind: model.Kustomize, Path: "overlay"}, "Service/my-web"},
		{model.Unit{Kind: model.Kustomize, Path: "charted"}, "ConfigMap/rel"},
		{model.Unit{Kind: model.Raw, Path: "raw.yaml"}, "Secret/s"},
		{model.Unit{Kind: model.Docker, Path: "Dockerfile"}, "Dockerfile/Dockerfile"},
	} {
		out := r.Render(t.Context(), tt.unit)
		if len(out.Failures) > 0 {
			t.Errorf("%s: %v", tt.unit.Path, out.Failures)
		}
		var got []string
		for _, obj := range out.Objects {
			got = append(got, obj.ID.Kind+"/"+obj.ID.Name)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: got %q, want %q", tt.unit.Path, got, tt.want)
		}
		if out.Unit.Path != tt.unit.Path || out.Lines == nil {
			t.Errorf("%s: incomplete result", tt.unit.Path)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	out := New(Options{Root: root}).Render(t.Context(), model.Unit{Kind: "cue", Path: "x"})
	if len(out.Failures) != 1 || !strings.Contains(out.Failures[0].Message, `"cue"`) {
		t.Error(out.Failures)
	}
}

// A nil Root makes every renderer panic, as a defect of an SDK would.
func TestPanicIsAFailure(t *testing.T) {
	out := New(Options{}).Render(t.Context(), model.Unit{Kind: model.Raw, Path: "a.yaml"})
	if len(out.Failures) != 1 || out.Failures[0].File != "a.yaml" || !strings.Contains(out.Failures[0].Message, "gave up") {
		t.Error(out.Failures)
	}
}
