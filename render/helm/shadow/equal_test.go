package shadow

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/corpus"
)

// The traced render, stripped of its markers, must equal the stock render in
// every file, and every line that is not blank must have a marker.
func TestEqualOverCollections(t *testing.T) {
	corpus.Long(t)
	for _, name := range []string{"bitnami", "prom"} {
		t.Run(name, func(t *testing.T) {
			root := corpus.Dir(t, name)
			dirs, err := os.ReadDir(root)
			if err != nil {
				t.Fatal(err)
			}
			cache := &Cache{}
			var charts, renders, files, equal, lines, mapped int
			var stockTime, shadowTime time.Duration
			for _, d := range dirs {
				if _, err := os.Stat(filepath.Join(root, d.Name(), "Chart.yaml")); err != nil {
					continue
				}
				charts++
				chartFiles := readChart(t, root, d.Name())
				for _, v := range variants(chartFiles) {
					begin := time.Now()
					s, err := renderStock(d.Name(), chartFiles, v)
					if err != nil {
						t.Logf("%s %v: stock: %v", d.Name(), v, err)
						continue
					}
					stockTime += time.Since(begin)
					s.Cache = cache
					renders++
					begin = time.Now()
					e, err := newEngine(s.Input)
					if err != nil {
						t.Errorf("%s %v: %v", d.Name(), v, err)
						continue
					}
					values, err := s.Values()
					if err != nil {
						t.Fatal(err)
					}
					tr, err := e.traceFiles(context.Background(), values, e.renderable())
					if err != nil {
						t.Errorf("%s %v: %v", d.Name(), v, err)
						continue
					}
					shadowTime += time.Since(begin)
					for name, want := range s.Rendered {
						files++
						if got := tr.text[name]; got != want {
							t.Errorf("%s %v: %s differs: %s", d.Name(), v, name, firstDifference(got, want))
							continue
						}
						equal++
						at := 0
						for line := range strings.Lines(want) {
							if i := firstNonBlank(line); i >= 0 {
								lines++
								if m := governing(tr.mark[name], at+i); m >= 0 && tr.mark[name][m].at == at+i {
									mapped++
								}
							}
							at += len(line)
						}
					}
				}
			}
			t.Logf("stock %v, shadow %v", stockTime, shadowTime)
			golden(t, "equal-"+name+".golden", fmt.Sprintf("charts: %d\nrenders: %d\nfiles: %d\nequal: %d\nlines: %d\nmapped: %d\n", charts, renders, files, equal, lines, mapped))
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			line := ""
			if i < len(g) {
				line = g[i]
			}
			return "got " + line + "\nwant " + w[i]
		}
	}
	return "more lines"
}
