package kustomize

import (
	"github.com/sekisho/sekisho/internal/model"
)

// ChartRequest is a chart that a kustomization wants rendered.
type ChartRequest struct{}

// chartMark is a field of an object a chart made.
type chartMark struct{ origin model.Origin }

func (c *chartMark) trace(p model.Path) model.Trace { return c.origin.Locate(p) }

func (c *carrier) charts() map[string][][]byte { return nil }
