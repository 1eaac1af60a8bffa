package kustomize

import (
	"context"
	"os"
	"testing"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

// BenchmarkUnit renders one overlay of the collection (20 objects, two
// of them definitions of 100 kB), alone and with one finding.
func BenchmarkUnit(b *testing.B) {
	fsys := os.DirFS(corpus.Dir(b, "kubeflow"))
	unit := model.Unit{Kind: model.Kustomize, Path: "applications/jupyter/notebook-controller/upstream/overlays/kubeflow"}
	b.Run("render", func(b *testing.B) {
		for b.Loop() {
			Render(context.Background(), fsys, unit, Options{})
		}
	})
	b.Run("locate", func(b *testing.B) {
		for b.Loop() {
			r := Render(context.Background(), fsys, unit, Options{})
			for _, obj := range r.Objects {
				obj.Origin.Locate(model.Path{"spec", "template", "spec", "containers", 0, "image"})
			}
		}
	})
}
