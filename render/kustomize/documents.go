package kustomize

import (
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
)

// documents puts a comment behind every scalar of a file.
func (c *carrier) documents(dir, entry string, role model.Role, via *mark) {
	s, data := c.read(dir, entry)
	if s == nil {
		return
	}
	// Resources are most of the text, and carry the same in every build.
	key := fmt.Sprintf("%s %s %t %t", s.name, role, c.wants(classText), c.plan.schemas)
	text, ok := c.tree.carried[key]
	if !ok {
		if role == model.RoleSource && !c.plan.schemas {
			if trimmed := withoutSchemas(data); len(trimmed) < len(data) {
				data, c.tree.trimmed = trimmed, true
			}
		}
		docs := documents(data)
		for i, d := range docs {
			c.annotate(d, s, i, nil, role, via)
		}
		if text, ok = encode(docs); !ok || len(docs) == 0 {
			text = nil
		}
		c.tree.carried[key] = text
	}
	if text != nil {
		c.extra[s.name] = text
	}
}

// annotate puts a comment behind every scalar and empty collection and takes
// all others away. Block style gives each a line of its own.
func (c *carrier) annotate(n *yaml.Node, src *source, doc int, p model.Path, role model.Role, via *mark) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			k.HeadComment, k.LineComment, k.FootComment = "", "", ""
			c.annotate(n.Content[i+1], src, doc, p.Join(k.Value), role, via)
		}
	case yaml.SequenceNode:
		for i, e := range n.Content {
			c.annotate(e, src, doc, p.Join(i), role, via)
		}
	case yaml.ScalarNode:
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			n.Style = yaml.DoubleQuotedStyle
		}
		if n.Tag == "!!null" {
			n.Value = "null"
		}
	default:
		return
	}
	if n.Kind != yaml.ScalarNode && len(n.Content) > 0 {
		n.Style &^= yaml.FlowStyle
		return
	}
	if role == model.RolePatch && len(p) < 3 && identifies(p) {
		return // it says which object is patched, and changes nothing
	}
	m := &mark{src: src, doc: doc, path: p, role: role, via: via}
	if isAnnotation(p) && n.Kind == yaml.ScalarNode && n.Value != "" {
		if c.wants(classText) {
			m.class = classText
			setString(n, n.Value+tokenOf(c.mark(m)))
		}
		return
	}
	n.LineComment = fmt.Sprintf("#@%d", c.mark(m))
}

func identifies(p model.Path) bool {
	switch p.String() {
	case "apiVersion", "kind", "metadata.name", "metadata.namespace":
		return true
	}
	return false
}

// isAnnotation tells whether a path of a document, or of an item of a List,
// is an annotation of the object that means nothing to the library itself.
func isAnnotation(p model.Path) bool {
	n := len(p)
	if n != 3 && (n != 5 || p[0] != "items") || p[n-3] != "metadata" || p[n-2] != "annotations" {
		return false
	}
	key, _ := p[n-1].(string)
	return !strings.Contains(key, "config.kubernetes.io/") && !strings.Contains(key, "config.k8s.io/")
}

// inline is the source of a text inside a scalar.
func (c *carrier) inline(src *source, doc int, p model.Path, n *yaml.Node) *source {
	key := fmt.Sprintf("%s#%d.%s", src.name, doc, p)
	s, ok := c.tree.sources[key]
	if !ok {
		s = src.inline(doc, p, n)
		c.tree.sources[key] = s
	}
	return s
}

// patches carries the entries of patches and patchesJson6902 and leaves out
// those the plan is without.
func (c *carrier) patches(dir string, list []*yaml.Node, src *source, doc int, p model.Path) []*yaml.Node {
	var kept []*yaml.Node
	for i, e := range list {
		if c.patch(dir, unalias(e), "patch", src, doc, p.Join(i)) {
			kept = append(kept, e)
		}
	}
	return kept
}

