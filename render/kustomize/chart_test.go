package kustomize

import (
	"context"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
)

// at is an origin that names the object's chart and the field.
type at struct{ chart string }

func (a at) Locate(p model.Path) model.Trace {
	return model.Trace{Location: model.Location{File: a.chart + "/templates/all.yaml", StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 2, Precision: model.Exact, Role: model.RoleTemplate, Key: p.String()}}
}

// fake renders any chart as one ConfigMap that holds the merged values, and
// keeps the requests.
type fake struct{ requests []ChartRequest }

func (f *fake) chart(_ context.Context, req ChartRequest) *model.Rendered {
	f.requests = append(f.requests, req)
	values := map[string]any{}
	for _, name := range append([]string{req.Unit.Path + "/values.yaml"}, req.Unit.Values...) {
		var v map[string]any
		data, err := fs.ReadFile(req.FS, name)
		if err == nil {
			err = yaml.Unmarshal(data, &v)
		}
		if err != nil {
			return &model.Rendered{Failures: []model.Failure{{File: name, Message: err.Error()}}}
		}
		values = layered(values, v)
	}
	text, _ := yaml.Marshal(values)
	return &model.Rendered{Objects: []model.Object{{
		Value: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": req.Unit.Release, "namespace": req.Unit.Namespace},
			"data":     map[string]any{"values": string(text), "fixed": "yes"},
		},
		Origin: at{req.Unit.Path},
	}}}
}

func TestChartRequest(t *testing.T) {
	const chart = "- name: app\n  releaseName: front\n"
	files := map[string]string{
		"o/charts/app/values.yaml":           "a: {x: 1, w: 1}\nlist: [1]\n",
		"o/charts/app-1.2.3/app/values.yaml": "pulled: true\n",
		"o/home/app/values.yaml":             "home: true\n",
		"o/values.yaml":                      "a: {x: 2}\n",
		"o/more.yaml":                        "more: true\n",
		"other/values.yaml":                  "a: 1\n",
	}
	for _, tt := range []struct {
		name, kustomization, values string
		files                       []string // the request's values files
	}{
		{"own values", "helmCharts:\n" + chart, "a: {x: 1, w: 1}\nlist: [1]\n", nil},
		{"values file", "helmCharts:\n" + chart + "  valuesFile: values.yaml\n", "a: {x: 2, w: 1}\nlist: [1]\n", []string{"o/values.yaml"}},
		{"additional files", "helmCharts:\n" + chart + "  additionalValuesFiles: [values.yaml, more.yaml]\n", "a: {x: 2, w: 1}\nlist: [1]\nmore: true\n", []string{"o/values.yaml", "o/more.yaml"}},
		{"inline over own", "helmCharts:\n" + chart + "  valuesInline:\n    a: {w: 3}\n    list: [2]\n", "a: {x: 1, w: 3}\nlist: [2]\n", []string{"o/kustomization.yaml"}},
		{"inline over file", "helmCharts:\n" + chart + "  valuesFile: values.yaml\n  valuesInline:\n    a: {x: 3}\n", "a: {x: 3, w: 1}\nlist: [1]\n", []string{"o/values.yaml", "o/kustomization.yaml"}},
		{"inline under file", "helmCharts:\n" + chart + "  valuesFile: values.yaml\n  valuesInline: {a: {x: 3, z: 3}}\n  valuesMerge: merge\n", "a: {x: 2, w: 1, z: 3}\nlist: [1]\n", []string{"o/kustomization.yaml", "o/values.yaml"}},
		{"inline alone", "helmCharts:\n" + chart + "  valuesFile: values.yaml\n  valuesInline: {b: 1}\n  valuesMerge: replace\n", "a: {x: 1, w: 1}\nb: 1\nlist: [1]\n", []string{"o/kustomization.yaml"}},
		{"null keeps the chart's own", "helmCharts:\n" + chart + "  valuesInline:\n    a:\n      w: null\n", "a: {x: 1, w: 1}\nlist: [1]\n", []string{"o/kustomization.yaml"}},
		{"chart home", "helmGlobals: {chartHome: home}\nhelmCharts:\n" + chart, "home: true\n", nil},
		{"pulled before", "helmCharts:\n" + chart + "  repo: https://example.com\n  version: 1.2.3\n", "pulled: true\n", nil},
		{"deprecated form", "helmChartInflationGenerator:\n- chartName: app\n  releaseName: front\n  chartHome: home\n  valuesLocal: {b: 1}\n", "b: 1\nhome: true\n", []string{"o/kustomization.yaml"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := fstest.MapFS{"o/kustomization.yaml": {Data: []byte(tt.kustomization)}}
			for name, data := range files {
				m[name] = &fstest.MapFile{Data: []byte(data)}
			}
			var f fake
			r := Render(context.Background(), m, model.Unit{Kind: model.Kustomize, Path: "o"}, Options{Chart: f.chart})
			for _, fail := range r.Failures {
				t.Fatalf("%s:%d: %s", fail.File, fail.Line, fail.Message)
			}
			if got := f.requests[0].Unit.Values; !reflect.DeepEqual(got, tt.files) {
				t.Errorf("files are %q, want %q", got, tt.files)
			}
			var got, want any
			text, _ := model.Path{"data", "values"}.Lookup(r.Objects[0].Value)
			_ = yaml.Unmarshal([]byte(text.(string)), &got)
			_ = yaml.Unmarshal([]byte(tt.values), &want)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("values are %v, want %v", got, want)
			}
		})
	}
	t.Run("values of another folder", func(t *testing.T) {
		got := failures(map[string]string{"o/kustomization.yaml": "helmCharts:\n" + chart + "  valuesFile: ../other/values.yaml\n", "o/charts/app/Chart.yaml": "", "other/values.yaml": ""})
		if !strings.Contains(got, "charts are not rendered here") { // no Chart function: the next check is not reached
			t.Error(got)
		}
	})
}

