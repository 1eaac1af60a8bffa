package helm

import (
	"cmp"
	"encoding/base64"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
	"github.com/sekisho/sekisho/render/helm/invent"
)

// objects reads a rendered document: none if it is empty, several if it is a
// List. An error leaves no object of the document out silently.
func (d document) objects(r *renderer) ([]model.Object, error) {
	fault := func(err error) error { return r.source.documentFault(&documentError{d, err}) }
	// Helm prints a line end after each document; a block scalar at its end
	// holds it.
	docs, err := yamlpos.Parse([]byte(d.text + "\n"))
	if err != nil {
		return nil, fault(err)
	}
	var objects []model.Object
	var errs []error
	for _, doc := range docs {
		if doc.Err != nil {
			errs = append(errs, fault(doc.Err))
			continue
		}
		if doc.Value == nil {
			continue
		}
		value, ok := doc.Value.(map[string]any)
		if !ok {
			errs = append(errs, fault(&yamlpos.Error{Line: doc.StartLine, Message: noMapping}))
			continue
		}
		if len(value) == 0 {
			continue
		}
		o := &origin{source: r.source, document: d}
		if d.crds {
			o.written = doc
		}
		objs := expand(value, o)
		for i := range objs {
			obj := &objs[i]
			prefix := obj.Origin.(*origin).prefix
			obj.Generated = generated(obj.Value, r.session)
			for _, dup := range doc.Duplicates {
				if rest, ok := belowPath(dup.Path, prefix); ok {
					obj.Duplicate = append(obj.Duplicate, model.DuplicateKey{Path: rest, Line: dup.Line})
				}
			}
			if obj.ID.Kind == "" || obj.ID.APIVersion == "" {
				errs = append(errs, fault(&yamlpos.Error{Line: doc.StartLine, Message: noKind}))
			}
		}
		objects = append(objects, objs...)
	}
	return objects, errors.Join(errs...)
}

// expand turns a List into its items, and any other object into itself.
func expand(value map[string]any, o *origin) []model.Object {
	items, isList := value["items"].([]any)
	if kind, _ := value["kind"].(string); !isList || !strings.HasSuffix(kind, "List") {
		return []model.Object{{ID: identity(value), Value: value, Origin: o}}
	}
	var out []model.Object
	for i, item := range items {
		if m, ok := item.(map[string]any); ok {
			inner := *o
			inner.prefix = o.prefix.Join("items", i)
			out = append(out, expand(m, &inner)...)
		}
	}
	return out
}

func identity(value map[string]any) model.ObjectID {
	text := func(m map[string]any, key string) string { s, _ := m[key].(string); return s }
	meta, _ := value["metadata"].(map[string]any)
	return model.ObjectID{
		APIVersion: text(value, "apiVersion"), Kind: text(value, "kind"),
		Namespace: text(meta, "namespace"), Name: text(meta, "name"),
	}
}

func belowPath(p, prefix model.Path) (model.Path, bool) {
	if len(p) < len(prefix) {
		return nil, false
	}
	for i, e := range prefix {
		if p[i] != e {
			return nil, false
		}
	}
	return p[len(prefix):], true
}

// generated lists the fields whose value was invented while rendering, also
// when it stands in base64.
func generated(value map[string]any, session *invent.Session) []model.Path {
	if !session.Any() {
		return nil
	}
	var out []model.Path
	var walk func(v any, p model.Path)
	walk = func(v any, p model.Path) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(v) {
				walk(v[k], p.Join(k))
			}
		case []any:
			for i, e := range v {
				walk(e, p.Join(i))
			}
		case string:
			if session.Invented(v) || session.Invented(decoded(v)) {
				out = append(out, p)
			}
		}
	}
	walk(value, nil)
	return out
}

// addGenerated lists the fields that differ from another run's.
func addGenerated(objects, others []model.Object) {
	if len(objects) != len(others) {
		return // something random decides what there is
	}
	for i := range objects {
		obj := &objects[i]
		known := map[string]bool{}
		for _, p := range obj.Generated {
			known[p.String()] = true
		}
		differences(obj.Value, others[i].Value, nil, func(p model.Path, _, _ any) {
			if !known[p.String()] {
				obj.Generated = append(obj.Generated, p)
			}
		})
		slices.SortFunc(obj.Generated, func(a, b model.Path) int { return cmp.Compare(a.String(), b.String()) })
	}
}

// differences reports the innermost fields in which two values differ; a
// missing one is nil.
func differences(a, b any, p model.Path, report func(p model.Path, a, b any)) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		keys := maps.Clone(x)
		maps.Copy(keys, y)
		for _, k := range sortedKeys(keys) {
			va, inA := x[k]
			vb, inB := y[k]
			if inA != inB {
				report(p.Join(k), va, vb)
				continue
			}
			differences(va, vb, p.Join(k), report)
		}
		return
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			break
		}
		for i := range x {
			differences(x[i], y[i], p.Join(i), report)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		report(p, a, b)
	}
}

// decoded is what base64 text says, or nothing.
func decoded(text string) string {
	if len(text) < 8 || len(text)%4 != 0 {
		return ""
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(b)
}