// patch carries one patch with keys path and patch (or jsonOp); false leaves
// it out.
func (c *carrier) patch(dir string, e *yaml.Node, text string, src *source, doc int, p model.Path) bool {
	keep := true
	fields(e, func(key string, v *yaml.Node) {
		if v.Kind != yaml.ScalarNode || v.Value == "" {
			return
		}
		via := &mark{src: src, doc: doc, path: p.Join(key), role: model.RoleDirective}
		switch {
		case strings.EqualFold(key, "path"):
			s, data := c.read(dir, v.Value)
			if s == nil {
				if data, ok := c.patchData(dir, v.Value); ok {
					keep = !c.leaveOut(documents(data))
				}
				return
			}
			docs := documents(data)
			keep = !c.leaveOut(docs)
			c.patchDocuments(docs, s, via)
			if len(docs) > 0 {
				c.write(s, docs)
			}
		case strings.EqualFold(key, text):
			s := c.inline(src, doc, p.Join(key), v)
			docs := documents(s.data)
			keep = !c.leaveOut(docs)
			c.patchDocuments(docs, s, nil)
			if data, ok := encode(docs); ok && len(docs) > 0 {
				setString(v, string(data))
			}
		}
	})
	return keep
}

// patchData reads a patch file that another entry carries already.
func (c *carrier) patchData(dir, entry string) ([]byte, bool) {
	data, err := c.tree.fs.ReadFile(path.Join(root, dir, entry))
	return data, err == nil
}

func isJSONPatch(docs []*yaml.Node) bool {
	return len(docs) == 1 && docs[0].Kind == yaml.SequenceNode
}

func (c *carrier) leaveOut(docs []*yaml.Node) bool {
	if isJSONPatch(docs) {
		return c.plan.withoutJSON
	}
	return c.plan.withoutSM
}

func (c *carrier) patchDocuments(docs []*yaml.Node, s *source, via *mark) {
	if isJSONPatch(docs) {
		for i, op := range docs[0].Content {
			c.operation(unalias(op), s, model.Path{i}, via)
		}
		return
	}
	for i, d := range docs {
		c.annotate(d, s, i, nil, model.RolePatch, via)
	}
}

// operation puts tokens into what an operation of a JSON patch writes. A
// comment would not survive: the library applies such patches to JSON.
func (c *carrier) operation(op *yaml.Node, src *source, p model.Path, via *mark) {
	name, at := child(op, "op"), child(op, "path")
	if name == nil || at == nil {
		return
	}
	m := &mark{src: src, path: p, role: model.RolePatch, class: classJSON, via: via, rank: c.rank}
	c.ops = append(c.ops, operation{mark: m, pointer: pointer(at.Value), kind: name.Value, value: child(op, "value")})
	if !c.wants(classJSON) || name.Value != "add" && name.Value != "replace" {
		return
	}
	fields(op, func(key string, v *yaml.Node) {
		if key == "value" {
			c.tokens(v, src, p.Join(key), via)
		}
	})
}

// mergeKeys are the fields by which later patches find an item of a list.
var mergeKeys = map[string]bool{"name": true, "containerPort": true, "port": true, "mountPath": true, "key": true, "ip": true, "kind": true, "apiVersion": true}

func (c *carrier) tokens(n *yaml.Node, src *source, p model.Path, via *mark) {
	switch n.Kind {
	case yaml.MappingNode:
		fields(n, func(key string, v *yaml.Node) {
			if v.Kind != yaml.ScalarNode || !mergeKeys[key] {
				c.tokens(v, src, p.Join(key), via)
			}
		})
	case yaml.SequenceNode:
		for i, e := range n.Content {
			c.tokens(unalias(e), src, p.Join(i), via)
		}
	case yaml.ScalarNode:
		m := &mark{src: src, path: p, role: model.RolePatch, class: classJSON, via: via}
		text := tokenOf(c.mark(m))
		if m.replaced = n.Tag != "!!str" || n.Value == ""; !m.replaced {
			text = n.Value + text
		}
		setString(n, text)
	}
}

// mergePatches carries patchesStrategicMerge: files or inline text.
func (c *carrier) mergePatches(dir string, list []*yaml.Node, src *source, doc int, p model.Path) []*yaml.Node {
	if c.plan.withoutSM {
		return nil
	}
	for i, e := range list {
		e = unalias(e)
		at := p.Join(i)
		if !strings.Contains(e.Value, "\n") {
			c.documents(dir, e.Value, model.RolePatch, &mark{src: src, doc: doc, path: at, role: model.RoleDirective})
			continue
		}
		s := c.inline(src, doc, at, e)
		docs := documents(s.data)
		c.patchDocuments(docs, s, nil)
		if data, ok := encode(docs); ok && len(docs) > 0 {
			setString(e, string(data))
		}
	}
	return list
}
