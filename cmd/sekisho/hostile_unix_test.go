//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// linked is a repository in which one name leads elsewhere.
func linked(name, link, target, culprit, says string, build func(r *repo)) hostile {
	return hostile{name: "link " + name, culprit: culprit, says: says, build: func(r *repo) {
		if build != nil {
			build(r)
		}
		r.link(link, strings.ReplaceAll(target, "OUTSIDE", r.outside))
	}}
}

func (r *repo) link(name, target string) {
	r.tb.Helper()
	r.check(os.MkdirAll(filepath.Dir(r.path(name)), 0o755))
	_ = os.Remove(r.path(name))
	r.check(os.Symlink(target, r.path(name)))
}

// pipe is a repository in which a file is a pipe that nobody writes to: who
// opens it waits for ever.
func pipe(name string, exit int, culprit string, build func(r *repo)) hostile {
	return hostile{name: "pipe " + name, exit: exit, culprit: culprit, says: ".", build: func(r *repo) {
		if build != nil {
			build(r)
		}
		r.check(os.MkdirAll(filepath.Dir(r.path(name)), 0o755))
		_ = os.Remove(r.path(name))
		r.check(syscall.Mkfifo(r.path(name), 0o644))
	}}
}

func aChart(r *repo)         { r.chart(object) }
func aKustomization(r *repo) { r.kustomization("resources: [pod.yaml]\n") }

