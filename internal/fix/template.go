package fix

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// inTemplate edits the literal YAML of a template. What is in the way of the
// edit, an action or a condition that it would come to stand under, is an error.
func inTemplate(src []byte, op model.FixOp) (yamlpos.Splice, error) {
	t := readTemplate(string(src))
	docs, err := yamlpos.Parse([]byte(t.part(op.At.Location.StartLine)))
	if err != nil {
		return yamlpos.Splice{}, err
	}
	d, path, err := standing(docs, op)
	if err != nil {
		return yamlpos.Splice{}, err
	}
	e := edit(op, path)
	block := t.blockOf(op.At.Location.StartLine)
	e.Between = func(off, column int) bool { return t.takesLine(off, column, block) }
	s, err := d.Edit(e)
	if err != nil {
		return s, err
	}
	if slices.ContainsFunc(t.actions, func(a action) bool { return s.Start < a.end && a.start < s.End }) {
		return s, errors.New("an action prints the value")
	}
	if strings.Contains(s.Text, "{{") {
		return s, errors.New("the text would be read as an action")
	}
	return s, nil
}

// template is a template seen as the YAML it would be without its actions.
type template struct {
	src     string
	actions []action
	lines   []int // where each line begins
	blocks  []int // of each line: the block it stands in, 0 outside of all
	parts   []int // of each line: the define it belongs to, 0 for the file's own text
	masked  []byte
}

// action is the text of one {{ }}, and whether it has its lines for itself.
type action struct {
	start, end int
	word       string // its first word
	alone      bool
}

var (
	comment   = regexp.MustCompile(`(?s)^\{\{-?\s*/\*.*?\*/\s*-?\}\}`)
	firstWord = regexp.MustCompile(`^\{\{-?\s*([A-Za-z]+|\$\w*\s*:?=|/\*)?`)
)

// silent are actions that print nothing: they only say what others do.
var silent = []string{"if", "else", "end", "range", "with", "define", "block", "break", "continue", "/*"}

func (a action) silent() bool {
	return slices.Contains(silent, a.word) || strings.HasSuffix(a.word, "=")
}

// readTemplate finds the actions and puts harmless text of the same length in
// their place: a comment where an action has its lines for itself, a word
// elsewhere.
func readTemplate(src string) *template {
	t := &template{src: src, lines: []int{0}, masked: []byte(src)}
	for i := range len(src) {
		if src[i] == '\n' && i+1 < len(src) {
			t.lines = append(t.lines, i+1)
		}
	}
	for at := 0; ; {
		i := strings.Index(src[at:], "{{")
		if i < 0 {
			break
		}
		start := at + i
		n := len(comment.FindString(src[start:]))
		if n == 0 {
			n = len(actionEnd(src[start:]))
		}
		a := action{start: start, end: start + n, word: firstWord.FindStringSubmatch(src[start : start+n])[1]}
		t.actions = append(t.actions, a)
		at = a.end
	}
	t.findAlone()
	for _, a := range t.actions {
		for i := a.start; i < a.end; i++ {
			switch begins := i == a.start || src[i-1] == '\n'; {
			case src[i] == '\n' || src[i] == '\r':
			case begins && (a.alone || i > a.start):
				t.masked[i] = '#'
			default:
				t.masked[i] = 'x'
			}
		}
	}
	t.findBlocks()
	return t
}

// actionEnd is the text of an action: up to the first }} outside of strings.
func actionEnd(src string) string {
	quote := byte(0)
	for i := 2; i < len(src); i++ {
		switch c := src[i]; {
		case quote != 0 && c == '\\' && quote == '"':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '`':
			quote = c
		case strings.HasPrefix(src[i:], "}}"):
			return src[:i+2]
		}
	}
	return src
}

