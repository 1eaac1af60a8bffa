package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// maxMarkdown bounds a report in bytes: GitHub shows nothing at all of a step
// summary beyond 1 MiB, and other steps write there, too.
const maxMarkdown = 900 << 10

// worstShown is how many findings a summary names one by one.
const worstShown = 10

// writeMarkdown prints a summary: verdict, a table by severity and rule, the
// ten worst findings, what was not checked, how to fix.
func writeMarkdown(w io.Writer, r *model.Result, opts Options) error {
	m := &markdown{link: opts.Link}
	m.add("### Sekisho: %s\n", mdWords(Summary(r)))
	m.table(r)
	m.worst(r)
	m.failures(r)
	m.network(r)
	m.howToFix(r)
	_, err := io.WriteString(w, m.b.String())
	return err
}

// Remark is what to say about one finding in a review: Markdown, harmless.
func Remark(f *model.Finding, rule *model.Rule) string {
	m := &markdown{}
	m.add("**%s** %s\n\n", f.Severity, mdWords(f.Message))
	m.add("%s · %s\n", mdCode(f.Rule), mdCode(objectName(f.Object)))
	for _, l := range append([]model.Location{f.Location}, f.Related...) {
		place := mdCode(placeText(l))
		if l.Object != nil {
			place += " " + mdCode(objectName(*l.Object))
		}
		m.add("- %s %s\n", l.Role, place)
	}
	if rule != nil && rule.Remediation != "" {
		m.add("\n%s\n", mdParagraph(rule.Remediation))
	}
	return m.b.String()
}

// markdown collects lines while there is room.
type markdown struct {
	b    strings.Builder
	link func(model.Location) string
}

// add appends when the whole stays within the limit, with some room for the
// lines that say what is missing.
func (m *markdown) add(format string, args ...any) bool {
	s := fmt.Sprintf(format, args...)
	if m.b.Len()+len(s) > maxMarkdown {
		return false
	}
	m.b.WriteString(s)
	return true
}

func (m *markdown) table(r *model.Result) {
	type row struct {
		severity model.Severity
		rule     string
	}
	count := map[row]int{}
	var rows []row
	for _, f := range WorstFirst(r) {
		k := row{f.Severity, f.Rule}
		if count[k] == 0 {
			rows = append(rows, k)
		}
		count[k]++
	}
	if len(rows) == 0 {
		return
	}
	titles := map[string]string{}
	for i := range r.Rules {
		titles[r.Rules[i].ID] = r.Rules[i].Title
	}
	// A long table is folded up: the worst findings are to be on the first screen.
	folded := len(rows) > worstShown && m.add("\n<details><summary>%d kinds of findings</summary>\n", len(rows))
	m.add("\n| severity | rule | | findings |\n|---|---|---|---:|\n")
	for _, k := range rows {
		if !m.add("| %s | %s | %s | %d |\n", mdWords(unpiped(string(k.severity))), mdCell(k.rule), mdWords(unpiped(titles[k.rule])), count[k]) {
			break
		}
	}
	if folded {
		m.b.WriteString("\n</details>\n") // the limit leaves room for it
	}
}

func (m *markdown) worst(r *model.Result) {
	findings := WorstFirst(r)
	if len(findings) == 0 {
		return
	}
	m.add("\n#### Worst first\n\n")
	for i, f := range findings {
		if i == worstShown {
			m.add("\n%d more: the table counts them, the log and the reports name them.\n", len(findings)-i)
			return
		}
		m.add("- **%s** %s  \n  %s · %s · %s\n", f.Severity, mdWords(f.Message), m.place(f.Location), mdCode(f.Rule), mdCode(objectName(f.Object)))
	}
}

func (m *markdown) failures(r *model.Result) {
	if len(r.Failures) == 0 {
		return
	}
	m.add("\n#### Not checked\n\nUntil these can be rendered and judged, the result is not complete.\n\n")
	for i, f := range r.Failures {
		if i == 50 || !m.add("- %s\n", mdWords(FailureText(f))) {
			m.add("- and %d more\n", len(r.Failures)-i)
			return
		}
	}
}

// network draws who may reach whom, as far as a reader can follow: GitHub
// shows the language of the drawing.
func (m *markdown) network(r *model.Result) {
	room := maxDrawn
	begun := false
	for _, n := range r.Network {
		drawing, leftOut := mermaid(n)
		if drawing == "" || len(n.Groups) > room {
			continue
		}
		if !begun && !m.add("\n<details><summary>Network map</summary>\n") {
			return
		}
		begun = true
		if m.add("\nWho may reach whom in %s:\n\n```mermaid\n%s```\n", mdCode(mapTitle(n)), drawing) {
			room -= len(n.Groups)
			if leftOut != "" {
				m.add("\n%s\n", leftOut)
			}
		}
	}
	if begun {
		m.b.WriteString("\n</details>\n") // the limit leaves room for it
	}
}