func hostileFiles() []hostile {
	return []hostile{
		linked("manifest outside", "bad.yaml", "../outside/pod.yaml", "bad.yaml", "link", nil),
		linked("manifest elsewhere", "bad.yaml", "OUTSIDE/pod.yaml", "bad.yaml", "link", nil),
		linked("manifest to the environment", "bad.yaml", "/proc/self/environ", "bad.yaml", "link", nil),
		linked("manifest without an end", "bad.yaml", "/dev/zero", "bad.yaml", "link", nil),
		linked("manifest to itself", "bad.yaml", "bad.yaml", "bad.yaml", "link", nil),
		linked("Dockerfile outside", "Dockerfile", "../outside/secret", "Dockerfile", "link", nil),
		linked("Dockerfile without an end", "Dockerfile", "/dev/zero", "Dockerfile", "link", nil),
		linked("kustomization outside", "kustom/kustomization.yaml", "../../outside/base/kustomization.yaml", "kustom/kustomization.yaml", "link", nil),
		linked("values outside", "chart/values.yaml", "../../outside/values.yaml", "chart/values.yaml", "link", aChart),
		linked("values to the environment", "chart/values.yaml", "/proc/self/environ", "chart/values.yaml", "link", aChart),
		linked("values without an end", "chart/values.yaml", "/dev/zero", "chart/values.yaml", "link", aChart),
		linked("template outside", "chart/templates/x.yaml", "../../../outside/pod.yaml", "chart/templates/x.yaml", "link", aChart),
		linked("template elsewhere", "chart/templates/x.yaml", "/etc/passwd", "chart/templates/x.yaml", "link", aChart),
		linked("templates outside", "chart/templates/more", "../../../outside/chart/templates", "chart/templates/more", "link", aChart),
		linked("templates in a circle", "chart/templates/more", "..", "chart", "link", aChart),
		linked("chart's file outside", "chart/files/x", "OUTSIDE/secret", "chart/files/x", "link", aChart),
		linked("Chart.yaml outside", "chart/Chart.yaml", "../../outside/chart/Chart.yaml", "chart/Chart.yaml", "link", aChart),
		linked("subchart outside", "chart/charts/outsider", "../../../outside/chart", "chart/charts/outsider", "link", aChart),
		linked("ci values outside", "chart/ci/x-values.yaml", "../../../outside/values.yaml", "chart/ci/x-values.yaml", "link", aChart),
		linked("schema outside", "chart/values.schema.json", "../../outside/secret", "chart/values.schema.json", "link", aChart),
		linked(".helmignore outside", "chart/.helmignore", "../../outside/secret", "chart/.helmignore", ".", aChart),
		linked("patch outside", "kustom/patch.yaml", "../../outside/pod.yaml", "kustom/kustomization.yaml", ".", func(r *repo) {
			r.kustomization("resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n")
		}),
		linked("resource to the environment", "kustom/x.yaml", "/proc/self/environ", "kustom/kustomization.yaml", ".", func(r *repo) {
			r.kustomization("resources: [pod.yaml, x.yaml]\n")
		}),
		linked("generated file outside", "kustom/secret", "../../outside/secret", "kustom/kustomization.yaml", ".", func(r *repo) {
			r.kustomization("resources: [pod.yaml]\nconfigMapGenerator: [{name: a, files: [secret]}]\n")
		}),
		linked("generated device", "kustom/zero", "/dev/zero", "kustom/kustomization.yaml", ".", func(r *repo) {
			r.kustomization("resources: [pod.yaml]\nconfigMapGenerator: [{name: a, files: [zero]}]\n")
		}),
		linked("ignore file outside", ".sekishoignore", "../outside/secret", ".sekishoignore", ".", nil),
		linked("ignore file without an end", ".sekishoignore", "/dev/zero", ".sekishoignore", ".", nil),
		linked("git's ignore file outside", ".gitignore", "/dev/zero", ".gitignore", ".", nil),
		{name: "link of the configuration outside", exit: 2, culprit: "configuration", says: ".", build: func(r *repo) {
			r.link(".sekisho.yaml", "../outside/secret")
		}},
		{name: "link of the configuration without an end", exit: 2, culprit: "configuration", says: ".", build: func(r *repo) {
			r.link(".sekisho.yaml", "/dev/zero")
		}},
		{name: "link of a policy outside", exit: 2, culprit: "policy/x.rego", says: ".", build: func(r *repo) {
			r.file(".sekisho.yaml", "policies: [policy]\n")
			r.file("policy/a.rego", "package main\n")
			r.link("policy/x.rego", "../../outside/secret")
		}},
		{name: "link of the policies outside", exit: 2, culprit: "policy", says: ".", build: func(r *repo) {
			r.file(".sekisho.yaml", "policies: [policy]\n")
			r.link("policy", "../outside")
		}},
		{name: "link of policy data without an end", exit: 2, culprit: "policy/data.json", says: ".", build: func(r *repo) {
			r.file(".sekisho.yaml", "policies: [policy]\n")
			r.link("policy/data.json", "/dev/zero")
		}},
		{name: "links of folders in a circle", exit: 1, build: func(r *repo) {
			r.link("a/b/c", "../..")
			r.link("loop", ".")
			r.link("self", "self")
			r.link("up", "..")
			r.link("slash", "/")
		}},
		{
			name: "links that multiply a chart", culprit: "layers/19/a.yaml", says: "more than 20000 files", heavy: true,
			build: func(r *repo) {
				r.chart(object)
				for i := range 20 {
					r.file(fmt.Sprintf("layers/%02d/a.yaml", i), "a: 1\n")
					for _, side := range []string{"x", "y"} {
						r.link(fmt.Sprintf("layers/%02d/%s", i, side), fmt.Sprintf("../%02d", i+1))
					}
				}
				r.file("layers/20/a.yaml", "a: 1\n")
				r.link("chart/templates/more", "../../layers/00")
			},
		},
		{
			name: "link in the place of a report", exit: 3, args: []string{"--format", "text=report.txt"}, says: ".",
			build: func(r *repo) { r.link("report.txt", "../outside/secret") },
		},

		pipe("bad.yaml", 3, "bad.yaml", nil),
		pipe("Dockerfile", 3, "Dockerfile", nil),
		pipe("chart/Chart.yaml", 3, "chart/Chart.yaml", aChart),
		pipe("chart/values.yaml", 3, "chart/values.yaml", aChart),
		pipe("chart/templates/x.yaml", 3, "chart/templates/x.yaml", aChart),
		pipe("chart/.helmignore", 3, "chart/.helmignore", aChart),
		pipe("chart/requirements.yaml", 3, "chart/requirements.yaml", aChart),
		pipe("chart/ci/x-values.yaml", 3, "chart/ci/x-values.yaml", aChart),
		pipe("kustom/kustomization.yaml", 3, "kustom/kustomization.yaml", aKustomization),
		pipe("kustom/x.yaml", 3, "kustom/kustomization.yaml", func(r *repo) { r.kustomization("resources: [pod.yaml, x.yaml]\n") }),
		pipe("kustom/x.env", 3, "kustom/kustomization.yaml", func(r *repo) {
			r.kustomization("resources: [pod.yaml]\nconfigMapGenerator: [{name: a, envs: [x.env]}]\n")
		}),
		pipe(".sekisho.yaml", 2, ".sekisho.yaml", nil),
		pipe(".sekishoignore", 3, ".sekishoignore", nil),
		pipe(".gitignore", 3, ".gitignore", nil),
		pipe(".git/info/exclude", 1, "", nil),
		pipe(".git/index", 1, "", nil),
		pipe("policy/x.rego", 2, "policy/x.rego", func(r *repo) { r.file(".sekisho.yaml", "policies: [policy]\n") }),
		pipe("policy/data.yaml", 2, "policy/data.yaml", func(r *repo) { r.file(".sekisho.yaml", "policies: [policy]\n") }),
		{name: "socket", culprit: "bad.yaml", says: ".", build: func(r *repo) {
			fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			r.check(err)
			defer syscall.Close(fd)
			// The names of sockets are short: bind from within.
			short := fmt.Sprintf("%s/hostile-%d", os.TempDir(), os.Getpid())
			r.check(syscall.Bind(fd, &syscall.SockaddrUnix{Name: short}))
			r.check(os.Rename(short, r.path("bad.yaml")))
		}},
		{name: "file that may not be read", culprit: "bad.yaml", says: "permission", build: func(r *repo) {
			if os.Geteuid() == 0 {
				r.tb.Skip("root may read everything")
			}
			r.file("bad.yaml", object)
			r.check(os.Chmod(r.path("bad.yaml"), 0))
		}},
		{name: "folder that may not be read", culprit: "closed", says: "permission", build: func(r *repo) {
			if os.Geteuid() == 0 {
				r.tb.Skip("root may read everything")
			}
			r.file("closed/bad.yaml", object)
			r.check(os.Chmod(r.path("closed"), 0))
			r.tb.Cleanup(func() { _ = os.Chmod(r.path("closed"), 0o755) })
		}},
	}
}

