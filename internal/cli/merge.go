package cli

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sekisho/sekisho/internal/model"
)

func (a *app) mergeCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "merge FILE…",
		Short: "Join saved JSON results",
		Long: "Merge joins the JSON results of the shards of a scan, or of scans of several paths, and reports as scan\n" +
			"does: the results of all shards of a tree give the result of one scan of it. Shards that are missing make\n" +
			"the exit code 3; results that do not belong together are refused.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.merge(args, f) },
	}
	f.register(cmd.Flags())
	return cmd
}

// merge joins the results in files and reports.
func (a *app) merge(files []string, f reportFlags) error {
	started := a.now()
	outs, err := f.outputs()
	if err != nil {
		return err
	}
	var parts []*model.Result
	for _, file := range files {
		r, err := readResult(file)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		parts = append(parts, r)
	}
	if err := checkParts(files, parts); err != nil {
		return &exitError{exitUsage, err}
	}
	repo, err := openRepository()
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	defer repo.Close()
	return a.conclude(started, repo, outs, mergeResults(parts), f)
}

// checkParts refuses results that do not make one.
func checkParts(files []string, parts []*model.Result) error {
	first := parts[0]
	shards := map[int]string{}
	for i, r := range parts {
		both := fmt.Sprintf("%s and %s do not belong together", files[0], files[i])
		switch {
		case r.Tool != first.Tool:
			return fmt.Errorf("%s: made by %s %s and by %s %s", both, first.Tool.Name, first.Tool.Version, r.Tool.Name, r.Tool.Version)
		case !reflect.DeepEqual(r.Rules, first.Rules):
			return fmt.Errorf("%s: they asked different rules", both)
		case (r.Shard == nil) != (first.Shard == nil):
			return fmt.Errorf("%s: one is a shard, the other is not", both)
		case r.Shard == nil:
			continue
		case r.Shard.Of != first.Shard.Of:
			return fmt.Errorf("%s: one of %d shards, one of %d", both, first.Shard.Of, r.Shard.Of)
		case r.Shard.Plan != first.Shard.Plan:
			return fmt.Errorf("%s: shards of different trees, or with different settings", both)
		case r.Shard.Index < 1 || r.Shard.Index > r.Shard.Of || r.Shard.Of > maxShards:
			return fmt.Errorf("%s: there is no shard %d/%d", files[i], r.Shard.Index, r.Shard.Of)
		case shards[r.Shard.Index] != "":
			return fmt.Errorf("%s and %s are both shard %d/%d", shards[r.Shard.Index], files[i], r.Shard.Index, r.Shard.Of)
		}
		shards[r.Shard.Index] = files[i]
	}
	return nil
}

// mergeResults joins results that belong together. A shard that is missing is a
// failure.
func mergeResults(parts []*model.Result) *model.Result {
	first := parts[0]
	out := &model.Result{
		Version: first.Version, Tool: first.Tool, Rules: first.Rules,
		Units: []model.UnitSummary{}, Findings: []model.Finding{}, Failures: []model.Failure{},
	}
	here := map[int]bool{}
	units := map[model.UnitSummary]bool{}
	for _, r := range parts {
		if r.Shard != nil {
			here[r.Shard.Index] = true
		}
		for _, u := range r.Units {
			key := u
			key.Objects = 0
			if !units[key] {
				units[key] = true
				out.Units = append(out.Units, u)
			}
		}
		for _, m := range r.Network {
			if !slices.ContainsFunc(out.Network, func(n model.NetworkMap) bool { return reflect.DeepEqual(m, n) }) {
				out.Network = append(out.Network, m)
			}
		}
		out.Findings = append(out.Findings, r.Findings...)
		out.Failures = append(out.Failures, r.Failures...)
	}
	if first.Shard != nil {
		for i := 1; i <= first.Shard.Of; i++ {
			if !here[i] {
				out.Failures = append(out.Failures, model.Failure{Message: fmt.Sprintf("shard %d/%d is missing: what it was to judge is not part of this result", i, first.Shard.Of)})
			}
		}
	}
	// A unit is in one shard, so its variants keep their order.
	slices.SortStableFunc(out.Units, func(a, b model.UnitSummary) int {
		return compareUnits(&model.UnitRef{Kind: a.Kind, Path: a.Path}, &model.UnitRef{Kind: b.Kind, Path: b.Path})
	})
	slices.SortStableFunc(out.Network, func(a, b model.NetworkMap) int { return compareUnits(&a.Unit, &b.Unit) })
	out.Findings = mergeCauses(out.Findings)
	out.Failures = mergeFailures(out.Failures)
	return out
}
