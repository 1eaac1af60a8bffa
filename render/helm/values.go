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
)

// layerKind says where values were written.
type layerKind string

const (
	layerSet     layerKind = "set"     // `set:` of a release, or --set
	layerFile    layerKind = "file"    // a values file of the variant
	layerDefault layerKind = "default" // a chart's own values.yaml
)

// layer is one source of values. A unit's layers are listed strongest first:
// what one sets, later ones cannot change. Chart defaults come in the order
// parent, child; a parent sets a child's values under the child's name.
type layer struct {
	kind layerKind
	// scope is where the layer's keys hang in the values of the outermost
	// chart: [sub] for the values.yaml of the subchart named sub.
	scope []string
	// at is the file; for packed charts, what brought the chart in.
	at   model.Location
	data []byte // the file's text; nil for set
	set  map[string]string
}

// readValues reads a unit's values files and `set` pairs, merged as Helm
// merges -f and --set.
func readValues(fsys fs.FS, unit model.Unit) (map[string]any, []layer, error) {
	values := map[string]any{}
	var layers []layer
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
		layers = append(layers, layer{kind: layerFile, at: model.FileLocation(name, model.RoleValue), data: data})
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
	set := layer{kind: layerSet, at: model.FileLocation(unit.SetFile, model.RoleValue), set: unit.Set}
	return values, append([]layer{set}, layers...), nil
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

// defaults are the values.yaml files of a chart and its subcharts.
func (l *loader) defaults(root *chart.Chart) []layer {
	var layers []layer
	var walk func(c *chart.Chart, scope []string)
	walk = func(c *chart.Chart, scope []string) {
		for _, f := range c.Raw {
			if f.Name == "values.yaml" {
				at := l.seen[c.Raw[0]][f.Name]
				at.Role = model.RoleValue
				layers = append(layers, layer{kind: layerDefault, scope: scope, at: at, data: f.Data})
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
func locateValue(layers []layer, key model.Path) model.Location {
	best, depth := model.Location{}, -1
	for _, l := range layers {
		rest, ok := below(key, l.scope)
		if !ok || l.data == nil {
			continue
		}
		docs, err := yamlpos.Parse(l.data)
		if err != nil || len(docs) == 0 {
			continue
		}
		place := docs[0].Locate(rest)
		if n := len(l.scope) + place.Depth; n > depth {
			best, depth = l.at, n
			if l.at.Precision == model.File {
				best = location(l.at.File, place, len(rest), model.RoleValue)
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
