package kustomize

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/sekisho/sekisho/internal/model"
)

// addGenerators tells the ConfigMaps and Secrets that a generator made where
// their entries come from. An object belongs to the generators of its kind
// with the longest name that its own name contains: prefixes, suffixes and the
// hash stand around it. Overlays speak after their bases, whose entries they
// may replace.
func (t *tree) addGenerators(objects []model.Object) {
	type generator struct {
		kind, name string
		entries    map[string]model.GeneratorEntry
	}
	var all []generator
	for _, k := range slices.Backward(t.order) {
		for _, g := range k.fields.SecretGenerator {
			all = append(all, generator{"Secret", g.Name, t.entries(k.dir, g.KvPairSources)})
		}
		for _, g := range k.fields.ConfigMapGenerator {
			all = append(all, generator{"ConfigMap", g.Name, t.entries(k.dir, g.KvPairSources)})
		}
	}
	for i := range objects {
		o := &objects[i]
		longest := 1
		for _, g := range all {
			if g.kind == o.ID.Kind && strings.Contains(o.ID.Name, g.name) {
				longest = max(longest, len(g.name))
			}
		}
		for _, g := range all {
			if g.kind != o.ID.Kind || len(g.name) != longest || !strings.Contains(o.ID.Name, g.name) {
				continue
			}
			for key, e := range g.entries {
				if !has(o.Value, "data", key) && !has(o.Value, "binaryData", key) {
					continue
				}
				if o.Generator == nil {
					o.Generator = map[string]model.GeneratorEntry{}
				}
				o.Generator[key] = e
			}
		}
	}
}

func has(value map[string]any, field, key string) bool {
	_, ok := model.Path{field, key}.Lookup(value)
	return ok
}

// entries lists the data keys of one generator with their sources.
func (t *tree) entries(dir string, s types.KvPairSources) map[string]model.GeneratorEntry {
	out := map[string]model.GeneratorEntry{}
	for _, l := range s.LiteralSources {
		if key, _, ok := strings.Cut(l, "="); ok {
			out[key] = model.GeneratorEntry{Field: "literals"}
		}
	}
	for _, f := range s.FileSources {
		key, file, ok := strings.Cut(f, "=")
		if !ok {
			key, file = path.Base(f), f
		}
		out[key] = model.GeneratorEntry{Field: "files", File: t.shown(path.Join(dir, file))}
	}
	envs := s.EnvSources
	if s.EnvSource != "" {
		envs = append(slices.Clone(envs), s.EnvSource)
	}
	for _, f := range envs {
		file := path.Join(dir, f)
		data, err := fs.ReadFile(t.fs.repo, file)
		if err != nil {
			continue // the build has read it by another way, or has failed
		}
		for line := range strings.Lines(string(data)) {
			key, _, _ := strings.Cut(strings.TrimSpace(line), "=")
			if key != "" && key[0] != '#' {
				out[key] = model.GeneratorEntry{Field: "envs", File: t.shown(file)}
			}
		}
	}
	return out
}
