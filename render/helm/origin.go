package helm

import (
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
)

// source is what a rendered chart was made of.
type source struct {
	chart  *chart.Chart     // processed: aliases resolved, disabled dependencies gone
	values chartutil.Values // what templates see as the dot
	layers []layer          // strongest first
	// templates gives the place of every file of the chart and its subcharts
	// by the name Helm has for it. The precision is File for files of the
	// repository; a packed chart's files are all at the line of Chart.yaml
	// that asks for it.
	templates map[string]model.Location
}

// origin leads from an object to the template that printed it.
type origin struct {
	source   *source
	document document
	prefix   model.Path // of the object in the document: items[3] in a List
}

// Locate answers with the template's file.
func (o *origin) Locate(model.Path) model.Trace {
	at := o.source.templates[o.document.template]
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
			at = s.templates[name]
		}
		if afterMarker = line == "---"; afterMarker || strings.HasPrefix(line, "# Source: ") {
			lines = append(lines, model.Location{})
			continue
		}
		lines = append(lines, at)
	}
	return lines
}
