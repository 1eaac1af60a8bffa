package kustomize

import (
	"bytes"
	"context"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	k8syaml "sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
)

// Options say what a kustomization cannot.
type Options struct {
	// Chart renders a chart that a kustomization names under helmCharts. It
	// may be nil; such an entry is a failure then.
	Chart func(context.Context, ChartRequest) *model.Rendered
	// Fetched finds what was fetched. It may be nil; whatever is remote is a
	// failure then, as what was not fetched is.
	Fetched func(model.Need) (Place, bool)
}

// Render builds the kustomization in the folder unit.Path of the repository.
// A build fails as a whole: there are objects or failures, never both.
func Render(ctx context.Context, fsys fs.FS, unit model.Unit, opts Options) *model.Rendered {
	out := &model.Rendered{Unit: unit}
	ref := unit.Ref()
	t := newTree(fsys, unit.Path, opts)
	fail := func(failures ...model.Failure) *model.Rendered {
		for i := range failures {
			failures[i] = t.returned(failures[i])
			failures[i].Unit = &ref
		}
		out.Objects, out.Manifest, out.Failures = nil, nil, failures
		return out
	}
	if len(t.failures) == 0 {
		t.renderCharts(ctx, opts)
	}
	if len(t.failures) > 0 {
		return fail(t.failures...)
	}
	if err := ctx.Err(); err != nil {
		return fail(model.Failure{File: t.fileOf(t.dir), Message: err.Error()})
	}
	t.fs.extra = map[string][]byte{}
	t.fs.visits = t.serveCharts(t.fs.extra,
		func(k *kustomization) []byte { return k.text },
		func(*yaml.Node, *chartMark) {})
	for _, k := range t.order {
		if len(k.written) > 0 {
			t.fs.extra[k.file.name] = k.text
		}
	}
	rm, err := build(t.fs, t.dir, krusty.ReorderOptionUnspecified)
	if err != nil {
		return fail(t.explain(t.dir, err))
	}
	for i, r := range rm.Resources() {
		// Resource.AsYAML would make the JSON a second time.
		data, err := r.MarshalJSON()
		if err != nil {
			return fail(t.explain(t.dir, err))
		}
		doc, err := k8syaml.JSONToYAML(data)
		if err != nil {
			return fail(t.explain(t.dir, err))
		}
		if i > 0 {
			out.Manifest = append(out.Manifest, "---\n"...)
		}
		out.Manifest = append(out.Manifest, doc...)
		v, err := value(bytes.TrimSpace(data))
		if err != nil {
			return fail(t.explain(t.dir, err))
		}
		out.Objects = append(out.Objects, model.Object{ID: identity(v), Value: v})
	}
	t.addGenerators(out.Objects)
	prov := &provenance{tree: t, dir: t.dir, objects: out.Objects, runs: map[plan]*run{}}
	for i := range out.Objects {
		out.Objects[i].Origin = origin{prov, i}
	}
	prov.addInvented()
	out.Lines = func() []model.Location { return prov.lines(out.Manifest) }
	return out
}

func newTree(fsys fs.FS, dir string, opts Options) *tree {
	t := &tree{
		fs: &repoFS{repo: fsys}, dir: dir, fetched: opts.Fetched,
		sources: map[string]*source{}, byDir: map[string]*kustomization{}, carried: map[string][]byte{},
	}
	if resolved, isDir, err := t.fs.stat(path.Join(root, dir)); err == nil && isDir {
		t.dir = resolved
	}
	t.walk(t.dir, "", nil)
	return t
}
