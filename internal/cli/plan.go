package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
)

// planFlags are the flags of plan. Those of scan that decide which units there
// are mean the same here.
type planFlags struct {
	shards int
	format string
	scan   scanFlags
}

func (a *app) planCommand() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan --shards N [PATH…]",
		Short: "Divide a scan among CI jobs",
		Long: "Plan prints how sekisho scan --shard I/N divides what there is: N shards of about the same work. A chart\n" +
			"with its variants is in one shard, and so are all manifests, for they are judged together. The plan need\n" +
			"not be handed on: each job works it out again, and sekisho merge checks that all had the same.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.plan(cmd.Context(), args, f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.shards, "shards", 0, "how many `jobs` there will be")
	flags.StringVar(&f.format, "format", "json", "json or text")
	flags.StringVar(&f.scan.config, "config", "", "configuration `FILE`, or none (default .sekisho.yaml at the root)")
	flags.StringVar(&f.scan.trustedConfig, "trusted-config", "", "read .sekisho.yaml from git revision `REF`, not from the tree")
	flags.StringVar(&f.scan.changedSince, "changed-since", "", "only what differs from git revision `REF` (where HEAD and it parted)")
	return cmd
}

// plannedShard is a shard as plan prints it.
type plannedShard struct {
	Shard string          `json:"shard"` // "1/3"
	Args  []string        `json:"args"`  // of sekisho scan
	Share int             `json:"share"` // of the whole work, in percent
	Units []model.UnitRef `json:"units"`
}

// plan prints the shards. The JSON is one line: CI systems hand values on that
// way.
func (a *app) plan(ctx context.Context, args []string, f planFlags) error {
	if f.shards < 1 || f.shards > maxShards {
		return usagef("--shards %d: give a number from 1 to %d", f.shards, maxShards)
	}
	if f.format != "json" && f.format != "text" {
		return usagef("unknown format %q; known are json, text", f.format)
	}
	repo, err := openRepository()
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	defer repo.Close()
	s, _, err := a.newSelection(ctx, repo, args, f.scan)
	if err != nil {
		return err
	}
	tree, groups, failures, err := s.find(ctx)
	if err != nil {
		return err
	}
	for _, failure := range failures { // each shard fails for them
		a.sayf("%s", report.FailureText(failure))
	}
	shards := plannedShards(divide(tree, groups, f.shards), groups, f.scan.given(args))
	if f.format == "text" {
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		for _, shard := range shards {
			fmt.Fprintf(w, "%s\t%d %%\t%s\n", shard.Shard, shard.Share, report.Plural(len(shard.Units), "unit"))
			for _, u := range shard.Units {
				fmt.Fprintf(w, "\t\t%s %s\n", u.Kind, report.Text(u.Path))
			}
		}
		return w.Flush()
	}
	type matrix struct {
		Shard []string `json:"shard"`
	}
	out := struct {
		Shards []plannedShard `json:"shards"`
		Matrix matrix         `json:"matrix"` // of a GitHub job
	}{Shards: shards}
	for _, shard := range shards {
		out.Matrix.Shard = append(out.Matrix.Shard, shard.Shard)
	}
	line, err := json.Marshal(out)
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	_, err = a.out.Write(append(report.QuietJSON(line), '\n'))
	return err
}

// given are the arguments that make scan find what plan found.
func (f *scanFlags) given(paths []string) []string {
	var out []string
	for _, flag := range [][2]string{{"--config", f.config}, {"--trusted-config", f.trustedConfig}, {"--changed-since", f.changedSince}} {
		if flag[1] != "" {
			out = append(out, flag[0]+"="+flag[1])
		}
	}
	return append(out, paths...)
}

func plannedShards(d division, groups [][]model.Unit, args []string) []plannedShard {
	var whole int64
	for _, c := range d.costs {
		whole += c
	}
	var out []plannedShard
	for i, mine := range d.shards {
		name := fmt.Sprintf("%d/%d", i+1, len(d.shards))
		p := plannedShard{Shard: name, Args: append([]string{"--shard=" + name}, args...), Units: []model.UnitRef{}}
		var work int64
		for _, g := range mine {
			work += d.costs[g]
			p.Units = append(p.Units, refs(groups[g])...)
		}
		if whole > 0 {
			p.Share = int((work*100 + whole/2) / whole)
		}
		out = append(out, p)
	}
	return out
}

// refs names the units of a group, the variants of a chart together.
func refs(units []model.Unit) []model.UnitRef {
	var out []model.UnitRef
	for _, u := range units {
		if n := len(out); n > 0 && u.Kind == out[n-1].Kind && u.Path == out[n-1].Path {
			out[n-1].Variants = append(out[n-1].Variants, u.Variant)
			continue
		}
		out = append(out, u.Ref())
	}
	return out
}
