package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
)

// writeText prints findings grouped by file, each with the source line it is
// about, then how to fix them, what could not be checked, and one line of
// summary.
func writeText(w io.Writer, r *model.Result, opts Options) error {
	log := NewLog(w)
	t := &textWriter{out: bufio.NewWriter(log), style: style{opts.Color}, width: opts.Width, lines: newExcerpts(r, opts.Source)}
	switch {
	case opts.Quiet && opts.MaxLines > 0:
		t.screen(r, opts.MaxLines)
	case opts.Quiet:
		t.findings(r, true)
		t.failures(r.Failures)
	default:
		t.findings(r, false)
		t.howToFix(r)
		t.failures(r.Failures)
	}
	t.summary(r)
	if c := Count(r); opts.Quiet && c.Errors+c.Warnings+c.Notes > 0 {
		t.printf("%s\n", t.style.dim("sekisho explain RULE says why and how to fix it"))
	}
	if err := t.out.Flush(); err != nil {
		return err
	}
	return log.Close()
}

type textWriter struct {
	out   *bufio.Writer // keeps the first error for Flush
	style style
	width int // columns; 0: as long as it comes
	lines *excerpts
}

func (t *textWriter) printf(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

// The columns at which a message and the lines below it begin.
const (
	messageColumn = 20
	belowColumn   = 11
	minWidth      = 20 // of a wrapped text, however narrow the terminal
)

// wrap breaks a text at blanks so that it fits behind column lines of blanks. A
// word that is too long stays whole: paths are copied.
func (t *textWriter) wrap(column int, text string) []string {
	room := max(t.width-column, minWidth)
	if t.width == 0 || utf8.RuneCountInString(text) <= room {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Split(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > room {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// below prints a text under a finding, dimmed; lines after the first begin
// further to the right.
func (t *textWriter) below(text string, further int) {
	for i, line := range t.wrap(belowColumn+further, text) {
		indent := belowColumn
		if i > 0 {
			indent += further
		}
		t.printf("%*s%s\n", indent, "", t.style.dim(line))
	}
}

// screen prints what is worst in so many lines, a line each: what could not be
// checked, then findings, then how many are left out. Summary and hint take two.
func (t *textWriter) screen(r *model.Result, lines int) {
	findings, failures := WorstFirst(r), r.Failures
	left := lines - 2
	if left < len(findings)+len(failures) {
		left-- // for the line that says how many are left out
	}
	failures = failures[:min(len(failures), max(left/2, 1))]
	findings = findings[:min(len(findings), max(left-len(failures), 1))]
	for _, f := range failures {
		t.printf("%s: %s\n", t.style.colored(model.SeverityError, "not checked"), Text(FailureText(f)))
	}
	for _, f := range findings {
		place := t.style.bold(Text(f.Location.File))
		if f.Location.Precision != model.File {
			place += fmt.Sprintf(":%d:%d", f.Location.StartLine, f.Location.StartColumn)
		}
		t.printf("%s: %s: %s  %s\n", place, t.style.colored(f.Severity, string(f.Severity)), Text(f.Message), t.style.dim(f.Rule))
	}
	if n := len(WorstFirst(r)) - len(findings) + len(r.Failures) - len(failures); n > 0 {
		t.printf("and %d more, none of them worse: sekisho scan lists them all\n", n)
	}
}

func (t *textWriter) findings(r *model.Result, quiet bool) {
	var shown []*model.Finding
	for i := range r.Findings {
		if r.Findings[i].Suppressed == nil {
			shown = append(shown, &r.Findings[i])
		}
	}
	file := ""
	for len(shown) > 0 {
		first := shown[0]
		if first.Location.File != file {
			if file != "" {
				t.printf("\n")
			}
			file = first.Location.File
			t.printf("%s\n", t.style.bold(Text(file)))
		}
		n := 1
		for n < len(shown) && sameStory(first, shown[n]) {
			n++
		}
		for _, f := range shown[:n] {
			t.head(f)
		}
		if !quiet {
			t.story(shown[:n])
		}
		shown = shown[n:]
	}
	if file != "" {
		t.printf("\n")
	}
}

// sameStory tells whether two findings differ in nothing that is printed below
// their first lines but the field: what lacks one setting often lacks several.
func sameStory(a, b *model.Finding) bool {
	return a.Location == b.Location && a.Object == b.Object && len(a.Also) == 0 && len(b.Also) == 0 &&
		slices.Equal(a.Related, b.Related) && slices.Equal(a.Unit.Variants, b.Unit.Variants)
}

// head is the line that says what is wrong.
func (t *textWriter) head(f *model.Finding) {
	place := fmt.Sprintf("%d:%d", f.Location.StartLine, f.Location.StartColumn)
	if f.Location.Precision == model.File {
		place = "-"
	}
	message := t.wrap(messageColumn, Text(f.Message))
	last := message[len(message)-1]
	t.printf("  %-8s %s  %s", place, t.style.severity(f.Severity), message[0])
	for _, line := range message[1:] {
		t.printf("\n%*s%s", messageColumn, "", line)
	}
	if t.width > 0 && messageColumn+utf8.RuneCountInString(last)+2+len(f.Rule) > t.width {
		t.printf("\n%*s%s\n", messageColumn, "", t.style.dim(f.Rule))
	} else {
		t.printf("  %s\n", t.style.dim(f.Rule))
	}
}

// story says where findings of one story stand and how they came there.
func (t *textWriter) story(findings []*model.Finding) {
	f := findings[0]
	if f.Object.Kind != "Dockerfile" {
		where := fmt.Sprintf("%s %s", f.Object.Kind, f.Object.Name)
		if fields := fieldsOf(findings); fields != "" {
			where += " " + fields
		}
		switch f.Location.Precision {
		case model.Parent:
			where += " (not set; the nearest line is shown)"
		case model.File:
			where += " (line unknown)"
		}
		t.below(Text(where), 2)
	}
	if v := variants(f.Unit); v != "" {
		t.below(Text(v), 2)
	}
	t.excerpt(f.Location)
	for _, rel := range f.Related {
		t.related(rel)
	}
	t.also(f)
}

// fieldsOf prints the paths of findings: what they share, then the rest of
// each. spec.containers[0]: image, securityContext.runAsUser
func fieldsOf(findings []*model.Finding) string {
	shared := findings[0].Path
	for _, f := range findings[1:] {
		n := 0
		for n < min(len(shared), len(f.Path)) && shared[n] == f.Path[n] {
			n++
		}
		shared = shared[:n]
	}
	var rest []string
	for _, f := range findings {
		if r := f.Path[len(shared):].String(); r != "" && !slices.Contains(rest, r) {
			rest = append(rest, r)
		}
	}
	text := shared.String()
	switch {
	case len(rest) == 0:
		return text
	case text == "":
		return strings.Join(rest, ", ")
	}
	return text + ": " + strings.Join(rest, ", ")
}

// howToFix says once for each rule what to write instead.
func (t *textWriter) howToFix(r *model.Result) {
	rules := foundRules(r)
	width := 0
	for _, rule := range rules {
		width = max(width, len(rule.ID))
	}
	if len(rules) > 0 {
		t.printf("%s\n", t.style.bold("how to fix"))
		for _, rule := range rules {
			for i, line := range t.wrap(2+width+2, Text(oneLine(rule.Remediation))) {
				id := rule.ID
				if i > 0 {
					id = ""
				}
				t.printf("  %-*s  %s\n", width, id, line)
			}
		}
		t.printf("\n")
	}
}

// foundRules are the rules that found something that counts and say how to fix
// it, the severest first.
func foundRules(r *model.Result) []*model.Rule {
	worst := map[string]int{}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Suppressed == nil {
			rank, ok := worst[f.Rule]
			if !ok || f.Severity.Rank() < rank {
				worst[f.Rule] = f.Severity.Rank()
			}
		}
	}
	var rules []*model.Rule
	for i := range r.Rules {
		if _, found := worst[r.Rules[i].ID]; found && r.Rules[i].Remediation != "" {
			rules = append(rules, &r.Rules[i])
		}
	}
	slices.SortStableFunc(rules, func(a, b *model.Rule) int {
		return cmp.Or(worst[a.ID]-worst[b.ID], strings.Compare(a.ID, b.ID))
	})
	return rules
}

// maxAlso bounds the further fields shown under a finding.
const maxAlso = 3

// also lists further fields that the same line caused.
func (t *textWriter) also(f *model.Finding) {
	for i, also := range f.Also {
		if i == maxAlso && len(f.Also) > maxAlso+1 {
			t.below(fmt.Sprintf("and %d more by this line", len(f.Also)-maxAlso), 2)
			break
		}
		where := also.Object.Kind + " " + also.Object.Name
		if also.Unit != nil && also.Unit.Path != f.Unit.Path {
			where += " of " + also.Unit.Path
		}
		t.below(Text(fmt.Sprintf("also: %s (%s)", also.Message, where)), 6)
	}
}

// maxVariants bounds the variants of a chart that are named.
const maxVariants = 3

// variants names the variants of a chart a finding shows in, unless it is the
// default one alone.
func variants(u model.UnitRef) string {
	n := len(u.Variants)
	switch {
	case n == 0, n == 1 && u.Variants[0] == model.DefaultVariant:
		return ""
	case n > maxVariants+1:
		return fmt.Sprintf("with %s and %d more", strings.Join(u.Variants[:maxVariants], ", "), n-maxVariants)
	}
	return "with " + strings.Join(u.Variants, ", ")
}

// maxExcerpt bounds a shown source line, in characters.
const maxExcerpt = 160

// excerpt shows the line of a location with its columns marked.
func (t *textWriter) excerpt(l model.Location) {
	if l.Precision == model.File {
		return
	}
	line, ok := t.lines.line(l.File, l.StartLine)
	if !ok {
		return
	}
	start, end := l.StartColumn, l.EndColumn
	if l.EndLine > l.StartLine || end <= start {
		end = utf8.RuneCountInString(line) + 1
	}
	shown := []rune(line)
	most := maxExcerpt
	if t.width > 0 {
		most = min(most, max(t.width-belowColumn-1, minWidth))
	}
	if len(shown) > most {
		shown = append(shown[:most], '…')
	}
	start = min(max(start, 1), len(shown)+1)
	end = min(max(end, start+1), len(shown)+1)
	// Tabs keep their place under the line, whatever their width.
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, string(shown[:start-1]))
	t.printf("  %6d | %s\n", l.StartLine, excerptText(string(shown)))
	t.printf("         | %s%s\n", pad, t.style.mark(strings.Repeat("^", max(1, end-start))))
}

// excerptText is Text that leaves tabs alone.
func excerptText(s string) string {
	parts := strings.Split(s, "\t")
	for i := range parts {
		parts[i] = Text(parts[i])
	}
	return strings.Join(parts, "\t")
}

// related prints a further line on the way to the field.
func (t *textWriter) related(l model.Location) {
	place := l.File
	if l.Precision != model.File {
		place += fmt.Sprintf(":%d", l.StartLine)
	}
	if l.Key != "" {
		place += " (" + l.Key + ")"
	}
	if l.Object != nil {
		place += " (" + objectName(*l.Object) + ")"
	}
	text := fmt.Sprintf("%-9s %s", l.Role, Text(place))
	if line, ok := t.lines.line(l.File, l.StartLine); ok && l.Precision != model.File {
		room := 100
		if t.width > 0 { // the line itself is a help, not the news
			room = min(room, t.width-belowColumn-utf8.RuneCountInString(text)-3)
		}
		source := []rune(strings.TrimSpace(line))
		if len(source) > room && room > 0 {
			source = append(source[:room], '…')
		}
		if room > minWidth/2 {
			text += "  " + Text(string(source))
		}
	}
	t.printf("%*s%s\n", belowColumn, "", t.style.dim(text))
}

func (t *textWriter) failures(failures []model.Failure) {
	if len(failures) == 0 {
		return
	}
	t.printf("%s\n", t.style.bold("not checked"))
	for _, f := range failures {
		for i, line := range t.wrap(4, Text(FailureText(f))) {
			t.printf("%*s%s\n", min(2+2*i, 4), "", line)
		}
	}
	t.printf("\n")
}

// FailureText words a failure: where, in which variant, why.
func FailureText(f model.Failure) string {
	place := f.File
	if place == "" && f.Unit != nil {
		place = f.Unit.Path
	}
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, f.Line)
	}
	if f.Unit != nil {
		if v := variants(*f.Unit); v != "" {
			place += " (" + v + ")"
		}
	}
	if place == "" {
		return f.Message
	}
	return place + ": " + f.Message
}

func (t *textWriter) summary(r *model.Result) {
	verdict := t.style.bold
	if c := Count(r); c.Errors+c.Warnings+c.Notes+len(r.Failures) == 0 {
		verdict = t.style.good
	}
	counts, scope, _ := strings.Cut(Summary(r), " (")
	t.printf("%s (%s\n", verdict(counts), scope)
}

// Summary says in one line how a scan ended and what it saw: "clean (48
// objects in 5 units)". A shard says that it is one.
func Summary(r *model.Result) string {
	c := Count(r)
	verdict := "clean"
	if c.Errors+c.Warnings+c.Notes+len(r.Failures) > 0 {
		verdict = fmt.Sprintf("%s, %s, %s", Plural(c.Errors, "error"), Plural(c.Warnings, "warning"), Plural(c.Notes, "note"))
	}
	if n := len(r.Failures); n > 0 {
		verdict += fmt.Sprintf(", %d not checked", n)
	}
	objects := 0
	for _, u := range r.Units {
		objects += u.Objects
	}
	scope := fmt.Sprintf("%s in %s", Plural(objects, "object"), Plural(len(r.Units), "unit"))
	if r.Shard != nil {
		scope += fmt.Sprintf(" of shard %d/%d", r.Shard.Index, r.Shard.Of)
	}
	if c.Suppressed > 0 {
		scope += fmt.Sprintf(", %d suppressed", c.Suppressed)
	}
	return fmt.Sprintf("%s (%s)", verdict, scope)
}

// Plural counts things in words: 1 object, 2 objects.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// style colours text when the terminal can show it.
type style struct{ on bool }

func (s style) wrap(code, text string) string {
	if !s.on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string { return s.wrap("1", text) }
func (s style) dim(text string) string  { return s.wrap("2", text) }
func (s style) good(text string) string { return s.wrap("32", text) }
func (s style) mark(text string) string { return s.wrap("33", text) }

func (s style) severity(v model.Severity) string { return s.colored(v, fmt.Sprintf("%-7s", v)) }

// colored gives a text the colour of a severity.
func (s style) colored(v model.Severity, text string) string {
	switch v {
	case model.SeverityError:
		return s.wrap("1;31", text)
	case model.SeverityWarning:
		return s.wrap("33", text)
	}
	return s.wrap("36", text)
}
