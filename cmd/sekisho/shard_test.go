package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestShardsMakeTheWhole: whatever the tree and the number of shards, what
// merge makes of the shards' results is, byte for byte, the result of one scan.
func TestShardsMakeTheWhole(t *testing.T) {
	trees := map[string]func(*testing.T, string){"demo": func(t *testing.T, dir string) {
		if err := os.CopyFS(dir, os.DirFS("../../testdata/demo")); err != nil {
			t.Fatal(err)
		}
	}}
	for seed := range uint64(3) {
		trees[fmt.Sprintf("generated %d", seed)] = func(t *testing.T, dir string) { generateTree(t, dir, rand.New(rand.NewPCG(seed, 0))) }
	}
	for name, build := range trees {
		t.Run(name, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			build(t, dir)
			if err := os.MkdirAll(filepath.Join(dir, ".git"), 0o755); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) int {
				cmd := exec.Command("sekisho", append(args, "--quiet")...)
				cmd.Dir = dir
				printed, err := cmd.CombinedOutput()
				var exit *exec.ExitError
				if err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() == 2 {
					t.Fatalf("sekisho %s: %v\n%s", strings.Join(args, " "), err, printed)
				}
				return cmd.ProcessState.ExitCode()
			}
			read := func(name string) []byte {
				src, err := os.ReadFile(filepath.Join(out, name))
				if err != nil {
					t.Fatal(err)
				}
				return src
			}
			json := func(name string) string { return "json=" + filepath.Join(out, name) }
			// One shard's findings are what the project accepts already.
			run("scan", "--shard", "1/2", "--format", json("known.json"))
			for most, flags := range map[int][]string{5: nil, 2: {"--profile", "strict", "--baseline", filepath.Join(out, "known.json")}} {
				code := run(append([]string{"scan", "--format", json("whole.json"), "--format", "sarif=" + filepath.Join(out, "whole.sarif")}, flags...)...)
				whole := read("whole.json")
				if !bytes.Contains(whole, []byte(`"also"`)) {
					t.Error("no finding has a cause in common with another")
				}
				for n := 1; n <= most; n++ {
					var parts []string
					for i := n; i >= 1; i-- { // the order does not matter
						part := fmt.Sprintf("%d.json", i)
						run(append([]string{"scan", "--shard", fmt.Sprintf("%d/%d", i, n), "--format", json(part)}, flags...)...)
						parts = append(parts, filepath.Join(out, part))
					}
					merged := run(append([]string{"merge", "--format", json("merged.json"), "--format", "sarif=" + filepath.Join(out, "merged.sarif")}, parts...)...)
					if merged != code {
						t.Errorf("%d shards: exit code %d, want %d", n, merged, code)
					}
					for _, ext := range []string{"json", "sarif"} {
						if got, want := read("merged."+ext), read("whole."+ext); !bytes.Equal(got, want) {
							t.Errorf("%d shards, flags %v: merged.%s differs from one scan:\n%s", n, flags, ext, firstDifference(string(got), string(want)))
						}
					}
				}
				run("merge", filepath.Join(out, "whole.json"), "--format", json("again.json"))
				if !bytes.Equal(read("again.json"), whole) {
					t.Error("a whole result does not stay what it is")
				}
			}
		})
	}
}

// firstDifference shows where two texts part.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			from := max(0, i-12)
			return fmt.Sprintf("line %d\ngot\n%s\nwant\n%s", i+1, strings.Join(g[from:min(len(g), i+4)], "\n"), strings.Join(w[from:min(len(w), i+4)], "\n"))
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// generateTree writes a repository in which units have causes in common: charts
// with one library, overlays with one base, a chart and a kustomization in one
// folder; some are broken, some findings are accepted.
func generateTree(t *testing.T, dir string, r *rand.Rand) {
	t.Helper()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	some := func(words ...string) string { return words[r.IntN(len(words))] }
	workload := func(name string) string {
		return fmt.Sprintf(`apiVersion: apps/v1
kind: %s
metadata:
  name: %s
spec:
  selector: {matchLabels: {app: %[2]s}}
  template:
    metadata: {labels: {app: %[2]s}}
    spec:
      hostNetwork: %s
      containers:
      - name: app
        image: registry.example/app%s
        securityContext: {privileged: %s}
      - name: side
        image: registry.example/side:latest
`, some("Deployment", "DaemonSet", "StatefulSet"), name, some("true", "false"), some("", ":1", ":latest"), some("true", "false"))
	}
	write("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n")
	write("lib/templates/_pod.tpl", "{{- define \"lib.pod\" }}\nhostPID: true\ncontainers:\n{{- range .Values.containers }}\n- name: {{ . }}\n  image: {{ . }}:latest\n{{- end }}\n{{- end }}\n")
	charts := 2 + r.IntN(3)
	for i := range charts {
		c := fmt.Sprintf("charts/c%d", i)
		write(c+"/Chart.yaml", fmt.Sprintf("apiVersion: v2\nname: c%d\nversion: 1.0.0\ndependencies: [{name: lib, version: 1.0.0, repository: \"file://../../lib\"}]\n", i))
		write(c+"/values.yaml", "containers: [a, b]\nhost: "+some("true", "false")+"\n"+strings.Repeat("# a comment\n", r.IntN(2000)))
		write(c+"/ci/more-values.yaml", "containers: [a, b, c]\n")
		write(c+"/templates/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: "+some("a", "b")+"}\nspec: {{ include \"lib.pod\" . | nindent 2 }}\n---\n"+workload("w"))
		if r.IntN(3) == 0 {
			write(c+"/templates/broken.yaml", "{{ fail \"no\" }}\n")
		}
	}
	write("base/kustomization.yaml", "resources: [app.yaml, extra.yaml]\n")
	write("base/app.yaml", workload("app")+"---\n"+workload("other"))
	write("base/extra.yaml", some("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, selector: {app: app}, ports: [{port: 80}]}\n", "a: [\n"))
	for i := range 2 + r.IntN(4) {
		write(fmt.Sprintf("overlays/o%d/kustomization.yaml", i), fmt.Sprintf("resources: [../../base]\nnamePrefix: %s\nnamespace: %s\n", some("x-", "y-"), some("shop", "bank")))
	}
	// A chart and a kustomization that are the same folder.
	write("both/Chart.yaml", "apiVersion: v2\nname: both\nversion: 1.0.0\n")
	write("both/templates/w.yaml", workload("w"))
	write("both/kustomization.yaml", "resources: [templates/w.yaml]\n")
	for i := range 1 + r.IntN(4) {
		write(fmt.Sprintf("raw/%d.yaml", i), workload(fmt.Sprintf("raw%d", i))+"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {matchLabels: {app: raw0}}, policyTypes: [Ingress]}\n")
	}
	write("raw/broken.yaml", some("a: b\n", "apiVersion: v1\nkind: Pod\nmetadata: [\n"))
	write("images/Dockerfile", "FROM registry.example/base:latest\nUSER root\n")
	write("images/Dockerfile.more", "FROM registry.example/base:latest\n")
	write(".sekisho.yaml", fmt.Sprintf(`exceptions:
- {rules: [host-namespace, image-not-pinned, image-without-tag], object: "%s", reason: known}
- {rules: ["*"], paths: ["%s"], reason: old}
`, some("Pod/a", "Deployment/x-app", "*/b", "*/y-app"), some("charts/c0/**", "overlays/o1/**", "images/**")))
}
