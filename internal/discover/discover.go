// Package discover finds what there is to judge: a folder goes in, units come
// out — charts with their variants, kustomizations nobody builds on, raw
// manifests, Dockerfiles. It hides who owns a file: a template belongs to its
// chart, a patch to the overlays that use it, and neither is judged alone. Nor
// is a patch that lies unused in a kustomization's folder, told by what the
// API server would refuse it for: a workload without selector or image.
//
// One walk sees each folder once. It stays inside the root: a symbolic link
// is not followed, for its target is met where it stands. What git ignores
// (.gitignore, info/exclude) is passed over unless git tracks it; what
// .sekishoignore or Options.Exclude name, in the same syntax, always is.
package discover

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// Options say where to look and what to add.
type Options struct {
	// Paths are files and folders relative to the root; none means all of it.
	// Git's ignore rules do not apply to a path named here, the project's own do.
	Paths    []string
	Exclude  []string // patterns in gitignore syntax, relative to the root
	Shallow  bool     // look into the named folders alone, not below them
	Releases []Release
	// ValuesRequired are folders of charts that do not render with their
	// defaults alone. Their default variant is left out.
	ValuesRequired []string
	// Index opens the index of git, where .git is not a folder but the name of
	// one elsewhere (git worktree, submodules); nil to look into .git.
	Index func() (io.ReadCloser, error)
	// Ignore holds the .sekishoignore files, each at its place; nil for the
	// tree's own.
	Ignore fs.FS
}

// Release is a rendering of a chart that the configuration names.
type Release struct {
	Name      string
	Chart     string // folder, relative to the root
	Namespace string
	Values    []string // files, relative to the root
	Set       map[string]string
	File      string // where the release is written
}

// Tree is what was found.
type Tree struct {
	// Units in the order charts, kustomizations, manifests, Dockerfiles; each
	// sorted by path, a chart's variants default first, then ci/ files by
	// name, then releases as configured.
	Units []model.Unit

	finder *finder
}

// Discover finds the units of a repository. What cannot be read is a failure.
// The error is a mistake of the user: a path or a release's chart that does
// not exist, or a bad pattern.
func Discover(ctx context.Context, root fs.FS, opts Options) (*Tree, []model.Failure, error) {
	f := newFinder(ctx, root, opts)
	paths, err := f.cleanPaths(opts.Paths)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range opts.Releases {
		if !f.isFile(path.Join(clean(r.Chart), chartFile)) {
			return nil, nil, fmt.Errorf("%s: release %q: no chart in %s", r.File, r.Name, r.Chart)
		}
	}
	for _, dir := range opts.ValuesRequired {
		c := clean(dir)
		if !f.isFile(path.Join(c, chartFile)) {
			return nil, nil, fmt.Errorf("values-required: no chart in %s", dir)
		}
		// Without a variant the chart would be judged nowhere.
		if len(f.chartUnits(&chart{dir: c}, false)) == 0 {
			return nil, nil, fmt.Errorf("values-required: chart %s has no ci/*-values.yaml and no release", dir)
		}
	}
	var used []string // named files that are no units by themselves
	for _, p := range paths {
		found, err := f.find(p)
		if err != nil {
			return nil, nil, err
		}
		if !found {
			used = append(used, p)
		}
	}
	tree := f.tree()
	if len(used) > 0 {
		// A patch, a values file, a generator's input: only the whole
		// repository knows who uses it.
		all := newFinder(ctx, root, opts)
		if err := all.walk(".", false); err != nil {
			return nil, nil, err
		}
		whole := all.tree()
		tree.Units = append(tree.Units, whole.Touching(used)...)
		f.failures = append(f.failures, all.failures...)
		tree.finder = whole.finder
	}
	tree.Units = sortUnits(tree.Units)
	return tree, f.failures, nil
}

// clean is a path in the form io/fs wants.
func clean(p string) string { return path.Clean(strings.ReplaceAll(p, "\\", "/")) }

// cleanPaths checks the paths the user gave and follows links among them.
func (f *finder) cleanPaths(paths []string) ([]string, error) {
	if len(paths) == 0 {
		return []string{"."}, nil
	}
	var out []string
	for _, p := range paths {
		c := clean(p)
		if !fs.ValidPath(c) {
			return nil, fmt.Errorf("%s: outside of the repository", p)
		}
		for range 8 { // links to links
			info, err := fs.Lstat(f.root, c)
			if err != nil {
				return nil, fmt.Errorf("%s: no such file or folder", p)
			}
			if info.Mode()&fs.ModeSymlink == 0 {
				break
			}
			target, ok := f.target(c)
			if !ok {
				return nil, fmt.Errorf("%s: a link that leads out of the repository or nowhere", p)
			}
			c = target
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out, nil
}

// find looks at one path. It is false for a file that is no unit by itself.
func (f *finder) find(p string) (bool, error) {
	if f.excludedByProject(p) {
		return true, nil
	}
	info, err := fs.Stat(f.root, p)
	if err != nil {
		return false, fmt.Errorf("%s: %w", p, err)
	}
	if chart, ok := f.enclosingChart(p); ok {
		return !f.addChart(chart).library, nil
	}
	if info.IsDir() {
		return true, f.walk(p, true)
	}
	dir, name := path.Dir(p), path.Base(p)
	switch {
	case isKustomization(name):
		k := f.addKustomization(p)
		return k.kind != component, nil
	case isManifestName(name) && f.isPatch(p):
		return false, nil
	case isDockerfile(name):
		f.dockerfiles = append(f.dockerfiles, p)
		return true, nil
	case isManifestName(name) && !f.isValuesFile(dir, name):
		before := len(f.manifests) + len(f.failures)
		f.lookAt(p, "")
		return len(f.manifests)+len(f.failures) > before, nil
	}
	return false, nil
}

// tree turns what was found into units.
func (f *finder) tree() *Tree {
	t := &Tree{finder: f}
	roots := f.kustomizationRoots()
	inflated := map[string]bool{}
	usedFiles := map[string]bool{}
	for _, k := range f.reach(roots) {
		for _, file := range k.files {
			usedFiles[file] = true
		}
		for _, c := range k.charts {
			inflated[c] = true
		}
	}
	for _, c := range f.charts {
		if !c.library {
			t.Units = append(t.Units, f.chartUnits(c, inflated[c.dir])...)
		}
	}
	for _, k := range roots {
		t.Units = append(t.Units, model.Unit{Kind: model.Kustomize, Path: k.dir})
	}
	for _, m := range f.manifests {
		if !usedFiles[m] && !f.isSpareFragment(m) {
			t.Units = append(t.Units, model.Unit{Kind: model.Raw, Path: m})
		}
	}
	for _, d := range f.dockerfiles {
		t.Units = append(t.Units, model.Unit{Kind: model.Docker, Path: d})
	}
	t.Units = sortUnits(t.Units)
	return t
}

// sortUnits puts the units in order and drops repetitions. Variants of one
// chart keep the order they have.
func sortUnits(units []model.Unit) []model.Unit {
	slices.SortStableFunc(units, func(a, b model.Unit) int {
		return cmp.Or(
			cmp.Compare(a.Kind.Rank(), b.Kind.Rank()),
			cmp.Compare(a.Path, b.Path),
		)
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(units, func(u model.Unit) bool {
		key := string(u.Kind) + "\x00" + u.Path + "\x00" + u.Variant
		defer func() { seen[key] = true }()
		return seen[key]
	})
}
