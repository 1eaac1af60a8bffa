package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

// Log is the writer for everything that can reach a build log. CI systems obey
// commands they find in what a step prints: GitHub's runner acts on ##[x]
// anywhere in a line and on ::x:: at its beginning, the Azure agent on ##vso[x]
// anywhere, both on stdout and stderr. Log puts a backslash into each, line by
// line, so that no text of a repository speaks to the CI system.
//
// Log buffers an unfinished line: Close writes it.
type Log struct {
	w    io.Writer
	line []byte
	err  error
}

// NewLog returns a Log that writes to w.
func NewLog(w io.Writer) *Log { return &Log{w: w} }

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	n := len(p)
	for l.err == nil {
		i := bytes.IndexAny(p, "\n\r")
		if i < 0 {
			break
		}
		l.line = append(l.line, p[:i]...)
		l.flush(p[i : i+1])
		p = p[i+1:]
	}
	if l.err != nil {
		return 0, l.err
	}
	l.line = append(l.line, p...)
	return n, nil
}

// Close writes a last line that had no end.
func (l *Log) Close() error {
	if len(l.line) > 0 {
		l.flush(nil)
	}
	return l.err
}

func (l *Log) flush(end []byte) {
	_, l.err = l.w.Write(append(disarm(l.line), end...))
	l.line = l.line[:0]
}

var (
	commandAnywhere = regexp.MustCompile(`(?i)##(\[|vso\[)`)
	// Colour codes and blanks may stand before the colons.
	commandAtStart = regexp.MustCompile(`^((?:[\s\p{Z}\x{feff}]|\x1b\[[0-9;]*m)*):(:)`)
)

// disarm makes one line harmless to a CI system.
func disarm(line []byte) []byte {
	line = commandAnywhere.ReplaceAll(line, []byte(`##\$1`))
	return commandAtStart.ReplaceAll(line, []byte(`$1\:$2`))
}

// Text makes a stranger's text fit to stand inside one line: control
// characters, line ends of every kind, escape sequences and the characters
// that reorder text are shown as escapes.
func Text(s string) string {
	clean := strings.IndexFunc(s, hidden) < 0
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// hidden tells whether a character does something instead of showing something.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}
