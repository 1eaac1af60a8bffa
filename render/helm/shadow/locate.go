package shadow

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// Document is one YAML document that a template printed.
type Document struct {
	Template string // Helm's name for the file
	Text     string // the document as it stands in what the template printed
}

// maxRelated bounds the related locations of a trace.
const maxRelated = 12

// Locate finds the line that set a field of a document. It never fails: what
// it cannot place exactly it places less precisely.
func (s *Shadow) Locate(ctx context.Context, doc Document, path model.Path) (t model.Trace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if recover() != nil {
			t = model.Trace{Location: s.fallback(doc.Template)}
		}
	}()
	return s.locate(ctx, doc, path)
}

func (s *Shadow) locate(ctx context.Context, doc Document, path model.Path) model.Trace {
	q := &query{s: s, ctx: ctx, doc: doc, path: path}
	return q.answer()
}

// Lines gives the source of each line of what a template printed; the zero
// Location where the line is blank. The caller does not change it.
func (s *Shadow) Lines(ctx context.Context, template string) []model.Location {
	s.mu.Lock()
	defer s.mu.Unlock()
	if out, ok := s.lines[template]; ok {
		return out
	}
	text := s.in.Rendered[template]
	var t *fileTrace
	if s.open() == nil {
		t = s.trace(ctx, template)
	}
	var out []model.Location
	at := 0
	for line := range strings.Lines(text) {
		var loc model.Location
		if i := firstNonBlank(line); i >= 0 {
			loc = s.fallback(template)
			if t != nil {
				end := at + len(strings.TrimRight(line, " \t\r\n"))
				if p, ok := s.place(t.pieces(at+i, end)); ok {
					loc = p.location
				}
			}
		}
		out = append(out, loc)
		at += len(line)
	}
	s.lines[template] = out
	return out
}

// fallback is what is known without a trace: the template's file, or the line
// that brings a packed chart in.
func (s *Shadow) fallback(template string) model.Location {
	at := s.in.Places[template]
	if at.Precision == model.File {
		return model.FileLocation(at.File, model.RoleTemplate)
	}
	at.Precision = model.Parent
	return at
}

// query is one question.
type query struct {
	s     *Shadow
	ctx   context.Context
	doc   Document
	path  model.Path
	trace *fileTrace
	base  int // offset of the document in the file's text
	text  *textIndex
	yaml  *yamlpos.Document
	value any // of the field; nil if absent

	// written says that the field is a mapping or list whose fields stand in a
	// template: the values they print do not feed it as a whole.
	written bool
	// filled says of a written mapping that values print all it holds:
	// hostPath: {path: {{ .Values.x }}}. Then they feed it after all.
	filled bool
}

func (q *query) answer() model.Trace {
	s := q.s
	at := model.Trace{Location: s.fallback(q.doc.Template)}
	if at.Location.File == "" || s.open() != nil {
		return at
	}
	if q.trace = s.trace(q.ctx, q.doc.Template); q.trace == nil {
		return at
	}
	if q.base = strings.Index(q.trace.text, q.doc.Text); q.base < 0 {
		return at
	}
	if q.yaml, q.text = s.document(q.doc); q.yaml.Value == nil {
		return at
	}
	place := q.yaml.Locate(q.path)
	if place.Depth < len(q.path) {
		return q.absent(place)
	}
	q.value, _ = q.path.Lookup(q.yaml.Value)
	return q.present(place)
}

// document parses a document once; questions about one object come together.
func (s *Shadow) document(d Document) (*yamlpos.Document, *textIndex) {
	if s.asked.yaml == nil || s.asked.doc != d {
		s.asked.doc, s.asked.text = d, newTextIndex(d.Text)
		s.asked.yaml = (&document{text: d.Text}).read()
	}
	return s.asked.yaml, s.asked.text
}

// piece is a part of a rendered file that one instance printed.
type piece struct {
	id         uint64
	start, end int // in the rendered file
	at         int // where the instance's marker stands
	inst       *instance
	run        *run
	raw        *fileTrace // instead of an instance, for files without actions
}

