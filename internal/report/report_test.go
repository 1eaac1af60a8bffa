package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report/sarif"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// shop is the tree that the shared result is about.
var shop fs.FS = fstest.MapFS{
	"charts/api/values.yaml": {Data: []byte("image:\n  tag: latest\nvolumes:\n- name: data\n  hostPath:\n    path: /var/lib\npassword: Winter-2031-Harbor\n")},
	"charts/api/templates/deployment.yaml": {Data: []byte("kind: Deployment\nspec:\n\t{{- toYaml .Values.volumes | nindent 6 }}\n" +
		"password: {{ .Values.password }}\n")},
	"deploy/pods.yaml": {Data: []byte("kind: Pod\r\nspec:\r\n  containers:\r\n  - name: \"##[error]x\"\r\n")},
}

// shared is one result with everything a writer must cope with.
func shared() *model.Result {
	deployment := model.ObjectID{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "default", Name: "api"}
	return &model.Result{
		Version: model.ResultVersion,
		Tool:    model.Tool{Name: "sekisho", Version: "1.2.3"},
		Rules: []model.Rule{
			{
				ID: "host-path-volume", Category: "pod", Severity: model.SeverityError, Profile: model.ProfileDefault,
				Title: "Volume mounts a path of the node", Description: "A container that writes to the node\ncan leave its sandbox.",
				Remediation: "Use a volume type that belongs to the pod.", SecuritySeverity: 7.5, Confidence: "high", Kinds: []string{"workload"},
				PSS:       &model.PSS{Level: "baseline", Check: "hostPathVolumes"},
				Standards: []model.Standard{{Name: "NSA/CISA Kubernetes Hardening Guide", Section: "Pod security"}},
				Links:     []string{"https://kubernetes.io/docs/concepts/security/pod-security-standards/"}, Since: "0.1.0",
			},
			{ID: "run-as-root", Category: "pod", Severity: model.SeverityWarning, Profile: model.ProfileDefault, Title: "Container may run as root"},
			{
				ID: "secret-committed", Category: "secrets", Severity: model.SeverityError, Profile: model.ProfileDefault,
				Title: "Secret stands in the repository", Sensitive: true,
			},
		},
		Units: []model.UnitSummary{
			{Kind: model.Helm, Path: "charts/api", Variant: "default", Objects: 3},
			{Kind: model.Helm, Path: "charts/api", Variant: "ci/ha-values.yaml", Objects: 3},
			{Kind: model.Raw, Path: "deploy/pods.yaml", Objects: 1},
		},
		Findings: []model.Finding{
			{
				Rule: "host-path-volume", Severity: model.SeverityError, Message: `volume "data" mounts host path "/var/lib"`, Object: deployment,
				Path: model.Path{"spec", "template", "spec", "volumes", 0, "hostPath"},
				Unit: model.UnitRef{Kind: model.Helm, Path: "charts/api", Variants: []string{"default", "ci/ha-values.yaml"}},
				Location: model.Location{
					File: "charts/api/values.yaml", StartLine: 6, StartColumn: 11, EndLine: 6, EndColumn: 19,
					Precision: model.Exact, Role: model.RoleValue, Key: "volumes[0].hostPath.path", Confirmed: true,
				},
				Related: []model.Location{{
					File: "charts/api/templates/deployment.yaml", StartLine: 3, StartColumn: 2, EndLine: 3, EndColumn: 42, Role: model.RoleTemplate,
				}, {
					File: "deploy/pods.yaml", StartLine: 2, StartColumn: 1, EndLine: 2, EndColumn: 5, Role: model.RoleSource,
					Object: &model.ObjectID{APIVersion: "v1", Kind: "Service", Namespace: "default", Name: "a\n::error::y"},
				}},
				Fingerprint: strings.Repeat("a1", 16),
			},
			{
				Rule: "secret-committed", Severity: model.SeverityError, Message: `key "password" holds a value that stands in the repository: Wi… (18 characters)`,
				Object: model.ObjectID{APIVersion: "v1", Kind: "Secret", Name: "api"}, Path: model.Path{"stringData", "password"},
				Unit: model.UnitRef{Kind: model.Helm, Path: "charts/api", Variants: []string{"default"}},
				Location: model.Location{
					File: "charts/api/values.yaml", StartLine: 7, StartColumn: 11, EndLine: 7, EndColumn: 29,
					Precision: model.Exact, Role: model.RoleValue, Key: "password", Confirmed: true,
				},
				Related: []model.Location{{
					File: "charts/api/templates/deployment.yaml", StartLine: 4, StartColumn: 11, EndLine: 4, EndColumn: 33, Role: model.RoleTemplate,
				}},
				Fingerprint: strings.Repeat("b2", 16),
			},
			{
				Rule: "run-as-root", Severity: model.SeverityWarning, Message: `container "##[error]x" may run as root`,
				Object: model.ObjectID{APIVersion: "v1", Kind: "Pod", Name: "a\n::error::y"}, Path: model.Path{"spec", "containers", 0, "securityContext", "runAsNonRoot"},
				Unit:     model.UnitRef{Kind: model.Raw, Path: "deploy/pods.yaml"},
				Location: model.Location{File: "deploy/pods.yaml", StartLine: 4, StartColumn: 5, EndLine: 4, EndColumn: 23, Precision: model.Parent, Role: model.RoleSource},
				Also: []model.Occurrence{{
					Object: model.ObjectID{APIVersion: "v1", Kind: "Pod", Name: "b"}, Path: model.Path{"spec", "containers", 1}, Message: `container "b" may run as root`,
				}},
				Fingerprint: strings.Repeat("c3", 16),
				Fix:         []model.FixOp{{Op: "add", Path: model.Path{"spec", "securityContext", "runAsNonRoot"}, Value: true}},
			},
			{
				Rule: "run-as-root", Severity: model.SeverityWarning, Message: `container "b" may run as root`,
				Object: model.ObjectID{APIVersion: "v1", Kind: "Pod", Name: "b"}, Path: model.Path{"spec", "containers", 0},
				Unit:        model.UnitRef{Kind: model.Raw, Path: "deploy/pods.yaml"},
				Location:    model.FileLocation("deploy/pods.yaml", model.RoleSource),
				Fingerprint: strings.Repeat("d4", 16),
				Suppressed:  &model.Suppression{Kind: "inline", Reason: "a debug pod", Until: "2027-01-31", File: "deploy/pods.yaml", Line: 1},
			},
		},
		Failures: []model.Failure{
			{Unit: &model.UnitRef{Kind: model.Helm, Path: "charts/broken", Variants: []string{"default"}}, File: "charts/broken/templates/a.yaml", Line: 3, Message: "unexpected \"}\" in operand"},
			{File: "deploy/odd\n##vso[task.complete result=Succeeded;].yaml", Message: "permission denied"},
		},
		Network: []model.NetworkMap{{
			Unit:       model.UnitRef{Kind: model.Helm, Path: "charts/api", Variants: []string{"default"}},
			Namespaces: []model.NetworkNamespace{{Name: "default", DefaultDenyIngress: true}, {Name: "jobs"}},
			Groups: []model.NetworkGroup{
				{
					Namespace: "default", Workloads: []string{"Deployment api"}, ToOutside: true,
					Ingress:  model.NetworkSide{Isolated: true, Policies: []string{"NetworkPolicy default/api"}},
					Metadata: []string{"169.254.169.254"},
				},
				{Namespace: "jobs", Workloads: []string{"CronJob report", "CronJob a\n::error::y"}, FromOutside: true, ToOutside: true},
			},
			Edges: []model.NetworkEdge{{From: 0, To: 1}, {From: 1, To: 0, Ports: []string{"TCP 8080"}}, {From: 1, To: 1}},
		}},
	}
}

