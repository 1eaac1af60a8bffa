package shadow

import (
	"reflect"
	"slices"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
)

// node is a place in the merged values: a key of a map or an index of a list.
// Nodes exist for all maps and lists; those of scalars, and of keys that are
// not there, are made when they are read.
type node struct {
	parent *node
	key    any // string or int; nil for the root
	kids   map[any]*node
}

func (n *node) child(key any) *node {
	if kid := n.kids[key]; kid != nil {
		return kid
	}
	kid := &node{parent: n, key: key}
	if n.kids == nil {
		n.kids = map[any]*node{}
	}
	n.kids[key] = kid
	return kid
}

// path is the node's address below .Values of the root chart.
func (n *node) path() model.Path {
	var p model.Path
	for ; n.parent != nil; n = n.parent {
		p = append(p, n.key)
	}
	slices.Reverse(p)
	return p
}

// identity tells maps and lists apart by where they lie in memory. Helm hands
// the same maps through with, range, $, dict, include, tpl and the scopes of
// subcharts, so one look-up answers "which values is this?" in all of them.
type identity struct {
	at  uintptr
	len int // of lists; -1 for maps
}

func identify(v reflect.Value) (identity, bool) {
	switch v.Kind() {
	case reflect.Map:
		if !v.IsNil() {
			return identity{v.Pointer(), -1}, true
		}
	case reflect.Slice:
		if v.Len() > 0 {
			return identity{v.Pointer(), v.Len()}, true
		}
	}
	return identity{}, false
}

// index finds the nodes of the merged values. A map that hangs in two places
// (global, copied to each subchart by reference below its first level) keeps
// its outermost.
type index map[identity]*node

func indexValues(values map[string]any) (index, *node) {
	idx, root := index{}, &node{}
	type item struct {
		n *node
		v any
	}
	for queue := []item{{root, values}}; len(queue) > 0; {
		it := queue[0]
		queue = queue[1:]
		id, ok := identify(reflect.ValueOf(it.v))
		if !ok || idx[id] != nil {
			continue
		}
		idx[id] = it.n
		switch v := it.v.(type) {
		case map[string]any:
			for key, kid := range v {
				if isContainer(kid) {
					queue = append(queue, item{it.n.child(key), kid})
				}
			}
		case []any:
			for i, kid := range v {
				if isContainer(kid) {
					queue = append(queue, item{it.n.child(i), kid})
				}
			}
		}
	}
	return idx, root
}

func isContainer(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// log is what was read while a value was computed.
type log struct {
	reads []*node
	// from are instances whose markers were taken off text that went into the
	// value, as ranges of their numbers: the helper behind
	// `include "name" . | quote`.
	from []span
	// invented: a function that makes up a value had a part in it.
	invented bool
}

type span struct{ lo, hi uint64 }

// maxReads bounds a log; a value computed from more is traced no better by
// more.
const maxReads = 256

func (l *log) empty() bool {
	return l == nil || len(l.reads) == 0 && len(l.from) == 0 && !l.invented
}

func (l *log) read(n *node) {
	if len(l.reads) < maxReads && !slices.Contains(l.reads, n) {
		l.reads = append(l.reads, n)
	}
}

func (l *log) took(s span) {
	if len(l.from) < maxReads && !slices.Contains(l.from, s) {
		l.from = append(l.from, s)
	}
}

func (l *log) add(o *log) {
	if o == nil {
		return
	}
	for _, n := range o.reads {
		l.read(n)
	}
	for _, s := range o.from {
		l.took(s)
	}
	l.invented = l.invented || o.invented
}

// asMap sees a map with string keys in a value.
func asMap(v reflect.Value) (reflect.Value, bool) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Map || v.IsNil() || v.Type().Key().Kind() != reflect.String {
		return reflect.Value{}, false
	}
	return v, true
}

func mapKey(m reflect.Value, key string) reflect.Value {
	switch m := m.Interface().(type) {
	case map[string]any:
		return reflect.ValueOf(m[key])
	case chartutil.Values:
		return reflect.ValueOf(m[key])
	}
	if m.Type().Key() != reflect.TypeFor[string]() {
		return reflect.Value{}
	}
	return m.MapIndex(reflect.ValueOf(key))
}

// concrete looks through an interface.
func concrete(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface {
		return v.Elem()
	}
	return v
}

// reading logs that keys were followed from a receiver and gave a value. decl
// is the log of the variable or dot that holds the receiver.
func (r *run) reading(decl *log, receiver reflect.Value, keys []string, value reflect.Value) {
	l := r.top()
	if l == nil {
		return
	}
	// A map or list of the values is known wherever it is met.
	if id, ok := identify(concrete(value)); ok {
		if n := r.idx[id]; n != nil {
			l.read(n)
			return
		}
		if r.scopes[id] {
			return
		}
	}
	known := false
	v := receiver
	for i, key := range keys {
		m, ok := asMap(v)
		if !ok {
			break
		}
		id, _ := identify(m)
		if set, ok := r.entries[entry{id, key}]; ok {
			l.add(set)
			known = true
		} else if n := r.idx[id]; n != nil {
			for _, key := range keys[i:] {
				n = n.child(key)
			}
			l.read(n)
			return
		} else if r.scopes[id] {
			known = true
		}
		v = mapKey(m, key)
	}
	if !known {
		l.add(decl)
	}
}

// entry is a key of a map that a template built or changed.
type entry struct {
	of  identity
	key string
}
