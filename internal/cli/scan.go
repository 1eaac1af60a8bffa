package cli

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/report"
	"github.com/sekisho/sekisho/internal/ruledoc"
)

// scanFlags are the flags of scan. The zero value of a string means "as the
// configuration says, else the default".
type scanFlags struct {
	reportFlags
	config          string
	trustedConfig   string
	profile         string
	kubeVersion     string
	policies        []string
	namespaces      []string
	changedSince    string
	baseline        string
	shard           string
	jobs            int
	timeout         time.Duration
	memory          string
	allowNetwork    bool
	noInlineIgnores bool

	// What only sekisho action sets.
	mark string         // revision whose differences are marked, though everything is judged
	made func(*scanner) // called with the scanner
	maps bool           // keep the network maps, whatever the formats
}

// reportFlags are the flags of scan and merge, how to report and when to fail,
// and, but for the latter, of convert.
type reportFlags struct {
	formats  []string
	failOn   string
	quiet    bool
	maxLines int
	color    string

	// What only sekisho action sets.
	link func(model.Location) string                       // address of a line on the host
	then func(r *model.Result, o report.Options, code int) // called once the reports are written
}

// register declares the flags.
func (f *reportFlags) register(flags *pflag.FlagSet) {
	f.registerOutput(flags)
	flags.StringVar(&f.failOn, "fail-on", "error", "lowest `severity` that makes the exit code 1: error, warning, note, never")
}

// registerOutput declares those that say how to report.
func (f *reportFlags) registerOutput(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.formats, "format", nil, "report as `F[=FILE]`: "+strings.Join(report.Formats(), ", ")+" (repeatable; default text)")
	flags.BoolVar(&f.quiet, "quiet", false, "one line a finding, no progress")
	flags.IntVar(&f.maxLines, "max-lines", 0, "with --quiet: how many `lines` of text to print, the worst findings first (default: all)")
	flags.StringVar(&f.color, "color", "auto", "colours: auto, always or never")
}

// outputs checks the flags and answers where to report.
func (f *reportFlags) outputs() ([]output, error) {
	if f.failOn != failNever && model.Severity(f.failOn).Rank() > 2 {
		return nil, usagef("--fail-on %q is none of error, warning, note, never", f.failOn)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, f.color) {
		return nil, usagef("--color %q is none of auto, always, never", f.color)
	}
	return parseOutputs(f.formats)
}

func (a *app) scanCommand() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [PATH…]",
		Short: "Find, render, judge and report",
		Long: "Scan finds every chart, kustomization, manifest and Dockerfile below the paths (default: the working\n" +
			"directory), renders them, judges them and reports.\n\n" +
			"Exit codes: 0 clean, 1 findings at or above --fail-on, 2 bad usage or configuration,\n" +
			"3 incomplete: something could not be rendered or judged (findings are still reported).",
		RunE: func(cmd *cobra.Command, args []string) error { return a.scan(cmd.Context(), args, f) },
	}
	f.register(cmd.Flags())
	return cmd
}

// register declares the flags of scan.
func (f *scanFlags) register(flags *pflag.FlagSet) {
	f.reportFlags.register(flags)
	flags.StringVar(&f.trustedConfig, "trusted-config", "", "read .sekisho.yaml, the policies it names and .sekishoignore files from git revision `REF`, not from the tree")
	flags.StringVar(&f.baseline, "baseline", "", "saved JSON result: findings it holds are not new and do not count")
	flags.StringVar(&f.shard, "shard", "", "judge part `I/N` of what there is; sekisho merge joins the saved JSON results of all N")
	f.registerJudging(flags)
}

// registerJudging declares the flags that say what is judged and how.
func (f *scanFlags) registerJudging(flags *pflag.FlagSet) {
	flags.StringVar(&f.config, "config", "", "configuration `FILE`, or none (default .sekisho.yaml at the root)")
	flags.StringVar(&f.profile, "profile", "", "rules to ask: default or strict")
	flags.StringVar(&f.kubeVersion, "kube-version", "", "Kubernetes `version` the manifests are meant for (default: the newest known)")
	flags.StringArrayVar(&f.policies, "policy", nil, "`DIR` with policies of your own (repeatable)")
	flags.StringSliceVar(&f.namespaces, "namespace", nil, "packages of conftest-style policies (default main)")
	flags.StringVar(&f.changedSince, "changed-since", "", "judge only what differs from git revision `REF` (where HEAD and it parted)")
	flags.IntVar(&f.jobs, "jobs", 0, "how many charts to render and judge at once (default: the number of processors)")
	flags.DurationVar(&f.timeout, "timeout", 0, "`duration` that rendering one chart or kustomization may take (default 1m)")
	flags.StringVar(&f.memory, "memory", "", "`size` of the memory that rendering one chart or kustomization may take (default 1GiB)")
	flags.BoolVar(&f.allowNetwork, "allow-network", false, "fetch chart dependencies and remote bases; for trusted trees only, which choose the addresses")
	flags.BoolVar(&f.noInlineIgnores, "no-inline-ignores", false, "report findings even where a comment ignores them")
}

