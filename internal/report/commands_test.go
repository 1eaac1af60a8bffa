package report

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

// command is what a CI system reads from a line.
type command struct {
	name       string
	properties map[string]string
	message    string
}

// githubCommand reads a line the way GitHub's runner does, and refuses what
// the toolkit would not write. The form is ::name key=value,key=value::message.
func githubCommand(line string) (command, error) {
	c := command{properties: map[string]string{}}
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return c, fmt.Errorf("no command")
	}
	head, message, ok := strings.Cut(rest, "::")
	if !ok {
		return c, fmt.Errorf("no second ::")
	}
	name, properties, _ := strings.Cut(head, " ")
	c.name = name
	for _, p := range strings.FieldsFunc(properties, func(r rune) bool { return r == ',' }) {
		key, value, ok := strings.Cut(p, "=")
		if _, twice := c.properties[key]; !ok || twice {
			return c, fmt.Errorf("bad property %q", p)
		}
		v, err := unescape(value, map[string]string{"25": "%", "0D": "\r", "0A": "\n", "3A": ":", "2C": ","})
		if err != nil {
			return c, err
		}
		c.properties[key] = v
	}
	m, err := unescape(message, map[string]string{"25": "%", "0D": "\r", "0A": "\n"})
	c.message = m
	return c, err
}

// azureCommandOf reads a line the way the Azure agent does. The form is
// ##vso[area.action key=value;key=value;]message.
func azureCommandOf(line string) (command, error) {
	c := command{properties: map[string]string{}}
	rest, ok := strings.CutPrefix(line, "##vso[")
	if !ok {
		return c, fmt.Errorf("no command")
	}
	head, message, ok := strings.Cut(rest, "]")
	if !ok {
		return c, fmt.Errorf("no ]")
	}
	name, properties, _ := strings.Cut(head, " ")
	c.name = name
	for _, p := range strings.FieldsFunc(properties, func(r rune) bool { return r == ';' }) {
		key, value, ok := strings.Cut(p, "=")
		if _, twice := c.properties[key]; !ok || twice {
			return c, fmt.Errorf("bad property %q", p)
		}
		v, err := unescape(value, map[string]string{"AZP25": "%", "0D": "\r", "0A": "\n", "5D": "]", "3B": ";"})
		if err != nil {
			return c, err
		}
		c.properties[key] = v
	}
	m, err := unescape(message, map[string]string{"AZP25": "%", "0D": "\r", "0A": "\n"})
	c.message = m
	return c, err
}

// unescape undoes percent escapes; a percent sign that begins none of them is
// an error.
func unescape(s string, escapes map[string]string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		known := false
		for code, char := range escapes {
			if strings.HasPrefix(s[i+1:], code) {
				b.WriteString(char)
				i += len(code)
				known = true
				break
			}
		}
		if !known {
			return "", fmt.Errorf("bare %% in %q", s)
		}
	}
	return b.String(), nil
}

// judgeCommands checks that every line is a command we meant, whose properties
// read back as what the result holds. It returns the messages, one a line, to
// be judged as log text like everything else.
func judgeCommands(t *testing.T, r *model.Result, out string, parse func(string) (command, error)) string {
	t.Helper()
	rules, lines := []string{"not-checked"}, map[string][]int{}
	for _, f := range r.Findings {
		rules = append(rules, f.Rule)
		for _, l := range append([]model.Location{f.Location}, f.Related...) {
			lines[l.File] = append(lines[l.File], l.StartLine)
		}
	}
	for _, f := range r.Failures {
		lines[f.File] = append(lines[f.File], max(f.Line, 1))
	}
	var text []string
	for line := range strings.Lines(out) {
		if !strings.HasSuffix(line, "\n") {
			t.Errorf("no line end: %q", line)
		}
		c, err := parse(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if m := regexp.MustCompile(`(?i)##(vso)?\[|[\x00-\x1f\x7f]|\p{Cf}|\p{Zl}|\p{Zp}|\x{85}`).FindString(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "##vso[")); m != "" {
			t.Errorf("%q stands within %q", m, line)
		}
		text = append(text, strings.Split(c.message, "\n")...)
		for key, v := range c.properties {
			ok := false
			switch key {
			case "title", "code":
				ok = slices.Contains(rules, v) || v == "sekisho"
			case "type":
				ok = v == "error" || v == "warning"
			case "file", "sourcepath":
				_, ok = lines[v]
			case "line", "linenumber":
				n, err := strconv.Atoi(v)
				ok = err == nil && slices.Contains(lines[c.properties["file"]+c.properties["sourcepath"]], n)
			case "endLine", "col", "endColumn", "columnnumber":
				n, err := strconv.Atoi(v)
				ok = err == nil && n > 0
			}
			if !ok {
				t.Errorf("property %s=%q in %q is not of this result", key, v, line)
			}
		}
		if !slices.Contains([]string{"error", "warning", "notice", "task.logissue"}, c.name) {
			t.Errorf("command %q in %q", c.name, line)
		}
	}
	return strings.Join(text, "\n")
}

