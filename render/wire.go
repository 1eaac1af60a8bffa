package render

import (
	"time"

	"github.com/sekisho/sekisho/internal/model"
)

// The questions a worker answers.
const (
	opOpen     = "open"     // the tree; comes first
	opRender   = "render"   // a unit; the worker keeps it under its number
	opLocate   = "locate"   // a field of an object of a kept unit
	opLines    = "lines"    // of a kept unit's manifest
	opDefaults = "defaults" // the values of a kept unit's chart
	opForget   = "forget"   // all kept units
	opExamine  = "examine"  // why a unit cannot be rendered
)

// greeting says what a worker renders from, and how.
type greeting struct {
	Dir         string
	Overlay     string // "" for none
	KubeVersion string
	Limits      Limits
}

type request struct {
	Op     string
	Open   *greeting
	Number int // of the unit
	Unit   *wireUnit
	Object int // of the unit's objects
	Path   model.Path
	Time   time.Duration // for examine
}

type reply struct {
	Objects  []wireObject
	Failures []model.Failure
	Manifest []byte
	Trace    *model.Trace
	Lines    []model.Location
	Defaults map[string]any
}

// wireUnit is a model.Unit without the tags that keep fields out of JSON.
type wireUnit struct {
	Kind      model.Kind
	Path      string
	Variant   string
	Release   string
	Namespace string
	Values    []string
	Set       map[string]string
	SetFile   string
}

// wireObject is a model.Object whose functions stay with the worker.
type wireObject struct {
	ID        model.ObjectID
	Value     map[string]any
	Generated []model.Path
	Duplicate []model.DuplicateKey
	Defaults  bool
	Generator map[string]model.GeneratorEntry
}

// wired strips a rendering of what cannot travel.
func wired(r *model.Rendered) reply {
	out := reply{Failures: r.Failures, Manifest: r.Manifest, Objects: make([]wireObject, len(r.Objects))}
	for i, o := range r.Objects {
		out.Objects[i] = wireObject{o.ID, o.Value, o.Generated, o.Duplicate, o.Defaults != nil, o.Generator}
	}
	return out
}

// object is the model's form again, still without functions.
func (w *wireObject) object() model.Object {
	for i := range w.Generated {
		indices(w.Generated[i])
	}
	for i := range w.Duplicate {
		indices(w.Duplicate[i].Path)
	}
	return model.Object{ID: w.ID, Value: w.Value, Generated: w.Generated, Duplicate: w.Duplicate, Generator: w.Generator}
}

// indices turns a path's numbers back into int.
func indices(p model.Path) model.Path {
	for i, e := range p {
		if n, ok := e.(int64); ok {
			p[i] = int(n)
		}
	}
	return p
}
