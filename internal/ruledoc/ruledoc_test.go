package ruledoc_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/ruledoc"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// full is a rule that has everything.
var full = model.Rule{
	ID: "bad-port", Category: "network", Title: "Port is | bad", Description: "A bad port lets the sea in.",
	Severity: model.SeverityError, SecuritySeverity: 7, Profile: model.ProfileStrict, Confidence: "medium",
	Kinds: []string{"workload", "any", "Service"}, Since: "0.1.0", Aliases: []string{"port-bad"},
	PSS:         &model.PSS{Level: "baseline", Check: "hostPorts"},
	Standards:   []model.Standard{{Name: "CIS", Section: "1.2"}, {Name: "Guide"}},
	Remediation: "Close the port.",
	Links:       []string{"https://example.com/ports"},
	Params:      map[string]any{"ports": []any{80, 443}, "dry": true},
	Bad:         "port: 80 # want `port \"80\"` \"is \\\"bad\\\"\"\n# want \"next\"\nname: x\n",
	Good:        "port: 81\n",
}

// small is a user's rule that has next to nothing.
var small = model.Rule{
	ID: "main.deny", Category: "custom", Title: "Policy deny of package main",
	Severity: model.SeverityWarning, Profile: model.ProfileDefault,
}

// docker is a rule about Dockerfiles.
var docker = model.Rule{
	ID: "remote-add", Category: "images", Title: "ADD fetches", Severity: model.SeverityNote, Profile: model.ProfileDefault,
	Bad: "FROM scratch\n# want \"fetches\"\nADD https://example.com/x /\n",
}

func TestPages(t *testing.T) {
	for name, got := range map[string]string{
		"full.md":   ruledoc.Page(full),
		"help.md":   ruledoc.Help(full),
		"small.md":  ruledoc.Page(small),
		"docker.md": ruledoc.Page(docker),
		"index.md":  ruledoc.Index([]model.Rule{small, docker, full}),
	} {
		t.Run(name, func(t *testing.T) {
			golden := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want, +got); go test ./internal/ruledoc -update:\n%s", golden, diff)
			}
		})
	}
}
