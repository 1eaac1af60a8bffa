package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/sekisho/sekisho/internal/model"
)

// Both hosts keep ten annotations of each kind for a step and drop the others
// without a word, so the worst are printed first and the last line says how
// many are missing.
const annotationsPerKind = 10

// maxAnnotation is the most characters a host keeps of one annotation.
const maxAnnotation = 4096

// annotation is one remark at one place, as both hosts understand it.
type annotation struct {
	severity model.Severity
	rule     string
	message  string
	at       model.Location // File "" when there is no place
}

// annotations are the failures and findings of a result, worst first. What
// could not be checked comes before everything: nothing was said about it.
func annotations(r *model.Result) []annotation {
	rules := map[string]*model.Rule{}
	for i := range r.Rules {
		rules[r.Rules[i].ID] = &r.Rules[i]
	}
	var out []annotation
	for _, f := range r.Failures {
		a := annotation{severity: model.SeverityError, rule: "not-checked", message: FailureText(f)}
		if f.File != "" {
			a.at = model.FileLocation(f.File, model.RoleSource)
			a.at.StartLine = max(f.Line, 1)
			a.at.EndLine = a.at.StartLine
		}
		out = append(out, a)
	}
	for _, f := range WorstFirst(r) {
		message := f.Message
		if n := len(f.Also); n > 0 {
			message += fmt.Sprintf(" (and %d more by this line)", n)
		}
		if rule := rules[f.Rule]; rule != nil && rule.Remediation != "" {
			message += "\n" + oneLine(rule.Remediation)
		}
		out = append(out, annotation{severity: f.Severity, rule: f.Rule, message: message, at: place(f)})
	}
	return out
}

// oneLine folds the line ends of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// annotationText makes a message fit for a command: each line is harmless by
// itself, the whole is not too long.
func annotationText(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = string(disarm([]byte(Text(line))))
	}
	return clip(strings.Join(lines, "\n"), maxAnnotation)
}

