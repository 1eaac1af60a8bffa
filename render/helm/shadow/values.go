package shadow

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// valuesFile is a layer with its text parsed.
type valuesFile struct {
	Layer
	doc *yamlpos.Document // nil for set and for empty files
}

func (s *Shadow) parseLayers() {
	if s.layers != nil {
		return
	}
	s.layers = []*valuesFile{}
	for _, l := range s.in.Layers {
		f := &valuesFile{Layer: l}
		if docs, err := yamlpos.Parse(l.Data); err == nil && len(docs) > 0 && docs[0].Err == nil {
			f.doc = docs[0]
		}
		s.layers = append(s.layers, f)
	}
}

// keyLine finds where the value that templates see under a path of the
// outermost chart's values was written, and names its key as that file has it.
// ok tells that a layer has the very
// path; otherwise the location is the key's nearest parent, and its File is
// empty when not even that exists in the repository.
//
// The strongest layer that has the path decides. A layer that sets one of its
// parents to something other than a mapping hides what weaker layers say: Helm
// replaces lists as a whole.
func (s *Shadow) keyLine(path model.Path) (at model.Location, ok bool) {
	s.parseLayers()
	return s.keyLineIn(s.layers, path, 0)
}

func (s *Shadow) keyLineIn(layers []*valuesFile, path model.Path, imports int) (at model.Location, ok bool) {
	depth := 0
	for _, l := range layers {
		rest, inScope := below(path, l.Scope)
		if !inScope || len(rest) == 0 {
			continue
		}
		found, n, hides := l.find(rest)
		found.Key = rest.String()
		if l.At.Precision != model.File {
			found.Key = path.String()
		}
		if n == len(rest) {
			return found, true
		}
		if n > 0 && len(l.Scope)+n > depth {
			at, depth = found, len(l.Scope)+n
		}
		if hides {
			return at, false
		}
	}
	// What a chart imports from its dependencies is weaker than its own values.
	if imports < maxImports {
		for _, from := range s.imported(path) {
			defaults := slices.DeleteFunc(slices.Clone(s.layers), func(l *valuesFile) bool { return !l.Default })
			if found, ok := s.keyLineIn(defaults, from, imports+1); ok {
				return found, true
			}
		}
	}
	return at, false
}

// override is where a chart of this repository would set what a vendored
// chart's own values say: the nearest line that leads to the key in a stronger
// layer. ok is false when the key is not a vendored chart's, or when no stronger
// layer says anything about that chart.
func (s *Shadow) override(path model.Path, at model.Location) (over model.Location, ok bool) {
	for _, l := range s.layers {
		if l.At.File == at.File && l.Default {
			return over, ok && s.member(l.Scope).vendored
		}
		rest, inScope := below(path, l.Scope)
		if !inScope || ok || l.At.Precision != model.File || l.Set != nil || l.Default && s.member(l.Scope).vendored {
			continue
		}
		if found, n, hides := l.find(rest); n > 0 && !hides {
			found.Key = rest.String()
			over, ok = found, true
		}
	}
	return over, false
}

// member is the chart whose values hang at a scope.
func (s *Shadow) member(scope []string) *member {
	m := s.engine.root
	for _, name := range scope {
		if i := slices.IndexFunc(m.deps, func(d *member) bool { return d.chart.Name() == name }); i >= 0 {
			m = m.deps[i]
		}
	}
	return m
}

// maxImports bounds how often an imported value may be an imported one.
const maxImports = 8

