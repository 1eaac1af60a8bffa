package kustomize

import (
	"bytes"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

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
