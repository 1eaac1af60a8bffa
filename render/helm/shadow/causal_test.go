package shadow

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file under testdata.
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
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (to accept: go test ./render/helm/shadow -run '%s' -update):\n%s", file, t.Name(), got)
	}
}

// fieldsPerChart is how many fields of each chart are sampled.
const fieldsPerChart = 10

var workloads = map[string]bool{
	"Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true,
	"Job": true, "CronJob": true, "Pod": true,
}

// sample is one field to ask about.
type sample struct {
	template, text string
	index          int // of the document in what its template printed
	path           model.Path
	value          any
}

// samples spreads a fixed number over the scalars of all workload specs.
func samples(rendered map[string]string, n int) []sample {
	var all []sample
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		for i, text := range documents(rendered[name]) {
			docs, err := yamlpos.Parse([]byte(text))
			if err != nil || len(docs) != 1 {
				continue
			}
			object, _ := docs[0].Value.(map[string]any)
			if kind, _ := object["kind"].(string); !workloads[kind] {
				continue
			}
			var walk func(v any, p model.Path)
			walk = func(v any, p model.Path) {
				switch v := v.(type) {
				case map[string]any:
					for _, k := range slices.Sorted(maps.Keys(v)) {
						walk(v[k], p.Join(k))
					}
				case []any:
					for i, e := range v {
						walk(e, p.Join(i))
					}
				case nil:
				default:
					if v != "" {
						all = append(all, sample{name, text, i, p, v})
					}
				}
			}
			walk(object["spec"], model.Path{"spec"})
		}
	}
	if len(all) <= n {
		return all
	}
	var out []sample
	for i := range n {
		out = append(out, all[(2*i+1)*len(all)/(2*n)])
	}
	return out
}

// edits are ways to change what a location covers, the simplest first.
func edits(text string, l model.Location, value any) []string {
	index := newTextIndex(text)
	start, end := index.offset(l.StartLine, l.StartColumn), index.offset(l.EndLine, l.EndColumn)
	old := text[start:end]
	with := func(s string) string { return text[:start] + s + text[end:] }
	if l.Role == model.RoleValue {
		docs, err := yamlpos.Parse([]byte(text))
		key, keyErr := model.ParsePath(l.Key)
		if err != nil || keyErr != nil || len(docs) == 0 {
			return nil
		}
		now, _ := key.Lookup(docs[0].Value)
		r := docs[0].Locate(key).Value // a list's location is its key
		start, end = index.offset(r.StartLine, r.StartColumn), index.offset(r.EndLine, r.EndColumn)
		var out []string
		for _, v := range alternatives(now) {
			data, err := json.Marshal(v)
			if err == nil {
				out = append(out, with(string(data)))
			}
		}
		return out
	}
	if strings.HasPrefix(old, "{{") && actionEnd(old, 2) == len(old) {
		inner := strings.TrimSuffix(old, "}}")
		trim := ""
		if strings.HasSuffix(inner, "-") {
			inner, trim = strings.TrimSuffix(inner, "-"), "-"
		}
		from := scalarText(value)
		quote := func(s string) string { data, _ := json.Marshal(s); return string(data) }
		// A value of several lines was printed indented: its first line will do.
		from, _, _ = strings.Cut(from, "\n")
		inner = strings.Replace(inner, "template", "include", min(1, strings.Count(inner[:min(len(inner), 14)], "template")))
		return []string{with(inner + " | toString | replace " + quote(from) + " " + quote(bump(from)) + " " + trim + "}}")}
	}
	if strings.Contains(old, "{{") {
		for _, q := range []string{`"`, `'`} {
			if body, ok := strings.CutSuffix(old, q); ok && strings.HasPrefix(old, q) {
				return []string{with(body + "1" + q)}
			}
		}
		return []string{with(old + "1")}
	}
	if strings.HasPrefix(old, "|") || strings.HasPrefix(old, ">") {
		// A block scalar: its first line follows.
		next := index.offset(l.StartLine+2, 1) - 1
		return []string{text[:next] + "x" + text[next:]}
	}
	for _, q := range []string{`"`, `'`} {
		if body, ok := strings.CutSuffix(old, q); ok && strings.HasPrefix(old, q) {
			return []string{with(bump(body) + q)}
		}
	}
	return []string{with(bump(old))}
}

// changed edits the file a location names in a copy of the chart, renders the
// copy with the stock SDK, and tells whether the field is another.
func changed(s *stock, f sample, l model.Location) (bool, string) {
	name := strings.TrimPrefix(l.File, s.dir+"/")
	why := "no edit for " + l.File
	for _, edited := range edits(string(s.file(name)), l, f.value) {
		files := slices.Clone(s.files)
		for i, old := range files {
			if old.Name == name {
				files[i] = &loader.BufferedFile{Name: name, Data: []byte(edited)}
			}
		}
		got, err := renderStock(s.dir, files, s.values)
		if err != nil {
			why = "stock refuses the edit: " + firstOf(err.Error())
			continue
		}
		why = "the field stays"
		docs := documents(got.Rendered[f.template])
		if f.index >= len(docs) {
			return true, ""
		}
		parsed, err := yamlpos.Parse([]byte(docs[f.index]))
		if err != nil || len(parsed) == 0 || parsed[0].Err != nil {
			why = "the edit breaks the document"
			continue
		}
		if now, ok := f.path.Lookup(parsed[0].Value); !ok || !reflect.DeepEqual(now, f.value) {
			return true, ""
		}
	}
	return false, why
}

func firstOf(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s[:min(len(s), 160)]
}

// Changing the line or the values key a field is traced to must change the
// field, by the judgment of stock Helm.
func TestCausalOverCollections(t *testing.T) {
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
			var asking time.Duration
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
				for _, f := range samples(s.Rendered, fieldsPerChart) {
					begin := time.Now()
					tr := sh.Locate(context.Background(), Document{f.template, f.text}, f.path)
					asking += time.Since(begin)
					l := tr.Location
					kind := "template"
					switch {
					case l.Precision != model.Exact:
						kind = string(l.Precision)
					case l.Role == model.RoleValue:
						kind = "value"
					}
					count[kind]++
					ok, why := changed(s, f, l)
					if ok {
						count[kind+" changed"]++
						continue
					}
					misses = append(misses, fmt.Sprintf("%s %s %s: %s: %s", kind, f.template, f.path, describe(l), why))
				}
			}
			var b strings.Builder
			for _, k := range slices.Sorted(maps.Keys(count)) {
				fmt.Fprintf(&b, "%s: %d\n", k, count[k])
			}
			b.WriteString(strings.Join(misses, "\n"))
			t.Logf("asking took %v", asking)
			golden(t, "causal-"+name+".golden", b.String()+"\n")
		})
	}
}
