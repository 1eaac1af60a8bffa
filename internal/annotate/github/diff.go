package github

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/annotate"
)

// diff is what a pull request changes, as its files listing says it: the only
// lines on which GitHub takes a comment.
type diff map[string][]hunk

// hunk is a run of lines of the new file that the diff shows.
type hunk struct {
	first, last int // both ends included; empty when last < first
	added       map[int]bool
	removes     bool // it takes lines away
}

// add reads the patch of one file, as the files listing gives it. Files that
// are too large or binary have none.
func (d diff) add(file, patch string) {
	var h *hunk
	line := 0
	for text := range strings.Lines(patch) {
		switch {
		case strings.HasPrefix(text, "@@ "):
			first, ok := hunkStart(text)
			if !ok {
				return
			}
			d[file] = append(d[file], hunk{first: first, last: first - 1, added: map[int]bool{}})
			h, line = &d[file][len(d[file])-1], first
		case h == nil || strings.HasPrefix(text, "\\"): // "\ No newline at end of file"
		case strings.HasPrefix(text, "-"):
			h.removes = true
		default:
			if strings.HasPrefix(text, "+") {
				h.added[line] = true
			}
			h.last = line
			line++
		}
	}
}

// hunkStart reads the first line of the new file from "@@ -1,2 +3,4 @@ …".
func hunkStart(header string) (int, bool) {
	_, rest, ok := strings.Cut(header, " +")
	var first int
	if n, _ := fmt.Sscanf(rest, "%d", &first); !ok || n != 1 || first < 0 {
		return 0, false
	}
	return max(first, 1), true
}

// shows tells whether the diff shows the lines of a place next to each other.
func (d diff) shows(p annotate.Place) bool {
	return slices.ContainsFunc(d[p.File], func(h hunk) bool { return h.first <= p.First && p.Last <= h.last })
}

// place is where a remark can stand: the first of its places with an added
// line, else, for a field that is absent, the first within a hunk that takes
// lines away.
func (d diff) place(places []annotate.Place) (file string, line int, ok bool) {
	for _, p := range places {
		for _, h := range d[p.File] {
			for n := max(p.First, h.first); n <= min(p.Last, h.last); n++ {
				if h.added[n] {
					return p.File, n, true
				}
			}
		}
	}
	for _, p := range places {
		for _, h := range d[p.File] {
			if p.Absent && h.removes && h.first <= p.First && p.First <= h.last {
				return p.File, p.First, true
			}
		}
	}
	return "", 0, false
}
