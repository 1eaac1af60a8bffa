package yamlpos

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Ignore is a comment that silences rules:
//
//	# sekisho:ignore rule-a,rule-b until=2027-01-31 -- the reason
//	# sekisho:ignore-file rule-a -- the reason
//	{{- /* sekisho:ignore rule-a -- the reason */ -}}
//
// At the end of a line it covers that line. Alone on a line it covers the
// next line that is not a comment and everything beneath it: what is indented
// further, the body of a template's if, the continuation of a Dockerfile's
// instruction. The -file form stands above the first line of content. A
// reason is required; until is the last day the comment holds.
type Ignore struct {
	Line               int // of the comment
	StartLine, EndLine int // the lines covered, both included
	Rules              []string
	Reason             string
	Until              string // YYYY-MM-DD, or empty
}

// Covers tells whether findings on a line of the file are silenced.
func (i Ignore) Covers(line int) bool { return i.StartLine <= line && line <= i.EndLine }

const ignoreMark = "sekisho:"

// maxIgnores bounds what a file of nothing but ignore comments costs.
const maxIgnores = 1_000

var (
	ruleID  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_./-]*$`)
	dashes  = regexp.MustCompile(`(?:^|\s)--(?:\s|$)`)
	comma   = regexp.MustCompile(`\s*,\s*`)
	control = regexp.MustCompile(`^\{\{-?\s*(?:/\*|(?:if|else|end|range|with|define|block|break|continue)\b|\$\w+\s*:?=)`)
	opener  = regexp.MustCompile(`\{\{-?\s*(?:if|range|with|define|block)\b`)
	closer  = regexp.MustCompile(`\{\{-?\s*end\b`)
	indents = regexp.MustCompile(`\bn?indent\s+(\d+)`)
)

// Ignores reads the ignore comments of any text file, by its lines. A
// malformed comment silences nothing and is returned as an error.
func Ignores(src []byte) ([]Ignore, []*Error) {
	if !bytes.Contains(src, []byte(ignoreMark)) {
		return nil, nil
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	f := newIgnoreFile(string(src))
	var ignores []Ignore
	var errs []*Error
	content := false // a line of content was seen
	for i, line := range f.lines {
		body, alone, ok := ignoreComment(line, f.comment[i])
		if !ok {
			content = content || !f.comment[i] && !isPreamble(line)
			continue
		}
		if len(ignores) == maxIgnores {
			errs = append(errs, &Error{i + 1, fmt.Sprintf("more than %d ignore comments in one file", maxIgnores)})
			break
		}
		ig, whole, err := parseIgnore(body)
		ig.Line = i + 1
		switch {
		case err != nil:
		case whole && (content || !alone):
			err = fmt.Errorf("sekisho:ignore-file must stand on a line of its own above the file's content")
		case whole:
			ig.StartLine, ig.EndLine = 1, max(len(f.lines), 1)
		case alone:
			ig.StartLine, ig.EndLine, err = f.beneath(i)
		default:
			ig.StartLine, ig.EndLine = i+1, i+1
		}
		content = content || !alone
		if err != nil {
			errs = append(errs, &Error{i + 1, err.Error()})
			continue
		}
		ignores = append(ignores, ig)
	}
	return ignores, errs
}

// ignoreComment cuts the text behind "# " or "/* " out of a line. alone says
// that nothing but the comment is on the line.
func ignoreComment(line string, isComment bool) (body string, alone, ok bool) {
	at := strings.Index(line, ignoreMark)
	if at < 0 {
		return "", false, false
	}
	before := strings.TrimRight(line[:at], " \t")
	body, _, _ = strings.Cut(line[at+len(ignoreMark):], "*/")
	body = strings.TrimSpace(body)
	switch {
	case before == "" && isComment: // inside a template comment of several lines
		return body, true, true
	case strings.HasSuffix(before, "/*"):
		before = strings.TrimRight(strings.TrimSuffix(before, "/*"), " \t")
		before = strings.TrimSuffix(strings.TrimSuffix(before, "-"), "{{")
	case strings.HasSuffix(before, "#"):
		before = strings.TrimSuffix(before, "#")
		if before != "" && !strings.HasSuffix(before, " ") && !strings.HasSuffix(before, "\t") {
			return "", false, false // "a#b" is no comment
		}
	default:
		return "", false, false
	}
	before = strings.TrimSpace(before)
	if strings.HasPrefix(before, "#") {
		return "", false, false // prose about ignore comments
	}
	return body, before == "", true
}

// parseIgnore reads "ignore a,b until=2027-01-31 -- why".
func parseIgnore(body string) (ig Ignore, whole bool, err error) {
	verb, rest, _ := strings.Cut(strings.ReplaceAll(body, "\t", " "), " ")
	switch verb {
	case "ignore":
	case "ignore-file":
		whole = true
	default:
		return ig, false, fmt.Errorf("unknown comment %q; write sekisho:ignore or sekisho:ignore-file", ignoreMark+verb)
	}
	cut := dashes.FindStringIndex(rest)
	if cut == nil || strings.TrimSpace(rest[cut[1]:]) == "" {
		return ig, whole, fmt.Errorf("%s%s needs a reason: # %s%s RULE -- why", ignoreMark, verb, ignoreMark, verb)
	}
	ig.Reason = strings.TrimSpace(rest[cut[1]:])
	for _, word := range strings.Fields(comma.ReplaceAllString(strings.TrimSpace(rest[:cut[0]]), " ")) {
		if until, ok := strings.CutPrefix(word, "until="); ok {
			if _, err := time.Parse(time.DateOnly, until); err != nil {
				return ig, whole, fmt.Errorf("%s%s: until=%s is not a date like 2027-01-31", ignoreMark, verb, until)
			}
			ig.Until = until
			continue
		}
		if !ruleID.MatchString(word) {
			return ig, whole, fmt.Errorf("%s%s: %q is not the name of a rule", ignoreMark, verb, word)
		}
		ig.Rules = append(ig.Rules, word)
	}
	if len(ig.Rules) == 0 {
		return ig, whole, fmt.Errorf("%s%s names no rule", ignoreMark, verb)
	}
	return ig, whole, nil
}

// isPreamble tells of lines that may stand above an ignore-file comment.
func isPreamble(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line == "---" || strings.HasPrefix(line, "%") || control.MatchString(line)
}

// commentLines tells which lines hold nothing but comments.
func commentLines(lines []string) []bool {
	is := make([]bool, len(lines))
	inside := false // a {{/* */}} of several lines
	for i, line := range lines {
		text := strings.TrimSpace(line)
		if inside {
			is[i] = true
			if end := strings.Index(text, "*/"); end >= 0 {
				inside = false
				is[i] = restIsEmpty(text[end+2:])
			}
			continue
		}
		if strings.HasPrefix(text, "#") {
			is[i] = true
			continue
		}
		if rest, ok := strings.CutPrefix(text, "{{"); ok {
			rest = strings.TrimLeft(strings.TrimPrefix(rest, "-"), " \t")
			if rest, ok := strings.CutPrefix(rest, "/*"); ok {
				end := strings.Index(rest, "*/")
				inside = end < 0
				is[i] = inside || restIsEmpty(rest[end+2:])
			}
		}
	}
	return is
}

// restIsEmpty tells whether only the end of the action follows a comment.
func restIsEmpty(s string) bool {
	s = strings.TrimLeft(s, " \t")
	s = strings.TrimPrefix(s, "-")
	s = strings.TrimPrefix(s, "}}")
	return strings.TrimSpace(s) == ""
}

// ignoreFile is what is known of each line, by index.
type ignoreFile struct {
	lines   []string
	comment []bool
	depth   []int // the indentation; -1 for blank lines, comments and template control
	nesting []int // template blocks opened less those closed
}

func newIgnoreFile(src string) ignoreFile {
	lines := strings.Split(src, "\n")
	f := ignoreFile{lines: lines, comment: commentLines(lines), depth: make([]int, len(lines)), nesting: make([]int, len(lines))}
	for i, line := range lines {
		line = strings.TrimRight(line, " \t\r")
		text := strings.TrimLeft(line, " \t")
		f.depth[i] = len(line) - len(text)
		if strings.Contains(text, "{{") {
			f.nesting[i] = len(opener.FindAllString(text, -1)) - len(closer.FindAllString(text, -1))
		}
		if text == "" || f.comment[i] || control.MatchString(text) {
			f.depth[i] = -1
		} else if m := indents.FindStringSubmatch(text); m != nil && strings.HasPrefix(text, "{{") {
			if n, err := strconv.Atoi(m[1]); err == nil {
				f.depth[i] = n
			}
		}
	}
	return f
}

// beneath finds the lines an ignore comment that stands alone on line index i
// covers.
func (f ignoreFile) beneath(i int) (start, end int, err error) {
	i++
	for i < len(f.lines) && (f.comment[i] || strings.TrimSpace(f.lines[i]) == "") {
		i++
	}
	if i >= len(f.lines) {
		return 0, 0, fmt.Errorf("nothing follows this ignore comment")
	}
	last := i
	if f.depth[i] < 0 && f.nesting[i] > 0 { // an if, with or range: up to its end
		open := 0
		for j := i; j < len(f.lines); j++ {
			open += f.nesting[j]
			if last = j; open <= 0 {
				break
			}
		}
		return i + 1, last + 1, nil
	}
	first := strings.TrimSpace(f.lines[i])
	isItem := first == "-" || strings.HasPrefix(first, "- ")
	continued := strings.HasSuffix(first, `\`) // a Dockerfile or a script
	indent := len(f.lines[i]) - len(strings.TrimLeft(f.lines[i], " \t"))
	for j := i + 1; j < len(f.lines); j++ {
		if f.depth[j] < 0 {
			continue
		}
		text := strings.TrimSpace(f.lines[j])
		compact := f.depth[j] == indent && !isItem && (text == "-" || strings.HasPrefix(text, "- "))
		if f.depth[j] <= indent && !compact && !continued {
			break
		}
		continued = continued && strings.HasSuffix(text, `\`)
		last = j
	}
	return i + 1, last + 1, nil
}
