// Package raw reads manifests as they stand: a YAML or JSON file goes in, its
// Kubernetes objects come out, each able to say on which line and column a
// field is. It hides how a file falls apart into objects: documents, and the
// items of lists.
package raw

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// Options bound what a file may cost.
type Options struct {
	Limits yamlpos.Limits // the zero value stands for yamlpos.DefaultLimits
}

// Render reads the file unit.Path of the repository. Documents that are no
// Kubernetes objects are passed over; a document that cannot be read is a
// failure and does not hide the others.
func Render(ctx context.Context, fsys fs.FS, unit model.Unit, opts Options) *model.Rendered {
	out := &model.Rendered{Unit: unit, Lines: func() []model.Location { return nil }}
	r := renderer{out: out, file: unit.Path}
	if opts.Limits == (yamlpos.Limits{}) {
		opts.Limits = yamlpos.DefaultLimits
	}
	src, err := read(ctx, fsys, unit.Path, opts.Limits.Bytes)
	if err != nil {
		r.fail(0, fmt.Errorf("read manifest: %w", err))
		return out
	}
	out.Manifest = src
	out.Lines = func() []model.Location { return lines(unit.Path, src) }
	docs, err := opts.Limits.Parse(src)
	for _, d := range docs {
		if d.Err != nil {
			r.fail(d.StartLine, d.Err)
			if bytes.Contains(d.Text(), []byte("{{")) {
				r.out.Failures[len(r.out.Failures)-1].Message += "; this looks like a template: if nobody applies it as it stands, name it in .sekishoignore"
			}
			continue
		}
		r.document(d)
	}
	if err != nil {
		r.fail(1, err)
	}
	return out
}

// read reads a file after a look at its size: a repository may hold disk images.
func read(ctx context.Context, fsys fs.FS, name string, limit int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > int64(limit):
		return nil, fmt.Errorf("%d bytes are more than the limit of %d", info.Size(), limit)
	}
	return fs.ReadFile(fsys, name)
}

// lines maps each line to itself.
func lines(file string, src []byte) []model.Location {
	var locs []model.Location
	for line := range strings.Lines(string(src)) {
		n := len(locs) + 1
		end := utf8.RuneCountInString(strings.TrimRight(line, "\r\n")) + 1
		locs = append(locs, model.Location{
			File: file, StartLine: n, StartColumn: 1, EndLine: n, EndColumn: end,
			Precision: model.Exact, Role: model.RoleSource,
		})
	}
	return locs
}

type renderer struct {
	out  *model.Rendered
	file string
}

func (r *renderer) fail(line int, err error) {
	message := err.Error()
	var at *yamlpos.Error
	if errors.As(err, &at) {
		line, message = at.Line, "parse manifest: "+at.Message
	}
	ref := r.out.Unit.Ref()
	r.out.Failures = append(r.out.Failures, model.Failure{Unit: &ref, File: r.file, Line: line, Message: message})
}

// identity is the apiVersion and kind of a Kubernetes object.
func identity(v map[string]any) (apiVersion, kind string, ok bool) {
	apiVersion, _ = v["apiVersion"].(string)
	kind, _ = v["kind"].(string)
	return apiVersion, kind, apiVersion != "" && kind != ""
}

func (r *renderer) document(d *yamlpos.Document) {
	v, ok := d.Value.(map[string]any)
	if !ok {
		return
	}
	if _, _, ok := identity(v); ok {
		r.object(d, nil, v)
	}
}

// object adds one object, or the items of a list in its place. at is where v
// stands in the document.
func (r *renderer) object(d *yamlpos.Document, at model.Path, v map[string]any) {
	apiVersion, kind, _ := identity(v)
	items, isList := v["items"].([]any)
	if isList && strings.HasSuffix(kind, "List") {
		for i, item := range items {
			r.item(d, at.Join("items", i), item, apiVersion, strings.TrimSuffix(kind, "List"))
		}
		return
	}
	meta, _ := v["metadata"].(map[string]any)
	namespace, _ := meta["namespace"].(string)
	name, _ := meta["name"].(string)
	if name == "" {
		name, _ = meta["generateName"].(string)
	}
	obj := model.Object{
		ID:     model.ObjectID{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: name},
		Value:  v,
		Origin: origin{file: r.file, doc: d, at: at},
	}
	for _, dup := range d.Duplicates {
		if path, ok := below(at, dup.Path); ok {
			obj.Duplicate = append(obj.Duplicate, model.DuplicateKey{Path: path, Line: dup.Line})
		}
	}
	r.out.Objects = append(r.out.Objects, obj)
}

// item adds an item of a list. The items of a ConfigMapList need not say that
// they are ConfigMaps; those of a plain List must.
func (r *renderer) item(d *yamlpos.Document, at model.Path, item any, apiVersion, kind string) {
	v, ok := item.(map[string]any)
	if ok && kind != "" {
		if v["kind"] == nil {
			v["kind"] = kind
		}
		if v["apiVersion"] == nil {
			v["apiVersion"] = apiVersion
		}
	}
	if ok {
		_, _, ok = identity(v)
	}
	if !ok {
		r.fail(d.Locate(at).Range.StartLine, fmt.Errorf("read manifest: %s is no Kubernetes object: apiVersion and kind are missing", at))
		return
	}
	r.object(d, at, v)
}

// below cuts the beginning at off a path.
func below(at, path model.Path) (model.Path, bool) {
	if len(path) < len(at) {
		return nil, false
	}
	for i, e := range at {
		if path[i] != e {
			return nil, false
		}
	}
	return path[len(at):], true
}

// origin places the fields of an object that stands in a file as it is.
type origin struct {
	file string
	doc  *yamlpos.Document
	at   model.Path // where the object stands in the document
}

func (o origin) Locate(p model.Path) model.Trace {
	full := o.at.Join(p...)
	place := o.doc.Locate(full)
	loc := o.location(place.Range, model.RoleSource)
	loc.Precision = model.Exact
	if place.Depth < len(full) {
		loc.Precision = model.Parent
	}
	trace := model.Trace{Location: loc}
	for _, via := range place.Via {
		trace.Related = append(trace.Related, o.location(via, model.RoleInclude))
	}
	return trace
}

func (o origin) location(r yamlpos.Range, role model.Role) model.Location {
	return model.Location{
		File: o.file, StartLine: r.StartLine, StartColumn: r.StartColumn,
		EndLine: r.EndLine, EndColumn: r.EndColumn, Role: role,
	}
}
