package shadow

import (
	"regexp"
	"slices"
	"strconv"
	"text/template/parse"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// maxProbes is how many keys are tried for an absent field, at most.
const maxProbes = 10

// absent answers for a field that does not exist: with the nearest ancestor
// that does. If setting exactly one values key makes the field appear, the
// place to set it is the answer. Its location then is the nearest line that
// values key or one of its parents has.
func (q *query) absent(place yamlpos.Place) model.Trace {
	start := q.offset(place.Range.StartLine, place.Range.StartColumn)
	end := q.offset(place.Range.EndLine, place.Range.EndColumn)
	p, ok := q.s.place(q.trace.pieces(start, end))
	out := model.Trace{Location: p.location}
	if !ok {
		out.Location = q.s.fallback(q.doc.Template)
	}
	if out.Location.Precision == model.Exact {
		out.Location.Precision = model.Parent
	}
	if q.trace.run == nil {
		return out
	}
	missing := q.path[place.Depth:]
	vs := q.offset(place.Value.StartLine, place.Value.StartColumn)
	ve := q.offset(place.Value.EndLine, place.Value.EndColumn)
	// The value of an ancestor that a whole subtree was printed into begins
	// with its key.
	if place.Key != (yamlpos.Range{}) {
		vs = min(vs, q.offset(place.Key.StartLine, place.Key.StartColumn))
	}
	skips := q.skipped(vs, ve, missing, q.fieldColumn(place))

	var guarding, printed []*node
	for _, k := range skips {
		if k.ctl.log != nil {
			guarding = append(guarding, k.ctl.log.reads...)
		}
	}
	for _, i := range instancesOf(q.trace.pieces(vs, ve)) {
		if i.site.kind != siteText {
			printed = append(printed, q.reads([]*instance{i}, i)...)
		}
	}
	c := &collector{s: q.s}
	feeders := q.appears(guarding, printed, place.Depth)
	if len(feeders) == 1 && feeders[0].location.Precision != model.File {
		parent := out.Location
		out.Location = feeders[0].location
		out.Location.Precision = model.Parent
		c.seen = append(c.seen, out.Location)
		if over, ok := q.s.override(feeders[0].path, out.Location); ok {
			c.add(over)
		}
		if ok {
			c.add(parent)
		}
	} else {
		c.seen = append(c.seen, out.Location)
	}
	for _, k := range skips {
		if at, ok := q.s.linkLocation(link{k.frame, k.ctl.site, nil}, model.RoleGuard); ok {
			c.add(at)
		}
	}
	c.printing(p, ok)
	for _, f := range feeders {
		c.add(f.location)
	}
	c.guards(p)
	out.Related = c.out
	return out
}

// fieldColumn is the column in which a mapping in block style has its keys; 0
// if that is not to be seen.
func (q *query) fieldColumn(place yamlpos.Place) int {
	start := q.offset(place.Value.StartLine, place.Value.StartColumn) - q.base
	if start >= len(q.doc.Text) || q.doc.Text[start] == '{' || place.Value.StartLine == place.Key.StartLine {
		return 0
	}
	return place.Value.StartColumn
}

// skipped lists the conditions looked at while the text of a range was made,
// whose other branch writes the first missing key; in the given column, unless
// that is 0.
func (q *query) skipped(start, end int, missing model.Path, column int) []skip {
	key, ok := missing[0].(string)
	if !ok {
		return nil
	}
	marks := q.trace.marks
	first, last := governing(marks, start), governing(marks, max(start, end-1))
	if first < 0 {
		return nil
	}
	lo, hi := marks[first].id, marks[first].id
	for _, m := range marks[first : last+1] {
		lo, hi = min(lo, m.id), max(hi, m.id)
	}
	hi++
	if last+1 < len(marks) {
		hi = max(hi, marks[last+1].id)
	}
	var out []skip
	for _, k := range q.trace.run.skips {
		if k.at < lo || k.at > hi {
			continue
		}
		other := k.ctl.site.body
		if k.ctl.truth {
			other = k.ctl.site.otherwise
		}
		want := column
		if k.frame.parent != nil {
			want = 0 // a helper's text is indented where it is included
		}
		if q.s.writes(other, key, want) && !slices.ContainsFunc(out, func(o skip) bool { return o.ctl.site == k.ctl.site }) {
			out = append(out, k)
		}
	}
	return out
}

// maxHelpers is how deep a branch's includes are searched for a key.
const maxHelpers = 3

// writes tells whether a branch contains a key, in the given column unless that
// is 0, or a helper that the branch includes by name contains it.
func (s *Shadow) writes(n parse.Node, key string, column int) bool {
	name := `["']?` + regexp.QuoteMeta(key) + `["']?\s*:`
	anywhere := regexp.MustCompile(`(?m)(?:^|[\s{,\-])` + name)
	there := anywhere
	if column > 0 {
		there = regexp.MustCompile(`(?m)^[ \-]{` + strconv.Itoa(column-1) + `}` + name)
	}
	var visit func(n parse.Node, depth int) bool
	called := func(name string, depth int) bool {
		d := s.engine.defs[name]
		return d != nil && depth < maxHelpers && visit(d.tree.Root, depth+1)
	}
	visit = func(n parse.Node, depth int) bool {
		switch n := n.(type) {
		case *parse.ListNode:
			return n != nil && slices.ContainsFunc(n.Nodes, func(n parse.Node) bool { return visit(n, depth) })
		case *parse.TextNode:
			if depth == 0 {
				return there.Match(n.Text)
			}
			return anywhere.Match(n.Text)
		case *parse.IfNode:
			return visit(n.List, depth) || visit(n.ElseList, depth)
		case *parse.WithNode:
			return visit(n.List, depth) || visit(n.ElseList, depth)
		case *parse.RangeNode:
			return visit(n.List, depth) || visit(n.ElseList, depth)
		case *parse.TemplateNode:
			return called(n.Name, depth)
		case *parse.ActionNode:
			for _, c := range n.Pipe.Cmds {
				if len(c.Args) > 1 && functionName(c) == "include" {
					if name, ok := c.Args[1].(*parse.StringNode); ok && called(name.Text, depth) {
						return true
					}
				}
			}
		}
		return false
	}
	return visit(n, 0)
}

// appears tries which values keys, when set, make the field appear: keys that
// conditions around its missing text read, and subtrees that were printed into
// its ancestor. depth is how much of its path exists.
func (q *query) appears(guarding, printed []*node, depth int) []feeder {
	if !q.s.values() {
		return nil
	}
	values := valuesOf(q.s.pristine)
	var out []feeder
	seen := map[string]bool{}
	probes := 0
	for i, n := range slices.Concat(guarding, printed) {
		path := q.s.outermost(n.path())
		have, _ := path.Lookup(values)
		for _, tail := range q.tails(have, i < len(guarding), depth) {
			key := path.Join(tail...)
			if len(path) == 0 || seen[key.String()] {
				continue
			}
			seen[key.String()] = true
			if probes++; probes > maxProbes {
				return out
			}
			if !q.appearsWith(key, have, len(tail) == 0) {
				continue
			}
			f := feeder{candidate: candidate{path: key, empty: true}}
			if f.location, f.exact = q.s.keyLine(key); f.location.File != "" {
				f.location.Confirmed = true
				out = append(out, f)
			}
			break
		}
	}
	return out
}

// tails lists what may be set below a value that was read, so that the field
// appears: the ends of the field's path that fit, the shortest first.
func (q *query) tails(have any, guard bool, depth int) []model.Path {
	m, isMap := have.(map[string]any)
	if !isMap && !guard {
		return nil
	}
	var out []model.Path
	if isMap {
		// The subtree has the beginning of the way to the field.
		for i := range depth {
			below, _ := q.path[i:depth].Lookup(have)
			if _, ok := below.(map[string]any); ok {
				out = append(out, q.path[i:])
			}
		}
	}
	if _, isList := have.([]any); guard && !isList && len(m) == 0 {
		out = append(out, nil) // the key itself: hostNetwork: false
	}
	if isMap || have == nil || have == "" {
		for i := len(q.path) - 1; i >= depth; i-- {
			if _, ok := q.path[i].(string); ok && (guard || i == depth) {
				out = append(out, q.path[i:])
			}
		}
	}
	return out
}

// appearsWith renders with a key set and looks for the field.
func (q *query) appearsWith(key model.Path, have any, whole bool) bool {
	base, i := q.baseline()
	if base == nil {
		return false
	}
	try := []any{true, "sekisho"}
	if b, ok := have.(bool); ok && whole {
		try = []any{!b}
	}
	for _, v := range try {
		got := q.s.render(q, key, v)
		if got == nil {
			continue // the template refuses the value; try another
		}
		doc := got.same(base, i)
		if doc == nil {
			return false
		}
		_, ok := q.path.Lookup(doc.value())
		return ok && q.sameItems(doc.value())
	}
	return false
}

// sameItems tells whether the named list items on the way to the field are
// still the ones asked about: a container more before them is none of them.
func (q *query) sameItems(now any) bool {
	for i, e := range q.path {
		if _, isItem := e.(int); !isItem {
			continue
		}
		name := q.path[:i+1].Join("name")
		old, had := name.Lookup(q.yaml.Value)
		if got, has := name.Lookup(now); had && has && got != old {
			return false
		}
	}
	return true
}
