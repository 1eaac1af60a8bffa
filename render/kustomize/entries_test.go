package kustomize

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
)

// TestGeneratorEntries asks where the entries of generated objects come from,
// through a prefix, a hash and an overlay that replaces a literal by a file.
func TestGeneratorEntries(t *testing.T) {
	fsys := fstest.MapFS{
		"base/kustomization.yaml": {Data: []byte(`
secretGenerator:
- name: db
  literals: [user=shop, password=changeme]
  envs: [db.env]
configMapGenerator:
- name: db
  files: [app.conf=conf/app.conf]
`)},
		"base/db.env":        {Data: []byte("# comment\nTOKEN=abc\n")},
		"base/conf/app.conf": {Data: []byte("x")},
		"prod/kustomization.yaml": {Data: []byte(`
namePrefix: prod-
resources: [../base, plain.yaml]
secretGenerator:
- name: db
  behavior: merge
  files: [password=password.txt]
`)},
		"prod/password.txt": {Data: []byte("hunter2hunter2")},
		"prod/plain.yaml":   {Data: []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: other}\nstringData: {password: x}\n")},
	}
	r := Render(context.Background(), fsys, model.Unit{Kind: model.Kustomize, Path: "prod"}, Options{})
	if len(r.Failures) > 0 {
		t.Fatal(r.Failures)
	}
	got := map[string]map[string]model.GeneratorEntry{}
	for _, o := range r.Objects {
		got[o.ID.Kind+"/"+o.ID.Name[:len("prod-x")]] = o.Generator
	}
	want := map[string]map[string]model.GeneratorEntry{
		"Secret/prod-d": {
			"user":     {Field: "literals"},
			"password": {Field: "files", File: "prod/password.txt"},
			"TOKEN":    {Field: "envs", File: "base/db.env"},
		},
		"ConfigMap/prod-d": {"app.conf": {Field: "files", File: "base/conf/app.conf"}},
		"Secret/prod-o":    nil,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
