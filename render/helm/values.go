package helm

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
	"github.com/sekisho/sekisho/render/helm/shadow"
)

// readValues reads a unit's values files and `set` pairs, merged as Helm
// merges -f and --set. The layers are listed strongest first: what one sets,
// later ones cannot change.
func readValues(fsys fs.FS, unit model.Unit) (map[string]any, []shadow.Layer, error) {
	values := map[string]any{}
	var layers []shadow.Layer
	for _, name := range unit.Values {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, nil, &problem{file: name, message: "read values file: " + reason(err)}
		}
		var one map[string]any
		if err := yaml.Unmarshal(data, &one); err != nil {
			return nil, nil, yamlFault(name, data, "parse values", err)
		}
		values = mergeMaps(values, one)
		layers = append(layers, shadow.Layer{At: model.FileLocation(name, model.RoleValue), Data: data})
	}
	slices.Reverse(layers)
	if len(unit.Set) == 0 {
		return values, layers, nil
	}
	for _, key := range slices.Sorted(maps.Keys(unit.Set)) {
		if err := strvals.ParseInto(key+"="+unit.Set[key], values); err != nil {
			return nil, nil, &problem{file: unit.SetFile, message: fmt.Sprintf("parse set %q: %v", key, err)}
		}
	}
	// Without its text the file as a whole is the place of every pair.
	data, _ := fs.ReadFile(fsys, unit.SetFile)
	set := shadow.Layer{At: model.FileLocation(unit.SetFile, model.RoleValue), Data: data, Set: unit.Set}
	return values, append([]shadow.Layer{set}, layers...), nil
}

// mergeMaps lays b over a: mappings are merged, everything else is replaced.
func mergeMaps(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	for k, v := range b {
		under, ok1 := out[k].(map[string]any)
		over, ok2 := v.(map[string]any)
		if ok1 && ok2 {
			v = mergeMaps(under, over)
		}
		out[k] = v
	}
	return out
}

// defaults are the values.yaml files of a chart and its subcharts, parents
// first: a parent sets a child's values under the child's name.
func (l *loader) defaults(root *chart.Chart) []shadow.Layer {
	var layers []shadow.Layer
	var walk func(c *chart.Chart, scope []string)
	walk = func(c *chart.Chart, scope []string) {
		for _, f := range c.Raw {
			if f.Name == "values.yaml" {
				at := l.seen[c.Raw[0]][f.Name]
				at.Role = model.RoleValue
				layers = append(layers, shadow.Layer{Scope: scope, Default: true, At: at, Data: f.Data})
			}
		}
		for _, d := range c.Dependencies() {
			walk(d, append(scope[:len(scope):len(scope)], d.Name()))
		}
	}
	walk(root, nil)
	return layers
}

// locateValue finds the line that a values key was written in, in the
// strongest layer that has it; failing that, its nearest parent.
func locateValue(layers []shadow.Layer, key model.Path) model.Location {
	best, depth := model.Location{}, -1
	for _, l := range layers {
		rest, ok := below(key, l.Scope)
		if !ok || l.Data == nil {
			continue
		}
		docs, err := yamlpos.Parse(l.Data)
		if err != nil || len(docs) == 0 {
			continue
		}
		place := docs[0].Locate(rest)
		if n := len(l.Scope) + place.Depth; n > depth {
			best, depth = l.At, n
			if l.At.Precision == model.File {
				best = location(l.At.File, place, len(rest), model.RoleValue)
			}
		}
	}
	return best
}

// below takes the leading keys off a path.
func below(key model.Path, scope []string) (model.Path, bool) {
	if len(key) < len(scope) {
		return nil, false
	}
	for i, s := range scope {
		if key[i] != s {
			return nil, false
		}
	}
	return key[len(scope):], true
}

// locate finds a key in a YAML file.
func locate(name string, data []byte, key model.Path, role model.Role) model.Location {
	docs, err := yamlpos.Parse(data)
	if err != nil || len(docs) == 0 {
		return model.FileLocation(name, role)
	}
	return location(name, docs[0].Locate(key), len(key), role)
}

func location(name string, place yamlpos.Place, depth int, role model.Role) model.Location {
	precision := model.Exact
	if place.Depth < depth {
		precision = model.Parent
	}
	r := place.Range
	return model.Location{
		File: name, StartLine: r.StartLine, StartColumn: r.StartColumn, EndLine: r.EndLine, EndColumn: r.EndColumn,
		Precision: precision, Role: role,
	}
}

// yamlFault is the line of a file that is not YAML.
func yamlFault(name string, data []byte, doing string, err error) error {
	p := &problem{file: name, message: doing + ": " + strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")}
	if docs, _ := yamlpos.Parse(data); len(docs) > 0 {
		var at *yamlpos.Error
		if errors.As(docs[0].Err, &at) {
			p.line, p.message = at.Line, doing+": "+at.Message
		}
	}
	return p
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
