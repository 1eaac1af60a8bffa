package main

import (
	"fmt"
	"strings"
)

// policy is a policy of the repository's own, named by its configuration.
func policy(name, body, says string) hostile {
	h := hostile{
		name: "policy " + name, culprit: "policy/bad.rego", says: says,
		build: func(r *repo) {
			r.file(".sekisho.yaml", "policies: [policy]\nlimits: {policy-timeout: 2s}\n")
			text := "package main\n\n" + body
			if strings.Contains(text, "URL") {
				text = strings.ReplaceAll(text, "URL", r.url())
			}
			r.file("policy/bad.rego", text)
		},
	}
	return h
}

// refused is a policy that cannot be compiled: exit code 2.
func refused(name, body, says string) hostile {
	h := policy(name, body, says)
	h.exit = 2
	return h
}

// oddPolicy is one that has its say.
func oddPolicy(name, body string) hostile {
	h := policy(name, body, "")
	h.exit, h.culprit = 1, ""
	return h
}

// slowPolicy is one that ends by its limits only.
func slowPolicy(name, body, says string) hostile {
	h := policy(name, body, says)
	h.slow = true
	return h
}

// configured is a repository with a configuration of its own.
func configured(name, text, says string) hostile {
	return hostile{
		name: "configuration " + name, exit: 2, culprit: ".sekisho.yaml", says: says,
		build: func(r *repo) { r.file(".sekisho.yaml", text) },
	}
}

