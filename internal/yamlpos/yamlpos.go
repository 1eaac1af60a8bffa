// Package yamlpos ties the structure of YAML and JSON text to its lines.
//
// In goes the text of a file; out come its documents, each with the value
// Kubernetes would read from it and with the place of every field. It hides
// two decisions: how YAML is read (YAML 1.1 scalars, merge keys and anchors
// as sigs.k8s.io/yaml has them, but from one parse), and how a path of keys
// becomes a line and a column. Beside it lives the grammar of ignore
// comments, which works by lines and so on any text: templates, Dockerfiles.
//
// Lines and columns count from 1; columns are code points; ends are
// exclusive. A byte order mark is not part of the first line.
package yamlpos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	yamlv2 "go.yaml.in/yaml/v2"
	"go.yaml.in/yaml/v3"
)

// Limits bound what a file may cost. A stranger wrote it.
type Limits struct {
	Bytes     int // of a whole file
	Documents int // in one file
	Depth     int // of nested mappings and lists
	Nodes     int // of the whole file, every use of an anchor counted again
}

// DefaultLimits are far above anything written by hand. The largest bundle of
// custom resource definitions we met is 5 MB of text and 250,000 nodes.
var DefaultLimits = Limits{Bytes: 10 << 20, Documents: 10_000, Depth: 1_000, Nodes: 1_000_000}

