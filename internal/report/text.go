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
	t := &textWriter{out: bufio.NewWriter(log), style: style{opts.Color}, lines: newExcerpts(r, opts.Source)}
	t.findings(r, opts.Quiet)
	if !opts.Quiet {
		t.howToFix(r)
	}
	t.failures(r)
	t.summary(r)
	if err := t.out.Flush(); err != nil {
		return err
	}
	return log.Close()
}

type textWriter struct {
	out   *bufio.Writer // keeps the first error for Flush
	style style
	lines *excerpts
}

func (t *textWriter) printf(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

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
	t.printf("  %-8s %s  %s  %s\n", place, t.style.severity(f.Severity), Text(f.Message), t.style.dim(f.Rule))
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
		t.printf("           %s\n", t.style.dim(Text(where)))
	}
	if v := variants(f.Unit); v != "" {
		t.printf("           %s\n", t.style.dim(Text(v)))
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
			t.printf("  %-*s  %s\n", width, rule.ID, Text(oneLine(rule.Remediation)))
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
			t.printf("           %s\n", t.style.dim(fmt.Sprintf("and %d more by this line", len(f.Also)-maxAlso)))
			break
		}
		where := also.Object.Kind + " " + also.Object.Name
		if also.Unit != nil && also.Unit.Path != f.Unit.Path {
			where += " of " + also.Unit.Path
		}
		t.printf("           %s\n", t.style.dim(Text(fmt.Sprintf("also: %s (%s)", also.Message, where))))
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
	if len(shown) > maxExcerpt {
		shown = append(shown[:maxExcerpt], '…')
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
	source := ""
	if line, ok := t.lines.line(l.File, l.StartLine); ok && l.Precision != model.File {
		runes := []rune(strings.TrimSpace(line))
		if len(runes) > 100 {
			runes = append(runes[:100], '…')
		}
		source = "  " + Text(string(runes))
	}
	t.printf("           %s\n", t.style.dim(fmt.Sprintf("%-9s %s%s", l.Role, Text(place), source)))
}

func (t *textWriter) failures(r *model.Result) {
	if len(r.Failures) == 0 {
		return
	}
	t.printf("%s\n", t.style.bold("not checked"))
	for _, f := range r.Failures {
		t.printf("  %s\n", Text(FailureText(f)))
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

func (s style) severity(v model.Severity) string {
	padded := fmt.Sprintf("%-7s", v)
	switch v {
	case model.SeverityError:
		return s.wrap("1;31", padded)
	case model.SeverityWarning:
		return s.wrap("33", padded)
	}
	return s.wrap("36", padded)
}
