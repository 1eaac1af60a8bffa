package yamlpos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Edit is a change of a document, in the terms of RFC 6902.
type Edit struct {
	Op    string // "add", "replace" or "remove"
	Path  []any  // of the field: strings and ints
	Value any    // JSON-shaped; of add and replace
	// Between says whether a new key may stand on a line of its own that begins
	// at a byte offset of the file, indented by so many columns; nil allows
	// every place the YAML allows.
	Between func(offset, columns int) bool
}

// Splice is a change of a text: the bytes from Start to End, which may be none,
// become Text. Offsets count from the first byte of the file.
type Splice struct {
	Start, End int
	Text       string
}

// Apply is the text with the change made.
func (s Splice) Apply(src []byte) []byte {
	return slices.Concat(src[:s.Start], []byte(s.Text), src[s.End:])
}

// Edit finds the smallest change of the file's text that makes an edit. All
// else stays as it is, byte for byte: comments, quotes, the order of keys, line
// ends. New text follows the style around it: indentation, flow or block, JSON.
//
// The change was tried: the text with it holds the same documents, with this
// one's value as the edit wants it. What cannot be written that way without
// guessing is an error: fields that an alias or a merge key makes, long
// scalars, collections in place of others.
func (d *Document) Edit(e Edit) (Splice, error) {
	if d.root == nil {
		return Splice{}, errors.New("the document cannot be read")
	}
	want, err := e.On(d.Value)
	if err != nil {
		return Splice{}, err
	}
	ed := editor{d: d, e: e, eol: "\n"}
	if bytes.Contains(d.text.src, []byte("\r\n")) {
		ed.eol = "\r\n"
	}
	tries, err := ed.splices()
	if err != nil {
		return Splice{}, err
	}
	for _, s := range tries {
		if d.yields(s, want) {
			s.Start, s.End = s.Start+d.text.bom, s.End+d.text.bom
			return s, nil
		}
	}
	return Splice{}, fmt.Errorf("line %d: no small change of the text makes this edit", d.Locate(e.Path).Range.StartLine)
}

// yields tells whether the file with a change made has the same documents, and
// the wanted value in place of this one's.
func (d *Document) yields(s Splice, want any) bool {
	limits := Limits{Bytes: len(d.text.src) + len(s.Text), Documents: DefaultLimits.Documents, Depth: DefaultLimits.Depth, Nodes: DefaultLimits.Nodes}
	docs, err := limits.Parse(s.Apply(d.text.src))
	if err != nil {
		return false
	}
	// The documents before are the same bytes, those after them begin later.
	i := slices.IndexFunc(docs, func(o *Document) bool { return o.StartLine == d.StartLine })
	if i < 0 || docs[i].Err != nil || !reflect.DeepEqual(docs[i].Value, want) || len(docs[i].Duplicates) > len(d.Duplicates) {
		return false
	}
	grown := len(s.Text) - (s.End - s.Start)
	return len(docs[i].body) == len(d.body)+grown
}

// On is a value with the edit made; the value itself stays as it is. Missing
// mappings on the way to an added field are made.
func (e Edit) On(v any) (any, error) {
	if len(e.Path) == 0 {
		return nil, errors.New("the document as a whole is not edited")
	}
	missing := errors.New("the field does not exist")
	switch v := v.(type) {
	case nil:
		if e.Op != "add" {
			return nil, missing
		}
		if _, ok := e.Path[0].(string); !ok {
			return nil, missing
		}
		return e.On(map[string]any{})
	case map[string]any:
		key, ok := e.Path[0].(string)
		if !ok {
			return nil, missing
		}
		old, exists := v[key]
		if !exists && e.Op != "add" {
			return nil, missing
		}
		out := maps.Clone(v)
		if len(e.Path) == 1 {
			if e.Op == "remove" {
				delete(out, key)
			} else {
				out[key] = e.Value
			}
			return out, nil
		}
		e.Path = e.Path[1:]
		next, err := e.On(old)
		out[key] = next
		return out, err
	case []any:
		i, ok := e.Path[0].(int)
		if !ok || i < 0 || i >= len(v) {
			return nil, missing
		}
		if len(e.Path) == 1 {
			if e.Op == "remove" {
				return slices.Delete(slices.Clone(v), i, i+1), nil
			}
			if e.Op == "add" {
				return nil, errors.New("items are not added to lists")
			}
			out := slices.Clone(v)
			out[i] = e.Value
			return out, nil
		}
		e.Path = e.Path[1:]
		next, err := e.On(v[i])
		if err != nil {
			return nil, err
		}
		out := slices.Clone(v)
		out[i] = next
		return out, nil
	}
	return nil, missing
}

