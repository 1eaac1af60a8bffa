package raw

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

func render(t *testing.T, src string, limits yamlpos.Limits) *model.Rendered {
	t.Helper()
	fsys := fstest.MapFS{"deploy/a.yaml": {Data: []byte(src)}}
	return Render(context.Background(), fsys, model.Unit{Kind: model.Raw, Path: "deploy/a.yaml"}, Options{Limits: limits})
}

func TestRender(t *testing.T) {
	for _, tc := range []struct {
		name, src         string
		objects, failures []string
	}{
		{"nothing", "# nothing\n", nil, nil},
		{"no objects", "a: 1\n---\n- b\n---\nkind: Pod\n---\napiVersion: 1\nkind: X\n---\ntext\n", nil, nil},
		{
			"documents, BOM, carriage returns",
			"\ufeffapiVersion: v1\r\nkind: Pod\r\nmetadata: {name: a, namespace: web}\r\n---\r\napiVersion: v1\r\nkind: Pod\r\nmetadata: {generateName: b-}\r\n",
			[]string{"v1 Pod web/a", "v1 Pod /b-"},
			nil,
		},
		{"JSON", `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}`, []string{"v1 Pod /a"}, nil},
		{
			"lists",
			"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {metadata: {name: b}}\n- text\n" +
				"- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - metadata: {name: c}\n",
			[]string{"v1 Pod /a", "v1 ConfigMap /c"},
			[]string{
				"deploy/a.yaml:5: read manifest: items[1] is no Kubernetes object: apiVersion and kind are missing",
				"deploy/a.yaml:6: read manifest: items[2] is no Kubernetes object: apiVersion and kind are missing",
			},
		},
		{"a kind that ends in List", "apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\n", []string{"x/v1 AllowList /a"}, nil},
		{
			"a bad document", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\n metadata:\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: c}\n",
			[]string{"v1 Pod /a", "v1 Pod /c"},
			[]string{"deploy/a.yaml:7: parse manifest: mapping values are not allowed in this context"},
		},
		{
			"a template", "a: 1\n---\nkind: Pod\nmetadata:\n  name: {{ .x }}\n", nil,
			[]string{"deploy/a.yaml:5: parse manifest: a mapping key must be a scalar; this looks like a template: if nobody applies it as it stands, name it in .sekishoignore"},
		},
		{
			"too many documents", strings.Repeat("---\napiVersion: v1\nkind: Pod\n", 6),
			[]string{"v1 Pod /", "v1 Pod /", "v1 Pod /", "v1 Pod /", "v1 Pod /"},
			[]string{"deploy/a.yaml:16: parse manifest: more than 5 documents in one file"},
		},
		{
			"too large", strings.Repeat(" ", 2000), nil,
			[]string{"deploy/a.yaml:0: read manifest: 2000 bytes are more than the limit of 1000"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := render(t, tc.src, yamlpos.Limits{Bytes: 1000, Documents: 5, Depth: 100, Nodes: 1000})
			var objects, failures []string
			for _, o := range r.Objects {
				objects = append(objects, fmt.Sprintf("%s %s %s/%s", o.ID.APIVersion, o.ID.Kind, o.ID.Namespace, o.ID.Name))
				if o.Value["kind"] != o.ID.Kind {
					t.Errorf("value and identity differ: %v", o.Value)
				}
			}
			for _, f := range r.Failures {
				failures = append(failures, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))
				if f.Unit == nil {
					t.Errorf("failure %q names no unit", f.Message)
				}
			}
			if diff := cmp.Diff(tc.objects, objects); diff != "" {
				t.Errorf("objects: -want +got\n%s", diff)
			}
			if diff := cmp.Diff(tc.failures, failures); diff != "" {
				t.Errorf("failures: -want +got\n%s", diff)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	r := render(t, `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: é
    labels: &l {a: b}
    annotations: *l
  spec:
    containers:
    - name: app
      image: nginx # latest
      image: busybox
`, yamlpos.Limits{})
	if len(r.Objects) != 1 || len(r.Failures) != 0 {
		t.Fatalf("%d objects, failures %v", len(r.Objects), r.Failures)
	}
	o := r.Objects[0]
	loc := func(l, c, el, ec int, p model.Precision) model.Location {
		return model.Location{File: "deploy/a.yaml", StartLine: l, StartColumn: c, EndLine: el, EndColumn: ec, Precision: p, Role: model.RoleSource}
	}
	for path, want := range map[string]model.Location{
		"metadata.name":                      loc(7, 11, 7, 12, model.Exact),
		"spec.containers":                    loc(11, 5, 11, 15, model.Exact),
		"spec.containers[0].image":           loc(14, 14, 14, 21, model.Exact),
		"spec.containers[0].securityContext": loc(12, 7, 12, 16, model.Parent),
		"status.phase":                       loc(4, 3, 4, 17, model.Parent),
		"":                                   loc(4, 3, 4, 17, model.Exact),
		"metadata.annotations.a":             loc(8, 20, 8, 21, model.Exact),
	} {
		p, err := model.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, o.Origin.Locate(p).Location); diff != "" {
			t.Errorf("%s: -want +got\n%s", path, diff)
		}
	}
	related := o.Origin.Locate(model.Path{"metadata", "annotations", "a"}).Related
	want := []model.Location{{File: "deploy/a.yaml", StartLine: 9, StartColumn: 18, EndLine: 9, EndColumn: 20, Role: model.RoleInclude}}
	if diff := cmp.Diff(want, related); diff != "" {
		t.Errorf("related: -want +got\n%s", diff)
	}
	wantDup := []model.DuplicateKey{{Path: model.Path{"spec", "containers", 0, "image"}, Line: 14}}
	if diff := cmp.Diff(wantDup, o.Duplicate); diff != "" {
		t.Errorf("duplicates: -want +got\n%s", diff)
	}
	if got := r.Lines(); len(got) != 14 || got[6] != loc(7, 1, 7, 12, model.Exact) {
		t.Errorf("%d lines, the seventh %v", len(got), got[6])
	}
}
