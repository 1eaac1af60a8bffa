package kustomize

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/utils"

	"github.com/sekisho/sekisho/internal/model"
)

// story makes a trace of a mark and what lies behind it.
func (v *provenance) story(i int, at model.Path, m *mark, more []*mark) model.Trace {
	if m.chart != nil {
		return m.chart.trace(m.path)
	}
	tr := model.Trace{Location: v.narrow(m, at)}
	based := m.role == model.RoleSource
	for _, o := range more {
		based = based || o.document()
		tr.Related = append(tr.Related, v.related(o))
	}
	if via := m.via; via != nil {
		if len(at) > 0 {
			if key, ok := at[len(at)-1].(string); ok && m.viaKey[key] != nil {
				via = m.viaKey[key]
			}
		}
		tr.Related = append(tr.Related, v.related(via))
	}
	if m.document() {
		tr.Related = append(tr.Related, v.variables(m)...)
	}
	if m.class == classReplacements {
		tr.Related = append(tr.Related, v.copied(m)...)
	}
	if based {
		return tr
	}
	if m.role == model.RolePatch {
		if h := v.unpatched(i, at); h.document() != nil && !h.document().same(m) {
			tr.Related = append(tr.Related, v.related(h.document()))
			return tr
		}
	}
	base, exact := v.static(i, at)
	switch {
	case !exact:
	case m.class == className && !isName(at):
		// A reference follows the name it refers to; its own line is the
		// one that concerns this field alone.
		tr.Related = append([]model.Location{tr.Location}, tr.Related...)
		for j := range tr.Related {
			tr.Related[j].Precision = ""
		}
		tr.Location = base
	default:
		if base.Role == model.RoleSource {
			base.Role = model.RoleBase
		}
		base.Precision = ""
		tr.Related = append(tr.Related, base)
	}
	return tr
}

func isName(at model.Path) bool { return at.String() == "metadata.name" }

// related is a mark as a station on the way.
func (v *provenance) related(m *mark) model.Location {
	var loc model.Location
	if m.chart != nil {
		loc = m.chart.trace(m.path).Location
	} else {
		loc = m.location()
	}
	loc.Precision = ""
	if loc.Role == model.RoleSource && m.document() {
		loc.Role = model.RoleBase
	}
	return loc
}

// narrow is the location of a mark; of a replacement, the entry among its
// targets' fields that names the field.
func (v *provenance) narrow(m *mark, at model.Path) model.Location {
	if m.class != classReplacements {
		return m.location()
	}
	targets := child(m.node(), "targets")
	if targets == nil {
		return m.location()
	}
	for t, target := range targets.Content {
		paths := child(target, "fieldPaths")
		if paths == nil {
			continue
		}
		for f, p := range paths.Content {
			if fieldPathMatches(p.Value, at) {
				return m.src.locate(m.doc, m.path.Join("targets", t, "fieldPaths", f), m.role)
			}
		}
	}
	return m.location()
}

// node is what stands at the mark in its source.
func (m *mark) node() *yaml.Node {
	if docs := m.src.documents(); m.doc < len(docs) {
		return find(docs[m.doc], m.path)
	}
	return nil
}

// fieldPathMatches tells whether a path as replacements write it (a.[b=c].d,
// a.*.d, a.0.d) can be an address of the field.
func fieldPathMatches(fieldPath string, at model.Path) bool {
	steps := utils.SmarterPathSplitter(fieldPath, ".")
	if len(steps) > len(at) {
		return false
	}
	for i, step := range steps {
		if key, ok := at[i].(string); ok && key != strings.Trim(step, "[]") && step != "*" {
			return false
		}
	}
	return true
}

// copied is where a replacement takes its value from.
func (v *provenance) copied(m *mark) []model.Location {
	plain := v.plain()
	from := child(m.node(), "source")
	if from == nil || plain == nil {
		return nil
	}
	at := model.Path{"metadata", "name"}
	if p := child(from, "fieldPath"); p != nil {
		at = nil
		for _, step := range utils.SmarterPathSplitter(p.Value, ".") {
			if i, err := strconv.Atoi(step); err == nil {
				at = at.Join(i)
			} else {
				at = at.Join(strings.Trim(step, "[]"))
			}
		}
	}
	name := text(from, "name")
	for j, n := range plain.nodes {
		if kind := text(from, "kind"); kind != "" && kind != text(n, "kind") || !strings.Contains(text(n, "metadata", "name"), name) {
			continue
		}
		if h := plain.at(j, at); h.doc != nil {
			loc := v.related(h.doc)
			loc.Role = h.doc.role
			return []model.Location{loc}
		}
	}
	return nil
}

