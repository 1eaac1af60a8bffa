package kustomize

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// source is a text whose fields can be found again: a file, or YAML that
// stands inside a scalar of one (an inline patch).
type source struct {
	name  string // file of the repository
	data  []byte
	docs  []*yamlpos.Document
	nodes []*yaml.Node
	ready bool
	// For inline text: where the scalar stands, and how far its lines are
	// from those of the file. whole is set when they cannot be told apart
	// (quoted and folded text): everything lies on the scalar then.
	whole         *yamlpos.Range
	lines, indent int
}

// place is the location of a path in one document of the source.
func (s *source) place(doc int, p model.Path) (yamlpos.Place, bool) {
	if !s.ready {
		s.docs, _ = yamlpos.Parse(s.data)
		s.ready = true
	}
	if doc >= len(s.docs) {
		return yamlpos.Place{}, false
	}
	return s.docs[doc].Locate(p), true
}

// value is what stands at a path; nil when nothing does.
func (s *source) value(doc int, p model.Path) any {
	if _, ok := s.place(doc, nil); !ok {
		return nil
	}
	v, _ := p.Lookup(s.docs[doc].Value)
	return v
}

// documents are the decoded documents, to be read only.
func (s *source) documents() []*yaml.Node {
	if s.nodes == nil {
		s.nodes = documents(s.data)
	}
	return s.nodes
}

// locate turns a path into a location. An absent path is answered with the
// nearest ancestor and precision parent.
func (s *source) locate(doc int, p model.Path, role model.Role) model.Location {
	at, ok := s.place(doc, p)
	if !ok {
		return model.FileLocation(s.name, role)
	}
	loc := s.location(at.Range, role)
	if at.Depth < len(p) {
		loc.Precision = model.Parent
	}
	return loc
}

func (s *source) location(r yamlpos.Range, role model.Role) model.Location {
	if s.whole != nil {
		r = *s.whole
	} else {
		r.StartLine += s.lines
		r.EndLine += s.lines
		r.StartColumn += s.indent
		r.EndColumn += s.indent
	}
	return model.Location{
		File: s.name, StartLine: r.StartLine, StartColumn: r.StartColumn, EndLine: r.EndLine, EndColumn: r.EndColumn,
		Precision: model.Exact, Role: role,
	}
}

// inline is the source of the text a scalar of s holds.
func (s *source) inline(doc int, p model.Path, scalar *yaml.Node) *source {
	in := &source{name: s.name, data: []byte(scalar.Value)}
	at, ok := s.place(doc, p)
	if !ok {
		in.whole = &yamlpos.Range{StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 1}
		return in
	}
	outer := s.location(at.Value, "")
	whole := yamlpos.Range{StartLine: outer.StartLine, StartColumn: outer.StartColumn, EndLine: outer.EndLine, EndColumn: outer.EndColumn}
	if scalar.Style&yaml.LiteralStyle == 0 || s.whole != nil {
		in.whole = &whole
		return in
	}
	// The lines of a literal are those of the file, moved right. The header
	// may share its line with the key, so the text begins one below.
	lines := strings.Split(string(s.data), "\n")
	header := at.Value.StartLine
	for i, text := range strings.Split(scalar.Value, "\n") {
		if strings.TrimSpace(text) == "" || header+i >= len(lines) {
			continue
		}
		full := strings.TrimSuffix(lines[header+i], "\r")
		if !strings.HasSuffix(full, text) {
			in.whole = &whole
			return in
		}
		in.lines = s.lines + header
		in.indent = s.indent + utf8.RuneCountInString(full) - utf8.RuneCountInString(text)
		return in
	}
	in.whole = &whole
	return in
}

// documents decodes every document of a text that is not empty, the ones
// yamlpos counts; nil when one is malformed.
func documents(data []byte) []*yaml.Node {
	var docs []*yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); err != nil {
			if err.Error() == "EOF" {
				return docs
			}
			return nil
		}
		if len(n.Content) == 1 && (n.Content[0].Tag != "!!null" || n.Content[0].Value != "") {
			docs = append(docs, n.Content[0])
		}
	}
}

// mapping is the first document of a text when it is a mapping.
func mapping(data []byte) *yaml.Node {
	var n yaml.Node
	if yaml.Unmarshal(data, &n) != nil || len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	return n.Content[0]
}

// child is the value of a key, in any case: kustomize reads kustomizations
// through JSON, where namePrefix and nameprefix are one field.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if strings.EqualFold(n.Content[i].Value, key) {
			return unalias(n.Content[i+1])
		}
	}
	return nil
}

func unalias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// source registers a file of the repository.
func (t *tree) source(name string, data []byte) *source {
	if s, ok := t.sources[name]; ok {
		return s
	}
	s := &source{name: name, data: data}
	t.sources[name] = s
	return s
}
