// The one driver of all rules. It walks the folders and checks each rule by
// itself, so that a broken rule breaks no other's tests:
//
//	go test ./policies -run 'TestRules/pod/host-path-volume'
//	go test ./policies -run 'TestRules/pod/host-path-volume' -update   rewrites its README.md
//	go test ./policies -run TestIndex -update                          rewrites policies/README.md
//
// The examples of a rule are bad.yaml and good.yaml, or bad.Dockerfile and
// good.Dockerfile. Package policytest says how the wanted findings are written;
// in a Dockerfile, whose comments have lines of their own, above the line:
//
//	# want `copies the secret-like file ".npmrc"`
//	COPY .npmrc /root/
package policies_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"

	"github.com/sekisho/sekisho/internal/facts"
	"github.com/sekisho/sekisho/internal/fix"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/policy/policytest"
	"github.com/sekisho/sekisho/internal/ruledoc"
	"github.com/sekisho/sekisho/policies"
	"github.com/sekisho/sekisho/render/docker"
	"github.com/sekisho/sekisho/render/raw"
)

var update = flag.Bool("update", false, "rewrite the generated pages")

// here is the folder as it lies on disk: what is embedded lacks tests and pages.
var here = os.DirFS(".")

func TestRules(t *testing.T) {
	for _, category := range folders(t, ".") {
		if category == "lib" {
			continue
		}
		t.Run(category, func(t *testing.T) {
			for _, id := range folders(t, category) {
				t.Run(id, func(t *testing.T) { testRule(t, category, id) })
			}
		})
	}
}

// testRule checks one folder.
func testRule(t *testing.T, category, id string) {
	dir := path.Join(category, id)
	t.Run("files", func(t *testing.T) { testFiles(t, dir) })
	t.Run("format", func(t *testing.T) { testFormat(t, dir) })

	src := policy.Source{FS: only{here, dir}, Name: "policies", Builtin: true}
	set, err := policy.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	rules := set.Rules()
	if len(rules) != 1 || rules[0].ID != id || rules[0].Category != category {
		t.Fatalf("%s/rule.rego: its package is not policies.%s[%q]", dir, category, id)
	}
	rule := rules[0]
	t.Run("metadata", func(t *testing.T) { testMetadata(t, rule) })
	t.Run("strict", func(t *testing.T) { testStrict(t, src) })
	for _, which := range []string{"bad", "good"} {
		t.Run(which, func(t *testing.T) { testExample(t, set, dir, which, id) })
	}
	t.Run("fix", func(t *testing.T) { testFix(t, set, dir, rule) })
	t.Run("null", func(t *testing.T) { testNull(t, set, dir) })
	t.Run("rego", func(t *testing.T) { testRego(t, src, dir) })
	t.Run("page", func(t *testing.T) {
		golden(t, path.Join(dir, "README.md"), ruledoc.Page(rule), fmt.Sprintf("TestRules/%s", dir))
	})
}

// testFiles finds what is missing and what does not belong in a rule's folder.
func testFiles(t *testing.T, dir string) {
	entries, err := fs.ReadDir(here, dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"rule.rego": true, "rule_test.rego": true, "README.md": true}
	docker := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "bad.Dockerfile" })
	for _, names := range policytest.Examples {
		if docker {
			want[names[1]] = true
		} else {
			want[names[0]] = true
		}
	}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("%s/%s does not belong here: git rm %[1]s/%[2]s", dir, e.Name())
		}
		delete(want, e.Name())
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		repair := "write it"
		if name == "README.md" {
			if *update {
				continue
			}
			repair = updateCommand("TestRules/" + dir)
		}
		t.Errorf("%s/%s is missing: %s", dir, name, repair)
	}
}

// testFormat holds every Rego file of a folder to `opa fmt`.
func testFormat(t *testing.T, dir string) {
	names, err := fs.Glob(here, dir+"/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(here, name)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.SourceWithOpts("policies/"+name, src, format.Opts{RegoVersion: ast.RegoV1})
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case string(formatted) == string(src):
		case *update:
			if err := os.WriteFile(name, formatted, 0o644); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s is not formatted (-it is, +it should be): %s\n%s", name, updateCommand("TestRules/"+dir), cmp.Diff(string(src), string(formatted)))
		}
	}
}

