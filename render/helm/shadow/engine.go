package shadow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"text/template"
	"text/template/parse"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
)

// file is one template file of the chart or of a chart it depends on.
type file struct {
	name  string // as Helm has it: "api/charts/db/templates/a.yaml"
	base  string // .Template.BasePath
	src   *source
	chart *member
	local string // the file's path within its chart
}

// definition is what a template name stands for.
type definition struct {
	src  *source
	tree *parse.Tree
	file *file // nil when a tpl text defines it
}

// Engine renders one chart with one set of values, as Helm does, with or
// without markers. It is not safe for concurrent use.
type Engine struct {
	in     Input
	limits Limits
	cache  *sources
	root   *member
	files  []*file // in the order Helm parses them
	byName map[string]*file
	defs   map[string]*definition

	lead string // of markers

	marked *set // templates rewritten, for tracing
	bare   *set // templates as written, for perturbation
	run    *run // the traced run at work

	// Of the bare run at work.
	ctx      context.Context
	included map[string]int
}

// set is a template namespace in which definitions are entered when they are
// first asked for, rewritten or as they are.
type set struct {
	e       *Engine
	t       *template.Template
	defs    map[string]*definition
	entered map[string]bool
	rewrite bool
}

func newEngine(in Input) (*Engine, error) {
	e := &Engine{in: in, limits: in.Limits.orDefault(), cache: in.Cache.sources(), byName: map[string]*file{}, defs: map[string]*definition{}}
	e.root = newMember(in.Chart, nil)
	e.collect(e.root)
	sort.Slice(e.files, func(i, j int) bool { return parsedBefore(e.files[i].name, e.files[j].name) })
	for _, f := range e.files {
		if f.src.err != nil {
			return nil, fmt.Errorf("parse %s: %w", f.name, f.src.err)
		}
		for name, tree := range f.src.trees {
			if name == mainTree {
				name = f.name
			}
			// A definition without content does not replace one before it.
			if old := e.defs[name]; old != nil && parse.IsEmptyTree(tree.Root) {
				continue
			}
			e.defs[name] = &definition{f.src, tree, f}
		}
	}
	e.lead = freeLead(e.files)
	e.marked = e.newSet(true)
	e.bare = e.newSet(false)
	return e, nil
}

// collect lists the templates of a chart and its dependencies.
func (e *Engine) collect(m *member) {
	full := m.chart.ChartFullPath()
	for _, t := range m.chart.Templates {
		// A library chart renders nothing: only its partials count.
		if t == nil || strings.EqualFold(m.chart.Metadata.Type, "library") && !partial(t.Name) {
			continue
		}
		f := &file{
			name: path.Join(full, t.Name), base: path.Join(full, "templates"),
			src: e.cache.get(string(t.Data)), chart: m, local: t.Name,
		}
		e.files = append(e.files, f)
		e.byName[f.name] = f
	}
	for _, d := range m.deps {
		e.collect(d)
	}
}

func partial(name string) bool { return strings.HasPrefix(path.Base(name), "_") }

// parsedBefore is Helm's order: deeper files first, so that a parent's
// definition of a name comes last and wins.
func parsedBefore(a, b string) bool {
	if da, db := strings.Count(a, "/"), strings.Count(b, "/"); da != db {
		return da > db
	}
	return a > b
}

func (e *Engine) newSet(rewrite bool) *set {
	s := &set{e: e, t: template.New("gotpl"), defs: e.defs, entered: map[string]bool{}, rewrite: rewrite}
	s.t.Option(e.missingKey())
	return s
}

func (e *Engine) missingKey() string {
	if e.in.Strict {
		return "missingkey=error"
	}
	return "missingkey=zero"
}

// form is a tree as this set executes it.
func (s *set) form(src *source, tree *parse.Tree) *parse.Tree {
	if s.rewrite {
		return src.shadow(tree).tree
	}
	return tree
}

// define enters a template, and those it calls by name, on first use.
func (s *set) define(name string) *definition {
	d := s.defs[name]
	if d == nil || s.entered[name] {
		return d
	}
	s.entered[name] = true
	if _, err := s.t.AddParseTree(name, s.form(d.src, d.tree)); err != nil {
		return nil // not reached: it errs only in html/template
	}
	s.defineCalled(d.tree.Root)
	return d
}

// defineCalled enters what {{template}} nodes name.
func (s *set) defineCalled(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, kid := range n.Nodes {
				s.defineCalled(kid)
			}
		}
	case *parse.IfNode:
		s.defineCalled(n.List)
		s.defineCalled(n.ElseList)
	case *parse.WithNode:
		s.defineCalled(n.List)
		s.defineCalled(n.ElseList)
	case *parse.RangeNode:
		s.defineCalled(n.List)
		s.defineCalled(n.ElseList)
	case *parse.TemplateNode:
		s.define(n.Name)
	}
}

// extend is the set with the definitions of a tpl text added.
func (s *set) extend(src *source) (*set, error) {
	t, err := s.t.Clone()
	if err != nil {
		return nil, fmt.Errorf("cannot clone template: %w", err)
	}
	t.Option(s.e.missingKey()) // a clone forgets it (golang.org/issue/43022)
	x := &set{e: s.e, t: t, defs: maps.Clone(s.defs), entered: maps.Clone(s.entered), rewrite: s.rewrite}
	t.Funcs(template.FuncMap{"include": x.include(), "tpl": x.tpl()})
	for name, tree := range src.trees {
		if old := x.defs[name]; name == mainTree || old != nil && parse.IsEmptyTree(tree.Root) {
			continue
		}
		x.defs[name] = &definition{src: src, tree: tree}
		delete(x.entered, name)
	}
	// Templates entered before may call those defined now.
	for _, name := range slices.Sorted(maps.Keys(src.trees)) {
		x.define(name)
	}
	return x, nil
}