// pieces lists what printed a range of a file.
func (t *fileTrace) pieces(start, end int) []piece {
	if t.run == nil {
		return []piece{{start: start, end: end, raw: t}}
	}
	var out []piece
	for i := max(governing(t.marks, start), 0); i < len(t.marks) && (t.marks[i].at < end || len(out) == 0); i++ {
		stop := end
		if i+1 < len(t.marks) {
			stop = min(stop, t.marks[i+1].at)
		}
		m := t.marks[i]
		from := max(start, m.at)
		if inst := t.run.at(m.id); inst != nil && (stop > from || end <= start) {
			out = append(out, piece{id: m.id, start: from, end: max(from, stop), at: m.at, inst: inst, run: t.run})
		}
	}
	return out
}

// link is one step of the way from a rendered text to the file that Helm
// executed: the place that printed it, then call after call.
type link struct {
	frame *frame
	site  *site
	ctl   *ctl
}

// chain lists an instance's links, innermost first. A tpl text stands in no
// file: its link is the call's.
func (i *instance) chain() []link {
	out := []link{{i.frame, i.site, i.ctl}}
	for f := i.frame; f.parent != nil; f = f.parent {
		if f.call == nil {
			break
		}
		out = append(out, link{f.parent, f.call, f.ctl})
	}
	return out
}

// placed is where a rendered text comes from.
type placed struct {
	location model.Location
	primary  int     // index in links of the one located
	links    []link  // of the first piece, from the common frame on
	pieces   []piece // that it consists of, one of each instance
}

// place finds the line behind pieces of rendered text: the innermost template
// that had a part in all of them, moved outwards to the first line that a
// human would edit.
func (s *Shadow) place(pieces []piece) (placed, bool) {
	if len(pieces) == 0 {
		return placed{}, false
	}
	if raw := pieces[0].raw; raw != nil {
		at, ok := s.fileOf(raw)
		if !ok {
			return placed{}, false
		}
		last := pieces[len(pieces)-1]
		return placed{location: raw.src.location(at, pieces[0].start, last.end, model.RoleTemplate)}, true
	}
	chains := make([][]link, len(pieces))
	out := placed{}
	for i, p := range pieces {
		chains[i] = p.inst.chain()
		if !slices.ContainsFunc(out.pieces, func(o piece) bool { return o.inst == p.inst }) {
			out.pieces = append(out.pieces, p)
		}
	}
	// The innermost frame that is on every chain.
	common := slices.IndexFunc(chains[0], func(l link) bool {
		return !slices.ContainsFunc(chains[1:], func(c []link) bool {
			return !slices.ContainsFunc(c, func(o link) bool { return o.frame == l.frame })
		})
	})
	if common < 0 {
		return placed{}, false // not reached: all begin with the file
	}
	out.links = chains[0][common:]
	out.primary = s.editable(out.links)
	if out.primary < 0 {
		return out, false
	}
	at := out.links[out.primary]
	role := model.RoleInclude
	file := s.in.Places[at.frame.file.name].File
	start, end := -1, -1
	for i, p := range pieces {
		j := slices.IndexFunc(chains[i], func(o link) bool { return o.frame == at.frame })
		l := chains[i][j]
		from, to := l.site.span()
		if j == 0 && l.site.kind == siteText {
			from, to = p.source()
		}
		if !slices.ContainsFunc(chains[i][:j], func(o link) bool { return o.frame.file != nil }) {
			role = model.RoleTemplate // it printed some of the text itself
		}
		if start < 0 {
			start, end = from, to
			continue
		}
		line, _ := l.site.src.position(start)
		if other, _ := l.site.src.position(from); other == line {
			start, end = min(start, from), max(end, to)
		}
	}
	out.location = at.site.src.location(file, start, end, role)
	return out, true
}

// source is the part of the template's text that a text piece came from.
func (p piece) source() (start, end int) {
	s := p.inst.site
	line := s.offsets[p.id-p.inst.first]
	start = line + p.start - p.at
	end = line + p.end - p.at
	if nl := strings.IndexByte(s.src.text[min(start, len(s.src.text)):], '\n'); nl >= 0 {
		end = min(end, start+nl)
	}
	return start, max(start, end)
}

