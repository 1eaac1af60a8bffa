// Package sarif prints a result as SARIF 2.1.0 for code scanning. A
// model.Result goes in, one SARIF log comes out.
//
// The modelling decisions, with their reasons:
//
//   - One run. GitHub refuses a file with two runs of one tool and category.
//   - A result's location is the finding's location in every run, changed
//     lines or not: alerts are matched between runs by it.
//   - The rest of the chain (template, values, patch, guard) are
//     relatedLocations; their message is the role.
//   - Every region has all four numbers, because GitHub shows an alert in a
//     pull request only when all its lines are in the diff, and a missing end
//     means the whole line. Columns count code points (columnKind).
//   - URIs are relative to the repository root, each segment percent-encoded;
//     there is no uriBaseId, because GitHub resolves against the checkout.
//   - partialFingerprints holds primaryLocationLineHash, the only one code
//     scanning reads, and sekisho/v1, our own: rule, object and path.
//   - Failures are toolExecutionNotifications and executionSuccessful is false:
//     an incomplete scan must not look like a clean one.
//   - automationDetails names the pipeline run at Azure DevOps, whose code
//     scanning drops a file without. Elsewhere there is none: GitHub's upload
//     action then fills in its category, and would not overwrite ours, so that
//     two jobs that scan two folders would close each other's alerts.
//   - Rules are all rules that ran, so that an alert closes only when its rule
//     ran and found nothing.
package sarif

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/sekisho/sekisho/internal/model"
)

// Options are what the writer may know besides the result.
type Options struct {
	Source   fs.FS                   // for line hashes; nil leaves primaryLocationLineHash to the uploader
	RuleHelp func(model.Rule) string // Markdown page of a rule
	Run      Run                     // zero leaves naming the run to the uploader
}

// Run identifies the run at the host that reads the file (automationDetails).
type Run struct {
	ID         string
	Properties map[string]string
}

// Limits of GitHub's code scanning. What lies beyond is cut, worst kept, and
// said in a notification.
const (
	maxResults     = 25_000
	maxRelated     = 100
	maxTags        = 10
	maxDescription = 1024
)

const informationURI = "https://github.com/sekisho/sekisho"

// schemaURI is the schema's stable address.
const schemaURI = "https://json.schemastore.org/sarif-2.1.0.json"

// semver is a version of Semantic Versioning 2.0.0: 1.2.3, 1.2.3-rc.1+build.
var semver = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// semantic is a version in that form. A build without a release, like dev or a
// commit, is 0.0.0 with its name as build metadata.
func semantic(version string) string {
	if v := strings.TrimPrefix(version, "v"); semver.MatchString(v) {
		return v
	}
	return "0.0.0+" + strings.Map(func(c rune) rune {
		if strings.ContainsRune(".-", c) || c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			return c
		}
		return '-'
	}, version)
}

// Write prints the result as one SARIF log.
func Write(w io.Writer, r *model.Result, opts Options) error {
	c := &converter{opts: opts, hashes: &lineHashes{fsys: opts.Source}, ruleIndex: map[string]int{}}
	run := c.run(r)
	log := &sarif.Report{Version: string(sarif.Version210), Schema: schemaURI, Runs: []*sarif.Run{run}}
	out, err := json.MarshalIndent(log, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(out, '\n'))
	return err
}

type converter struct {
	opts      Options
	hashes    *lineHashes
	ruleIndex map[string]int
}

func (c *converter) run(r *model.Result) *sarif.Run {
	driver := &sarif.ToolComponent{
		Name:            r.Tool.Name,
		FullName:        ptr(r.Tool.Name + " " + r.Tool.Version),
		SemanticVersion: ptr(semantic(r.Tool.Version)),
		InformationURI:  ptr(informationURI),
		Rules:           []*sarif.ReportingDescriptor{},
	}
	for i := range r.Rules {
		c.ruleIndex[r.Rules[i].ID] = i
		driver.Rules = append(driver.Rules, c.rule(&r.Rules[i]))
	}
	run := &sarif.Run{
		Tool:              sarif.Tool{Driver: driver},
		AutomationDetails: automation(c.opts.Run),
		ColumnKind:        "unicodeCodePoints",
		Results:           []*sarif.Result{},
	}
	invocation := &sarif.Invocation{ExecutionSuccessful: ptr(len(r.Failures) == 0)}
	kept := worst(r.Findings, maxResults)
	if dropped := len(r.Findings) - len(kept); dropped > 0 {
		invocation.ToolExecutionNotifications = append(invocation.ToolExecutionNotifications, &sarif.Notification{
			Level:   "warning",
			Message: &sarif.Message{Text: ptr(fmt.Sprintf("%d findings of the least severity are left out: code scanning takes %d", dropped, maxResults))},
		})
	}
	for _, f := range r.Failures {
		invocation.ToolExecutionNotifications = append(invocation.ToolExecutionNotifications, notification(f))
	}
	run.Invocations = []*sarif.Invocation{invocation}
	for _, f := range kept {
		run.Results = append(run.Results, c.result(f))
	}
	return run
}

