package discover

import (
	"io/fs"
	"path"

	"github.com/sekisho/sekisho/internal/model"
)

// Size tells how many bytes of source a rendering of the unit is made of: a
// chart's own files and those of charts beside it, what a kustomization names,
// the file itself. A vendored archive counts as packed. Only folders are read.
func (t *Tree) Size(u model.Unit) int64 {
	f := t.finder
	switch u.Kind {
	case model.Helm:
		return f.chartSize(u.Path, map[string]bool{})
	case model.Kustomize:
		var n int64
		for _, k := range f.reach([]*kustomization{f.kustomizations[u.Path]}) {
			n += f.fileSize(k.file)
			for _, file := range k.files {
				n += f.fileSize(file)
			}
			for _, chart := range k.charts {
				n += f.chartSize(chart, map[string]bool{})
			}
		}
		return n
	}
	return f.fileSize(u.Path)
}

// chartSize adds up a chart and, step by step, the charts it depends on by
// file:// references, those in seen excepted.
func (f *finder) chartSize(dir string, seen map[string]bool) int64 {
	if seen[dir] {
		return 0
	}
	seen[dir] = true
	c := &chart{dir: dir}
	var n int64
	for _, known := range f.charts {
		if known.dir == dir {
			c = known
		}
	}
	_ = fs.WalkDir(f.root, dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // rendering says so
		case d.IsDir():
			if p != dir && path.Dir(p) == dir && !c.owns(path.Join(p, "x")) && path.Base(p) != "ci" {
				return fs.SkipDir
			}
		case c.owns(p):
			n += f.fileSize(p)
		}
		return nil
	})
	for _, local := range c.local {
		n += f.chartSize(local, seen)
	}
	return n
}

// fileSize is the size of a regular file, 0 of anything else.
func (f *finder) fileSize(p string) int64 {
	info, err := fs.Stat(f.root, p)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}
