package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho/sekisho/internal/discover"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
	"github.com/sekisho/sekisho/render"
)

// renderFlags are the flags of render.
type renderFlags struct {
	config      string
	kubeVersion string
	variant     string
	provenance  bool
	timeout     time.Duration
	memory      string
	network     bool
}

func (a *app) renderCommand() *cobra.Command {
	var f renderFlags
	cmd := &cobra.Command{
		Use:   "render PATH",
		Short: "Print what a chart, overlay or manifest renders to",
		Long: "Render prints the bytes that helm template or kustomize build would, with fixed values in place of\n" +
			"those a template invents (keys, passwords, dates).",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.render(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.config, "config", "", "configuration `FILE`, or none (default .sekisho.yaml at the root)")
	cmd.Flags().StringVar(&f.kubeVersion, "kube-version", "", "Kubernetes `version` (default: the newest known)")
	cmd.Flags().StringVar(&f.variant, "variant", "", "of a chart: default, ci/x-values.yaml or a release's `name`")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "`duration` that rendering one chart or kustomization may take (default 1m)")
	cmd.Flags().StringVar(&f.memory, "memory", "", "`size` of the memory that rendering one chart or kustomization may take (default 1GiB)")
	cmd.Flags().BoolVar(&f.network, "allow-network", false, "fetch chart dependencies and remote bases; for trusted trees only, which choose the addresses")
	cmd.Flags().BoolVar(&f.provenance, "provenance", false, "print the source of each line beside it")
	return cmd
}

// render prints one unit: the default variant of a chart unless another is
// named, every unit below the path otherwise.
func (a *app) render(ctx context.Context, arg string, f renderFlags) error {
	repo, err := openRepository()
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	defer repo.Close()
	paths, err := repo.relative([]string{arg})
	if err != nil {
		return &exitError{exitUsage, err}
	}
	kubeVersion, err := parseKubeVersion(f.kubeVersion)
	if err != nil {
		return usagef("--kube-version: %w", err)
	}
	conf, err := readConfig(repo.fs(), nil, f.config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	tree, failures, err := discover.Discover(ctx, repo.fs(), repo.discoverOptions(paths, conf, nil, f.config))
	if err != nil {
		return &exitError{exitUsage, err}
	}
	units, err := chooseVariant(tree.Units, f.variant)
	if err != nil {
		return err
	}
	if len(units) == 0 && len(failures) == 0 {
		return usagef("%s: nothing to render here", arg)
	}
	if len(failures) == 0 && !slices.ContainsFunc(units, func(u model.Unit) bool { return u.Kind != model.Docker }) {
		return usagef("%s: nothing to render here: no chart, kustomization or manifest, only %s", arg, count(len(units), "Dockerfile"))
	}
	limits, err := repo.limits(f.timeout, f.memory, conf)
	if err != nil {
		return err
	}
	pool, err := render.NewPool(render.Options{Root: repo.root, KubeVersion: kubeVersion, Limits: limits, AllowNetwork: f.network})
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	defer pool.Close()
	session := pool.Session(ctx)
	for _, u := range units {
		r := session.Render(u)
		failures = append(failures, r.Failures...)
		if err := a.printRendered(r, f.provenance); err != nil {
			return &exitError{exitIncomplete, err}
		}
	}
	failures = append(failures, session.Close()...)
	for _, failure := range failures {
		fmt.Fprintf(a.err, "sekisho: %s\n", report.Text(report.FailureText(failure)))
	}
	if len(failures) > 0 {
		return &exitError{code: exitIncomplete}
	}
	return nil
}

// chooseVariant keeps one variant of each chart: the named one, else the
// default. Naming one that does not exist is a mistake.
func chooseVariant(units []model.Unit, variant string) ([]model.Unit, error) {
	var out []model.Unit
	var known []string
	for _, u := range units {
		if u.Kind == model.Helm {
			known = append(known, u.Variant)
			if want := variant; u.Variant != want && (want != "" || u.Variant != model.DefaultVariant) {
				continue
			}
		} else if variant != "" {
			continue
		}
		out = append(out, u)
	}
	if variant != "" && len(out) == 0 {
		return nil, usagef("no variant %q here; there are %s", variant, strings.Join(known, ", "))
	}
	return out, nil
}

// printRendered prints the manifest as it is, or with the source of each line
// in front of it.
func (a *app) printRendered(r *model.Rendered, provenance bool) error {
	if !provenance {
		_, err := a.out.Write(r.Manifest)
		return err
	}
	var sources []model.Location
	if r.Lines != nil {
		sources = r.Lines()
	}
	lines := strings.Split(strings.TrimSuffix(string(r.Manifest), "\n"), "\n")
	labels := make([]string, len(lines))
	width := 0
	for i := range lines {
		if i < len(sources) && sources[i].File != "" {
			labels[i] = strings.TrimPrefix(sources[i].File, r.Unit.Path+"/")
			if sources[i].Precision != model.File {
				labels[i] += fmt.Sprintf(":%d", sources[i].StartLine)
			}
		}
		width = max(width, len([]rune(labels[i])))
	}
	last := ""
	for i, line := range lines {
		label := labels[i]
		if label == last && label != "" {
			label = "\"" // ditto: the same source line goes on
		}
		last = labels[i]
		if _, err := fmt.Fprintf(a.out, "%-*s │ %s\n", width, report.Text(label), line); err != nil {
			return err
		}
	}
	return nil
}
