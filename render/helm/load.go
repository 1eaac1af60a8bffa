package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	helmloader "helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/ignore"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
)

// maxFiles bounds a chart whose links multiply its files.
const maxFiles = 20_000

// loader reads charts through an fs.FS and remembers where each file was.
type loader struct {
	fsys fs.FS
	// seen holds the places of a chart's files, by their names in the chart.
	// Helm copies charts when it resolves aliases, but a copy shares the list
	// of raw files; its first element stands for the chart.
	seen map[*chart.File]map[string]model.Location
	// open are the folders being loaded, outermost first, to find charts that
	// depend on themselves.
	open []string
}

// file is one file of a chart.
type file struct {
	name string         // in the chart: templates/service.yaml
	at   model.Location // in the repository; for packed charts what brought them in
	data []byte
}

// load reads the chart in a folder of the repository.
func (l *loader) load(dir string) (*chart.Chart, error) {
	if slices.Contains(l.open, dir) {
		return nil, &problem{file: path.Join(dir, "Chart.yaml"), message: "chart depends on itself"}
	}
	l.open = append(l.open, dir)
	defer func() { l.open = l.open[:len(l.open)-1] }()

	files, err := l.read(dir)
	if err != nil {
		return nil, err
	}
	return l.assemble(files, "")
}

// assemble builds a chart and its subcharts from their files. packed names the
// archive the files came from, if any.
//
// Helm's LoadFiles would do all of it at once, but would lose which folder a
// subchart came from, and it puts subcharts in random order.
func (l *loader) assemble(files []file, packed string) (*chart.Chart, error) {
	var own []*helmloader.BufferedFile
	places := make(map[string]model.Location, len(files))
	subcharts := map[string][]file{}
	for _, f := range files {
		sub, inCharts := strings.CutPrefix(f.name, "charts/")
		if !inCharts || path.Ext(f.name) == ".prov" {
			own = append(own, &helmloader.BufferedFile{Name: f.name, Data: f.data})
			places[f.name] = f.at
			continue
		}
		name, rest, _ := strings.Cut(sub, "/")
		if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
			continue
		}
		subcharts[name] = append(subcharts[name], file{rest, f.at, f.data})
	}
	c, err := helmloader.LoadFiles(own)
	if err != nil {
		return nil, loadFault(err, files, packed)
	}
	l.seen[c.Raw[0]] = places

	for _, name := range sortedKeys(subcharts) {
		sub, err := l.subchart(c, name, subcharts[name], packed)
		if err != nil {
			return nil, err
		}
		c.AddDependency(sub)
	}
	if packed == "" {
		return c, l.addLocal(c)
	}
	return c, nil
}

// subchart builds what stands under charts/name: a folder or an archive.
func (l *loader) subchart(parent *chart.Chart, name string, files []file, packed string) (*chart.Chart, error) {
	if path.Ext(name) != ".tgz" {
		files = slices.DeleteFunc(files, func(f file) bool { return f.name == "" })
		if len(files) == 0 {
			return nil, l.chartFault(parent, nil, "charts/%s is neither a chart's folder nor an archive", name)
		}
		return l.assemble(files, packed)
	}
	archive := files[0]
	content, err := helmloader.LoadArchiveFiles(bytes.NewReader(archive.data))
	if err != nil {
		return nil, &problem{file: archive.at.File, message: "unpack chart: " + err.Error()}
	}
	if len(content) > maxFiles {
		return nil, &problem{file: archive.at.File, message: fmt.Sprintf("unpack chart: more than %d files", maxFiles)}
	}
	at := archive.at
	if packed == "" {
		packed = archive.at.File
		at = l.dependencyOf(parent, content, at)
	}
	unpacked := make([]file, len(content))
	for i, f := range content {
		unpacked[i] = file{f.Name, at, f.Data}
	}
	return l.assemble(unpacked, packed)
}