// testMetadata asks more of our own rules than loading does of a user's.
func testMetadata(t *testing.T, r model.Rule) {
	missing := map[string]bool{
		"description (why it matters, in whole sentences)":          !strings.HasSuffix(r.Description, "."),
		"related_resources (the sources of the facts)":              len(r.Links) == 0,
		"custom.security_severity (0.1 to 10)":                      r.SecuritySeverity == 0,
		"custom.remediation (what to write instead, in a sentence)": !strings.HasSuffix(r.Remediation, "."),
		"custom.since (the version that brought the rule)":          r.Since == "",
		"title without a full stop":                                 strings.HasSuffix(r.Title, "."),
		"custom.standards: every entry with a name":                 slices.ContainsFunc(r.Standards, func(s model.Standard) bool { return s.Name == "" }),
		"custom.pss: level baseline or restricted, and the check":   r.PSS != nil && (r.PSS.Check == "" || r.PSS.Level != "baseline" && r.PSS.Level != "restricted"),
		"related_resources: https only":                             slices.ContainsFunc(r.Links, func(l string) bool { return !strings.HasPrefix(l, "https://") }),
		"id in lower case words with dashes (the folder's name)":    !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(r.ID),
	}
	for _, what := range slices.Sorted(maps.Keys(missing)) {
		if missing[what] {
			t.Errorf("%s: METADATA wants %s", r.File, what)
		}
	}
}

// testStrict compiles a rule the way `opa check --strict` does, tests included.
func testStrict(t *testing.T, src policy.Source) {
	modules, _, err := policy.WithTests(src)
	if err != nil {
		t.Fatal(err)
	}
	c := ast.NewCompiler().WithCapabilities(policy.Capabilities()).WithStrict(true)
	c.Compile(modules)
	for _, err := range c.Errors {
		t.Error(err)
	}
}

// testExample judges bad.* or good.*.
func testExample(t *testing.T, set *policy.Set, dir, which, id string) {
	for _, base := range policytest.Examples[which] {
		name := path.Join(dir, base)
		src, err := fs.ReadFile(here, name)
		if err != nil {
			continue // testFiles says so
		}
		if has := strings.Contains(string(src), "# want"); has != (which == "bad") {
			t.Errorf("%s: good examples want nothing, bad ones something", name)
		}
		problems, err := policytest.Example(context.Background(), set, id, views, "policies/"+name, src)
		if err != nil {
			t.Error(err)
		}
		for _, p := range problems {
			t.Error(p)
		}
	}
}

