package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sekisho/sekisho/internal/annotate"
	"github.com/sekisho/sekisho/internal/annotate/azure"
	"github.com/sekisho/sekisho/internal/annotate/github"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
)

// actionCommand is the entry of the CI integrations. It is not meant to be
// typed: action.yml, setup/action.yml and azure-pipelines/sekisho.yml call it.
func (a *app) actionCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "action",
		Short:  "Scan as a step of GitHub Actions or Azure Pipelines",
		Long:   "Action reads the inputs of action.yml from INPUT_<NAME>, scans, and tells the host: annotations,\nsummary, outputs, review. Flags of scan without an input can be given as SEKISHO_<FLAG>.",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(cmd *cobra.Command, _ []string) error { return a.action(cmd.Context()) },
	}
}

// inputs are the inputs of action.yml; docs/ci.md explains them.
type inputs struct {
	paths       []string
	flags       []string // of scan
	sarifFile   string
	annotations bool
	summary     bool
	review      bool
	changedOnly bool
	token       string
}

// readInputs reads the inputs. Lists have one entry a line.
func (a *app) readInputs() (inputs, error) {
	in := inputs{paths: lines(a.input("paths")), sarifFile: a.input("sarif-file"), token: a.input("token")}
	formats := lines(a.input("format"))
	if len(formats) == 0 {
		formats = []string{"text"}
	}
	if in.sarifFile != "" {
		formats = append(formats, "sarif="+in.sarifFile)
	}
	for _, f := range formats {
		in.flags = append(in.flags, "--format="+f)
	}
	for _, name := range []string{"config", "fail-on", "profile"} {
		if v := a.input(name); v != "" {
			in.flags = append(in.flags, "--"+name+"="+v)
		}
	}
	for name, b := range map[string]*bool{"annotations": &in.annotations, "summary": &in.summary, "review": &in.review, "changed-only": &in.changedOnly} {
		v := a.input(name)
		if v == "" {
			*b = name == "annotations" || name == "summary"
			continue
		}
		var err error
		if *b, err = strconv.ParseBool(v); err != nil {
			return in, usagef("input %s: %q is neither true nor false", name, v)
		}
	}
	return in, nil
}

// input is one input. The runner hands fail-on to a container as INPUT_FAIL-ON;
// where a shell stands between, its name is INPUT_FAIL_ON.
func (a *app) input(name string) string {
	name = "INPUT_" + strings.ToUpper(name)
	v := a.env(name)
	if v == "" {
		v = a.env(strings.ReplaceAll(name, "-", "_"))
	}
	return strings.TrimSpace(v)
}