// dependencyOf finds the line of Chart.yaml that asks for a packed chart; one
// that nobody asks for is where its archive is.
func (l *loader) dependencyOf(parent *chart.Chart, content []*helmloader.BufferedFile, archive model.Location) model.Location {
	i := slices.IndexFunc(content, func(f *helmloader.BufferedFile) bool { return f.Name == "Chart.yaml" })
	if i < 0 {
		return archive
	}
	var meta chart.Metadata
	if err := yaml.Unmarshal(content[i].Data, &meta); err != nil {
		return archive
	}
	for i, dep := range parent.Metadata.Dependencies {
		if dep != nil && dep.Name == meta.Name && chartutil.IsCompatibleRange(dep.Version, meta.Version) {
			return l.dependencyLine(parent, i)
		}
	}
	return archive
}

// addLocal loads the dependencies that a chart names by file:// and that are
// not under its charts/.
func (l *loader) addLocal(c *chart.Chart) error {
	for i, dep := range c.Metadata.Dependencies {
		rel, local := "", false
		if dep != nil {
			rel, local = strings.CutPrefix(dep.Repository, "file://")
		}
		if !local || hasDependency(c, dep.Name) {
			continue
		}
		dir := path.Join(path.Dir(l.dependencyLine(c, i).File), rel)
		if path.IsAbs(rel) || !fs.ValidPath(dir) {
			continue // missing reports it
		}
		if _, err := fs.Stat(l.fsys, path.Join(dir, "Chart.yaml")); err != nil {
			continue
		}
		sub, err := l.load(dir)
		if err != nil {
			return err
		}
		c.AddDependency(sub)
	}
	return nil
}

// missing finds the dependencies a chart names but does not have. Before Helm
// processes the chart, that is: afterwards aliases stand in place of names.
func (l *loader) missing(c *chart.Chart) map[*chart.Dependency]error {
	absent := map[*chart.Dependency]error{}
	for i, dep := range c.Metadata.Dependencies {
		if dep == nil || hasDependency(c, dep.Name) {
			continue
		}
		at := l.dependencyLine(c, i)
		why := "is not in its charts folder (run helm dependency build)"
		need := l.need(c, dep)
		switch {
		case need != nil:
			why = "is not in its charts folder (run helm dependency build, or allow it with --allow-network)"
		case strings.HasPrefix(dep.Repository, "file://"):
			why = fmt.Sprintf("is not in its charts folder, and %q is no chart in this repository", dep.Repository)
		}
		absent[dep] = &problem{
			file: at.File, line: at.StartLine,
			message: fmt.Sprintf("dependency %q of chart %q %s", dep.Name, c.Name(), why),
			need:    need,
		}
	}
	return absent
}

// need is what would have to be fetched for a dependency that is absent. A
// packed chart is as it is: nothing is added to it.
func (l *loader) need(c *chart.Chart, dep *chart.Dependency) *model.Need {
	at := l.seen[c.Raw[0]]["Chart.yaml"]
	scheme, _, _ := strings.Cut(strings.ToLower(dep.Repository), "://")
	if at.Precision != model.File || !slices.Contains([]string{"http", "https", "oci"}, scheme) {
		return nil
	}
	return &model.Need{Kind: model.NeedDependency, Dir: path.Dir(at.File), Name: dep.Name}
}

func hasDependency(c *chart.Chart, name string) bool {
	return slices.ContainsFunc(c.Dependencies(), func(d *chart.Chart) bool { return d.Name() == name })
}

// dependencyLine is where a chart names its i-th dependency.
func (l *loader) dependencyLine(c *chart.Chart, i int) model.Location {
	name := "Chart.yaml"
	if _, old := l.seen[c.Raw[0]]["requirements.yaml"]; old {
		name = "requirements.yaml"
	}
	at := l.line(c, name, model.Path{"dependencies", i, "name"})
	at.Role = model.RoleDirective
	return at
}

// line finds a key in a YAML file of a chart. All of a packed chart is where
// the chart was asked for.
func (l *loader) line(c *chart.Chart, name string, key model.Path) model.Location {
	at := l.seen[c.Raw[0]][name]
	for _, f := range c.Raw {
		if f.Name == name && at.Precision == model.File {
			return locate(at.File, f.Data, key, at.Role)
		}
	}
	return at
}

