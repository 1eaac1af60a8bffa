package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// workflow uses the composite action as a user's job does, and tells what the
// steps after it see.
const workflow = `
on: push
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
      - id: gate
        uses: ./.github/actions/setup
        continue-on-error: true
        with:
          binary: PROGRAM
          fail-on: error
          sarif-file: out/sekisho.sarif
      - shell: bash
        env:
          OUTPUTS: ${{ toJSON(steps.gate.outputs) }}
          OUTCOME: ${{ steps.gate.outcome }}
        run: |
          mkdir -p "$SEEN"
          printf '%s' "$OUTPUTS" >"$SEEN/outputs.json"
          printf '%s' "$OUTCOME" >"$SEEN/outcome"
          command -v sekisho >"$SEEN/program"
          cp out/sekisho.sarif "$SEEN/"
`

// TestComposite has act run setup/action.yml in a workflow, without containers.
func TestComposite(t *testing.T) {
	judge(t)
	act, git := tool(t, "bin/act"), command(t, "git")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "testdata", "demo"))); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, ".github", "actions", "setup"), os.DirFS(filepath.Join(root, "setup"))); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{".github/workflows/gate.yml": strings.ReplaceAll(workflow, "PROGRAM", sekisho(t))})
	must(t, dir, nil, git, "init", "--quiet", "--initial-branch=main")
	must(t, dir, nil, git, "remote", "add", "origin", "https://github.com/example/shop.git")
	must(t, dir, nil, git, "add", "--all")
	must(t, dir, nil, git, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=test")

	// act asks on its first start unless its home has a configuration.
	home, seen := t.TempDir(), t.TempDir()
	write(t, home, map[string]string{".actrc": "", ".config/act/actrc": ""})
	env := []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/.config", "XDG_CACHE_HOME=" + home + "/.cache"}
	out := must(t, dir, env, act, "push", "--directory", dir, "--platform", "ubuntu-latest=-self-hosted", "--pull=false",
		"--env", "SEEN="+seen, "--json")

	if outcome := read(t, seen, "outcome"); outcome != "failure" {
		t.Errorf("the step's outcome is %q, and the demo has errors\n%s", outcome, out)
	}
	var outputs map[string]string
	if err := json.Unmarshal([]byte(read(t, seen, "outputs.json")), &outputs); err != nil {
		t.Fatal(err)
	}
	if outputs["exit-code"] != "1" || outputs["sarif-file"] != "out/sekisho.sarif" || outputs["errors"] == "" || outputs["errors"] == "0" ||
		outputs["findings"] == "" || outputs["warnings"] == "" || outputs["path"] == "" {
		t.Errorf("outputs %v", outputs)
	}
	if program := read(t, seen, "program"); !strings.HasSuffix(strings.TrimSpace(program), "/sekisho-bin/sekisho") {
		t.Errorf("on the PATH is %q", program)
	}
	var sarif struct{ Runs []struct{ Results []any } }
	if err := json.Unmarshal([]byte(read(t, seen, "sekisho.sarif")), &sarif); err != nil || len(sarif.Runs) != 1 || len(sarif.Runs[0].Results) == 0 {
		t.Errorf("the SARIF file has no results (%v)", err)
	}

	// What act understood of our log: annotations on lines, and the summary.
	errors, summary := 0, false
	for line := range strings.Lines(out) {
		var entry struct {
			Command string            `json:"command"`
			Args    map[string]string `json:"kvPairs"`
			Message string            `json:"msg"`
			Content string            `json:"content"`
		}
		if json.Unmarshal([]byte(line), &entry) != nil {
			continue
		}
		if entry.Command == "error" && entry.Args["file"] != "" && entry.Args["line"] != "" {
			errors++
		}
		if entry.Command == "summary" && strings.Contains(entry.Content, "Sekisho") {
			summary = true
		}
	}
	if errors == 0 || errors > 10 {
		t.Errorf("%d errors were annotated, want 1 to 10\n%s", errors, out)
	}
	if !summary {
		t.Errorf("no step summary\n%s", out)
	}
}

func read(tb testing.TB, dir, name string) string {
	tb.Helper()
	src, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(src)
}
