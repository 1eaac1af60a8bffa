package policytest_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/facts"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/policy/policytest"
	"github.com/sekisho/sekisho/render/raw"
)

const rule = `# METADATA
# title: T
# custom:
#   severity: warning
#   kinds: [ConfigMap]
#   params: {words: [bad]}
package policies.team["bad-word"]

deny contains finding if {
	some key, value in input.object.data
	some word in data.params["bad-word"].words
	contains(value, word)
	finding := {"path": ["data", key], "message": sprintf("%q says %q in %d", [key, word, data.kube.minor])}
}
`

const ruleTest = `package policies.team["bad-word_test"]

import data.policies.team["bad-word"] as rule

_params := {"bad-word": {"words": ["bad"]}}

test_found if count(rule.deny) == 1 with input.object.data as {"a": "bad"} with data.params as _params with data.kube.minor as 1

test_wrong if count(rule.deny) == 1 with input.object.data as {"a": "good"} with data.params as _params
`

const header = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"

// What is wrong with a folder is told, line by line; what is right is not.
func TestRun(t *testing.T) {
	fsys := fstest.MapFS{
		"ok/rule.rego": {Data: []byte(rule)},
		"ok/bad.yaml": {Data: []byte(header +
			"  a: bad # want `\"a\" says \"bad\"`\n" +
			"  b: good # want \"not found\"\n" +
			"  c: bad\n" +
			"  # want `says \"bad\" in \\d+` \n" +
			"\n" +
			"  # another remark\n" +
			"  d: bad\n")},
		"ok/good.yaml":      {Data: []byte(header + "  a: bad\n# with params: {words: [worse]}\n")},
		"ok/rule_test.rego": {Data: []byte(ruleTest)},
	}
	views := func(file string, _ []byte, kubeVersion string) ([]model.View, error) {
		r := raw.Render(context.Background(), fsys, model.Unit{Kind: model.Raw, Path: file}, raw.Options{})
		return facts.Views(context.Background(), r.Objects, facts.Options{KubeVersion: kubeVersion})
	}
	got, err := policytest.Run(context.Background(), policy.Source{FS: fsys, Name: "ci"}, policy.Source{FS: fstest.MapFS{}, Builtin: true}, views)
	if err != nil {
		t.Fatal(err)
	}
	want := []policytest.Result{
		{Name: "bad-word", Problems: []string{
			`ci/ok/bad.yaml:7: found but not wanted: "c" says "bad" in 37 (at data.c)`,
			`ci/ok/bad.yaml:6: wanted but not found: not found`,
		}},
		{Name: "ci/ok/rule_test.rego", Problems: []string{"ci/ok/rule_test.rego:9: test_wrong: is not true"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want, +got):\n%s", diff)
	}
}
