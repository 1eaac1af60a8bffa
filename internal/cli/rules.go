package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sekisho/sekisho/internal/config"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/ruledoc"
	"github.com/sekisho/sekisho/policies"
)

// builtinName stands before the files of the built-in policies in messages. No
// user's folder can have it.
const builtinName = "sekisho:policies"

// builtinSource are the built-in policies.
var builtinSource = policy.Source{FS: policies.FS, Name: builtinName, Builtin: true}

// builtinRules reads the embedded rules.
func builtinRules() ([]model.Rule, error) {
	set, err := policy.Load(builtinSource)
	if err != nil {
		return nil, err
	}
	return set.Rules(), nil
}

func (a *app) rulesCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rules, err := builtinRules()
			if err != nil {
				return &exitError{exitIncomplete, err}
			}
			switch format {
			case "text":
				w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
				for _, r := range rules {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Category, r.ID, r.Severity, r.Profile, r.Title)
				}
				return w.Flush()
			case "json":
				enc := json.NewEncoder(a.out)
				enc.SetIndent("", "  ")
				return enc.Encode(rules)
			case "markdown":
				_, err := fmt.Fprint(a.out, ruledoc.Index(rules))
				return err
			}
			return usagef("unknown format %q; known are text, json, markdown", format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, json or markdown")
	return cmd
}

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain RULE",
		Short: "Explain a rule: what, why, how to fix, how to except",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			rules, _ := builtinRules()
			var ids []string
			for _, r := range rules {
				ids = append(ids, r.ID+"\t"+r.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := builtinRules()
			if err != nil {
				return &exitError{exitIncomplete, err}
			}
			var ids []string
			for i := range rules {
				r := &rules[i]
				ids = append(ids, r.ID)
				for _, name := range append([]string{r.ID}, r.Aliases...) {
					if name == args[0] {
						_, err := fmt.Fprint(a.out, ruledoc.Page(*r))
						return err
					}
				}
			}
			if near := config.Nearest(args[0], ids); near != "" {
				return usagef("unknown rule %q, did you mean %q?", args[0], near)
			}
			return usagef("unknown rule %q: sekisho rules lists them", args[0])
		},
	}
}

func (a *app) convertCommand() *cobra.Command {
	f := reportFlags{failOn: failNever}
	cmd := &cobra.Command{
		Use:   "convert FILE",
		Short: "Print a saved JSON result in another format",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			outs, err := f.outputs()
			if err != nil {
				return err
			}
			result, err := readResult(args[0])
			if err != nil {
				return &exitError{exitUsage, err}
			}
			opts := a.reportOptions(f)
			// The sources may be at hand; a result is worth printing without.
			if repo, err := openRepository(); err == nil {
				defer repo.Close()
				opts.Source = repo.fs()
			}
			return a.writeReports(outs, result, opts)
		},
	}
	f.registerOutput(cmd.Flags())
	return cmd
}