// chartFault is a problem at a key of a chart's Chart.yaml.
func (l *loader) chartFault(c *chart.Chart, key model.Path, format string, args ...any) error {
	at := l.line(c, "Chart.yaml", key)
	return &problem{file: at.File, line: at.StartLine, message: fmt.Errorf(format, args...).Error()}
}

// places maps the names Helm gives to files of the chart and its subcharts to
// where they are.
func (l *loader) places(root *chart.Chart) map[string]model.Location {
	m := map[string]model.Location{}
	for c := range tree(root) {
		for name, at := range l.seen[c.Raw[0]] {
			m[templateName(c, name)] = at
		}
	}
	return m
}

// read collects the files of a chart's folder, links resolved, without what
// .helmignore leaves out.
func (l *loader) read(dir string) ([]file, error) {
	rules := ignore.Empty()
	name := path.Join(dir, ignore.HelmIgnore)
	switch data, err := fs.ReadFile(l.fsys, name); {
	case err == nil:
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, &problem{file: name, message: "read ignore rules: " + err.Error()}
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, &problem{file: name, message: "read ignore rules: " + reason(err)}
	}
	rules.AddDefaults()
	w := walker{fsys: l.fsys, rules: rules}
	if err := w.walk(dir, "", nil); err != nil {
		return nil, err
	}
	return w.files, nil
}

type walker struct {
	fsys  fs.FS
	rules *ignore.Rules
	files []file
	size  int64
}

// walk adds the files of folder real, which the chart knows as name. above are
// the real folders that lead to it.
func (w *walker) walk(real, name string, above []string) error {
	if slices.Contains(above, real) {
		return &problem{file: real, message: "a symbolic link leads back to a folder it is in"}
	}
	above = append(above[:len(above):len(above)], real)
	entries, err := fs.ReadDir(w.fsys, real)
	if err != nil {
		return &problem{file: real, message: "read folder: " + reason(err)}
	}
	for _, e := range entries {
		name, link := path.Join(name, e.Name()), path.Join(real, e.Name())
		target, info, err := follow(w.fsys, link)
		if err != nil {
			return err
		}
		if w.rules.Ignore(name, info) {
			continue
		}
		if info.IsDir() {
			if err := w.walk(target, name, above); err != nil {
				return err
			}
			continue
		}
		if err := w.add(target, name, info); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) add(target, name string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return &problem{file: target, message: "not a regular file"}
	case info.Size() > helmloader.MaxDecompressedFileSize:
		return &problem{file: target, message: fmt.Sprintf("file is larger than the %d bytes that Helm admits", helmloader.MaxDecompressedFileSize)}
	case len(w.files) == maxFiles:
		return &problem{file: target, message: fmt.Sprintf("chart has more than %d files", maxFiles)}
	}
	if w.size += info.Size(); w.size > helmloader.MaxDecompressedChartSize {
		return &problem{file: target, message: fmt.Sprintf("chart is larger than %d bytes", helmloader.MaxDecompressedChartSize)}
	}
	data, err := fs.ReadFile(w.fsys, target)
	if err != nil {
		return &problem{file: target, message: "read file: " + reason(err)}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	w.files = append(w.files, file{name, model.FileLocation(target, model.RoleTemplate), data})
	return nil
}

// follow resolves symbolic links as long as they stay in the repository.
func follow(fsys fs.FS, name string) (string, fs.FileInfo, error) {
	link := name
	for range 40 { // as many as Linux follows
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			return "", nil, &problem{file: link, message: "read file: " + reason(err)}
		}
		if info.Mode().Type() != fs.ModeSymlink {
			return name, info, nil
		}
		target, err := fs.ReadLink(fsys, name)
		if err != nil {
			return "", nil, &problem{file: link, message: "read symbolic link: " + reason(err)}
		}
		name = path.Join(path.Dir(name), target)
		if path.IsAbs(target) || !fs.ValidPath(name) {
			return "", nil, &problem{file: link, message: fmt.Sprintf("symbolic link leads to %q, outside the repository", target)}
		}
	}
	return "", nil, &problem{file: link, message: "too many symbolic links in a row"}
}

// reason is an error without the operation and the path, which the problem
// names already.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
