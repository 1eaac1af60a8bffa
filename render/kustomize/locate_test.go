package kustomize

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
)

// render builds a folder of testdata, which must succeed.
func render(t testing.TB, dir string, opts Options) *model.Rendered {
	t.Helper()
	got := Render(context.Background(), os.DirFS("testdata"), model.Unit{Kind: model.Kustomize, Path: dir}, opts)
	for _, f := range got.Failures {
		t.Fatalf("%s:%d: %s", f.File, f.Line, f.Message)
	}
	return got
}

// object finds "Kind/name"; a name may leave out the hash of a generator.
func object(t testing.TB, r *model.Rendered, name string) model.Object {
	t.Helper()
	var names []string
	for _, obj := range r.Objects {
		full := obj.ID.Kind + "/" + obj.ID.Name
		if full == name || strings.HasPrefix(full, name+"-") {
			return obj
		}
		names = append(names, full)
	}
	t.Fatalf("no %s among %v", name, names)
	return model.Object{}
}

// show prints a location as file:line "the text there" role, and what is
// special about its precision.
func show(t testing.TB, loc model.Location) string {
	t.Helper()
	if loc.Precision == model.File {
		return fmt.Sprintf("%s %s file", loc.File, loc.Role)
	}
	data, err := os.ReadFile(path.Join("testdata", loc.File))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	if loc.StartLine < 1 || loc.EndLine > len(lines) || loc.EndLine < loc.StartLine ||
		loc.StartColumn < 1 || loc.StartColumn > utf8.RuneCountInString(lines[loc.StartLine-1])+1 {
		t.Fatalf("%+v is outside of the file", loc)
	}
	last := []rune(lines[loc.EndLine-1])
	lines[loc.EndLine-1] = string(last[:loc.EndColumn-1])
	lines[loc.StartLine-1] = string([]rune(lines[loc.StartLine-1])[loc.StartColumn-1:])
	s := fmt.Sprintf("%s:%d %q %s", loc.File, loc.StartLine, strings.Join(lines[loc.StartLine-1:loc.EndLine], ""), loc.Role)
	if loc.Precision == model.Parent {
		s += " parent"
	}
	return s
}

// place prints where a field comes from, and what lies on the way.
func place(t testing.TB, obj model.Object, field string) string {
	t.Helper()
	p, err := model.ParsePath(field)
	if err != nil {
		t.Fatal(err)
	}
	tr := obj.Origin.Locate(p)
	parts := []string{show(t, tr.Location)}
	for _, loc := range tr.Related {
		parts = append(parts, show(t, loc))
	}
	return strings.Join(parts, " < ")
}

