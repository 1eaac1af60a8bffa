package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // for the parts of the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// The page is one file that asks nobody for anything: a browser shows it from
// a folder, from the artifacts of a build, or attached to a mail. Its policy
// allows the one style and the one script below and no request at all. The
// findings travel as a block of JSON, and the script makes elements of those
// in view; nothing of a repository is ever parsed as HTML.

//go:embed html/page.html
var pageHTML string

//go:embed html/page.css
var pageCSS string

//go:embed html/page.js
var pageJS string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"add": func(a, b int) int { return a + b }}).Parse(pageHTML))

// maxPageLine bounds a source line on the page, contextLines is how many are
// shown around the one a location is about.
const (
	maxPageLine  = 400
	contextLines = 2
)

// pageData is what the template sees.
type pageData struct {
	CSS      template.CSS
	JS       template.JS
	Policy   string      // Content-Security-Policy
	Data     template.JS // JSON of pageFindings
	Tool     model.Tool
	State    string // clean, findings or incomplete
	Verdict  string
	Scope    string
	Counts   Counts
	Failures []pageFailure
	Rules    []pageRule
	Maps     []pageMap
	Classes  []string // of arrows
}

type pageFailure struct{ Place, Unit, Message string }

type pageRule struct {
	Index    int
	Rule     model.Rule
	Findings int
	Chapters []chapter
}

type pageMap struct {
	Title     string
	Kind      model.Kind
	Workloads string // how many
	Metadata  int    // workloads that may reach the metadata endpoint
	Unlimited int    // workloads that take connections from anyone
	Drawing   *drawing
	Rows      []pageReach
	Open      bool
	Omitted   int
}

// pageReach is a row of the table beside a map.
type pageReach struct {
	Workloads, Namespace, From, To, Metadata, Policies string
}

// pageFindings is what the script of the page sees. Texts that repeat are
// given once and named by index.
type pageFindings struct {
	Files    []pageFile    `json:"files"`
	Rules    []pageRuleRef `json:"rules"`
	Units    []pageUnit    `json:"units"`
	Findings []pageFinding `json:"findings"`
}

// pageFile holds the source lines that some finding shows, by number.
type pageFile struct {
	Name  string         `json:"name"`
	Lines map[int]string `json:"lines,omitempty"`
}

type pageRuleRef struct {
	ID     string `json:"id"`
	Family string `json:"family"`
	Title  string `json:"title"`
}

type pageUnit struct {
	Kind model.Kind `json:"kind"`
	Path string     `json:"path"`
}

type pageFinding struct {
	Severity    model.Severity `json:"severity"`
	Rule        int            `json:"rule"`
	Unit        int            `json:"unit"`
	Message     string         `json:"message"`
	Object      string         `json:"object"`
	Path        string         `json:"path,omitempty"`
	Variants    string         `json:"variants,omitempty"`
	Places      []pagePlace    `json:"places"` // the location, then the related ones
	Also        []string       `json:"also,omitempty"`
	Fix         []string       `json:"fix,omitempty"`
	Suppressed  string         `json:"suppressed,omitempty"`
	Fingerprint string         `json:"fingerprint"`
	Changed     bool           `json:"changed,omitempty"`
}

type pagePlace struct {
	File      int             `json:"file"`
	Line      int             `json:"line,omitempty"` // 0 when only the file is known
	Column    int             `json:"column,omitempty"`
	EndLine   int             `json:"endLine,omitempty"`
	EndColumn int             `json:"endColumn,omitempty"`
	Role      model.Role      `json:"role"`
	Object    string          `json:"object,omitempty"`
	Key       string          `json:"key,omitempty"`
	Confirmed bool            `json:"confirmed,omitempty"`
	Precision model.Precision `json:"precision,omitempty"`
	Link      string          `json:"link,omitempty"`
}