// scan runs the stages over the paths and reports.
func (a *app) scan(ctx context.Context, args []string, f scanFlags) error {
	started := a.now()
	outs, err := f.outputs()
	if err != nil {
		return err
	}
	repo, err := openRepository()
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	defer repo.Close()
	var known *model.Result
	if f.baseline != "" {
		if known, err = readResult(f.baseline); err != nil {
			return usagef("--baseline: %w", err)
		}
	}
	s, err := a.newScanner(ctx, repo, args, f)
	if err != nil {
		return err
	}
	defer s.close()
	if f.made != nil {
		f.made(s)
	}
	s.network = f.maps || slices.ContainsFunc(outs, func(o output) bool { return report.ShowsNetwork(o.format) })
	result, err := s.run(ctx)
	if err != nil {
		return err
	}
	if known != nil {
		acceptBaseline(result, known, f.baseline)
	}
	if len(result.Units)+len(result.Failures) == 0 && s.shard == nil && !s.changedOnly && !f.quiet {
		a.sayf("no chart, kustomization, manifest or Dockerfile in %s", strings.Join(s.paths, ", "))
	}
	return a.conclude(started, repo, outs, result, f.reportFlags)
}

// reportOptions are what the flags and the terminal say about a report.
func (a *app) reportOptions(f reportFlags) report.Options {
	return report.Options{
		Quiet: f.quiet, MaxLines: f.maxLines, RuleHelp: ruledoc.Help, Link: f.link, Width: terminalWidth(a.out),
		Color: f.color == "always" || f.color == "auto" && a.term(a.out) && a.env("NO_COLOR") == "",
	}
}

// conclude reports a finished result, says on stderr how it went and returns
// the verdict.
func (a *app) conclude(started time.Time, repo *repository, outs []output, result *model.Result, f reportFlags) error {
	opts := a.reportOptions(f)
	opts.Source = repo.fs()
	if err := a.writeReports(outs, result, opts); err != nil {
		return err
	}
	if f.then == nil && slices.Contains(outs, output{format: "azure"}) {
		a.uploadSummary(result, opts)
	}
	if !f.quiet {
		// Not part of the report: the same tree gives the same bytes there.
		fmt.Fprintf(a.err, "sekisho: %s in %.1f s\n", summary(outs, result), a.now().Sub(started).Seconds())
	}
	code := verdict(result, f.failOn)
	if f.then != nil {
		f.then(result, opts, code)
	}
	if code != exitClean {
		return &exitError{code: code}
	}
	return nil
}

// summary is what stderr says of a finished scan: the outcome, unless a report
// on standard output has said it.
func summary(outs []output, r *model.Result) string {
	if slices.Contains(outs, output{format: "text"}) {
		return "done"
	}
	return report.Summary(r)
}

// newEngine makes the policy engine of the built-in rules, the configuration
// and the user's policies.
func (s *scanner) newEngine() error {
	options := policy.Options{
		Strict:      s.profile == model.ProfileStrict,
		KubeVersion: s.kubeVersion,
		Rules:       map[string]policy.RuleOptions{},
		Timeout:     time.Duration(s.config.Limits.PolicyTimeout),
		Steps:       int64(s.config.Limits.PolicySteps),
	}
	for id, r := range s.config.Rules {
		options.Rules[id] = policy.RuleOptions{Enabled: r.Enabled, Severity: r.Severity, Params: r.Params}
	}
	engine, err := policy.New(s.policies, options)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	s.engine = engine
	return nil
}

// jobsOrDefault is --jobs, else one for each processor.
func jobsOrDefault(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// today is the date suppressions are compared with.
func (a *app) today() string { return a.now().Format(time.DateOnly) }
