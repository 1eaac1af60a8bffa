package discover

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// isKustomization knows the three names kustomize looks for.
func isKustomization(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

const component = "Component"

// kustomization is a folder kustomize can build.
type kustomization struct {
	dir    string
	file   string
	kind   string   // Kustomization, Component or empty
	bases  []string // what it builds on: folders and files of resources and components
	files  []string // every other path it names, and bases again
	charts []string // folders of charts it inflates
}

// addKustomization reads a kustomization file and what it names. Paths are
// taken as written: whether they exist is for kustomize to say.
func (f *finder) addKustomization(p string) *kustomization {
	dir := path.Dir(p)
	if k := f.kustomizations[dir]; k != nil {
		return k // a second name in one folder: kustomize refuses that
	}
	k := &kustomization{dir: dir, file: p}
	f.kustomizations[dir] = k
	m := f.decode(p)
	k.kind, _ = m["kind"].(string)
	at := func(names []string) []string {
		var out []string
		for _, n := range names {
			if n != "" && !strings.Contains(n, "\n") && !strings.Contains(n, "://") {
				out = append(out, path.Join(dir, n))
			}
		}
		return out
	}
	for _, field := range []string{"resources", "bases", "components"} {
		k.bases = append(k.bases, at(texts(m[field]))...)
	}
	k.files = slices.Clone(k.bases)
	for _, field := range []string{"patchesStrategicMerge", "crds", "configurations", "generators", "transformers", "validators"} {
		k.files = append(k.files, at(texts(m[field]))...)
	}
	for _, field := range []string{"patches", "patchesJson6902", "replacements"} {
		for _, e := range mappings(m[field]) {
			k.files = append(k.files, at(texts(e["path"]))...)
		}
	}
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		for _, e := range mappings(m[field]) {
			k.files = append(k.files, at(texts(e["env"]))...)
			k.files = append(k.files, at(texts(e["envs"]))...)
			for _, file := range texts(e["files"]) { // "key=path" or "path"
				if _, after, ok := strings.Cut(file, "="); ok {
					file = after
				}
				k.files = append(k.files, at([]string{file})...)
			}
		}
	}
	if openapi, ok := m["openapi"].(map[string]any); ok {
		k.files = append(k.files, at(texts(openapi["path"]))...)
	}
	home := "charts"
	if globals, ok := m["helmGlobals"].(map[string]any); ok {
		if h, _ := globals["chartHome"].(string); h != "" {
			home = h
		}
	}
	for _, field := range []string{"helmCharts", "helmChartInflationGenerator"} {
		for _, e := range mappings(m[field]) {
			h := home
			if own, _ := e["chartHome"].(string); own != "" {
				h = own
			}
			for _, key := range []string{"name", "chartName"} {
				if name, _ := e[key].(string); name != "" {
					k.charts = append(k.charts, path.Join(dir, h, name))
				}
			}
			for _, key := range []string{"valuesFile", "values", "additionalValuesFiles"} {
				k.files = append(k.files, at(texts(e[key]))...)
			}
		}
	}
	return k
}

// sortedKustomizations are all of them by folder.
func (f *finder) sortedKustomizations() []*kustomization {
	var out []*kustomization
	for _, dir := range slices.Sorted(maps.Keys(f.kustomizations)) {
		out = append(out, f.kustomizations[dir])
	}
	return out
}

// kustomizationRoots are those no other one builds on. Of a circle, which
// kustomize refuses, the first is a root, so that the refusal is heard.
// Components are never roots: they make sense only in what uses them.
func (f *finder) kustomizationRoots() []*kustomization {
	used := map[string]bool{}
	all := f.sortedKustomizations()
	for _, k := range all {
		for _, b := range k.files { // generators and transformers may be folders too
			if b != k.dir {
				used[b] = true
			}
		}
	}
	var roots []*kustomization
	reached := map[*kustomization]bool{}
	add := func(k *kustomization) {
		roots = append(roots, k)
		for _, r := range f.reach([]*kustomization{k}) {
			reached[r] = true
		}
	}
	for _, k := range all {
		if !used[k.dir] && k.kind != component {
			add(k)
		}
	}
	inUnusedComponent := map[*kustomization]bool{}
	for _, k := range all {
		if k.kind == component && !used[k.dir] {
			for _, r := range f.reach([]*kustomization{k}) {
				inUnusedComponent[r] = true
			}
		}
	}
	for _, k := range all {
		if !reached[k] && k.kind != component && !inUnusedComponent[k] {
			add(k)
		}
	}
	return roots
}

// reach lists the kustomizations that building the given ones builds.
func (f *finder) reach(from []*kustomization) []*kustomization {
	seen := map[*kustomization]bool{}
	var out []*kustomization
	var visit func(k *kustomization)
	visit = func(k *kustomization) {
		if k == nil || seen[k] {
			return
		}
		seen[k] = true
		out = append(out, k)
		for _, b := range k.files {
			visit(f.kustomizations[b])
		}
	}
	for _, k := range from {
		visit(k)
	}
	return out
}

// isPatch tells whether a kustomization in the folder of a file, or above it,
// uses the file as anything but a resource, or whether the file is a fragment
// such as only kustomizations use. A patch looks like a manifest but is not a
// whole one.
func (f *finder) isPatch(p string) bool {
	near := newFinder(f.ctx, f.root, Options{}) // f itself collects roots
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
			file := path.Join(dir, name)
			if !f.isFile(file) {
				continue
			}
			k := near.addKustomization(file)
			if slices.Contains(k.files, p) && !slices.Contains(k.bases, p) {
				return true
			}
		}
		if dir == "." {
			return near.isSpareFragment(p)
		}
	}
}

// isSpareFragment tells of a patch that lies in a kustomization's folder and
// is used by none, commented out perhaps.
func (f *finder) isSpareFragment(p string) bool {
	for dir := path.Dir(p); f.kustomizations[dir] == nil; dir = path.Dir(dir) {
		if dir == "." {
			return false
		}
	}
	src, err := f.read(p)
	return err == nil && isFragment(src)
}
