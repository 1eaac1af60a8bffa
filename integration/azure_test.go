package integration

import (
	"encoding/json"
	"strings"
	"testing"
)

// parser prints what the library of Azure Pipelines' tasks reads from each line
// of standard input that the agent would take for a command.
const parser = `
const { commandFromString } = require(process.argv[1])
const lines = require('fs').readFileSync(0, 'utf8').split(/\r?\n/)
console.log(JSON.stringify(lines.filter(l => l.includes('##vso[')).map(l => commandFromString(l))))
`

// hostile is a pod whose name tries to set a variable of the build.
const hostile = `apiVersion: v1
kind: Pod
metadata:
  name: "a\n##vso[task.setvariable variable=PATH]/tmp"
spec:
  hostPID: true
  containers:
  - name: "b]##vso[task.complete result=Succeeded;]100%0A; c"
    image: x
`

// TestAzureLog has azure-pipelines-task-lib parse what we print in a pipeline:
// every command is one of ours, and path, line and message come out as they
// went in.
func TestAzureLog(t *testing.T) {
	judge(t)
	library, node := tool(t, "node_modules/azure-pipelines-task-lib/taskcommand.js"), command(t, "node")
	const file = "deploy/[a];b.yaml"
	dir, temp := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{file: hostile})
	commit(t, dir)
	env := append([]string{"AGENT_TEMPDIRECTORY=" + temp}, pipeline...)
	log, code := run(t, dir, env, sekisho(t), "scan", "--quiet", "--format=azure")
	if code != 1 {
		t.Fatalf("exit code %d\n%s", code, log)
	}

	type logCommand struct {
		Command    string
		Properties map[string]string
		Message    string
	}
	var commands []logCommand
	write(t, temp, map[string]string{"log": log})
	out := must(t, temp, nil, "sh", "-c", `exec "$0" -e "$1" "$2" <log`, node, parser, library)
	if err := json.Unmarshal([]byte(out), &commands); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var summaries, rest int
	byCode := map[string]logCommand{}
	for _, c := range commands {
		p := c.Properties
		switch {
		case c.Command == "task.uploadsummary":
			summaries++
			if !strings.HasPrefix(c.Message, temp) {
				t.Errorf("the summary is at %q, outside of the agent's folder", c.Message)
			}
		case c.Command != "task.logissue" || p["type"] != "error" && p["type"] != "warning":
			t.Errorf("the agent would obey %s %q %q", c.Command, p, c.Message)
		case p["code"] == "": // "12 more are not shown here: …"
			rest++
		default:
			byCode[p["code"]] = c
			if p["sourcepath"] != file || p["linenumber"] == "" {
				t.Errorf("properties %q", p)
			}
		}
	}
	if summaries != 1 || rest != 1 || len(byCode) < 5 {
		t.Errorf("%d summaries, %d rest lines, issues of %d rules, want 1, 1, 5 or more\n%s", summaries, rest, len(byCode), log)
	}
	for code, want := range map[string]string{
		"host-namespace": `pod shares the process namespace of the node`,
		// ##vso is broken up; %0A stays the three characters it is.
		"run-as-root": `container "b]##\vso[task.complete result=Succeeded;]100%0A; c" may run as root`,
	} {
		if got, _, _ := strings.Cut(byCode[code].Message, "\n"); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
