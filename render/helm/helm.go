// Package helm renders a chart as `helm template NAME CHART --include-crds
// --skip-tests` does, with Helm's own SDK and inside this process. In go the
// repository as an fs.FS and a unit; out come the objects, the text that helm
// would print, and for each object an origin that leads back to the template.
//
// It hides how a stranger's chart is rendered safely and repeatably: files are
// read through the fs.FS alone (Helm's loader follows symbolic links anywhere),
// a schema that refers to the network or to other files is not followed
// (Helm's validator does), and functions that invent something are replaced
// (package invent).
//
// Helm's function table belongs to the process, so renders run one at a time.
package helm

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"helm.sh/helm/v3/pkg/chart"
	helmloader "helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/component-base/version"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/helm/invent"
)

// Options are what `helm template` has flags for. The zero value stands for
// --include-crds --skip-tests.
type Options struct {
	// KubeVersion is the version of the cluster that templates see, like
	// "1.37" or "v1.37.0"; empty means DefaultKubeVersion.
	KubeVersion string
	// APIVersions are available in the cluster besides those of the
	// Kubernetes libraries, like "monitoring.coreos.com/v1/ServiceMonitor".
	APIVersions []string
	// NameTemplate makes the release's name when the unit has none.
	NameTemplate string
	NoCRDs       bool // without --include-crds
	NoHooks      bool // --no-hooks
	Tests        bool // without --skip-tests
	// Unpacked bounds a chart and each chart packed in it, in bytes; Helm's
	// own 100 MiB when 0.
	Unpacked int64
}

// DefaultKubeVersion is the first release of the newest minor version that the
// Kubernetes libraries of this program know, like "v1.37.0".
func DefaultKubeVersion() string { return "v" + version.DefaultKubeBinaryVersion + ".0" }

// Render renders one chart. fsys is the repository root; problems are
// Failures of the result, in the order they were met.
func Render(ctx context.Context, fsys fs.FS, unit model.Unit, opts Options) *model.Rendered {
	out := &model.Rendered{Unit: unit}
	if err := ctx.Err(); err != nil {
		return fail(out, err)
	}
	// Helm tells the log about links, unknown hooks and odd values, in words
	// that the chart's author chose. None of that may reach a CI log.
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard)

	opts.KubeVersion = cmp.Or(opts.KubeVersion, DefaultKubeVersion())
	r := &renderer{fsys: fsys, unit: unit, opts: opts}
	untraced := r.render(out)
	if untraced {
		r.run++
		other := &model.Rendered{Unit: unit}
		r.render(other)
		addGenerated(out.Objects, other.Objects)
	}
	return out
}

// fail adds an error's problems to the result.
func fail(out *model.Rendered, err error) *model.Rendered {
	ref := out.Unit.Ref()
	for _, p := range problems(err, out.Unit.Path) {
		out.Failures = append(out.Failures, model.Failure{Unit: &ref, File: p.file, Line: p.line, Message: p.message, Need: p.need})
	}
	return out
}

// renderer is one chart on its way through Helm.
type renderer struct {
	fsys fs.FS
	unit model.Unit
	opts Options
	run  int // runs differ in what they invent

	source  *source
	values  chartutil.Values // what templates see as the dot
	session *invent.Session
	// notes are problems that do not stop the rendering.
	notes []error
}

// render fills the result and tells whether the run invented something that
// only a comparison with another run shows.
func (r *renderer) render(out *model.Rendered) (untraced bool) {
	if err := r.prepare(); err != nil {
		fail(out, err)
		return false
	}
	if err := r.execute(); err != nil {
		fail(out, err)
		return false
	}
	r.collect(out)
	return r.session.Untraced()
}

