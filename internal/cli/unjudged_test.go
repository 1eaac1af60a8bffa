package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render"
)

// TestTotalEndsFacts: what is left when the time of a scan is over while facts
// are worked out is listed unit by unit.
func TestTotalEndsFacts(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the scan took longer than 30m0s"))
	var objects []model.Object
	for range 3 {
		objects = append(objects, model.Object{
			ID:    model.ObjectID{APIVersion: "v1", Kind: "ConfigMap", Name: "a"},
			Value: map[string]any{"data": map[string]any{"a": strings.Repeat("password=x ", 1000)}},
		})
	}
	files := []string{"a.yaml", "a.yaml", "b.yaml"}
	s := &scanner{pool: &render.Pool{}}
	got := s.judgeRender(ctx, objects, false, func(i int) model.Unit { return model.Unit{Kind: model.Raw, Path: files[i]} }, nil)
	want := []model.Failure{
		{Unit: &model.UnitRef{Kind: model.Raw, Path: "a.yaml"}, File: "a.yaml", Message: "judge a.yaml: the scan took longer than 30m0s"},
		{Unit: &model.UnitRef{Kind: model.Raw, Path: "b.yaml"}, File: "b.yaml", Message: "judge b.yaml: the scan took longer than 30m0s"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
