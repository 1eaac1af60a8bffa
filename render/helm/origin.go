package helm

import (
	"context"
	"io"
	"log"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
	"github.com/sekisho/sekisho/render/helm/invent"
	"github.com/sekisho/sekisho/render/helm/shadow"
)

// source is what a chart was rendered from and what came out: all that a
// second render needs to find out where a field came from.
type source struct {
	chart *chart.Chart // processed: aliases resolved, disabled dependencies gone
	// values makes what templates see as the dot, afresh each time, since
	// templates may write into it.
	values func() (chartutil.Values, error)
	layers []shadow.Layer // strongest first
	// places says where every file of the chart and its subcharts is, by the
	// name Helm has for it: app/charts/db/templates/service.yaml, db being an
	// alias perhaps. The precision is File for files of the repository; a
	// packed chart's files are all at the line of Chart.yaml that asks for it.
	places map[string]model.Location
	// rendered is what each template printed, by the same names.
	rendered map[string]string
	run      int
	limits   shadow.Limits
	watch    func(file string, line int)
	traced   *shadow.Shadow // nil until asked for
}

// start makes the inventing functions invent the same as in this render.
func (s *source) start() (*invent.Session, error) { return invent.Start(s.chart.Name(), s.run) }

// shadow is the second render, which knows where each field came from. It costs
// more than the first, so it is made when somebody asks.
func (s *source) shadow() *shadow.Shadow {
	if s.traced == nil {
		s.traced = shadow.New(shadow.Input{
			Chart: s.chart, Values: s.values, Rendered: s.rendered, Places: s.places, Layers: s.layers, Cache: &cache, Limits: s.limits, Watch: s.watch,
			Start: func() (func(), error) {
				session, err := s.start()
				if err != nil {
					return nil, err
				}
				return session.Stop, nil
			},
		})
	}
	return s.traced
}

var (
	// tracing serialises Locate and Lines: Helm's function table, which they
	// render with, and the cache belong to the process.
	tracing sync.Mutex
	// cache keeps the parsed helper templates that charts have in common.
	cache shadow.Cache
)

// trace begins a use of the second render; what it returns ends it. Helm's
// warnings are kept out of the log, as in Render.
func trace() (done func()) {
	tracing.Lock()
	old := log.Writer()
	log.SetOutput(io.Discard)
	return func() {
		log.SetOutput(old)
		tracing.Unlock()
	}
}

// origin leads from an object to the lines that made it.
type origin struct {
	source   *source
	document document
	prefix   model.Path // of the object in the document: items[3] in a List
	// written is the document when it stands in the repository as it is: a
	// CustomResourceDefinition.
	written *yamlpos.Document
}

// Locate asks the second render.
func (o *origin) Locate(p model.Path) model.Trace {
	p = o.prefix.Join(p...)
	at := o.source.places[o.document.template]
	at.Role = model.RoleTemplate
	switch {
	case o.written != nil && at.Precision == model.File:
		return model.Trace{Location: location(at.File, o.written.Locate(p), len(p), model.RoleSource)}
	case o.written != nil:
		return model.Trace{Location: at}
	}
	defer trace()()
	doc := shadow.Document{Template: o.document.template, Text: o.document.text}
	return o.source.shadow().Locate(context.Background(), doc, p)
}

// lines gives the source of each line of documents as they are printed, each
// with a separator and a comment before it.
func (s *source) lines(docs []document) []model.Location {
	defer trace()()
	var out []model.Location
	for _, d := range docs {
		out = append(out, model.Location{}, model.Location{})
		n := strings.Count(d.text, "\n") + 1
		printed, from := s.rendered[d.template], 0
		if i := strings.Index(printed, d.text); i >= 0 && !d.crds {
			from = strings.Count(printed[:i], "\n")
			out = append(out, s.shadow().Lines(context.Background(), d.template)[from:from+n]...)
			continue
		}
		at := s.places[d.template]
		for i := range n {
			line := at
			if d.crds && at.Precision == model.File {
				line.StartLine, line.EndLine, line.Precision, line.Role = i+1, i+1, model.Exact, model.RoleSource
			}
			out = append(out, line)
		}
	}
	return out
}