// editor works out the changes of a text that might make one edit.
type editor struct {
	d   *Document
	e   Edit
	eol string
}

// splices lists changes to try, the best first.
func (ed *editor) splices() ([]Splice, error) {
	n, key := ed.d.root, (*yaml.Node)(nil)
	var parent *yaml.Node
	for i, element := range ed.e.Path {
		var k, v *yaml.Node
		switch element := element.(type) {
		case string:
			if n.Kind == yaml.MappingNode {
				var through []*yaml.Node
				if k, v, through = ed.d.lookup(n, element); len(through) > 0 || k != nil && !slices.Contains(n.Content, k) {
					return nil, errors.New("a merge key makes this field")
				}
			}
		case int:
			if n.Kind == yaml.SequenceNode && element < len(n.Content) {
				v = n.Content[element]
			}
		}
		if v == nil { // On has looked: what is missing is added
			value := ed.e.Value
			for j := len(ed.e.Path) - 1; j > i; j-- {
				s, ok := ed.e.Path[j].(string)
				if !ok {
					return nil, errors.New("items are not added to lists")
				}
				value = map[string]any{s: value}
			}
			if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
				return ed.insert(n, element.(string), value)
			}
			return ed.fill(n, key, parent, map[string]any{element.(string): value})
		}
		if v.Kind == yaml.AliasNode {
			return nil, errors.New("an alias makes this field")
		}
		parent, key, n = n, k, v
	}
	if ed.e.Op == "remove" {
		return ed.remove(parent, key, n)
	}
	if m, ok := ed.e.Value.(map[string]any); ok && len(m) > 0 && (n.Kind != yaml.SequenceNode || len(n.Content) == 0) && (n.Kind != yaml.MappingNode || len(n.Content) == 0) {
		return ed.fill(n, key, parent, m)
	}
	return ed.replace(n)
}

// replace writes a scalar in place of a scalar, or anything in flow style in
// place of a flow collection.
func (ed *editor) replace(n *yaml.Node) ([]Splice, error) {
	start, end := ed.d.extent(n)
	flow := n.Style&yaml.FlowStyle != 0
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0, n.Kind != yaml.ScalarNode && !flow:
		return nil, errors.New("this value has several lines")
	case n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		return nil, errors.New("this value has an anchor or a tag")
	case bytes.IndexByte(ed.d.text.src[start:end], '\n') >= 0:
		return nil, errors.New("this value has several lines")
	}
	text, err := flowText(ed.e.Value, ed.json(n))
	if err != nil {
		return nil, err
	}
	if s, ok := ed.e.Value.(string); ok {
		switch {
		case n.Style&yaml.DoubleQuotedStyle != 0:
			text = quoted(s)
		case n.Style&yaml.SingleQuotedStyle != 0 && !strings.ContainsAny(s, "\n\r"):
			text = "'" + strings.ReplaceAll(s, "'", "''") + "'"
		}
	}
	if start == end { // "key:" with nothing behind it
		text = " " + text
	}
	return []Splice{{start, end, text}}, nil
}

// fill writes a mapping in place of nothing: of {}, of null, of a key alone.
func (ed *editor) fill(n, key, parent *yaml.Node, value map[string]any) ([]Splice, error) {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" || n.Kind != yaml.ScalarNode && len(n.Content) > 0 {
		return nil, errors.New("another value stands here")
	}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return nil, errors.New("this value has an anchor or a tag")
	}
	start, end := ed.d.extent(n)
	if end < start {
		end = start
	}
	flow, err := flowText(value, ed.json(n))
	if err != nil {
		return nil, err
	}
	if key == nil || parent == nil || parent.Style&yaml.FlowStyle != 0 || ed.json(n) {
		if start == end {
			flow = " " + flow
		}
		return []Splice{{start, end, flow}}, nil
	}
	// The block begins on the next line; a comment behind the key stays there.
	keyStart, keyEnd := ed.d.extent(key)
	src := ed.d.text.src
	colon := bytes.IndexByte(src[keyEnd:], ':')
	if colon < 0 {
		return nil, errors.New("no colon behind the key")
	}
	colon += keyEnd + 1
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		start, end = colon, colon
	}
	lineEnd := ed.lineEnd(end)
	if bytes.IndexByte(src[colon:lineEnd], '\n') >= 0 {
		return nil, errors.New("the value does not stand beside its key")
	}
	tail := src[end:lineEnd] // a comment
	if len(bytes.TrimSpace(tail)) == 0 {
		tail = nil
	} else if start == end {
		tail = bytes.TrimLeft(tail, " ")
		tail = append([]byte(" "), tail...)
	}
	column := ed.column(keyStart)
	block, err := ed.block(value, column+ed.step(parent))
	if err != nil {
		return nil, err
	}
	block = strings.TrimSuffix(block, ed.eol)
	above, lineEnd := ed.uncomment(lineEnd, block)
	return []Splice{{colon, lineEnd, string(tail) + ed.eol + block + above}}, nil
}

