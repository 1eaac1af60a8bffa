package shadow

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

// What provenance costs beside the stock render, for ten present and ten
// absent fields of each chart. It only tells; wall time is no ground to fail.
func TestCostOverCollections(t *testing.T) {
	corpus.Long(t)
	for _, name := range []string{"bitnami", "prom"} {
		t.Run(name, func(t *testing.T) {
			root := corpus.Dir(t, name)
			dirs, err := os.ReadDir(root)
			if err != nil {
				t.Fatal(err)
			}
			cache := &Cache{}
			var stockTime, asking time.Duration
			questions, renders, full := 0, 0, 0
			for _, d := range dirs {
				if _, err := os.Stat(filepath.Join(root, d.Name(), "Chart.yaml")); err != nil {
					continue
				}
				files := readChart(t, root, d.Name())
				begin := time.Now()
				s, err := renderStock(d.Name(), files, nil)
				if err != nil {
					continue
				}
				stockTime += time.Since(begin)
				s.Cache = cache
				sh := New(s.Input)
				fields := samples(s.Rendered, fieldsPerChart)
				begin = time.Now()
				for _, f := range fields {
					for _, p := range []model.Path{f.path, f.path[:len(f.path)-1].Join("absent")} {
						sh.Locate(context.Background(), Document{f.template, f.text}, p)
						questions++
					}
				}
				asking += time.Since(begin)
				renders += sh.renders
				if sh.full != nil {
					full++
				}
			}
			t.Logf("%s: stock render %v, %d questions %v, %d probes, %d full traces", name, stockTime, questions, asking, renders, full)
		})
	}
}
