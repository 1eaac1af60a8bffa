package model

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Path addresses a field inside an object: string elements are mapping keys,
// int elements are 0-based list indices. The empty path is the object itself.
type Path []any

// String prints the path the way reports and JSON show it:
// spec.containers[0].image, metadata.labels["app.kubernetes.io/name"].
func (p Path) String() string {
	var b strings.Builder
	for _, e := range p {
		switch e := e.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(e) + "]")
		case string:
			switch {
			case !plainIdentifier(e):
				q, _ := json.Marshal(e) // a string always marshals
				b.WriteString("[" + string(q) + "]")
			case b.Len() > 0:
				b.WriteString("." + e)
			default:
				b.WriteString(e)
			}
		default:
			fmt.Fprintf(&b, "[%v]", e)
		}
	}
	return b.String()
}

// plainIdentifier tells whether a key can stand after a dot without quotes.
func plainIdentifier(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// ParsePath reads what String prints.
func ParsePath(s string) (Path, error) {
	var p Path
	rest := s
	for rest != "" {
		switch {
		case rest[0] == '[':
			dec := json.NewDecoder(strings.NewReader(rest[1:]))
			var v any
			if err := dec.Decode(&v); err != nil {
				return nil, fmt.Errorf("path %q: bad index at %q", s, rest)
			}
			end := 1 + int(dec.InputOffset())
			if end >= len(rest) || rest[end] != ']' {
				return nil, fmt.Errorf("path %q: missing ] in %q", s, rest)
			}
			switch v := v.(type) {
			case float64:
				if v < 0 || v != float64(int(v)) {
					return nil, fmt.Errorf("path %q: bad index %v", s, v)
				}
				p = append(p, int(v))
			case string:
				p = append(p, v)
			default:
				return nil, fmt.Errorf("path %q: an index is a number or a string", s)
			}
			rest = rest[end+1:]
			if rest != "" && rest[0] == '.' {
				rest = rest[1:]
				if rest == "" || rest[0] == '[' {
					return nil, fmt.Errorf("path %q: a key is missing after the dot", s)
				}
			}
		default:
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if !plainIdentifier(rest[:end]) {
				return nil, fmt.Errorf("path %q: %q needs [\"…\"]", s, rest[:end])
			}
			p = append(p, rest[:end])
			rest = rest[end:]
			if rest != "" && rest[0] == '.' {
				rest = rest[1:]
				if rest == "" || rest[0] == '[' {
					return nil, fmt.Errorf("path %q: a key is missing after the dot", s)
				}
			}
		}
	}
	return p, nil
}

// Lookup follows the path through maps and slices of plain Go values. ok is
// false as soon as an element is absent.
func (p Path) Lookup(v any) (_ any, ok bool) {
	for _, e := range p {
		switch e := e.(type) {
		case string:
			m, isMap := v.(map[string]any)
			if !isMap {
				return nil, false
			}
			if v, ok = m[e]; !ok {
				return nil, false
			}
		case int:
			s, isList := v.([]any)
			if !isList || e < 0 || e >= len(s) {
				return nil, false
			}
			v = s[e]
		default:
			return nil, false
		}
	}
	return v, true
}

// Join returns p followed by elems, never sharing memory with p.
func (p Path) Join(elems ...any) Path {
	return append(p[:len(p):len(p)], elems...)
}

// MarshalJSON writes the printed form.
func (p Path) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// UnmarshalJSON reads the printed form.
func (p *Path) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	parsed, err := ParsePath(s)
	*p = parsed
	return err
}
