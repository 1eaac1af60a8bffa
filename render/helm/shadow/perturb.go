package shadow

import (
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// How close a value that was read is to the field's.
const (
	rankEqual = iota // it is the field's value
	rankBelow        // a mapping that was printed whole holds the field's value
	rankPart         // it is a part of the field's value
	rankNone         // it had an influence, maybe
)

// candidate is a values key that may have fed a field.
type candidate struct {
	path  model.Path
	rank  int
	empty bool // nothing is set there
}

// feeder is a candidate that changing has been seen to change the field.
type feeder struct {
	candidate
	location model.Location
	exact    bool // a layer in the repository has the key itself
}

// Confirming a candidate takes a render of one file.
const maxConfirmed = 12

// candidates ranks the values that were read for what instances printed: by
// themselves, by the helpers inside them, and by conditions that do not
// enclose the field's key.
func (q *query) candidates(instances []*instance, key *instance) []candidate {
	return q.ranked(q.reads(instances, key))
}

// ranked makes candidates of the values that were read, the closest first.
func (q *query) ranked(reads []*node) []candidate {
	if !q.s.values() {
		return nil
	}
	var out []candidate
	for _, n := range reads {
		path := q.s.outermost(n.path())
		if len(path) == 0 {
			continue
		}
		if c, ok := q.rank(path); ok && !slices.ContainsFunc(out, func(o candidate) bool { return slices.Equal(o.path, c.path) }) {
			out = append(out, c)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].rank != out[j].rank {
			return out[i].rank < out[j].rank
		}
		return len(out[i].path) > len(out[j].path)
	})
	return out[:min(len(out), maxConfirmed)]
}

// controls is everything that encloses an instance; nothing for nil.
func (i *instance) controls() map[*ctl]bool {
	out := map[*ctl]bool{}
	if i == nil {
		return out
	}
	for _, l := range i.chain() {
		for c := l.ctl; c != nil; c = c.parent {
			out[c] = true
		}
	}
	return out
}

// conditions collects what was read by the conditions around all instances
// that are not around the field's key: they make the field what it is. Those
// around a whole document decide whether there is one.
func (q *query) conditions(instances []*instance, key *instance) []*node {
	all := &log{}
	if key == nil {
		return nil
	}
	enclosing := key.controls()
	others := make([]map[*ctl]bool, 0, len(instances))
	for _, i := range instances[1:] {
		others = append(others, i.controls())
	}
	for _, l := range instances[0].chain() {
		for c := l.ctl; c != nil; c = c.parent {
			common := !slices.ContainsFunc(others, func(o map[*ctl]bool) bool { return !o[c] })
			if common && !enclosing[c] && c.log != nil {
				all.add(&log{reads: c.log.reads})
			}
		}
	}
	return all.reads
}

// reads collects what was read for instances.
func (q *query) reads(instances []*instance, key *instance) []*node {
	enclosing := key.controls()
	all := &log{}
	seen := map[*instance]bool{}
	var visit func(i *instance)
	visit = func(i *instance) {
		if i == nil || seen[i] || len(seen) > maxReads {
			return
		}
		seen[i] = true
		var spans []span
		add := func(l *log) {
			if l != nil {
				all.add(&log{reads: l.reads})
				spans = append(spans, l.from...)
			}
		}
		add(i.log)
		if i.frame.file == nil {
			add(i.frame.log) // the text of a tpl came from somewhere
		}
		for _, l := range i.chain() {
			if l.frame.file == nil {
				add(l.frame.log)
			}
			for c := l.ctl; c != nil; c = c.parent {
				if !enclosing[c] {
					add(c.log)
				}
			}
		}
		for _, s := range spans {
			for id := s.lo; id <= s.hi && len(seen) <= maxReads; {
				inner := q.trace.run.at(id)
				visit(inner)
				id = max(id+1, inner.first+uint64(max(1, len(inner.site.offsets))))
			}
		}
	}
	for _, i := range instances {
		visit(i)
	}
	return all.reads
}

// rank compares a value that was read with the field's.
func (q *query) rank(path model.Path) (candidate, bool) {
	v, ok := path.Lookup(valuesOf(q.s.pristine))
	c := candidate{path: path, rank: rankNone, empty: !ok || unset(v)}
	if !isContainer(v) {
		if isContainer(q.value) && !q.written && !q.filled {
			return c, false // a name in one of the labels is not the labels
		}
		have, want := scalarText(v), scalarText(q.value)
		switch {
		case c.empty || isContainer(q.value):
		case have == want, have == q.decoded():
			c.rank = rankEqual
		case strings.Contains(want, have), strings.Contains(q.decoded(), have):
			c.rank = rankPart
		}
		return c, true
	}
	if equalValues(v, q.value) {
		c.rank = rankEqual
		return c, true
	}
	// The longest end of the field's path that leads to its value below.
	for i := range q.path {
		if inner, ok := q.path[i:].Lookup(v); ok && equalValues(inner, q.value) {
			c.path, c.rank = path.Join(q.path[i:]...), rankBelow
			return c, true
		}
	}
	// Ranged over, renamed: the only leaf with the field's value.
	if leaves := leavesWith(v, q.value, nil); len(leaves) == 1 {
		c.path, c.rank = path.Join(leaves[0]...), rankBelow
		return c, true
	}
	return c, true
}

