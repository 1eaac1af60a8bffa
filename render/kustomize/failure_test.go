package kustomize

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/internal/model"
)

const pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n"

// failures renders the folder o of some files and prints what went wrong.
func failures(files map[string]string) string {
	m := fstest.MapFS{"o/pod.yaml": {Data: []byte(pod)}, "b/pod.yaml": {Data: []byte(pod)}}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: []byte(data)}
	}
	r := Render(context.Background(), m, model.Unit{Kind: model.Kustomize, Path: "o"}, Options{})
	var lines []string
	for _, f := range r.Failures {
		lines = append(lines, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))
	}
	if len(r.Failures) > 0 && len(r.Objects) > 0 {
		lines = append(lines, "objects all the same")
	}
	return strings.Join(lines, "\n")
}

func TestFailures(t *testing.T) {
	viaB := "resources:\n- ../b\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"missing resource", map[string]string{"o/kustomization.yaml": "resources:\n- gone.yaml\n"}, `o/kustomization.yaml:2: resource "gone.yaml": no such file or directory`},
		{"missing component", map[string]string{"o/kustomization.yaml": "components:\n- ../gone\n"}, `o/kustomization.yaml:2: component "../gone": no such file or directory`},
		{"missing patch of a base", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "resources: [pod.yaml]\npatches:\n- path: gone.yaml\n"}, "b/kustomization.yaml:3: failed to get the patch file from path(gone.yaml): lstat b/gone.yaml: file does not exist"},
		{"missing env file", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "configMapGenerator:\n- name: x\n  envs: [gone.env]\n"}, "b/kustomization.yaml:3: env source files: [gone.env]: lstat b/gone.env: file does not exist"},
		{"no kustomization", map[string]string{"o/kustomization.yaml": viaB}, "o/kustomization.yaml:2: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory 'b'"},
		{"malformed resource", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "resources:\n- bad.yaml", "b/bad.yaml": "apiVersion: v1\nkind: [\n"}, "b/bad.yaml:2: did not find expected node content"},
		{"malformed kustomization", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "resources:\n- pod.yaml\n  foo: [\n"}, "b/kustomization.yaml:3: invalid Kustomization: yaml: line 3: mapping values are not allowed in this context"},
		{"unknown field", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "resources:\n- pod.yaml\nresorces: []\n"}, `b/kustomization.yaml:3: invalid Kustomization: json: unknown field "resorces"`},
		{"not an object", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "resources:\n- bad.yaml", "b/bad.yaml": "a: b\n"}, `b/kustomization.yaml:2: resource "bad.yaml": missing Resource metadata`},
		{"duplicate key", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml, bad.yaml]", "o/bad.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  name: y\n"}, `o/bad.yaml:5: yaml: unmarshal errors: line 5: mapping key "name" already defined at line 4`},
		{"patch without target", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\npatches:\n- path: p.yaml\n", "o/p.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: other\n"}, `o/p.yaml:4: no resource matches strategic merge patch "Pod.v1.[noGrp]/other.[noNs]": no matches for Id Pod.v1.[noGrp]/other.[noNs]; failed to find unique target for patch Pod.v1.[noGrp]/other.[noNs]`},
		{"operation on nothing", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    - op: remove\n      path: /spec/x\n"}, `o/kustomization.yaml:6: remove operation does not apply: doc is missing path: "/spec/x": missing value`},
		{"replacement of nothing", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\nreplacements:\n- source: {kind: ConfigMap, name: x}\n  targets:\n  - select: {kind: Pod}\n    fieldPaths: [spec.x]\n"}, "o/kustomization.yaml:3: nothing selected by ConfigMap.[noVer].[noGrp]/x.[noNs]"},
		{"the same object twice", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml, ../b]\n", "b/kustomization.yaml": "resources: [pod.yaml]\n"}, `o/kustomization.yaml:1: resource "../b": may not add resource with an already registered id: Pod.v1.[noGrp]/web.[noNs]`},
		{"cycle", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "resources: [../o]\n"}, `b/kustomization.yaml:1: resource "../o": cycle detected: candidate root 'o' contains visited root 'o'`},
		{"empty", map[string]string{"o/kustomization.yaml": ""}, "o/kustomization.yaml:0: kustomization.yaml is empty"},

		// Nothing outside of the kustomization's own folder is a file of it,
		// and nothing outside of the repository is anything.
		{"file of another folder", map[string]string{"o/kustomization.yaml": "resources: [../b/pod.yaml]\n"}, `o/kustomization.yaml:1: resource "../b/pod.yaml": security; file 'b/pod.yaml' is not in or below 'o'`},
		{"out of the repository", map[string]string{"o/kustomization.yaml": "resources: [../../../etc/passwd]\n"}, `o/kustomization.yaml:1: resource "../../../etc/passwd": no such file or directory`},
		{"absolute", map[string]string{"o/kustomization.yaml": "configMapGenerator:\n- name: x\n  files:\n  - /etc/passwd\n"}, "o/kustomization.yaml:4: file sources: [/etc/passwd]: open /etc/passwd: file does not exist"},

		// No program is started.
		{"exec function", map[string]string{"o/kustomization.yaml": "generators: [g.yaml]\n", "o/g.yaml": "apiVersion: x/v1\nkind: G\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: /bin/true}\n"}, "o/g.yaml:2: external plugins disabled; unable to load external plugin 'G'"},
		{"container function", map[string]string{"o/kustomization.yaml": "transformers: [g.yaml]\n", "o/g.yaml": "apiVersion: x/v1\nkind: G\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      container: {image: x}\n"}, "o/g.yaml:2: external plugins disabled; unable to load external plugin 'G'"},

		// Nothing is fetched.
		{"remote file", map[string]string{"o/kustomization.yaml": "resources:\n- https://example.com/a.yaml\n"}, `o/kustomization.yaml:2: resource "https://example.com/a.yaml" is remote and is not fetched without --allow-network`},
		{"git base of a base", map[string]string{"o/kustomization.yaml": viaB, "b/kustomization.yaml": "bases:\n- pod\n- github.com/example/app//base?ref=v1\n- git@example.com:a/b\n"}, "b/kustomization.yaml:2: base \"pod\": no such file or directory\n" +
			"b/kustomization.yaml:3: base \"github.com/example/app//base?ref=v1\" is remote and is not fetched without --allow-network\n" +
			`b/kustomization.yaml:4: base "git@example.com:a/b" is remote and is not fetched`},
		{"remote component", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\ncomponents: [\"ssh://git@example.com/a/b\"]\n"}, `o/kustomization.yaml:2: component "ssh://example.com/a/b" is remote and is not fetched`},
		{"remote patch", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\npatches:\n- path: HTTPS://example.com/p.yaml\n"}, `o/kustomization.yaml:3: file "HTTPS://example.com/p.yaml" is remote and is not fetched without --allow-network`},
		{"remote file of a generator", map[string]string{"o/kustomization.yaml": "secretGenerator:\n- name: x\n  files:\n  - key=http://example.com/k\n"}, `o/kustomization.yaml:4: file "http://example.com/k" is remote and is not fetched without --allow-network`},
		{"remote crd", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\ncrds:\n- http://example.com/crd.json\n"}, `o/kustomization.yaml:3: file "http://example.com/crd.json" is remote and is not fetched without --allow-network`},
		{"remote schema", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\nopenapi:\n  path: http://example.com/s.json\n"}, `o/kustomization.yaml:3: file "http://example.com/s.json" is remote and is not fetched without --allow-network`},
		{"remote file of a transformer", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\ntransformers:\n- t.yaml\n", "o/t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata:\n  name: x\npath: https://example.com/p.yaml\n"}, `o/t.yaml:5: file "https://example.com/p.yaml" is remote and is not fetched`},
		{"remote file of an inline transformer", map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\ntransformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata:\n    name: x\n  path: https://example.com/p.yaml\n"}, `o/kustomization.yaml:8: file "https://example.com/p.yaml" is remote and is not fetched`},

		// Charts.
		{"pulled chart", map[string]string{"o/kustomization.yaml": "helmCharts:\n- name: app\n  repo: https://example.com/charts\n  version: 1.0.0\n"}, `o/kustomization.yaml:2: chart "app": it would be pulled from "https://example.com/charts" and is not fetched without --allow-network; no folder o/charts/app-1.0.0/app`},
		{"absent chart", map[string]string{"o/kustomization.yaml": "helmCharts:\n- name: app\n"}, `o/kustomization.yaml:2: chart "app": no folder o/charts/app`},
		{"no renderer", map[string]string{"o/kustomization.yaml": "helmChartInflationGenerator:\n- chartName: app\n", "o/charts/app/values.yaml": ""}, `o/kustomization.yaml:2: chart "app": charts are not rendered here`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := failures(tt.files); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestSilent holds the library to silence about deprecated fields.
func TestSilent(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = w
	render(t, "legacy", Options{})
	os.Stderr = stderr
	w.Close()
	var b [1]byte
	if n, _ := r.Read(b[:]); n > 0 {
		t.Error("the library's warnings reach standard error")
	}
}

// TestSymlinks follows links inside the repository as the library's own file
// system does, and none out of it.
func TestSymlinks(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, "repo", name)); err != nil {
			t.Fatal(err)
		}
	}
	write("secret.yaml", pod)
	write("repo/base/pod.yaml", pod)
	write("repo/base/kustomization.yaml", "resources: [pod.yaml]\n")
	write("repo/good/kustomization.yaml", "resources: [linked]\n")
	write("repo/near/kustomization.yaml", "resources: [pod.yaml]\n")
	write("repo/far/kustomization.yaml", "resources: [pod.yaml]\n")
	write("repo/loop/kustomization.yaml", "resources: [pod.yaml]\n")
	link("../base", "good/linked")
	link("../base/pod.yaml", "near/pod.yaml")
	link("../../secret.yaml", "far/pod.yaml")
	link("pod.yaml", "loop/pod.yaml")
	link("base", "also")
	root, err := os.OpenRoot(filepath.Join(dir, "repo"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	also := Render(context.Background(), root.FS(), model.Unit{Kind: model.Kustomize, Path: "also"}, Options{})
	if got := also.Objects[0].Origin.Locate(model.Path{"metadata", "name"}).Location; got.File != "base/pod.yaml" || got.StartLine != 4 {
		t.Errorf("a linked unit: %+v", got)
	}
	for unit, want := range map[string]string{
		"good": "",
		"gone": "gone: no such file or directory",
		"near": `resource "pod.yaml": security; file 'near/pod.yaml' is not in or below 'near'`,
		"far":  `resource "pod.yaml": open far/pod.yaml: symbolic link leads out of the repository`,
		"loop": `resource "pod.yaml": open loop/pod.yaml: too many symbolic links`,
	} {
		r := Render(context.Background(), root.FS(), model.Unit{Kind: model.Kustomize, Path: unit}, Options{})
		got := ""
		for _, f := range r.Failures {
			got += f.Message
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", unit, got, want)
		}
	}
}

// TestSchemaStaysBehind renders a kustomization with a schema of its own, and
// one with a broken schema, before one without.
func TestSchemaStaysBehind(t *testing.T) {
	want := render(t, "merge/overlay", Options{}).Manifest
	for _, schema := range []string{`{"definitions": {"d": {"type": "object", "x-kubernetes-group-version-kind": [{"group": "apps", "kind": "Deployment", "version": "v1"}]}}}`, "nonsense"} {
		failures(map[string]string{"o/kustomization.yaml": "resources: [pod.yaml]\nopenapi: {path: schema.json}\npatches:\n- patch: '{apiVersion: v1, kind: Pod, metadata: {name: web}}'\n", "o/schema.json": schema})
		if got := render(t, "merge/overlay", Options{}).Manifest; string(got) != string(want) {
			t.Errorf("after the schema %s:\n%s", schema, got)
		}
	}
}

// A file system of the machine names what is missing in other words than one
// of a test.
func TestMissingFileOnDisk(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, fstest.MapFS{
		"o/kustomization.yaml": {Data: []byte("configMapGenerator:\n- name: x\n  files:\n  - key=gone.py\n")},
		"e/kustomization.yaml": {Data: []byte("configMapGenerator:\n- name: x\n  envs:\n  - gone.env\n")},
	}); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, folder := range []string{"o", "e"} {
		r := Render(t.Context(), root.FS(), model.Unit{Kind: model.Kustomize, Path: folder}, Options{})
		if len(r.Failures) != 1 || r.Failures[0].File != folder+"/kustomization.yaml" || r.Failures[0].Line != 4 {
			t.Errorf("%s: got %+v, want line 4 of its kustomization", folder, r.Failures)
		}
	}
}
