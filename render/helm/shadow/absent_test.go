package shadow

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// wanted are fields whose absence rules report, below a container or, after a
// dot, below the pod spec.
var wanted = []string{
	"securityContext.readOnlyRootFilesystem", "securityContext.runAsNonRoot", "securityContext.procMount", "resources.limits.memory", "livenessProbe.periodSeconds",
	".securityContext.runAsNonRoot", ".automountServiceAccountToken", ".hostNetwork", ".priorityClassName",
}

// If a values key is the answer for an absent field, setting that key makes
// stock Helm render the field.
func TestAbsentOverCollections(t *testing.T) {
	corpus.Long(t)
	for _, name := range []string{"bitnami", "prom"} {
		t.Run(name, func(t *testing.T) {
			root := corpus.Dir(t, name)
			dirs, err := os.ReadDir(root)
			if err != nil {
				t.Fatal(err)
			}
			cache := &Cache{}
			count := map[string]int{}
			var misses []string
			for _, d := range dirs {
				if _, err := os.Stat(filepath.Join(root, d.Name(), "Chart.yaml")); err != nil {
					continue
				}
				s, err := renderStock(d.Name(), readChart(t, root, d.Name()), nil)
				if err != nil {
					continue
				}
				s.Cache = cache
				sh := New(s.Input)
				var asked []sample
				for _, f := range samples(s.Rendered, 1_000_000) {
					pod := model.Path{"spec", "template", "spec"}
					if len(f.path) != 6 || !slices.Equal(f.path[:3], pod) || f.path[3] != "containers" || f.path[5] != "name" {
						continue
					}
					docs, _ := yamlpos.Parse([]byte(f.text))
					for _, w := range wanted {
						below, isPod := strings.CutPrefix(w, ".")
						p, _ := model.ParsePath(below)
						if isPod && f.path[4] != 0 {
							continue
						}
						if p = append(slices.Clone(f.path[:5]), p...); isPod {
							p = append(slices.Clone(pod), p[5:]...)
						}
						if _, ok := p.Lookup(docs[0].Value); !ok {
							asked = append(asked, sample{f.template, f.text, f.index, p, nil})
						}
					}
				}
				// Four of each chart, spread.
				for i := range min(4, len(asked)) {
					f := asked[i*len(asked)/min(4, len(asked))]
					l := sh.Locate(context.Background(), Document{f.template, f.text}, f.path).Location
					if l.Precision != model.Parent {
						t.Errorf("%s %s: precision %s", f.template, f.path, l.Precision)
					}
					if l.Role != model.RoleValue {
						count["template"]++
						continue
					}
					scope, ok := strings.CutSuffix(strings.TrimPrefix(l.File, d.Name()+"/"), "values.yaml")
					if !ok || scope != "" {
						count["value of a subchart"]++
						continue
					}
					count["value"]++
					if why := appearsInStock(s, f, l.Key); why != "" {
						misses = append(misses, fmt.Sprintf("%s %s: %s: %s", f.template, f.path, describe(l), why))
						continue
					}
					count["value appears"]++
				}
			}
			var b strings.Builder
			for _, k := range slices.Sorted(maps.Keys(count)) {
				fmt.Fprintf(&b, "%s: %d\n", k, count[k])
			}
			b.WriteString(strings.Join(misses, "\n"))
			golden(t, "absent-"+name+".golden", b.String()+"\n")
		})
	}
}

// appearsInStock sets a key and says what is wrong with the result.
func appearsInStock(s *stock, f sample, key string) string {
	path, err := model.ParsePath(key)
	if err != nil {
		return err.Error()
	}
	why := ""
	for _, v := range []any{true, false, "sekisho"} {
		values := map[string]any{}
		put(values, path, v)
		data, err := yaml.Marshal(values)
		if err != nil {
			return err.Error()
		}
		files := append(slices.Clone(s.files), &loader.BufferedFile{Name: "more.yaml", Data: data})
		got, err := renderStock(s.dir, files, []string{"more.yaml"})
		if err != nil {
			why = firstOf(err.Error())
			continue
		}
		docs := documents(got.Rendered[f.template])
		if f.index >= len(docs) {
			return "the document is gone"
		}
		parsed, _ := yamlpos.Parse([]byte(docs[f.index]))
		if len(parsed) == 1 {
			if _, ok := f.path.Lookup(parsed[0].Value); ok {
				return ""
			}
		}
		why = "the field does not appear"
	}
	return why
}