// clip cuts a text to n characters at most.
func clip(s string, n int) string {
	if len(s) <= n { // bytes are at least as many as characters
		return s
	}
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// placeable tells whether a file's name can stand in a command as it is. One
// with control characters or commands in it cannot: it moves to the message.
func placeable(file string) bool {
	return file != "" && Text(file) == file && string(disarm([]byte(file))) == file
}

// placed moves a place that cannot be given as a property to the message.
func (a annotation) placed() annotation {
	if a.at.File != "" && !placeable(a.at.File) {
		if !strings.HasPrefix(a.message, a.at.File) {
			a.message = a.at.File + ": " + a.message
		}
		// Line ends of a file's name are no line ends of the message.
		a.message = strings.ReplaceAll(a.message, a.at.File, Text(a.at.File))
		a.at = model.Location{}
	}
	return a
}

// columns gives the columns of a place on one line; hosts refuse others.
func singleLine(l model.Location) bool {
	return l.StartLine == l.EndLine && l.StartColumn > 0 && l.Precision != model.File
}

// rest words how many annotations a host would have dropped.
func rest(n int) string {
	return fmt.Sprintf("%d more are not shown here: a step has room for %d of each kind. The reports list them all", n, annotationsPerKind)
}

// writeGitHub prints workflow commands for GitHub Actions, at most ten errors,
// ten warnings and ten notices.
func writeGitHub(w io.Writer, r *model.Result, _ Options) (err error) {
	out := &failingWriter{w: w}
	action := githubactions.New(githubactions.WithWriter(out))
	left := budget{"error": annotationsPerKind, "warning": annotationsPerKind, "notice": annotationsPerKind}
	all := annotations(r)
	kept, dropped := keep(all, left, githubLevel, "notice")
	for _, a := range kept {
		a = a.placed()
		properties := map[string]string{"title": annotationText(a.rule)}
		if a.at.File != "" {
			properties["file"] = a.at.File
			properties["line"] = strconv.Itoa(a.at.StartLine)
			properties["endLine"] = strconv.Itoa(max(a.at.EndLine, a.at.StartLine))
			if singleLine(a.at) {
				properties["col"] = strconv.Itoa(a.at.StartColumn)
				properties["endColumn"] = strconv.Itoa(max(a.at.EndColumn, a.at.StartColumn))
			}
		}
		action.IssueCommand(&githubactions.Command{Name: githubLevel(a.severity), Message: annotationText(a.message), Properties: properties})
	}
	if dropped > 0 {
		action.IssueCommand(&githubactions.Command{Name: "notice", Message: rest(dropped), Properties: map[string]string{"title": "sekisho"}})
	}
	return out.err
}

func githubLevel(s model.Severity) string {
	switch s {
	case model.SeverityError:
		return "error"
	case model.SeverityWarning:
		return "warning"
	}
	return "notice"
}

// writeAzure prints logging commands for Azure Pipelines, at most ten errors
// and ten warnings; notes go as warnings when there is room.
func writeAzure(w io.Writer, r *model.Result, _ Options) error {
	left := budget{"error": annotationsPerKind, "warning": annotationsPerKind}
	all := annotations(r)
	kept, dropped := keep(all, left, azureLevel, "warning")
	var b strings.Builder
	for _, a := range kept {
		a = a.placed()
		properties := []string{"type=" + azureLevel(a.severity)}
		if a.at.File != "" {
			properties = append(properties, "sourcepath="+azureProperty(a.at.File), "linenumber="+strconv.Itoa(a.at.StartLine))
			if singleLine(a.at) {
				properties = append(properties, "columnnumber="+strconv.Itoa(a.at.StartColumn))
			}
		}
		properties = append(properties, "code="+azureProperty(annotationText(a.rule)))
		azureCommand(&b, "task.logissue", properties, annotationText(a.message))
	}
	if dropped > 0 {
		azureCommand(&b, "task.logissue", []string{"type=warning"}, rest(dropped))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func azureLevel(s model.Severity) string {
	if s == model.SeverityError {
		return "error"
	}
	return "warning"
}

// azureCommand appends one logging command; the properties are escaped already.
func azureCommand(b *strings.Builder, name string, properties []string, message string) {
	b.WriteString("##vso[" + name)
	if len(properties) > 0 {
		b.WriteString(" " + strings.Join(properties, ";") + ";")
	}
	b.WriteString("]" + azureMessage.Replace(message) + "\n")
}

// AzureUploadSummary is the logging command that makes the agent show a
// Markdown file on the summary of the run. The file is an absolute path as the
// agent sees it.
func AzureUploadSummary(file string) string {
	var b strings.Builder
	azureCommand(&b, "task.uploadsummary", nil, Text(file))
	return b.String()
}

// The escapes of the agent's logging commands.
var (
	azureMessage    = strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A")
	azureProperties = strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", "]", "%5D", ";", "%3B")
)

func azureProperty(s string) string { return azureProperties.Replace(s) }

// keep takes the annotations a host will show, worst first. When some are left
// out, one of the kind the rest line is printed as makes room for it.
func keep(all []annotation, left budget, level func(model.Severity) string, restLevel string) (kept []annotation, dropped int) {
	for _, a := range all {
		if left.take(level(a.severity)) {
			kept = append(kept, a)
		}
	}
	dropped = len(all) - len(kept)
	if dropped == 0 || left[restLevel] > 0 {
		return kept, dropped
	}
	for i := len(kept) - 1; i >= 0; i-- {
		if level(kept[i].severity) == restLevel {
			return append(kept[:i:i], kept[i+1:]...), dropped + 1
		}
	}
	return kept, dropped
}

// failingWriter remembers the first error and swallows what follows: the
// actions library panics when it cannot write.
type failingWriter struct {
	w   io.Writer
	err error
}

func (f *failingWriter) Write(p []byte) (int, error) {
	if f.err == nil {
		_, f.err = f.w.Write(p)
	}
	return len(p), nil
}
