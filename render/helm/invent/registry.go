package invent

import (
	"iter"
	"math"
	"strings"
	"unicode/utf8"
)

// A value is recognised inside other text from inner bits of information on,
// and standing alone (no letter or digit on either side) from alone bits on.
// With 30 bits a megabyte of random text holds it by chance once in a thousand
// renders. Six mixed letters and digits have 35 bits, "2011" has 13.
const (
	inner = 30
	alone = 15
)

// registry holds invented values. The zero value is empty.
type registry struct {
	// untraced tells that a value was too short to be recognised.
	untraced bool

	values  map[string]bool
	byStart map[[3]byte][]string
	first   [256]bool // the bytes that values begin with
}

// add remembers a value and returns it.
func (r *registry) add(value string) string {
	trimmed := strings.TrimSpace(value)
	switch {
	case trimmed == "" || r.values[trimmed]:
		return value
	case len(trimmed) < 3 || bits(trimmed) < alone:
		r.untraced = true
		return value
	}
	if r.values == nil {
		r.values, r.byStart = map[string]bool{}, map[[3]byte][]string{}
	}
	r.values[trimmed] = true
	start := [3]byte([]byte(trimmed[:3]))
	r.byStart[start] = append(r.byStart[start], trimmed)
	r.first[trimmed[0]] = true
	return value
}

// addPEM remembers the lines of a PEM block, since templates indent, join and
// re-wrap them.
func (r *registry) addPEM(block string) string {
	for line := range strings.Lines(block) {
		if !strings.HasPrefix(line, "-----") {
			r.add(line)
		}
	}
	return block
}

// matches yields the values that text holds.
func (r *registry) matches(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if len(r.values) == 0 {
			return
		}
		for i := 0; i+3 <= len(text); i++ {
			if !r.first[text[i]] {
				continue
			}
			for _, v := range r.byStart[[3]byte{text[i], text[i+1], text[i+2]}] {
				if strings.HasPrefix(text[i:], v) && (bits(v) >= inner || standsAlone(text, i, i+len(v))) && !yield(v) {
					return
				}
			}
		}
	}
}

func standsAlone(text string, from, to int) bool {
	return (from == 0 || !alphanumeric(text[from-1])) && (to == len(text) || !alphanumeric(text[to]))
}

// alphanumeric counts every byte of a non-ASCII letter as one.
func alphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b >= utf8.RuneSelf
}

// bits estimates how much information a value holds, from its length and the
// kinds of characters in it.
func bits(value string) float64 {
	var digit, lower, upper, other int
	for _, c := range []byte(value) {
		switch {
		case '0' <= c && c <= '9':
			digit = 10
		case 'a' <= c && c <= 'z':
			lower = 26
		case 'A' <= c && c <= 'Z':
			upper = 26
		default:
			other = 16
		}
	}
	return float64(len(value)) * math.Log2(float64(digit+lower+upper+other))
}
