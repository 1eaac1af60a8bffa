package kustomize

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
		n := mapping(k.file.data)
		c.kustomization(k, n)
		if rank == 0 {
			remove(n, "sortOptions")
			remove(n, "buildMetadata")
			n.Content = append(n.Content,
				&yaml.Node{Kind: yaml.ScalarNode, Value: "buildMetadata"},
				&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "originAnnotations"}}})
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

func (c *carrier) image(n *yaml.Node, src *source, doc int, p model.Path) {
	fields(n, func(key string, v *yaml.Node) {
		switch strings.ToLower(key) {
		case "newname":
			// Another entry may look for the new name; a token would hide it.
			if !c.tree.namesImage(v.Value) {
				c.append(v, classImages, src, doc, p.Join(key))
			}
		case "newtag", "digest", "tagsuffix":
			c.append(v, classImages, src, doc, p.Join(key))
		}
	})
}

func (t *tree) namesImage(name string) bool {
	for _, k := range t.order {
		for _, image := range k.fields.Images {
			if image.Name == name {
				return true
			}
		}
	}
	return false
}

func (c *carrier) replica(n *yaml.Node, src *source, doc int, p model.Path) {
	fields(n, func(key string, v *yaml.Node) {
		if strings.EqualFold(key, "count") && c.wants(classReplicas) {
			id := c.mark(&mark{src: src, doc: doc, path: p.Join(key), role: model.RoleDirective, class: classReplicas, replaced: true})
			*v = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(numberBase + id)}
		}
	})
}

// replacements write a token in place of what they copy.
func (c *carrier) replacements(dir string, list *yaml.Node, src *source, doc int, p model.Path) {
	if !c.wants(classReplacements) {
		return
	}
	for i, e := range list.Content {
		e = unalias(e)
		if file := child(e, "path"); file != nil {
			if s, data := c.read(dir, file.Value); s != nil {
				n := documents(data)
				if len(n) != 1 {
					continue
				}
				if n[0].Kind == yaml.SequenceNode {
					c.replacements(dir, n[0], s, 0, nil)
				} else {
					c.replacement(n[0], s, 0, nil)
				}
				c.write(s, n)
			}
			continue
		}
		c.replacement(e, src, doc, p.Join(i))
	}
}

func (c *carrier) replacement(n *yaml.Node, src *source, doc int, p model.Path) {
	if n.Kind != yaml.MappingNode || child(n, "targets") == nil {
		return
	}
	remove(n, "source")
	remove(n, "sourceValue")
	id := c.mark(&mark{src: src, doc: doc, path: p, role: model.RoleDirective, class: classReplacements, replaced: true})
	v := new(yaml.Node)
	setString(v, tokenOf(id))
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "sourceValue"}, v)
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

