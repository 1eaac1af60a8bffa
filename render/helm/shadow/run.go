package shadow

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"text/template"

	"helm.sh/helm/v3/pkg/chartutil"
)

// instance is one execution of a site: a text printed, an action run. Text of
// several lines takes one number for each.
type instance struct {
	first uint64
	site  *site
	frame *frame
	ctl   *ctl
	log   *log
}

// frame is one execution of a template: a file, an include, a {{template}} or
// a string given to tpl.
type frame struct {
	parent *frame
	call   *site // in the parent
	ctl    *ctl  // around the call
	file   *file // nil for tpl
	src    *source
	set    *set // where it looks up templates
	log    *log // what was read for the data, or for the text of a tpl
	locals []*log
	inner  *ctl // around what runs now
	skips  *log // what conditions read, for a result that came out empty
	depth  int
	open   int // logs when it was entered
}

// ctl is an if, with or range that encloses what runs.
type ctl struct {
	parent *ctl
	site   *site
	log    *log
	truth  bool
	// Of a range: the round, and what the values say of the elements.
	round int
	node  *node
	keys  []string
}

// enclosing drops from a stack of controls those that have ended.
func enclosing(c *ctl, level int) *ctl {
	for c != nil && c.site.level >= level {
		c = c.parent
	}
	return c
}

// skip remembers that a condition was looked at, and when.
type skip struct {
	at    uint64 // the number the next instance got
	frame *frame
	ctl   *ctl
}

// run is one execution of an engine's rewritten templates.
type run struct {
	e    *Engine
	ctx  context.Context
	lead string

	idx     index
	root    *node
	scopes  map[identity]bool // the maps that hold Values, Chart, Release, …
	entries map[entry]*log

	insts []instance
	next  uint64
	skips []skip

	included map[string]int
	frame    *frame
	logs     []*log
	sites    []*site // of the open logs; nil inside an action
	last     *site   // that printed, or whose log was closed
	held     []reflect.Value
	alive    []any // maps that entries name by their place in memory

	steps   int
	printed int
}

func (r *run) top() *log {
	if len(r.logs) == 0 {
		return nil
	}
	return r.logs[len(r.logs)-1]
}

func (r *run) open(s *site) {
	r.logs = append(r.logs, &log{})
	r.sites = append(r.sites, s)
}

func (r *run) close() (*log, *site) {
	n := len(r.logs) - 1
	l, s := r.logs[n], r.sites[n]
	r.logs, r.sites = r.logs[:n], r.sites[:n]
	if s != nil {
		r.last = s
	}
	if l.empty() {
		l = nil
	}
	return l, s
}

// here is the site at work: the one whose action is open.
func (r *run) here() *site {
	for i := len(r.sites) - 1; i >= 0; i-- {
		if r.sites[i] != nil {
			return r.sites[i]
		}
	}
	return nil
}

// step counts what a template does, and stops it when it does too much.
func (r *run) step() error {
	r.steps++
	if r.steps > r.e.limits.Steps {
		return fmt.Errorf("the template takes more than %d steps", r.e.limits.Steps)
	}
	if r.steps%16 == 0 { // one step can take long: a hash, a pattern
		return r.ctx.Err()
	}
	return nil
}

// report tells whoever watches which line is at work.
func (r *run) report() {
	var at *Error
	if r.e.in.Watch != nil && errors.As(r.locateError(errWatched), &at) {
		r.e.in.Watch(at.File, at.Line)
	}
}

var errWatched = errors.New("at work")

func (r *run) print(n int) error {
	r.printed += n
	if r.printed > r.e.limits.Output {
		return fmt.Errorf("the template prints more than %d bytes", r.e.limits.Output)
	}
	return nil
}

// instance numbers an execution of a site; lines is how many numbers it takes.
func (r *run) instance(s *site, l *log, lines int) uint64 {
	first := r.next
	r.insts = append(r.insts, instance{first, s, r.frame, enclosing(r.frame.inner, s.level), l})
	r.next += uint64(lines)
	return first
}

// at finds the instance with a number.
func (r *run) at(id uint64) *instance {
	i := sort.Search(len(r.insts), func(i int) bool { return r.insts[i].first > id }) - 1
	if i < 0 {
		return nil
	}
	return &r.insts[i]
}

