package policy

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sekisho/sekisho/internal/model"
)

// object makes a Rego object of alternating keys and values.
func object(kvs ...any) *ast.Term {
	items := make([][2]*ast.Term, 0, len(kvs)/2)
	for i := 0; i < len(kvs); i += 2 {
		items = append(items, [2]*ast.Term{ast.InternedTerm(kvs[i].(string)), kvs[i+1].(*ast.Term)})
	}
	return ast.ObjectTerm(items...)
}

// term converts JSON-shaped Go data.
func term(v any) (*ast.Term, error) {
	value, err := ast.InterfaceToValue(v)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(value), nil
}

// pathTerm converts a path to a list of keys and indices.
func pathTerm(p model.Path) *ast.Term {
	terms := make([]*ast.Term, len(p))
	for i, e := range p {
		switch e := e.(type) {
		case int:
			terms[i] = ast.InternedTerm(e)
		case string:
			terms[i] = ast.InternedTerm(e)
		}
	}
	return ast.ArrayTerm(terms...)
}

// at follows a path through a term; nil when it leads nowhere.
func at(t *ast.Term, p model.Path) *ast.Term {
	for _, e := range p {
		if t == nil {
			return nil
		}
		switch v := t.Value.(type) {
		case ast.Object:
			key, ok := e.(string)
			if !ok {
				return nil
			}
			t = v.Get(ast.InternedTerm(key))
		case *ast.Array:
			i, ok := e.(int)
			if !ok || i < 0 || i >= v.Len() {
				return nil
			}
			t = v.Elem(i)
		default:
			return nil
		}
	}
	return t
}

// pathOf reads a path that a policy gave.
func pathOf(t *ast.Term) (model.Path, error) {
	list, ok := t.Value.(*ast.Array)
	if !ok {
		return nil, fmt.Errorf("a path is a list of keys and indices, not %v", t)
	}
	p := make(model.Path, list.Len())
	for i := range p {
		switch v := list.Elem(i).Value.(type) {
		case ast.String:
			p[i] = string(v)
		case ast.Number:
			n, ok := v.Int()
			if !ok || n < 0 {
				return nil, fmt.Errorf("path %v has the index %v", t, v)
			}
			p[i] = n
		default:
			return nil, fmt.Errorf("path %v has the element %v", t, v)
		}
	}
	return p, nil
}

// goValue converts a term to JSON-shaped Go data, whole numbers as int64.
func goValue(t *ast.Term) (any, error) {
	v, err := ast.JSON(t.Value)
	if err != nil {
		return nil, err
	}
	return plainNumbers(v), nil
}

// plainNumbers replaces json.Number by int64 or float64.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return v
}

// verdict reads one element of a deny set. find looks for the view of
// the object that a related path is of; nil is the one under judgment.
func verdict(t *ast.Term, conftest bool, find func(*identity) (int, bool)) (Verdict, error) {
	if s, ok := t.Value.(ast.String); ok && conftest {
		return Verdict{Message: string(s)}, nil
	}
	obj, ok := t.Value.(ast.Object)
	if !ok {
		return Verdict{}, fmt.Errorf("a result is an object with message and path, not %v", t)
	}
	var v Verdict
	field := "message"
	if conftest {
		field = "msg"
	}
	msg, ok := text(obj, field)
	if !ok {
		return Verdict{}, fmt.Errorf("a result has no %s: %v", field, t)
	}
	v.Message = msg
	if p := obj.Get(ast.InternedTerm("path")); p != nil {
		path, err := pathOf(p)
		if err != nil && !conftest {
			return Verdict{}, err
		}
		v.Path = path // conftest knows no path: theirs may mean anything
	} else if !conftest {
		return Verdict{}, fmt.Errorf("a result has no path: %v", t)
	}
	if conftest {
		return v, nil
	}
	if s := obj.Get(ast.InternedTerm("severity")); s != nil {
		str, _ := s.Value.(ast.String)
		v.Severity = model.Severity(str)
		if v.Severity.Rank() > 2 {
			return Verdict{}, fmt.Errorf("severity is %v: error, warning or note", s)
		}
	}
	var err error
	if v.Related, err = related(obj.Get(ast.InternedTerm("related")), find); err != nil {
		return Verdict{}, err
	}
	v.Fix, err = fix(obj.Get(ast.InternedTerm("fix")))
	return v, err
}

