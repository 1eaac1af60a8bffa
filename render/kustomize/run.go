package kustomize

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"

	"github.com/sekisho/sekisho/internal/model"
)

const originAnnotation = "config.kubernetes.io/origin"

// run is a private build of carried sources.
type run struct {
	tree  *tree
	plan  plan
	ops   []operation
	nodes []*yaml.Node
	// keys tell an object apart in every build of the same tree with origins,
	// whatever it is called there: its file (or generator), its kind, and the
	// how manieth of those it is.
	keys  []string
	byKey map[string]int
	// counts are the objects of one file and kind, kinds those of all objects
	// in the order they were read.
	counts map[string]int
	kinds  string
	tokens bool // whether any token was placed
}

// run carries and builds; nil when the build fails under this plan.
func (t *tree) run(dir string, p plan) *run {
	c := &carrier{tree: t, plan: p, extra: map[string][]byte{}, files: map[string]*mark{}}
	first := len(t.marks)
	c.sources()
	fsys := &repoFS{repo: t.fs.repo, extra: c.extra, visits: c.charts()}
	rm, err := build(fsys, dir, krusty.ReorderOptionNone)
	if err != nil {
		return nil
	}
	r := &run{tree: t, plan: p, ops: c.ops, byKey: map[string]int{}, counts: map[string]int{}}
	for _, m := range t.marks[first:] {
		r.tokens = r.tokens || !m.document()
	}
	for i, res := range rm.Resources() {
		n := res.YNode()
		origin := ""
		if o := find(n, model.Path{"metadata", "annotations", originAnnotation}); o != nil {
			origin = o.Value
		}
		group := origin + "\n" + text(n, "kind")
		r.counts[group]++
		r.kinds += text(n, "kind") + "\n"
		key := fmt.Sprintf("%s#%d", group, r.counts[group])
		r.nodes = append(r.nodes, n)
		r.keys = append(r.keys, key)
		r.byKey[key] = i
	}
	return r
}

// find follows a path through nodes.
func find(n *yaml.Node, p model.Path) *yaml.Node {
	for _, e := range p {
		if n == nil {
			return nil
		}
		n = unalias(n)
		switch e := e.(type) {
		case string:
			if n.Kind != yaml.MappingNode {
				return nil
			}
			var v *yaml.Node
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == e {
					v = n.Content[i+1]
				}
			}
			n = v
		case int:
			if n.Kind != yaml.SequenceNode || e < 0 || e >= len(n.Content) {
				return nil
			}
			n = n.Content[e]
		}
	}
	if n == nil {
		return nil
	}
	return unalias(n)
}

func text(n *yaml.Node, p ...any) string {
	if v := find(n, p); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// hit is what a field carries in one run.
type hit struct {
	node   *yaml.Node
	value  string  // a scalar's text without tokens
	tokens []*mark // in the order they stand in the text
	doc    *mark   // of the comment
}

func (r *run) at(object int, p model.Path) (h hit) {
	if r == nil || object < 0 {
		return h
	}
	if h.node = find(r.nodes[object], p); h.node == nil {
		return h
	}
	if m := comment.FindStringSubmatch(h.node.LineComment); m != nil {
		h.doc = r.markOf(m[1])
	}
	if h.node.Kind != yaml.ScalarNode {
		return h
	}
	h.value = h.node.Value
	if n, err := strconv.Atoi(h.value); err == nil && n >= numberBase {
		if m := r.markOf(strconv.Itoa(n - numberBase)); m != nil && m.class == classReplicas {
			h.tokens = []*mark{m}
			return h
		}
	}
	if !r.take(&h, h.value) && len(p) > 1 && (p[0] == "data" || p[0] == "binaryData") {
		if plain, err := base64.StdEncoding.DecodeString(h.value); err == nil && r.take(&h, string(plain)) {
			h.value = base64.StdEncoding.EncodeToString([]byte(h.value))
		}
	}
	return h
}

// take reads the tokens of a text; h.value becomes the text without them.
func (r *run) take(h *hit, s string) bool {
	for _, m := range token.FindAllStringSubmatch(s, -1) {
		if found := r.markOf(m[1]); found != nil && found.class != "" {
			h.tokens = append(h.tokens, found)
		}
	}
	if len(h.tokens) == 0 {
		return false
	}
	h.value = token.ReplaceAllString(s, "")
	return true
}

func (r *run) markOf(digits string) *mark {
	if id, err := strconv.Atoi(digits); err == nil && id < len(r.tree.marks) {
		return r.tree.marks[id]
	}
	return nil
}

// agrees tells whether the field without its tokens is the true one.
func (h hit) agrees(truth any) bool {
	for _, m := range h.tokens {
		if m.replaced {
			return true
		}
	}
	return h.equal(truth)
}

// same tells whether two marks of different runs are one place.
func (m *mark) same(o *mark) bool {
	if m == nil || o == nil {
		return m == o
	}
	return m.src == o.src && m.chart == o.chart && m.doc == o.doc && m.path.String() == o.path.String()
}

// operation is one operation of a JSON patch, for fields no token reaches.
type operation struct {
	mark    *mark
	pointer model.Path // keys; indices as text
	kind    string
	value   *yaml.Node
}

// pointer splits a JSON pointer.
func pointer(s string) model.Path {
	if s == "" {
		return nil
	}
	var p model.Path
	for _, e := range strings.Split(strings.TrimPrefix(s, "/"), "/") {
		p = append(p, strings.ReplaceAll(strings.ReplaceAll(e, "~1", "/"), "~0", "~"))
	}
	return p
}