func (r *run) enter(s *site, in *set, d *definition, l *log) error {
	f := &frame{parent: r.frame, call: s, log: l, file: d.file, src: d.src, set: in, open: len(r.logs)}
	if p := r.frame; p != nil {
		f.depth = p.depth + 1
		f.ctl = p.inner
		if s != nil {
			f.ctl = enclosing(p.inner, s.level)
		}
	}
	if f.depth > r.e.limits.Depth {
		return fmt.Errorf("templates call each other more than %d levels deep", r.e.limits.Depth)
	}
	r.frame = f
	f.bind(rooted, l)
	return nil
}

func (r *run) exit() { r.frame = r.frame.parent }

func (f *frame) bind(decl int, l *log) {
	for decl >= len(f.locals) {
		f.locals = append(f.locals, nil)
	}
	f.locals[decl] = l
}

func (f *frame) local(decl int) *log {
	if decl < len(f.locals) {
		return f.locals[decl]
	}
	return nil
}

// unmark removes markers from a string and logs whose they were.
func (r *run) unmark(s string) string {
	if !strings.Contains(s, r.lead) {
		return s
	}
	clean, marks := strip(s, r.lead)
	r.took(marks)
	return clean
}

func (r *run) took(marks []mark) {
	l := r.top()
	if l == nil || len(marks) == 0 {
		return
	}
	s := span{marks[0].id, marks[0].id}
	for _, m := range marks {
		s.lo, s.hi = min(s.lo, m.id), max(s.hi, m.id)
	}
	l.took(s)
}

// peek logs the markers in a value without removing them.
func (r *run) peek(v reflect.Value) {
	if v = concrete(v); v.Kind() == reflect.String && strings.Contains(v.String(), r.lead) {
		_, marks := strip(v.String(), r.lead)
		r.took(marks)
	}
}

// The functions of rewritten trees. They close over the engine, whose current
// run they serve.

func (e *Engine) tracers() template.FuncMap {
	return template.FuncMap{
		fnText: func(n int) (string, error) { return e.run.text(n) },
		fnBegin: func(n int) (int, error) {
			e.run.open(e.run.frame.src.sites[n])
			e.run.report()
			return n, e.run.step()
		},
		fnEmit:  func(_ int, v reflect.Value) (string, error) { return e.run.emit(v) },
		fnDef:   func(_, decl int, v reflect.Value) (reflect.Value, error) { return e.run.def(decl, v) },
		fnCond:  func(_ int, v reflect.Value) reflect.Value { return e.run.cond(v) },
		fnIter:  func(n int) (string, error) { return "", e.run.iter(e.run.frame.src.sites[n]) },
		fnData:  func(_ int, v reflect.Value) (reflect.Value, error) { return e.run.data(v) },
		fnEnter: func(n int) (string, error) { return "", e.run.call(e.run.frame.src.sites[n], nil) },
		fnExit:  func() string { e.run.exit(); return "" },
		fnRead:  func(n int, recv, v reflect.Value) reflect.Value { return e.run.read(n, recv, v) },
		fnHold:  func(v reflect.Value) reflect.Value { e.run.held = append(e.run.held, v); return v },
		fnChain: func(n int, v reflect.Value) reflect.Value { return e.run.chain(n, v) },
		fnStrip: func(v reflect.Value) reflect.Value { return e.run.strip(v) },
		fnOpen:  func() int { e.run.open(nil); return 0 },
		fnArg: func(_ int, v reflect.Value) argument {
			l, _ := e.run.close()
			e.run.top().add(l)
			return argument{v, l}
		},
	}
}

// argument is a value with the log of what was read for it alone, on its way
// into dict or set.
type argument struct {
	value reflect.Value
	log   *log
}

func (r *run) text(n int) (string, error) {
	s := r.frame.src.sites[n]
	r.last = s
	if err := r.step(); err != nil {
		return "", err
	}
	id := r.instance(s, nil, len(s.offsets))
	size := len(s.offsets) * markBytes
	for _, p := range s.pieces {
		size += len(p)
	}
	b := append(make([]byte, 0, size), s.pieces[0]...)
	for i, p := range s.pieces[1:] {
		b = appendMark(b, r.lead, id+uint64(i))
		b = append(b, p...)
	}
	return string(b), r.print(len(b))
}

var (
	errorType    = reflect.TypeFor[error]()
	stringerType = reflect.TypeFor[fmt.Stringer]()
)

