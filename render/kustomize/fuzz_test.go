package kustomize

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/internal/model"
)

// FuzzLocate renders any resource under any patch: every field of what comes
// out has a place inside a file, and comments and tokens stay private.
func FuzzLocate(f *testing.F) {
	for _, pair := range [][2]string{
		{"merge/base/deployment.yaml", "merge/overlay/patch.yaml"},
		{"json6902/pod.yaml", "json6902/patch.yaml"},
		{"json6902/pod.yaml", "json6902/patch.json"},
		{"list/list.yaml", "list/patch.json"},
	} {
		resource, err1 := os.ReadFile(filepath.Join("testdata", pair[0]))
		patch, err2 := os.ReadFile(filepath.Join("testdata", pair[1]))
		if err1 != nil || err2 != nil {
			f.Fatal(err1, err2)
		}
		f.Add(string(resource), string(patch))
	}
	f.Add("apiVersion: v1\nkind: Pod\nmetadata: &m\n  name: a\nspec:\n  x: *m\n  y: |\n    text\n  ? long\n  : {}\n", "- op: add\n  path: /metadata/annotations\n  value: {}\n")
	const kustomization = `resources:
- resource.yaml
namespace: shop
namePrefix: dev-
commonLabels: {app: web}
images:
- name: nginx
  newTag: latest
patches:
- target: {kind: Pod|Deployment}
  path: patch.yaml
`
	f.Fuzz(func(t *testing.T, resource, patch string) {
		fsys := fstest.MapFS{
			"kustomization.yaml": {Data: []byte(kustomization)},
			"resource.yaml":      {Data: []byte(resource)},
			"patch.yaml":         {Data: []byte(patch)},
		}
		r := Render(context.Background(), fsys, model.Unit{Kind: model.Kustomize, Path: "."}, Options{})
		if m := string(r.Manifest); strings.Contains(m, "sekishoq") && !strings.Contains(resource+patch, "sekishoq") {
			t.Errorf("a token is in the manifest:\n%s", m)
		}
		for _, obj := range r.Objects {
			for _, p := range append(leaves(obj.Value, nil, nil), nil, model.Path{"spec", "absent", 0}) {
				tr := obj.Origin.Locate(p)
				for _, loc := range append([]model.Location{tr.Location}, tr.Related...) {
					file := fsys[loc.File]
					if file == nil {
						t.Fatalf("%s: no file %q", p, loc.File)
					}
					if lines := strings.Count(string(file.Data), "\n") + 1; loc.StartLine < 1 || loc.EndLine > lines || loc.StartLine > loc.EndLine || loc.StartColumn < 1 {
						t.Fatalf("%s: %+v is outside of %d lines", p, loc, lines)
					}
				}
			}
		}
	})
}
