package facts

import (
	"math"
)

// Objects come as plain maps and lists, and some are malformed: a field of
// another type than the one asked for counts as absent.

// fieldAt follows keys through nested mappings; nil when one is absent.
func fieldAt(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

func textAt(v any, keys ...string) string {
	s, _ := fieldAt(v, keys...).(string)
	return s
}

func listAt(v any, keys ...string) []any {
	l, _ := fieldAt(v, keys...).([]any)
	return l
}

// stringMap keeps the entries of a mapping whose values are strings.
func stringMap(v any) map[string]string {
	m, _ := v.(map[string]any)
	out := make(map[string]string, len(m))
	for k, value := range m {
		if s, ok := value.(string); ok {
			out[k] = s
		}
	}
	return out
}

// integer reads a whole number, which renderers deliver as int64 or float64.
func integer(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	case float64:
		return int(v), v == math.Trunc(v)
	}
	return 0, false
}