// writeHTML prints the page.
func writeHTML(w io.Writer, r *model.Result, opts Options) error {
	b := pageBuilder{result: r, opts: opts, lines: newExcerpts(r, opts.Source), files: map[string]int{}, units: map[string]int{}, rules: map[string]int{}}
	findings, err := b.findings()
	if err != nil {
		return err
	}
	_, scope, _ := strings.Cut(strings.TrimSuffix(Summary(r), ")"), " (")
	data := pageData{
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Data: template.JS(findings), Tool: r.Tool, Counts: Count(r),
		Policy: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			sourceHash(pageCSS), sourceHash(pageJS)),
		Scope:    scope,
		Failures: pageFailures(r), Rules: b.ruleTexts(), Maps: pageMaps(r),
		Classes: []string{"allowed", "open", "outside", "metadata"},
	}
	data.State, data.Verdict = pageVerdict(r)
	// The log's writer has the last word, should the page go to standard output.
	log := NewLog(w)
	if err := page.Execute(log, data); err != nil {
		return err
	}
	return log.Close()
}

// pageVerdict is the state and the heading of the page: the worst there is.
func pageVerdict(r *model.Result) (state, heading string) {
	c := Count(r)
	switch {
	case len(r.Failures) > 0:
		return "incomplete", fmt.Sprintf("Incomplete: %d not checked", len(r.Failures))
	case c.Errors > 0:
		return "findings", Plural(c.Errors, "error")
	case c.Warnings > 0:
		return "findings", "No errors, " + Plural(c.Warnings, "warning")
	case c.Notes > 0:
		return "findings", "No errors, " + Plural(c.Notes, "note")
	}
	return "clean", "Clean"
}

// sourceHash is how a Content-Security-Policy names one style or script.
func sourceHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

type pageBuilder struct {
	result *model.Result
	opts   Options
	lines  *excerpts
	data   pageFindings
	files  map[string]int
	units  map[string]int
	rules  map[string]int
}

// findings is the JSON block. json.Marshal escapes <, > and &, so nothing in
// it can end the block or open a comment.
func (b *pageBuilder) findings() ([]byte, error) {
	known := map[string]*model.Rule{}
	for i := range b.result.Rules {
		known[b.result.Rules[i].ID] = &b.result.Rules[i]
	}
	b.data.Files, b.data.Rules, b.data.Units, b.data.Findings = []pageFile{}, []pageRuleRef{}, []pageUnit{}, []pageFinding{}
	for i := range b.result.Findings {
		f := &b.result.Findings[i]
		p := pageFinding{
			Severity: f.Severity, Message: Text(f.Message), Object: Text(objectName(f.Object)), Path: Text(f.Path.String()),
			Variants: Text(variants(f.Unit)), Fingerprint: f.Fingerprint, Changed: f.Changed != nil,
			Unit: index(b.units, &b.data.Units, string(f.Unit.Kind)+f.Unit.Path, func() pageUnit { return pageUnit{f.Unit.Kind, Text(f.Unit.Path)} }),
			Rule: index(b.rules, &b.data.Rules, f.Rule, func() pageRuleRef {
				rule := cmp.Or(known[f.Rule], &model.Rule{})
				return pageRuleRef{ID: Text(f.Rule), Family: Text(rule.Category), Title: Text(rule.Title)}
			}),
		}
		for _, l := range append([]model.Location{f.Location}, f.Related...) {
			p.Places = append(p.Places, b.place(l))
		}
		for _, also := range f.Also {
			where := also.Object.Kind + " " + also.Object.Name
			if also.Unit != nil && also.Unit.Path != f.Unit.Path {
				where += " of " + also.Unit.Path
			}
			p.Also = append(p.Also, Text(also.Message+" ("+where+")"))
		}
		for _, op := range f.Fix {
			p.Fix = append(p.Fix, Text(fixText(op)))
		}
		if s := f.Suppressed; s != nil {
			p.Suppressed = Text(suppressionText(*s))
		}
		b.data.Findings = append(b.data.Findings, p)
	}
	out, err := json.Marshal(b.data)
	return QuietJSON(out), err
}

