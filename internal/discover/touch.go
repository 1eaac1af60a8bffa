package discover

import (
	"path"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// Touching lists the units, in the tree's order, whose rendering may change
// with one of the files: a values file, a template, a patch, a base, a
// component, a generator's input, a chart's file:// dependency. The files need
// not exist any more.
func (t *Tree) Touching(files []string) []model.Unit {
	changed := map[string]bool{}
	for _, file := range files {
		file = clean(file)
		changed[file] = true
		for _, link := range t.finder.links[file] {
			changed[link] = true
		}
		if base := path.Base(file); base == ".sekishoignore" || base == ".sekisho.yaml" {
			return slices.Clone(t.Units) // what is judged, and how, may differ now
		}
	}
	var touched []model.Unit
	for _, u := range t.Units {
		if t.finder.touches(u, changed) {
			touched = append(touched, u)
		}
	}
	return touched
}

func (f *finder) touches(u model.Unit, changed map[string]bool) bool {
	switch u.Kind {
	case model.Helm:
		for file := range changed {
			if slices.Contains(u.Values, file) || file == u.SetFile {
				return true
			}
			if f.chartHolds(u.Path, file) && !isOtherVariant(u, file) {
				return true
			}
		}
		return false
	case model.Kustomize:
		for _, k := range f.reach([]*kustomization{f.kustomizations[u.Path]}) {
			for file := range changed {
				inDir := path.Dir(file) == k.dir && isKustomization(path.Base(file))
				if inDir || slices.ContainsFunc(k.files, func(used string) bool { return within(used, file) }) ||
					slices.ContainsFunc(k.charts, func(dir string) bool { return f.chartHolds(dir, file) }) {
					return true
				}
			}
		}
		return false
	}
	return changed[u.Path]
}

// within tells whether a file is the named one or lies in the named folder.
// A base may have lost its kustomization file, and a generator may read folders.
func within(used, file string) bool {
	return used == file || strings.HasPrefix(file, used+"/")
}

// chartHolds tells whether a file lies in a chart or, step by step, in a chart
// it depends on by a file:// reference.
func (f *finder) chartHolds(dir, file string) bool {
	seen := map[string]bool{}
	var holds func(dir string) bool
	holds = func(dir string) bool {
		if seen[dir] {
			return false
		}
		seen[dir] = true
		if dir == "." || within(dir, file) {
			return true
		}
		i := slices.IndexFunc(f.charts, func(c *chart) bool { return c.dir == dir })
		return i >= 0 && slices.ContainsFunc(f.charts[i].local, holds)
	}
	return holds(dir)
}

// isOtherVariant tells of a ci/ values file that this variant does not use.
func isOtherVariant(u model.Unit, file string) bool {
	return path.Dir(file) == path.Join(u.Path, "ci") && isValuesName(path.Base(file))
}
