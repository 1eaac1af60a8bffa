package policy_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/policies"
)

var builtin = policy.Source{FS: policies.FS, Name: "policies", Builtin: true}

// TestMain makes the test binary a worker, too.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == policy.WorkerArg {
		os.Exit(policy.Serve(os.Stdin, os.Stdout, builtin))
	}
	os.Exit(m.Run())
}

func bounds(t *testing.T) policy.Bounds {
	return policy.Bounds{Dir: t.TempDir(), Time: time.Minute, Memory: 1 << 30, Answer: 64 << 20}
}

// isolate makes an engine that asks users' policies alone, in a process.
func isolate(t *testing.T, opts policy.Options, b policy.Bounds, users ...policy.Source) (*policy.Engine, error) {
	t.Helper()
	set, err := policy.Isolate(t.Context(), b, builtin, users...)
	if err != nil {
		return nil, err
	}
	t.Cleanup(set.Close)
	off := false
	rules := map[string]policy.RuleOptions{}
	for _, r := range set.Rules() {
		if strings.HasPrefix(r.File, builtin.Name+"/") {
			rules[r.ID] = policy.RuleOptions{Enabled: &off}
		}
	}
	for id, o := range opts.Rules {
		rules[id] = o
	}
	opts.Rules = rules
	return policy.New(set, opts)
}

// judgeApart is judge with users' policies in another process.
func judgeApart(t *testing.T, opts policy.Options, text string, users ...policy.Source) string {
	t.Helper()
	e, err := isolate(t, opts, bounds(t), users...)
	if err != nil {
		t.Fatal(err)
	}
	verdicts, failures := e.Judge(t.Context(), views(t, text))
	out := brief(verdicts)
	for _, f := range failures {
		out += fmt.Sprintf("%s:%d: %s\n", f.File, f.Line, f.Message)
	}
	return out
}

// raceDetector tells whether the test is built with it.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Whatever a rule does to its process is one failure, and the others have
// their say.
func TestDeath(t *testing.T) {
	doubling := "x0 := \"0123456789\"\n"
	for i := range 40 {
		doubling += fmt.Sprintf("x%d := concat(\"\", [x%d, x%d])\n", i+1, i, i)
	}
	for _, test := range []struct{ name, text, want string }{
		{"memory", doubling + "deny_b contains \"x\" if x40 == \"\"", "ci/policies/b.rego:45: judge 2 objects with rule \"main.deny_b\": needed more than 256 MiB of memory"},
		{
			"steps", "deny_b contains \"x\" if {\n\tsome a in numbers.range(1, 1000000)\n\tsome b in numbers.range(1, 1000000)\n\ta + b == 0\n}",
			"ci/policies/b.rego:4: judge ConfigMap \"x/a\" with rule \"main.deny_b\": stopped after 100000 steps, 0 of 2 objects judged",
		},
		{
			"time", "g := {sprintf(\"%d\", [i]): [sprintf(\"%d\", [j]) | some j in numbers.range(0, 30)] | some i in numbers.range(0, 30)}\n" +
				"deny_b contains \"x\" if count(graph.reachable_paths(g, {\"0\"})) == 0",
			"ci/policies/b.rego:5: judge 2 objects with rule \"main.deny_b\": ",
		},
		{"answer", "deny_b contains sprintf(\"%s %1000000d\", [input.kind, 1])", "ci/policies/b.rego:4: judge 2 objects with rule \"main.deny_b\": the result is 1.9 MiB large, more than the limit of 1 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "memory" && raceDetector() {
				t.Skip("the race detector needs the address space that is limited here")
			}
			b := bounds(t)
			b.Memory, b.Answer = 256<<20, 1<<20
			e, err := isolate(t, policy.Options{KubeVersion: kubeVersion, Timeout: time.Second, Steps: 100_000}, b, source(
				"a.rego", "package main\n\ndeny_a contains input.kind\n",
				"b.rego", "package main\n\n\n"+test.text+"\n",
				"c.rego", "package main\n\ndeny_c contains input.kind\n",
			))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time in a process that another began
				verdicts, failures := e.Judge(context.Background(), views(t, twoObjects))
				want := "0 error main.deny_a : ConfigMap\n0 error main.deny_c : ConfigMap\n1 error main.deny_a : Deployment\n1 error main.deny_c : Deployment\n"
				if diff := cmp.Diff(want, brief(verdicts)); diff != "" {
					t.Errorf("the other rules (-want, +got):\n%s", diff)
				}
				if len(failures) != 1 || !strings.HasPrefix(fmt.Sprintf("%s:%d: %s", failures[0].File, failures[0].Line, failures[0].Message), test.want) {
					t.Errorf("got %+v\nwant %s", failures, test.want)
				}
			}
		})
	}
}