// uncomment looks in the comment below the end of a line for the lines that are
// to be written there. When it has them they take their leave: above are the
// lines of the comment before them, to come behind what is written, and end is
// where they end.
func (ed *editor) uncomment(lineEnd int, block string) (above string, end int) {
	if ed.e.Between != nil { // what looks like a comment may be an action
		return "", lineEnd
	}
	type line struct{ indent, text string }
	var want, have []line
	for l := range strings.Lines(block) {
		want = append(want, line{text: strings.TrimSpace(l)})
	}
	src := ed.d.text.src
	for end = lineEnd; ; {
		start := ed.nextLine(end)
		next := ed.lineEnd(start)
		text, ok := strings.CutPrefix(strings.TrimLeft(string(src[start:next]), " "), "#")
		if !ok || start == next {
			return "", lineEnd
		}
		end = next
		bare := strings.TrimLeft(text, " ")
		have = append(have, line{text[:len(text)-len(bare)], strings.TrimSpace(bare)})
		first := len(have) - len(want)
		if first < 0 || have[first].indent != have[0].indent {
			continue
		}
		if slices.EqualFunc(have[first:], want, func(a, b line) bool { return a.text == b.text }) {
			at := lineEnd
			for range first {
				at = ed.lineEnd(ed.nextLine(at))
			}
			return string(src[lineEnd:at]), end
		}
	}
}

// insert adds a key to a mapping that has some.
func (ed *editor) insert(n *yaml.Node, key string, value any) ([]Splice, error) {
	if n.Style&yaml.FlowStyle != 0 {
		return ed.insertFlow(n, key, value)
	}
	src := ed.d.text.src
	first := ed.d.offset(n.Content[0])
	column := ed.column(first)
	text, err := ed.block(map[string]any{key: value}, column)
	if err != nil {
		return nil, err
	}
	// Behind the last key, else before a key, the later the better.
	var out []Splice
	add := func(off int, text string) {
		if ed.e.Between == nil || ed.e.Between(off+ed.d.text.bom, column) {
			out = append(out, Splice{off, off, text})
		}
	}
	_, end := ed.d.extent(n.Content[len(n.Content)-1])
	if _, keyEnd := ed.d.extent(n.Content[len(n.Content)-2]); end < keyEnd {
		end = keyEnd
	}
	if end = ed.lineEnd(end); end < len(src) {
		end = ed.nextLine(end)
		add(end, text)
	} else {
		add(end, ed.eol+strings.TrimSuffix(text, ed.eol))
	}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		off := ed.d.offset(n.Content[i])
		line := ed.lineStart(off)
		if len(bytes.TrimLeft(src[line:off], " ")) > 0 {
			continue // something else stands before it
		}
		above := line
		for above > 0 {
			before := ed.lineStart(above - 1)
			if rest := bytes.TrimLeft(src[before:above], " "); len(rest) == 0 || rest[0] != '#' {
				break
			}
			above = before
		}
		if above < line {
			add(above, text)
		}
		add(line, text)
	}
	if len(out) == 0 {
		return nil, errors.New("no place for another key")
	}
	return out, nil
}

// insertFlow adds a key to a mapping in flow style: behind the last, on a line
// of its own if that has one.
func (ed *editor) insertFlow(n *yaml.Node, key string, value any) ([]Splice, error) {
	json := ed.json(n)
	name, err := flowText(key, json)
	if err != nil {
		return nil, err
	}
	text, err := flowText(value, json)
	if err != nil {
		return nil, err
	}
	last := n.Content[len(n.Content)-2]
	_, end := ed.d.extent(n.Content[len(n.Content)-1])
	gap := " "
	off := ed.d.offset(last)
	if line := ed.lineStart(off); len(bytes.TrimLeft(ed.d.text.src[line:off], " \t")) == 0 {
		gap = ed.eol + string(ed.d.text.src[line:off])
	}
	return []Splice{{end, end, "," + gap + name + ": " + text}}, nil
}