// TestChartFields holds the flags of helm template to what an entry says.
func TestChartFields(t *testing.T) {
	m := fstest.MapFS{
		"o/charts/app/values.yaml": {Data: []byte("a: 1\n")},
		"o/kustomization.yaml": {Data: []byte(`helmCharts:
- name: app
  nameTemplate: x-{{ 1 }}
  namespace: own
  includeCRDs: true
  skipHooks: true
  skipTests: true
  apiVersions: [a/v1, b/v1]
  kubeVersion: "1.30"
`)},
	}
	var f fake
	Render(context.Background(), m, model.Unit{Kind: model.Kustomize, Path: "o"}, Options{Chart: f.chart})
	got := f.requests[0]
	got.FS = nil
	want := ChartRequest{
		Unit:         model.Unit{Kind: model.Helm, Path: "o/charts/app", Namespace: "own"},
		NameTemplate: "x-{{ 1 }}", IncludeCRDs: true, SkipHooks: true, SkipTests: true,
		APIVersions: []string{"a/v1", "b/v1"}, KubeVersion: "1.30",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestChartNamespaces renders a chart anew for each namespace its kustomization
// is used in, keeps the namespace the chart chose, and puts the objects where
// kustomize would: behind those of resources, before those of components.
func TestChartNamespaces(t *testing.T) {
	m := fstest.MapFS{
		"base/charts/app/values.yaml":  {Data: []byte("a: 1\n")},
		"base/kustomization.yaml":      {Data: []byte("helmCharts:\n- name: app\n  releaseName: front\nresources: [pod.yaml]\ncomponents: [../component]\n")},
		"base/pod.yaml":                {Data: []byte(pod)},
		"component/kustomization.yaml": {Data: []byte("kind: Component\nresources: [last.yaml]\n")},
		"component/last.yaml":          {Data: []byte(strings.ReplaceAll(pod, "web", "last"))},
		"one/kustomization.yaml":       {Data: []byte("namespace: one\nresources: [../base]\nnamePrefix: one-\n")},
		"two/kustomization.yaml":       {Data: []byte("namespace: two\nresources: [../base]\nnamePrefix: two-\n")},
		"o/kustomization.yaml":         {Data: []byte("resources: [../one, ../two]\nsortOptions: {order: fifo}\n")},
	}
	var f fake
	r := Render(context.Background(), m, model.Unit{Kind: model.Kustomize, Path: "o"}, Options{Chart: f.chart})
	for _, fail := range r.Failures {
		t.Fatalf("%s:%d: %s", fail.File, fail.Line, fail.Message)
	}
	var got []string
	for _, obj := range r.Objects {
		got = append(got, fmt.Sprintf("%s %s/%s", obj.ID.Kind, obj.ID.Namespace, obj.ID.Name))
	}
	want := []string{"Pod one/one-web", "ConfigMap one/one-front", "Pod one/one-last", "Pod two/two-web", "ConfigMap two/two-front", "Pod two/two-last"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, c := range []struct {
		object      int
		field, want string
	}{
		{1, "data.fixed", "base/charts/app/templates/all.yaml data.fixed < base/kustomization.yaml:2 directive"},
		{4, "data", "base/charts/app/templates/all.yaml data < base/kustomization.yaml:2 directive"},
		{4, "metadata.name", "two/kustomization.yaml:3 directive < base/charts/app/templates/all.yaml metadata.name"},
	} {
		p, _ := model.ParsePath(c.field)
		tr := r.Objects[c.object].Origin.Locate(p)
		var parts []string
		for _, loc := range append([]model.Location{tr.Location}, tr.Related...) {
			if loc.Key != "" {
				parts = append(parts, loc.File+" "+loc.Key)
			} else {
				parts = append(parts, fmt.Sprintf("%s:%d %s", loc.File, loc.StartLine, loc.Role))
			}
		}
		if got := strings.Join(parts, " < "); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.field, got, c.want)
		}
	}
	if strings.Contains(string(r.Manifest), "helm-generated") {
		t.Error("the library's own mark is in the manifest")
	}
}

// TestChartInvents keeps the knowledge which values a chart invented, where
// they are what the chart made; the same text from elsewhere is somebody's.
func TestChartInvents(t *testing.T) {
	m := fstest.MapFS{
		"o/charts/app/values.yaml": {Data: []byte("a: 1\n")},
		"o/own.yaml":               {Data: []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: own}\nstringData: {a: one}\n")},
		"o/kustomization.yaml": {Data: []byte(`namePrefix: x-
resources: [own.yaml]
helmCharts:
- name: app
patches:
- patch: |
    apiVersion: v1
    kind: Secret
    metadata: {name: app}
    stringData: {b: written, d: one}
`)},
	}
	chart := func(context.Context, ChartRequest) *model.Rendered {
		return &model.Rendered{Objects: []model.Object{{
			Value: map[string]any{
				"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "app"},
				"stringData": map[string]any{"a": "one", "b": "two", "c": "three", "e": "one"},
			},
			Generated: []model.Path{{"stringData", "a"}, {"stringData", "b"}},
		}}}
	}
	out := Render(context.Background(), m, model.Unit{Kind: model.Kustomize, Path: "o"}, Options{Chart: chart})
	got := map[string][]string{}
	for _, o := range out.Objects {
		for _, p := range o.Generated {
			got[o.ID.Name] = append(got[o.ID.Name], p.String())
		}
	}
	if want := map[string][]string{"x-app": {"stringData.a"}}; !reflect.DeepEqual(got, want) || len(out.Failures) > 0 {
		t.Errorf("invented %v, want %v; failures %v", got, want, out.Failures)
	}
}
