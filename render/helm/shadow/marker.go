package shadow

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A marker is a lead rune and three runes of twelve bits each: 36 bits that
// number an instance, one execution of one place in a template. All four are
// private-use runes of the Basic Multilingual Plane, three bytes each. (The
// YAML emitter would escape those of planes 15 and 16.)
//
// Markers keep one invariant: a marker directly precedes a character that is
// not blank. So `trim`, `nindent` and `{{-` do to marked text what they do to
// clean text.
const (
	markRunes = 4
	markBytes = markRunes * 3
	digitBase = 0xE000
	digitBits = 12
)

// leads are the runes a marker may begin with; the first that occurs in no
// template is taken. The digits alone are no marker, so they may occur.
var leads = []string{"\uf8ff", "\uf8fe", "\uf7b3", "\uf6a2", "\uf591", "\uf480", "\uf36f", "\uf25e"}

// appendMark writes the marker of an instance.
func appendMark(b []byte, lead string, id uint64) []byte {
	b = append(b, lead...)
	for shift := 2 * digitBits; shift >= 0; shift -= digitBits {
		b = utf8.AppendRune(b, rune(digitBase+(id>>shift)&(1<<digitBits-1)))
	}
	return b
}

// readMark reads the marker that s begins with.
func readMark(s, lead string) (id uint64, ok bool) {
	if len(s) < markBytes || s[:len(lead)] != lead {
		return 0, false
	}
	for i := 3; i < markBytes; i += 3 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		if r < digitBase || r >= digitBase+1<<digitBits {
			return 0, false
		}
		id = id<<digitBits | uint64(r-digitBase)
	}
	return id, true
}

// mark says that the instance id made the text from offset at on, up to the
// next mark.
type mark struct {
	at int
	id uint64
}

// strip removes the markers from a text and says where they stood in what
// remains.
func strip(s, lead string) (string, []mark) {
	next := strings.Index(s, lead)
	if next < 0 {
		return s, nil
	}
	clean := make([]byte, 0, len(s))
	var marks []mark
	for next >= 0 {
		clean = append(clean, s[:next]...)
		s = s[next:]
		if id, ok := readMark(s, lead); ok {
			marks = append(marks, mark{len(clean), id})
			s = s[markBytes:]
		} else {
			clean = append(clean, lead...)
			s = s[len(lead):]
		}
		next = strings.Index(s, lead)
	}
	return string(append(clean, s...)), marks
}

// governing returns the index of the mark that governs an offset, -1 before
// the first.
func governing(marks []mark, at int) int {
	return sort.Search(len(marks), func(i int) bool { return marks[i].at > at }) - 1
}

// markLines puts a marker before every line of s that does not begin with one.
func markLines(s, lead string, id uint64) string {
	b := make([]byte, 0, len(s)+2*markBytes)
	for {
		line := s
		end := strings.IndexByte(s, '\n')
		if end >= 0 {
			line = s[:end+1]
		}
		if i := firstNonBlank(line); i >= 0 {
			b = append(b, line[:i]...)
			if _, marked := readMark(line[i:], lead); !marked {
				b = appendMark(b, lead, id)
			}
			line = line[i:]
		}
		b = append(b, line...)
		if end < 0 {
			return string(b)
		}
		s = s[end+1:]
	}
}

// firstNonBlank is the offset of the first rune that strings.TrimSpace would
// keep, -1 when there is none.
func firstNonBlank(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) })
}
