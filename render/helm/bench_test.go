package helm

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

// BenchmarkCollection renders the charts of public collections in a row, with
// stock Helm and with this package in the same run, and reports the ratio:
// machines differ, the ratio hardly does.
func BenchmarkCollection(b *testing.B) {
	eachCollection(b, func(b *testing.B, root string, units []model.Unit) {
		fsys := rootFS(b, root)
		quiet(b)
		var stockTime, ourTime time.Duration
		for b.Loop() {
			for _, unit := range units {
				start := time.Now()
				stock(root, unit, DefaultKubeVersion()) // some charts fail, in both
				stockTime += time.Since(start)
				start = time.Now()
				Render(b.Context(), fsys, unit, Options{})
				ourTime += time.Since(start)
			}
		}
		b.ReportMetric(stockTime.Seconds()/float64(b.N), "stock-s/op")
		b.ReportMetric(ourTime.Seconds()/float64(b.N), "ours-s/op")
		b.ReportMetric(float64(ourTime)/float64(stockTime), "ours/stock")
	})
}

// BenchmarkRender is for profiles: it renders the collections without stock.
func BenchmarkRender(b *testing.B) {
	eachCollection(b, func(b *testing.B, root string, units []model.Unit) {
		fsys := rootFS(b, root)
		for b.Loop() {
			for _, unit := range units {
				Render(b.Context(), fsys, unit, Options{})
			}
		}
	})
}

func eachCollection(b *testing.B, bench func(b *testing.B, root string, units []model.Unit)) {
	corpus.Long(b)
	for _, name := range []string{"bitnami", "prom"} {
		b.Run(name, func(b *testing.B) {
			root := corpus.Dir(b, name)
			bench(b, root, charts(b, root))
		})
	}
}