// automation is nil for a run without an id.
func automation(r Run) *sarif.RunAutomationDetails {
	if r.ID == "" {
		return nil
	}
	details := &sarif.RunAutomationDetails{ID: &r.ID}
	details.Properties = sarif.Properties{}
	for name, value := range r.Properties {
		details.Properties[name] = value
	}
	return details
}

// worst returns at most n findings, those of the worst severity, in their
// order.
func worst(findings []model.Finding, n int) []*model.Finding {
	allowed := [4]int{}
	left := n
	var counts [4]int
	for i := range findings {
		counts[findings[i].Severity.Rank()]++
	}
	for rank := range counts {
		allowed[rank] = min(counts[rank], left)
		left -= allowed[rank]
	}
	var kept []*model.Finding
	for i := range findings {
		if rank := findings[i].Severity.Rank(); allowed[rank] > 0 {
			allowed[rank]--
			kept = append(kept, &findings[i])
		}
	}
	return kept
}

func (c *converter) rule(r *model.Rule) *sarif.ReportingDescriptor {
	description := r.Description
	if description == "" {
		description = r.Title
	}
	help := description
	if r.Remediation != "" {
		help += "\n\n" + r.Remediation
	}
	d := &sarif.ReportingDescriptor{
		ID:                   r.ID,
		Name:                 ptr(pascal(r.ID)),
		ShortDescription:     text(cut(sentence(r.Title), maxDescription)),
		FullDescription:      text(cut(sentence(oneParagraph(description)), maxDescription)),
		Help:                 text(help),
		DefaultConfiguration: &sarif.ReportingConfiguration{Level: level(r.Severity)},
		DeprecatedIds:        r.Aliases,
	}
	if c.opts.RuleHelp != nil {
		d.Help.Markdown = ptr(c.opts.RuleHelp(*r))
	}
	for _, link := range r.Links {
		if u, err := url.Parse(link); err == nil && u.Scheme == "https" {
			d.HelpURI = ptr(link)
			break
		}
	}
	tags := []string{"security", "kubernetes", r.Category}
	for _, s := range r.Standards {
		if len(tags) < maxTags {
			tags = append(tags, s.Name+" "+s.Section)
		}
	}
	d.Properties = sarif.Properties{"tags": tags, "precision": precision(r.Confidence)}
	if r.SecuritySeverity > 0 {
		d.Properties["security-severity"] = fmt.Sprintf("%.1f", r.SecuritySeverity)
	}
	return d
}

func (c *converter) result(f *model.Finding) *sarif.Result {
	res := &sarif.Result{
		RuleID:    &f.Rule,
		Level:     ptr(level(f.Severity)),
		Message:   sarif.Message{Text: ptr(sentence(message(f)))},
		Locations: []*sarif.Location{location(f.Location, f)},
		PartialFingerprints: map[string]any{
			"sekisho/v1": f.Fingerprint,
		},
	}
	if i, ok := c.ruleIndex[f.Rule]; ok {
		res.RuleIndex = ptr(uint(i))
	}
	if hash, ok := c.hashes.of(f.Location.File, f.Location.StartLine); ok {
		res.PartialFingerprints["primaryLocationLineHash"] = hash
	}
	for i, rel := range f.Related {
		if i == maxRelated {
			break
		}
		l := location(rel, nil)
		l.Id = ptr(uint(i + 1))
		l.Message = &sarif.Message{Text: ptr(roleText(rel))}
		res.RelatedLocations = append(res.RelatedLocations, l)
	}
	if s := f.Suppressed; s != nil {
		res.Suppressions = []*sarif.Suppression{suppression(f, s)}
	}
	res.Properties = sarif.Properties{
		"path":      f.Path.String(),
		"precision": string(f.Location.Precision),
		"unit":      string(f.Unit.Kind) + " " + f.Unit.Path,
	}
	if len(f.Unit.Variants) > 0 {
		res.Properties["variants"] = f.Unit.Variants
	}
	if f.Location.Key != "" {
		res.Properties["valuesKey"] = f.Location.Key
	}
	return res
}

// message is the finding's message, with the further fields its line caused.
func message(f *model.Finding) string {
	switch n := len(f.Also); n {
	case 0:
		return f.Message
	case 1:
		return f.Message + " (and one more field by the same line)"
	default:
		return fmt.Sprintf("%s (and %d more fields by the same line)", f.Message, n)
	}
}