// text is a string field of an object.
func text(obj ast.Object, key string) (string, bool) {
	t := obj.Get(ast.InternedTerm(key))
	if t == nil {
		return "", false
	}
	s, ok := t.Value.(ast.String)
	return string(s), ok
}

// identity names an object the way a policy does. An empty apiVersion is any.
type identity struct{ apiVersion, kind, namespace, name string }

// related reads a list of paths, each of the object under judgment or
// {"object": …, "path": …} of another. An object that is not in the render is
// left out.
func related(t *ast.Term, find func(*identity) (int, bool)) ([]Related, error) {
	if t == nil {
		return nil, nil
	}
	list, ok := t.Value.(*ast.Array)
	if !ok {
		return nil, fmt.Errorf("related is a list of paths, not %v", t)
	}
	var out []Related
	for i := range list.Len() {
		var of *identity
		at := list.Elem(i)
		if elsewhere, ok := at.Value.(ast.Object); ok {
			object, ok := elsewhere.Get(ast.InternedTerm("object")), false
			if at = elsewhere.Get(ast.InternedTerm("path")); object != nil && at != nil {
				of, ok = identityOf(object)
			}
			if !ok {
				return nil, fmt.Errorf("related: of another object it is {object: {kind, namespace, name}, path}, not %v", elsewhere)
			}
		}
		p, err := pathOf(at)
		if err != nil {
			return nil, fmt.Errorf("related: %w", err)
		}
		if view, found := find(of); found {
			out = append(out, Related{view, p})
		}
	}
	return out, nil
}

// identityOf reads the identity of an object. Of one without a name, or with a
// name that is none, nothing is found: it is a stranger's.
func identityOf(t *ast.Term) (*identity, bool) {
	obj, ok := t.Value.(ast.Object)
	if !ok {
		return nil, false
	}
	var id identity
	id.apiVersion, _ = text(obj, "apiVersion")
	id.kind, _ = text(obj, "kind")
	id.namespace, _ = text(obj, "namespace")
	id.name, _ = text(obj, "name")
	return &id, true
}

// fix reads a list of {op, path, value}.
func fix(t *ast.Term) ([]model.FixOp, error) {
	if t == nil {
		return nil, nil
	}
	list, ok := t.Value.(*ast.Array)
	if !ok {
		return nil, fmt.Errorf("fix is a list of edits, not %v", t)
	}
	ops := make([]model.FixOp, list.Len())
	for i := range ops {
		obj, ok := list.Elem(i).Value.(ast.Object)
		if !ok {
			return nil, fmt.Errorf("fix: an edit is an object, not %v", list.Elem(i))
		}
		op, _ := text(obj, "op")
		p, value := obj.Get(ast.InternedTerm("path")), obj.Get(ast.InternedTerm("value"))
		switch {
		case op != "add" && op != "replace" && op != "remove":
			return nil, fmt.Errorf("fix: op is %q: add, replace or remove", op)
		case p == nil:
			return nil, errors.New("fix: an edit has no path")
		case op != "remove" && value == nil:
			return nil, fmt.Errorf("fix: %s has no value", op)
		}
		path, err := pathOf(p)
		if err != nil {
			return nil, fmt.Errorf("fix: %w", err)
		}
		ops[i] = model.FixOp{Op: op, Path: path}
		if value != nil {
			if ops[i].Value, err = goValue(value); err != nil {
				return nil, fmt.Errorf("fix: %w", err)
			}
		}
	}
	return ops, nil
}