// location is a range of a source in a file of the repository.
func (s *source) location(file string, start, end int, role model.Role) model.Location {
	l := model.Location{File: file, Precision: model.Exact, Role: role}
	end = start + len(strings.TrimRight(s.text[min(start, len(s.text)):min(max(start, end), len(s.text))], " \t\r\n"))
	l.StartLine, l.StartColumn = s.position(start)
	l.EndLine, l.EndColumn = s.position(end)
	return l
}

// fileOf is the file of the repository that a raw trace is the text of.
func (s *Shadow) fileOf(t *fileTrace) (string, bool) {
	for name, other := range s.traced {
		if other == t {
			at := s.in.Places[name]
			return at.File, at.Precision == model.File
		}
	}
	return "", false
}

// editable picks the link a human would edit: the innermost in a chart that is
// written here; else the innermost in the chart the rendered file belongs to;
// else the innermost in the repository at all. -1: none is in the repository.
func (s *Shadow) editable(links []link) int {
	owner := links[len(links)-1].frame.file.chart
	best, rank := -1, 0
	for i, l := range links {
		f := l.frame.file
		if f == nil || s.in.Places[f.name].Precision != model.File {
			continue
		}
		r := 1
		switch {
		case !f.chart.vendored:
			r = 3
		case f.chart == owner:
			r = 2
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

// linkLocation is a link's line, if it is in the repository.
func (s *Shadow) linkLocation(l link, role model.Role) (model.Location, bool) {
	f := l.frame.file
	if f == nil || l.site == nil || s.in.Places[f.name].Precision != model.File {
		return model.Location{}, false
	}
	start, end := l.site.span()
	loc := l.site.src.location(s.in.Places[f.name].File, start, end, role)
	loc.Precision = ""
	return loc, true
}

// present answers for a field that exists.
func (q *query) present(place yamlpos.Place) model.Trace {
	r := place.Range
	start, end := q.offset(r.StartLine, r.StartColumn), q.offset(r.EndLine, r.EndColumn)
	p, ok := q.s.place(q.trace.pieces(start, end))
	out := model.Trace{Location: p.location}
	if !ok {
		out.Location = q.s.fallback(q.doc.Template)
	}
	if q.trace.run == nil {
		return out
	}
	vs, ve := q.offset(place.Value.StartLine, place.Value.StartColumn), q.offset(place.Value.EndLine, place.Value.EndColumn)
	instances := instancesOf(q.trace.pieces(vs, ve))
	key := q.keyInstance(place)
	var feeders []feeder
	if q.written = isContainer(q.value) && slices.ContainsFunc(instances, (*instance).isWritten); q.written {
		q.filled = q.fieldsPrinted()
	}
	if q.written && !q.filled {
		feeders = q.confirm(q.ranked(q.conditions(instances, key)))
	} else {
		feeders = q.confirm(q.candidates(instances, key))
	}
	c := &collector{s: q.s}
	if primary := chosen(feeders, q.value); primary != nil {
		out.Location = primary.location
		c.seen = append(c.seen, out.Location)
		if over, ok := q.s.override(primary.path, primary.location); ok {
			c.add(over)
		}
		if ok {
			c.add(p.location)
		}
	} else {
		c.seen = append(c.seen, out.Location)
	}
	c.printing(p, ok)
	for _, f := range feeders {
		c.add(f.location)
	}
	c.guards(p)
	out.Related = c.out
	return out
}

// fieldsPrinted tells whether the field is a mapping of scalars alone, none of
// them text of a template. What is nested deeper is too far from the field.
func (q *query) fieldsPrinted() bool {
	fields, _ := q.value.(map[string]any)
	for key, v := range fields {
		r := q.yaml.Locate(q.path.Join(key)).Range
		printers := instancesOf(q.trace.pieces(q.offset(r.StartLine, r.StartColumn), q.offset(r.EndLine, r.EndColumn)))
		if isContainer(v) || len(printers) == 0 || slices.ContainsFunc(printers, (*instance).isWritten) {
			return false
		}
	}
	return len(fields) > 0
}

// isWritten tells that an instance printed text of a template's file.
func (i *instance) isWritten() bool { return i.site.kind == siteText && i.frame.file != nil }

func instancesOf(pieces []piece) []*instance {
	var out []*instance
	for _, p := range pieces {
		if p.inst != nil && !slices.Contains(out, p.inst) {
			out = append(out, p.inst)
		}
	}
	return out
}

// keyInstance is what printed the key a value stands under: for list items the
// key of the nearest mapping above.
func (q *query) keyInstance(place yamlpos.Place) *instance {
	path := q.path
	for place.Key == (yamlpos.Range{}) && len(path) > 0 {
		path = path[:len(path)-1]
		place = q.yaml.Locate(path)
	}
	if place.Key == (yamlpos.Range{}) {
		return nil
	}
	at := q.offset(place.Key.StartLine, place.Key.StartColumn)
	if p := q.trace.pieces(at, at+1); len(p) > 0 {
		return p[0].inst
	}
	return nil
}

// offset turns a place in the document into one in the file's text.
func (q *query) offset(line, column int) int { return q.base + q.text.offset(line, column) }

// textIndex finds offsets of lines and columns.
type textIndex struct {
	text  string
	lines []int
}

func newTextIndex(text string) *textIndex {
	t := &textIndex{text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

func (t *textIndex) offset(line, column int) int {
	if line < 1 || line > len(t.lines) {
		return len(t.text)
	}
	at := t.lines[line-1]
	for ; column > 1 && at < len(t.text); column-- {
		_, size := utf8.DecodeRuneInString(t.text[at:])
		at += size
	}
	return at
}

// collector gathers related locations, each line and each key once.
type collector struct {
	s    *Shadow
	seen []model.Location
	out  []model.Location
}

func (c *collector) add(l model.Location) {
	same := func(o model.Location) bool {
		return o.File == l.File && o.StartLine == l.StartLine && o.Key == l.Key
	}
	if l.File == "" || len(c.out) == maxRelated || slices.ContainsFunc(c.seen, same) {
		return
	}
	l.Precision = ""
	c.seen, c.out = append(c.seen, l), append(c.out, l)
}

// printing adds the lines that printed a text and the calls that led there.
func (c *collector) printing(p placed, ok bool) {
	for _, piece := range p.pieces {
		for i, l := range piece.inst.chain() {
			role := model.RoleInclude
			if i == 0 {
				role = model.RoleTemplate
			}
			at, inRepository := c.s.linkLocation(l, role)
			if i == 0 && l.site.kind == siteText {
				start, end := piece.source()
				at = l.site.src.location(at.File, start, end, role)
			}
			if !inRepository || ok && at.File == p.location.File && at.StartLine == p.location.StartLine {
				continue // the location itself
			}
			c.add(at)
		}
		c.inside(piece)
	}
}

// inside adds the lines of helpers whose result went through functions on its
// way into a text.
func (c *collector) inside(p piece) {
	if p.inst.log == nil {
		return
	}
	n := 0
	for _, s := range p.inst.log.from {
		for id := s.lo; id <= s.hi && n < maxGuards; n++ {
			inner := p.run.at(id)
			link := inner.chain()[0]
			if at, ok := c.s.linkLocation(link, model.RoleTemplate); ok {
				if link.site.kind == siteText {
					o := link.site.offsets[min(id-inner.first, uint64(len(link.site.offsets)-1))]
					end, _, _ := strings.Cut(link.site.src.text[o:], "\n")
					at = link.site.src.location(at.File, o, o+len(end), model.RoleTemplate)
				}
				c.add(at)
			}
			id = max(id+1, inner.first+uint64(max(1, len(inner.site.offsets))))
		}
	}
}

// maxGuards is how many conditions around a field are told, innermost first.
const maxGuards = 3

// guards adds the conditions that switch what is placed.
func (c *collector) guards(p placed) {
	n := 0
	for _, l := range p.links {
		for g := l.ctl; g != nil && n < maxGuards; g = g.parent {
			if g.site.kind == siteRange {
				continue
			}
			if at, ok := c.s.linkLocation(link{l.frame, g.site, nil}, model.RoleGuard); ok {
				c.add(at)
				n++
			}
		}
	}
}