// golden compares what a format prints of the shared result.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if the change is meant, run go test ./internal/report -update\n%s", file, got)
	}
}

func TestGoldens(t *testing.T) {
	for _, format := range Formats() {
		t.Run(format, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, format, shared(), Options{Source: shop, RuleHelp: func(r model.Rule) string { return "# " + r.Title + "\n" }}); err != nil {
				t.Fatal(err)
			}
			if format == "html" {
				golden(t, "shared.html", bare(b.Bytes()))
				return
			}
			golden(t, "shared."+format, b.Bytes())
		})
	}
}

// TestPipelineRun has the one format that names the pipeline run it is part of.
func TestPipelineRun(t *testing.T) {
	run := sarif.Run{ID: "azuredevops/pipeline/build/shop/11111111-1111-1111-1111-111111111111/7/22222222-2222-2222-2222-222222222222/refs/heads/main/42"}
	run.Properties = map[string]string{
		"azuredevops/pipeline/build/buildDefinitionId": "7", "azuredevops/pipeline/build/buildDefinitionName": "gate",
		"azuredevops/pipeline/build/phaseId": "22222222-2222-2222-2222-222222222222", "azuredevops/pipeline/build/phaseName": "Scan",
	}
	var b bytes.Buffer
	if err := Write(&b, "sarif", shared(), Options{Source: shop, Run: run}); err != nil {
		t.Fatal(err)
	}
	golden(t, "pipeline.sarif", b.Bytes())
}

