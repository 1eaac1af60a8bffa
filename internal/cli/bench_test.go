//go:build unix

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/corpus"
)

// binary builds the program as it is released.
func binary(b *testing.B) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "sekisho")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, "../../cmd/sekisho")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return file
}

// cost is what one run of the program took, its workers included.
type cost struct {
	wall, cpu time.Duration
	peakMB    float64 // of the largest process
	stderr    string
}

// measure runs the program in a folder. Findings and failures are no errors.
func measure(b *testing.B, program, dir string, args ...string) cost {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	var stderr stringWriter
	cmd.Stderr = &stderr
	started := time.Now()
	_ = cmd.Run()
	wall := time.Since(started)
	if code := cmd.ProcessState.ExitCode(); code != exitClean && code != exitFindings && code != exitIncomplete {
		b.Fatalf("exit code %d: %s", code, stderr)
	}
	peak := float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
	return cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak, string(stderr)}
}

type stringWriter string

func (s *stringWriter) Write(p []byte) (int, error) {
	*s += stringWriter(p)
	return len(p), nil
}

// BenchmarkColdStart scans one manifest, as a pre-commit hook does.
func BenchmarkColdStart(b *testing.B) {
	program := binary(b)
	dir := b.TempDir()
	manifest, err := os.ReadFile("../../testdata/demo/deploy/base/deployment.yaml")
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "deployment.yaml"), manifest, 0o644); err != nil {
		b.Fatal(err)
	}
	const runs = 20
	for b.Loop() {
		best := cost{wall: time.Hour}
		var wall, cpu time.Duration
		for range runs {
			c := measure(b, program, dir, "scan", "deployment.yaml")
			if c.wall < best.wall {
				best = c
			}
			wall += c.wall
			cpu += c.cpu
		}
		b.ReportMetric(float64(wall.Milliseconds())/runs, "ms/scan")
		b.ReportMetric(float64(best.wall.Milliseconds()), "best-ms/scan")
		b.ReportMetric(float64(cpu.Milliseconds())/runs, "cpu-ms/scan")
		b.ReportMetric(best.peakMB, "peak-MB")
	}
}

// BenchmarkScan scans whole collections with every stage on. For the charts of
// bitnami it renders the same with the stock SDK in a row, and reports the
// ratio of the wall times: machines differ, the ratio hardly does.
func BenchmarkScan(b *testing.B) {
	corpus.Long(b)
	program := binary(b)
	for _, name := range []string{"bitnami", "prom", "kubeflow"} {
		b.Run(name, func(b *testing.B) {
			dir := corpus.Dir(b, name)
			for b.Loop() {
				c := measure(b, program, dir, "scan", ".", "--format", "json="+os.DevNull)
				objects, _ := strconv.Atoi(regexp.MustCompile(`(\d+) objects`).FindStringSubmatch(c.stderr)[1])
				b.ReportMetric(c.wall.Seconds(), "wall-s")
				b.ReportMetric(c.cpu.Seconds(), "cpu-s")
				b.ReportMetric(float64(objects)/c.wall.Seconds(), "objects/s")
				b.ReportMetric(c.peakMB, "peak-MB")
				if name == "bitnami" {
					stock := stockRender(b, dir)
					b.ReportMetric(stock.Seconds(), "stock-s")
					b.ReportMetric(float64(c.wall)/float64(stock), "wall/stock")
				}
			}
		})
	}
}

// stockRender renders every chart of a folder one after the other with the
// stock SDK and nothing else.
func stockRender(b *testing.B, dir string) time.Duration {
	b.Helper()
	charts, err := filepath.Glob(filepath.Join(dir, "*", chartutil.ChartfileName))
	if err != nil || len(charts) == 0 {
		b.Fatalf("no charts in %s: %v", dir, err)
	}
	kube, err := chartutil.ParseKubeVersion("v1.37.0")
	if err != nil {
		b.Fatal(err)
	}
	started := time.Now()
	for _, file := range charts {
		c, err := loader.LoadDir(filepath.Dir(file))
		if err != nil {
			b.Fatal(err)
		}
		client := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
		client.DryRun, client.ClientOnly, client.Replace, client.IncludeCRDs = true, true, true, true
		client.ReleaseName, client.Namespace, client.KubeVersion = c.Name(), "default", kube
		_, _ = client.Run(c, nil) // library charts fail, as they should
	}
	return time.Since(started)
}
