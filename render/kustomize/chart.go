package kustomize

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"

	"github.com/sekisho/sekisho/internal/model"
)

// ChartRequest is a chart that a kustomization wants rendered, in the terms of
// `helm template`.
type ChartRequest struct {
	// FS is the repository. Values that stand in the kustomization are seen
	// in its place, on the lines and columns they have there, so that a line
	// of FS is a line of the repository.
	FS fs.FS
	// Unit holds the chart's folder, release, namespace and values files.
	Unit model.Unit
	// NameTemplate, if set, makes the release's name.
	NameTemplate string
	IncludeCRDs  bool
	SkipHooks    bool
	SkipTests    bool
	APIVersions  []string
	KubeVersion  string // empty: the run's own
}

// Kustomize puts the objects of charts behind those of resources and
// generators and before components. A component that comes first is the one
// thing of ours that stands in the same place: it holds what the chart made,
// and takes the place of helmCharts in the kustomization that the library
// reads.

// chartVisit is what the charts of a kustomization made in one namespace.
type chartVisit struct {
	dir    string          // of the component, relative to the kustomization
	charts []renderedChart // in the order of the entries
}

type renderedChart []chartObject

type chartObject struct {
	model.Object
	mark *chartMark
}

// renderCharts renders the charts of every kustomization of the tree.
func (t *tree) renderCharts(ctx context.Context, opts Options) {
	for _, k := range t.order {
		if len(k.fields.HelmCharts) == 0 {
			continue
		}
		known := map[string]chartVisit{}
		for _, namespace := range k.namespaces {
			visit, ok := known[namespace]
			if !ok {
				visit.dir = fmt.Sprintf(".sekisho-charts-%d", len(known))
				for i, chart := range k.fields.HelmCharts {
					visit.charts = append(visit.charts, t.renderChart(ctx, opts, k, i, chart, namespace))
				}
				known[namespace] = visit
			}
			k.charts = append(k.charts, visit)
		}
	}
}

// chartPath is where the entry of a chart stands: the deprecated list comes
// behind the one that replaced it.
func (k *kustomization) chartPath(i int) (p model.Path, inline string) {
	key := func(name string) (string, int) {
		for j := 0; j+1 < len(k.node.Content); j += 2 {
			if strings.EqualFold(k.node.Content[j].Value, name) {
				return k.node.Content[j].Value, len(unalias(k.node.Content[j+1]).Content)
			}
		}
		return name, 0
	}
	name, n := key("helmCharts")
	if i < n {
		return model.Path{name, i}, "valuesInline"
	}
	name, _ = key("helmChartInflationGenerator")
	return model.Path{name, i - n}, "valuesLocal"
}

func (t *tree) renderChart(ctx context.Context, opts Options, k *kustomization, i int, chart types.HelmChart, namespace string) renderedChart {
	at, _ := k.chartPath(i)
	entry := &mark{src: k.file, path: at, role: model.RoleDirective}
	var need *model.Need
	fail := func(format string, args ...any) renderedChart {
		line := entry.location().StartLine
		t.failures = append(t.failures, model.Failure{
			File: k.file.name, Line: line, Message: fmt.Sprintf("chart %q: ", chart.Name) + fmt.Sprintf(format, args...), Need: need,
		})
		return nil
	}
	if chart.Name == "" {
		return fail("the name is missing")
	}
	home := types.HelmDefaultHome
	if g := k.fields.HelmGlobals; g != nil && g.ChartHome != "" {
		home = g.ChartHome
	}
	if chart.Version != "" && chart.Repo != "" {
		home = path.Join(home, chart.Name+"-"+chart.Version)
	}
	dir, isDir, err := t.fs.stat(path.Join(root, k.dir, home, chart.Name))
	if (err != nil || !isDir) && chart.Repo != "" {
		need = &model.Need{Kind: model.NeedChart, Dir: k.dir, Name: chart.Name, Address: chart.Repo, Version: chart.Version}
		if t.fetched != nil {
			if p, ok := t.fetched(*need); ok {
				dir, isDir, err = p.Path, true, nil
				t.cross(k, p.Root, chart.Repo, entry)
			}
		}
	}
	switch {
	case path.IsAbs(home):
		return fail("chart home %q is outside of the repository", home)
	case (err != nil || !isDir) && chart.Repo != "":
		return fail("it would be pulled from %q and is not fetched without --allow-network; no folder %s", model.BareAddress(chart.Repo), path.Join(k.dir, home, chart.Name))
	case err != nil || !isDir:
		return fail("no folder %s", path.Join(k.dir, home, chart.Name))
	case t.leaves(k, dir):
		return fail("its folder is outside of what was fetched")
	case opts.Chart == nil:
		return fail("charts are not rendered here")
	}
	fsys, values, err := t.chartValues(k, i, chart, dir)
	if err != nil {
		return fail("%v", err)
	}
	if chart.Namespace != "" {
		namespace = chart.Namespace
	} else if k.fields.Namespace != "" {
		namespace = k.fields.Namespace
	}
	unit := model.Unit{Kind: model.Helm, Path: dir, Release: chart.ReleaseName, Namespace: namespace, Values: values}
	if unit.Release == "" && chart.NameTemplate == "" {
		unit.Release = chart.Name // helm would make one up from the clock
	}
	if unit.Namespace == "" {
		unit.Namespace = "default"
	}
	rendered := opts.Chart(ctx, ChartRequest{
		FS: fsys, Unit: unit, NameTemplate: chart.NameTemplate,
		IncludeCRDs: chart.IncludeCRDs, SkipHooks: chart.SkipHooks, SkipTests: chart.SkipTests,
		APIVersions: chart.ApiVersions, KubeVersion: chart.KubeVersion,
	})
	t.failures = append(t.failures, rendered.Failures...)
	var out renderedChart
	for _, obj := range rendered.Objects {
		out = append(out, chartObject{obj, &chartMark{obj.Origin, entry, obj.Generated}})
	}
	return out
}

