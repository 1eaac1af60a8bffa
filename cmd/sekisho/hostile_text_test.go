package main

import (
	"fmt"
	"strings"
)

// manifest is a file that does the harm when it is read.
func manifest(name, text, says string) hostile {
	h := hostile{name: "manifest " + name, culprit: "bad.yaml", says: says, build: func(r *repo) { r.file("bad.yaml", text) }}
	if says == "" {
		h.exit, h.culprit = 1, ""
	}
	return h
}

// dockerfile is a Dockerfile that does the harm when it is read.
func dockerfile(name, text, says string) hostile {
	h := hostile{name: "Dockerfile " + name, culprit: "Dockerfile", says: says, build: func(r *repo) { r.file("Dockerfile", text) }}
	if says == "" {
		h.exit, h.culprit = 1, ""
	}
	return h
}

const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

// podWith is a pod whose one container has more fields.
func podWith(fields string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: registry.example/a:1\n" + fields
}

func hostileTexts() []hostile {
	return []hostile{
		manifest("of many documents", strings.Repeat("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", 100_000), "documents"),
		manifest("of many empty documents", "apiVersion: v1\nkind: ConfigMap\n"+strings.Repeat("---\n", 2_000_000), ""),
		manifest("with an alias bomb", object+"data:\n"+indented(aliasBomb), "values|alias|anchor"),
		manifest("with an alias to itself", object+"data: &a [*a]\n", "."),
		manifest("with a merge bomb", object+"a: &a {x: 1}\nb: &b {<<: [*a, *a, *a, *a, *a, *a, *a, *a]}\nc: &c {<<: [*b, *b, *b, *b, *b, *b, *b, *b]}\nd: &d {<<: [*c, *c, *c, *c, *c, *c, *c, *c]}\ne: &e {<<: [*d, *d, *d, *d, *d, *d, *d, *d]}\nf: &f {<<: [*e, *e, *e, *e, *e, *e, *e, *e]}\ng: &g {<<: [*f, *f, *f, *f, *f, *f, *f, *f]}\nh: {<<: [*g, *g, *g, *g, *g, *g, *g, *g]}\n", "."),
		manifest("with lists nested deeply", object+"data: "+strings.Repeat("[", 1_000_000), "."),
		manifest("with lists nested and closed", object+"data: "+strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000), "deep|nest"),
		manifest("with mappings nested deeply", object+"data: "+strings.Repeat("{a: ", 9_000)+strings.Repeat("}", 9_000), "deep|nest"),
		manifest("with blocks nested deeply", object+"data:\n  "+strings.Repeat("- ", 9_000)+"a\n", "deep|nest"),
		manifest("of invalid UTF-8", object+"data:\n  a: \xff\xfe\xc3\x28\n", "UTF-8"),
		manifest("with NUL", object+"data:\n  a: \x00\n", "NUL"),
		manifest("of UTF-16", "\xff\xfe"+strings.Join(strings.Split(healthy, ""), "\x00")+"\x00", "UTF-16"),
		{
			name: "manifest of one line of 50 MB", culprit: "bad.yaml", says: "bytes",
			build: func(r *repo) {
				r.file("bad.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {a: \""+strings.Repeat("x", 50<<20)+"\"}\n")
			},
		},
		manifest("of one line of 9 MB", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \""+strings.Repeat("a1B=", 9<<18)+"\"}\n", ""),
		{name: "manifest of many keys", exit: 1, heavy: true, build: func(r *repo) {
			r.file("bad.yaml", object+"data:\n"+strings.Repeat("  a: b\n", 300_000))
		}},
		manifest("of many items", "apiVersion: v1\nkind: List\nitems:\n"+strings.Repeat("- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n", 20_000), ""),
		manifest("of hostile tags", object+"data: !!python/object/apply:os.system [touch pwned]\nx: !!binary \"////\"\ny: !<tag:evil,2000:x> {}\n", ""),
		manifest("of quantities", podWith("    resources:\n      limits: {cpu: 1e999999999, memory: 9E999999999}\n      requests: {cpu: \"-1e-999999999\", memory: \""+strings.Repeat("9", 100_000)+"\"}\n"), ""),
		manifest("of numbers", podWith("    ports:\n    - {containerPort: 99999999999999999999999999, hostPort: 1e400, protocol: 0x7fffffffffffffffffff}\n    securityContext: {runAsUser: .nan, runAsGroup: -.inf}\n"), "."),
		manifest("of an image", podWith("    command: [\""+strings.Repeat("a@b:c/", 100_000)+"\"]\n  - {name: b, image: \""+strings.Repeat("a/", 100_000)+"@sha256:x:y\"}\n"), ""),
		manifest("of a selector", "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: a}\nspec: {selector: \""+strings.Repeat("(", 100_000)+"a=='b'"+strings.Repeat(")", 100_000)+"\"}\n", ""),
		manifest("of negations", "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: a}\nspec: {selector: \""+strings.Repeat("!", 1_000_000)+"a=='b'\"}\n", ""),
		manifest("of wrong types", podWith("    env: {a: b}\n    ports: x\n    volumeMounts: [1, [2], {3: 4}]\n  volumes: {hostPath: []}\n  initContainers: [null, 1]\n"), ""),
		manifest("of everything null", "apiVersion: apps/v1\nkind: Deployment\nmetadata: null\nspec: null\n---\napiVersion: v1\nkind: Service\nmetadata: []\nspec: 1\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {ingress: [null], egress: 1, podSelector: []}\n", ""),
		manifest("of a JSON bomb", "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": "+strings.Repeat("{\"a\":", 200_000), "."),
		manifest("of ignore comments", "# sekisho:ignore *\n# sekisho:ignore host-path-volume -- \n# sekisho:ignore "+strings.Repeat("a,", 100_000)+"\n# sekisho:ignore-file * -- all of it\n# sekisho:disable\n"+object, ""),
		{
			name: "manifests that reach each other", exit: 1, heavy: true,
			build: func(r *repo) {
				var b strings.Builder
				for i := range 400 {
					fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%[1]d, labels: {a: x%[1]d}}\nspec: {containers: [{name: a, image: registry.example/a:1}]}\n", i)
					fmt.Fprintf(&b, "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n%d}\nspec: {podSelector: {matchExpressions: [{key: a, operator: Exists}]}, ingress: [{from: [{podSelector: {}}]}]}\n", i)
				}
				r.file("many.yaml", b.String())
			},
		},
		{
			name: "pods under as many policies", exit: 1, heavy: true,
			build: func(r *repo) {
				r.file("many.yaml", numbered(labelled, 4500)+
					numbered("---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n%d}\nspec: {podSelector: {matchLabels: {b: x}}, ingress: [{from: [{podSelector: {}}]}]}\n", 4500))
			},
		},
		{
			name: "policies that each select each pod", culprit: "many.yaml", says: "more than 50000000 comparisons", heavy: true,
			build: func(r *repo) {
				r.file("many.yaml", numbered(labelled, 2500)+
					numbered("---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n%d}\nspec: {podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [y%[1]d]}]}}\n", 2500))
			},
		},
		{
			name: "text that speaks of every provider", culprit: "text.yaml", says: "more than 16 MiB of text", heavy: true,
			build: func(r *repo) {
				text := strings.Repeat("adobe airtable algolia asana bitbucket cloudflare databricks datadog discord dropbox fastly gitter grafana heroku hubspot okta sentry snyk twitter zendesk ", 58_000)
				for _, name := range []string{"text", "more", "evenmore"} {
					r.file(name+".yaml", object+"data: {a: \""+text+"\"}\n")
				}
			},
		},
		{
			name: "services of the same pods", exit: 1, heavy: true,
			build: func(r *repo) {
				r.file("many.yaml", numbered("---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%d, labels: {a: x}}\nspec: {containers: [{name: a, image: registry.example/a:1}]}\n", 1500)+
					numbered("---\napiVersion: v1\nkind: Service\nmetadata: {name: s%d}\nspec: {selector: {a: x}, ports: [{port: 80, targetPort: x}]}\n", 1500))
			},
		},
		{
			name: "many small files", exit: 1, heavy: true,
			build: func(r *repo) {
				for i := range 10_000 {
					r.file(fmt.Sprintf("many/%02d/%d.yaml", i%100, i), object)
				}
			},
		},
		{
			name: "folders nested deeply", exit: 1,
			build: func(r *repo) { r.file(strings.Repeat("d/", 900)+"pod.yaml", object) },
		},

		dockerfile("with a giant here-document", "FROM scratch\nRUN <<EOF\n"+strings.Repeat("echo x\n", 400_000)+"EOF\n", "bytes"),
		dockerfile("with an open here-document", "FROM scratch\nRUN <<EOF\n"+strings.Repeat("echo x\n", 100_000), "."),
		dockerfile("of many here-documents", "FROM scratch\nRUN "+strings.Repeat("<<A ", 10_000)+"\n", "."),
		dockerfile("of many stages", strings.Repeat("FROM scratch\n", 60_000), "stages"),
		dockerfile("of stages in a circle", "FROM c AS a\nFROM a AS b\nFROM b AS c\nFROM a AS a\nFROM c\n", ""),
		dockerfile("of arguments that double", "ARG A=0123456789\n"+strings.Repeat("ARG A=$A$A\n", 60)+"FROM $A\n", ""),
		dockerfile("of variables that double", "FROM scratch\nENV A=0123456789\n"+strings.Repeat("ENV A=$A$A$A$A\n", 60)+"USER $A\n", ""),
		dockerfile("of replaced variables", "ARG A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"+strings.Repeat("ARG A=${A//a/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n", 20)+"FROM $A\n", ""),
		dockerfile("of many variables", "FROM scratch\n"+numbered("ENV A%d=x\n", 60_000), "instructions"),
		dockerfile("of nested defaults", "ARG A="+strings.Repeat("${A:-", 20_000)+strings.Repeat("}", 20_000)+"\nFROM $A\n", "."),
		dockerfile("of a long line", "FROM scratch\nRUN "+strings.Repeat("x", 1<<20-100)+"\n", "."),
		dockerfile("of triggers", "FROM scratch\n"+strings.Repeat("ONBUILD ", 50_000)+"RUN x\n", "."),
		dockerfile("of garbage", "FROM scratch\n\x00\xff\xfe{{\n", "UTF-8"),
		dockerfile("of continued lines", "FROM scratch\nRUN x"+strings.Repeat(" \\\n", 200_000)+"\n", ""),
		dockerfile("with a syntax of its own", "# syntax=registry.example/evil:latest\n# escape=`\nFROM scratch\nRUN --mount=type=secret,id=x,target=/x --network=host cat /x\n", ""),
		dockerfile("with hostile words", "FROM scratch AS a\\n::error::x\n::error::pwned\n##vso[task.complete]x\n\x1b[2K::add-mask::x y\n", "."),
	}
}

// labelled is a pod with a label of its own and one that all have.
const labelled = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%[1]d, labels: {a: x%[1]d, b: x}}\nspec: {containers: [{name: a, image: registry.example/a:1}]}\n"

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