// unset tells whether a values key only says that it may be set.
func unset(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return v == nil || v == ""
}

// decoded is the field's text without its base64, as the data of a Secret has
// it; "" if it is none.
func (q *query) decoded() string {
	text, _ := q.value.(string)
	if len(q.path) == 0 || q.path[0] != "data" {
		return ""
	}
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(plain)
}

// leavesWith lists the paths of a value that lead to a scalar, two at most.
func leavesWith(v, want any, at model.Path) []model.Path {
	var out []model.Path
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, leavesWith(v[k], want, at.Join(k))...)
		}
	case []any:
		for i, e := range v {
			out = append(out, leavesWith(e, want, at.Join(i))...)
		}
	default:
		if v != nil && !isContainer(want) && scalarText(v) == scalarText(want) {
			return []model.Path{at}
		}
	}
	return out[:min(len(out), 2)]
}

// scalarText is a scalar as a template prints it, so that 80, 80.0 and "80"
// are the same.
func scalarText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func equalValues(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		m, ok := b.(map[string]any)
		if !ok || len(a) != len(m) {
			return false
		}
		for k, v := range a {
			if w, ok := m[k]; !ok || !equalValues(v, w) {
				return false
			}
		}
		return true
	case []any:
		l, ok := b.([]any)
		return ok && slices.EqualFunc(a, l, equalValues)
	}
	return !isContainer(b) && scalarText(a) == scalarText(b)
}

// confirm keeps the candidates that the field depends on.
func (q *query) confirm(list []candidate) []feeder {
	var out []feeder
	whole := false
	for _, c := range list {
		// Beside a key that is the value, those that merely had an influence
		// are not worth their renders.
		if whole && c.rank == rankNone || !q.changes(c) {
			continue
		}
		whole = whole || c.rank <= rankBelow
		f := feeder{candidate: c}
		f.location, f.exact = q.s.keyLine(c.path)
		if f.location.File == "" {
			continue
		}
		f.location.Confirmed = true
		if !f.exact && f.location.Precision == model.Exact {
			f.location.Precision = model.Parent
		}
		out = append(out, f)
	}
	return out
}

// tellingText is the length from which a text equals another by no accident: a
// part of it that stands elsewhere in the values is one.
const tellingText = 8

// chosen is the one key that feeds a field alone: the only one that is its
// value, or the only one at all.
//
// A key that is but a part of a text of several lines is not its place, nor is
// one at which fields could be added to a mapping.
func chosen(feeders []feeder, value any) *feeder {
	var whole, set []*feeder
	for i := range feeders {
		f := &feeders[i]
		if f.rank <= rankBelow {
			whole = append(whole, f)
		}
		if !f.empty {
			set = append(set, f)
		}
	}
	var one *feeder
	switch {
	case len(whole) == 1 && (whole[0].rank == rankEqual && len(scalarText(value)) >= tellingText ||
		!slices.ContainsFunc(set, func(f *feeder) bool { return f.rank == rankPart })):
		one = whole[0]
	case len(whole) == 0 && len(feeders) == 1 && !(isContainer(value) && feeders[0].empty) && !strings.Contains(strings.TrimSpace(scalarText(value)), "\n"):
		one = &feeders[0]
	}
	if one == nil || !one.exact || one.location.Precision != model.Exact {
		return nil
	}
	return one
}

// changes tells whether the field changes with a key of the values.
func (q *query) changes(c candidate) bool {
	base, i := q.baseline()
	if base == nil {
		return false
	}
	now, had := q.path.Lookup(base.docs[i].value())
	old, _ := c.path.Lookup(valuesOf(q.s.pristine))
	for _, v := range alternatives(old) {
		got := q.s.render(q, c.path, v)
		if got == nil {
			continue // the template refuses the value; try another
		}
		doc := got.same(base, i)
		if doc == nil {
			return true // the object is gone or renamed
		}
		if doc.broken() {
			continue // that tells nothing about the field
		}
		then, has := q.path.Lookup(doc.value())
		if had != has || !reflect.DeepEqual(now, then) {
			return true
		}
		if !isScalarChoice(old) {
			return false
		}
	}
	return false
}

// baseline is the file rendered with nothing changed, and the number of the
// document in it. It equals the stock render but for invented values.
func (q *query) baseline() (*comparison, int) {
	base := q.s.render(q, nil, nil)
	if base == nil {
		return nil, -1
	}
	truth := q.s.rendered[q.doc.Template]
	if truth == nil {
		truth = base
		if q.trace.text != base.text {
			truth = compare(q.trace.text)
		}
		q.s.rendered[q.doc.Template] = truth
	}
	i := truth.documentAt(q.base)
	if i < 0 || len(base.docs) != len(truth.docs) {
		return nil, -1
	}
	return base, i
}

