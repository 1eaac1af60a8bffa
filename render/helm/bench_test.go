package helm

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/corpus"
)

// BenchmarkCollection renders the charts of a public collection in a row, with
// stock Helm and with this package in the same run, and reports the ratio:
// machines differ, the ratio hardly does.
func BenchmarkCollection(b *testing.B) {
	corpus.Long(b)
	root := corpus.Dir(b, "bitnami")
	fsys := rootFS(b, root)
	units := charts(b, root)
	quiet(b)
	var stockTime, ourTime time.Duration
	for b.Loop() {
		for _, unit := range units {
			start := time.Now()
			if _, err := stock(root, unit, DefaultKubeVersion()); err != nil {
				b.Logf("%s: %v", unit.Path, err)
			}
			stockTime += time.Since(start)
			start = time.Now()
			Render(b.Context(), fsys, unit, Options{})
			ourTime += time.Since(start)
		}
	}
	b.ReportMetric(stockTime.Seconds()/float64(b.N), "stock-s/op")
	b.ReportMetric(ourTime.Seconds()/float64(b.N), "ours-s/op")
	b.ReportMetric(float64(ourTime)/float64(stockTime), "ours/stock")
}

// BenchmarkRender is for profiles: it renders the collection without stock.
func BenchmarkRender(b *testing.B) {
	corpus.Long(b)
	root := corpus.Dir(b, "bitnami")
	fsys := rootFS(b, root)
	units := charts(b, root)
	for b.Loop() {
		for _, unit := range units {
			Render(b.Context(), fsys, unit, Options{})
		}
	}
}
