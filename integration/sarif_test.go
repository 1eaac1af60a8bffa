package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/corpus"
)

// pipeline is the environment of a run of Azure Pipelines.
var pipeline = []string{
	"TF_BUILD=True", "BUILD_REPOSITORY_PROVIDER=TfsGit",
	"SYSTEM_COLLECTIONURI=https://dev.azure.com/shop/", "SYSTEM_TEAMPROJECTID=11111111-1111-1111-1111-111111111111",
	"SYSTEM_DEFINITIONID=7", "BUILD_DEFINITIONNAME=gate", "BUILD_BUILDID=42", "BUILD_SOURCEBRANCH=refs/heads/main",
	"SYSTEM_PHASEID=22222222-2222-2222-2222-222222222222", "SYSTEM_PHASENAME=Scan",
}

// TestSARIF has Microsoft's validator read our goldens and scans, with the
// rules of the standard and of GitHub's code scanning, and, where a pipeline
// run is named, with those of Azure's. Its notes ask for what we leave out on
// purpose: numbered rule ids, message ids, and snippets, which would print
// committed secrets.
func TestSARIF(t *testing.T) {
	judge(t)
	goldens, err := filepath.Glob(filepath.Join(root, "internal", "report", "testdata", "*.sarif"))
	if err != nil || len(goldens) == 0 {
		t.Fatalf("no SARIF goldens: %v", err)
	}
	for _, golden := range goldens {
		t.Run("golden/"+filepath.Base(golden), func(t *testing.T) { validate(t, golden) })
	}
	for _, name := range []string{"demo", "prom", "kubeflow", "bitnami"} {
		t.Run("scan/"+name, func(t *testing.T) {
			dir := filepath.Join(root, "testdata", "demo")
			if name != "demo" {
				dir = corpus.Dir(t, name)
			}
			file := filepath.Join(t.TempDir(), name+".sarif")
			out, code := run(t, dir, pipeline, sekisho(t), "scan", "--fail-on=never", "--format=sarif="+file)
			if code != 0 && code != 3 { // a collection has charts that need what is not here
				t.Fatalf("exit code %d\n%s", code, out)
			}
			t.Log(out)
			validate(t, file)
		})
	}
}

// validate asks the validator about one file and fails on each error and
// warning.
func validate(t *testing.T, file string) {
	if runtime.GOOS != "linux" {
		t.Skip("the validator is Linux's")
	}
	multitool := tool(t, "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{"Sarif;Ghas"}
	if strings.Contains(string(src), "azuredevops/pipeline/build/") {
		kinds = append(kinds, "GHAzDO")
	}
	for _, kind := range kinds {
		verdict := filepath.Join(t.TempDir(), "verdict.sarif")
		// Without ICU's tables, which a small machine may lack.
		env := []string{"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1"}
		// The exit code is 0 even with errors: what counts is the file.
		out := must(t, "", env, multitool, "validate", file, "--rule-kind", kind, "--output", verdict, "--log", "ForceOverwrite")
		for _, problem := range problems(t, verdict, out) {
			t.Errorf("%s: %s", kind, problem)
		}
	}
}

// problems lists the errors and warnings of the validator's own report.
func problems(t *testing.T, verdict, out string) []string {
	src, err := os.ReadFile(verdict)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var log struct {
		Runs []struct {
			Invocations []struct {
				ExecutionSuccessful        bool
				ToolExecutionNotifications []struct{ Message struct{ Text string } }
			}
			Results []struct {
				RuleID    string
				Level     string
				Message   struct{ Arguments []string }
				Locations []struct {
					PhysicalLocation struct{ Region struct{ StartLine int } }
				}
			}
		}
	}
	if err := json.Unmarshal(src, &log); err != nil {
		t.Fatal(err)
	}
	if len(log.Runs) != 1 {
		t.Fatalf("the validator made %d runs\n%s", len(log.Runs), out)
	}
	var list []string
	for _, call := range log.Runs[0].Invocations {
		if !call.ExecutionSuccessful {
			list = append(list, fmt.Sprintf("the validator itself failed: %+v", call.ToolExecutionNotifications))
		}
	}
	for _, r := range log.Runs[0].Results {
		if r.Level == "note" {
			continue
		}
		line := 0
		if len(r.Locations) > 0 {
			line = r.Locations[0].PhysicalLocation.Region.StartLine
		}
		// SARIF's default for an absent level is warning.
		level := r.Level
		if level == "" {
			level = "warning"
		}
		list = append(list, fmt.Sprintf("line %d: %s %s %s", line, level, r.RuleID, strings.Join(r.Message.Arguments, " ")))
	}
	return list
}