// printed is what the template package prints for a value.
func printed(v reflect.Value) (string, error) {
	if v.Kind() == reflect.Pointer {
		for (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && !v.IsNil() {
			v = v.Elem()
		}
	}
	if !v.IsValid() {
		return noValue, nil
	}
	if v.Kind() == reflect.String && v.Type() == reflect.TypeFor[string]() {
		return v.String(), nil
	}
	if t := v.Type(); !t.Implements(errorType) && !t.Implements(stringerType) {
		p := reflect.PointerTo(t)
		switch {
		case v.CanAddr() && (p.Implements(errorType) || p.Implements(stringerType)):
			v = v.Addr()
		case v.Kind() == reflect.Chan || v.Kind() == reflect.Func:
			return "", fmt.Errorf("can't print a value of type %s", t)
		}
	}
	return fmt.Sprint(v.Interface()), nil
}

// noValue is what the template package prints for nothing; Helm erases it from
// what a file or a tpl printed.
const noValue = "<no value>"

func (r *run) emit(v reflect.Value) (string, error) {
	l, s := r.close()
	text, err := printed(v)
	if err != nil {
		return "", err
	}
	// A marker would be left behind when "<no value>" goes.
	if text == noValue || firstNonBlank(text) < 0 {
		return text, nil
	}
	return markLines(text, r.lead, r.instance(s, l, 1)), r.print(len(text))
}

func (r *run) def(decl int, v reflect.Value) (reflect.Value, error) {
	r.peek(v)
	l, s := r.close()
	// An assignment under a condition depends on the condition.
	for c := enclosing(r.frame.inner, s.level); c != nil; c = c.parent {
		if c.log != nil && slices.Contains(c.site.assigns, decl) {
			if l == nil {
				l = &log{}
			}
			l.add(c.log)
		}
	}
	r.frame.bind(decl, l)
	if s := concrete(v); s.Kind() == reflect.String {
		if n := s.Len(); n > r.e.limits.Output {
			return v, fmt.Errorf("a string of %d bytes is longer than %d", n, r.e.limits.Output)
		}
	}
	return v, nil
}

func (r *run) cond(v reflect.Value) reflect.Value {
	r.peek(v)
	l, s := r.close()
	truth := false
	if x := concrete(v); x.IsValid() && x.CanInterface() {
		truth, _ = template.IsTrue(x.Interface())
	}
	c := &ctl{parent: enclosing(r.frame.inner, s.level), site: s, log: l, truth: truth, round: -1}
	r.frame.inner = c
	if s.dot != 0 {
		r.frame.bind(s.dot, l)
	}
	if s.elem != 0 {
		r.frame.bind(s.elem, l)
	}
	if s.key != 0 {
		r.frame.bind(s.key, l)
	}
	if id, ok := identify(concrete(v)); ok && s.kind == siteRange {
		if c.node = r.idx[id]; c.node != nil {
			if m, ok := asMap(v); ok {
				for _, key := range m.MapKeys() {
					c.keys = append(c.keys, key.String())
				}
				sort.Strings(c.keys) // the order the template package visits them in
			}
		}
	}
	r.skips = append(r.skips, skip{r.next, r.frame, c})
	if l != nil {
		// A variable that a branch sets depends on the condition, also when
		// the branch is not taken.
		for _, decl := range s.assigns {
			if decl < len(r.frame.locals) {
				both := &log{}
				both.add(r.frame.locals[decl])
				both.add(l)
				r.frame.locals[decl] = both
			}
		}
		if r.frame.skips == nil {
			r.frame.skips = &log{}
		}
		r.frame.skips.add(l)
	}
	return v
}

func (r *run) iter(s *site) error {
	c := enclosing(r.frame.inner, s.level+1)
	r.frame.inner = c
	c.round++
	l := c.log
	if c.node != nil {
		var key any = c.round
		if c.keys != nil {
			key = c.keys[c.round]
		}
		l = &log{reads: []*node{c.node.child(key)}}
	}
	r.frame.bind(s.dot, l)
	if s.elem != 0 {
		r.frame.bind(s.elem, l)
	}
	if s.key != 0 {
		r.frame.bind(s.key, l)
	}
	return r.step()
}

func (r *run) data(v reflect.Value) (reflect.Value, error) {
	l, s := r.close()
	return v, r.call(s, l)
}

// call enters the frame of a {{template}}. When there is no such template the
// template package will say so in a moment.
func (r *run) call(s *site, l *log) error {
	d := r.frame.set.define(s.name)
	if d == nil {
		d = &definition{src: r.frame.src, file: r.frame.file}
	}
	return r.enter(s, r.frame.set, d, l)
}

func (r *run) read(n int, receiver, v reflect.Value) reflect.Value {
	f := r.frame.src.fields[n]
	r.reading(r.frame.local(f.decl), receiver, f.keys, v)
	return v
}

func (r *run) chain(n int, v reflect.Value) reflect.Value {
	last := len(r.held) - 1
	receiver := r.held[last]
	r.held = r.held[:last]
	// What was read for the receiver is in the open log already.
	r.reading(nil, receiver, r.frame.src.fields[n].keys, v)
	return v
}

func (r *run) strip(v reflect.Value) reflect.Value {
	s := concrete(v)
	if s.Kind() != reflect.String || !strings.Contains(s.String(), r.lead) {
		return v
	}
	return reflect.ValueOf(r.unmark(s.String())).Convert(s.Type())
}

// include runs a named template, as Helm's function of that name.
func (r *run) include(in *set, name string, data any) (string, error) {
	if r.included[name] > maxIncludes {
		return "", fmt.Errorf("rendering template has a nested reference name: %s: unable to execute template", name)
	}
	d := in.define(name)
	if d == nil {
		return "", fmt.Errorf("template: no template %q associated with template %q", name, in.t.Name())
	}
	r.included[name]++
	defer func() { r.included[name]-- }()
	snapshot := &log{}
	snapshot.add(r.top())
	if err := r.enter(r.here(), in, d, snapshot); err != nil {
		return "", err
	}
	text, err := r.e.print(r.ctx, in.t.Lookup(name), data)
	if err != nil {
		return "", err
	}
	// A result without text carries no markers: the conditions that left it
	// empty are what it depends on.
	if skips := r.frame.skips; skips != nil && !strings.Contains(text, r.lead) {
		if l := r.top(); l != nil {
			l.add(skips)
		}
	}
	r.exit()
	return text, nil
}

// maxIncludes is how often Helm lets a template include itself.
const maxIncludes = 1000

func (e *Engine) print(ctx context.Context, t *template.Template, data any) (string, error) {
	p := &printer{ctx: ctx, left: e.limits.Output}
	if err := t.Execute(p, data); err != nil {
		return "", err
	}
	return p.String(), nil
}

// printer collects what a template prints, as long as it keeps to the limits.
type printer struct {
	strings.Builder
	ctx    context.Context
	left   int
	writes int
}

func (p *printer) Write(b []byte) (int, error) {
	if p.left -= len(b); p.left < 0 {
		return 0, errors.New("the template prints too much")
	}
	if p.writes++; p.writes%1024 == 0 && p.ctx.Err() != nil {
		return 0, p.ctx.Err()
	}
	return p.Builder.Write(b)
}

// tpl runs a string as a template, as Helm's function of that name. Its text
// stands in no file, so what it prints is placed at the call.
func (r *run) tpl(in *set, text string, data any) (string, error) {
	if !strings.Contains(text, "{{") {
		return strings.ReplaceAll(text, noValue, ""), nil
	}
	src := r.e.cache.get(text)
	if src.err != nil {
		return "", fmt.Errorf("cannot parse template %q: %w", text, src.err)
	}
	t := in.t
	if len(src.trees) > 1 {
		// Templates defined in the text are known to it, and to what it
		// calls, alone.
		var err error
		if in, err = in.extend(src); err != nil {
			return "", err
		}
		t = in.t
	}
	snapshot := &log{}
	snapshot.add(r.top())
	if err := r.enter(r.here(), in, &definition{src: src}, snapshot); err != nil {
		return "", err
	}
	in.defineCalled(src.trees[mainTree].Root)
	t = t.New(t.Name())
	t.Tree = in.form(src, src.trees[mainTree])
	out, err := r.e.print(r.ctx, t, data)
	if err != nil {
		return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
	}
	r.exit()
	return strings.ReplaceAll(out, noValue, ""), nil
}

// scope registers the maps a template's data is made of, so that reading
// .Release.Name is not taken for a read of the caller's data.
func (r *run) scope(m map[string]any) {
	if id, ok := identify(reflect.ValueOf(m)); ok {
		if r.scopes[id] {
			return
		}
		r.scopes[id] = true
	}
	for _, v := range m {
		switch v := v.(type) {
		case map[string]any:
			if id, ok := identify(reflect.ValueOf(v)); ok && r.idx[id] == nil {
				r.scope(v)
			}
		case chartutil.Values:
			if id, ok := identify(reflect.ValueOf(v)); ok && r.idx[id] == nil {
				r.scope(v)
			}
		}
	}
}