// testFix makes the fixes of the bad example. Each takes away the findings that
// carry it and brings no other; a rule is fixable when there are any.
func testFix(t *testing.T, set *policy.Set, dir string, rule model.Rule) {
	src, err := fs.ReadFile(here, path.Join(dir, "bad.yaml"))
	if err != nil {
		if rule.Fixable {
			t.Error("only manifests are fixed")
		}
		return
	}
	file, version := "bad.yaml", policytest.DefaultKubeVersion
	if m := regexp.MustCompile(`(?m)^# with kube-version: (\S+)$`).FindSubmatch(src); m != nil {
		version = string(m[1])
	}
	engine, err := policy.New(set, policy.Options{KubeVersion: version, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	judge := func(src []byte) (objects []fix.Object, verdicts []policy.Verdict) {
		vs, err := views(file, src, version)
		if err != nil {
			t.Fatal(err)
		}
		verdicts, _ = engine.Judge(context.Background(), vs)
		for _, v := range vs {
			objects = append(objects, fix.Object{ID: v.Object.ID, Value: v.Object.Value})
		}
		for i, found := range verdicts {
			obj := vs[found.View].Object
			verdicts[i].Fix = fix.Locate(obj, found.Fix)
			o := &objects[found.View]
			o.Problems = append(o.Problems, fix.Problem{Rule: found.Rule.ID, Path: found.Path, Message: found.Message, Fix: found.Fix})
		}
		return objects, verdicts
	}
	before, verdicts := judge(src)
	fixes := 0
	for _, v := range verdicts {
		if len(v.Fix) == 0 {
			continue
		}
		fixes++
		changes, err := fix.Plan(example(src), v.Fix)
		if err != nil {
			t.Errorf("%s: %v", v.Message, err)
			continue
		}
		after, _ := judge(fix.Apply(src, changes))
		gone, err := fix.Check(before, after, func(string) bool { return false })
		id := before[v.View].ID
		if key := fix.Key(model.UnitRef{}, id, v.Rule.ID, v.Path, v.Message); err != nil || gone[key] != 1 {
			t.Errorf("%s: the fix takes away %v, %v", v.Message, gone, err)
		}
	}
	if rule.Fixable != (fixes > 0) {
		t.Errorf("custom.fixable is %v; %d findings of %s/bad.yaml carry a fix", rule.Fixable, fixes, dir)
	}
}

// example is a source of one file.
type example []byte

func (e example) Read(string) ([]byte, error) { return e, nil }
func (e example) Vendored(string) bool        { return false }

// testNull judges the bad example with one field after the other null or absent,
// as charts write them: whatever the rule says, it must be able to say it.
func testNull(t *testing.T, set *policy.Set, dir string) {
	var objects []model.Object
	for _, base := range policytest.Examples["bad"] {
		src, err := fs.ReadFile(here, path.Join(dir, base))
		if err != nil {
			continue // testFiles says so
		}
		vs, err := views(base, src, policytest.DefaultKubeVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vs {
			for _, value := range mutations(v.Object.Value) {
				if m, ok := value.(map[string]any); ok {
					obj := *v.Object
					obj.Value = m
					objects = append(objects, obj)
				}
			}
		}
	}
	engine, err := policy.New(set, policy.Options{KubeVersion: policytest.DefaultKubeVersion, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	vs, err := facts.Views(context.Background(), objects, facts.Options{KubeVersion: policytest.DefaultKubeVersion})
	if err != nil {
		t.Fatal(err)
	}
	_, failures := engine.Judge(context.Background(), vs)
	for _, f := range failures {
		t.Errorf("%s:%d: with a field of its bad example null or absent: %s", f.File, f.Line, f.Message)
	}
}

// mutations are copies of a value in which one field of a mapping is null or
// absent. Lists are taken at their first two elements.
func mutations(v any) []any {
	var out []any
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			absent := maps.Clone(v)
			delete(absent, key)
			out = append(out, absent)
			for _, m := range append(mutations(v[key]), nil) {
				changed := maps.Clone(v)
				changed[key] = m
				out = append(out, changed)
			}
		}
	case []any:
		for i := range min(len(v), 2) {
			for _, m := range mutations(v[i]) {
				changed := slices.Clone(v)
				changed[i] = m
				out = append(out, changed)
			}
		}
	}
	return out
}

// testRego runs rule_test.rego by OPA's tester.
func testRego(t *testing.T, src policy.Source, dir string) {
	inDir := func(file string) bool { return path.Dir(file) == "policies/"+dir }
	results, err := policytest.Rego(context.Background(), inDir, src)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) == 0 {
		t.Errorf("%s/rule_test.rego holds no test", dir)
	}
	for _, r := range results {
		for _, p := range r.Problems {
			t.Error(p)
		}
	}
}

// TestLib runs the tests of the shared Rego and holds it to the same form.
func TestLib(t *testing.T) {
	src := policy.Source{FS: only{here, "lib"}, Name: "policies", Builtin: true}
	t.Run("format", func(t *testing.T) { testFormat(t, "lib") })
	t.Run("strict", func(t *testing.T) { testStrict(t, src) })
	t.Run("rego", func(t *testing.T) { testRego(t, src, "lib") })
}

// TestEmbedded loads what the binary carries, all together.
func TestEmbedded(t *testing.T) {
	set, err := policy.Load(policy.Source{FS: policies.FS, Name: "policies", Builtin: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules() {
		if r.Bad == "" || r.Good == "" {
			t.Errorf("%s: no example is embedded", r.ID)
		}
	}
}

// TestIndex holds policies/README.md to the rules.
func TestIndex(t *testing.T) {
	set, err := policy.Load(policy.Source{FS: policies.FS, Name: "policies", Builtin: true})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "README.md", ruledoc.Index(set.Rules()), "TestIndex")
}

// golden compares a generated page with the one on disk, or writes it.
func golden(t *testing.T, name, want, test string) {
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := fs.ReadFile(here, name)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the rule says now: %s\n%s", name, updateCommand(test), cmp.Diff(string(got), want))
	}
}

// updateCommand is what repairs a generated file.
func updateCommand(test string) string {
	return fmt.Sprintf("go test ./policies -run '%s' -update", test)
}

// folders lists the folders in a folder.
func folders(t *testing.T, dir string) []string {
	entries, err := fs.ReadDir(here, dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// only is a file system reduced to lib and one more folder.
type only struct {
	fs.FS
	dir string
}

func (o only) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		p := path.Join(name, e.Name())
		inside := strings.HasPrefix(p, o.dir+"/") || strings.HasPrefix(o.dir+"/", p+"/")
		// Tests of lib run with lib alone.
		inLib := p == "lib" || path.Dir(p) == "lib" && !strings.HasSuffix(p, "_test.rego")
		return !inside && !inLib
	}), err
}

// views renders an example. All its documents form one render.
func views(file string, src []byte, kubeVersion string) ([]model.View, error) {
	fsys := fstest.MapFS{file: {Data: src}}
	var r *model.Rendered
	if path.Ext(file) == ".Dockerfile" {
		r = docker.Render(context.Background(), fsys, model.Unit{Kind: model.Docker, Path: file}, docker.Options{})
	} else {
		r = raw.Render(context.Background(), fsys, model.Unit{Kind: model.Raw, Path: file}, raw.Options{})
	}
	if len(r.Failures) > 0 {
		return nil, fmt.Errorf("%s:%d: %s", file, r.Failures[0].Line, r.Failures[0].Message)
	}
	if err := policytest.Pretend(src, r.Objects); err != nil {
		return nil, err
	}
	return facts.Views(context.Background(), r.Objects, facts.Options{KubeVersion: kubeVersion})
}
