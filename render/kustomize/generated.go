package kustomize

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"

	"github.com/sekisho/sekisho/internal/model"
)

// originOf is what the library says about where an object came from: a file,
// or a generator and the file that configures it, relative to the unit.
// A JSON patch that writes all annotations takes this one too; the build
// without such patches still has it.
func (v *provenance) originOf(i int) resource.Origin {
	for _, p := range []plan{{tokens: classAll}, {}, {tokens: classText, withoutJSON: true}} {
		r := v.get(p)
		j := v.in(r, i)
		if j < 0 {
			continue
		}
		var o resource.Origin
		if n := find(r.nodes[j], model.Path{"metadata", "annotations", originAnnotation}); n != nil {
			_ = yaml.Unmarshal([]byte(n.Value), &o) // the library wrote it
		}
		if o.Path != "" || o.ConfiguredIn != "" && !strings.HasSuffix(o.ConfiguredBy.Kind, "Transformer") {
			return o
		}
	}
	return resource.Origin{}
}

// generator finds the entry of a generated ConfigMap or Secret: the one with
// the longest name that the object's name contains.
func (v *provenance) generator(i int, o resource.Origin) (loc model.Location, ok bool) {
	file := path.Join(v.dir, o.ConfiguredIn)
	s := v.tree.sources[file]
	if s == nil {
		return loc, false
	}
	best := ""
	consider := func(name *yaml.Node, doc int, p model.Path) {
		if name != nil && strings.Contains(v.objects[i].ID.Name, name.Value) && len(name.Value) > len(best) {
			best = name.Value
			loc, ok = s.locate(doc, p, model.RoleDirective), true
		}
	}
	for d, n := range documents(s.data) {
		for _, key := range []string{"configMapGenerator", "secretGenerator"} {
			if !strings.EqualFold(key, o.ConfiguredBy.Kind) {
				continue
			}
			list := child(n, key)
			if list == nil {
				continue
			}
			for j, e := range list.Content {
				consider(child(e, "name"), d, model.Path{key, j, "name"})
			}
		}
		if text(n, "kind") == o.ConfiguredBy.Kind {
			consider(find(n, model.Path{"metadata", "name"}), d, model.Path{"metadata", "name"})
		}
	}
	return loc, ok
}
