// Package fix makes the fix of a finding an edit of the source, and tells
// whether an edit did what it should.
//
// A rule says how to change the object: set this field, remove that one. In go
// these operations with the place each field comes from; out come changes of
// the text of a manifest, a base, a patch, a template or a values file (Plan).
// It hides how a template is read as the YAML it would be without its actions.
// Where a place is not plain there is no edit: nothing is guessed.
//
// What was planned is not believed. Whoever plans renders the tree with the
// edits laid over it, and Check compares: the finding is gone, the objects are
// the old ones with the operations applied, nothing new was found.
package fix

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// Change is a change of a file's text.
type Change struct {
	File string // relative to the root
	yamlpos.Splice
}

// Locate finds out where the paths of some operations on an object come from.
func Locate(obj *model.Object, ops []model.FixOp) []model.FixOp {
	out := slices.Clone(ops)
	for i := range out {
		op := &out[i]
		trace := obj.Origin.Locate(op.Path)
		op.At, op.Missing = &trace, 0
		for have := op.Path; len(have) > 0; have = have[:len(have)-1] {
			if _, ok := have.Lookup(obj.Value); ok {
				break
			}
			op.Missing++
		}
	}
	return out
}

// Sources are the files that can be edited.
type Sources interface {
	// Read is the text of a file of the repository.
	Read(file string) ([]byte, error)
	// Vendored tells of files that come from elsewhere: an edit would not last.
	Vendored(file string) bool
}

// Plan finds the changes of text that make the operations of a fix, as Locate
// has placed them.
func Plan(sources Sources, ops []model.FixOp) ([]Change, error) {
	var changes []Change
	for _, op := range ops {
		if op.At == nil {
			return nil, errors.New("where the field comes from is not known")
		}
		at := op.At.Location
		if at.Precision == model.File {
			return nil, errors.New("only the file is known")
		}
		if sources.Vendored(at.File) {
			over, ok := override(op.At, sources)
			if !ok {
				return nil, errors.New("the file belongs to a chart that Chart.yaml takes from elsewhere")
			}
			at, op.At = over, &model.Trace{Location: over}
		}
		src, err := sources.Read(at.File)
		if err != nil {
			return nil, err
		}
		var s yamlpos.Splice
		switch at.Role {
		case model.RoleValue:
			s, err = inValues(src, op)
		case model.RoleTemplate:
			s, err = inTemplate(src, op)
		case model.RoleSource, model.RoleBase, model.RolePatch:
			s, err = inManifest(src, op)
		default:
			return nil, fmt.Errorf("the line is not where the field is written (%s)", at.Role)
		}
		if err != nil {
			return nil, err
		}
		changes = append(changes, Change{at.File, s})
	}
	if len(Together(nil, changes)) != len(changes) {
		return nil, errors.New("the operations change the same text")
	}
	return changes, nil
}

// override is the place in a chart of this repository where the values key of a
// chart that is not would be set, if that has values for it.
func override(t *model.Trace, sources Sources) (model.Location, bool) {
	for _, l := range t.Related {
		if l.Role == model.RoleValue && t.Location.Confirmed && strings.HasSuffix(l.Key, "."+t.Location.Key) && !sources.Vendored(l.File) {
			l.Confirmed = true
			return l, true
		}
	}
	return model.Location{}, false
}

// inManifest edits a document that holds the field as it is.
func inManifest(src []byte, op model.FixOp) (yamlpos.Splice, error) {
	docs, err := yamlpos.Parse(src)
	if err != nil {
		return yamlpos.Splice{}, err
	}
	d, path, err := standing(docs, op)
	if err != nil {
		return yamlpos.Splice{}, err
	}
	return d.Edit(edit(op, path))
}

// edit is an operation whose path, as far as it exists, stands at another path
// of a document.
func edit(op model.FixOp, at []any) yamlpos.Edit {
	e := yamlpos.Edit{Op: op.Op, Path: at, Value: op.Value}
	if op.Missing > 0 {
		e.Op, e.Path = "add", append(slices.Clone(at), op.Path[len(op.Path)-op.Missing:]...)
	}
	return e
}

