// Package ruledoc turns a rule into Markdown. A model.Rule goes in; out come
// the page beside the rule, the text of `sekisho explain`, the help of a SARIF
// rule and the index of all rules. It hides how a rule is explained, so that it
// is explained the same way everywhere. The words themselves stand in the
// rule's METADATA and examples only.
package ruledoc

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// Page is everything there is to say about a rule: the README.md of its folder
// and what `sekisho explain` prints.
func Page(r model.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", r.Title)
	b.WriteString(facts(r))
	section(&b, "Why", r.Description)
	section(&b, "Bad", example(r.Bad))
	section(&b, "Good", example(r.Good))
	rest(&b, r)
	return b.String()
}

// Help is the page without title and examples: beside a finding the reader has
// the example before them.
func Help(r model.Rule) string {
	var b strings.Builder
	b.WriteString(facts(r))
	section(&b, "Why", r.Description)
	rest(&b, r)
	return b.String()
}

// Index lists the rules by category, in the order given.
func Index(rules []model.Rule) string {
	var b strings.Builder
	b.WriteString("# Rules\n")
	var category string
	for _, r := range rules {
		if r.Category != category {
			category = r.Category
			fmt.Fprintf(&b, "\n## %s\n\n", category)
			b.WriteString("| rule | severity | profile | says |\n|---|---|---|---|\n")
		}
		fmt.Fprintf(&b, "| [`%s`](%s/%s/README.md) | %s | %s | %s |\n", r.ID, r.Category, r.ID, r.Severity, r.Profile, cell(r.Title))
	}
	return b.String()
}

// facts is the first paragraph: what a reader looks up at a glance.
func facts(r model.Rule) string {
	parts := []string{fmt.Sprintf("`%s`", r.ID), string(r.Severity)}
	if r.SecuritySeverity > 0 {
		parts[1] += fmt.Sprintf(" (security severity %.1f)", r.SecuritySeverity)
	}
	parts = append(parts, r.Profile+" profile")
	if r.Confidence != "" {
		parts = append(parts, r.Confidence+" confidence")
	}
	if r.Since != "" {
		parts = append(parts, "since "+r.Since)
	}
	lines := strings.Join(parts, " · ") + "\n"
	if len(r.Kinds) > 0 {
		lines += "\nLooks at: " + kinds(r.Kinds) + ".\n"
	}
	if len(r.Aliases) > 0 {
		lines += "\nEarlier names: `" + strings.Join(r.Aliases, "`, `") + "`.\n"
	}
	return lines
}

// kinds says in words what a rule looks at.
func kinds(ks []string) string {
	words := make([]string, len(ks))
	for i, k := range ks {
		switch k {
		case "workload":
			words[i] = "every workload (Pod, Deployment, CronJob, …)"
		case "any":
			words[i] = "every Kubernetes object"
		default:
			words[i] = k
		}
	}
	return strings.Join(words, ", ")
}

// rest is what follows the examples.
func rest(b *strings.Builder, r model.Rule) {
	remedy := strings.TrimSpace(r.Remediation)
	if r.Fixable {
		remedy += "\n\nFixed by `sekisho fix` where that changes nothing else and the source says plainly where to write it."
	}
	section(b, "How to fix", remedy)
	section(b, "Parameters", params(r))
	section(b, "How to make an exception", exception(r))
	section(b, "Standards", standards(r))
	var links []string
	for _, l := range r.Links {
		links = append(links, fmt.Sprintf("* <%s>", l))
	}
	section(b, "Sources", strings.Join(links, "\n"))
}

// section writes a heading and a text, nothing for an empty text.
func section(b *strings.Builder, heading, text string) {
	if text = strings.TrimSpace(text); text != "" {
		fmt.Fprintf(b, "\n## %s\n\n%s\n", heading, text)
	}
}

// want is the comment that tells the tests what to expect on a line, or, alone
// on its line, on the next one.
var want = regexp.MustCompile("(?m)^(.*)# want ([\"`].*)$")

// example shows a fixture; what the tests expect becomes a remark.
func example(src string) string {
	if strings.TrimSpace(src) == "" {
		return ""
	}
	language := "yaml"
	if from.MatchString(src) {
		language = "dockerfile"
	}
	src = want.ReplaceAllStringFunc(src, func(line string) string {
		m := want.FindStringSubmatch(line)
		arrow := "←"
		if strings.TrimSpace(m[1]) == "" {
			arrow = "↓"
		}
		return m[1] + "# " + arrow + " " + strings.Join(unquote(m[2]), "; ")
	})
	return "```" + language + "\n" + strings.TrimRight(src, "\n") + "\n```"
}

// unquote reads a row of Go strings, as far as they are any.
func unquote(row string) []string {
	var texts []string
	for row = strings.TrimSpace(row); row != ""; row = strings.TrimSpace(row) {
		quoted, err := strconv.QuotedPrefix(row)
		if err != nil {
			break
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			break
		}
		texts = append(texts, text)
		row = row[len(quoted):]
	}
	return texts
}

// from is what a Dockerfile has and YAML has not.
var from = regexp.MustCompile(`(?mi)^FROM\s`)

// params lists the parameters with their defaults, as one writes them.
func params(r model.Rule) string {
	if len(r.Params) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("Set in `.sekisho.yaml`; these are the defaults:\n\n```yaml\nrules:\n  " + r.ID + ":\n    params:\n")
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		value, err := json.Marshal(r.Params[name])
		if err != nil {
			value = []byte("null") // METADATA is YAML: it always marshals
		}
		fmt.Fprintf(&b, "      %s: %s\n", name, value)
	}
	b.WriteString("```")
	return b.String()
}

// exception shows the two ways to accept a finding.
func exception(r model.Rule) string {
	return fmt.Sprintf("On the line, or alone on the line above, with the reason:\n\n"+
		"```yaml\n# sekisho:ignore %[1]s -- why this is right here\n```\n\n"+
		"For whole files, in `.sekisho.yaml`:\n\n"+
		"```yaml\nexceptions:\n- rules: [%[1]s]\n  paths: [charts/node-agent/**]\n  reason: why this is right there\n```", r.ID)
}

// standards lists the published guides the rule holds to.
func standards(r model.Rule) string {
	var lines []string
	if r.PSS != nil {
		lines = append(lines, fmt.Sprintf("* Pod Security Standards: %s, `%s`", r.PSS.Level, r.PSS.Check))
	}
	for _, s := range r.Standards {
		line := "* " + s.Name
		if s.Section != "" {
			line += ": " + s.Section
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// cell keeps a text within its table cell.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}
