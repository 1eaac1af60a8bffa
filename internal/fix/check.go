package fix

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// Object is an object of one render, with what was found about it.
type Object struct {
	Unit     model.UnitRef // of one variant
	ID       model.ObjectID
	Value    map[string]any
	Problems []Problem
}

// Problem is something found about an object.
type Problem struct {
	Rule    string
	Path    model.Path
	Message string
	Fix     []model.FixOp
}

// Key names a problem of an object. It is the same for all variants of the
// unit, and for an object whose API version a fix has changed.
func Key(unit model.UnitRef, id model.ObjectID, rule string, path model.Path, message string) string {
	return fmt.Sprintf("%s %q %s %q %q %q %s %q", unit.Kind, unit.Path, id.Kind, id.Namespace, id.Name, rule, path, message)
}

func (o *Object) key(p Problem) string { return Key(o.Unit, o.ID, p.Rule, p.Path, p.Message) }

// Check tells whether a tree of objects is another one with nothing but fixes
// made: every object is the old one with the operations applied of those of
// its problems that are gone, and nothing new was found. keep tells of problems
// that somebody has accepted: they are not fixed in passing. It returns how
// often each problem is gone, by key.
func Check(before, after []Object, keep func(key string) bool) (gone map[string]int, err error) {
	type name struct {
		unit string
		id   model.ObjectID
		nth  int
	}
	names := func(objects []Object) map[name]int {
		out := map[name]int{}
		for i, o := range objects {
			n := name{unit: fmt.Sprint(o.Unit), id: o.ID}
			n.id.APIVersion = ""
			for {
				if _, taken := out[n]; !taken {
					break
				}
				n.nth++
			}
			out[n] = i
		}
		return out
	}
	old := names(before)
	if len(before) != len(after) {
		return nil, fmt.Errorf("%d objects would be %d", len(before), len(after))
	}
	gone = map[string]int{}
	for n, i := range names(after) {
		j, ok := old[n]
		if !ok {
			return nil, fmt.Errorf("%s %q would be new", n.id.Kind, n.id.Name)
		}
		if err := compare(&before[j], &after[i], keep, gone); err != nil {
			return nil, fmt.Errorf("%s %q: %w", n.id.Kind, n.id.Name, err)
		}
	}
	return gone, nil
}

// compare is Check for one object.
func compare(before, after *Object, keep func(string) bool, gone map[string]int) error {
	left := map[string]int{}
	for _, p := range after.Problems {
		left[after.key(p)]++
	}
	var ops []model.FixOp
	changed := !reflect.DeepEqual(before.Value, after.Value)
	for _, p := range before.Problems {
		key := before.key(p)
		if left[key] > 0 {
			left[key]--
			continue
		}
		if changed && keep(key) {
			return fmt.Errorf("%s: somebody has accepted that %s", p.Rule, p.Message)
		}
		gone[key]++
		for _, op := range p.Fix {
			if !slices.ContainsFunc(ops, op.Same) {
				ops = append(ops, op)
			}
		}
	}
	for key, n := range left {
		if n > 0 {
			return fmt.Errorf("a new finding: %s", key)
		}
	}
	if !changed {
		return nil
	}
	var want any = before.Value
	for _, op := range ops {
		var err error
		if want, err = (yamlpos.Edit{Op: op.Op, Path: op.Path, Value: op.Value}).On(want); err != nil {
			return fmt.Errorf("%s %s: %w", op.Op, op.Path, err)
		}
	}
	if !reflect.DeepEqual(want, any(after.Value)) {
		return fmt.Errorf("other fields would change than those to fix")
	}
	return nil
}