// variables are the vars entries a text of a document refers to.
func (v *provenance) variables(m *mark) []model.Location {
	if m.at != nil || m.chart != nil {
		return nil
	}
	place, ok := m.src.value(m.doc, m.path).(string)
	if !ok || !strings.Contains(place, "$(") {
		return nil
	}
	var locs []model.Location
	for _, k := range v.tree.order {
		//lint:ignore SA1019 old kustomizations still have vars
		for j, entry := range k.fields.Vars {
			if strings.Contains(place, "$("+entry.Name+")") {
				locs = append(locs, v.related(&mark{src: k.file, path: model.Path{"vars", j}, role: model.RoleDirective}))
			}
		}
	}
	return locs
}

// uncarried places a field no mark reached.
func (v *provenance) uncarried(i int, at model.Path, truth any) model.Trace {
	if m := v.operation(at, truth); m != nil {
		return v.story(i, at, m, nil)
	}
	origin := v.originOf(i)
	if origin.ConfiguredIn != "" {
		if loc, ok := v.generator(i, origin, at); ok {
			return model.Trace{Location: loc}
		}
		return model.Trace{Location: model.FileLocation(path.Join(v.dir, origin.ConfiguredIn), model.RoleDirective)}
	}
	if len(at) > 0 && at[len(at)-1] == "app.kubernetes.io/managed-by" {
		top := v.tree.order[0]
		if n := child(top.node, "buildMetadata"); n != nil {
			return model.Trace{Location: top.file.locate(0, model.Path{"buildMetadata"}, model.RoleDirective)}
		}
	}
	if origin.Path != "" {
		loc, _ := v.static(i, at)
		return model.Trace{Location: loc}
	}
	return model.Trace{Location: model.FileLocation(v.tree.fileOf(v.dir), model.RoleDirective)}
}

// operation finds the JSON patch operation that names the field or an
// ancestor of it and holds the value.
func (v *provenance) operation(at model.Path, truth any) *mark {
	plain := v.plain()
	if plain == nil {
		return nil
	}
	for _, op := range plain.ops {
		if len(op.pointer) > len(at) || len(op.pointer) == 0 {
			continue
		}
		match := true
		for j, e := range op.pointer {
			if s, ok := at[j].(string); ok && s != e || !ok && e != "-" && e != fmt.Sprint(at[j]) {
				match = false
			}
		}
		if !match {
			continue
		}
		rest := at[len(op.pointer):]
		switch op.kind {
		case "copy", "move":
			return op.mark
		case "add", "replace":
			n := find(op.value, rest)
			if n != nil && (n.Kind != yaml.ScalarNode || equal(n, n.Value, truth)) {
				m := *op.mark
				m.path = m.path.Join("value").Join(rest...)
				return &m
			}
		}
	}
	return nil
}

// static looks a path up in the document an object came from, without any
// build. exact tells whether the value found there lives on in the object.
func (v *provenance) static(i int, at model.Path) (_ model.Location, exact bool) {
	if chart := v.chartOf(i); chart != nil {
		loc := chart.trace(at).Location
		return loc, loc.Precision == model.Exact
	}
	file := path.Join(v.dir, v.originOf(i).Path)
	s, ok := v.tree.sources[file]
	if !ok {
		return model.FileLocation(file, model.RoleSource), false
	}
	obj := v.objects[i]
	for d, n := range s.documents() {
		name := text(n, "metadata", "name")
		if text(n, "kind") == obj.ID.Kind && name != "" && strings.Contains(obj.ID.Name, name) {
			return s.locate(d, at, model.RoleSource), find(n, at) != nil
		}
	}
	return model.FileLocation(file, model.RoleSource), false
}