// prepare loads the chart and works out its values.
func (r *renderer) prepare() error {
	if r.opts.Unpacked > 0 {
		helmloader.MaxDecompressedChartSize = r.opts.Unpacked
	}
	l := &loader{fsys: r.fsys, seen: map[*chart.File]map[string]model.Location{}}
	root, err := l.load(r.unit.Path)
	if err != nil {
		return err
	}
	if t := root.Metadata.Type; t != "" && t != "application" {
		return l.chartFault(root, model.Path{"type"}, "%s charts are not installable", t)
	}
	if absent := slices.Collect(maps.Values(l.missing(root))); len(absent) > 0 {
		return sorted(absent)
	}
	absent := map[*chart.Dependency]error{}
	for c := range tree(root) {
		maps.Copy(absent, l.missing(c))
	}
	values, layers, err := readValues(r.fsys, r.unit)
	if err != nil {
		return err
	}
	name, err := r.releaseName(root)
	if err != nil {
		return err
	}
	if err := chartutil.ValidateReleaseName(name); err != nil {
		return l.chartFault(root, model.Path{"name"}, "release name %q: %w", name, err)
	}
	kube, err := chartutil.ParseKubeVersion(r.opts.KubeVersion)
	if err != nil {
		return fmt.Errorf("read Kubernetes version %q: %w", r.opts.KubeVersion, err)
	}
	if err := chartutil.ProcessDependenciesWithMerge(root, values); err != nil {
		return err
	}
	// Helm looks for the outermost chart's dependencies only, and renders the
	// rest without those that their charts lack.
	for c := range tree(root) {
		for _, dep := range c.Metadata.Dependencies { // those that are enabled
			if err := absent[dep]; err != nil {
				r.notes = append(r.notes, err)
			}
		}
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = *kube
	caps.APIVersions = append(caps.APIVersions[:len(caps.APIVersions):len(caps.APIVersions)], r.opts.APIVersions...)
	install := chartutil.ReleaseOptions{Name: name, Namespace: cmp.Or(r.unit.Namespace, "default"), Revision: 1, IsInstall: true}
	// Helm's own schema validation fetches what a schema refers to.
	fresh := func() (chartutil.Values, error) {
		return chartutil.ToRenderValuesWithSchemaValidation(root, values, install, caps, true)
	}
	top, err := fresh()
	if err != nil {
		return err
	}
	merged, _ := top["Values"].(chartutil.Values)
	layers = append(layers, l.defaults(root)...)
	if err := l.validate(root, merged, layers); err != nil {
		return err
	}
	if want := root.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, kube.Version) {
		return l.chartFault(root, model.Path{"kubeVersion"}, "chart requires kubeVersion %q, which Kubernetes %s does not meet", want, kube)
	}
	r.source = &source{chart: root, values: fresh, layers: layers, places: l.places(root), run: r.run}
	r.values = top
	return nil
}

// releaseName is the unit's, or what the name template prints, or the chart's.
func (r *renderer) releaseName(root *chart.Chart) (string, error) {
	if r.unit.Release != "" || r.opts.NameTemplate == "" {
		return cmp.Or(r.unit.Release, root.Name()), nil
	}
	session, err := invent.Start(root.Name()+" name", r.run)
	if err != nil {
		return "", err
	}
	defer session.Stop()
	functions := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} { // the machine is none of its business
		delete(functions, name)
	}
	t, err := template.New("name-template").Funcs(functions).Parse(r.opts.NameTemplate)
	if err != nil {
		return "", fmt.Errorf("parse name template: %w", err)
	}
	var name strings.Builder
	if err := t.Execute(&name, nil); err != nil {
		return "", fmt.Errorf("execute name template: %w", err)
	}
	return name.String(), nil
}

// execute runs the templates.
func (r *renderer) execute() error {
	session, err := r.source.start()
	if err != nil {
		return err
	}
	defer session.Stop()
	r.session = session
	files, err := engine.Render(r.source.chart, r.values)
	if err != nil {
		return r.source.templateFault(err, r.unit.Variant == model.DefaultVariant)
	}
	maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasSuffix(name, "NOTES.txt") })
	r.source.rendered = files
	documents := 0
	for _, name := range sortedKeys(files) {
		if documents += strings.Count(files[name], "\n---"); documents > maxDocuments {
			return &problem{file: r.source.places[name].File, message: fmt.Sprintf("chart prints more than %d documents", maxDocuments)}
		}
	}
	return nil
}

// maxDocuments is how many documents a chart may print. The largest in public
// collections print some hundred.
const maxDocuments = 10_000

