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
		p.origins = true
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

// generator finds the entry of a generated ConfigMap or Secret, the one with
// the longest name that the object's name contains, and in it the key that
// makes the field.
func (v *provenance) generator(i int, o resource.Origin, at model.Path) (loc model.Location, ok bool) {
	s := v.tree.sources[path.Join(v.dir, o.ConfiguredIn)]
	if s == nil {
		return loc, false
	}
	key := "name"
	switch at.String() {
	case "type":
		key = "type"
	case "metadata.namespace":
		key = "namespace"
	}
	best := ""
	consider := func(entry *yaml.Node, name string, doc int, p model.Path) {
		if !strings.Contains(v.objects[i].ID.Name, name) || len(name) <= len(best) {
			return
		}
		best, ok = name, true
		if child(entry, key) == nil {
			key = "name"
		}
		loc = s.locate(doc, p.Join(key), model.RoleDirective)
	}
	for d, n := range s.documents() {
		fields(n, func(list string, entries *yaml.Node) {
			if !strings.EqualFold(list, o.ConfiguredBy.Kind) {
				return
			}
			for j, e := range entries.Content {
				consider(unalias(e), text(unalias(e), "name"), d, model.Path{list, j})
			}
		})
		if text(n, "kind") == o.ConfiguredBy.Kind {
			consider(child(n, "metadata"), text(n, "metadata", "name"), d, model.Path{"metadata"})
		}
	}
	return loc, ok
}
