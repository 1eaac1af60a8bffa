package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// checkKeys compares the keys of a YAML tree with the yaml tags of the struct
// it is decoded into. The YAML library's own strictness stops at "field not
// found"; a person is better served by the nearest right key.
func checkKeys(n *yaml.Node, into any, where string) *Error {
	return checkType(n, reflect.TypeOf(into), where)
}

func checkType(n *yaml.Node, t reflect.Type, where string) *Error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch t.Kind() {
	case reflect.Struct:
		if n.Kind != yaml.MappingNode {
			if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
				return nil
			}
			return &Error{Line: n.Line, Message: strings.TrimPrefix(where+" is not a mapping of keys to values", " ")}
		}
		fields := map[string]reflect.Type{}
		var names []string
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
				fields[tag] = t.Field(i).Type
				names = append(names, tag)
			}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			ft, ok := fields[key]
			if !ok {
				return &Error{Line: n.Content[i].Line, Message: unknown("key", key, names)}
			}
			if err := checkType(n.Content[i+1], ft, key); err != nil {
				return err
			}
		}
	case reflect.Map:
		if n.Kind == yaml.MappingNode && t.Elem().Kind() == reflect.Struct {
			for i := 0; i+1 < len(n.Content); i += 2 {
				if err := checkType(n.Content[i+1], t.Elem(), n.Content[i].Value); err != nil {
					return err
				}
			}
		}
	case reflect.Slice:
		if n.Kind == yaml.SequenceNode {
			for _, item := range n.Content {
				if err := checkType(item, t.Elem(), where); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// unknown words the complaint about a name that is not among the known ones.
func unknown(what, name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("unknown %s %q, did you mean %q?", what, name, near)
	}
	if len(known) > 12 {
		return fmt.Sprintf("unknown %s %q", what, name)
	}
	sorted := slices.Sorted(slices.Values(known))
	return fmt.Sprintf("unknown %s %q; known are %s", what, name, strings.Join(sorted, ", "))
}

// Nearest returns the known name most like the given one, or "" when none is
// near enough to be what was meant.
func Nearest(name string, known []string) string {
	best, at := "", max(2, len(name)/3)+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := levenshtein.ComputeDistance(name, k); d < at {
			best, at = k, d
		}
	}
	return best
}