// index returns the place of a key in a list, adding it when it is new.
func index[T any](at map[string]int, list *[]T, key string, value func() T) int {
	i, ok := at[key]
	if !ok {
		i = len(*list)
		at[key] = i
		*list = append(*list, value())
	}
	return i
}

// place is a location with its source lines put aside.
func (b *pageBuilder) place(l model.Location) pagePlace {
	file := index(b.files, &b.data.Files, l.File, func() pageFile { return pageFile{Name: Text(l.File), Lines: map[int]string{}} })
	p := pagePlace{File: file, Role: l.Role, Key: Text(l.Key), Confirmed: l.Confirmed, Precision: l.Precision}
	if l.Object != nil {
		p.Object = Text(objectName(*l.Object))
	}
	if b.opts.Link != nil {
		p.Link = b.opts.Link(l)
	}
	if l.Precision == model.File {
		return p
	}
	p.Line, p.Column, p.EndLine, p.EndColumn = l.StartLine, l.StartColumn, l.EndLine, l.EndColumn
	lines := b.data.Files[file].Lines
	last := min(l.EndLine, l.StartLine+8) // a block is shown by its beginning
	for n := max(l.StartLine-contextLines, 1); n <= last+contextLines; n++ {
		line, ok := b.lines.line(l.File, n)
		if !ok {
			continue
		}
		line = excerptText(clip(line, maxPageLine))
		if about := l.StartLine <= n && n <= last; about || !b.lines.holdsSecrets(l.File) {
			lines[n] = line
		} else if lines[n] == "" { // what another finding is about stays
			lines[n] = outline(line)
		}
	}
	return p
}

var (
	// keyLine is the beginning of a line of YAML: blanks, dashes, a key.
	keyLine = regexp.MustCompile(`^\s*(?:- )*(?:# ?|[A-Za-z0-9_./-]{1,60}:(?: |$))?`)
	// wholeAction is a template action without any text in it.
	wholeAction = regexp.MustCompile("^\\s*\\{\\{[^\"`{}]*\\}\\}\\s*$")
)

// outline leaves of a line what shows where one is: "  password: …".
func outline(line string) string {
	if wholeAction.MatchString(line) {
		return line
	}
	head := keyLine.FindString(line)
	if strings.TrimSpace(line[len(head):]) == "" {
		return strings.TrimRight(head, " \t")
	}
	return head + "…"
}

// fixText words an edit: "set spec.x to true".
func fixText(op model.FixOp) string {
	if op.Op == "remove" {
		return "remove " + op.Path.String()
	}
	value, err := json.Marshal(op.Value)
	if err != nil {
		return "set " + op.Path.String() // JSON-shaped data always marshals
	}
	return fmt.Sprintf("set %s to %s", op.Path, value)
}

// suppressionText says who accepted a finding and why.
func suppressionText(s model.Suppression) string {
	text := map[string]string{"inline": "by a comment", "config": "by the configuration", "baseline": "by the baseline"}[s.Kind]
	if text == "" {
		text = s.Kind
	}
	if s.File != "" {
		text += " in " + s.File
		if s.Line > 0 {
			text += fmt.Sprintf(":%d", s.Line)
		}
	}
	if s.Until != "" {
		text += " until " + s.Until
	}
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	return text
}

func pageFailures(r *model.Result) []pageFailure {
	var out []pageFailure
	for _, f := range r.Failures {
		var p pageFailure
		if f.Unit != nil {
			p.Unit = Text(strings.TrimSpace(string(f.Unit.Kind) + " " + f.Unit.Path + " " + variants(*f.Unit)))
		}
		p.Place, p.Message = Text(f.File), Text(f.Message)
		if f.File != "" && f.Line > 0 {
			p.Place = fmt.Sprintf("%s:%d", p.Place, f.Line)
		}
		out = append(out, p)
	}
	return out
}