// remove takes out a key or an item, with its lines when they are its own.
func (ed *editor) remove(parent, key, n *yaml.Node) ([]Splice, error) {
	src := ed.d.text.src
	first := n
	if key != nil {
		first = key
	}
	if n.Anchor != "" {
		return nil, errors.New("this value has an anchor")
	}
	start, end := ed.d.offset(first), 0
	if _, end = ed.d.extent(n); key != nil && end < start {
		_, end = ed.d.extent(key)
	}
	if parent.Style&yaml.FlowStyle != 0 {
		rest := ed.d.skipBlank(end)
		if rest < len(src) && src[rest] == ',' {
			return []Splice{{start, ed.d.skipBlank(rest + 1), ""}}, nil
		}
		before := bytes.TrimRight(src[:start], " \t\r\n")
		before = bytes.TrimSuffix(before, []byte(","))
		return []Splice{{len(before), end, ""}}, nil
	}
	line := ed.lineStart(start)
	lead := src[line:start]
	if key == nil {
		lead = bytes.TrimSuffix(bytes.TrimRight(lead, " "), []byte("-"))
	}
	if len(bytes.TrimLeft(lead, " ")) > 0 {
		return nil, errors.New("something else stands on the same line")
	}
	return []Splice{{line, ed.nextLine(ed.lineEnd(end)), ""}}, nil
}

// json tells whether a node stands in JSON: its keys, or those around it, are
// quoted.
func (ed *editor) json(n *yaml.Node) bool {
	quoted := func(n *yaml.Node) bool {
		return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 && n.Content[0].Style&yaml.DoubleQuotedStyle != 0
	}
	return quoted(n) || quoted(ed.d.root)
}

// step is how far a mapping's values are indented: as it or the document has it.
func (ed *editor) step(n *yaml.Node) int {
	if s := ed.stepOf(n); s > 0 {
		return s
	}
	found := 0
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		if found > 0 {
			return
		}
		if found = ed.stepOf(n); found == 0 {
			for _, c := range n.Content {
				visit(c)
			}
		}
	}
	visit(ed.d.root)
	if found > 0 {
		return found
	}
	return 2
}

// stepOf is how far the first block mapping in a block mapping is indented; 0
// when there is none.
func (ed *editor) stepOf(n *yaml.Node) int {
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 {
		return 0
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind == yaml.MappingNode && v.Style&yaml.FlowStyle == 0 && len(v.Content) > 0 && v.Line > k.Line {
			if s := v.Content[0].Column - k.Column; s > 0 && s <= 8 {
				return s
			}
		}
	}
	return 0
}

// block is a mapping in block style, each line indented to a column.
func (ed *editor) block(value map[string]any, indent int) (string, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(ed.step(ed.d.root))
	if err := enc.Encode(value); err != nil {
		return "", fmt.Errorf("write the new value: %w", err)
	}
	if err := enc.Close(); err != nil {
		return "", fmt.Errorf("write the new value: %w", err)
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			out.WriteString(strings.Repeat(" ", indent) + line)
		}
		out.WriteString(ed.eol)
	}
	return out.String(), nil
}

// flowText is a value on one line.
func flowText(v any, json bool) (string, error) {
	if json {
		return jsonText(v), nil
	}
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return "", fmt.Errorf("write the new value: %w", err)
	}
	n.Style |= yaml.FlowStyle
	if s, ok := v.(string); ok && strings.ContainsAny(s, ",[]{}\n\r") {
		return quoted(s), nil // fit for flow style, and on one line
	}
	b, err := yaml.Marshal(&n)
	text := strings.TrimSuffix(string(b), "\n")
	if err != nil || strings.Contains(text, "\n") {
		return jsonText(v), err
	}
	return text, nil
}

func quoted(s string) string { return jsonText(s) }

// jsonText is a value as JSON on one line, with the blanks people write.
func jsonText(v any) string {
	var parts []string
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, jsonText(key)+": "+jsonText(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, e := range v {
			parts = append(parts, jsonText(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "null" // JSON-shaped values encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (ed *editor) lineStart(off int) int {
	return bytes.LastIndexByte(ed.d.text.src[:off], '\n') + 1
}

// lineEnd is where the line of an offset ends, its line end left out.
func (ed *editor) lineEnd(off int) int {
	i := bytes.IndexByte(ed.d.text.src[off:], '\n')
	if i < 0 {
		return len(ed.d.text.src)
	}
	if i > 0 && ed.d.text.src[off+i-1] == '\r' {
		i--
	}
	return off + i
}

// nextLine is where the next line begins, given the end of one.
func (ed *editor) nextLine(end int) int {
	if i := bytes.IndexByte(ed.d.text.src[end:], '\n'); i >= 0 {
		return end + i + 1
	}
	return len(ed.d.text.src)
}

// column counts the characters before an offset on its line.
func (ed *editor) column(off int) int {
	_, column := ed.d.text.position(off)
	return column - 1
}