// chartValues lists the values files of a chart, lowest first, and the file
// system that shows the inline ones.
func (t *tree) chartValues(k *kustomization, i int, chart types.HelmChart, dir string) (fs.FS, []string, error) {
	file := path.Join(dir, "values.yaml")
	own := true
	if chart.ValuesFile != "" {
		file, own = path.Join(k.dir, chart.ValuesFile), false
	}
	load := func(name string) ([]byte, error) {
		resolved, _, err := t.fs.stat(path.Join(root, name))
		if err != nil {
			return nil, fmt.Errorf("values file %s: %s", name, because(err))
		}
		if !below(resolved, k.dir) {
			return nil, fmt.Errorf("values file %s is not in or below %s", name, k.dir)
		}
		return fs.ReadFile(t.fs.repo, resolved)
	}
	var files []string
	for _, f := range chart.AdditionalValuesFiles {
		if _, err := load(path.Join(k.dir, f)); err != nil {
			return nil, nil, err
		}
		files = append(files, path.Join(k.dir, f))
	}
	data, err := load(file)
	if len(chart.ValuesInline) == 0 {
		if err != nil {
			return nil, nil, err
		}
		if !own { // a chart's own values apply anyway
			files = append([]string{file}, files...)
		}
		return t.fs.repo, files, nil
	}
	merge := chart.ValuesMerge
	if merge == "" {
		merge = "override"
	}
	var lower map[string]any // what inline values are merged with, none for replace
	if merge != "replace" {
		if err != nil {
			return nil, nil, err
		}
		if err := yaml.Unmarshal(data, &lower); err != nil {
			return nil, nil, fmt.Errorf("values file %s: %w", file, err)
		}
	}
	merged, err := mergeValues(merge, data, chart.ValuesInline)
	if err != nil {
		return nil, nil, err
	}
	shown, exact := k.inlineValues(i, chart.ValuesInline)
	// Where two files, one over the other, come to the same values as
	// kustomize's own merge, they stay two files: each keeps its lines.
	switch {
	case exact && merge == "replace":
		files = append([]string{k.file.name}, files...)
	case exact && merge == "override" && equalJSON(layered(lower, chart.ValuesInline), merged):
		if !own {
			files = append([]string{file, k.file.name}, files...)
		} else {
			files = append([]string{k.file.name}, files...)
		}
	case exact && merge == "merge" && equalJSON(layered(chart.ValuesInline, lower), merged):
		files = append([]string{k.file.name, file}, files...)
	default:
		flat, err := json.Marshal(merged)
		if err != nil {
			return nil, nil, err
		}
		at, inline := k.chartPath(i)
		line := k.file.locate(0, at.Join(inline), "").StartLine
		shown = append(bytes.Repeat([]byte("\n"), line-1), flat...)
		files = append([]string{k.file.name}, files...)
	}
	return overlay{t.fs.repo, k.file.name, shown}, files, nil
}

func below(name, dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }

