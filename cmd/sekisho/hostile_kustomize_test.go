package main

import (
	"fmt"
	"os"
	"strings"
)

// kustom is a kustomization that does the harm by itself.
func kustom(name, text, says string) hostile {
	return hostile{
		name: "kustomization " + name, culprit: "kustom/kustomization.yaml", says: says,
		build: func(r *repo) {
			text := strings.ReplaceAll(text, "OUTSIDE", r.outside)
			if strings.Contains(text, "URL") {
				text = strings.ReplaceAll(text, "URL", r.url())
			}
			r.kustomization(text)
			// What an exec plugin would leave behind.
			r.file("kustom/plugin.sh", "#!/bin/sh\ntouch pwned\n")
			r.check(os.Chmod(r.path("kustom/plugin.sh"), 0o755))
		},
	}
}

func hostileKustomizations() []hostile {
	return []hostile{
		kustom("with a remote resource", "resources:\n- pod.yaml\n- URL/pod.yaml\n", "network|remote|fetch"),
		kustom("with a remote base", "resources:\n- URL/org/repo.git//base?ref=main\n", "network|remote|fetch"),
		kustom("with a git base", "resources:\n- git::ssh://git@127.0.0.1:1/org/repo//base?ref=main\n", "network|remote|fetch"),
		kustom("with a git command", "resources:\n- \"git::ext::sh -c touch% pwned\"\n- \"--upload-pack=touch pwned://x.git\"\n", "."),
		kustom("with a remote component", "resources: [pod.yaml]\ncomponents:\n- URL/org/repo.git//component\n", "network|remote|fetch"),
		kustom("with remote OpenAPI", "resources: [pod.yaml]\nopenapi:\n  path: URL/schema.json\n", "."),
		kustom("with remote CRDs", "resources: [pod.yaml]\ncrds:\n- URL/crd.json\n", "."),
		kustom("with a remote patch", "resources: [pod.yaml]\npatches:\n- path: URL/patch.yaml\n", "."),
		kustom("with a remote configuration", "resources: [pod.yaml]\nconfigurations:\n- URL/config.yaml\n", "."),
		kustom("with a remote file", "resources: [pod.yaml]\nconfigMapGenerator:\n- name: a\n  files: [URL/secret]\n", "."),
		{
			name: "kustomization with an exec plugin", culprit: "kustom/generator.yaml", says: "plugin",
			build: func(r *repo) {
				r.kustomization("resources: [pod.yaml]\ngenerators: [generator.yaml]\n")
				r.file("kustom/generator.yaml", "apiVersion: v1\nkind: Exec\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: ./plugin.sh\n")
				r.file("kustom/plugin.sh", "#!/bin/sh\ntouch pwned\n")
				r.check(os.Chmod(r.path("kustom/plugin.sh"), 0o755))
			},
		},
		{
			name: "kustomization with a container", culprit: "kustom/t.yaml", says: "plugin",
			build: func(r *repo) {
				r.kustomization("resources: [pod.yaml]\ntransformers: [t.yaml]\n")
				r.file("kustom/t.yaml", "apiVersion: v1\nkind: Set\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/function: |\n      container:\n        image: registry.example/x:1\n        network: true\n")
			},
		},
		{
			name: "kustomization with a Go plugin", culprit: "kustom/t.yaml", says: "plugin",
			build: func(r *repo) {
				r.kustomization("resources: [pod.yaml]\nvalidators: [t.yaml]\n")
				r.file("kustom/t.yaml", "apiVersion: someteam.example.com/v1\nkind: Validator\nmetadata:\n  name: a\n")
				r.file("kustom/plugin/someteam.example.com/v1/validator/Validator", "#!/bin/sh\ntouch pwned\n")
			},
		},
		kustom("with a remote chart", "helmCharts:\n- name: a\n  repo: URL\n  version: 1.0.0\n", "chart"),
		kustom("with a chart outside", "helmGlobals: {chartHome: ../../outside}\nhelmCharts:\n- name: chart\n", "."),
		kustom("with a chart elsewhere", "helmGlobals: {chartHome: OUTSIDE, configHome: OUTSIDE}\nhelmCharts:\n- name: chart\n", "."),
		kustom("with a command for charts", "resources: [pod.yaml]\nhelmGlobals: {chartHome: .}\nhelmCharts:\n- name: ../../outside/chart\n  valuesFile: ../../outside/values.yaml\n", "."),
		kustom("with a base outside", "resources:\n- ../../outside/base\n", "."),
		kustom("with a file outside", "resources:\n- ../../outside/pod.yaml\n", "."),
		kustom("with an absolute file", "resources:\n- OUTSIDE/pod.yaml\n", "."),
		kustom("with a generated file outside", "configMapGenerator:\n- name: a\n  files: [../../outside/secret]\n", "."),
		kustom("with generated variables outside", "configMapGenerator:\n- name: a\n  envs: [../../outside/secret]\n- name: b\n  env: /proc/self/environ\n", "."),
		kustom("with a generated device", "secretGenerator:\n- name: a\n  files: [/dev/zero]\n", "."),
		kustom("with a patch outside", "resources: [pod.yaml]\npatches:\n- path: ../../outside/pod.yaml\n", "."),
		kustom("with a replacement outside", "resources: [pod.yaml]\nreplacements:\n- path: ../../outside/secret\n", "."),
		kustom("on itself", "resources: [.]\n", "."),
		{
			name: "kustomization of replacements that double", culprit: "kustom/kustomization.yaml", says: "longer|memory", slow: true,
			build: func(r *repo) {
				r.kustomization("resources: [pod.yaml, c.yaml]\nreplacements:\n" + numbered("- source: {kind: ConfigMap, name: c, fieldPath: data}\n  targets: [{select: {kind: ConfigMap, name: c}, fieldPaths: [data.x%d], options: {create: true}}]\n", 60))
				r.file("kustom/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"0123456789\"}\n")
			},
		},
		{
			name: "kustomization of CRDs in a circle", culprit: "kustom/kustomization.yaml", says: "deep|longer|memory", slow: true,
			build: func(r *repo) {
				r.kustomization("resources: [pod.yaml]\ncrds: [crd.json]\n")
				r.file("kustom/crd.json", `{"x.A": {"Schema": {"properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"$ref": "x"}, "spec": {"$ref": "x.B"}}}}, "x.B": {"Schema": {"properties": {"b": {"$ref": "x.B"}}}}}`)
			},
		},
		{
			name: "components in a circle", culprit: "c2/kustomization.yaml", says: "cycle",
			build: func(r *repo) {
				r.kustomization("resources: [pod.yaml]\ncomponents: [../c1]\n")
				for i, next := range []string{"c2", "c1"} {
					r.file(fmt.Sprintf("c%d/kustomization.yaml", i+1), "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [../"+next+"]\n")
				}
			},
		},
		{
			name: "kustomizations in a circle", culprit: "c/kustomization.yaml", says: ".",
			build: func(r *repo) {
				r.file("a/kustomization.yaml", "resources: [../b]\n")
				r.file("b/kustomization.yaml", "resources: [../c]\n")
				r.file("c/kustomization.yaml", "resources: [../a]\n")
			},
		},
		{
			name: "kustomizations that double", culprit: "k00/kustomization.yaml", says: ".", slow: true,
			build: func(r *repo) {
				for i := range 30 {
					next := fmt.Sprintf("../k%02d", i+1)
					r.file(fmt.Sprintf("k%02d/kustomization.yaml", i), "resources: [x, y]\n")
					r.file(fmt.Sprintf("k%02d/x/kustomization.yaml", i), "resources: [../"+next+"]\nnamePrefix: x\n")
					r.file(fmt.Sprintf("k%02d/y/kustomization.yaml", i), "resources: [../"+next+"]\nnamePrefix: y\n")
				}
				r.file("k30/kustomization.yaml", "resources: [pod.yaml]\n")
				r.file("k30/pod.yaml", strings.ReplaceAll(healthy, "healthy", "many"))
			},
		},
		{
			name: "kustomizations in a long chain", exit: 1,
			build: func(r *repo) {
				for i := range 200 {
					r.file(fmt.Sprintf("k%03d/kustomization.yaml", i), fmt.Sprintf("resources: [../k%03d]\n", i+1))
				}
				r.file("k200/kustomization.yaml", "resources: [pod.yaml]\n")
				r.file("k200/pod.yaml", strings.ReplaceAll(healthy, "healthy", "far"))
			}, heavy: true,
		},
		{
			name: "JSON patch that doubles", culprit: "kustom/kustomization.yaml", says: ".", slow: true,
			build: func(r *repo) {
				var b strings.Builder
				b.WriteString("resources: [pod.yaml]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    - {op: add, path: /spec/x, value: {}}\n")
				for range 40 {
					b.WriteString("    - {op: copy, from: /spec, path: /spec/x/y}\n    - {op: move, from: /spec/x, path: /spec/z}\n    - {op: copy, from: /spec/z, path: /spec/x}\n")
				}
				r.kustomization(b.String())
			},
		},
		kustom("with an alias bomb", "resources: [pod.yaml]\ncommonAnnotations:\n"+indented(aliasBomb), "."),
		kustom("nested deeply", "resources: "+strings.Repeat("[", 200_000), "."),
		kustom("of garbage", "\x00\xff: {", "."),
		kustom("with hostile words", "resources: [pod.yaml]\nnamePrefix: \"a\\n::error::x\\u2028##vso[task.complete]\\e[2K\"\nnamespace: \"::stop-commands::x\"\nnope\\n##[error]x: 1\n\"::set-env name=x::y\": 1\n", "."),
		kustom("with a pattern", "resources: [pod.yaml]\npatches:\n- target: {name: \"((((a{99}){99}){99}){99})\"}\n  patch: \"[{op: add, path: /a, value: b}]\"\n", "."),
		{
			name: "kustomization of a resource bomb", culprit: "kustom/kustomization.yaml", says: "longer|memory", slow: true,
			build: func(r *repo) {
				r.kustomization("resources: [pod.yaml, bomb.yaml]\n")
				r.file("kustom/bomb.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"+indented(aliasBomb))
			},
		},
	}
}
