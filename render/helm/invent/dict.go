package invent

import (
	"fmt"
	"reflect"
)

// maxKey is the longest text, in bytes, that a map or list becomes as a key of
// a dict.
const maxKey = 4096

// dict is sprig's, but for a key that is no text and large. sprig prints such a
// key. In `dict "values" .Values.a .Values.b "context" $`, an argument too
// many, the fifth is the whole context with the bytes of every file of the
// chart: a megabyte of digits, which nobody can look up and which made a sixth
// of the time of rendering a public collection. Such a key becomes its type.
func dict(args ...any) map[string]any {
	d := make(map[string]any, (len(args)+1)/2)
	for i := 0; i < len(args); i += 2 {
		var value any = ""
		if i+1 < len(args) {
			value = args[i+1]
		}
		d[key(args[i])] = value
	}
	return d
}

// key is a value as sprig prints it.
func key(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	if left := maxKey; outgrows(reflect.ValueOf(v), &left) {
		return fmt.Sprintf("%T", v)
	}
	return fmt.Sprint(v)
}

// outgrows tells whether the text of a value takes more than left bytes, by its
// parts, each of which takes one at least.
func outgrows(v reflect.Value, left *int) bool {
	if *left--; *left < 0 {
		return true
	}
	switch v.Kind() {
	case reflect.Interface:
		return outgrows(v.Elem(), left)
	case reflect.String:
		*left -= v.Len()
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if outgrows(v.Index(i), left) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if outgrows(it.Key(), left) || outgrows(it.Value(), left) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if outgrows(v.Field(i), left) {
				return true
			}
		}
	}
	return *left < 0
}