// isScalarChoice tells that a second alternative may show what the first did
// not: a text that is compared with fixed words.
func isScalarChoice(v any) bool {
	switch v.(type) {
	case string, nil:
		return true
	}
	return false
}

// alternatives are values to put in the place of one, the likeliest to be
// accepted first.
func alternatives(v any) []any {
	switch v := v.(type) {
	case bool:
		return []any{!v}
	case string:
		switch {
		case v == "true":
			return []any{"false"}
		case v == "false":
			return []any{"true"}
		case v == "":
			return []any{"sekisho", "1"}
		}
		return []any{bump(v), "", "none"}
	case nil:
		return []any{"sekisho", true, map[string]any{"sekisho": "sekisho"}}
	case map[string]any:
		out := cloneMap(v)
		out["sekisho"] = "sekisho"
		return []any{out, map[string]any{}}
	case []any:
		if len(v) > 0 {
			return []any{v[:len(v)-1], append(slices.Clone(v), cloneValue(v[0]))}
		}
		return []any{[]any{"sekisho"}, []any{map[string]any{"name": "sekisho"}}}
	case float64:
		return []any{v + 1}
	case int64:
		return []any{v + 1}
	case int:
		return []any{v + 1}
	}
	return []any{"sekisho"}
}

// bump changes a text and keeps its shape: the last digit if there is one, so
// that versions stay versions and quantities quantities; else a letter more.
func bump(s string) string {
	if i := strings.LastIndexAny(s, "0123456789"); i >= 0 {
		d := s[i] + 1
		if d > '9' {
			d = '1'
		}
		return s[:i] + string(d) + s[i+1:]
	}
	return s + "x"
}

// probe is a render with one key changed.
type probe struct{ file, path, value string }

// comparison is what a file's template printed with some values.
type comparison struct {
	text string
	docs []*document
}

// document is a part of a comparison, read when it is looked into.
type document struct {
	start  int // offset in the text
	text   string
	parsed *yamlpos.Document
}

func (d *document) read() *yamlpos.Document {
	if d.parsed == nil {
		docs, err := yamlpos.Parse([]byte(d.text))
		d.parsed = &yamlpos.Document{Err: err}
		// Empty documents may stand before the one with content.
		for _, doc := range docs {
			if d.parsed.Value == nil && doc.Err == nil || len(docs) == 1 {
				d.parsed = doc
			}
		}
	}
	return d.parsed
}

func (d *document) value() any   { return d.read().Value }
func (d *document) broken() bool { return d.read().Err != nil }

func compare(text string) *comparison {
	c := &comparison{text: text}
	start, at := 0, 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "---") && at > start {
			c.docs = append(c.docs, &document{start: start, text: text[start:at]})
			start = at
		}
		at += len(line)
	}
	c.docs = append(c.docs, &document{start: start, text: text[start:]})
	return c
}

// render executes one file's template as it was written, with one key of the
// values changed; without a path, with none. nil: it fails.
func (s *Shadow) render(q *query, path model.Path, v any) *comparison {
	id := probe{q.doc.Template, path.String(), fmt.Sprintf("%T %v", v, v)}
	if c, ok := s.probes[id]; ok {
		return c
	}
	s.probes[id] = nil
	s.renders++
	f := s.engine.byName[q.doc.Template]
	if f == nil {
		return nil
	}
	text, err := s.engine.renderFile(q.ctx, s.change(path, cloneValue(v)), f)
	if err != nil {
		return nil
	}
	if path != nil {
		if base := s.render(q, nil, nil); base != nil && base.text == text {
			s.probes[id] = base
			return base
		}
	}
	c := compare(text)
	s.probes[id] = c
	return c
}

// documentAt is the number of the document that holds an offset.
func (c *comparison) documentAt(at int) int {
	return sort.Search(len(c.docs), func(i int) bool { return c.docs[i].start > at }) - 1
}

// same finds what became of document i of the base.
func (c *comparison) same(base *comparison, i int) *document {
	if len(c.docs) == len(base.docs) {
		if c.docs[i].text == base.docs[i].text {
			return base.docs[i] // it may have been read already
		}
		return c.docs[i]
	}
	id := identityOf(base.docs[i].value())
	for _, d := range c.docs {
		if identityOf(d.value()) == id {
			return d
		}
	}
	return nil
}

func identityOf(v any) string {
	var out []string
	for _, p := range []model.Path{{"apiVersion"}, {"kind"}, {"metadata", "namespace"}, {"metadata", "name"}} {
		e, _ := p.Lookup(v)
		out = append(out, scalarText(e))
	}
	return strings.Join(out, "\x00")
}
