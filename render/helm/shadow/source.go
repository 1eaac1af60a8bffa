package shadow

import (
	"crypto/sha256"
	"sort"
	"strings"
	"text/template/parse"
	"unicode/utf8"
)

// mainTree names the tree of a file's own text, what lies outside of
// {{define}}. The file's path is not part of a source, so that charts with
// equal files (vendored helper libraries) share one.
const mainTree = "\x00file"

// source is the text of a template file, or of a string handed to tpl, with
// its parse trees and, once asked for, the rewritten ones.
type source struct {
	text  string
	trees map[string]*parse.Tree // as parsed, by name; mainTree for the file itself
	err   error                  // of parsing

	shadows map[*parse.Tree]*shadowTree
	sites   []*site
	fields  []field
	lines   []int // offset of each line's first byte
}

// sources keeps what was parsed, by the hash of the text. It is emptied when
// it holds more than maxCached bytes of text. Rendering within a process is
// serial, so it needs no lock beyond the engine's.
type sources struct {
	byHash map[[sha256.Size]byte]*source
	bytes  int
}

// maxCached bounds the text kept parsed. A tree takes about ten times the
// memory of its text; the largest helper library we met is 150 kB.
const maxCached = 4 << 20

func (c *sources) get(text string) *source {
	hash := sha256.Sum256([]byte(text))
	if s := c.byHash[hash]; s != nil {
		return s
	}
	s := newSource(text)
	if c.bytes += len(text); c.byHash == nil || c.bytes > maxCached {
		c.byHash, c.bytes = map[[sha256.Size]byte]*source{}, len(text)
	}
	c.byHash[hash] = s
	return s
}

func newSource(text string) *source {
	s := &source{text: text, trees: map[string]*parse.Tree{}, shadows: map[*parse.Tree]*shadowTree{}}
	tree := parse.New(mainTree)
	// The stock render has checked that every function exists.
	tree.Mode = parse.SkipFuncCheck
	_, s.err = tree.Parse(text, "", "", s.trees)
	return s
}

// plain tells that a file has no actions: it renders as itself.
func (s *source) plain() bool { return !strings.Contains(s.text, "{{") }

// position is the line and column of an offset, both from 1, the column in
// code points.
func (s *source) position(at int) (line, column int) {
	if s.lines == nil {
		s.lines = []int{0}
		for i := 0; i < len(s.text); i++ {
			if s.text[i] == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	}
	at = max(0, min(at, len(s.text)))
	line = sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > at })
	return line, utf8.RuneCountInString(s.text[s.lines[line-1]:at]) + 1
}

// siteKind says what stands at a site.
type siteKind int

const (
	siteText   siteKind = iota // text between actions
	siteAction                 // an action that prints, or declares a variable
	siteIf
	siteWith
	siteRange
	siteCall // {{template}} or {{block}}
)

// site is a place in a source that does something.
type site struct {
	src   *source
	kind  siteKind
	pos   int // of the text, or somewhere inside the action's delimiters
	level int // how many if, with and range enclose it in its template

	// Of text: what stands between the places where a marker goes, one more
	// than there are places, and the offset in the source of each place.
	pieces  []string
	offsets []int

	name string // of a call: the template's name

	// Of if, with and range: the variables and the dot it binds (0: none), and
	// the branches.
	dot, key, elem  int
	assigns         []int // variables of outer scopes that a branch sets
	body, otherwise *parse.ListNode
}

// span is the byte range of an action with its delimiters, or of the text.
func (s *site) span() (start, end int) {
	text := s.src.text
	if s.kind == siteText {
		return s.pos, s.pos + len(strings.Join(s.pieces, ""))
	}
	start = s.pos
	if i := strings.LastIndex(text[:s.pos], "{{"); i >= 0 {
		start = i
	}
	return start, actionEnd(text, s.pos)
}

// actionEnd is the offset after the }} that closes the action holding pos.
func actionEnd(text string, pos int) int {
	for i := pos; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\'':
			for i++; i < len(text) && text[i] != c && text[i] != '\n'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '`':
			for i++; i < len(text) && text[i] != '`'; i++ {
			}
		case '}':
			if strings.HasPrefix(text[i:], "}}") {
				return i + 2
			}
		}
	}
	return len(text)
}

// field describes a read of fields: `$x.a.b` reads a and b of what variable
// decl holds.
type field struct {
	decl int
	keys []string
}
