package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// template is a chart whose one template does the harm.
func template(name, text, says string) hostile {
	return hostile{name: "template " + name, build: func(r *repo) { r.chart(text) }, culprit: "chart/templates/a.yaml", says: says}
}

// slowTemplate is a template that ends only by the time-out or for want of
// memory.
func slowTemplate(name, text, says string) hostile {
	h := template(name, text, says)
	h.slow = true
	return h
}

// oddTemplate is one that asks for what is not given, and gets nothing.
func oddTemplate(name, text string) hostile {
	h := template(name, text, "")
	h.exit, h.culprit = 1, ""
	return h
}

// secretly is a ConfigMap that shows the result of an expression.
func secretly(expression string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: {{ " + expression + " | quote }}\n"
}

func hostileCharts() []hostile {
	return []hostile{
		slowTemplate("until", `{{ range until 2000000000 }}a: {{ . }}{{ "\n" }}{{ end }}`, "until|memory|longer"),
		slowTemplate("untilStep", `{{ range untilStep 0 2000000000 1 }}{{ end }}`, "until|memory|longer"),
		slowTemplate("seq", `{{ seq 1 2000000000 }}`, "seq|memory|longer"),
		slowTemplate("nested range", strings.Repeat(`{{ range until 10000 }}`, 4)+strings.Repeat(`{{ end }}`, 4), "longer|steps"),
		slowTemplate("repeat", `{{ repeat 2000000000 "x" }}`, "repeat|memory"),
		slowTemplate("indent", `{{ indent 2000000000 "x" }}`, "indent|memory"),
		slowTemplate("doubling", `{{ $x := "0123456789" }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}{{ $x }}`, "memory|output|longer|large|more than"),
		slowTemplate("replace", `{{ $x := repeat 100000 "x" }}{{ $x = replace "x" $x $x }}{{ len $x }}`, "memory|output|longer|large|more than"),
		slowTemplate("printf width", `{{ range until 10000 }}{{ printf "%1000000d" . }}{{ end }}`, "memory|output|longer|large|more than"),
		slowTemplate("output", `{{ range until 10000 }}{{ range until 10000 }}a: b{{ "\n" }}{{ end }}{{ end }}`, "memory|output|longer|large|steps"),
		slowTemplate("list", `{{ $l := list 1 }}{{ range until 40 }}{{ $l = concat $l $l }}{{ end }}`, "memory|longer"),
		slowTemplate("deep copy", `{{ $d := dict "a" "b" }}{{ range until 40 }}{{ $d = dict "x" (deepCopy $d) "y" (deepCopy $d) }}{{ end }}`, "memory|longer"),
		slowTemplate("key", `{{ range until 100000 }}{{ genPrivateKey "rsa" | sha256sum }}{{ bcrypt "x" }}{{ end }}`, "longer|steps|parse|cannot|read"),
		slowTemplate("cyclic dict printed", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}`, "deep|stack|cycl|itself"),
		oddTemplate("cyclic dict as YAML", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toYaml $d }}`),
		slowTemplate("cyclic dict as JSON", `{{ $d := dict }}{{ $_ := set $d "d" $d }}a: {{ toJson $d }}`, "."),
		slowTemplate("cyclic dict copied", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ deepCopy $d }}`, "deep|stack|cycl|itself|longer|memory"),
		slowTemplate("cyclic values", `{{ $_ := set .Values "v" .Values }}{{ .Values }}`, "deep|stack|cycl|itself"),
		slowTemplate("include recursion", `{{ define "x" }}{{ include "x" . }}{{ include "x" . }}{{ end }}{{ include "x" . }}`, "deep|nest|recurs|longer|depth"),
		slowTemplate("template recursion", `{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}`, "deep|nest|recurs|longer|depth"),
		slowTemplate("tpl recursion", `{{ $_ := set .Values "t" "{{ tpl .Values.t . }}{{ tpl .Values.t . }}" }}{{ tpl .Values.t . }}`, "deep|nest|recurs|longer|depth|stack|memory"),
		slowTemplate("tpl fork", `{{ $_ := set .Values "t" "{{ if gt .n 0 }}{{ $d := dict \"n\" (sub .n 1) \"t\" .t \"Template\" .Template }}{{ tpl .t $d }}{{ tpl .t $d }}{{ end }}" }}{{ tpl .Values.t (dict "n" 60 "t" .Values.t "Template" .Template) }}`, "longer|steps|nest"),
		slowTemplate("alias bomb", "{{ `"+aliasBomb+"` | fromYaml | toYaml }}", "alias|memory|longer|."),
		template("regex bomb", `{{ regexMatch "(((a{100}){100}){100}){100}" "aaa" }}`, "."),
		oddTemplate("regex backtracking", secretly(`regexMatch "(x+x+)+y$" (repeat 5000 "x")`)),
		template("many documents", `{{ range until 100000 }}---{{ "\n" }}a: b{{ "\n" }}{{ end }}`, "documents"),
		template("negative indent", `a: {{ indent -1 "x" }}`, "."),
		template("hostile error", `{{ fail "\n::error::pwned\r##vso[task.complete result=Succeeded;]\u001b[2K\u2028::add-mask::a" }}`, "pwned"),
		template("not YAML", "apiVersion: v1\nkind: Pod\n\tmetadata: {\n", "."),
		template("endless comment", "{{/* "+strings.Repeat("x", 1<<20), "."),
		template("deep nesting", `{{ range until 1000 }}{{ repeat . " " }}a:{{ "\n" }}{{ end }}{{ range until 100 }}{{ repeat 20000 "[" }}{{ end }}`, "."),
		template("deep parentheses", "{{ "+strings.Repeat("(", 200_000)+"1"+strings.Repeat(")", 200_000)+" }}", "."),
		oddTemplate("env", secretly(`print (regexFind "canary.*" (toString .)) (toString (lookup "v1" "Secret" "default" "x"))`)),
		template("env called", secretly(`env "SEKISHO_TEST_CANARY"`), "env"),
		template("expandenv called", secretly(`expandenv "$SEKISHO_TEST_CANARY"`), "expandenv"),
		oddTemplate("lookup", secretly(`lookup "v1" "Secret" "default" "x" | toString`)),
		oddTemplate("getHostByName", secretly(`getHostByName "canary.example"`)),
		oddTemplate("files outside", secretly(`print (.Files.Get "../../outside/secret") (.Files.Get "/proc/self/environ") (.Files.Glob "../**").AsConfig`)),

		{
			name: "values with an alias bomb", culprit: "chart/values.yaml", says: "anchors",
			build: func(r *repo) { r.chart(object); r.file("chart/values.yaml", aliasBomb) },
		},
		{
			name: "Chart.yaml with an alias bomb", culprit: "chart/Chart.yaml", says: ".",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\nannotations:\n"+indented(aliasBomb))
			},
		},
		{
			name: "values nested deeply", culprit: "chart/values.yaml", says: ".",
			build: func(r *repo) { r.chart(object); r.file("chart/values.yaml", "a: "+strings.Repeat("[", 500_000)) },
		},
		{
			name: "values nested deeply and closed", culprit: "chart/templates/a.yaml", says: "deep",
			build: func(r *repo) {
				r.chart("a: {{ toJson .Values.a }}\n")
				r.file("chart/values.yaml", "a: "+strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000))
			},
		},
		{
			name: "Chart.yaml of garbage", culprit: "chart/Chart.yaml", says: ".",
			build: func(r *repo) { r.chart(object); r.file("chart/Chart.yaml", "\x00\x01\xff{{[[::") },
		},
		{
			name: "Chart.yaml that is a list", culprit: "chart/Chart.yaml", says: ".",
			build: func(r *repo) { r.chart(object); r.file("chart/Chart.yaml", "- a\n- b\n") },
		},
		{
			name: "Chart.yaml with hostile words", culprit: "chart/Chart.yaml", says: ".",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/Chart.yaml", "apiVersion: v2\nname: \"a\\n::error::x\\u2028::stop-commands::t\\e[2K\"\nversion: \"##vso[task.complete]\"\nkubeVersion: \"\\n##[error]x\"\n")
			},
		},
		{
			name: "missing dependency", culprit: "chart/Chart.yaml", says: "dependency",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\ndependencies:\n- name: gone\n  version: 1.0.0\n  repository: "+r.url()+"\n- name: oci\n  version: 1.0.0\n  repository: oci://"+strings.TrimPrefix(r.url(), "http://")+"/x\n")
			},
		},
		{
			name: "dependency outside", culprit: "chart/Chart.yaml", says: "dependency",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\ndependencies:\n- name: outsider\n  version: 1.0.0\n  repository: file://../../outside/chart\n")
			},
		},
		{
			name: "dependency on itself", culprit: "chart/Chart.yaml", says: "itself",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\ndependencies:\n- name: other\n  version: 1.0.0\n  repository: file://../other\n")
				r.file("other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\ndependencies:\n- name: chart\n  version: 1.0.0\n  repository: file://../chart\n")
			},
		},
		{
			name: "dependencies that double", slow: true, culprit: "l00a/Chart.yaml", says: ".",
			build: func(r *repo) {
				for i := range 16 {
					for _, side := range []string{"a", "b"} {
						meta := chartMeta(fmt.Sprintf("l%02d%s", i, side))
						if i < 15 {
							meta += fmt.Sprintf("dependencies:\n- {name: l%02[1]da, version: 1.0.0, repository: \"file://../l%02[1]da\"}\n- {name: l%02[1]db, version: 1.0.0, repository: \"file://../l%02[1]db\"}\n", i+1)
						}
						dir := fmt.Sprintf("l%02d%s", i, side)
						if i > 0 { // only the first is found by itself
							r.file(".sekisho.yaml", "exclude: [\"/l*\", \"!/l00a\"]\n")
						}
						r.file(dir+"/Chart.yaml", meta)
						r.file(dir+"/templates/a.yaml", object)
					}
				}
			},
		},
		{
			name: "archive that climbs out", culprit: "chart/charts/sub.tgz", says: ".",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/charts/sub.tgz", packed(entry{"sub/Chart.yaml", chartMeta("sub")}, entry{"sub/../../../../pwned.yaml", "a: 1\n"}, entry{"/etc/pwned", "a"}))
			},
		},
		{
			name: "archive with a link", exit: 1,
			build: func(r *repo) {
				r.chart(object)
				var b bytes.Buffer
				gz := gzip.NewWriter(&b)
				w := tar.NewWriter(gz)
				r.check(w.WriteHeader(&tar.Header{Name: "sub/Chart.yaml", Mode: 0o644, Size: int64(len(chartMeta("sub")))}))
				_, err := io.WriteString(w, chartMeta("sub"))
				r.check(err)
				r.check(w.WriteHeader(&tar.Header{Name: "sub/templates/x.yaml", Typeflag: tar.TypeSymlink, Linkname: r.outside + "/pod.yaml"}))
				r.check(w.WriteHeader(&tar.Header{Name: "sub/templates/y.yaml", Typeflag: tar.TypeLink, Linkname: "../../../../outside/pod.yaml"}))
				r.check(w.Close())
				r.check(gz.Close())
				r.file("chart/charts/sub.tgz", b.String())
			},
		},
		{
			name: "archive that grows", culprit: "chart/charts/sub.tgz", says: "size|large|exceed|bytes", heavy: true,
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/charts/sub.tgz", packed(entry{"sub/Chart.yaml", chartMeta("sub")}, entry{"sub/values.yaml", "a: " + strings.Repeat("0", 120<<20)}))
			},
		},
		{
			name: "archive of many files", culprit: "chart/charts/sub.tgz", says: ".", heavy: true,
			build: func(r *repo) {
				r.chart(object)
				entries := []entry{{"sub/Chart.yaml", chartMeta("sub")}}
				for i := range 40_000 {
					entries = append(entries, entry{fmt.Sprintf("sub/templates/%d.yaml", i), "a: 1\n"})
				}
				r.file("chart/charts/sub.tgz", packed(entries...))
			},
		},
		{
			name: "archives in archives", exit: 1,
			build: func(r *repo) {
				r.chart(object)
				inner := packed(entry{"sub/Chart.yaml", chartMeta("sub")}, entry{"sub/templates/a.yaml", object})
				for range 50 {
					inner = packed(entry{"sub/Chart.yaml", chartMeta("sub")}, entry{"sub/charts/sub.tgz", inner})
				}
				r.file("chart/charts/sub.tgz", inner)
			},
		},
		{
			name: "archive of garbage", culprit: "chart/charts/sub.tgz", says: ".",
			build: func(r *repo) { r.chart(object); r.file("chart/charts/sub.tgz", "\x1f\x8bgarbage") },
		},
		{
			name: "schema that asks a server", culprit: "chart/values.schema.json", says: ".",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/values.yaml", "a: 1\n")
				r.file("chart/values.schema.json", `{"$ref": "`+r.url()+`/schema.json"}`)
			},
		},
		{
			name: "schema that reads a file", culprit: "chart/values.schema.json", says: ".",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/values.yaml", "a: 1\n")
				r.file("chart/values.schema.json", `{"properties": {"a": {"$ref": "file://`+r.outside+`/secret"}}}`)
			},
		},
		{
			name: "schema of itself", culprit: "chart/values.yaml", says: "cycle",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/values.yaml", "a: 1\n")
				r.file("chart/values.schema.json", `{"$ref": "#/definitions/a", "definitions": {"a": {"allOf": [{"$ref": "#/definitions/a"}, {"$ref": "#/definitions/a"}]}}}`)
			},
		},
		{
			name: "schema that doubles", slow: true, culprit: "chart/Chart.yaml", says: "longer|memory",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/values.yaml", "a: 1\n")
				var b strings.Builder
				for i := range 40 {
					fmt.Fprintf(&b, `"d%[1]d": {"allOf": [{"$ref": "#/definitions/d%[2]d"}, {"$ref": "#/definitions/d%[2]d"}]}, `, i, i+1)
				}
				r.file("chart/values.schema.json", `{"$ref": "#/definitions/d0", "definitions": {`+b.String()+`"d40": {}}}`)
			},
		},
		{
			name: "schema with a pattern", culprit: "chart/values.schema.json", says: ".",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/values.yaml", "a: 1\n")
				r.file("chart/values.schema.json", `{"patternProperties": {"(((a{100}){100}){100})": {}}}`)
			},
		},
		{
			name: "chart of many dependencies", culprit: "chart/Chart.yaml", says: ".", heavy: true,
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/Chart.yaml", chartMeta("chart")+"dependencies:\n"+numbered("- {name: d%d, version: 1.0.0, repository: \"https://charts.example\"}\n", 100_000))
			},
		},
		{
			name: "values that hold themselves", culprit: "chart/values.yaml", says: "contains itself",
			build: func(r *repo) {
				r.chart("a: {{ toJson .Values }}\n")
				r.file("chart/values.yaml", "a: &a\n  b: *a\n")
			},
		},
		{
			name: ".helmignore of many rules", heavy: true, exit: 1,
			build: func(r *repo) {
				r.chart(object)
				var b strings.Builder
				for i := range 100_000 {
					fmt.Fprintf(&b, "%d*a*b*c*d*e*f*?\n", i)
				}
				r.file("chart/.helmignore", b.String())
				for i := range 100 {
					r.file(fmt.Sprintf("chart/templates/%d.yaml", i), object)
				}
			},
		},
		{
			name: ".helmignore that hides the chart", culprit: "chart/Chart.yaml", says: ".",
			build: func(r *repo) { r.chart(object); r.file("chart/.helmignore", "*\n") },
		},
		{
			name: ".helmignore of garbage", culprit: "chart/.helmignore", says: ".",
			build: func(r *repo) { r.chart(object); r.file("chart/.helmignore", "[\n\x00\n**/[a\n") },
		},
		{
			name: "CRDs without an end", culprit: "chart/crds/a.yaml", says: ".",
			build: func(r *repo) {
				r.chart(object)
				r.file("chart/crds/a.yaml", strings.Repeat("---\napiVersion: v1\nkind: X\nmetadata: {name: a}\n", 100_000))
			}, heavy: true,
		},
		{
			name: "chart of many files", exit: 1,
			build: func(r *repo) {
				r.chart(object)
				for i := range 10_000 {
					r.file(fmt.Sprintf("chart/files/%02d/%d.txt", i%100, i), "x")
				}
			},
		},
	}
}

func chartMeta(name string) string {
	return "apiVersion: v2\nname: " + name + "\nversion: 1.0.0\n"
}

// aliasBomb is nine levels of nine uses each: 387 million strings.
const aliasBomb = `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]
h: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g]
i: &i [*h, *h, *h, *h, *h, *h, *h, *h, *h]
`

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

type entry struct{ name, text string }

// packed is a packed chart.
func packed(entries ...entry) string {
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	w := tar.NewWriter(gz)
	for _, e := range entries {
		// Memory does not fail to be written to.
		_ = w.WriteHeader(&tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.text))})
		_, _ = io.WriteString(w, e.text)
	}
	_ = w.Close()
	_ = gz.Close()
	return b.String()
}