// ruleTexts are the pages of the rules that found something, the worst first.
func (b *pageBuilder) ruleTexts() []pageRule {
	count := map[string]int{}
	for i := range b.result.Findings {
		count[b.result.Findings[i].Rule]++
	}
	var out []pageRule
	for _, rule := range b.result.Rules {
		i, found := b.rules[rule.ID]
		if !found {
			continue
		}
		text := "## Why\n\n" + rule.Description + "\n\n## How to fix\n\n" + rule.Remediation
		if b.opts.RuleHelp != nil {
			text = b.opts.RuleHelp(rule)
		}
		shown := rule
		shown.ID, shown.Title, shown.Category = Text(rule.ID), Text(rule.Title), Text(rule.Category)
		out = append(out, pageRule{Index: i, Rule: shown, Findings: count[rule.ID], Chapters: chapters(text)})
	}
	slices.SortStableFunc(out, func(a, b pageRule) int { return cmp.Compare(a.Rule.Severity.Rank(), b.Rule.Severity.Rank()) })
	return out
}

func pageMaps(r *model.Result) []pageMap {
	var out []pageMap
	for _, m := range r.Network {
		if !validMap(m) {
			continue
		}
		p := pageMap{Title: Text(mapTitle(m)), Kind: m.Unit.Kind, Rows: reachTable(m), Omitted: m.OmittedWorkloads}
		all := m.OmittedWorkloads
		for _, g := range m.Groups {
			n := len(g.Workloads)
			all += n
			if len(g.Metadata) > 0 {
				p.Metadata += n
			}
			if !g.Ingress.Isolated || g.HostNetwork {
				p.Unlimited += n
			}
		}
		p.Workloads = Plural(all, "workload")
		if d, ok := draw(m); ok {
			p.Drawing = &d
		}
		out = append(out, p)
	}
	if len(out) > 0 { // one lies open: the one with most to see
		most := 0
		for i := range out {
			if len(out[i].Rows) > len(out[most].Rows) {
				most = i
			}
		}
		out[most].Open = true
	}
	return out
}

// reachTable says in words what a map shows, a row for each group.
func reachTable(m model.NetworkMap) []pageReach {
	to, from := make([][]string, len(m.Groups)), make([][]string, len(m.Groups))
	for _, e := range m.Edges {
		ports := ""
		if len(e.Ports) > 0 {
			ports = " on " + listed(e.Ports, 6)
		}
		others := [2]string{groupName(m.Groups[e.From], 4), groupName(m.Groups[e.To], 4)}
		if e.From == e.To {
			if len(m.Groups[e.From].Workloads) == 1 {
				continue // what a pod says to its twins is nobody's question
			}
			others = [2]string{"each other", "each other"}
		}
		to[e.From], from[e.To] = append(to[e.From], others[1]+ports), append(from[e.To], others[0]+ports)
	}
	side := func(open bool, word string, names []string, outside bool) string {
		if open {
			return word
		}
		if outside {
			names = append(slices.Clone(names), "public addresses")
		}
		if len(names) == 0 {
			return "nothing of this render"
		}
		return listed(names, 12)
	}
	rows := make([]pageReach, 0, len(m.Groups))
	for i, g := range m.Groups {
		row := pageReach{
			Workloads: Text(listed(g.Workloads, 20)), Namespace: Text(g.Namespace),
			From:     Text(side(!g.Ingress.Isolated, "anyone: no policy limits it", from[i], g.FromOutside)),
			To:       Text(side(!g.Egress.Isolated, "anything: no policy limits it", to[i], g.ToOutside)),
			Metadata: "closed", Policies: "none",
		}
		if len(g.Metadata) > 0 {
			row.Metadata = "reachable at " + Text(strings.Join(g.Metadata, ", "))
		}
		if g.HostNetwork {
			row.From, row.To = "anyone: host network", "anything: host network"
		}
		policies := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(g.Ingress.Policies), g.Egress.Policies...))))
		if len(policies) > 0 {
			row.Policies = Text(listed(policies, 6))
		}
		rows = append(rows, row)
	}
	return rows
}