func hostilePolicies() []hostile {
	return []hostile{
		slowPolicy("without an end", "deny contains \"x\" if {\n\tsome a in numbers.range(1, 1000000)\n\tsome b in numbers.range(1, 1000000)\n\ta + b == 0\n}\n", "stopped"),
		slowPolicy("of a huge list", "deny contains \"x\" if count([a | some a in numbers.range(1, 1000000000)]) == 0\n", "stopped|memory"),
		slowPolicy("of all addresses", "deny contains \"x\" if count(net.cidr_expand(\"0.0.0.0/0\")) == 0\n", "stopped|memory"),
		slowPolicy("that doubles", "x0 := \"0123456789\"\n"+doubled(40)+"deny contains \"x\" if x40 == \"\"\n", "stopped|memory"),
		slowPolicy("that replaces", "x0 := \"0123456789\"\n"+doubled(16)+"deny contains \"x\" if replace(x16, \"1\", x16) == \"\"\n", "stopped|memory|long"),
		refused("that shifts", "deny contains \"x\" if bits.lsh(1, 100000000000) == 0\n", "bits.lsh"),
		refused("with a schema elsewhere", "deny contains \"x\" if json.match_schema({}, {\"$ref\": \"file:///proc/self/environ\"})[0]\n", "json.match_schema"),
		slowPolicy("of many endless rules", endless(50), "stopped|not asked"),
		slowPolicy("of powers", "x0 := 1000000007\n"+squared(40)+"deny contains \"x\" if x40 == 0\n", "stopped|memory"),
		slowPolicy("of paths", "g := {sprintf(\"%d\", [i]): [sprintf(\"%d\", [j]) | some j in numbers.range(0, 30)] | some i in numbers.range(0, 30)}\ndeny contains \"x\" if count(graph.reachable_paths(g, {\"0\"})) == 0\n", "stopped|memory"),
		slowPolicy("of patterns", "x0 := \"0123456789\"\n"+doubled(22)+"deny contains \"x\" if regex.match(\"(.*1.*2.*3.*)+z$\", x22)\n", "stopped|memory"),
		oddPolicy("of wide words", "deny contains sprintf(\"%1000000d\", [1])\n"),
		policy("that fails", "deny contains \"x\" if 1 / 0 == 1\ndeny contains {\"msg\": 1}\n", "."),
		refused("that asks a server", "deny contains \"x\" if http.send({\"method\": \"GET\", \"url\": \"URL\"}).status_code == 200\n", "http.send"),
		refused("that reads the environment", "deny contains sprintf(\"%v\", [opa.runtime().env]) if true\n", "opa.runtime"),
		refused("that looks up a name", "deny contains \"x\" if net.lookup_ip_addr(\"canary.example\")\n", "lookup"),
		refused("that calls itself", "f(x) := f(x)\ndeny contains \"x\" if f(1)\n", "recurs"),
		refused("nested deeply", "deny contains \"x\" if "+strings.Repeat("[", 100_000)+"\n", "."),
		refused("nested and closed", "deny contains \"x\" if "+strings.Repeat("(", 100_000)+"1"+strings.Repeat(")", 100_000)+"\n", "."),
		refused("of garbage", "\x00\xff deny {{{\n", "."),
		refused("with hostile words", "deny contains ::error::x\n##vso[task.complete]\n", "."),
		{
			name: "policy with data of an alias bomb", exit: 2, culprit: "policy/data.yaml", says: ".",
			build: func(r *repo) {
				r.file(".sekisho.yaml", "policies: [policy]\n")
				r.file("policy/data.yaml", aliasBomb)
			},
		},
		{
			name: "policy with much data", exit: 2, culprit: "policy/data.json", says: "memory|longer", heavy: true,
			build: func(r *repo) {
				r.file(".sekisho.yaml", "policies: [policy]\nlimits: {memory: 128MiB}\n")
				r.file("policy/data.json", `{"a": [`+strings.Repeat("{},", 3_000_000)+"1]}")
			}, args: []string{"--memory", "128MiB"},
		},
		{
			name: "policy in the place of a rule", exit: 2, culprit: "policy/bad.rego", says: "exists already",
			build: func(r *repo) {
				r.file(".sekisho.yaml", "policies: [policy]\n")
				r.file("policy/bad.rego", "# METADATA\n# title: T\n# description: D\n# scope: package\n# custom:\n#   severity: note\n#   kinds: [any]\n#   remediation: R\npackage policies.pod[\"host-path-volume\"]\n\ndeny contains \"x\" if false\n")
			},
		},
		{
			name: "policy that takes the place of the library", exit: 2, culprit: "policy/bad.rego", says: ".",
			build: func(r *repo) {
				r.file(".sekisho.yaml", "policies: [policy]\n")
				r.file("policy/bad.rego", "package sekisho.lib\n\nimport rego.v1\n\nfinding(_, _) := {} if false\n")
			},
		},

		configured("with an alias bomb", aliasBomb, "."),
		configured("with an alias bomb in params", "rules:\n  host-path-volume:\n    params:\n"+indented(indented(indented(aliasBomb))), "."),
		configured("nested deeply", "exclude: "+strings.Repeat("[", 200_000), "."),
		{
			name: "configuration of one line of 50 MB", exit: 2, culprit: ".sekisho.yaml", says: "bytes|large",
			build: func(r *repo) { r.file(".sekisho.yaml", "exclude: ["+strings.Repeat("x", 50<<20)+"]\n") },
		},
		configured("of garbage", "\x00\xff", "."),
		configured("with a policy outside", "policies: [../outside]\n", "not a path inside"),
		configured("with an absolute chart", "releases: [{name: a, chart: /etc}]\n", "not a path inside"),
		configured("with values outside", "releases: [{name: a, chart: chart, values: [../outside/values.yaml]}]\n", "not a path inside"),
		configured("without an end", "limits: {policy-timeout: 1000h}\n", "at most"),
		configured("with hostile words", "\"a\\n::error::x\\u2028##vso[task.complete]\\e[2K\": 1\n", "unknown key"),
		configured("that lifts the limits", "limits: {timeout: 10m, memory: 1000GiB, output: 1000GiB}\n", "the most that the tree may ask for"),
		{
			name: "configuration with many patterns", exit: 1, heavy: true,
			build: func(r *repo) {
				r.file(".sekisho.yaml", "exclude:\n"+numbered("- \"**/a%d/**/b*c*d*/**/e?f*/**\"\n", 2000))
				for i := range 300 {
					r.file("many/a/b/c/d/"+strings.Repeat("x", i%100)+"/e.yaml", "a: 1\n")
				}
			},
		},
		{
			name: "ignore file of many patterns", culprit: ".sekishoignore", says: "patterns", heavy: true,
			build: func(r *repo) { r.file(".sekishoignore", numbered("**/a%d/**/b\n", 200_000)) },
		},
		{
			name: "ignore file of one pattern", exit: 1, heavy: true,
			build: func(r *repo) {
				r.file(".sekishoignore", strings.Repeat("**/", 10_000)+"x\n"+strings.Repeat("*a", 50_000)+"\n"+strings.Repeat("**/a/", 12)+"z\n")
				r.file(".gitignore", strings.Repeat("a/**/", 12)+"z\n")
				r.file(strings.Repeat("a/", 40)+"a.yaml", "a: 1\n")
			},
		},
		{
			name: "ignore file of garbage", exit: 1,
			build: func(r *repo) {
				r.file(".sekishoignore", "[\n\x00\xff\n!\n\\\n[a-\n/**\\\n"+strings.Repeat("[", 10_000)+"\n!healthy\n")
				r.file(".gitignore", "[]a]\n**\n")
				r.file(".gitignore", "")
			},
		},
	}
}

// endless are rules that never end, each in a place of its own.
func endless(n int) string {
	return numbered("deny_%d contains \"x\" if {\n\tsome a in numbers.range(1, 1000000)\n\tsome b in numbers.range(1, 1000000)\n\ta + b == 0\n}\n", n)
}

// doubled are rules x1 … xn, each twice as long as the one before.
func doubled(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x%d := concat(\"\", [x%d, x%d])\n", i+1, i, i)
	}
	return b.String()
}

// squared are rules x1 … xn, each the square of the one before.
func squared(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x%d := x%d * x%d\n", i+1, i, i)
	}
	return b.String()
}
