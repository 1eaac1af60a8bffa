package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sekisho/sekisho/internal/facts"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/policy/policytest"
	"github.com/sekisho/sekisho/internal/report"
	"github.com/sekisho/sekisho/render/docker"
	"github.com/sekisho/sekisho/render/raw"
)

func (a *app) testCommand() *cobra.Command {
	var namespaces []string
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Test policies of your own: their _test.rego, good.yaml and bad.yaml",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.test(cmd.Context(), dir, namespaces)
		},
	}
	cmd.Flags().StringSliceVar(&namespaces, "namespace", nil, "packages of conftest-style policies (default main)")
	return cmd
}

// test runs the tests of a folder of policies. A failed test counts as a
// finding, a policy that does not compile as a mistake of configuration.
func (a *app) test(ctx context.Context, dir string, namespaces []string) error {
	if info, err := os.Stat(dir); err != nil {
		return &exitError{exitUsage, err}
	} else if !info.IsDir() {
		return usagef("%s: not a folder", dir)
	}
	fsys := os.DirFS(dir)
	src := policy.Source{FS: fsys, Name: filepath.ToSlash(dir), Namespaces: namespaces}
	results, err := policytest.Run(ctx, src, builtinSource, exampleViews(fsys))
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if len(results) == 0 {
		return usagef("%s: nothing to test: no good.yaml, bad.yaml or _test.rego", dir)
	}
	failed := 0
	for _, r := range results {
		verdict := "ok  "
		if len(r.Problems) > 0 {
			verdict = "FAIL"
			failed++
		}
		fmt.Fprintf(a.out, "%s %s\n", verdict, report.Text(r.Name))
		for _, p := range r.Problems {
			fmt.Fprintf(a.out, "     %s\n", report.Text(p))
		}
	}
	fmt.Fprintf(a.out, "%d passed, %d failed\n", len(results)-failed, failed)
	if failed > 0 {
		return &exitError{code: exitFindings}
	}
	return nil
}

// exampleViews renders an example file of a policy folder and works out its
// facts.
func exampleViews(fsys fs.FS) policytest.Views {
	return func(file string, src []byte, kubeVersion string) ([]model.View, error) {
		ctx := context.Background()
		var r *model.Rendered
		if path.Ext(file) == ".Dockerfile" {
			r = docker.Render(ctx, fsys, model.Unit{Kind: model.Docker, Path: file}, docker.Options{})
		} else {
			r = raw.Render(ctx, fsys, model.Unit{Kind: model.Raw, Path: file}, raw.Options{})
		}
		if len(r.Failures) > 0 {
			return nil, errors.New(report.FailureText(r.Failures[0]))
		}
		if err := policytest.Pretend(src, r.Objects); err != nil {
			return nil, err
		}
		views, err := facts.Views(ctx, r.Objects, facts.Options{KubeVersion: kubeVersion})
		for _, v := range views {
			if len(v.Unknown) > 0 {
				return nil, fmt.Errorf("%s: %s", file, v.Unknown[0])
			}
		}
		return views, err
	}
}
