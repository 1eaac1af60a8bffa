// Package facts works out in Go what Rego is slow or unable to compute about
// rendered objects: the pod inside a workload, credentials in strings, which
// network policies reach a pod, what refers to what, the life of an API
// version. Objects go in, one model.View for each comes out. Facts are stated,
// never judged: whether something is a problem is for the policies to say.
package facts

import (
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
func Views(objects []model.Object, opts Options) []model.View {
	views := make([]model.View, len(objects))
	for i := range objects {
		v := &views[i]
		v.Object = &objects[i]
		v.Facts = map[string]any{}
		addPod(v)
		addSource(v)
		addEncryption(v)
		addCredentials(v)
		addAPI(v, opts.KubeVersion)
	}
	network := networkOf(views, opts)
	addNetwork(views, network)
	addReferences(views, network)
	addGrants(views, opts)
	return views
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