// documents puts a comment behind every scalar of a file.
func (c *carrier) documents(dir, entry string, role model.Role, via *mark) {
	s, data := c.read(dir, entry)
	if s == nil {
		return
	}
	// Resources are most of the text, and carry the same in every build.
	key := fmt.Sprintf("%s %s %t", s.name, role, c.wants(classText))
	text, ok := c.tree.carried[key]
	if !ok {
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

// generator carries one entry of configMapGenerator or secretGenerator.
func (c *carrier) generator(dir string, e *yaml.Node, src *source, doc int, p model.Path) {
	if !c.wants(classGenerators) {
		return
	}
	fields(e, func(key string, v *yaml.Node) {
		at := p.Join(key)
		switch strings.ToLower(key) {
		case "literals":
			for i, l := range v.Content {
				if l = unalias(l); strings.Contains(l.Value, "=") {
					id := c.mark(&mark{src: src, doc: doc, path: at.Join(i), role: model.RoleDirective, class: classGenerators})
					setString(l, beforeQuote(l.Value, tokenOf(id)))
				}
			}
		case "files":
			for i, f := range v.Content {
				entry := unalias(f).Value
				name, file, ok := strings.Cut(entry, "=")
				if !ok {
					name, file = path.Base(entry), entry
				}
				c.file(dir, file, name, &mark{src: src, doc: doc, path: at.Join(i), role: model.RoleDirective})
			}
		case "envs":
			for i, f := range v.Content {
				c.env(dir, unalias(f).Value, &mark{src: src, doc: doc, path: at.Join(i), role: model.RoleDirective})
			}
		case "env":
			c.env(dir, v.Value, &mark{src: src, doc: doc, path: at, role: model.RoleDirective})
		case "options":
			c.generatorOptions(v, src, doc, at)
		}
	})
}

func (c *carrier) generatorOptions(n *yaml.Node, src *source, doc int, p model.Path) {
	fields(n, func(key string, v *yaml.Node) {
		if strings.EqualFold(key, "labels") || strings.EqualFold(key, "annotations") {
			c.appendAll(v, classGenerators, src, doc, p.Join(key))
		}
	})
}

// beforeQuote appends text to KEY=value, inside quotes that the library takes
// off.
func beforeQuote(s, text string) string {
	_, v, _ := strings.Cut(s, "=")
	if n := len(v); n > 1 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
		return s[:len(s)-1] + text + s[len(s)-1:]
	}
	return s + text
}

// file carries a file whose whole content becomes the value of a key.
func (c *carrier) file(dir, entry, key string, via *mark) {
	s, data := c.read(dir, entry)
	if s == nil {
		if m := c.files[path.Join(dir, entry)]; m != nil {
			m.viaKey[key] = via
		}
		return
	}
	end := yamlpos.Range{StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 1}
	if utf8.Valid(data) {
		last := data[bytes.LastIndexByte(bytes.TrimSuffix(data, []byte("\n")), '\n')+1:]
		end.EndLine += bytes.Count(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
		end.EndColumn += utf8.RuneCount(bytes.TrimRight(last, "\r\n"))
	}
	m := &mark{src: s, at: &end, role: model.RoleSource, class: classGenerators, via: via, viaKey: map[string]*mark{key: via}}
	c.files[path.Join(dir, entry)] = m
	id := c.mark(m)
	c.extra[s.name] = append(bytes.Clone(data), tokenOf(id)...)
}

// env carries a file of KEY=value lines.
func (c *carrier) env(dir, entry string, via *mark) {
	s, data := c.read(dir, entry)
	if s == nil {
		return
	}
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		text := strings.TrimRight(line, "\r")
		if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "#") || !strings.Contains(trimmed, "=") {
			continue
		}
		lead := len(text) - len(strings.TrimLeft(text, " \t"))
		at := yamlpos.Range{StartLine: i + 1, StartColumn: lead + 1, EndLine: i + 1, EndColumn: utf8.RuneCountInString(text) + 1}
		id := c.mark(&mark{src: s, at: &at, role: model.RoleSource, class: classGenerators, via: via})
		lines[i] = beforeQuote(text, tokenOf(id)) + line[len(text):]
	}
	c.extra[s.name] = []byte(strings.Join(lines, "\n"))
}

// config carries the configuration of an explicit transformer or generator:
// inline text, a file, or a folder (whose own kustomization stays as it is).
func (c *carrier) config(dir string, n *yaml.Node, src *source, p model.Path) {
	n = unalias(n)
	if strings.Contains(n.Value, "\n") {
		s := c.inline(src, 0, p, n)
		docs := documents(s.data)
		for i, d := range docs {
			c.plugin(dir, d, s, i)
		}
		if data, ok := encode(docs); ok && len(docs) > 0 {
			setString(n, string(data))
		}
		return
	}
	if s, data := c.read(dir, n.Value); s != nil {
		docs := documents(data)
		for i, d := range docs {
			c.plugin(dir, d, s, i)
		}
		if len(docs) > 0 {
			c.write(s, docs)
		}
	}
}

// plugin carries the configuration of one builtin transformer or generator.
func (c *carrier) plugin(dir string, d *yaml.Node, s *source, doc int) {
	kind := child(d, "kind")
	if kind == nil {
		return
	}
	fields(d, func(key string, v *yaml.Node) {
		p := model.Path{key}
		switch kind.Value + "." + strings.ToLower(key) {
		case "LabelTransformer.labels":
			c.appendAll(v, classLabels, s, doc, p)
		case "AnnotationsTransformer.annotations":
			c.appendAll(v, classAnnotations, s, doc, p)
		case "PrefixTransformer.prefix", "SuffixTransformer.suffix", "PrefixSuffixTransformer.prefix", "PrefixSuffixTransformer.suffix":
			c.append(v, className, s, doc, p)
		case "NamespaceTransformer.metadata":
			c.append(child(v, "namespace"), classNamespace, s, doc, p.Join("namespace"))
		case "ImageTagTransformer.imagetag":
			c.image(v, s, doc, p)
		case "ReplicaCountTransformer.replica":
			c.replica(v, s, doc, p)
		case "ReplacementTransformer.replacements":
			c.replacements(dir, v, s, doc, p)
		case "PatchStrategicMergeTransformer.paths":
			v.Content = c.mergePatches(dir, v.Content, s, doc, p)
		}
	})
	switch kind.Value {
	case "PatchTransformer":
		c.patch(dir, d, "patch", s, doc, nil)
	case "PatchJson6902Transformer":
		c.patch(dir, d, "jsonOp", s, doc, nil)
	case "ConfigMapGenerator", "SecretGenerator":
		c.generator(dir, d, s, doc, nil)
	}
}