// mergeValues merges inline values with those of a file as kustomize does.
func mergeValues(how string, file []byte, inline map[string]any) (map[string]any, error) {
	switch how {
	case "replace":
		return inline, nil
	case "merge", "override":
	default:
		return nil, fmt.Errorf("valuesMerge must be merge, override or replace, not %q", how)
	}
	theirs, err := kyaml.Parse(string(file))
	if err != nil {
		return nil, err
	}
	ours, err := kyaml.FromMap(inline)
	if err != nil {
		return nil, err
	}
	src, dest := ours, theirs
	if how == "merge" {
		src, dest = theirs, ours
	}
	merged, err := merge2.Merge(src, dest, kyaml.MergeOptions{})
	if err != nil {
		return nil, err
	}
	return merged.Map()
}

// layered is what helm makes of two values files, the second one above.
func layered(lower, upper map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range lower {
		out[k] = v
	}
	for k, v := range upper {
		l, lok := out[k].(map[string]any)
		u, uok := v.(map[string]any)
		if lok && uok {
			v = layered(l, u)
		}
		out[k] = v
	}
	return out
}

func equalJSON(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// inlineValues is the kustomization with everything but a chart's inline
// values blanked out. It is exact when the rest still reads the same, which an
// anchor from elsewhere would prevent.
func (k *kustomization) inlineValues(i int, want map[string]any) (data []byte, exact bool) {
	at, inline := k.chartPath(i)
	p, ok := k.file.place(0, at.Join(inline))
	if !ok || p.Depth < 3 {
		return nil, false
	}
	lines := strings.Split(string(k.file.data), "\n")
	for n := range lines {
		text := []rune(lines[n])
		from, to := 0, len(text)
		switch line := n + 1; {
		case line < p.Value.StartLine || line > p.Value.EndLine:
			to = 0
		default:
			if line == p.Value.StartLine {
				from = min(p.Value.StartColumn-1, len(text))
			}
			if line == p.Value.EndLine {
				to = min(p.Value.EndColumn-1, len(text))
			}
		}
		if from >= to {
			lines[n] = ""
			continue
		}
		lines[n] = strings.Repeat(" ", from) + string(text[from:to])
	}
	data = []byte(strings.Join(lines, "\n"))
	var got map[string]any
	if yaml.Unmarshal(data, &got) != nil || !equalJSON(got, want) {
		return nil, false
	}
	return data, true
}

// withCharts is a kustomization, as the library will read it on one visit,
// with the component in place of its charts.
func (k *kustomization) withCharts(data []byte, visit chartVisit) []byte {
	n := mapping(data)
	remove(n, "helmCharts")
	remove(n, "helmGlobals")
	remove(n, "helmChartInflationGenerator")
	list := child(n, "components")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "components"}, list)
	}
	list.Content = append([]*yaml.Node{{Kind: yaml.ScalarNode, Value: visit.dir}}, list.Content...)
	out, err := yaml.Marshal(n)
	if err != nil {
		return data
	}
	return out
}

// serveCharts lays the components of every visit beside their kustomizations.
// data gives the text of a kustomization, touch may change an object's nodes.
func (t *tree) serveCharts(extra map[string][]byte, data func(*kustomization) []byte, touch func(*yaml.Node, *chartMark)) map[string][][]byte {
	visits := map[string][][]byte{}
	for _, k := range t.order {
		for _, visit := range k.charts {
			visits[k.file.name] = append(visits[k.file.name], k.withCharts(data(k), visit))
			dir := path.Join(k.dir, visit.dir)
			if _, done := extra[path.Join(dir, "kustomization.yaml")]; done {
				continue
			}
			component := "apiVersion: " + types.ComponentVersion + "\nkind: " + types.ComponentKind + "\nresources:\n"
			for i, chart := range visit.charts {
				var docs []*yaml.Node
				for _, obj := range chart {
					n := new(yaml.Node)
					if n.Encode(obj.Value) == nil {
						touch(n, obj.mark)
						docs = append(docs, helmGenerated(n))
					}
				}
				if text, ok := encode(docs); ok && len(docs) > 0 {
					name := fmt.Sprintf("chart-%d.yaml", i)
					extra[path.Join(dir, name)] = text
					component += "- " + name + "\n"
				}
			}
			if strings.HasSuffix(component, "resources:\n") {
				component = strings.TrimSuffix(component, "\n") + " []\n"
			}
			extra[path.Join(dir, "kustomization.yaml")] = []byte(component)
		}
	}
	return visits
}

// helmGenerated marks an object as kustomize does: the namespace of the
// kustomization, for one, is not forced on it.
func helmGenerated(n *yaml.Node) *yaml.Node {
	enter := func(n *yaml.Node, key string) *yaml.Node {
		if v := child(n, key); v != nil && v.Kind == yaml.MappingNode {
			return v
		}
		remove(n, key)
		v := &yaml.Node{Kind: yaml.MappingNode}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, v)
		return v
	}
	a := enter(enter(n, "metadata"), "annotations")
	v := new(yaml.Node)
	setString(v, "true")
	a.Content = append(a.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: konfig.HelmGeneratedAnnotation}, v)
	return n
}

