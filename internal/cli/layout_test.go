package cli

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/sekisho/sekisho/"

// layout says which packages of this module each package may import. A prefix
// ending in /... stands for the packages below it. docs/architecture.md has
// the reasons.
var layout = map[string][]string{
	"cmd/sekisho":                {"internal/cli"},
	"policies":                   {},
	"render":                     {"render/...", "internal/model", "internal/repofs", "internal/worker", "internal/yamlpos"},
	"render/helm":                {"render/helm/...", "internal/model", "internal/yamlpos"},
	"render/helm/invent":         {"internal/model"},
	"render/helm/shadow":         {"render/helm/invent", "internal/model", "internal/yamlpos"},
	"render/kustomize":           {"internal/model", "internal/yamlpos"},
	"render/fetch":               {"internal/model", "internal/repofs", "internal/yamlpos"},
	"render/fetch/fetchtest":     {},
	"render/raw":                 {"internal/model", "internal/yamlpos"},
	"render/docker":              {"internal/model", "internal/yamlpos"},
	"internal/model":             {},
	"internal/repofs":            {},
	"internal/yamlpos":           {},
	"internal/changes":           {"internal/repofs", "internal/worker"},
	"internal/corpus":            {},
	"internal/discover":          {"internal/model"},
	"internal/facts":             {"internal/model"},
	"internal/worker":            {},
	"internal/policy":            {"internal/model", "internal/worker"},
	"internal/policy/policytest": {"internal/model", "internal/policy"},
	"internal/fix":               {"internal/model", "internal/yamlpos"},
	"internal/ruledoc":           {"internal/model"},
	"internal/config":            {"internal/model"},
	"internal/report":            {"internal/model", "internal/report/sarif"},
	"internal/report/sarif":      {"internal/model"},
	"docs":                       {},
	"integration":                {},
	"internal/annotate":          {},
	"internal/annotate/github":   {"internal/annotate"},
	"internal/annotate/azure":    {"internal/annotate"},
	"internal/cli":               {"..."},
}

// TestLayout holds the table of docs/architecture.md: imports go one way, and
// stages know the words of the model but never each other.
func TestLayout(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(words[0], module)
		allowed, known := layout[pkg]
		if !known {
			t.Errorf("package %s is not in the layout table: say in layout_test.go and docs/architecture.md what it may import", pkg)
			continue
		}
		for _, imp := range words[1:] {
			if dep, ours := strings.CutPrefix(imp, module); ours && !matches(dep, allowed) {
				t.Errorf("%s imports %s; it may import %s", pkg, dep, strings.Join(allowed, ", "))
			}
		}
	}
}

func matches(pkg string, patterns []string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "..."); ok && strings.HasPrefix(pkg, prefix) || p == pkg {
			return true
		}
	}
	return false
}
