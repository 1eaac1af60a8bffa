package shadow

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/releaseutil"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// chartFiles are the files of a chart in an archive, without its folder.
func chartFiles(a *txtar.Archive, dir string) []*loader.BufferedFile {
	var files []*loader.BufferedFile
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, dir+"/"); ok {
			files = append(files, &loader.BufferedFile{Name: name, Data: f.Data})
		}
	}
	return files
}

// documents cuts a rendered file as Helm does.
func documents(text string) []string {
	m := releaseutil.SplitManifests(text)
	var out []string
	for i := range len(m) {
		out = append(out, m[fmt.Sprintf("manifest-%d", i)])
	}
	return out
}

func describe(l model.Location) string {
	s := fmt.Sprintf("%s:%d:%d-%d", l.File, l.StartLine, l.StartColumn, l.EndColumn)
	if l.EndLine != l.StartLine {
		s = fmt.Sprintf("%s:%d:%d-%d:%d", l.File, l.StartLine, l.StartColumn, l.EndLine, l.EndColumn)
	}
	s += " " + string(l.Role)
	if l.Precision != "" && l.Precision != model.Exact {
		s += " " + string(l.Precision)
	}
	if l.Key != "" {
		s += " " + l.Key
		if l.Confirmed {
			s += "!"
		}
	}
	return s
}

func TestDump(t *testing.T) {
	a, err := txtar.ParseFile("testdata/lines.txtar")
	if err != nil {
		t.Fatal(err)
	}
	st, err := renderStock("api", chartFiles(a, "api"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := New(st.Input)
	for _, name := range slices.Sorted(func(y func(string) bool) {
		for n := range st.Rendered {
			y(n)
		}
	}) {
		t.Log(name)
		fmt.Fprintln(os.Stderr, st.Rendered[name])
		for _, l := range s.Lines(context.Background(), name) {
			fmt.Fprintln(os.Stderr, describe(l))
		}
		for _, d := range documents(st.Rendered[name]) {
			docs, _ := yamlpos.Parse([]byte(d))
			var walk func(v any, p model.Path)
			show := func(p model.Path) {
				tr := s.Locate(context.Background(), Document{name, d}, p)
				fmt.Fprintf(os.Stderr, "%s\n    %s\n", p, describe(tr.Location))
				for _, r := range tr.Related {
					fmt.Fprintf(os.Stderr, "        %s\n", describe(r))
				}
			}
			walk = func(v any, p model.Path) {
				switch v := v.(type) {
				case map[string]any:
					for k, e := range v {
						walk(e, p.Join(k))
					}
				case []any:
					for i, e := range v {
						walk(e, p.Join(i))
					}
				default:
					show(p)
				}
			}
			walk(docs[0].Value, nil)
			for _, q := range []string{"spec.template.spec.hostNetwork", "spec.template.spec.securityContext.runAsNonRoot", "spec.template.spec.containers[0].securityContext.runAsNonRoot", "spec.template.spec.containers[0].resources.limits.memory", "spec.template.spec.containers[1].securityContext", "spec.template.spec.containers[0].livenessProbe", "spec.template.spec.containers[0].securityContext", "metadata.namespace"} {
				p, _ := model.ParsePath(q)
				fmt.Fprint(os.Stderr, "ABSENT? ")
				show(p)
			}
		}
	}
}
