package kustomize

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
)

// provenance answers for every object of one unit. Its builds are made when
// first needed and kept.
type provenance struct {
	mu      sync.Mutex
	tree    *tree
	dir     string
	objects []model.Object
	runs    map[plan]*run
	matched []int // object → its index in the run without tokens; -1
	schemas bool  // the question is about a CustomResourceDefinition
	needed  bool  // a build failed for want of schemas
}

// origin is one object's share of it.
type origin struct {
	*provenance
	index int
}

// Locate implements model.Origin.
func (o origin) Locate(p model.Path) model.Trace {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tree.homeward(o.trace(o.index, p))
}

// trace finds the line behind a field, or behind the nearest ancestor of an
// absent one.
func (v *provenance) trace(i int, p model.Path) model.Trace {
	truth := any(v.objects[i].Value)
	depth := 0
	for depth < len(p) {
		next, ok := p[depth : depth+1].Lookup(truth)
		if !ok {
			break
		}
		truth = next
		depth++
	}
	at := p[:depth]
	var tr model.Trace
	if empty(truth) {
		tr = v.scalar(i, at, truth)
	} else {
		tr = v.collection(i, at, truth)
	}
	if depth < len(p) && tr.Location.Precision == model.Exact {
		tr.Location.Precision = model.Parent
	}
	return tr
}

// empty tells whether a value has nothing inside that could carry a mark.
func empty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return true
}

// get builds a run once. Schemas are left out unless they are asked about, or
// something in the build (a JSON patch) needs them.
func (v *provenance) get(p plan) *run {
	p.schemas = p.schemas || v.schemas || v.needed
	if r, ok := v.runs[p]; ok {
		return r
	}
	r := v.tree.run(v.dir, p)
	if r == nil && !p.schemas && v.tree.trimmed {
		with := p
		with.schemas = true
		r = v.get(with)
		v.needed = v.needed || r != nil
	}
	v.runs[p] = r
	return r
}

// plain is the run with comments alone. Where no directive can carry a token,
// the run with all of them is the same.
func (v *provenance) plain() *run {
	if all := v.get(plan{tokens: classAll}); all != nil && !all.tokens {
		return all
	}
	return v.get(plan{})
}

// in is the index of an object in a run; -1 when it cannot be told.
func (v *provenance) in(r *run, i int) int {
	plain := v.plain()
	if r == nil || plain == nil {
		return -1
	}
	if v.matched == nil {
		v.match(plain)
	}
	j := v.matched[i]
	if j < 0 || r == plain {
		return j
	}
	if r.kinds == plain.kinds {
		return j // nobody was added or taken away: the order holds
	}
	if r, plain = v.withOrigins(r), v.withOrigins(plain); r == nil || plain == nil {
		return -1
	}
	key := plain.keys[j]
	group := key[:strings.LastIndexByte(key, '#')]
	if k, ok := r.byKey[key]; ok && r.counts[group] == plain.counts[group] {
		return k
	}
	return -1
}

// withOrigins is the same run, with keys.
func (v *provenance) withOrigins(r *run) *run {
	p := r.plan
	p.origins = true
	return v.get(p)
}

// match pairs the objects with those of the run without tokens, which bear
// the same names in another order.
func (v *provenance) match(plain *run) {
	where := map[model.ObjectID][]int{}
	for j, n := range plain.nodes {
		id := model.ObjectID{
			APIVersion: text(n, "apiVersion"), Kind: text(n, "kind"),
			Namespace: text(n, "metadata", "namespace"), Name: text(n, "metadata", "name"),
		}
		where[id] = append(where[id], j)
	}
	v.matched = make([]int, len(v.objects))
	for i, obj := range v.objects {
		v.matched[i] = -1
		if list := where[obj.ID]; len(list) > 0 {
			v.matched[i] = list[0]
			where[obj.ID] = list[1:]
		}
	}
}

// at is what a field of an object carries in the run of a plan.
func (v *provenance) at(p plan, i int, at model.Path) hit {
	r := v.get(p)
	j := v.in(r, i)
	if j >= 0 && (p.withoutJSON || p.withoutSM) {
		at = align(at, v.objects[i].Value, r.nodes[j])
	}
	return r.at(j, at)
}

// align moves the indices of a path to where items of the same name stand in
// another build: patches add items and take some away.
func align(at model.Path, truth any, n *yaml.Node) model.Path {
	moved := slices.Clone(at)
	for d, e := range at {
		next, _ := at[d : d+1].Lookup(truth)
		if index, ok := e.(int); ok {
			item, _ := next.(map[string]any)
			name, _ := item["name"].(string)
			if list := find(n, moved[:d]); name != "" && list != nil && text(list, index, "name") != name {
				for j := range list.Content {
					if text(list, j, "name") == name {
						moved[d] = j
					}
				}
			}
		}
		truth = next
	}
	return moved
}

// classes are those worth trying apart for a value.
func (v *provenance) classes(truth any) []string {
	list := []string{classSafe}
	if v.get(plan{tokens: classSafe}) == nil {
		list = slices.Clone(safe)
	}
	for _, class := range selecting {
		if s, ok := truth.(string); ok && v.tree.writes(class, s) {
			list = append(list, class)
		}
	}
	return list
}