// hostileGitFiles are repositories in which a file of git's is none: a pipe, a
// link out or a device. A link out is as good as no file.
func hostileGitFiles() []hostile {
	const needed, read, spare = "HEAD refs/heads/main", "config commondir index", "packed-refs shallow objects/info/alternates objects/pack/pack-0.idx"
	targets := map[string]string{"a pipe": "", "a file outside": "OUTSIDE/secret", "a device": "/dev/zero", "the environment": "/proc/self/environ", "itself": "."}
	var all []hostile
	for _, name := range strings.Fields(needed + " " + read + " " + spare) {
		for how, target := range targets {
			h := since("with "+how+" for "+name, 1, "", ".", func(r *repo) {
				r.history(nil)
				file := ".git/" + name
				switch target {
				case "":
					r.check(os.MkdirAll(filepath.Dir(r.path(file)), 0o755))
					_ = os.Remove(r.path(file))
					r.check(syscall.Mkfifo(r.path(file), 0o644))
				case ".":
					r.link(file, filepath.Base(file))
				default:
					r.link(file, strings.ReplaceAll(target, "OUTSIDE", r.outside))
				}
			})
			within := target == "" || target == "."
			if strings.Contains(needed, name) || strings.Contains(read, name) && within {
				h.exit, h.culprit = 2, "--changed-since"
			}
			all = append(all, h)
		}
	}
	return all
}

