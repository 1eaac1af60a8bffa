package yamlpos

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Range is a part of the text; the end is exclusive.
type Range struct{ StartLine, StartColumn, EndLine, EndColumn int }

// Place is where a path stands.
type Place struct {
	// Range is the narrow region to show a human: a scalar's own text, the
	// key of a mapping or list (or of an empty value), the first line of a
	// list item. For an absent path it is that of the nearest ancestor that
	// exists, as a collection: its key, its first line.
	Range Range
	// Key is the key that leads to the value; zero for list items and for the
	// document itself.
	Key Range
	// Value is everything the value covers, without comments after it.
	Value Range
	// Depth counts the elements of the path that exist; it is the length of
	// the path when all of it does.
	Depth int
	// Via lists the aliases (*name) that led to the value, outermost first.
	// The ranges above are where the anchored text stands.
	Via []Range
}

// Locate finds a path of keys (string) and 0-based list indices (int). It
// never fails: what is absent is answered with its nearest ancestor. For a
// document with an error the place is the document's first line.
func (d *Document) Locate(path []any) Place {
	if d.root == nil {
		start := d.text.lines[d.StartLine-1]
		r := d.rangeOf(start, d.lineEnd(start))
		return Place{Range: r, Value: r}
	}
	var via []Range
	// A chain of aliases cannot loop: the decoder refused those.
	resolve := func(n *yaml.Node) *yaml.Node {
		if n.Kind == yaml.AliasNode {
			off := d.offset(n)
			via = append(via, d.rangeOf(off, off+1+len(n.Value)))
			return n.Alias
		}
		return n
	}
	n, key := resolve(d.root), (*yaml.Node)(nil)
	depth := 0
walk:
	for _, e := range path {
		switch e := e.(type) {
		case string:
			k, v, through := d.lookup(n, e)
			if v == nil {
				break walk
			}
			for _, a := range through {
				resolve(a)
			}
			key, n = k, resolve(v)
		case int:
			if n.Kind != yaml.SequenceNode || e < 0 || e >= len(n.Content) {
				break walk
			}
			key, n = nil, resolve(n.Content[e])
		default:
			break walk
		}
		depth++
	}
	start, end := d.extent(n)
	p := Place{Value: d.rangeOf(start, end), Depth: depth, Via: via}
	exact := depth == len(path)
	if key != nil {
		p.Key = d.rangeOf(d.extent(key))
	}
	switch {
	case exact && n.Kind == yaml.ScalarNode && end > start:
		p.Range = p.Value
	case key != nil:
		p.Range = p.Key
	default:
		p.Range = d.rangeOf(start, min(d.lineEnd(start), end))
	}
	return p
}

// lookup finds the pair that decides a key: the last one written, merge keys
// included. through lists the aliases of merge keys on the way.
func (d *Document) lookup(n *yaml.Node, key string) (k, v *yaml.Node, through []*yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return nil, nil, nil
	}
	dec := decoder{doc: d, limits: DefaultLimits}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !isMerge(k) {
			if s, err := dec.key(k); err == nil && s == key {
				return k, v, nil
			}
			continue
		}
		sources := []*yaml.Node{v}
		if v.Kind == yaml.SequenceNode {
			sources = v.Content
		}
		for _, s := range sources {
			target := s
			if s.Kind == yaml.AliasNode {
				target = s.Alias
			}
			if mk, mv, through := d.lookup(target, key); mv != nil {
				if s.Kind == yaml.AliasNode {
					through = append([]*yaml.Node{s}, through...)
				}
				return mk, mv, through
			}
		}
	}
	return nil, nil, nil
}

// PathAt is the deepest path whose key or list item begins on a line of the
// file: on "- name: app" that of name, not of the item. ok is false for blank
// lines, comments, and the inner lines of long scalars. On a line with
// several paths of equal depth the first one counts.
func (d *Document) PathAt(line int) (path []any, ok bool) {
	d.byLine.Do(d.indexLines)
	at, ok := d.deepest[line]
	for ; at != nil; at = at.parent {
		path = append(path, at.element)
	}
	slices.Reverse(path)
	return path, ok
}

// Literal is the text of the literal block scalar that a line of the file lies
// in, at the bytes where it stands: all around it is blank. That is how YAML
// inside of YAML, an inline patch, is read and edited where it is. ok is false
// when there is none, or an alias may stand for it elsewhere.
func (d *Document) Literal(line int) (text []byte, ok bool) {
	var found *yaml.Node
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.Style&yaml.LiteralStyle != 0 && d.line(n) < line {
			found = n // the last one that begins above
		}
		for _, c := range n.Content {
			visit(c)
		}
	}
	if d.root != nil {
		visit(d.root)
	}
	if found == nil || found.Anchor != "" {
		return nil, false
	}
	start, end := d.extent(found)
	if i := bytes.IndexByte(d.text.src[start:end], '\n'); i >= 0 {
		start += i + 1
	}
	if last, _ := d.text.position(end); line > last {
		return nil, false
	}
	src := d.text.src
	text = bytes.Repeat([]byte(" "), len(src))
	for i, b := range src {
		if b == '\n' || b == '\r' || i >= start && i < end {
			text[i] = b
		}
	}
	if d.text.bom > 0 {
		text = append([]byte("\ufeff"), text...)
	}
	return text, true
}

