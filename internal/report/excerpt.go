package report

import (
	"bytes"
	"io/fs"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// excerpts reads source lines to show beside findings. A line that a finding
// of a sensitive rule is about may hold a secret: what stands in the finding's
// range is masked, whichever finding the line is shown for.
type excerpts struct {
	fsys     fs.FS
	files    map[string][][]byte
	secrets  map[string]map[int]columns
	unplaced map[string]bool // files that hold a secret on a line nobody knows
}

// columns is a range of 1-based columns, the end exclusive.
type columns struct{ start, end int }

// newExcerpts prepares the excerpts of a result. Without a source tree there
// are none.
func newExcerpts(r *model.Result, fsys fs.FS) *excerpts {
	e := &excerpts{fsys: fsys, files: map[string][][]byte{}, secrets: map[string]map[int]columns{}, unplaced: map[string]bool{}}
	sensitive := map[string]bool{}
	for i := range r.Rules {
		sensitive[r.Rules[i].ID] = r.Rules[i].Sensitive
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if !sensitive[f.Rule] {
			continue
		}
		e.hide(f.Location)
		for _, l := range f.Related {
			e.hide(l)
		}
	}
	return e
}

// hide masks a location: its own columns on a single line, every line whole
// when it spans several.
func (e *excerpts) hide(l model.Location) {
	if l.Precision == model.File {
		e.unplaced[l.File] = true
		return
	}
	lines := e.secrets[l.File]
	if lines == nil {
		lines = map[int]columns{}
		e.secrets[l.File] = lines
	}
	for n := l.StartLine; n <= l.EndLine; n++ {
		c := columns{l.StartColumn, l.EndColumn}
		if l.EndLine > l.StartLine {
			c = columns{1, 1 << 30}
		}
		if old, ok := lines[n]; ok {
			c = columns{min(old.start, c.start), max(old.end, c.end)}
		}
		lines[n] = c
	}
}

// holdsSecrets tells of files whose lines are not to be shown beyond those
// that findings are about: where one secret stands, others do, in comments or
// in a key that is written twice.
func (e *excerpts) holdsSecrets(name string) bool {
	return e.unplaced[name] || e.secrets[name] != nil
}

// line returns a source line without its end, secrets masked by characters
// that keep every column in its place; ok is false where there is none.
func (e *excerpts) line(name string, n int) (string, bool) {
	if e.fsys == nil || n < 1 {
		return "", false
	}
	lines, ok := e.files[name]
	if !ok {
		if src, err := fs.ReadFile(e.fsys, name); err == nil {
			lines = bytes.Split(src, []byte("\n"))
		}
		if len(e.files) > 64 { // findings come sorted by file
			clear(e.files)
		}
		e.files[name] = lines
	}
	if n > len(lines) {
		return "", false
	}
	line := strings.TrimSuffix(string(lines[n-1]), "\r")
	if c, ok := e.secrets[name][n]; ok {
		line = mask(line, c)
	}
	return line, true
}

// mask leaves the first two characters of a range and blots out the others.
// Template actions show no secret and stay readable.
func mask(line string, c columns) string {
	runes := []rune(line)
	start, end := max(c.start-1, 0), min(c.end-1, len(runes))
	if start >= end || strings.HasPrefix(string(runes[start:end]), "{{") {
		return line
	}
	shown := start + 2
	if start == 0 || end-start < 8 {
		shown = start // a whole line, or too short to show a part of
		for shown < end && (runes[shown] == ' ' || runes[shown] == '\t') {
			shown++
		}
	}
	for i := shown; i < end; i++ {
		runes[i] = '*'
	}
	return string(runes)
}