// After some rules ran into limits, none is asked any more.
func TestStops(t *testing.T) {
	var src []string
	for i := range 9 {
		src = append(src, fmt.Sprintf("%d.rego", i), fmt.Sprintf("package main\n\ndeny_%d contains \"x\" if count(numbers.range(1, 1000000)) == 0\n", i))
	}
	e, err := isolate(t, policy.Options{KubeVersion: kubeVersion, Steps: 1000}, bounds(t), source(src...))
	if err != nil {
		t.Fatal(err)
	}
	_, failures := e.Judge(t.Context(), views(t, twoObjects))
	if len(failures) != 9 || !strings.HasSuffix(failures[5].Message, "stopped after 1000 steps, 0 of 2 objects judged") ||
		!strings.HasSuffix(failures[6].Message, "not asked, users' rules were stopped 6 times") {
		t.Errorf("got %+v", failures)
	}
}

// A policy that cannot be read within the limits is an error that names it.
func TestReadDeath(t *testing.T) {
	if raceDetector() {
		t.Skip("the race detector needs the address space that is limited here")
	}
	b := bounds(t)
	b.Memory = 128 << 20
	data := source("a.rego", "package main\n", "data.json", `{"a": [`+strings.Repeat("{},", 3_000_000)+"1]}")
	want := "ci/policies/data.json: read policy: needed more than 128 MiB of memory"
	if _, err := isolate(t, policy.Options{KubeVersion: kubeVersion}, b, data); err == nil || err.Error() != want {
		t.Errorf("got %.300s, want %s", err, want)
	}
}

// What a rule sees in another process is what it sees here: all of the input
// and of the inventory, of every example of the built-in rules.
func TestShown(t *testing.T) {
	src := source("a/rule.rego", contract("a", "", `
deny contains {"path": [], "message": json.marshal(input)}

deny contains {"path": [], "message": json.marshal(data.inventory)}
`))
	opts := policy.Options{KubeVersion: kubeVersion}
	here := engine(t, opts, src)
	there, err := isolate(t, opts, bounds(t), src)
	if err != nil {
		t.Fatal(err)
	}
	examples, err := fs.Glob(policies.FS, "*/*/bad.yaml")
	if err != nil || len(examples) < 50 {
		t.Fatal(len(examples), err)
	}
	for _, name := range examples {
		text, err := fs.ReadFile(policies.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		vs := views(t, string(text))
		want, failures := here.Judge(t.Context(), vs)
		got, failed := there.Judge(t.Context(), vs)
		if len(want) != 2*len(vs) || len(failures)+len(failed) > 0 {
			t.Errorf("%s: %d verdicts of %d objects, failures %v %v", name, len(want), len(vs), failures, failed)
		}
		if diff := cmp.Diff(brief(want), brief(got)); diff != "" {
			t.Errorf("%s (-here, +there):\n%s", name, diff)
		}
	}
}

// TestNoProcessWithoutUsersPolicies isolates where no process can be started.
func TestNoProcessWithoutUsersPolicies(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nowhere := bounds(t)
	nowhere.Dir += "/absent"
	if _, err := policy.Isolate(ctx, nowhere, builtin, policy.Source{FS: fstest.MapFS{"a.rego": {Data: []byte("package main\n")}}, Name: "ci"}); err == nil {
		t.Fatal("a process was started where none can be")
	}
	set, err := policy.Isolate(ctx, nowhere, builtin)
	if err != nil {
		t.Fatal(err)
	}
	set.Close()
}