// lines are the lines of an input that say something.
func lines(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// ciHost is the CI system a step runs in.
type ciHost struct {
	format string // of its annotations
	base   string // revision the change begins at; "" when the run is about none
	link   func(file string, first, last int) string
	// summary shows the Markdown report beside the run.
	summary func(*model.Result, report.Options)
	// review posts to the pull request; nil when there is none.
	review func(context.Context, annotate.Review) (annotate.Posted, error)
	key    string
	// stranger says that the tree may be a stranger's while the run is the
	// repository's own: pull_request_target.
	stranger bool
}

// action scans as the inputs say and tells the host about it. What cannot be
// told is said in the log and changes nothing about the verdict.
func (a *app) action(ctx context.Context) error {
	in, err := a.readInputs()
	if err != nil {
		return err
	}
	host, err := a.detectHost(in)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	var f scanFlags
	flags := pflag.NewFlagSet("action", pflag.ContinueOnError)
	f.register(flags)
	if err := flags.Parse(in.flags); err != nil {
		return err
	}
	if host.stranger {
		a.distrust(flags, host.base)
	}
	if err := a.flagsFromEnv(flags); err != nil {
		return err
	}
	switch {
	case in.changedOnly && host.base == "":
		a.sayf("changed-only: this run is about no change, so everything is judged")
	case in.changedOnly:
		f.changedSince = host.base
	default:
		f.mark = host.base
	}
	f.link = func(l model.Location) string {
		if l.Precision == model.File {
			return host.link(l.File, 1, 1)
		}
		return host.link(l.File, l.StartLine, l.EndLine)
	}
	if host.link == nil {
		f.link = nil
	}
	f.maps = host.format == "github" && (in.summary || in.review)
	var s *scanner
	f.made = func(made *scanner) { s = made }
	f.then = func(r *model.Result, o report.Options, code int) { a.tell(ctx, host, in, s, r, o, code) }
	return a.scan(ctx, in.paths, f)
}

// distrust takes what is said about the gate from the revision the change
// begins at, unless the workflow names a configuration or decides about ignore
// comments itself.
func (a *app) distrust(flags *pflag.FlagSet, base string) {
	given := func(name string) bool { return flags.Lookup(name).Changed || a.env(flagEnv(name)) != "" }
	set := func(name, value string) {
		_ = flags.Set(name, value) // a value of ours
		a.sayf("pull_request_target: --%s %s, because the tree may be a stranger's", name, value)
	}
	if !given("config") && !given("trusted-config") {
		set("trusted-config", base)
	}
	if !given("no-inline-ignores") {
		set("no-inline-ignores", "true")
	}
	if given("allow-network") {
		set("allow-network", "false")
	}
}

// detectHost finds out where the step runs.
func (a *app) detectHost(in inputs) (*ciHost, error) {
	gh, err := github.Detect(a.env)
	if err != nil {
		return nil, err
	}
	if gh != nil {
		h := &ciHost{format: "github", base: gh.Base, link: gh.Link, key: gh.Key, stranger: gh.Event == "pull_request_target"}
		h.summary = func(r *model.Result, o report.Options) {
			var b strings.Builder
			err := report.Write(&b, "markdown", r, o)
			if err == nil {
				err = github.WriteSummary(a.env("GITHUB_STEP_SUMMARY"), b.String())
			}
			a.complain("write the step summary", err)
		}
		if gh.PullRequest > 0 {
			h.review = func(ctx context.Context, r annotate.Review) (annotate.Posted, error) {
				client, err := github.NewClient(gh, in.token, nil)
				if err != nil {
					return annotate.Posted{}, err
				}
				return client.Post(ctx, r)
			}
		}
		return h, nil
	}
	if az := azure.Detect(a.env); az != nil {
		h := &ciHost{format: "azure", base: az.Base, key: az.Key, summary: a.uploadSummary}
		if az.Link("", 1, 1) != "" {
			h.link = az.Link
		}
		if az.PullRequest > 0 {
			h.review = func(ctx context.Context, r annotate.Review) (annotate.Posted, error) {
				return azure.NewClient(az, in.token, nil).Post(ctx, r)
			}
		}
		return h, nil
	}
	return nil, fmt.Errorf("action runs as a step of GitHub Actions or Azure Pipelines; elsewhere use sekisho scan")
}

// tell hands a finished scan to the host.
func (a *app) tell(ctx context.Context, host *ciHost, in inputs, s *scanner, r *model.Result, o report.Options, code int) {
	if in.annotations {
		a.complain("print the annotations", report.Write(a.out, host.format, r, o))
	}
	if in.summary {
		host.summary(r, o)
	}
	if file := a.env("GITHUB_OUTPUT"); file != "" && host.format == "github" {
		c := report.Count(r)
		a.complain("write the outputs", github.WriteOutputs(file, []github.Output{
			{Name: "findings", Value: strconv.Itoa(c.Errors + c.Warnings + c.Notes)},
			{Name: "errors", Value: strconv.Itoa(c.Errors)},
			{Name: "warnings", Value: strconv.Itoa(c.Warnings)},
			{Name: "sarif-file", Value: in.sarifFile},
			{Name: "exit-code", Value: strconv.Itoa(code)},
		}))
	}
	switch {
	case !in.review:
	case host.review == nil:
		a.sayf("review: this run is about no pull request")
	case in.token == "":
		a.sayf("review: there is no token to post with; the findings are in the log")
	default:
		suggestions, err := s.suggest(ctx, r)
		a.complain("work out suggestions", err)
		if host.format == "azure" {
			r = withoutMaps(r)
		}
		posted, err := host.review(ctx, newReview(annotate.Key(append([]string{host.key}, in.paths...)...), r, o, code, suggestions))
		if err != nil {
			a.sayf("review: %s. The findings are in the annotations and the log", err)
			return
		}
		a.sayf("review: %s", posted)
	}
}

// newReview is what to say about a pull request. The suggestions go by
// fingerprint.
func newReview(key string, r *model.Result, o report.Options, code int, suggestions map[string]*annotate.Suggestion) annotate.Review {
	review := annotate.Review{Key: key, Complete: len(r.Failures) == 0, Passed: code == exitClean, Verdict: report.Summary(r)}
	var summary strings.Builder
	if err := report.Write(&summary, "markdown", r, o); err == nil { // a Builder takes everything
		review.Summary = summary.String()
	}
	rules := map[string]*model.Rule{}
	for i := range r.Rules {
		rules[r.Rules[i].ID] = &r.Rules[i]
	}
	at := map[string]int{}
	for _, f := range report.WorstFirst(r) {
		body := report.Remark(f, rules[f.Rule])
		if i, ok := at[f.Fingerprint]; ok { // two things about one field
			review.Remarks[i].Body += "\n" + body
			continue
		}
		at[f.Fingerprint] = len(review.Remarks)
		remark := annotate.Remark{Fingerprint: f.Fingerprint, Body: body, Suggestion: suggestions[f.Fingerprint]}
		for _, l := range append([]model.Location{f.Location}, f.Related...) {
			if l.Precision != model.File {
				remark.Places = append(remark.Places, newPlace(l))
			}
		}
		if f.Changed != nil {
			p := newPlace(*f.Changed)
			remark.Changed = &p
		}
		review.Remarks = append(review.Remarks, remark)
	}
	return review
}

func newPlace(l model.Location) annotate.Place {
	return annotate.Place{File: l.File, First: l.StartLine, Last: max(l.EndLine, l.StartLine), Absent: l.Precision == model.Parent}
}

// uploadSummary makes the Azure agent show the Markdown report beside the run.
// The agent reads the file after the step, so it stays in the agent's folder.
func (a *app) uploadSummary(r *model.Result, o report.Options) {
	temp := a.env("AGENT_TEMPDIRECTORY")
	if temp == "" || !strings.EqualFold(a.env("TF_BUILD"), "true") {
		return
	}
	file, err := writeSummary(temp, withoutMaps(r), o)
	if err == nil {
		_, err = fmt.Fprint(a.out, report.AzureUploadSummary(file))
	}
	a.complain("write the summary", err)
}

// withoutMaps is a result for hosts that do not draw what Markdown can only
// describe.
func withoutMaps(r *model.Result) *model.Result {
	plain := *r
	plain.Network = nil
	return &plain
}

// writeSummary writes the Markdown report below a folder. Azure shows the name
// of the file as its heading.
func writeSummary(folder string, r *model.Result, o report.Options) (string, error) {
	dir, err := os.MkdirTemp(folder, "sekisho-")
	if err != nil {
		return "", err
	}
	// The agent may be another user than a container's.
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", err
	}
	var b strings.Builder
	if err := report.Write(&b, "markdown", r, o); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "Sekisho.md")
	return file, os.WriteFile(file, []byte(b.String()), 0o644)
}

// sayf prints one line on stderr.
func (a *app) sayf(format string, args ...any) {
	fmt.Fprintf(a.err, "sekisho: %s\n", report.Text(fmt.Sprintf(format, args...)))
}

// complain says what could not be told to the host.
func (a *app) complain(doing string, err error) {
	if err != nil {
		a.sayf("%s: %s", doing, err)
	}
}