// waypoint is a path that shares its beginning with its siblings.
type waypoint struct {
	parent  *waypoint // nil for the document itself
	element any
	depth   int
}

func (d *Document) indexLines() {
	d.deepest = map[int]*waypoint{}
	if d.root == nil {
		return
	}
	dec := decoder{doc: d, limits: DefaultLimits}
	key := func(k *yaml.Node) (string, bool) {
		s, err := dec.key(k)
		return s, err == nil && !isMerge(k)
	}
	var visit func(n *yaml.Node, at *waypoint)
	begin := func(n, v *yaml.Node, at *waypoint, element any) {
		next := &waypoint{parent: at, element: element, depth: 1}
		if at != nil {
			next.depth += at.depth
		}
		line := d.line(n)
		if old := d.deepest[line]; old == nil || next.depth > old.depth {
			d.deepest[line] = next
		}
		visit(v, next)
	}
	visit = func(n *yaml.Node, at *waypoint) {
		switch n.Kind {
		case yaml.MappingNode:
			var winner map[string]int // of keys written twice the last
			if len(d.Duplicates) > 0 {
				winner = make(map[string]int, len(n.Content)/2)
				for i := 0; i+1 < len(n.Content); i += 2 {
					if s, ok := key(n.Content[i]); ok {
						winner[s] = i
					}
				}
			}
			for i := 0; i+1 < len(n.Content); i += 2 {
				k, v := n.Content[i], n.Content[i+1]
				s, ok := key(k)
				if !ok || winner != nil && winner[s] != i {
					continue
				}
				begin(k, v, at, s)
			}
		case yaml.SequenceNode:
			for i, c := range n.Content {
				begin(c, c, at, i)
			}
		}
	}
	visit(d.root, nil)
}

// offset is the byte offset of a node's first character: of its anchor or
// tag, if it has one.
func (d *Document) offset(n *yaml.Node) int { return d.text.yamlOffset(d.firstLine+n.Line, n.Column) }

// line is the line a node begins on, found without counting columns: a line
// may be the whole file.
func (d *Document) line(n *yaml.Node) int {
	return lineOf(d.text.lines, d.text.yamlOffset(d.firstLine+n.Line, 1))
}

func (d *Document) rangeOf(start, end int) Range {
	var r Range
	r.StartLine, r.StartColumn = d.text.position(start)
	r.EndLine, r.EndColumn = d.text.position(max(start, end))
	return r
}

// lineEnd is the end of the text on the line of off, blanks at its end and a
// comment left out.
func (d *Document) lineEnd(off int) int {
	rest := d.text.src[off:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	quote, before := byte(0), byte(' ')
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && bytes.IndexByte([]byte(" \t[{,:"), before) >= 0: // else as in "it's"
			quote = c
		case c == '#' && i > 0 && isBlank(before):
			rest = rest[:i]
		}
		before = c
	}
	return off + len(bytes.TrimRight(rest, " \t\r"))
}

// extent is the byte range a node covers, its anchor and tag left out.
func (d *Document) extent(n *yaml.Node) (start, end int) {
	start = d.content(n)
	switch n.Kind {
	case yaml.ScalarNode:
		return start, d.scalarEnd(n, start)
	case yaml.AliasNode:
		return start, min(start+1+len(n.Value), len(d.text.src))
	}
	end = start
	if len(n.Content) > 0 {
		_, end = d.extent(n.Content[len(n.Content)-1])
	}
	if n.Style&yaml.FlowStyle != 0 {
		return start, d.closing(n, start, end)
	}
	return start, max(start, end)
}

// content is where a node's own text begins, behind its anchor and tag.
func (d *Document) content(n *yaml.Node) int {
	src, off := d.text.src, d.offset(n)
	if n.Kind == yaml.AliasNode {
		return off
	}
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 && !d.text.bareTag {
		return off
	}
	end := off
	for properties := 0; properties < 2 && off < len(src) && (src[off] == '&' || src[off] == '!'); properties++ {
		for off < len(src) && !isBlank(src[off]) && (src[off] != ',' && src[off] != ']' && src[off] != '}' || src[off] == '!') {
			off++
		}
		end = off
		off = d.skipBlank(off)
	}
	if n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0 {
		return end // nothing follows
	}
	return off
}

// bareTagged tells whether a plain scalar carries the tag "!", which makes it
// a string and which the library drops.
func (d *Document) bareTagged(n *yaml.Node) bool {
	src, off := d.text.src, d.offset(n)
	if n.Anchor != "" && off < len(src) && src[off] == '&' {
		for off < len(src) && !isBlank(src[off]) {
			off++
		}
		anchor := off
		off = d.skipBlank(off)
		if n.Value == "" && bytes.IndexByte(src[anchor:off], '\n') >= 0 && !deeper(src, d.offset(n), off) {
			return false // nothing but the anchor: the tag is the next key's
		}
	}
	if off == len(src) || src[off] != '!' {
		return false
	}
	return endsTag(src[off+1:])
}

