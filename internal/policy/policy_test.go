package policy_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/policies"
)

// source makes a user's folder of pairs of names and texts.
func source(pairs ...string) policy.Source {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return policy.Source{FS: fsys, Name: "ci/policies"}
}

// contract is a rule of our own contract: METADATA custom keys and the body of
// the module.
func contract(id, custom, body string) string {
	return "# METADATA\n# title: T\n# custom:\n#   severity: warning\n#   kinds: [any]\n" + custom +
		fmt.Sprintf("package policies.team[%q]\n\n", id) + body
}

const always = "deny contains {\"path\": [\"metadata\", \"name\"], \"message\": \"found\"}\n"

// brief prints verdicts one a line.
func brief(verdicts []policy.Verdict) string {
	var b strings.Builder
	for _, v := range verdicts {
		fmt.Fprintf(&b, "%d %s %s %s: %s\n", v.View, v.Severity, v.Rule.ID, v.Path, v.Message)
	}
	return b.String()
}

const twoObjects = `apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: x}
data: {key: value}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec: {template: {metadata: {labels: {app: b}}, spec: {containers: [{name: c, image: i}], initContainers: [{name: s}]}}}
`

// judge loads, compiles and judges; failures are told after the verdicts.
func judge(t *testing.T, opts policy.Options, text string, sources ...policy.Source) string {
	t.Helper()
	opts.KubeVersion = kubeVersion
	verdicts, failures := engine(t, opts, sources...).Judge(context.Background(), views(t, text))
	out := brief(verdicts)
	for _, f := range failures {
		out += fmt.Sprintf("%s:%d: %s\n", f.File, f.Line, f.Message)
	}
	users := slices.DeleteFunc(slices.Clone(sources), func(s policy.Source) bool { return s.Builtin })
	if len(users) > 0 {
		if diff := cmp.Diff(out, judgeApart(t, opts, text, users...)); diff != "" {
			t.Errorf("another process says (-here, +there):\n%s", diff)
		}
	}
	return out
}

