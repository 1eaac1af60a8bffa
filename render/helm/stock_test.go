package helm

import (
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	helmloader "helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
)

// stock renders a chart from disk as helm's own template command does, with
// the functions sprig ships, and returns what the command prints.
func stock(root string, unit model.Unit, kubeVersion string) (string, error) {
	kube, err := chartutil.ParseKubeVersion(kubeVersion)
	if err != nil {
		return "", err
	}
	c, err := helmloader.LoadDir(filepath.Join(root, filepath.FromSlash(unit.Path)))
	if err != nil {
		return "", err
	}
	if t := c.Metadata.Type; t != "" && t != "application" {
		return "", fmt.Errorf("%s charts are not installable", t)
	}
	if req := c.Metadata.Dependencies; req != nil {
		if err := action.CheckDependencies(c, req); err != nil {
			return "", err
		}
	}
	values := map[string]any{}
	for _, name := range unit.Values {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		one := map[string]any{}
		if err := yaml.Unmarshal(data, &one); err != nil {
			return "", err
		}
		values = chartutil.MergeTables(one, values)
	}
	client := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
	client.DryRun, client.DryRunOption, client.ClientOnly, client.Replace, client.IncludeCRDs = true, "true", true, true, true
	client.ReleaseName, client.Namespace, client.KubeVersion = c.Name(), "default", kube
	rel, err := client.Run(c, values)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintln(&b, strings.TrimSpace(rel.Manifest))
	for _, h := range rel.Hooks {
		if !slices.Contains(h.Events, release.HookTest) {
			fmt.Fprintf(&b, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
		}
	}
	return b.String(), nil
}

// charts lists the charts directly below root, each with one variant per
// ci/*-values.yaml.
func charts(tb testing.TB, root string) []model.Unit {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(root, "*", "Chart.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	var units []model.Unit
	for _, f := range files {
		dir := filepath.Dir(f)
		name := filepath.Base(dir)
		units = append(units, model.Unit{Kind: model.Helm, Path: name, Variant: model.DefaultVariant})
		variants, _ := filepath.Glob(filepath.Join(dir, "ci", "*-values.yaml")) // the pattern is valid
		for _, v := range variants {
			v = "ci/" + filepath.Base(v)
			units = append(units, model.Unit{Kind: model.Helm, Path: name, Variant: v, Values: []string{name + "/" + v}})
		}
	}
	return units
}

// rootFS opens a folder as a run does.
func rootFS(tb testing.TB, dir string) fs.FS {
	tb.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { root.Close() })
	return root.FS()
}

// quiet keeps Helm's warnings out of the test's output.
func quiet(tb testing.TB) {
	old := log.Writer()
	log.SetOutput(io.Discard)
	tb.Cleanup(func() { log.SetOutput(old) })
}
