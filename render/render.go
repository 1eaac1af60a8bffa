// Package render turns units into Kubernetes objects. In goes a unit that
// discover found; out come its objects, each with an origin that leads back
// to the source line, and the text that helm or kustomize would print. It
// hides which SDK renders which kind of source.
//
// Rendering is serial within a process: Helm's function table and kustomize's
// schema are global. It is also not to be trusted: a template can run for ever,
// eat all memory or overflow the stack, and nothing in the process can stop it.
// So a Pool renders in worker processes, several side by side, and survives
// them. A Renderer does the same in this process; workers have one.
package render

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/repofs"
	"github.com/sekisho/sekisho/render/docker"
	"github.com/sekisho/sekisho/render/fetch"
	"github.com/sekisho/sekisho/render/helm"
	"github.com/sekisho/sekisho/render/kustomize"
	"github.com/sekisho/sekisho/render/raw"
)

// Options are the same for every unit of a run.
type Options struct {
	// Root is the repository. Nothing outside it is read.
	Root *os.Root
	// Overlay is laid over Root: its files stand for those of the same name.
	// Nil for nothing.
	Overlay *os.Root
	// AllowNetwork lets a Pool fetch what units need and the repository does
	// not hold, in this process and into Overlay, or a temporary folder when
	// there is none. Workers have no network either way.
	AllowNetwork bool
	// KubeVersion is the cluster's version, like "1.37"; empty means the
	// newest that the Kubernetes libraries of this program know.
	KubeVersion string
	// Limits bound each unit; zero fields stand for DefaultLimits. A Renderer
	// by itself holds to those about files: it cannot stop an SDK.
	Limits Limits
}

// fs is the tree that units are rendered from.
func (o Options) fs() *repofs.FS { return repofs.New(o.Root, o.Limits.File).Over(o.Overlay) }

// fetched finds in the overlay what was fetched for a kustomization.
func (o Options) fetched() func(model.Need) (kustomize.Place, bool) {
	if o.Overlay == nil {
		return nil
	}
	return func(need model.Need) (kustomize.Place, bool) {
		p, ok := fetch.Find(o.Overlay, need)
		return kustomize.Place(p), ok
	}
}

// Renderer renders units one after the other. It is not safe for concurrent
// use.
type Renderer struct{ opts Options }

// New returns a Renderer for a repository.
func New(opts Options) *Renderer {
	if opts.KubeVersion == "" {
		opts.KubeVersion = helm.DefaultKubeVersion()
	}
	opts.Limits = opts.Limits.orDefault()
	return &Renderer{opts}
}

// Render renders a unit. It never fails as a whole: problems, a panic of an
// SDK among them, are Failures of the result.
func (r *Renderer) Render(ctx context.Context, unit model.Unit) (out *model.Rendered) {
	defer func() {
		if p := recover(); p != nil {
			out = failed(unit, fmt.Sprintf("render %s: the renderer gave up: %v", unit.Path, p))
		}
		if out.Lines == nil {
			out.Lines = func() []model.Location { return nil }
		}
	}()
	fsys := r.opts.fs()
	switch unit.Kind {
	case model.Helm:
		return helm.Render(ctx, fsys, unit, helm.Options{KubeVersion: r.opts.KubeVersion, Unpacked: r.opts.Limits.Archive})
	case model.Kustomize:
		return kustomize.Render(ctx, fsys, unit, kustomize.Options{Chart: r.chart, Fetched: r.opts.fetched()})
	case model.Raw:
		return raw.Render(ctx, fsys, unit, raw.Options{Limits: r.opts.Limits.text()})
	case model.Docker:
		return docker.Render(ctx, fsys, unit, docker.Options{})
	}
	return failed(unit, fmt.Sprintf("render %s: unknown kind of source %q", unit.Path, unit.Kind))
}

// chart renders a chart that a kustomization names.
func (r *Renderer) chart(ctx context.Context, req kustomize.ChartRequest) *model.Rendered {
	return helm.Render(ctx, req.FS, req.Unit, helm.Options{
		KubeVersion:  cmp.Or(req.KubeVersion, r.opts.KubeVersion),
		Unpacked:     r.opts.Limits.Archive,
		APIVersions:  req.APIVersions,
		NameTemplate: req.NameTemplate,
		NoCRDs:       !req.IncludeCRDs,
		NoHooks:      req.SkipHooks,
		Tests:        !req.SkipTests,
	})
}

func failed(unit model.Unit, message string) *model.Rendered {
	ref := unit.Ref()
	return &model.Rendered{Unit: unit, Failures: []model.Failure{{Unit: &ref, File: unit.Path, Message: message}}}
}
