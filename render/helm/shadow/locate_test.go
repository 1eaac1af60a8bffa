package shadow

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
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

// Every archive under testdata/lines holds a chart "api", how it is rendered,
// and questions with their answers, which were checked by hand:
//
//	TEMPLATE | PATH
//	    the location, then what is related
//
// A location is file:line:column-endcolumn role [precision] [key], with an
// exclamation mark when the key was confirmed.
func TestLines(t *testing.T) {
	archives, err := filepath.Glob("testdata/lines/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s := renderArchive(t, a)
			last := &a.Files[len(a.Files)-1]
			if last.Name != "answers" {
				t.Fatal("the last file has to be the answers")
			}
			sh := New(s.Input)
			var b strings.Builder
			for line := range strings.Lines(string(last.Data)) {
				template, question, ok := strings.Cut(line, " | ")
				if !ok {
					continue
				}
				path, err := model.ParsePath(strings.TrimSpace(question))
				if err != nil {
					t.Fatal(err)
				}
				docs := documents(s.Rendered[template])
				if len(docs) == 0 {
					t.Fatalf("%s printed nothing", template)
				}
				tr := sh.Locate(context.Background(), Document{template, docs[0]}, path)
				fmt.Fprintf(&b, "%s | %s\n    %s\n", template, path, describe(tr.Location))
				for _, r := range tr.Related {
					fmt.Fprintf(&b, "    %s\n", describe(r))
				}
			}
			if *update {
				last.Data = []byte(b.String())
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got := b.String(); got != string(last.Data) {
				t.Errorf("answers differ (to accept: go test ./render/helm/shadow -run TestLines -update):\n%s", cmp.Diff(string(last.Data), got))
			}
			checkEqual(t, s)
		})
	}
}

// renderArchive renders the chart "api" of an archive. The file "values" lists
// values files of the chart; the file ".sekisho.yaml" may set more.
func renderArchive(tb testing.TB, a *txtar.Archive) *stock {
	tb.Helper()
	var values []string
	var set []Layer
	for _, f := range a.Files {
		switch f.Name {
		case "values":
			values = strings.Fields(string(f.Data))
		case ".sekisho.yaml":
			var config struct {
				Releases []struct{ Set map[string]string }
			}
			if err := yaml.Unmarshal(f.Data, &config); err != nil {
				tb.Fatal(err)
			}
			set = append(set, Layer{At: model.FileLocation(f.Name, model.RoleValue), Data: f.Data, Set: config.Releases[0].Set})
		}
	}
	s, err := renderStock("api", chartFiles(a, "api"), values, set...)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// checkEqual compares the whole traced render with the stock render.
func checkEqual(tb testing.TB, s *stock) {
	tb.Helper()
	e, err := newEngine(s.Input)
	if err != nil {
		tb.Fatal(err)
	}
	values, err := s.Values()
	if err != nil {
		tb.Fatal(err)
	}
	tr, err := e.traceFiles(context.Background(), values, e.renderable())
	if err != nil {
		tb.Fatal(err)
	}
	for name, want := range s.Rendered {
		if got := tr.text[name]; got != want {
			tb.Errorf("%s differs: %s", name, firstDifference(got, want))
		}
		unmarked(tb, name, want, tr.mark[name])
	}
}

// unmarked complains about lines without a marker.
func unmarked(tb testing.TB, name, text string, marks []mark) {
	tb.Helper()
	at := 0
	for line := range strings.Lines(text) {
		if i := firstNonBlank(line); i >= 0 {
			if m := governing(marks, at+i); m < 0 || marks[m].at < at {
				tb.Errorf("%s: no marker on %q", name, line)
			}
		}
		at += len(line)
	}
}
