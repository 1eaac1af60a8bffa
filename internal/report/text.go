package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
)

// writeText prints findings grouped by file, each with the source line it is
// about, then what could not be checked, then one line of summary.
func writeText(w io.Writer, r *model.Result, opts Options) error {
	log := NewLog(w)
	t := &textWriter{out: bufio.NewWriter(log), style: style{opts.Color}, quiet: opts.Quiet, lines: newExcerpts(r, opts.Source)}
	t.findings(r)
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
	quiet bool
	lines *excerpts
}

func (t *textWriter) printf(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

func (t *textWriter) findings(r *model.Result) {
	file := ""
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Suppressed != nil {
			continue
		}
		if f.Location.File != file {
			if file != "" {
				t.printf("\n")
			}
			file = f.Location.File
			t.printf("%s\n", t.style.bold(Text(file)))
		}
		t.finding(f)
	}
	if file != "" {
		t.printf("\n")
	}
}

func (t *textWriter) finding(f *model.Finding) {
	place := fmt.Sprintf("%d:%d", f.Location.StartLine, f.Location.StartColumn)
	if f.Location.Precision == model.File {
		place = "-"
	}
	t.printf("  %-8s %s  %s  %s\n", place, t.style.severity(f.Severity), Text(f.Message), t.style.dim(f.Rule))
	if t.quiet {
		return
	}
	where := fmt.Sprintf("%s %s", f.Object.Kind, f.Object.Name)
	if f.Object.Kind == "Dockerfile" {
		where = ""
	}
	if where != "" {
		if len(f.Path) > 0 {
			where += " " + f.Path.String()
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

// variants names the variants of a chart a finding shows in, unless it is the
// default one alone.
func variants(u model.UnitRef) string {
	if len(u.Variants) == 0 || len(u.Variants) == 1 && u.Variants[0] == model.DefaultVariant {
		return ""
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
