package kustomize

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// The classes of directive whose values can carry tokens. They are tried apart
// where all together change what the build does.
const (
	classNamespace    = "namespace"
	className         = "name" // namePrefix, nameSuffix
	classLabels       = "labels"
	classAnnotations  = "annotations"
	classImages       = "images"
	classReplicas     = "replicas"
	classReplacements = "replacements"
	classJSON         = "json6902"
	classGenerators   = "generators"
	classText         = "text" // annotations of documents, whose comments the library drops
	classAll          = "all"
	classSafe         = "safe" // all that overlays do not select by
)

// selecting classes write what patches and replacements of an overlay select
// by: names, namespaces, labels. A token there can make a build fail.
var selecting = []string{classLabels, classNamespace, className}

// safe classes are tried one by one only when they fail together.
var safe = []string{classText, classImages, classReplicas, classAnnotations, classReplacements, classGenerators, classJSON}

// plan says how a private build differs from the true one.
type plan struct {
	tokens      string // a class, classAll, or none
	withoutJSON bool   // leave out JSON patches
	withoutSM   bool   // leave out strategic merge patches
	schemas     bool   // with the schemas of CustomResourceDefinitions
	origins     bool   // with the library's notes on where objects came from, which take it a third of the time
}

// mark is one place of the sources that can be recognised in a build.
type mark struct {
	src   *source
	doc   int
	path  model.Path
	role  model.Role
	class string // of a token; empty for a comment
	// replaced says that the token stands for the whole value, not after it.
	replaced bool
	// at is the range in src when no path leads there: a line of an env file,
	// a whole file.
	at *yamlpos.Range
	// via is the entry of a kustomization that brought the text in, if any;
	// viaKey holds others by the key of the value they make.
	via    *mark
	viaKey map[string]*mark
	chart  *chartMark
	rank   int // how far from the unit's own kustomization, 0 for itself
}

// document tells whether the mark is a place in a document: what a build
// copies rather than writes.
func (m *mark) document() bool { return m.class == "" || m.class == classText }

func (m *mark) location() model.Location {
	if m.at != nil {
		return m.src.location(*m.at, m.role)
	}
	return m.src.locate(m.doc, m.path, m.role)
}

// numberBase is far from any count of replicas a human writes; a count that
// carries mark 5 reads 1700000005.
const numberBase = 1_700_000_000

var (
	comment = regexp.MustCompile(`#@(\d+)$`)
	token   = regexp.MustCompile(`sekishoq(\d+)q`)
)

// carrier prepares the sources of one private build.
type carrier struct {
	tree  *tree
	plan  plan
	ops   []operation
	extra map[string][]byte
	files map[string]*mark // of generators
	rank  int
}

func (c *carrier) mark(m *mark) int {
	m.rank = c.rank
	c.tree.marks = append(c.tree.marks, m)
	return len(c.tree.marks) - 1
}

func (c *carrier) wants(class string) bool {
	switch c.plan.tokens {
	case classAll, class:
		return true
	case classSafe:
		return slices.Contains(safe, class)
	}
	return false
}

func setString(n *yaml.Node, v string) {
	*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: v}
}

func tokenOf(id int) string { return fmt.Sprintf("sekishoq%dq", id) }

// append puts a token behind the value a directive writes.
func (c *carrier) append(n *yaml.Node, class string, src *source, doc int, p model.Path) {
	if n == nil || n.Kind != yaml.ScalarNode || n.Value == "" || !c.wants(class) {
		return
	}
	setString(n, n.Value+tokenOf(c.mark(&mark{src: src, doc: doc, path: p, role: model.RoleDirective, class: class})))
}

// appendAll does so for every value of a mapping of strings.
func (c *carrier) appendAll(n *yaml.Node, class string, src *source, doc int, p model.Path) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		c.append(unalias(n.Content[i+1]), class, src, doc, p.Join(n.Content[i].Value))
	}
}