// Error is a problem in the text at a line of the file.
type Error struct {
	Line    int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// Document is one YAML document of a file. Its methods are safe for concurrent
// use.
type Document struct {
	// Value is JSON-shaped: map[string]any, []any, string, int64, float64,
	// bool or nil. It shares no memory with other documents or with itself.
	Value any
	// Err is set when the document cannot be read; Value is nil then. It is
	// an *Error whose line counts from the file's first line.
	Err error
	// Duplicates lists keys written twice in one mapping; the later one wins.
	Duplicates []Duplicate
	// StartLine and EndLine are the first and last line of the document,
	// leading comments and the "---" line included.
	StartLine, EndLine int

	text *text
	body []byte
	root *yaml.Node // nil when Err is set
	// firstLine is the number of lines, as the YAML library counts them,
	// before the document.
	firstLine int
	more      bool // the document ends before its chunk does
	nodes     int  // that were read, those of an unreadable document included

	byLine  sync.Once
	deepest map[int]*waypoint // by line; see PathAt
}

// Duplicate is a mapping key that stands twice in one mapping.
type Duplicate struct {
	Path []any // of the key: strings and ints
	Line int   // of the second writing
}

// Parse reads every document of a file within DefaultLimits.
func Parse(src []byte) ([]*Document, error) { return DefaultLimits.Parse(src) }

// Parse reads every document of a file. Documents without content are left
// out. A document that cannot be read carries its own Err and does not
// disturb the others; the error returned is about the file as a whole (too
// large, too many documents) and is an *Error. What was read before the limit
// is returned with it.
func (l Limits) Parse(src []byte) ([]*Document, error) {
	if len(src) > l.Bytes {
		return nil, &Error{1, fmt.Sprintf("file is %d bytes, more than the limit of %d", len(src), l.Bytes)}
	}
	t := newText(src)
	var docs []*Document
	nodes := 0
	chunks := t.split()
	for i := 0; i < len(chunks); i++ {
		c := chunks[i]
		if len(docs) == l.Documents {
			line, _ := t.position(c.start)
			return docs, &Error{line, fmt.Sprintf("more than %d documents in one file", l.Documents)}
		}
		d := l.parse(t, c)
		if nodes += d.nodes; nodes > l.Nodes && d.Err == nil {
			return docs, &Error{d.StartLine, fmt.Sprintf("more than %d values in one file, uses of anchors counted", l.Nodes)}
		}
		docs = append(docs, d)
		if d.Err == nil && d.more {
			rest := d.trailing(c)
			line, column := t.position(rest)
			if column == 1 && rest < c.end && t.src[rest] == '{' { // kubectl, too, reads one JSON object after the other
				d.EndLine = line - 1
				chunks = slices.Insert(chunks, i+1, chunk{rest, c.end, true})
				d.body = t.src[c.start:rest]
				continue
			}
			// The libraries ignore what follows; nothing may be lost in silence.
			d.Value, d.Duplicates, d.root = nil, nil, nil
			d.Err = &Error{line, "text after the end of the document"}
		}
	}
	return docs, nil
}

// trailing is the offset of the first text behind the document, or the end of
// its chunk.
func (d *Document) trailing(c chunk) int {
	if d.root == nil {
		return c.start
	}
	_, end := d.extent(d.root)
	return min(d.skipBlank(end), c.end)
}

// Text is the document as written, from its StartLine on.
func (d *Document) Text() []byte { return d.body }

// parse reads one document. The YAML library is known to panic on some
// malformed input, and no panic may reach a user.
func (l Limits) parse(t *text, c chunk) (d *Document) {
	startLine, _ := t.position(c.start)
	endLine, _ := t.position(max(c.start, c.end-1))
	d = &Document{StartLine: startLine, EndLine: endLine, text: t, body: t.src[c.start:c.end], firstLine: t.yamlLine(c.start)}
	defer func() {
		if r := recover(); r != nil {
			d.Value, d.Duplicates, d.root = nil, nil, nil
			d.Err = &Error{startLine, fmt.Sprintf("the YAML parser gave up: %v", r)}
		}
	}()
	if !c.checked {
		if err := t.checkCharacters(c); err != nil {
			d.Err = err
			return d
		}
	}
	var node, next yaml.Node
	body := d.body
	stream := yaml.NewDecoder(bytes.NewReader(body))
	if err := stream.Decode(&node); err != nil {
		d.Err = d.syntaxError(body, err)
		return d
	}
	d.more = stream.Decode(&next) != io.EOF
	if len(node.Content) == 0 {
		return d
	}
	dec := decoder{doc: d, limits: l}
	v, err := dec.value(node.Content[0], 1)
	d.nodes = dec.nodes
	if err != nil {
		d.Duplicates = nil
		d.Err = err
		return d
	}
	d.Value, d.root = v, node.Content[0]
	return d
}

var (
	libraryError  = regexp.MustCompile(`^yaml: (?:line (\d+): )?((?s:.*))$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// grammarProblems are the messages the library's grammar, unlike its scanner,
// reports with a line that counts from 0.
var grammarProblems = map[string]bool{
	"did not find expected <stream-start>":   true,
	"did not find expected <document start>": true,
	"did not find expected node content":     true,
	"did not find expected key":              true,
	"did not find expected '-' indicator":    true,
	"did not find expected ',' or ']'":       true,
	"did not find expected ',' or '}'":       true,
	"found undefined tag handle":             true,
	"found duplicate %YAML directive":        true,
	"found incompatible YAML document":       true,
	"found duplicate %TAG directive":         true,
}

// syntaxError finds the true line of a syntax error. Version 3 of the library
// names the line where the surrounding mapping began; version 2 the line that
// does not fit, which is the one to look at.
func (d *Document) syntaxError(body []byte, err error) *Error {
	var nothing struct{}
	var mismatch *yamlv2.TypeError // of the sink, once the text was read
	if v2 := yamlv2.Unmarshal(body, &nothing); v2 != nil && !errors.As(v2, &mismatch) {
		err = v2
	}
	m := libraryError.FindStringSubmatch(err.Error())
	if m == nil {
		return &Error{d.StartLine, err.Error()}
	}
	message := m[2]
	if a := unknownAnchor.FindStringSubmatch(message); a != nil {
		return &Error{d.StartLine + aliasLine(body, a[1]), fmt.Sprintf("unknown anchor %q", a[1])}
	}
	line := 1
	if m[1] != "" {
		line, _ = strconv.Atoi(m[1]) // the pattern admits digits only
		if grammarProblems[message] {
			line++
		}
	}
	at := d.text.yamlOffset(d.firstLine+line, 1)
	line, _ = d.text.position(at)
	return &Error{min(line, d.EndLine), message}
}

// aliasLine is the 0-based line of the first use of an anchor, for the library
// does not say. Comments do not count.
func aliasLine(body []byte, name string) int {
	use := regexp.MustCompile(`(?:^|[\s\[{,:])\*` + regexp.QuoteMeta(name) + `(?:$|[\s\]},:])`)
	for i, line := range bytes.Split(body, []byte("\n")) {
		if loc := use.FindIndex(line); loc != nil && !bytes.HasPrefix(line, []byte("#")) && !bytes.Contains(line[:loc[0]+1], []byte(" #")) {
			return i
		}
	}
	return 0
}

// chunk is the byte range of one document.
type chunk struct {
	start, end int
	checked    bool // its characters are known to be good
}

// split cuts the text into documents. A line that begins with "---" or "..."
// and a blank ends a document wherever it stands: inside a block scalar the
// same text would be indented.
func (t *text) split() []chunk {
	var chunks []chunk
	cur := chunk{start: 0}
	marked, content := false, false
	finish := func(end int) {
		if content {
			cur.end = end
			chunks = append(chunks, cur)
		}
		marked, content = false, false
	}
	for i, off := range t.breaks {
		next := len(t.src)
		if i+1 < len(t.breaks) {
			next = t.breaks[i+1]
		}
		line := t.src[off:next]
		switch {
		case isMarker(line, "---"):
			// Directives and comments before the first marker belong to
			// the document that it begins.
			if marked || content {
				finish(off)
				cur = chunk{start: off}
			}
			marked = true
			content = hasContent(line[3:])
		case isMarker(line, "..."):
			finish(off)
			cur = chunk{start: next}
		case !content && (marked || !bytes.HasPrefix(line, []byte("%"))):
			content = hasContent(line)
		}
	}
	finish(len(t.src))
	return chunks
}

func isMarker(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	if !ok || len(rest) == 0 {
		return ok
	}
	next, _ := utf8.DecodeRune(rest)
	return strings.ContainsRune(" \t\r\n\u0085\u2028\u2029", next)
}

func hasContent(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\r\n\u0085\u2028\u2029\ufeff")
	return len(line) > 0 && line[0] != '#'
}

// text is a file and its line starts.
type text struct {
	src   []byte // without the byte order mark
	bom   int    // bytes of the byte order mark
	ascii bool
	// bareTag says that the tag "!" may stand somewhere.
	bareTag bool
	// lines holds the offset of each line's first byte. A line ends with \n,
	// as editors and SARIF have it.
	lines []int
	// breaks is the same with the line ends YAML knows besides: a lone \r,
	// U+0085, U+2028, U+2029. It is lines itself when there are none.
	breaks []int
}

func newText(src []byte) *text {
	size := len(src)
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	t := &text{src: src, bom: size - len(src), ascii: true, lines: make([]int, 1, 1+len(src)/32)}
	exotic := false
	for i, b := range src {
		switch {
		case b == '\n':
			t.lines = append(t.lines, i+1)
		case b == '\r':
			exotic = exotic || i+1 == len(src) || src[i+1] != '\n'
		case b >= utf8.RuneSelf:
			t.ascii = false
		case b == '!':
			t.bareTag = t.bareTag || endsTag(src[i+1:])
		}
	}
	t.breaks = t.lines
	if !exotic && (t.ascii || !strings.ContainsAny(string(src), "\u0085\u2028\u2029")) {
		return t
	}
	t.breaks = []int{0}
	for i, r := range string(src) {
		switch r {
		case '\n', '\u0085', '\u2028', '\u2029':
			t.breaks = append(t.breaks, i+utf8.RuneLen(r))
		case '\r':
			if i+1 == len(src) || src[i+1] != '\n' {
				t.breaks = append(t.breaks, i+1)
			}
		}
	}
	return t
}

// position is the line and column of a byte offset.
func (t *text) position(off int) (line, column int) {
	line = lineOf(t.lines, off)
	return line, utf8.RuneCount(t.src[t.lines[line-1]:off]) + 1
}

// yamlLine is the number of lines before an offset, as YAML counts them.
func (t *text) yamlLine(off int) int { return lineOf(t.breaks, off) - 1 }

// yamlOffset is the byte offset of a YAML line and column. Places outside the
// text are moved to its nearest end.
func (t *text) yamlOffset(line, column int) int {
	if line > len(t.breaks) {
		return len(t.src)
	}
	off := t.breaks[max(line, 1)-1]
	if t.ascii {
		return min(off+column-1, len(t.src))
	}
	for ; column > 1 && off < len(t.src); column-- {
		_, size := utf8.DecodeRune(t.src[off:])
		off += size
	}
	return off
}

// lineOf is the 1-based line whose start is the last one not after off.
func lineOf(starts []int, off int) int {
	lo, hi := 0, len(starts) // starts[lo] <= off < starts[hi]
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if starts[mid] <= off {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + 1
}

// checkCharacters looks for the first character YAML does not allow. The
// library finds it too but cannot say on which line.
func (t *text) checkCharacters(c chunk) error {
	fail := func(off int, format string, args ...any) error {
		line, _ := t.position(off)
		return &Error{line, fmt.Sprintf(format, args...)}
	}
	for off := c.start; off < c.end; {
		b := t.src[off]
		if b < utf8.RuneSelf {
			switch {
			case b == 0:
				return fail(off, "a NUL byte: this is not a text file")
			case b < ' ' && b != '\t' && b != '\n' && b != '\r', b == 0x7f:
				return fail(off, "control character U+%04X is not allowed", b)
			}
			off++
			continue
		}
		r, size := utf8.DecodeRune(t.src[off:c.end])
		switch {
		case off == 0 && (bytes.HasPrefix(t.src, []byte("\xfe\xff")) || bytes.HasPrefix(t.src, []byte("\xff\xfe"))):
			return fail(off, "the text is UTF-16; save it as UTF-8")
		case r == utf8.RuneError && size == 1:
			return fail(off, "byte 0x%02X is not valid UTF-8", b)
		case r < 0xA0 && r != 0x85, r == 0xFFFE, r == 0xFFFF:
			return fail(off, "control character U+%04X is not allowed", r)
		}
		off += size
	}
	return nil
}