// TestCommands: the commands say what the result says, and nothing is lost on
// the way through both escapes.
func TestCommands(t *testing.T) {
	r := shared()
	odd := "deploy/a b,c:d;e]f%g.yaml"
	r.Findings[0].Location.File = odd
	r.Findings[2].Changed = &model.Location{File: "deploy/pods.yaml", StartLine: 2, EndLine: 3, StartColumn: 1, EndColumn: 4, Precision: model.Exact}
	for _, tt := range []struct {
		format string
		parse  func(string) (command, error)
		want   []map[string]string
	}{
		{"github", githubCommand, []map[string]string{
			{"file": "charts/broken/templates/a.yaml", "line": "3", "endLine": "3", "title": "not-checked"},
			{"title": "not-checked"},
			{"file": odd, "line": "6", "endLine": "6", "col": "11", "endColumn": "19", "title": "host-path-volume"},
			{"file": "charts/api/values.yaml", "line": "7", "endLine": "7", "col": "11", "endColumn": "29", "title": "secret-committed"},
			{"file": "deploy/pods.yaml", "line": "2", "endLine": "3", "title": "run-as-root"},
		}},
		{"azure", azureCommandOf, []map[string]string{
			{"type": "error", "sourcepath": "charts/broken/templates/a.yaml", "linenumber": "3", "code": "not-checked"},
			{"type": "error", "code": "not-checked"},
			{"type": "error", "sourcepath": odd, "linenumber": "6", "columnnumber": "11", "code": "host-path-volume"},
			{"type": "error", "sourcepath": "charts/api/values.yaml", "linenumber": "7", "columnnumber": "11", "code": "secret-committed"},
			{"type": "warning", "sourcepath": "deploy/pods.yaml", "linenumber": "2", "code": "run-as-root"},
		}},
	} {
		var b bytes.Buffer
		if err := Write(&b, tt.format, r, Options{}); err != nil {
			t.Fatal(err)
		}
		var got []map[string]string
		for line := range strings.Lines(b.String()) {
			c, err := tt.parse(strings.TrimSuffix(line, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, c.properties)
		}
		if !slices.EqualFunc(got, tt.want, maps.Equal[map[string]string, map[string]string]) {
			t.Errorf("%s: got %v\nwant %v", tt.format, got, tt.want)
		}
	}
}

// TestAnnotationLimits: worst first, ten of a kind, one line for the rest, no
// message longer than a host keeps.
func TestAnnotationLimits(t *testing.T) {
	r := shared()
	r.Failures = nil
	f := r.Findings[0]
	r.Findings = nil
	for _, s := range []model.Severity{model.SeverityNote, model.SeverityWarning, model.SeverityError} {
		for i := range 12 {
			f.Severity, f.Message = s, fmt.Sprintf("%s %d %s", s, i, strings.Repeat("ж", 5000))
			r.Findings = append(r.Findings, f)
		}
	}
	for _, tt := range []struct {
		format string
		parse  func(string) (command, error)
		want   map[string]int
		rest   string
	}{
		{"github", githubCommand, map[string]int{"error": 10, "warning": 10, "notice": 10}, "7 more"},
		{"azure", azureCommandOf, map[string]int{"error": 10, "warning": 10}, "17 more"},
	} {
		var b bytes.Buffer
		if err := Write(&b, tt.format, r, Options{}); err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		var last string
		for line := range strings.Lines(b.String()) {
			c, err := tt.parse(strings.TrimSuffix(line, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if n := len([]rune(c.message)); n > maxAnnotation {
				t.Errorf("%s: a message of %d characters", tt.format, n)
			}
			kind := c.name
			if v, ok := c.properties["type"]; ok {
				kind = v
			}
			got[kind]++
			last = c.message
		}
		if !maps.Equal(got, tt.want) || !strings.HasPrefix(last, tt.rest) {
			t.Errorf("%s: %v, the last says %q; want %v and %q", tt.format, got, last, tt.want, tt.rest)
		}
	}
}

// judgeMarkdown reads a report as strictly as no host does: outside of code
// spans nothing may stand that makes markup, a mention or a reference, but for
// what we write ourselves.
func judgeMarkdown(t *testing.T, out string) {
	t.Helper()
	drawing := false // inside a fenced block, where a line means nothing to the host unless it ends the block
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if drawing || line == "```mermaid" {
			drawing = line != "```"
			if !judgeMermaid.MatchString(line) {
				t.Errorf("in a drawing: %q", line)
			}
			continue
		}
		switch line {
		case "<details><summary>How to fix</summary>", "<details><summary>Network map</summary>", "</details>", "|---|---|---|---:|", "":
			continue
		}
		if regexp.MustCompile(`^<details><summary>\d+ kinds of findings</summary>$`).MatchString(line) {
			continue
		}
		for _, ours := range []string{"### ", "#### ", "- "} {
			line = strings.TrimPrefix(line, ours)
		}
		prose := strings.ReplaceAll(outsideCode(line), "**", "")
		if strings.HasPrefix(line, "| ") {
			if n := strings.Count(line, "|"); n != 5 {
				t.Errorf("a row of %d cells: %q", n-1, line)
			}
			prose = strings.ReplaceAll(prose, "|", "")
		}
		if m := regexp.MustCompile("[<>&@#!\\[\\]*_~`|\\\\]|https?:/|www\\.\\S|(?i:\\bgh-[0-9]|\\b[0-9a-f]{7,40}\\b)").FindString(prose); m != "" {
			t.Errorf("%q stands outside of code in %q", m, line)
		}
	}
}

// judgeMermaid is every line a drawing may have: labels are quoted and made of
// what names are made of.
var judgeMermaid = regexp.MustCompile(strings.NewReplacer("LABEL", `"[ A-Za-z0-9.,/_?-]+"`, "IDS", `g\d+( & g\d+)*`).Replace("^(```(mermaid)?|flowchart LR|  end|  subgraph n\\d+\\[LABEL\\]|    g\\d+\\[LABEL\\]|" +
	"  g\\d+ (-->|-\\.->)(\\|LABEL\\|)? g\\d+|  from\\(\\[LABEL\\]\\) --> IDS|  IDS (-->|==>) (to|metadata)\\(\\[LABEL\\]\\))$"))

// outsideCode is a line of Markdown without its code spans (CommonMark 6.1): a
// run of backticks opens one, the next run of the same length closes it.
func outsideCode(line string) string {
	runs := regexp.MustCompile("`+").FindAllStringIndex(line, -1)
	var b strings.Builder
	at := 0
	for i := 0; i < len(runs); i++ {
		for j := i + 1; j < len(runs); j++ {
			if runs[j][1]-runs[j][0] == runs[i][1]-runs[i][0] {
				b.WriteString(line[at:runs[i][0]])
				at = runs[j][1]
				i = j
				break
			}
		}
	}
	return b.String() + line[at:]
}

// TestMarkdownLimit: a report of very many findings ends in order.
func TestMarkdownLimit(t *testing.T) {
	r := shared()
	f := r.Findings[0]
	r.Findings = nil
	for i := range 40_000 {
		f.Rule = fmt.Sprintf("a-rule-with-a-long-name-%05d", i)
		r.Findings = append(r.Findings, f)
	}
	var b bytes.Buffer
	if err := Write(&b, "markdown", r, Options{}); err != nil {
		t.Fatal(err)
	}
	if b.Len() > maxMarkdown+1024 {
		t.Errorf("%d bytes", b.Len())
	}
	judgeMarkdown(t, b.String())
}

func TestMarkdownLinks(t *testing.T) {
	var b bytes.Buffer
	link := func(l model.Location) string { return fmt.Sprintf("https://host.example/%s#L%d", l.File, l.StartLine) }
	if err := Write(&b, "markdown", shared(), Options{Link: link}); err != nil {
		t.Fatal(err)
	}
	want := "[`charts/api/values.yaml:6`](https://host.example/charts/api/values.yaml#L6)"
	if !strings.Contains(b.String(), want) {
		t.Errorf("no %s in\n%s", want, b.String())
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, v := range append(vectors, "GH-0A", "(a.b), ((c)) \"d\").") {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, s string) {
		judgeMarkdown(t, "- "+mdWords(s)+" "+mdCode(s)+"\n")
		judgeMarkdown(t, "| "+mdCell(s)+" | "+mdWords(unpiped(s))+" | a | 1 |\n")
	})
}