// deeper tells whether what begins at off, on a later line, is indented as the
// continuation of the value whose anchor is at anchor, and not as the next key.
func deeper(src []byte, anchor, off int) bool {
	column := func(at int) int { return at - (bytes.LastIndexByte(src[:at], '\n') + 1) }
	start := anchor - column(anchor)
	if bytes.HasPrefix(src[start:], []byte("---")) {
		return true // a document's only value
	}
	parent := -1
	at := start
	for at < anchor {
		switch {
		case src[at] == ' ':
			at++
		case (src[at] == '-' || src[at] == '?' || src[at] == ':') && isBlank(src[at+1]):
			parent = column(at)
			at++
		default:
			return column(off) > column(at) // a key
		}
	}
	if parent < 0 {
		return column(off) >= column(anchor) // the anchor has a line of its own
	}
	return column(off) > parent
}

// endsTag tells whether what follows "!" leaves it a tag of its own. YAML 1.1
// knows three more line ends than 1.2.
func endsTag(rest []byte) bool {
	return len(rest) == 0 || isBlank(rest[0]) || rest[0] == ',' || slices.ContainsFunc([]string{"\u0085", "\u2028", "\u2029"}, func(end string) bool {
		return bytes.HasPrefix(rest, []byte(end))
	})
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// skipBlank moves over blanks, line ends and comments.
func (d *Document) skipBlank(off int) int {
	src := d.text.src
	for off < len(src) {
		switch {
		case isBlank(src[off]):
			off++
		case src[off] == '#' && off > 0 && isBlank(src[off-1]):
			for off < len(src) && src[off] != '\n' {
				off++
			}
		default:
			return off
		}
	}
	return off
}

// closing is the offset behind the bracket that ends a flow collection whose
// last child ends at end.
func (d *Document) closing(n *yaml.Node, start, end int) int {
	src := d.text.src
	off := end
	if len(n.Content) == 0 {
		off = start + 1
	}
	for off = d.skipBlank(off); off < len(src); off = d.skipBlank(off + 1) {
		switch src[off] {
		case ']', '}':
			return off + 1
		case ',', ':', '?':
		default:
			return max(end, start)
		}
	}
	return len(src)
}

// scalarEnd is the offset behind a scalar that starts at start.
func (d *Document) scalarEnd(n *yaml.Node, start int) int {
	src := d.text.src
	switch {
	case start >= len(src):
		return len(src)
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := start + 1; i < len(src); i++ {
			switch src[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(src)
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := start + 1; i < len(src); i++ {
			if src[i] != '\'' {
				continue
			}
			if i+1 < len(src) && src[i+1] == '\'' {
				i++
				continue
			}
			return i + 1
		}
		return len(src)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return d.blockEnd(start)
	}
	// A plain scalar stands as it is, except that line ends fold.
	i := start
	for _, r := range n.Value {
		if i >= len(src) {
			return len(src)
		}
		got, size := utf8.DecodeRune(src[i:])
		if got == r {
			i += size
			continue
		}
		if r != ' ' && r != '\n' {
			break // not what was parsed; stay inside the text
		}
		for i < len(src) && isBlank(src[i]) {
			i++
		}
	}
	return i
}

// blockEnd is the end of the last line with text of a literal or folded
// scalar whose header ("|", ">-") is at start.
func (d *Document) blockEnd(start int) int {
	src := d.text.src
	header := bytes.IndexByte(src[start:], '\n')
	if header < 0 {
		return d.lineEnd(start)
	}
	end := start + len(bytes.TrimRight(src[start:start+header], " \t\r"))
	indent := -1
	for off := start + header + 1; off < len(src); {
		next := len(src)
		if i := bytes.IndexByte(src[off:], '\n'); i >= 0 {
			next = off + i + 1
		}
		line := bytes.TrimRight(src[off:next], " \t\r\n")
		if len(line) > 0 {
			spaces := len(line) - len(bytes.TrimLeft(line, " "))
			if indent < 0 {
				indent = d.blockIndent(start, src[start:start+header], spaces)
			}
			if spaces < indent || isMarker(src[off:next], "---") || isMarker(src[off:next], "...") {
				break
			}
			end = off + len(line)
		}
		off = next
	}
	return end
}

// blockIndent is how far the text of a block scalar is indented: as far as
// its first line, or, when the header holds a digit, at least more than the
// line the header is on.
func (d *Document) blockIndent(start int, header []byte, first int) int {
	line := lineOf(d.text.lines, start)
	lead := d.text.src[d.text.lines[line-1]:start]
	// The parent's indentation: list dashes count as part of it.
	parent := len(lead) - len(bytes.TrimLeft(lead, " -"))
	if len(bytes.TrimLeft(lead, " -")) == 0 { // an item or a whole document
		parent = len(bytes.TrimRight(lead, " -"))
	}
	if first <= parent && len(lead) > 0 {
		return first + 1 // an empty scalar: the first text is already outside
	}
	if bytes.ContainsAny(header, "123456789") {
		return min(first, parent+1)
	}
	return first
}