// howToFix names the remedy of each rule that found something.
func (m *markdown) howToFix(r *model.Result) {
	rules := foundRules(r)
	if len(rules) == 0 || !m.add("\n<details><summary>How to fix</summary>\n\n") {
		return
	}
	for _, rule := range rules {
		m.add("- %s: %s\n", mdCode(rule.ID), mdParagraph(rule.Remediation))
	}
	m.b.WriteString("\n</details>\n") // the limit leaves room for it
}

// place prints where a finding is, as a link where the host has the file.
func (m *markdown) place(l model.Location) string {
	text := mdCode(placeText(l))
	if m.link == nil {
		return text
	}
	return fmt.Sprintf("[%s](%s)", text, m.link(l))
}

// placeText is file:line, or the file where the line is not known.
func placeText(l model.Location) string {
	if l.Precision == model.File {
		return l.File
	}
	return fmt.Sprintf("%s:%d", l.File, l.StartLine)
}

// objectName is Kind namespace/name.
func objectName(id model.ObjectID) string {
	name := id.Name
	if id.Namespace != "" {
		name = id.Namespace + "/" + name
	}
	if id.Kind == "" {
		return name
	}
	return id.Kind + " " + name
}

// A stranger's text stands in a code span: no host reads markup, mentions or
// numbers of issues there. Only words that can mean nothing are left as prose.

// mdCode prints a text as one code span on one line.
func mdCode(s string) string {
	// Behind a backtick nothing stands at the beginning of a line.
	s = strings.TrimSpace(string(commandAnywhere.ReplaceAll([]byte(Text(s)), []byte(`##\$1`))))
	if s == "" {
		return "` `"
	}
	// The fence is longer than every run of backticks inside.
	run, longest := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// mdCell is mdCode for a table's cell. A pipe would end the cell even inside
// a code span, and hosts differ in how it is escaped.
func mdCell(s string) string { return mdCode(unpiped(s)) }

func unpiped(s string) string { return strings.ReplaceAll(s, "|", "│") }

var (
	// mdQuoted is a quoted part of a message: "…" as %q prints it, or `…`.
	mdQuoted = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]+`")
	// mdPlain is a word that no host reads anything into.
	mdPlain = regexp.MustCompile(`^\(?[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*\)?[,;:.]?$`)
	// mdReference is in a word that GitHub would make a link of: an issue or a commit.
	mdReference = regexp.MustCompile(`(?i)\b(gh-\d|[0-9a-f]{7,40}\b)`)
)

// mdWords prints a message as prose with its quoted parts, and every word that
// could mean something to a host, as code. It is meant to stand behind other
// text on its line.
func mdWords(s string) string {
	var parts, code []string
	flush := func(before, behind string) {
		if len(code) > 0 {
			parts = append(parts, before+mdCode(strings.Join(code, " "))+behind)
			code = nil
		}
	}
	prose := func(text string) {
		for _, word := range strings.Fields(text) {
			if mdPlain.MatchString(word) && !mdReference.MatchString(word) {
				flush("", "")
				parts = append(parts, word)
				continue
			}
			before, inner, behind := peel(word)
			if before != "" {
				flush("", "")
			}
			code = append(code, inner)
			if before+behind != "" {
				flush(before, behind)
			}
		}
		flush("", "")
	}
	for {
		m := mdQuoted.FindStringIndex(s)
		if m == nil {
			break
		}
		// "(" right before a quotation and punctuation right behind it stay with it.
		text, before := s[:m[0]], ""
		if strings.HasSuffix(text, "(") {
			text, before = text[:len(text)-1], "("
		}
		prose(text)
		quoted := s[m[0]:m[1]]
		if inner := quoted[1 : len(quoted)-1]; strings.TrimSpace(inner) != "" {
			quoted = inner
		}
		s = s[m[1]:]
		rest := strings.TrimLeft(s, "),;:.")
		behind := s[:len(s)-len(rest)]
		if rest != "" && rest[0] != ' ' {
			rest, behind = s, ""
		}
		parts = append(parts, before+mdCode(quoted)+behind)
		s = rest
	}
	prose(s)
	return strings.Join(parts, " ")
}

// peel takes an opening bracket, punctuation and a closing bracket without
// partner off a word: "(a.b)," is "(", "a.b" and "),".
func peel(word string) (before, inner, behind string) {
	inner, open := strings.CutPrefix(word, "(")
	if open {
		before = "("
	}
	end := len(strings.TrimRight(inner, ",;:."))
	if end > 0 && inner[end-1] == ')' && strings.Count(inner[:end], ")") > strings.Count(inner[:end], "(") {
		end = len(strings.TrimRight(inner[:end-1], ",;:."))
	}
	if end == 0 {
		return "", word, ""
	}
	return before, inner[:end], inner[end:]
}

// mdParagraph prints a text of a rule on one line. Rules may come from the
// repository, so it is a stranger's text, too; the prose of ours shows as such.
func mdParagraph(s string) string { return mdWords(oneLine(s)) }
