// Package facts works out in Go what Rego is slow or unable to compute about
// rendered objects: the pod inside a workload, credentials in strings, which
// network policies reach a pod, what refers to what, the life of an API
// version. Objects go in, one model.View for each comes out. Facts are stated,
// never judged: whether something is a problem is for the policies to say.
package facts

import (
	"context"
	"errors"
	"slices"

	"github.com/sekisho/sekisho/internal/model"
)

// Options are the parameters of the facts.
type Options struct {
	KubeVersion string // "v1.37.0", the cluster version the objects are meant for
	Namespace   string // of objects that name none; "default" when empty
	// Incomplete says that some objects of the render could not be read, so
	// that what is referred to and absent may exist all the same.
	Incomplete bool
}

// Views makes one view for each object, in order. All objects of one render
// are given together, so that facts which join objects see the whole.
//
// What is too much to be worked out is said at View.Unknown of the object that
// asks for it, and the facts are absent: those about credentials of that object,
// or those that join objects ([model.RenderFacts]) of all. An error is the cause
// why ctx is done.
func Views(ctx context.Context, objects []model.Object, opts Options) ([]model.View, error) {
	m := newMeter(ctx)
	views := make([]model.View, len(objects))
	for i := range objects {
		v := &views[i]
		v.Object = &objects[i]
		v.Facts = map[string]any{}
		addPod(v)
		addSource(v)
		addEncryption(v)
		if err := metered(func() { addCredentials(v, m) }); err != nil {
			var limit *limitError
			if !errors.As(err, &limit) {
				return nil, err
			}
			v.Unknown = append(v.Unknown, err.Error()+"; no rule knows about credentials here")
		}
		addAPI(v, opts.KubeVersion)
	}
	err := metered(func() {
		network := networkOf(views, opts, m)
		addNetwork(views, network)
		addReferences(views, network)
		addGrants(views, opts, m)
	})
	if err == nil {
		return views, nil
	}
	var limit *limitError
	if !errors.As(err, &limit) {
		return nil, err
	}
	blamed := &views[max(0, slices.IndexFunc(views, func(v model.View) bool { return v.Object == limit.object }))]
	blamed.Unknown = append(blamed.Unknown, err.Error()+"; no rule knows about networks, references and grants here")
	for i := range views {
		for _, key := range model.RenderFacts {
			delete(views[i].Facts, key)
		}
	}
	return views, nil
}

// addSource states what the renderers know: keys written twice, values
// invented by a template, entries made by a kustomize generator.
func addSource(v *model.View) {
	if len(v.Object.Generator) > 0 {
		entries := map[string]any{}
		for key, e := range v.Object.Generator {
			entries[key] = map[string]any{"field": e.Field, "file": e.File}
		}
		v.Facts["generator"] = entries
	}
	if len(v.Object.Generated) > 0 {
		paths := make([]any, len(v.Object.Generated))
		for i, p := range v.Object.Generated {
			paths[i] = []any(p)
		}
		v.Facts["generated"] = paths
	}
	if len(v.Object.Duplicate) > 0 {
		keys := make([]any, len(v.Object.Duplicate))
		for i, d := range v.Object.Duplicate {
			keys[i] = map[string]any{"path": []any(d.Path), "line": d.Line}
		}
		v.Facts["duplicate_keys"] = keys
	}
}
