package helm

import (
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/helm/invent"
)

// source is what a chart was rendered from and what came out: all that a
// second render needs to find out where a field came from.
type source struct {
	chart *chart.Chart // processed: aliases resolved, disabled dependencies gone
	// values makes what templates see as the dot, afresh each time, since
	// templates may write into it.
	values func() (chartutil.Values, error)
	layers []layer // strongest first
	// places says where every file of the chart and its subcharts is, by the
	// name Helm has for it: app/charts/db/templates/service.yaml, db being an
	// alias perhaps. The precision is File for files of the repository; a
	// packed chart's files are all at the line of Chart.yaml that asks for it.
	places map[string]model.Location
	// rendered is what each template printed, by the same names.
	rendered map[string]string
	run      int
}

// start makes the inventing functions invent the same as in this render.
func (s *source) start() (*invent.Session, error) { return invent.Start(s.chart.Name(), s.run) }

// origin leads from an object to the template that printed it.
type origin struct {
	source   *source
	document document
	prefix   model.Path // of the object in the document: items[3] in a List
}

// Locate answers with the template's file.
func (o *origin) Locate(model.Path) model.Trace {
	at := o.source.places[o.document.template]
	at.Role = model.RoleTemplate
	return model.Trace{Location: at}
}

// lines gives the template of each line of the printed text.
func (s *source) lines(manifest []byte) []model.Location {
	var lines []model.Location
	var at model.Location
	afterMarker := false
	for line := range strings.Lines(string(manifest)) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# Source: "); ok && afterMarker {
			at = s.places[name]
		}
		if afterMarker = line == "---"; afterMarker || strings.HasPrefix(line, "# Source: ") {
			lines = append(lines, model.Location{})
			continue
		}
		lines = append(lines, at)
	}
	return lines
}