// sources prepares every kustomization of the tree and what it reads.
func (c *carrier) sources() {
	for rank, k := range c.tree.order {
		c.rank = rank
		n := mapping(k.text)
		c.kustomization(k, n)
		if rank == 0 {
			remove(n, "sortOptions")
			remove(n, "buildMetadata")
			if c.plan.origins {
				n.Content = append(n.Content,
					&yaml.Node{Kind: yaml.ScalarNode, Value: "buildMetadata"},
					&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "originAnnotations"}}})
			}
		}
		if data, err := yaml.Marshal(n); err == nil {
			c.extra[k.file.name] = data
		}
	}
}

// remove drops a key of a mapping.
func remove(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if strings.EqualFold(n.Content[i].Value, key) {
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			i -= 2
		}
	}
}

// fields calls f for each pair of a mapping, aliases followed.
func fields(n *yaml.Node, f func(key string, v *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f(n.Content[i].Value, unalias(n.Content[i+1]))
	}
}

// kustomization carries one kustomization file; n is a copy of its mapping.
func (c *carrier) kustomization(k *kustomization, n *yaml.Node) {
	src := k.file
	fields(n, func(key string, v *yaml.Node) {
		p := model.Path{key}
		switch strings.ToLower(key) {
		case "resources", "bases":
			for _, e := range v.Content {
				c.documents(k.dir, e.Value, model.RoleSource, nil)
			}
		case "namespace":
			c.append(v, classNamespace, src, 0, p)
		case "nameprefix", "namesuffix":
			c.append(v, className, src, 0, p)
		case "commonlabels":
			c.appendAll(v, classLabels, src, 0, p)
		case "commonannotations":
			c.appendAll(v, classAnnotations, src, 0, p)
		case "labels":
			for i, e := range v.Content {
				fields(e, func(key string, pairs *yaml.Node) {
					if strings.EqualFold(key, "pairs") {
						c.appendAll(pairs, classLabels, src, 0, p.Join(i, key))
					}
				})
			}
		case "images", "imagetags":
			for i, e := range v.Content {
				c.image(e, src, 0, p.Join(i))
			}
		case "replicas":
			for i, e := range v.Content {
				c.replica(e, src, 0, p.Join(i))
			}
		case "replacements":
			c.replacements(k.dir, v, src, 0, p)
		case "patches", "patchesjson6902":
			v.Content = c.patches(k.dir, v.Content, src, 0, p)
		case "patchesstrategicmerge":
			v.Content = c.mergePatches(k.dir, v.Content, src, 0, p)
		case "configmapgenerator", "secretgenerator":
			for i, e := range v.Content {
				c.generator(k.dir, e, src, 0, p.Join(i))
			}
		case "generatoroptions":
			c.generatorOptions(v, src, 0, p)
		case "transformers", "generators":
			for i, e := range v.Content {
				c.config(k.dir, e, src, p.Join(i))
			}
		}
	})
	if c.plan.withoutJSON || c.plan.withoutSM { // nothing may be left of a list
		for _, key := range []string{"patches", "patchesJson6902", "patchesStrategicMerge"} {
			if v := child(n, key); v != nil && len(v.Content) == 0 {
				remove(n, key)
			}
		}
		if len(n.Content) == 0 { // the library refuses an empty kustomization
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "resources"}, &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle})
		}
	}
}

// read opens a file that a kustomization in dir names; nil when it is not
// there or stands in for another purpose already.
func (c *carrier) read(dir, entry string) (*source, []byte) {
	if entry == "" || path.IsAbs(entry) || strings.Contains(entry, "\n") {
		return nil, nil
	}
	name, isDir, err := c.tree.fs.stat(path.Join(root, dir, entry))
	if err != nil || isDir {
		return nil, nil
	}
	if _, done := c.extra[name]; done {
		return nil, nil
	}
	data, err := c.tree.fs.ReadFile(path.Join(root, name))
	if err != nil {
		return nil, nil
	}
	return c.tree.source(name, data), data
}

func (c *carrier) write(s *source, docs []*yaml.Node) {
	if data, ok := encode(docs); ok {
		c.extra[s.name] = data
	}
}

func encode(docs []*yaml.Node) ([]byte, bool) {
	var b bytes.Buffer
	for i, d := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		data, err := yaml.Marshal(d)
		if err != nil {
			return nil, false
		}
		b.Write(data)
	}
	return b.Bytes(), true
}
