package invent

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDictIsSprigs(t *testing.T) {
	sprigs := stock["dict"].(func(...any) map[string]any)
	for _, args := range [][]any{
		{},
		{"a", 1, "b", nil, "a", 2},
		{"odd"},
		{1, "int", 2.5, "float", true, "bool", nil, "nil", time.Second, "stringer", errors.New("e"), "error"},
		{[]byte("bytes"), 1, []any{1, "x"}, 2, map[string]any{"b": 1, "a": []any{nil}}, 3},
		{struct{ A, b any }{1, "x"}, 1},
		{map[string]any{"text": strings.Repeat("x", maxKey/2)}, 1},
	} {
		if got, want := dict(args...), sprigs(args...); !reflect.DeepEqual(got, want) {
			t.Errorf("dict%.200v = %v, want %v", args, got, want)
		}
	}
}

func TestDictWithContextAsKey(t *testing.T) {
	type files map[string][]byte
	loop := map[string]any{}
	loop["again"] = loop
	for want, key := range map[string]any{
		"invent.files":            files{"a": bytes.Repeat([]byte{1}, maxKey)},
		"map[string]interface {}": loop,
		"[]interface {}":          []any{strings.Repeat("x", maxKey), 1},
	} {
		d := dict("values", 1, key)
		if _, ok := d[want]; !ok || len(d) != 2 {
			t.Errorf("key %q is missing in %.200v", want, d)
		}
	}
}
