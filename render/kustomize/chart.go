package kustomize

// ChartRequest is a chart that a kustomization wants rendered.
type ChartRequest struct{}