// TestNarrowTerminal: what can be wrapped stays within the columns, nothing is
// lost, and paths stay whole.
func TestNarrowTerminal(t *testing.T) {
	var wide, narrow bytes.Buffer
	for b, width := range map[*bytes.Buffer]int{&wide: 0, &narrow: 60} {
		if err := Write(b, "text", shared(), Options{Source: shop, Width: width}); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "narrow.text", narrow.Bytes())
	for line := range strings.Lines(narrow.String()) {
		if line = strings.TrimRight(line, "\n"); strings.HasPrefix(line, " ") && len([]rune(line)) > 60 && !strings.Contains(line, "/") {
			t.Errorf("longer than the terminal: %s", line)
		}
	}
	for _, message := range []string{"holds a value that stands in the repository", "secret-committed", "charts/api/templates/deployment.yaml:3"} {
		if !strings.Contains(strings.Join(strings.Fields(narrow.String()), " "), message) {
			t.Errorf("%q is lost", message)
		}
	}
}

// TestScreen: a bounded report keeps to its lines, the worst first, and counts
// what it leaves out.
func TestScreen(t *testing.T) {
	for _, tt := range []struct {
		lines int
		want  string
	}{
		{4, `not checked: charts/broken/templates/a.yaml:3: unexpected "}" in operand
charts/api/values.yaml:6:11: error: volume "data" mounts host path "/var/lib"  host-path-volume
and 3 more, none of them worse: sekisho scan lists them all
`},
		{7, `not checked: charts/broken/templates/a.yaml:3: unexpected "}" in operand
not checked: deploy/odd\n##\vso[task.complete result=Succeeded;].yaml: permission denied
charts/api/values.yaml:6:11: error: volume "data" mounts host path "/var/lib"  host-path-volume
charts/api/values.yaml:7:11: error: key "password" holds a value that stands in the repository: Wi… (18 characters)  secret-committed
deploy/pods.yaml:4:5: warning: container "##\[error]x" may run as root  run-as-root
`},
	} {
		var b bytes.Buffer
		if err := Write(&b, "text", shared(), Options{Source: shop, Quiet: true, MaxLines: tt.lines}); err != nil {
			t.Fatal(err)
		}
		want := tt.want + "2 errors, 1 warning, 0 notes, 2 not checked (7 objects in 3 units, 1 suppressed)\nsekisho explain RULE says why and how to fix it\n"
		if got := b.String(); got != want {
			t.Errorf("%d lines: got\n%s\nwant\n%s", tt.lines, got, want)
		}
	}
}

func TestCleanRunIsOneLine(t *testing.T) {
	r := shared()
	r.Findings, r.Failures = nil, nil
	var b bytes.Buffer
	if err := Write(&b, "text", r, Options{}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "clean (7 objects in 3 units)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSchema holds docs/result.schema.json to what is really printed.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/result.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	goldens, err := filepath.Glob("testdata/*.json")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("no JSON goldens: %v", err)
	}
	for _, file := range goldens {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestJSONRoundTrip: a saved result prints the same again.
func TestJSONRoundTrip(t *testing.T) {
	var first, second bytes.Buffer
	if err := Write(&first, "json", shared(), Options{}); err != nil {
		t.Fatal(err)
	}
	var r model.Result
	if err := json.Unmarshal(first.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if err := Write(&second, "json", &r, Options{}); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Errorf("read back and printed again it differs:\n%s", second.String())
	}
}

// What lacks one setting often lacks several: one excerpt for all of them.
func TestTextGroupsOnePlace(t *testing.T) {
	context := model.Path{"spec", "containers", 0, "securityContext"}
	finding := func(rule string, path model.Path, l model.Location, variants ...string) model.Finding {
		return model.Finding{
			Rule: rule, Severity: model.SeverityWarning, Message: rule, Path: path, Location: l,
			Object: model.ObjectID{Kind: "Pod", Name: "a"}, Unit: model.UnitRef{Kind: model.Helm, Path: "c", Variants: variants},
		}
	}
	lack := model.Location{File: "a.yaml", StartLine: 3, StartColumn: 5, EndLine: 3, EndColumn: 9, Precision: model.Parent}
	there := lack
	there.Precision = model.Exact
	r := &model.Result{
		Rules: []model.Rule{{ID: "one", Remediation: "Do\n  this."}, {ID: "three"}, {ID: "unseen", Remediation: "Never."}},
		Findings: []model.Finding{
			finding("one", context.Join("x"), lack),
			finding("two", context.Join("y", "z"), lack),
			finding("three", context.Join("z"), there, "default", "b", "c", "d", "e"),
		},
	}
	var out strings.Builder
	if err := Write(&out, "text", r, Options{}); err != nil {
		t.Fatal(err)
	}
	want := `a.yaml
  3:5      warning  one  one
  3:5      warning  two  two
           Pod a spec.containers[0].securityContext: x, y.z (not set; the nearest line is shown)
  3:5      warning  three  three
           Pod a spec.containers[0].securityContext.z
           with default, b, c and 2 more

how to fix
  one  Do this.

0 errors, 3 warnings, 0 notes (0 objects in 0 units)
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