// standing finds the document and the path in it that a line is about: the
// deepest one that begins there and ends like the operation's path, as far as
// that exists. In a patch the document may stand in a text of a kustomization,
// and the field may be the value of a JSON patch.
func standing(docs []*yamlpos.Document, op model.FixOp) (*yamlpos.Document, []any, error) {
	line := op.At.Location.StartLine
	have := op.Path[:len(op.Path)-op.Missing]
	for _, d := range docs {
		if line < d.StartLine || line > d.EndLine || d.Err != nil {
			continue
		}
		if op.At.Location.Role == model.RolePatch {
			if text, ok := d.Literal(line); ok {
				inner, err := yamlpos.Parse(text)
				if err != nil {
					return nil, nil, err
				}
				return standing(inner, op)
			}
			if path, ok := inJSONPatch(d, have, op.At.Location); ok {
				if op.Op == "remove" && op.Missing == 0 {
					return nil, nil, fmt.Errorf("line %d: a JSON patch sets the field", line)
				}
				return d, path, nil
			}
		}
		path, ok := d.PathAt(line)
		if !ok {
			break
		}
		if len(have) == 0 {
			return d, nil, nil
		}
		for ; len(path) > 0; path = path[:len(path)-1] {
			if sameEnd(path, have) && begins(d.Locate(path), line) {
				return d, path, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("line %d does not write the field itself", line)
}

// inJSONPatch finds the operation of a JSON patch whose value, at a place, is
// the field that a path leads to.
func inJSONPatch(d *yamlpos.Document, have []any, at model.Location) (path []any, ok bool) {
	patch, _ := d.Value.([]any)
	for i := range patch {
		o, _ := patch[i].(map[string]any)
		pointer, _ := o["path"].(string)
		if o["op"] != "add" && o["op"] != "replace" || len(have) == 0 || !strings.HasPrefix(pointer, "/") {
			continue
		}
		value := []any{i, "value"}
		r := d.Locate(value).Range
		if r.StartLine == at.StartLine && r.StartColumn == at.StartColumn && sameEnd(pointed(pointer), have) {
			return value, true
		}
	}
	return nil, false
}

// pointed is the path a JSON pointer stands for (RFC 6901). "-", the place
// behind the last item of a list, is an item.
func pointed(pointer string) []any {
	var path []any
	for _, key := range strings.Split(pointer, "/")[1:] {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
		if n, err := strconv.Atoi(key); err == nil || key == "-" {
			path = append(path, n)
			continue
		}
		path = append(path, key)
	}
	return path
}

// begins tells whether a place begins on a line: with its key, if it has one.
func begins(p yamlpos.Place, line int) bool {
	if p.Key != (yamlpos.Range{}) {
		return p.Key.StartLine == line
	}
	return p.Value.StartLine == line
}

// sameEnd tells whether two paths end in the same key, or both in an item.
func sameEnd(a, b []any) bool {
	x, y := a[len(a)-1], b[len(b)-1]
	_, item := x.(int)
	_, other := y.(int)
	return item && other || x == y
}

// inValues edits the key of a values file that was seen to feed the field.
func inValues(src []byte, op model.FixOp) (yamlpos.Splice, error) {
	at := op.At.Location
	key, err := model.ParsePath(at.Key)
	if err != nil || len(key) == 0 || !at.Confirmed {
		return yamlpos.Splice{}, errors.New("no single values key feeds the field")
	}
	docs, err := yamlpos.Parse(src)
	if err != nil {
		return yamlpos.Splice{}, err
	}
	if len(docs) == 0 || docs[0].Err != nil {
		return yamlpos.Splice{}, errors.New("the values file cannot be read")
	}
	d := docs[0]
	place := d.Locate(key)
	if place.Range.StartLine != at.StartLine {
		return yamlpos.Splice{}, fmt.Errorf("line %d does not write the key itself", at.StartLine) // of --set, perhaps
	}
	e := yamlpos.Edit{Op: op.Op, Path: key, Value: op.Value}
	if e.Op == "replace" && place.Depth < len(key) {
		e.Op = "add"
	}
	// A key that holds a mapping gets the fields, not another mapping.
	have, _ := key.Lookup(d.Value)
	for m, ok := have.(map[string]any); ok && e.Op != "remove"; m, ok = have.(map[string]any) {
		fields, isMap := e.Value.(map[string]any)
		if !isMap || len(fields) != 1 {
			break
		}
		for name, v := range fields {
			e.Path, e.Value, have = append(slices.Clone(e.Path), name), v, m[name]
		}
		e.Op = "add"
	}
	return d.Edit(e)
}

// Together picks the changes that can be made besides those taken already: all
// of a text as it is now, none in the way of another. Equal changes are one.
func Together(taken, more []Change) []Change {
	var out []Change
	for _, c := range more {
		if !slices.ContainsFunc(slices.Concat(taken, out), c.disturbs) {
			out = append(out, c)
		}
	}
	return out
}

// disturbs tells whether two changes are about the same text, without being
// the same change. Two insertions at one place would have an order.
func (c Change) disturbs(o Change) bool {
	return c != o && c.File == o.File && c.Start <= o.End && o.Start <= c.End
}

// Apply makes the changes of one file's text. None disturbs another.
func Apply(src []byte, changes []Change) []byte {
	sorted := slices.Clone(changes)
	slices.SortFunc(sorted, func(a, b Change) int { return cmp.Compare(b.Start, a.Start) })
	for i, c := range sorted {
		if i == 0 || c != sorted[i-1] {
			src = c.Splice.Apply(src)
		}
	}
	return src
}

// Lines are the lines of a file that a change replaces, both ends included, and
// the text that takes their place, without its last line end. Lines that are
// added take the line before them along, at the beginning of a file the one
// behind; lines that are taken out the one behind.
func (c Change) Lines(src []byte) (first, last int, text string) {
	lineStart := func(off int) int { return bytes.LastIndexByte(src[:off], '\n') + 1 }
	start, end := lineStart(c.Start), c.End
	whole := start == c.Start && (end == len(src) || lineStart(end) == end)
	switch {
	case whole && start > 0 && (c.Start == c.End || c.Text == "" && end == len(src)):
		start, end = lineStart(start-1), max(c.End-1, start-1)
	case whole && strings.HasSuffix(c.Text, "\n") && end > start:
		end--
	}
	if i := bytes.IndexByte(src[end:], '\n'); i >= 0 {
		end += i
	} else {
		end = len(src)
	}
	first = bytes.Count(src[:start], []byte("\n")) + 1
	last = first + bytes.Count(src[start:end], []byte("\n"))
	after := c.Splice.Apply(src)
	return first, last, strings.TrimSuffix(string(after[start:end+len(after)-len(src)]), "\n")
}