// scopes are the values each chart's templates see, by chart.
type scopes map[*member]map[string]any

// scope builds the data of a chart's templates and of its dependencies', as
// Helm does.
func (e *Engine) scope(m *member, parent chartutil.Values, out scopes) map[string]any {
	subcharts := map[string]any{}
	meta := struct {
		chart.Metadata
		IsRoot bool
	}{*m.chart.Metadata, m.parent == nil}
	next := map[string]any{
		"Chart":        meta,
		"Files":        newFiles(m.chart.Files),
		"Release":      parent["Release"],
		"Capabilities": parent["Capabilities"],
		"Values":       make(chartutil.Values),
		"Subcharts":    subcharts,
	}
	if m.parent == nil {
		next["Values"] = parent["Values"]
	} else if vs, err := parent.Table("Values." + m.chart.Name()); err == nil {
		next["Values"] = vs
	}
	for _, d := range m.deps {
		subcharts[d.chart.Name()] = e.scope(d, next, out)
	}
	out[m] = next
	return next
}

// trace is a finished traced run.
type trace struct {
	*run
	text map[string]string // clean, by file name
	mark map[string][]mark
}

// traceFiles executes rewritten templates in one run. Values must be fresh:
// templates may change them.
func (e *Engine) traceFiles(ctx context.Context, values chartutil.Values, files []*file) (_ *trace, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.limits.Time)
	defer cancel()
	r := &run{
		e: e, ctx: ctx, lead: e.lead, next: 1,
		scopes: map[identity]bool{}, entries: map[entry]*log{}, included: map[string]int{},
	}
	r.idx, r.root = indexValues(valuesOf(values))
	sc := scopes{}
	e.scope(e.root, values, sc)
	for _, m := range sc {
		r.scope(m)
	}
	stop, err := e.start(e.marked)
	if err != nil {
		return nil, err
	}
	defer stop()
	e.run = r
	defer func() {
		e.run = nil
		if p := recover(); p != nil {
			err = r.locateError(fmt.Errorf("rendering template failed: %v", p))
		}
	}()
	out := &trace{run: r, text: map[string]string{}, mark: map[string][]mark{}}
	for _, f := range files {
		text, err := e.execute(ctx, e.marked, sc, f, func(d *definition) error {
			r.frame = nil
			return r.enter(nil, e.marked, d, nil)
		})
		if err != nil {
			return nil, r.locateError(err)
		}
		out.text[f.name], out.mark[f.name] = strip(text, r.lead)
	}
	return out, nil
}

// start makes a set ready for a run.
func (e *Engine) start(s *set) (stop func(), err error) {
	stop = func() {}
	if e.in.Start != nil {
		if stop, err = e.in.Start(); err != nil {
			return nil, err
		}
	}
	s.prepare()
	return stop, nil
}

// renderFile executes one file's template as written, for comparisons.
func (e *Engine) renderFile(ctx context.Context, values chartutil.Values, f *file) (_ string, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.limits.Time)
	defer cancel()
	stop, err := e.start(e.bare)
	if err != nil {
		return "", err
	}
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("rendering template failed: %v", p)
		}
	}()
	e.ctx, e.included = ctx, map[string]int{}
	sc := scopes{}
	e.scope(e.root, values, sc)
	return e.execute(ctx, e.bare, sc, f, nil)
}

// freeLead picks a rune no template contains.
func freeLead(files []*file) string {
	for _, lead := range leads {
		if !slices.ContainsFunc(files, func(f *file) bool { return strings.Contains(f.src.text, lead) }) {
			return lead
		}
	}
	return leads[0]
}

// execute runs the template of a file in a set.
func (e *Engine) execute(ctx context.Context, s *set, sc scopes, f *file, enter func(*definition) error) (string, error) {
	d := s.define(f.name)
	if d == nil {
		return "", errors.New("no such template")
	}
	data := sc[f.chart]
	data["Template"] = chartutil.Values{"Name": f.name, "BasePath": f.base}
	if enter != nil {
		if err := enter(d); err != nil {
			return "", err
		}
	}
	text, err := e.print(ctx, s.t.Lookup(f.name), chartutil.Values(data))
	return strings.ReplaceAll(text, noValue, ""), err
}

// renderable are the files Helm prints: all but partials.
func (e *Engine) renderable() []*file {
	return slices.DeleteFunc(slices.Clone(e.files), func(f *file) bool { return partial(f.name) })
}

func valuesOf(v chartutil.Values) map[string]any {
	switch v := v["Values"].(type) {
	case chartutil.Values:
		return v
	case map[string]any:
		return v
	}
	return nil
}

// Error is an error of a template, with the line that was at work.
type Error struct {
	File string // relative to the repository root; empty when the chart is packed
	Line int
	Err  error
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// locateError places an error at the innermost action at work that stands in
// a file of the repository.
func (r *run) locateError(err error) error {
	err = cause(err)
	s := r.here()
	if r.frame != nil && len(r.sites) <= r.frame.open {
		s = r.last // no action of this template is open: it is the one just done
	}
	for f := r.frame; f != nil; s, f = f.call, f.parent {
		if f.file == nil || s == nil || s.src != f.src {
			continue
		}
		if at := r.e.in.Places[f.file.name]; at.Precision == model.File {
			line, _ := f.src.position(s.pos)
			return &Error{at.File, line, err}
		}
	}
	return &Error{Err: err}
}

// cause takes off what the template package says about where an error was: it
// speaks of rewritten templates.
func cause(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	if text := err.Error(); strings.HasPrefix(text, "template: ") {
		if i := strings.LastIndex(text, ">: "); i >= 0 {
			return errors.New(text[i+3:])
		}
	}
	return err
}