// carried is the mark that made a scalar, and those it passed on the way: the
// directives it went through, the document it came from.
func (v *provenance) carried(i int, at model.Path, truth any) (first *mark, more []*mark) {
	v.schemas = v.objects[i].ID.Kind == kindCRD
	plain := v.plain()
	c := plain.at(v.in(plain, i), at)
	all := v.at(plan{tokens: classAll}, i, at)
	choose := func(h hit) (*mark, []*mark) {
		first := h.tokens[0]
		for _, m := range h.tokens {
			// The overlay nearest to the unit wrote last; of an image, the
			// tag behind the name is the narrower.
			if m.rank < first.rank || m.rank == first.rank && m.class == classImages {
				first = m
			}
		}
		for _, m := range append(slices.Clone(h.tokens), h.doc, c.doc) {
			if m != nil && m != first && !slices.ContainsFunc(more, m.same) {
				more = append(more, m)
			}
		}
		return first, more
	}
	if len(all.tokens) > 0 && all.agrees(truth) {
		return choose(all)
	}
	if len(all.tokens) == 0 && all.node != nil && c.doc != nil && c.doc.same(all.doc) {
		return c.doc, nil
	}
	if len(all.tokens) > 0 || all.node == nil || !c.doc.same(all.doc) {
		for _, class := range v.classes(truth) {
			if h := v.at(plan{tokens: class}, i, at); len(h.tokens) > 0 && h.agrees(truth) {
				return choose(h)
			}
		}
		switch {
		case c.doc != nil:
			return c.doc, nil
		case len(all.tokens) > 0:
			return choose(all)
		}
	}
	if h := v.at(plan{tokens: classText, withoutJSON: true}, i, at); h.document() != nil && h.equal(truth) {
		return h.document(), nil
	}
	return nil, nil
}

// unpatched is the document a field would come from without any patch.
func (v *provenance) unpatched(i int, at model.Path) hit {
	return v.at(plan{tokens: classText, withoutJSON: true, withoutSM: true}, i, at)
}

// equal compares what stands in a node with a value of the object.
func equal(n *yaml.Node, text string, truth any) bool {
	if s, ok := truth.(string); ok {
		return text == s
	}
	return empty(truth) && (n.Kind != yaml.ScalarNode || strings.EqualFold(text, fmt.Sprint(truth)) || truth == nil)
}

func (h hit) equal(truth any) bool { return equal(h.node, h.value, truth) }

// document is the document's place a field carries, by comment or token.
func (h hit) document() *mark {
	for _, m := range h.tokens {
		if m.class == classText {
			return m
		}
	}
	return h.doc
}

// scalar locates a scalar or an empty collection.
func (v *provenance) scalar(i int, at model.Path, truth any) model.Trace {
	m, more := v.carried(i, at, truth)
	if m == nil {
		return v.uncarried(i, at, truth)
	}
	if m.role == model.RolePatch && m.document() && findsItem(at) {
		// A patch repeats the name of the list item it changes.
		if h := v.unpatched(i, at); h.document() != nil && h.equal(truth) {
			m, more = h.document(), nil
		}
	}
	return v.story(i, at, m, more)
}

// findsItem tells whether a field is what patches find an item of a list by.
func findsItem(at model.Path) bool {
	if len(at) < 2 {
		return false
	}
	key, _ := at[len(at)-1].(string)
	_, item := at[len(at)-2].(int)
	return item && mergeKeys[key]
}

// collection locates a mapping or list by what lies in it: a descendant's
// place in its source, so many levels up. What a base began is the base's,
// whatever patches added.
func (v *provenance) collection(i int, at model.Path, truth any) model.Trace {
	var base, patch, directive *mark
	for _, rest := range leaves(truth, nil, nil) {
		full := at.Join(rest...)
		val, _ := full.Lookup(v.objects[i].Value)
		m, _ := v.carried(i, full, val)
		up := m.above(rest)
		switch {
		case up == nil:
			continue
		case up.role == model.RoleSource && base == nil:
			base = up
		case up.role == model.RolePatch && patch == nil:
			patch = up
		case up.role == model.RoleDirective && directive == nil:
			directive = up
		}
		if base != nil {
			break
		}
	}
	switch {
	case base != nil && base.chart != nil:
		return base.chart.trace(base.path)
	case base != nil:
		return model.Trace{Location: base.location()}
	case patch != nil:
		return v.story(i, at, patch, nil)
	}
	// What a directive began (the first label, the first annotation) is there
	// because of it, unless the document has an empty one.
	if tr := v.uncarried(i, at, truth); tr.Location.Precision == model.Exact || directive == nil {
		return tr
	}
	return model.Trace{Location: directive.location()}
}

// maxLeaves is how many descendants are asked for a collection's place.
const maxLeaves = 40

// leaves lists the paths of scalars and empty collections below a value.
func leaves(v any, at model.Path, list []model.Path) []model.Path {
	if len(list) >= maxLeaves {
		return list
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			list = leaves(v[k], at.Join(k), list)
		}
		if len(v) > 0 {
			return list
		}
	case []any:
		for i, e := range v {
			list = leaves(e, at.Join(i), list)
		}
		if len(v) > 0 {
			return list
		}
	}
	return append(list, at)
}

// above is the mark of the ancestor len(rest) levels up, when the source has
// the same keys there.
func (m *mark) above(rest model.Path) *mark {
	if m == nil || m.at != nil || len(m.path) < len(rest) {
		return nil
	}
	cut := len(m.path) - len(rest)
	for i, e := range rest {
		if _, index := e.(int); index {
			if _, ok := m.path[cut+i].(int); !ok {
				return nil
			}
		} else if m.path[cut+i] != e {
			return nil
		}
	}
	up := *m
	up.path = m.path[:cut]
	if up.class != classJSON && !up.document() && cut == 0 {
		return nil // a whole kustomization file is no place
	}
	return &up
}