// words are names by which a repository might speak to a CI system. A name on
// disk is at most 255 bytes and holds no slash.
var words = map[string]string{
	"line end":       "a\n::error::pwned",
	"carriage":       "a\r::stop-commands::t",
	"colons":         "::error::pwned",
	"blank":          "   ::add-mask::a",
	"hashes":         "a ##[error]pwned",
	"azure":          "##vso[task.complete result=Succeeded;]x",
	"escape":         "\x1b[2K\x1b[1A::error::x",
	"line separator": "a\u2028::error::x\u0085::error::y",
	"right to left":  "a\u202elmay.x\u2066",
	"properties":     "a,file=b;c]d%0A::error::x",
	"markup":         "`|</details><img src=x>@team #1 [a](b)",
	"long":           strings.Repeat("x", 230),
	"bytes":          "a\xff\xfeb",
	"option":         "--config=none",
	"backslash":      `..\..\a`,
	"blanks":         " a ",
}

func hostileNames() []hostile {
	var all []hostile
	for name, word := range words {
		quoted := yamlQuote(word)
		all = append(all, hostile{name: "name " + name, exit: 3, culprit: "broken.yaml", says: ".", build: func(r *repo) {
			r.file("broken.yaml", "apiVersion: v1\nkind: Pod\n\t{\n")
			for _, file := range []string{word + ".yaml", word + "d/" + word + ".yaml", word + "f/Dockerfile", word + ".Dockerfile"} {
				text := strings.ReplaceAll(healthy, "name: healthy", "name: "+quoted) + "  - name: " + quoted + "\n    hostPath: {path: " + quoted + "}\n"
				if strings.HasSuffix(file, "Dockerfile") {
					text = "FROM x:latest AS a\nUSER root\nENV PASSWORD=" + strings.ReplaceAll(word, "\n", "") + "\n"
				}
				r.file(file, text)
				r.file(strings.TrimSuffix(file, ".yaml")+"2.yaml", "apiVersion: v1\nkind: Pod\n\t{\n")
			}
			for _, dir := range []string{word + "c", word + "k"} {
				r.file(dir+"/ci/"+clipName(word)+"-values.yaml", "a: 1\n")
				r.file(dir+"/templates/"+word+".yaml", strings.ReplaceAll(healthy, "name: healthy", "name: "+quoted))
				r.file(dir+"/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
			}
			r.file(word+"b/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n")
			r.file(word+"b/templates/"+word+".yaml", "{{ fail "+quoted+" }}")
			r.file(word+"o/kustomization.yaml", "resources: ["+quoted+"]\n")
			config := "exceptions:\n- {rules: [run-as-root], reason: " + quoted + "}\n"
			if !strings.Contains(word, `\`) && utf8.ValidString(word) { // no way to write such a path there
				config += "releases:\n- {name: " + quoted + ", chart: " + yamlQuote(word+"c") + "}\n"
			}
			r.file(".sekisho.yaml", config)
		}})
	}
	return all
}

// clipName leaves room for a suffix.
func clipName(s string) string {
	if len(s) > 200 {
		return s[:200]
	}
	return s
}

// yamlQuote is a text in YAML's double quotes; bytes that are no text are
// left out.
func yamlQuote(s string) string {
	s = strings.ToValidUTF8(s, "")
	return strings.NewReplacer("\x1b", `\e`, "\u0085", `\N`, "\u2028", `\L`).Replace(fmt.Sprintf("%q", s))
}

// leftBehind lists processes that still work in a folder. Workers that were
// killed get a moment to go.
func leftBehind(dir string) []string {
	for range 50 {
		left := workingIn(dir)
		if len(left) == 0 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return workingIn(dir)
}

// workingIn reads /proc; where there is none the answer is nothing.
func workingIn(dir string) []string {
	var found []string
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, dir) {
			cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			found = append(found, strings.ReplaceAll(string(cmdline), "\x00", " "))
		}
	}
	return found
}
