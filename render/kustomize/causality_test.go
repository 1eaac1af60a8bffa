package kustomize

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s differs; if the change is meant, run\n\tSEKISHO_CORPUS=1 go test ./render/kustomize -run %s -update\ngot\n%s", name, t.Name(), got)
	}
}

// TestCorpusCoverage counts how the fields of a collection are located.
func TestCorpusCoverage(t *testing.T) {
	fsys := os.DirFS(corpus.Dir(t, "kubeflow"))
	corpus.Long(t)
	counts := map[string]int{}
	total := 0
	for _, d := range kustomizations(t, fsys) {
		r := Render(context.Background(), fsys, model.Unit{Kind: model.Kustomize, Path: d}, Options{})
		for i, obj := range r.Objects {
			v := obj.Origin.(origin).provenance
			for _, p := range allLeaves(obj.Value, nil) {
				total++
				val, _ := p.Lookup(obj.Value)
				m, _ := v.carried(i, p, val)
				how := "nowhere"
				switch {
				case m != nil && m.document():
					how = "document"
				case m != nil:
					how = "directive " + m.class
				default:
					switch v.uncarried(i, p, val).Location.Precision {
					case model.Exact:
						how = "inferred"
					case model.Parent:
						how = "inferred parent"
					}
				}
				counts[how]++
				if os.Getenv("SHOW") == how {
					fmt.Println(d, obj.ID, p, val, v.uncarried(i, p, val).Location)
				}
			}
		}
	}
	var b strings.Builder
	for _, how := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%-24s %7d %6.2f %%\n", how, counts[how], 100*float64(counts[how])/float64(total))
	}
	golden(t, "coverage.golden", b.String())
}

func allLeaves(v any, at model.Path) (list []model.Path) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			list = append(list, allLeaves(v[k], at.Join(k))...)
		}
		if len(v) > 0 {
			return list
		}
	case []any:
		for i, e := range v {
			list = append(list, allLeaves(e, at.Join(i))...)
		}
		if len(v) > 0 {
			return list
		}
	}
	return []model.Path{at}
}

var workloads = map[string]bool{"Deployment": true, "StatefulSet": true, "DaemonSet": true, "Pod": true, "Job": true, "CronJob": true}

// mutate changes the text at a location so that what it writes differs.
func mutate(data []byte, loc model.Location) []byte {
	lines := strings.SplitAfter(string(data), "\n")
	line := []rune(lines[loc.EndLine-1])
	end := loc.EndColumn - 1
	start := 0
	if loc.StartLine == loc.EndLine {
		start = loc.StartColumn - 1
	}
	old := string(line[start:end])
	var text string
	switch n, err := strconv.Atoi(old); {
	case old == "true":
		text = "false"
	case old == "false":
		text = "true"
	case err == nil:
		text = strconv.Itoa(n + 1)
	case strings.HasSuffix(old, `"`) || strings.HasSuffix(old, "'"):
		text = old[:len(old)-1] + "x" + old[len(old)-1:]
	default:
		text = old + "x"
	}
	lines[loc.EndLine-1] = string(line[:start]) + text + string(line[end:])
	return []byte(strings.Join(lines, ""))
}

// TestCorpusCausality changes the line that a sample of fields point at and
// builds again: the field must change.
func TestCorpusCausality(t *testing.T) {
	fsys := os.DirFS(corpus.Dir(t, "kubeflow"))
	corpus.Long(t)
	var tried, changed int
	var rest []string
	for _, d := range kustomizations(t, fsys) {
		r := Render(context.Background(), fsys, model.Unit{Kind: model.Kustomize, Path: d}, Options{})
		for i, obj := range r.Objects {
			if !workloads[obj.ID.Kind] {
				continue
			}
			for _, p := range allLeaves(obj.Value, nil) {
				val, _ := p.Lookup(obj.Value)
				if val == nil || reflect.ValueOf(val).Kind() == reflect.Map || reflect.ValueOf(val).Kind() == reflect.Slice {
					continue
				}
				if f := p.String(); f == "apiVersion" || f == "kind" {
					continue // changed, it is another object, which patches miss
				}
				h := fnv.New32a()
				fmt.Fprint(h, d, obj.ID, p)
				if h.Sum32()%50 != 0 {
					continue
				}
				loc := obj.Origin.Locate(p).Location
				tried++
				why := changes(obj.Origin.(origin).provenance, i, p, val, loc)
				if why == "" {
					changed++
					continue
				}
				rest = append(rest, fmt.Sprintf("%s %s/%s %s = %v: %s:%d:%d: %s", d, obj.ID.Kind, obj.ID.Name, p, val, loc.File, loc.StartLine, loc.StartColumn, why))
			}
		}
	}
	if changed*100 < tried*98 {
		t.Errorf("only %d of %d changed", changed, tried)
	}
	slices.Sort(rest)
	golden(t, "causality.golden", fmt.Sprintf("%d of %d fields change with the line they point at. The rest:\n%s\n", changed, tried, strings.Join(rest, "\n")))
}

// changes tells why a field does not change with its line; empty when it does.
func changes(v *provenance, i int, p model.Path, val any, loc model.Location) string {
	if loc.Precision != model.Exact {
		return "precision is " + string(loc.Precision)
	}
	repo := v.tree.fs.repo
	data, err := fs.ReadFile(repo, loc.File)
	if err != nil {
		return err.Error()
	}
	after, err := build(&repoFS{repo: repo, extra: map[string][]byte{loc.File: mutate(data, loc)}}, v.dir, krusty.ReorderOptionNone)
	if err != nil {
		return "the build fails: " + unwrap(v.dir, err.Error()).message
	}
	// The plain run keeps the order of the sources, as this build does.
	j := v.in(v.plain(), i)
	if j < 0 || after.Size() != len(v.plain().nodes) {
		return "there are other objects"
	}
	text, _ := after.Resources()[j].MarshalJSON()
	after1, err := value(text)
	if err != nil {
		return err.Error()
	}
	if got, ok := p.Lookup(after1); ok && reflect.DeepEqual(got, val) {
		return "it stays"
	}
	return ""
}