// find looks for a path in a layer. n is how many of its elements the layer
// has; hides tells that the last of them is no mapping, so that the rest of
// the path exists in no weaker layer either.
func (l *valuesFile) find(path model.Path) (at model.Location, n int, hides bool) {
	if l.Set != nil {
		return l.findSet(path)
	}
	if l.doc == nil {
		return at, 0, false
	}
	place := l.doc.Locate(path)
	n = place.Depth
	if n == 0 {
		return at, 0, false
	}
	at = l.At
	if l.At.Precision == model.File {
		at = model.Location{
			File: l.At.File, StartLine: place.Range.StartLine, StartColumn: place.Range.StartColumn,
			EndLine: place.Range.EndLine, EndColumn: place.Range.EndColumn, Role: model.RoleValue, Precision: model.Exact,
		}
	} else {
		// A packed chart's own values: the key is what its parent has to set.
		at.Precision = model.Parent
	}
	v, _ := path[:n].Lookup(l.doc.Value)
	_, isMap := v.(map[string]any)
	return at, n, n < len(path) && !isMap
}

// findSet looks among `set` pairs, of which later keys win.
func (l *valuesFile) findSet(path model.Path) (at model.Location, n int, hides bool) {
	keys := slices.Sorted(maps.Keys(l.Set))
	slices.Reverse(keys)
	for _, key := range keys {
		m, err := strvals.Parse(key + "=" + l.Set[key])
		if err != nil {
			continue
		}
		if _, ok := path.Lookup(m); ok {
			return l.setLine(key), len(path), false
		}
		for i := len(path) - 1; i > 0; i-- {
			if v, ok := path[:i].Lookup(m); ok {
				if _, isMap := v.(map[string]any); !isMap {
					return l.setLine(key), i, true
				}
			}
		}
	}
	return at, 0, false
}

// setLine is the line of a pair in the file that lists it under releases:, or
// the file when there is none.
func (l *valuesFile) setLine(key string) model.Location {
	at := l.At
	at.Role = model.RoleValue
	if at.File == "" || l.doc == nil {
		return at
	}
	releases, _ := model.Path{"releases"}.Lookup(l.doc.Value)
	list, _ := releases.([]any)
	best := -1
	for i, r := range list {
		set, _ := model.Path{"set"}.Lookup(r)
		pairs, _ := set.(map[string]any)
		if _, ok := pairs[key]; !ok {
			continue
		}
		// Releases may set the same keys: the one that agrees most is meant.
		agree := 0
		for k, v := range pairs {
			if scalarText(v) == l.Set[k] {
				agree++
			}
		}
		if agree <= best {
			continue
		}
		best = agree
		place := l.doc.Locate(model.Path{"releases", i, "set", key}).Range
		at.StartLine, at.StartColumn, at.EndLine, at.EndColumn = place.StartLine, place.StartColumn, place.EndLine, place.EndColumn
		at.Precision = model.Exact
	}
	return at
}

func below(path model.Path, scope []string) (model.Path, bool) {
	if len(path) < len(scope) {
		return nil, false
	}
	for i, s := range scope {
		if path[i] != s {
			return nil, false
		}
	}
	return path[len(scope):], true
}

// imported lists the paths of dependencies' values that a path may have been
// imported from (import-values in Chart.yaml).
func (s *Shadow) imported(path model.Path) []model.Path {
	var out []model.Path
	m, scope := s.engine.root, model.Path{}
	for {
		for _, d := range m.chart.Metadata.Dependencies {
			if d == nil {
				continue
			}
			for _, iv := range d.ImportValues {
				// Helm has turned the short form into the long one.
				pair, ok := iv.(map[string]string)
				if !ok {
					continue
				}
				rest := path[len(scope):]
				if pair["parent"] != "." {
					var in bool
					if rest, in = below(rest, strings.Split(pair["parent"], ".")); !in {
						continue
					}
				}
				from := append(slices.Clone(scope), d.Name)
				for _, e := range strings.Split(pair["child"], ".") {
					from = append(from, e)
				}
				out = append(out, append(from, rest...))
			}
		}
		// Go down into the subchart whose values the path is in.
		if len(path) <= len(scope)+1 {
			return out
		}
		i := slices.IndexFunc(m.deps, func(d *member) bool { return d.chart.Name() == path[len(scope)] })
		if i < 0 {
			return out
		}
		m, scope = m.deps[i], append(scope, path[len(scope)])
	}
}