func TestLocate(t *testing.T) {
	for _, tt := range []struct{ dir, object, field, want string }{
		// Strategic merge patches: in files, inline, several documents each.
		{"merge/overlay", "Deployment/web", "spec.template.spec.hostNetwork", `merge/overlay/patch.yaml:8 "false" patch < merge/overlay/kustomization.yaml:4 "patch.yaml" directive < merge/base/deployment.yaml:14 "true" base`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].image", `merge/base/deployment.yaml:17 "nginx:1.25" source`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].name", `merge/base/deployment.yaml:16 "web" source`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].args[1]", `merge/base/deployment.yaml:18 "\"80\"" source`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].securityContext.privileged", `merge/overlay/patch.yaml:12 "true" patch < merge/overlay/kustomization.yaml:4 "patch.yaml" directive`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].securityContext.runAsUser", `merge/base/deployment.yaml:20 "0" source`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[1].name", `merge/overlay/patch.yaml:13 "sidecar" patch < merge/overlay/kustomization.yaml:4 "patch.yaml" directive`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.volumes[0].emptyDir", `merge/base/deployment.yaml:26 "emptyDir" source`},
		{"merge/overlay", "Deployment/web", "metadata.annotations.note", `merge/overlay/more.yaml:6 "first" patch < merge/overlay/kustomization.yaml:5 "more.yaml" directive`},
		{"merge/overlay", "Deployment/web", "apiVersion", `merge/base/deployment.yaml:2 "apps/v1" source`},
		{"merge/overlay", "Service/web", "metadata.annotations.note", `merge/overlay/more.yaml:13 "second" patch < merge/overlay/kustomization.yaml:5 "more.yaml" directive`},
		{"merge/overlay", "Service/web", "spec.type", `merge/overlay/kustomization.yaml:14 "LoadBalancer" patch`},
		{"merge/overlay", "Service/web", "spec.externalTrafficPolicy", `merge/overlay/kustomization.yaml:15 "\"{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {externalTrafficPolicy: Local}}\"" patch`},

		// Collections, and absent fields at the nearest collection.
		{"merge/overlay", "Deployment/web", "", `merge/base/deployment.yaml:2 "apiVersion: apps/v1" source`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].securityContext", `merge/base/deployment.yaml:19 "securityContext" source`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].securityContext.runAsNonRoot", `merge/base/deployment.yaml:19 "securityContext" source parent`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[0].resources.limits", `merge/base/deployment.yaml:16 "name: web" source parent`},
		{"merge/overlay", "Deployment/web", "spec.template.spec.containers[1].resources", `merge/overlay/patch.yaml:13 "name: sidecar" patch parent < merge/overlay/kustomization.yaml:4 "patch.yaml" directive`},

		// JSON patches: YAML, JSON and inline; the other fields of their object.
		{"json6902", "Pod/web", "spec.hostNetwork", `json6902/kustomization.yaml:8 "true" patch < json6902/pod.yaml:6 "false" base`},
		{"json6902", "Pod/web", "spec.hostPID", `json6902/pod.yaml:7 "true" source`},
		{"json6902", "Pod/web", "spec.priority", `json6902/patch.yaml:10 "7" patch < json6902/kustomization.yaml:17 "patch.yaml" directive < json6902/pod.yaml:9 "3" base`},
		{"json6902", "Pod/web", "metadata.annotations[\"a/b\"]", `json6902/patch.json:3 "\"c\"" patch < json6902/kustomization.yaml:15 "patch.json" directive`},
		{"json6902", "Pod/web", "spec.containers[0].image", `json6902/patch.json:2 "\"nginx\"" patch < json6902/kustomization.yaml:15 "patch.json" directive < json6902/pod.yaml:12 "nginx:1.25" base`},
		{"json6902", "Pod/web", "spec.containers[0].name", `json6902/pod.yaml:11 "web" source`},
		{"json6902", "Pod/web", "spec.containers[0].securityContext", `json6902/kustomization.yaml:11 "value" patch`},
		{"json6902", "Pod/web", "spec.containers[0].securityContext.privileged", `json6902/kustomization.yaml:12 "true" patch`},
		{"json6902", "Pod/web", "spec.containers[0].securityContext.capabilities", `json6902/kustomization.yaml:13 "capabilities" patch`},
		{"json6902", "Pod/web", "spec.containers[1].name", `json6902/patch.yaml:4 "sidecar" patch < json6902/kustomization.yaml:17 "patch.yaml" directive`},
		{"json6902", "Pod/web", "spec.containers[1].image", `json6902/patch.yaml:5 "busybox" patch < json6902/kustomization.yaml:17 "patch.yaml" directive`},
		{"json6902", "Pod/web", "spec.dnsPolicy", `json6902/pod.yaml:5 "spec" source parent`},

		// Directives. One that writes what was there already still wins: the
		// line below it changes nothing.
		{"directives/overlay", "Deployment/outer-inner-web-v2", "metadata.namespace", `directives/overlay/kustomization.yaml:1 "shop" directive < directives/base/deployment.yaml:5 "shop" base`},
		{"directives/overlay", "ServiceAccount/outer-inner-web-v2", "metadata.namespace", `directives/overlay/kustomization.yaml:1 "shop" directive`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "metadata.labels.team", `directives/overlay/kustomization.yaml:16 "red" directive < directives/base/deployment.yaml:7 "red" base`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "spec.template.metadata.labels.tier", `directives/overlay/kustomization.yaml:18 "front" directive`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "spec.selector.matchLabels.tier", `directives/overlay/kustomization.yaml:18 "front" directive`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "spec.template.metadata.annotations.owner", `directives/overlay/kustomization.yaml:20 "shop@example.com" directive`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "spec.replicas", `directives/overlay/kustomization.yaml:13 "5" directive < directives/base/deployment.yaml:9 "1" base`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "spec.template.spec.containers[0].image", `directives/overlay/kustomization.yaml:8 "latest" directive < directives/base/deployment.yaml:21 "nginx" base`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "spec.template.spec.containers[1].image", `directives/overlay/kustomization.yaml:10 "sha256:0000000000000000000000000000000000000000000000000000000000000000" directive < directives/base/deployment.yaml:23 "busybox:1.36" base`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "metadata.name", `directives/overlay/kustomization.yaml:2 "outer-" directive < directives/base/kustomization.yaml:3 "inner-" directive < directives/overlay/kustomization.yaml:3 "-v2" directive < directives/base/deployment.yaml:4 "web" base`},
		{"directives/overlay", "Deployment/outer-inner-web-v2", "spec.template.spec.serviceAccountName", `directives/base/deployment.yaml:18 "web" source < directives/overlay/kustomization.yaml:2 "outer-" directive < directives/base/kustomization.yaml:3 "inner-" directive < directives/overlay/kustomization.yaml:3 "-v2" directive`},

		// Generated objects: the literal, the file, the line of the env file.
		{"generators", "ConfigMap/settings", "data.MODE", `generators/kustomization.yaml:6 "MODE=debug" directive`},
		{"generators", "ConfigMap/settings", "data.GREETING", `generators/kustomization.yaml:7 "GREETING=\"hello world\"" directive`},
		{"generators", "ConfigMap/settings", "data.URL", `generators/settings.env:3 "URL=http://example.com" source < generators/kustomization.yaml:12 "settings.env" directive`},
		{"generators", "ConfigMap/settings", `data["app.ini"]`, `generators/app.ini:1 "port = 80\ndebug = true" source < generators/kustomization.yaml:9 "app.ini" directive`},
		{"generators", "ConfigMap/settings", `data["renamed.ini"]`, `generators/app.ini:1 "port = 80\ndebug = true" source < generators/kustomization.yaml:10 "renamed.ini=app.ini" directive`},
		{"generators", "ConfigMap/settings", "metadata.name", `generators/kustomization.yaml:4 "settings" directive`},
		{"generators", "ConfigMap/settings", "metadata.labels.kind", `generators/kustomization.yaml:15 "settings" directive`},
		{"generators", "Secret/login", "data.password", `generators/kustomization.yaml:20 "password=hunter2" directive`},
		{"generators", "Secret/login", "type", `generators/kustomization.yaml:18 "Opaque" directive`},
		{"generators", "Secret/login", "", `generators/kustomization.yaml:17 "login" directive`},
		{"generators", "Pod/web", "spec.containers[0].envFrom[0].configMapRef.name", `generators/pod.yaml:11 "settings" source`},

		// Replacements: the target's entry, then what it copies.
		{"replacements", "Pod/web", "spec.containers[0].image", `replacements/kustomization.yaml:12 "spec.containers.[name=web].image" directive < replacements/objects.yaml:17 "placeholder" base < replacements/objects.yaml:6 "nginx:latest" source`},
		{"replacements", "Pod/web", "metadata.annotations.image", `replacements/kustomization.yaml:13 "metadata.annotations.image" directive < replacements/objects.yaml:6 "nginx:latest" source`},
		{"replacements", "Pod/web", "spec.hostname", `replacements/hostname.yaml:9 "spec.hostname" directive < replacements/objects.yaml:14 "placeholder" base < replacements/objects.yaml:7 "web" source`},

		// Components.
		{"components/overlay", "Pod/web", "spec.containers[0].image", `components/debug/kustomization.yaml:7 "debug" directive < components/overlay/pod.yaml:8 "nginx:1.25" base`},
		{"components/overlay", "Pod/web", "spec.shareProcessNamespace", `components/debug/patch.yaml:6 "true" patch < components/debug/kustomization.yaml:9 "patch.yaml" directive`},
		{"components/overlay", "Pod/tools", "spec.hostIPC", `components/debug/tools.yaml:6 "true" source`},

		// What newer kustomizations write otherwise.
		{"legacy", "Pod/web", "spec.hostNetwork", `legacy/patch.yaml:6 "true" patch < legacy/kustomization.yml:9 "patch.yaml" directive < legacy/base/pod.yaml:6 "false" base`},
		{"legacy", "Pod/web", "spec.hostPID", `legacy/kustomization.yml:16 "true" patch`},
		{"legacy", "Pod/web", "spec.hostIPC", `legacy/ops.yaml:1 "true" patch < legacy/kustomization.yml:19 "ops.yaml" directive`},
		{"legacy", "Pod/web", "metadata.labels.app", `legacy/kustomization.yml:7 "web" directive`},
		{"legacy", "Pod/web", "spec.containers[0].image", `legacy/kustomization.yml:5 "\"1.26\"" directive < legacy/base/pod.yaml:9 "nginx:1.25" base`},
		{"legacy", "Pod/web", "spec.containers[0].command[1]", `legacy/base/pod.yaml:10 "\"$(WEB)\"" source < legacy/kustomization.yml:21 "name: WEB" directive`},

		// Explicit transformers and generators.
		{"transformers", "Pod/dev-web", "metadata.name", `transformers/prefix.yaml:5 "dev-" directive < transformers/pod.yaml:4 "web" base`},
		{"transformers", "Pod/dev-web", "metadata.labels.team", `transformers/kustomization.yaml:11 "blue" directive`},
		{"transformers", "Pod/dev-web", "spec.hostPID", `transformers/prefix.yaml:13 "'[{\"op\": \"replace\", \"path\": \"/spec/hostPID\", \"value\": true}]'" patch < transformers/pod.yaml:6 "false" base`},
		{"transformers", "Pod/dev-web", "spec.hostIPC", `transformers/pod.yaml:7 "true" source`},
		{"transformers", "ConfigMap/dev-extra", "data.A", `transformers/generator.yaml:6 "A=b" directive`},

		// Lists and JSON.
		{"list", "ConfigMap/first", "data.a", `list/list.yaml:9 "one" source`},
		{"list", "ConfigMap/second", "data.text", `list/list.yaml:15 "|\n      two\n      lines" source`},
		{"list", "ConfigMap/second", "", `list/list.yaml:10 "apiVersion: v1" source`},
		{"list", "Pod/web", "spec.hostPID", `list/patch.json:1 "true" patch < list/kustomization.yaml:5 "patch.json" directive`},
		{"list", "Pod/web", "spec.hostNetwork", `list/pod.json:5 "true" source`},
	} {
		t.Run(tt.dir+"/"+tt.object+"/"+tt.field, func(t *testing.T) {
			obj := object(t, render(t, tt.dir, Options{}), tt.object)
			if got := place(t, obj, tt.field); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestTestdataEqualsStock holds every overlay of the tests against the stock
// library.
func TestTestdataEqualsStock(t *testing.T) {
	for _, dir := range kustomizations(t, os.DirFS("testdata")) {
		want, err := stock(path.Join("testdata", dir))
		if err != nil {
			continue // components alone, charts
		}
		if got := render(t, dir, Options{}); string(got.Manifest) != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", dir, got.Manifest, want)
		}
	}
}