// findAlone tells which actions have nothing but actions beside them.
func (t *template) findAlone() {
	for i := 0; i < len(t.actions); {
		j := i // the last action of the row that stands on common lines
		for j+1 < len(t.actions) && !strings.Contains(t.src[t.actions[j].end:t.actions[j+1].start], "\n") {
			j++
		}
		from := strings.LastIndexByte(t.src[:t.actions[i].start], '\n') + 1
		to := len(t.src)
		if n := strings.IndexByte(t.src[t.actions[j].end:], '\n'); n >= 0 {
			to = t.actions[j].end + n
		}
		rest := t.src[from:t.actions[i].start] + t.src[t.actions[j].end:to]
		for k := i; k < j; k++ {
			rest += t.src[t.actions[k].end:t.actions[k+1].start]
		}
		for k := i; k <= j; k++ {
			t.actions[k].alone = strings.TrimSpace(rest) == ""
		}
		i = j + 1
	}
}

// findBlocks follows if, with, range and define through the lines. Each branch
// is a block of its own.
func (t *template) findBlocks() {
	type open struct{ block, part int }
	stack := []open{{}}
	blocks, next := 0, 0
	for i := range t.lines {
		end := t.lineEnd(i)
		top := stack[len(stack)-1]
		t.blocks, t.parts = append(t.blocks, top.block), append(t.parts, top.part)
		for ; next < len(t.actions) && t.actions[next].start < end; next++ {
			top := stack[len(stack)-1]
			switch t.actions[next].word {
			case "if", "with", "range", "block":
				blocks++
				stack = append(stack, open{blocks, top.part})
			case "define":
				blocks++
				stack = append(stack, open{blocks, blocks})
			case "else":
				blocks++
				stack[len(stack)-1].block = blocks
			case "end":
				if len(stack) > 1 {
					stack = stack[:len(stack)-1]
				}
			}
		}
	}
}

// lineEnd is where the line after the one with an index begins.
func (t *template) lineEnd(i int) int {
	if i+1 < len(t.lines) {
		return t.lines[i+1]
	}
	return len(t.src)
}

// part is the text of the define that a line belongs to, or of the file without
// its defines, at its place in the file.
func (t *template) part(line int) string {
	if line < 1 || line > len(t.lines) {
		return ""
	}
	out := slices.Clone(t.masked)
	for i, start := range t.lines {
		if t.parts[i] == t.parts[line-1] {
			continue
		}
		for j := start; j < t.lineEnd(i); j++ {
			if out[j] != '\n' && out[j] != '\r' {
				out[j] = ' '
			}
		}
	}
	return string(out)
}

func (t *template) blockOf(line int) int {
	if line < 1 || line > len(t.blocks) {
		return -1
	}
	return t.blocks[line-1]
}

// takesLine tells whether a key may be written on a new line at an offset, in a
// column: in the block of the line it belongs to, and not where the lines below,
// which may stand under conditions, go on with the value of the key above.
func (t *template) takesLine(off, column, block int) bool {
	line, ok := slices.BinarySearch(t.lines, off)
	if !ok {
		// The end of a file without a line end.
		return off == len(t.src) && t.blocks[len(t.blocks)-1] == block
	}
	if t.blocks[line] != block {
		return false
	}
	for ; line < len(t.lines); line++ {
		end := t.lineEnd(line)
		whole := strings.TrimRight(t.src[t.lines[line]:end], " \t\r\n")
		text := strings.TrimLeft(whole, " ")
		if text == "" || text[0] == '#' {
			continue
		}
		indent := len(whole) - len(text)
		inside := func(a action) bool { return a.start < end && t.lines[line] < a.end }
		if i := slices.IndexFunc(t.actions, inside); i >= 0 && t.actions[i].alone {
			if !slices.ContainsFunc(t.actions, func(a action) bool { return inside(a) && !a.silent() }) {
				continue
			}
			m := indents.FindStringSubmatch(text)
			if m == nil {
				return false // how far it is indented is not to be seen
			}
			n, _ := strconv.Atoi(m[1]) // the pattern admits digits only
			return n < column          // else they may be items of the list above
		}
		return indent < column || indent == column && text != "-" && !strings.HasPrefix(text, "- ")
	}
	return true
}

// indents is how an action indents what it prints.
var indents = regexp.MustCompile(`\bn?indent\s+(\d{1,3})\b`)
