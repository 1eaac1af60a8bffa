package sarif

import (
	"fmt"
	"io/fs"
	"unicode/utf16"
)

// GitHub recognises an alert after lines were added above it by a rolling hash
// of the text that follows the start of its line. We compute the same value
// its upload action would: a 64-bit wrapping polynomial of modulus 37 over the
// next 100 UTF-16 units, spaces and tabs skipped, every line end read as LF,
// the end of the file marked by 65535 and then zeros.
const (
	hashWindow  = 100
	hashModulus = 37
	hashEnd     = 65535
)

// lineHashes computes the hashes of a file's lines once.
type lineHashes struct {
	fsys  fs.FS
	files map[string][]string
}

// of returns the hash of a 1-based line, "hex:count".
func (h *lineHashes) of(file string, line int) (string, bool) {
	if h.fsys == nil {
		return "", false
	}
	hashes, ok := h.files[file]
	if !ok {
		if src, err := fs.ReadFile(h.fsys, file); err == nil {
			hashes = hashLines(string(src))
		}
		if h.files == nil {
			h.files = map[string][]string{}
		}
		h.files[file] = hashes
	}
	if line < 1 || line > len(hashes) {
		return "", false
	}
	return hashes[line-1], true
}

// hashLines returns the hash of each line of a text.
func hashLines(text string) []string {
	var units []uint16
	starts := []int{0}
	atStart := false
	add := func(u uint16) {
		if atStart {
			starts = append(starts, len(units))
			atStart = false
		}
		units = append(units, u)
		atStart = u == '\n'
	}
	afterCR := false
	for _, u := range utf16.Encode([]rune(text)) {
		skip := u == ' ' || u == '\t' || afterCR && u == '\n'
		afterCR = u == '\r'
		switch {
		case skip:
		case u == '\r':
			add('\n')
		default:
			add(u)
		}
	}
	add(hashEnd)
	units = append(units, make([]uint16, hashWindow)...)

	oldest := uint64(1) // hashModulus to the power of hashWindow
	for range hashWindow {
		oldest *= hashModulus
	}
	hashes := make([]string, 0, len(starts))
	counts := map[uint64]int{}
	var hash uint64
	next := 0
	for i, u := range units {
		hash = hash*hashModulus + uint64(u)
		if i >= hashWindow {
			hash -= oldest * uint64(units[i-hashWindow])
		}
		if next < len(starts) && i == starts[next]+hashWindow-1 {
			counts[hash]++
			hashes = append(hashes, fmt.Sprintf("%x:%d", hash, counts[hash]))
			next++
		}
	}
	return hashes
}
