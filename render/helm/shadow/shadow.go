package shadow

import (
	"context"
	"slices"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
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
	// Watch, when set, is told the template line of each action of a marked
	// render before it runs: what kills the process is the last one.
	Watch func(file string, line int)
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

// Cache keeps parsed templates for charts that share them. Shadows that share
// a Cache must not be asked at the same time.
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

// Shadow answers questions about one rendered chart. It does nothing until it
// is asked, and is safe for concurrent use. (Rendering as such is serial in a
// process, because Helm's function table is: do not ask while a stock render
// runs.)
type Shadow struct {
	mu     sync.Mutex
	in     Input
	engine *Engine
	err    error
	full   *trace // of all files, once one alone did not equal the stock render
	traced map[string]*fileTrace
	lines  map[string][]model.Location

	pristine chartutil.Values
	layers   []*valuesFile
	rendered map[string]*comparison
	probes   map[probe]*comparison
	renders  int // done for probes
	asked    struct {
		doc  Document
		yaml *yamlpos.Document
		text *textIndex
	}
}

// New prepares to answer questions about a chart.
func New(in Input) *Shadow {
	return &Shadow{
		in: in, traced: map[string]*fileTrace{}, lines: map[string][]model.Location{},
		rendered: map[string]*comparison{}, probes: map[probe]*comparison{},
	}
}

// open makes the engine. Callers hold the lock.
func (s *Shadow) open() error {
	if s.engine == nil && s.err == nil {
		s.engine, s.err = newEngine(s.in)
	}
	return s.err
}

// Check renders the chart within the limits. Its error, an *Error, names the
// template line at which one of them was exceeded or the template failed. A
// chart that passes will not exhaust the stock render.
func (s *Shadow) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	values, err := s.in.Values()
	if err != nil {
		return err
	}
	_, err = s.engine.traceFiles(ctx, values, s.engine.renderable())
	return err
}

// fileTrace is what is known about one rendered file: its text as the stock
// render has it, and the marks over it. Without a run it renders as itself.
type fileTrace struct {
	text  string
	marks []mark
	run   *run
	src   *source
}

// trace executes a file's template, alone if that equals what the stock render
// printed. Templates that change values other files see make the whole chart
// necessary. nil says that the traced render differs, so that only the file
// is known.
func (s *Shadow) trace(ctx context.Context, name string) *fileTrace {
	if t, ok := s.traced[name]; ok {
		return t
	}
	s.traced[name] = nil
	want, ok := s.in.Rendered[name]
	f := s.engine.byName[name]
	if !ok || f == nil {
		return nil
	}
	if f.src.plain() && want == f.src.text {
		s.traced[name] = &fileTrace{text: want, src: f.src}
		return s.traced[name]
	}
	attempt := func(files []*file) *trace {
		values, ok := s.fresh()
		if !ok {
			return nil
		}
		t, err := s.engine.traceFiles(ctx, values, files)
		if err != nil {
			return nil
		}
		return t
	}
	t := s.full
	if t == nil {
		t = attempt([]*file{f})
	}
	ft := t.file(f, want)
	if ft == nil && s.full == nil {
		s.full = attempt(s.engine.renderable())
		ft = s.full.file(f, want)
	}
	s.traced[name] = ft
	return ft
}

// file lays a trace's marks over the text the stock render printed. The two
// must be equal, except for lines that hold something invented: their numbers
// and lengths depend on what ran before.
func (t *trace) file(f *file, want string) *fileTrace {
	if t == nil {
		return nil
	}
	got, ok := t.text[f.name]
	if !ok {
		return nil
	}
	out := &fileTrace{text: want, marks: t.mark[f.name], run: t.run, src: f.src}
	if got == want {
		return out
	}
	out.marks = nil
	marks := t.mark[f.name]
	w := want
	from, to := 0, 0 // offsets of the line in got and in want
	for line := range strings.Lines(got) {
		end := strings.IndexByte(w, '\n') + 1
		if end == 0 {
			end = len(w)
		}
		var on []mark
		for len(marks) > 0 && marks[0].at < from+len(line) {
			on, marks = append(on, marks[0]), marks[1:]
		}
		if line != w[:end] && !slices.ContainsFunc(on, func(m mark) bool { return t.invented(t.at(m.id)) }) {
			return nil
		}
		for _, m := range on {
			out.marks = append(out.marks, mark{to + min(m.at-from, max(end-1, 0)), m.id})
		}
		from, to, w = from+len(line), to+end, w[end:]
	}
	if w != "" {
		return nil
	}
	return out
}

// invented tells whether an inventing function had a part in what an instance
// printed.
func (r *run) invented(i *instance) bool {
	if i == nil || i.log == nil {
		return false
	}
	if i.log.invented {
		return true
	}
	for _, s := range i.log.from {
		for id := s.lo; id <= s.hi; {
			inner := r.at(id)
			if inner != i && r.invented(inner) {
				return true
			}
			id = max(id+1, inner.first+uint64(max(1, len(inner.site.offsets))))
		}
	}
	return false
}
