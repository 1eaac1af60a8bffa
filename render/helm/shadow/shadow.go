package shadow

import (
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
)

// Input is a chart as it was rendered by the stock SDK, and what came out.
type Input struct {
	// Chart has its dependencies processed.
	Chart *chart.Chart
	// Values makes the values templates see, as chartutil.ToRenderValues
	// returns them, afresh: templates may change what they are given.
	Values func() (chartutil.Values, error)
	// Rendered is what each template printed in the stock render, by Helm's
	// name for the template.
	Rendered map[string]string
	// Places says where each file of the chart and its dependencies is, by
	// Helm's name for it. Precision File is a file of the repository; anything
	// else is the line that brings a packed chart in.
	Places map[string]model.Location
	// Layers are the sources of values, strongest first.
	Layers []Layer
	// Start puts deterministic functions in the place of inventing ones until
	// stop is called. It may be nil.
	Start  func() (stop func(), err error)
	Strict bool
	Limits Limits
	// Cache shares parsed templates between charts. It may be nil.
	Cache *Cache
}

// Layer is one source of values.
type Layer struct {
	// Scope is where its keys hang in the values of the outermost chart:
	// [sub] for the values.yaml of the subchart named sub.
	Scope []string
	// Default marks a chart's own values.yaml.
	Default bool
	// At is the file when its precision is File; otherwise the line that
	// brings a packed chart in.
	At   model.Location
	Data []byte            // the file's text
	Set  map[string]string // of a release's `set`, instead of Data
}

// Cache keeps parsed templates for charts that share them.
type Cache struct{ s sources }

func (c *Cache) sources() *sources {
	if c == nil {
		return &sources{}
	}
	return &c.s
}

// member is a chart of the tree that is rendered together.
type member struct {
	chart  *chart.Chart
	parent *member
	deps   []*member
	// vendored: Chart.yaml takes the chart from a remote repository, so what
	// is edited in the unpacked copy is lost with the next update.
	vendored bool
}

func newMember(c *chart.Chart, parent *member) *member {
	m := &member{chart: c, parent: parent}
	if parent != nil {
		m.vendored = parent.vendored
		for _, d := range parent.chart.Metadata.Dependencies {
			if d != nil && d.Name == c.Name() && d.Repository != "" && !strings.HasPrefix(d.Repository, "file://") {
				m.vendored = true
			}
		}
	}
	for _, d := range c.Dependencies() {
		m.deps = append(m.deps, newMember(d, m))
	}
	return m
}