// charts lays out the components of a private build, with comments.
func (c *carrier) charts() map[string][][]byte {
	return c.tree.serveCharts(c.extra,
		func(k *kustomization) []byte { return c.extra[k.file.name] },
		func(n *yaml.Node, chart *chartMark) { c.annotateChart(n, nil, chart) })
}

func (c *carrier) annotateChart(n *yaml.Node, p model.Path, chart *chartMark) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.annotateChart(n.Content[i+1], p.Join(n.Content[i].Value), chart)
		}
	case yaml.SequenceNode:
		for i, e := range n.Content {
			c.annotateChart(e, p.Join(i), chart)
		}
	case yaml.ScalarNode:
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	if n.Kind == yaml.ScalarNode || len(n.Content) == 0 {
		n.LineComment = fmt.Sprintf("#@%d", c.mark(&mark{chart: chart, path: p, role: model.RoleSource}))
	}
}

// chartMark is the object a chart made.
type chartMark struct {
	origin    model.Origin
	entry     *mark
	generated []model.Path
}

// addInvented finds the fields whose value a chart invented, and which nothing
// changed since. Whoever hides a value as invented must have made it: the field
// has to come from the chart's own.
func (v *provenance) addInvented() {
	invented := map[string]bool{}
	for _, k := range v.tree.order {
		for _, visit := range k.charts {
			for _, chart := range visit.charts {
				for _, obj := range chart {
					for _, p := range obj.Generated {
						v, _ := p.Lookup(obj.Value)
						if s, ok := v.(string); ok {
							invented[s] = true
						}
					}
				}
			}
		}
	}
	if len(invented) == 0 {
		return
	}
	for i := range v.objects {
		obj := &v.objects[i]
		eachString(obj.Value, nil, func(p model.Path, s string) {
			if !invented[s] {
				return
			}
			m, _ := v.carried(i, p, s)
			if m != nil && m.chart != nil && slices.ContainsFunc(m.chart.generated, func(g model.Path) bool { return slices.Equal(g, m.path) }) {
				obj.Generated = append(obj.Generated, p)
			}
		})
	}
}

// eachString calls f with the strings of a value, sorted by their paths.
func eachString(v any, p model.Path, f func(model.Path, string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			eachString(v[k], p.Join(k), f)
		}
	case []any:
		for i, e := range v {
			eachString(e, p.Join(i), f)
		}
	case string:
		f(p, v)
	}
}

// chartOf is the chart's account of an object, nil when it has none. The kind
// is what patches change least.
func (v *provenance) chartOf(i int) *chartMark {
	for _, k := range v.tree.order {
		if len(k.charts) == 0 {
			continue
		}
		for _, p := range []plan{{tokens: classAll}, {}, {tokens: classText, withoutJSON: true}} {
			if h := v.at(p, i, model.Path{"kind"}); h.doc != nil {
				return h.doc.chart
			}
		}
	}
	return nil
}

// trace is the chart's own account, with the entry that called for it.
func (c *chartMark) trace(p model.Path) model.Trace {
	entry := c.entry.location()
	if c.origin == nil {
		return model.Trace{Location: entry}
	}
	tr := c.origin.Locate(p)
	entry.Precision = ""
	tr.Related = append(tr.Related[:len(tr.Related):len(tr.Related)], entry)
	return tr
}

// overlay is a file system with one file replaced.
type overlay struct {
	fs.FS
	name string
	data []byte
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if name == o.name {
		return bytes.Clone(o.data), nil
	}
	return fs.ReadFile(o.FS, name)
}

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	if err != nil || name != o.name {
		return f, err
	}
	return &overlaid{f, bytes.NewReader(o.data)}, nil
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.FS, name) }
func (o overlay) Lstat(name string) (fs.FileInfo, error)     { return fs.Lstat(o.FS, name) }
func (o overlay) ReadLink(name string) (string, error)       { return fs.ReadLink(o.FS, name) }

type overlaid struct {
	fs.File
	*bytes.Reader
}

func (f *overlaid) Read(b []byte) (int, error) { return f.Reader.Read(b) }

func (f *overlaid) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return resized{info, f.Reader.Size()}, err
}

type resized struct {
	fs.FileInfo
	size int64
}

func (r resized) Size() int64 { return r.size }
