package discover

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
)

const chartFile = "Chart.yaml"

// chart is a folder with a Chart.yaml that is not vendored under another chart.
type chart struct {
	dir     string
	name    string
	library bool     // renders nothing by itself
	local   []string // folders of its file:// dependencies
}

// owns tells whether a path is part of the chart itself. Examples and the
// like that lie in its folder are not.
func (c *chart) owns(p string) bool {
	rest := p
	if c.dir != "." {
		var ok bool
		if rest, ok = strings.CutPrefix(p, c.dir+"/"); !ok {
			return false
		}
	}
	first, below, nested := strings.Cut(rest, "/")
	if !nested {
		switch first {
		case "Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock", "templates", "crds", "charts":
			return true
		}
		return isValuesName(first)
	}
	switch first {
	case "templates", "crds", "charts":
		return true
	}
	return first == "ci" && isValuesName(below)
}

// isValuesName tells of values.yaml, values-prod.yaml, ha-values.yaml,
// values.schema.json.
func isValuesName(name string) bool {
	stem, ext, _ := strings.Cut(name, ".")
	switch ext {
	case "yaml", "yml", "schema.json":
	default:
		return strings.HasPrefix(name, "values.") && isManifestName(name) // values.prod.yaml
	}
	return stem == "values" || strings.HasPrefix(stem, "values-") || strings.HasSuffix(stem, "-values")
}

// enclosingChart finds the chart that a path is a part of: the outermost one,
// for a vendored chart belongs to the chart that brings it.
func (f *finder) enclosingChart(p string) (string, bool) {
	found, ok := "", false
	for dir := p; ; {
		if dir != p && f.isFile(path.Join(dir, chartFile)) {
			if c := (&chart{dir: dir}); c.owns(p) {
				found, ok = dir, true
			}
		}
		if dir == "." {
			return found, ok
		}
		dir = path.Dir(dir)
	}
}

// isValuesFile tells whether a file is a chart's values by name and place.
func (f *finder) isValuesFile(dir, name string) bool {
	return isValuesName(name) && f.isFile(path.Join(dir, chartFile))
}

// addChart reads the Chart.yaml of a folder. One that cannot be read becomes a
// unit all the same: rendering it reports why.
func (f *finder) addChart(dir string) *chart {
	if i := slices.IndexFunc(f.charts, func(c *chart) bool { return c.dir == dir }); i >= 0 {
		return f.charts[i]
	}
	c := &chart{dir: dir, name: path.Base(dir)}
	f.charts = append(f.charts, c)
	meta := f.decode(path.Join(dir, chartFile))
	if name, _ := meta["name"].(string); name != "" {
		c.name = name
	}
	c.library = meta["type"] == "library"
	for _, d := range f.dependencies(dir) {
		repository, _ := d["repository"].(string)
		if local, ok := strings.CutPrefix(repository, "file://"); ok {
			c.local = append(c.local, path.Join(dir, local))
		}
	}
	return c
}

// Vendored tells whether a file belongs to a chart that the one around it takes
// from a remote repository: what is edited there is lost with the next update.
func (t *Tree) Vendored(file string) bool {
	f := t.finder
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		around := path.Dir(path.Dir(dir))
		if path.Base(path.Dir(dir)) != "charts" || !f.isFile(path.Join(dir, chartFile)) || !f.isFile(path.Join(around, chartFile)) {
			continue
		}
		name := f.decode(path.Join(dir, chartFile))["name"]
		for _, d := range f.dependencies(around) {
			if repository, _ := d["repository"].(string); d["name"] == name && repository != "" && !strings.HasPrefix(repository, "file://") {
				return true
			}
		}
	}
	return false
}

// dependencies are the entries of a chart's Chart.yaml and requirements.yaml.
func (f *finder) dependencies(dir string) []map[string]any {
	list := mappings(f.decode(path.Join(dir, chartFile))["dependencies"])
	if old := path.Join(dir, "requirements.yaml"); f.isFile(old) {
		list = append(list, mappings(f.decode(old)["dependencies"])...)
	}
	return list
}

// chartUnits are the variants of a chart: with its own values, unless these do
// not suffice, with each ci/*-values.yaml, and the releases of the
// configuration. A chart that a
// kustomization inflates is judged there; only its releases are left.
func (f *finder) chartUnits(c *chart, inflated bool) []model.Unit {
	unit := model.Unit{Kind: model.Helm, Path: c.dir, Variant: model.DefaultVariant, Release: c.name, Namespace: "default"}
	var units []model.Unit
	if !inflated {
		if !slices.ContainsFunc(f.noDefault, func(dir string) bool { return clean(dir) == c.dir }) {
			units = append(units, unit)
		}
		ci, _ := fs.ReadDir(f.root, path.Join(c.dir, "ci")) // sorted; most charts have none
		for _, e := range ci {
			if strings.HasSuffix(e.Name(), "-values.yaml") && !e.IsDir() {
				v := unit
				v.Variant = "ci/" + e.Name()
				v.Values = []string{path.Join(c.dir, v.Variant)}
				units = append(units, v)
			}
		}
	}
	for _, r := range f.releases {
		if clean(r.Chart) != c.dir {
			continue
		}
		v := unit
		v.Variant, v.Release, v.Set, v.SetFile = r.Name, r.Name, r.Set, r.File
		if r.Namespace != "" {
			v.Namespace = r.Namespace
		}
		for _, file := range r.Values {
			v.Values = append(v.Values, clean(file))
		}
		units = append(units, v)
	}
	return units
}

// decode reads a small YAML file leniently: nil when it cannot be read or is
// no mapping. Whoever renders the unit reports what is wrong with it.
func (f *finder) decode(p string) (m map[string]any) {
	defer func() {
		if recover() != nil {
			m = nil
		}
	}()
	src, err := f.read(p)
	if err != nil {
		return nil
	}
	var v any
	if yaml.Unmarshal(src, &v) != nil {
		return nil
	}
	m, _ = v.(map[string]any)
	return m
}

// mappings are the mappings of a list.
func mappings(v any) []map[string]any {
	var out []map[string]any
	list, _ := v.([]any)
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// texts are the strings of a list, or a string alone.
func texts(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var out []string
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