func TestJudge(t *testing.T) {
	on, off := true, false
	for _, test := range []struct {
		name    string
		opts    policy.Options
		sources []policy.Source
		want    string
	}{
		{
			name: "contract: input of a workload",
			sources: []policy.Source{source("a/rule.rego", contract("a", "", `
deny contains finding if {
	some c in input.containers
	finding := {"path": array.concat(c.path, ["image"]), "message": sprintf("%s %s %s %v %v", [input.kind, c.type, c.value.name, input.pod.meta.labels.app, input.pod.meta_path])}
}
`))},
			want: "1 warning a spec.template.spec.containers[0].image: Deployment container c b [\"spec\", \"template\", \"metadata\"]\n" +
				"1 warning a spec.template.spec.initContainers[0].image: Deployment init s b [\"spec\", \"template\", \"metadata\"]\n",
		},
		{
			name: "contract: kinds choose the objects",
			sources: []policy.Source{source(
				"a/rule.rego", strings.Replace(contract("a", "", always), "[any]", "[workload]", 1),
				"b/rule.rego", strings.Replace(contract("b", "", always), "[any]", "[ConfigMap, Dockerfile]", 1))},
			want: "0 warning b metadata.name: found\n1 warning a metadata.name: found\n",
		},
		{
			name: "contract: inventory by kind and namespace",
			sources: []policy.Source{source("a/rule.rego", contract("a", "", `
deny contains {"path": [], "message": sprintf("%v", [sort(names)])} if {
	names := [sprintf("%s/%s/%s", [k, ns, o.metadata.name]) | some k, byns in data.inventory; some ns, os in byns; some o in os]
}
`))},
			want: "0 warning a : [\"ConfigMap/x/a\", \"Deployment//b\"]\n1 warning a : [\"ConfigMap/x/a\", \"Deployment//b\"]\n",
		},
		{
			name: "parameters, Kubernetes version, severities",
			opts: policy.Options{Rules: map[string]policy.RuleOptions{
				"a":   {Params: map[string]any{"limit": 7}},
				"old": {Severity: model.SeverityError},
			}},
			sources: []policy.Source{source(
				"a/rule.rego", strings.Replace(contract("a", "#   params: {limit: 3, names: [x]}\n", `
deny contains {"path": [], "message": sprintf("%v %v %v", [data.params.a.limit, data.params.a.names, data.kube]), "severity": "note"}
`), "[any]", "[ConfigMap]", 1),
				"b/rule.rego", strings.Replace(contract("b", "#   aliases: [old]\n", `
deny contains {"path": [], "message": "m", "severity": "note"}
`), "[any]", "[ConfigMap]", 1))},
			want: "0 note a : 7 [\"x\"] {\"minor\": 37, \"version\": \"v1.37.0\"}\n0 error b : m\n",
		},
		{
			name:    "the strict profile is asked for",
			sources: []policy.Source{source("a/rule.rego", contract("a", "#   profile: strict\n", always))},
		},
		{
			name:    "a strict rule is enabled by itself",
			opts:    policy.Options{Rules: map[string]policy.RuleOptions{"a": {Enabled: &on}}},
			sources: []policy.Source{source("a/rule.rego", contract("a", "#   profile: strict\n", always))},
			want:    "0 warning a metadata.name: found\n1 warning a metadata.name: found\n",
		},
		{
			name:    "a rule is disabled",
			opts:    policy.Options{Strict: true, Rules: map[string]policy.RuleOptions{"a": {Enabled: &off}}},
			sources: []policy.Source{source("a/rule.rego", contract("a", "", always))},
		},
		{
			name: "conftest: names, forms and severities",
			sources: []policy.Source{source("main.rego", `package main

import rego.v1

deny contains "a string" if input.kind == "ConfigMap"

deny_with_suffix contains {"msg": "an object", "details": {"x": 1}} if input.kind == "ConfigMap"

violation contains {"msg": "gatekeeper's word"} if input.metadata.name == "a"

warn contains msg if {
	not input.metadata.namespace
	msg := "no namespace"
}

denied contains "not a rule" if true
`)},
			want: "0 error main.deny : a string\n0 error main.deny_with_suffix : an object\n" +
				"0 error main.violation : gatekeeper's word\n1 warning main.warn : no namespace\n",
		},
		{
			name: "conftest: Rego v0, libraries and data in several folders",
			sources: []policy.Source{
				source("main.rego", `package main

import data.lib.kubernetes

deny[msg] {
	kubernetes.is_deployment
	not data.teams.allowed[input.metadata.name]
	msg = sprintf("%s is not allowed", [input.metadata.name])
}
`, "lib/kubernetes.rego", "package lib.kubernetes\n\nis_deployment {\n\tinput.kind == \"Deployment\"\n}\n",
					"teams/data.yaml", "allowed: {c: true}\n"),
				{FS: source("more.rego", "package main\n\ndeny[msg] {\n\tinput.kind == \"Deployment\"\n\tmsg = \"more\"\n}\n").FS, Name: "more"},
			},
			want: "1 error main.deny : b is not allowed\n1 error main.deny : more\n",
		},
		{
			name: "conftest: namespaces",
			sources: []policy.Source{{
				FS:         source("a.rego", "package k8s.pods\n\ndeny contains \"yes\" if input.kind == \"Deployment\"\n", "b.rego", "package main\n\ndeny contains \"no\"\n").FS,
				Namespaces: []string{"k8s.pods"},
			}},
			want: "1 error k8s.pods.deny : yes\n",
		},
		{
			name: "conftest: exceptions spare a rule",
			sources: []policy.Source{source("main.rego", `package main

deny_always contains "always"

deny contains "other"

exception contains rules if {
	input.kind == "ConfigMap"
	rules := ["always"]
}
`)},
			want: "0 error main.deny : other\n1 error main.deny : other\n1 error main.deny_always : always\n",
		},
		{
			name: "conftest: a builtin's error is undefined",
			sources: []policy.Source{source("main.rego", `package main

deny contains "number" if to_number(input.metadata.name) > 1

deny contains "other"
`)},
			want: "0 error main.deny : other\n1 error main.deny : other\n",
		},
		{
			name: "errors at run time cost no other rule its verdict",
			sources: []policy.Source{source(
				"a/rule.rego", contract("a", "", always),
				"b/rule.rego", contract("b", "", "\nx := 1 if input.kind\n\nx := 2 if input.object\n\ndeny contains {\"path\": [], \"message\": \"never\"} if x\n"),
				"c/rule.rego", contract("c", "", "\ndeny contains {\"path\": [], \"message\": \"never\"} if to_number(input.kind)\n"),
				"d/rule.rego", contract("d", "", "\ndeny contains {\"path\": \"metadata.name\", \"message\": \"never\"}\n"),
				"main.rego", "package main\n\nwarn contains {\"text\": 1} if input.kind == \"ConfigMap\"\n")},
			want: "0 warning a metadata.name: found\n1 warning a metadata.name: found\n" +
				"ci/policies/main.rego:3: judge ConfigMap \"x/a\" with rule \"main.warn\": a result has no msg: {\"text\": 1}\n" +
				"ci/policies/b/rule.rego:11: judge ConfigMap \"x/a\" with rule \"b\": eval_conflict_error: rule data.policies.team.b.x produced conflicting values: 1 at ci/policies/b/rule.rego:9 2 at ci/policies/b/rule.rego:11 (and for 1 more objects)\n" +
				"ci/policies/c/rule.rego:9: judge ConfigMap \"x/a\" with rule \"c\": eval_builtin_error: to_number: strconv.ParseFloat: parsing \"ConfigMap\": invalid syntax (and for 1 more objects)\n" +
				"ci/policies/d/rule.rego:6: judge ConfigMap \"x/a\" with rule \"d\": a path is a list of keys and indices, not \"metadata.name\" (and for 1 more objects)\n",
		},
		{
			name: "built-in rules share a query, yet fail alone",
			sources: []policy.Source{{
				FS: source("a/rule.rego", contract("a", "", always),
					"c/rule.rego", contract("c", "", "\ndeny contains {\"path\": [], \"message\": \"never\"} if to_number(input.kind)\n")).FS,
				Name: "policies", Builtin: true,
			}},
			want: "0 warning a metadata.name: found\n1 warning a metadata.name: found\n" +
				"policies/c/rule.rego:9: judge ConfigMap \"x/a\" with rule \"c\": eval_builtin_error: to_number: strconv.ParseFloat: parsing \"ConfigMap\": invalid syntax (and for 1 more objects)\n",
		},
		{
			name: "an endless policy is stopped, the others are not",
			opts: policy.Options{Timeout: 100 * time.Millisecond},
			sources: []policy.Source{source(
				"main.rego", "package main\n\nwarn contains \"fine\" if input.kind == \"ConfigMap\"\n\ndeny contains \"endless\" if {\n\tsome i in numbers.range(1, 100000)\n\tsome j in numbers.range(1, 100000)\n\ti + j < 0\n}\n")},
			want: "0 warning main.warn : fine\n" +
				"ci/policies/main.rego:5: judge ConfigMap \"x/a\" with rule \"main.deny\": stopped after 100ms, 0 of 2 objects judged\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := judge(t, test.opts, twoObjects, test.sources...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("verdicts (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	on := true
	for _, test := range []struct {
		name   string
		source policy.Source
		opts   policy.Options
		want   string // a part of the error
	}{
		{"neither v1 nor v0", source("a.rego", "package main\n\ndeny {\n"), policy.Options{}, "parse policy as Rego v1: 1 error occurred: ci/policies/a.rego:"},
		{"undefined function", source("a.rego", "package main\n\ndeny contains \"x\" if nope(1)\n"), policy.Options{}, "ci/policies/a.rego:3: rego_type_error: undefined function nope"},
		{"no network", source("a.rego", "package main\n\ndeny contains \"x\" if http.send({})\n"), policy.Options{}, "ci/policies/a.rego:3: rego_type_error: undefined function http.send"},
		{"no clock", source("a.rego", "package main\n\ndeny contains \"x\" if time.now_ns() > 0\n"), policy.Options{}, "undefined function time.now_ns"},
		{"no environment", source("a.rego", "package main\n\ndeny contains \"x\" if opa.runtime()\n"), policy.Options{}, "undefined function opa.runtime"},
		{"no METADATA", source("a/rule.rego", "package policies.team.a\n\n"+always), policy.Options{}, `ci/policies/a/rule.rego:1: rule "a" has no METADATA above its package`},
		{"unknown key", source("a/rule.rego", contract("a", "#   severty: note\n", always)), policy.Options{}, `rule "a": METADATA: custom: unknown field "severty"`},
		{"wrong severity", source("a/rule.rego", strings.Replace(contract("a", "", always), "severity: warning", "severity: high", 1)), policy.Options{}, `severity is "high": error, warning or note`},
		{"wrong kind", source("a/rule.rego", strings.Replace(contract("a", "", always), "[any]", "[pods]", 1)), policy.Options{}, `kinds has "pods"`},
		{"package too short", source("a/rule.rego", "package policies.a\n"), policy.Options{}, `a rule's package is policies.<category>["<id>"]`},
		{"our own library", source("a.rego", "package sekisho.lib\n"), policy.Options{}, "ci/policies/a.rego:1: package data.sekisho.lib is Sekisho's own"},
		{"data we provide", source("a.rego", "package inventory\n"), policy.Options{}, "hides data.inventory"},
		{"data document we provide", source("data.json", `{"kube": {}}`), policy.Options{}, "ci/policies/data.json: data.kube is Sekisho's own"},
		{"one datum twice", source("data.json", `{"a": {"b": 1}}`, "a/data.yaml", "b: 2"), policy.Options{}, "ci/policies/data.json: data.a.b is written by another file too"},
		{"broken data", source("data.json", `{"a": `), policy.Options{}, "ci/policies/data.json: read data: "},
		{"id of another rule", source("a/rule.rego", contract("a", "", always), "b/rule.rego", contract("b", "#   aliases: [a]\n", always)), policy.Options{}, `ci/policies/b/rule.rego:7: rule "a" exists already in ci/policies/a/rule.rego`},
		{"unknown rule configured", source(), policy.Options{Rules: map[string]policy.RuleOptions{"nope": {Enabled: &on}}}, `rule "nope" does not exist`},
		{"unknown parameter", source("a/rule.rego", contract("a", "", always)), policy.Options{Rules: map[string]policy.RuleOptions{"a": {Params: map[string]any{"x": 1}}}}, `rule "a" has no parameter "x"`},
		{"wrong parameter", source("a/rule.rego", contract("a", "#   params: {x: [a]}\n", always)), policy.Options{Rules: map[string]policy.RuleOptions{"a": {Params: map[string]any{"x": 1}}}}, `parameter "x" is a list, not a number`},
		{"wrong severity configured", source("a/rule.rego", contract("a", "", always)), policy.Options{Rules: map[string]policy.RuleOptions{"a": {Severity: "high"}}}, `severity is "high"`},
		{"wrong Kubernetes version", source(), policy.Options{KubeVersion: "1.37"}, `"1.37" is not a Kubernetes version like v1.37.0`},
	} {
		t.Run(test.name, func(t *testing.T) {
			set, err := policy.Load(test.source)
			if err == nil {
				if test.opts.KubeVersion == "" {
					test.opts.KubeVersion = kubeVersion
				}
				_, err = policy.New(set, test.opts)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v\nwant %s", err, test.want)
			}
			if _, apart := isolate(t, test.opts, bounds(t), test.source); fmt.Sprint(apart) != fmt.Sprint(err) {
				t.Errorf("another process says %v\nwant %v", apart, err)
			}
		})
	}
}

// Only what looks beyond the object is asked about an object seen before.
func TestSeen(t *testing.T) {
	src := source(
		"alone/rule.rego", contract("alone", "", always),
		"inventory/rule.rego", contract("inventory", "", "import data.inventory\n\ndeny contains {\"path\": [], \"message\": \"m\"} if inventory.ConfigMap\n"),
		"through-lib/rule.rego", contract("through-lib", "", "import data.team.lib\n\ndeny contains {\"path\": [], \"message\": \"m\"} if lib.any_config_map\n"),
		"lib.rego", "package team.lib\n\nany_config_map if _any\n\n_any if data.inventory.ConfigMap\n",
		"render-fact/rule.rego", contract("render-fact", "", "deny contains {\"path\": [], \"message\": \"m\"} if not input.facts.network.x\n"),
		"own-fact/rule.rego", contract("own-fact", "", "deny contains {\"path\": [], \"message\": \"m\"} if not input.facts.generated\n"),
		"any-fact/rule.rego", contract("any-fact", "", "deny contains {\"path\": [], \"message\": \"m\"} if not _none\n\n_none if {\n\tsome f in input.facts\n\tf == 1\n}\n"),
		"whole-input/rule.rego", contract("whole-input", "", "deny contains {\"path\": [], \"message\": \"m\"} if _f(input)\n\n_f(x) if x.kind\n"),
		"main.rego", "package main\n\ndeny contains \"m\" if input.kind\n\nwarn contains \"m\" if data.inventory.ConfigMap\n",
	)
	e := engine(t, policy.Options{KubeVersion: kubeVersion}, src)
	vs := views(t, twoObjects)[:1]
	vs[0].Seen = true
	verdicts, failures := e.Judge(context.Background(), vs)
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	var got []string
	for _, v := range verdicts {
		got = append(got, v.Rule.ID)
	}
	slices.Sort(got)
	want := []string{"any-fact", "inventory", "main.warn", "render-fact", "through-lib", "whole-input"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules asked again (-want, +got):\n%s", diff)
	}
}

// An object that is context is not judged, by nobody's rules, and can be found.
func TestContext(t *testing.T) {
	const found = "import data.inventory\n\ndeny contains {\"path\": [], \"message\": kind} if some kind, _ in inventory\n"
	opts := policy.Options{KubeVersion: kubeVersion}
	src := source("found/rule.rego", contract("found", "", found), "main.rego", "package main\n\nwarn contains \"m\" if input.kind\n")
	alone := engine(t, opts, src)
	isolated, err := isolate(t, opts, bounds(t), src)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*policy.Engine{alone, isolated} {
		vs := views(t, twoObjects)
		vs[0].Context = true
		verdicts, failures := e.Judge(context.Background(), vs)
		var got []string
		for _, v := range verdicts {
			got = append(got, fmt.Sprintf("%d %s", v.View, v.Message))
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"1 ConfigMap", "1 Deployment", "1 m"}, got); diff != "" || len(failures) > 0 {
			t.Errorf("found (-want, +got):\n%s%v", diff, failures)
		}
	}
}

// Results carry related paths, of the object and of others of the render but
// never of itself under another title, and edits.
func TestRelatedAndFix(t *testing.T) {
	src := source("a/rule.rego", contract("a", "", `
deny contains {
	"path": ["data"], "message": "m", "related": [
		["metadata", "name"],
		{"object": {"kind": "Deployment", "namespace": "", "name": "b"}, "path": ["spec"]},
		{"object": {"kind": "Deployment", "namespace": "installed", "name": "b"}, "path": []},
		{"object": {"kind": "Deployment", "name": "b", "apiVersion": "apps/v2"}, "path": ["another version"]},
		{"object": {"kind": "ConfigMap", "namespace": "x", "name": "a"}, "path": ["data"]},
		{"object": {"kind": "ConfigMap", "namespace": "y", "name": "a"}, "path": ["another namespace"]},
		{"object": {"kind": null, "name": ["a"]}, "path": ["no object"]},
	],
	"fix": [{"op": "add", "path": ["data", "n"], "value": {"whole": 1, "part": 1.5}}, {"op": "remove", "path": ["data", "key"]}],
}
`))
	verdicts, failures := engine(t, policy.Options{KubeVersion: kubeVersion}, src).Judge(context.Background(), views(t, twoObjects))
	if len(failures) > 0 || len(verdicts) != 2 {
		t.Fatal(failures, verdicts)
	}
	fix := []model.FixOp{
		{Op: "add", Path: model.Path{"data", "n"}, Value: map[string]any{"whole": int64(1), "part": 1.5}},
		{Op: "remove", Path: model.Path{"data", "key"}},
	}
	if diff := cmp.Diff(fix, verdicts[0].Fix); diff != "" {
		t.Errorf("fix:\n%s", diff)
	}
	related := []policy.Related{{View: 0, Path: model.Path{"metadata", "name"}}, {View: 1, Path: model.Path{"spec"}}, {View: 1, Path: model.Path{}}}
	if diff := cmp.Diff(related, verdicts[0].Related); diff != "" {
		t.Errorf("related:\n%s", diff)
	}
	related = []policy.Related{{View: 1, Path: model.Path{"metadata", "name"}}, {View: 0, Path: model.Path{"data"}}}
	if diff := cmp.Diff(related, verdicts[1].Related); diff != "" {
		t.Errorf("related of the other:\n%s", diff)
	}
}

// A cancelled judgement says so.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, failures := engine(t, policy.Options{KubeVersion: kubeVersion}, source("main.rego", "package main\n\ndeny contains \"x\"\n")).Judge(ctx, views(t, twoObjects))
	if len(failures) != 1 || !strings.Contains(failures[0].Message, "context canceled") {
		t.Error(failures)
	}
}

// Users' policies may use the library of the built-in rules.
func TestUsersImportLib(t *testing.T) {
	builtin := policy.Source{FS: policies.FS, Name: "policies", Builtin: true}
	mine := source("a/rule.rego", contract("mine", "", `
import data.sekisho.lib

deny contains {"path": [], "message": lib.object_name}
`))
	set, err := policy.Load(builtin, mine)
	if err != nil {
		t.Fatal(err)
	}
	off := false
	opts := policy.Options{KubeVersion: kubeVersion, Rules: map[string]policy.RuleOptions{}}
	for _, r := range set.Rules() {
		if r.ID != "mine" {
			opts.Rules[r.ID] = policy.RuleOptions{Enabled: &off}
		}
	}
	want := "0 warning mine : a\n1 warning mine : b\n"
	if diff := cmp.Diff(want, judge(t, opts, twoObjects, builtin, mine)); diff != "" {
		t.Error(diff)
	}
}