// outermost turns the path of a global value, which Helm copies into every
// subchart, into that of the chart it was set in.
func (s *Shadow) outermost(path model.Path) model.Path {
	values := valuesOf(s.pristine)
	have, _ := path.Lookup(values)
	for i := range path {
		if path[i] != chartutil.GlobalKey {
			continue
		}
		for j := 0; j < i; j++ {
			outer := append(slices.Clone(path[:j]), path[i:]...)
			if v, ok := outer.Lookup(values); ok && equalValues(v, have) {
				return outer
			}
		}
		break
	}
	return path
}

// values makes the chart's values once: Helm takes longer to merge them than a
// template to run.
func (s *Shadow) values() bool {
	if s.pristine == nil {
		v, err := s.in.Values()
		if err != nil {
			return false
		}
		s.pristine = v
	}
	return true
}

// fresh is a copy of the values for a run, which may write into it. What hangs
// in two places (global) does so in the copy.
func (s *Shadow) fresh() (chartutil.Values, bool) {
	if !s.values() {
		return nil, false
	}
	c := copier{}
	top := chartutil.Values(c.mapping(s.pristine))
	top["Values"] = chartutil.Values(c.mapping(valuesOf(s.pristine)))
	return top, true
}

// copier copies maps and lists, each once.
type copier map[identity]any

func (c copier) mapping(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	id, _ := identify(reflect.ValueOf(m))
	c[id] = out
	for k, v := range m {
		out[k] = c.value(v)
	}
	return out
}

func (c copier) value(v any) any {
	if !isContainer(v) {
		return v
	}
	id, ok := identify(reflect.ValueOf(v))
	if !ok {
		return cloneValue(v) // of no size
	}
	if copied, known := c[id]; known {
		return copied
	}
	if m, isMap := v.(map[string]any); isMap {
		return c.mapping(m)
	}
	list := v.([]any)
	out := make([]any, len(list))
	c[id] = out
	for i, e := range list {
		out[i] = c.value(e)
	}
	return out
}

// change gives the values with one path set to something else, and with it
// the copies of a global value in the subcharts.
func (s *Shadow) change(path model.Path, v any) chartutil.Values {
	top := chartutil.Values{}
	maps.Copy(top, s.pristine)
	values := cloneMap(valuesOf(s.pristine))
	put(values, path, v)
	if i := slices.Index(path, any(chartutil.GlobalKey)); i >= 0 {
		var walk func(m *member, scope model.Path)
		walk = func(m *member, scope model.Path) {
			for _, d := range m.deps {
				in := scope.Join(d.chart.Name())
				if sub, ok := in.Lookup(values); ok && isContainer(sub) {
					put(values, append(slices.Clone(in), path[i:]...), v)
				}
				walk(d, in)
			}
		}
		m, scope := s.engine.root, model.Path{}
		for _, e := range path[:i] {
			for _, d := range m.deps {
				if d.chart.Name() == e {
					m, scope = d, scope.Join(e)
					break
				}
			}
		}
		walk(m, scope)
	}
	top["Values"] = chartutil.Values(values)
	return top
}

// put sets a path, making the mappings on the way.
func put(m map[string]any, path model.Path, v any) {
	var at any = m
	for i, e := range path {
		last := i == len(path)-1
		switch c := at.(type) {
		case map[string]any:
			key, ok := e.(string)
			if !ok {
				return
			}
			if last {
				c[key] = v
				return
			}
			if !isContainer(c[key]) {
				c[key] = map[string]any{}
			}
			at = c[key]
		case []any:
			j, ok := e.(int)
			if !ok || j < 0 || j >= len(c) {
				return
			}
			if last {
				c[j] = v
				return
			}
			if !isContainer(c[j]) {
				c[j] = map[string]any{}
			}
			at = c[j]
		}
	}
}

func cloneMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = cloneValue(v)
	}
	return out
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return v // toYaml prints null
		}
		return cloneMap(v)
	case []any:
		if v == nil {
			return v
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cloneValue(e)
		}
		return out
	}
	return v
}
