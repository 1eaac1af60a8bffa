package render

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

// BenchmarkIsolation is what it costs to render in a worker: every chart of
// bitnami is rendered in this process and in one worker, in turns, so that both
// see the same machine. The start of the worker is part of its time.
func BenchmarkIsolation(b *testing.B) {
	corpus.Long(b)
	dir := corpus.Dir(b, "bitnami")
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	charts, err := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml"))
	if err != nil || len(charts) == 0 {
		b.Fatal(len(charts), err)
	}
	// As the program and its workers do it.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	local := New(Options{Root: root})
	for b.Loop() {
		pool, err := NewPool(Options{Root: root})
		if err != nil {
			b.Fatal(err)
		}
		var here, there time.Duration
		for i, file := range charts {
			name := filepath.Base(filepath.Dir(file))
			u := model.Unit{Kind: model.Helm, Path: name, Release: name, Namespace: "default", Variant: model.DefaultVariant}
			inProcess := func() {
				began := time.Now()
				local.Render(b.Context(), u)
				here += time.Since(began)
			}
			isolated := func() {
				began := time.Now()
				s := pool.Session(b.Context())
				s.Render(u)
				s.Close()
				there += time.Since(began)
			}
			if i%2 == 0 {
				inProcess()
				isolated()
			} else {
				isolated()
				inProcess()
			}
		}
		pool.Close()
		b.ReportMetric(here.Seconds(), "here-s")
		b.ReportMetric(there.Seconds(), "isolated-s")
		b.ReportMetric(float64(there)/float64(here), "isolated/here")
	}
}