func location(l model.Location, f *model.Finding) *sarif.Location {
	out := &sarif.Location{PhysicalLocation: &sarif.PhysicalLocation{
		ArtifactLocation: &sarif.ArtifactLocation{URI: ptr(uri(l.File))},
		Region: &sarif.Region{
			StartLine: ptr(max(l.StartLine, 1)), StartColumn: ptr(max(l.StartColumn, 1)),
			EndLine: ptr(max(l.EndLine, l.StartLine, 1)), EndColumn: ptr(max(l.EndColumn, 1)),
		},
	}}
	if f != nil && f.Object.Kind != "" {
		name := f.Object.Kind + "/" + f.Object.Name
		full := name
		if f.Object.Namespace != "" {
			full = f.Object.Namespace + "/" + full
		}
		out.LogicalLocations = []*sarif.LogicalLocation{{Name: &name, FullyQualifiedName: &full, Kind: ptr("resource")}}
	}
	return out
}

// suppression fills every field the library would otherwise write as null,
// which the schema does not allow.
func suppression(f *model.Finding, s *model.Suppression) *sarif.Suppression {
	kind := "external"
	if s.Kind == "inline" {
		kind = "inSource"
	}
	place := f.Location
	if s.File != "" {
		place = model.Location{File: s.File, StartLine: s.Line, StartColumn: 1, EndLine: s.Line, EndColumn: 1}
	}
	reason := s.Reason
	if s.Until != "" {
		reason += " (until " + s.Until + ")"
	}
	return &sarif.Suppression{
		Kind: kind, Status: ptr("accepted"), Justification: &reason,
		Location: location(place, nil), Guid: ptr(guid(f.Fingerprint)),
	}
}

func notification(f model.Failure) *sarif.Notification {
	n := &sarif.Notification{Level: "error", Message: &sarif.Message{Text: ptr(sentence(f.Message))}}
	if f.File != "" {
		line := max(f.Line, 1)
		n.Locations = []*sarif.Location{location(model.Location{File: f.File, StartLine: line, StartColumn: 1, EndLine: line, EndColumn: 1}, nil)}
	}
	return n
}

// roleText says what a related location is.
func roleText(l model.Location) string {
	if o := l.Object; o != nil && o.Namespace != "" {
		return fmt.Sprintf("%s %s/%s", o.Kind, o.Namespace, o.Name)
	} else if o != nil {
		return fmt.Sprintf("%s %s", o.Kind, o.Name)
	}
	switch l.Role {
	case model.RoleTemplate:
		return "the template that prints the field"
	case model.RoleValue:
		return "the value " + l.Key
	case model.RoleInclude:
		return "included from here"
	case model.RoleGuard:
		return "the condition that switches the field"
	case model.RolePatch:
		return "the patch that sets the field"
	case model.RoleBase:
		return "the base that is patched"
	case model.RoleDirective:
		return "the entry in kustomization.yaml"
	}
	return "the source"
}

// uri percent-encodes each segment of a slash-separated path (RFC 3986).
func uri(file string) string {
	segments := strings.Split(file, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
	}
	return strings.Join(segments, "/")
}

func level(s model.Severity) string {
	if s.Rank() > 2 {
		return string(model.SeverityNote)
	}
	return string(s)
}

// precision maps our confidence to code scanning's words.
func precision(confidence string) string {
	if confidence == "medium" {
		return "medium"
	}
	return "high"
}

// guid shapes a fingerprint's hex digits like a UUID of version 8 (RFC 9562).
func guid(fingerprint string) string {
	h := []byte((fingerprint + strings.Repeat("0", 32))[:32])
	for i, c := range h {
		if !strings.ContainsRune("0123456789abcdef", rune(c)) {
			h[i] = '0'
		}
	}
	h[12], h[16] = '8', 'a'
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// sentence ends a text with a full stop, as SARIF wants it of messages.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsRune(".!?", rune(s[len(s)-1])) {
		return s
	}
	return s + "."
}

// oneParagraph folds the line ends of a description.
func oneParagraph(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut shortens a text to n bytes at most, at a character's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := n - len("…")
	for end > 0 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end] + "…"
}

// pascal turns host-path-volume into HostPathVolume, the form SARIF wants for
// a rule's name.
func pascal(id string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(id, func(r rune) bool { return r == '-' || r == '.' || r == '_' || r == '/' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func text(s string) *sarif.MultiformatMessageString { return &sarif.MultiformatMessageString{Text: &s} }

func ptr[T any](v T) *T { return &v }
