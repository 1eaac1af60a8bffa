package shadow

import (
	"io"
	stdlog "log"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/helm/invent"
)

func TestMain(m *testing.M) {
	stdlog.SetOutput(io.Discard) // Helm warns about odd values
	os.Exit(m.Run())
}

// stock is a chart rendered by Helm's SDK.
type stock struct {
	files  []*loader.BufferedFile
	dir    string // of the chart in the repository
	values []string
	Input
}

// readChart reads the files of a chart folder.
func readChart(tb testing.TB, root, dir string) []*loader.BufferedFile {
	tb.Helper()
	base := filepath.Join(root, dir)
	var files []*loader.BufferedFile
	err := filepath.WalkDir(base, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(base, name)
		files = append(files, &loader.BufferedFile{Name: filepath.ToSlash(rel), Data: data})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// renderStock renders a chart with the SDK. The files named in values are
// files of the chart.
func renderStock(dir string, files []*loader.BufferedFile, values []string, set ...Layer) (*stock, error) {
	s := &stock{files: files, dir: dir, values: values}
	// The loader keeps the order of files but not that of subcharts, and
	// what it is given it cuts up: hand it a copy.
	var copied []*loader.BufferedFile
	for _, f := range files {
		copied = append(copied, &loader.BufferedFile{Name: f.Name, Data: slices.Clone(f.Data)})
	}
	c, err := loader.LoadFiles(copied)
	if err != nil {
		return nil, err
	}
	user := map[string]any{}
	var layers []Layer
	for _, name := range values {
		data := s.file(name)
		var one map[string]any
		if err := yaml.Unmarshal(data, &one); err != nil {
			return nil, err
		}
		user = mergeMaps(user, one)
		layers = append(layers, Layer{At: model.FileLocation(path.Join(dir, name), model.RoleValue), Data: data})
	}
	slices.Reverse(layers)
	for _, l := range set {
		for _, key := range slices.Sorted(maps.Keys(l.Set)) {
			if err := strvals.ParseInto(key+"="+l.Set[key], user); err != nil {
				return nil, err
			}
		}
		layers = append([]Layer{l}, layers...)
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, user); err != nil {
		return nil, err
	}
	s.Places = map[string]model.Location{}
	s.place(c, dir, nil, &layers)
	s.Layers = layers
	s.Chart = c
	s.Values = func() (chartutil.Values, error) {
		return chartutil.ToRenderValuesWithSchemaValidation(c, user, chartutil.ReleaseOptions{
			Name: c.Name(), Namespace: "default", Revision: 1, IsInstall: true,
		}, chartutil.DefaultCapabilities, true)
	}
	s.Start = func() (func(), error) {
		session, err := invent.Start(c.Name(), 0)
		if err != nil {
			return nil, err
		}
		return session.Stop, nil
	}
	v, err := s.Values()
	if err != nil {
		return nil, err
	}
	stop, err := s.Start()
	if err != nil {
		return nil, err
	}
	defer stop()
	s.Rendered, err = engine.Render(c, v)
	return s, err
}

func (s *stock) file(name string) []byte {
	for _, f := range s.files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// place says where the files of a chart are. Subcharts are found by their
// Chart.yaml, which aliases share. One whose files carry the word "packed" in
// its description counts as packed: it stands at line 1 of its parent's
// Chart.yaml.
func (s *stock) place(c *chart.Chart, dir string, scope []string, layers *[]Layer) {
	for _, f := range c.Raw {
		at := model.FileLocation(path.Join(dir, f.Name), model.RoleTemplate)
		if c.Metadata.Description == "packed" {
			at = model.FileLocation(path.Join(path.Dir(path.Dir(dir)), "Chart.yaml"), model.RoleDirective)
			at.Precision = model.Exact
		}
		s.Places[path.Join(c.ChartFullPath(), f.Name)] = at
		if f.Name == "values.yaml" {
			at.Role = model.RoleValue
			*layers = append(*layers, Layer{Scope: scope, Default: true, At: at, Data: f.Data})
		}
	}
	inner := strings.TrimPrefix(strings.TrimPrefix(dir, s.dir), "/")
	for _, d := range c.Dependencies() {
		for _, f := range s.files {
			rest, ok := strings.CutPrefix(f.Name, path.Join(inner, "charts")+"/")
			if !ok || strings.Count(rest, "/") != 1 || path.Base(rest) != "Chart.yaml" {
				continue
			}
			for _, raw := range d.Raw {
				if raw.Name == "Chart.yaml" && string(raw.Data) == string(f.Data) {
					s.place(d, path.Join(dir, "charts", path.Dir(rest)), append(scope[:len(scope):len(scope)], d.Name()), layers)
				}
			}
		}
	}
}

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

// variants are the values files a chart is tested with; nil is none.
func variants(files []*loader.BufferedFile) [][]string {
	out := [][]string{nil}
	for _, f := range files {
		if ok, _ := path.Match("ci/*.y*ml", f.Name); ok {
			out = append(out, []string{f.Name})
		}
	}
	return out
}