// collect sorts what was printed as Helm does and reads the objects in it.
func (r *renderer) collect(out *model.Rendered) {
	for _, err := range r.notes {
		fail(out, err)
	}
	hooks, manifests, faults := sortManifests(r.source.rendered)
	for _, err := range faults {
		fail(out, r.source.documentFault(err))
	}
	var docs []document
	var text strings.Builder
	for _, crd := range r.source.chart.CRDObjects() {
		if r.opts.NoCRDs {
			break
		}
		fmt.Fprintf(&text, "---\n# Source: %s\n%s\n", crd.Filename, crd.File.Data)
		docs = append(docs, document{crd.Filename, string(crd.File.Data), true})
	}
	for _, m := range manifests {
		fmt.Fprintf(&text, "---\n# Source: %s\n%s\n", m.Name, m.Content)
		docs = append(docs, document{m.Name, m.Content, false})
	}
	// The command trims this part, and this part only.
	printed := strings.TrimSpace(text.String()) + "\n"
	text.Reset()
	text.WriteString(printed)
	before := len(docs)
	for _, h := range hooks {
		if r.opts.NoHooks || slices.Contains(h.Events, release.HookTest) && !r.opts.Tests {
			continue
		}
		fmt.Fprintf(&text, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
		docs = append(docs, document{h.Path, h.Manifest, false})
	}
	out.Manifest = []byte(text.String())
	out.Lines = func() []model.Location {
		// What was trimmed has no lines.
		lines := r.source.lines(docs[:before])[:strings.Count(printed, "\n")]
		return append(lines, r.source.lines(docs[before:])...)
	}
	defaults := sync.OnceValue(r.defaults)
	for _, d := range docs {
		objects, err := d.objects(r)
		for i := range objects {
			objects[i].Defaults = defaults
		}
		out.Objects = append(out.Objects, objects...)
		if err != nil {
			fail(out, err)
		}
	}
}

// defaults are the values of the chart and its subcharts as they are when
// nobody sets any.
func (r *renderer) defaults() map[string]any {
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard) // odd values, in the chart author's words
	values, err := chartutil.CoalesceValues(r.source.chart, map[string]any{})
	if err != nil {
		return nil // rendering has said so
	}
	return values
}

// document is a YAML document and the template that printed it, or a whole file
// of CustomResourceDefinitions, which is no template.
type document struct {
	template, text string
	crds           bool
}

// split cuts what a template printed into documents, in order, as Helm does.
func split(text string) []string {
	m := releaseutil.SplitManifests(text)
	keys := slices.Collect(maps.Keys(m))
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	docs := make([]string, len(keys))
	for i, k := range keys {
		docs[i] = m[k]
	}
	return docs
}

// sortManifests is Helm's order of installation. Helm gives up at the first
// document it cannot read; here that document becomes an error, and the others
// are kept.
func sortManifests(files map[string]string) ([]*release.Hook, []releaseutil.Manifest, []error) {
	order := func(files map[string]string) ([]*release.Hook, []releaseutil.Manifest, error) {
		return releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	}
	hooks, manifests, err := order(files)
	if err == nil {
		return hooks, manifests, nil
	}
	var faults []error
	readable := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var good []string
		for _, doc := range split(files[name]) {
			if _, _, err := order(map[string]string{name: doc}); err != nil {
				faults = append(faults, &documentError{document{template: name, text: doc}, unreadable(doc, err)})
				continue
			}
			good = append(good, doc)
		}
		readable[name] = strings.Join(good, "\n---\n")
	}
	hooks, manifests, err = order(readable)
	if err != nil {
		return nil, nil, append(faults, err)
	}
	return hooks, manifests, faults
}

// tree yields a chart and its dependencies, parents first.
func tree(c *chart.Chart) func(func(*chart.Chart) bool) {
	return func(yield func(*chart.Chart) bool) {
		var walk func(*chart.Chart) bool
		walk = func(c *chart.Chart) bool {
			return yield(c) && !slices.ContainsFunc(c.Dependencies(), func(d *chart.Chart) bool { return !walk(d) })
		}
		walk(c)
	}
}

// templateName is how Helm calls a chart's file.
func templateName(c *chart.Chart, file string) string { return path.Join(c.ChartFullPath(), file) }
