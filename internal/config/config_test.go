package config

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f, err := Parse(Name, []byte(`
profile: strict
exclude: [vendor/]
policies: [policy]
rules:
  host-path-volume: {severity: warning}
  image-without-tag:
    enabled: false
    params: {allow: [scratch]}
exceptions:
- rules: [host-port]
  paths: [charts/node-agent/]
  object: DaemonSet/*
  reason: the agent answers on the node's own address
  until: 2027-01-31
releases:
- name: api-prod
  chart: ./charts/api
  namespace: prod
  values: [charts/api/values-prod.yaml]
  set: {image.tag: "1.2", replicas: 3}
`))
	if err != nil {
		t.Fatal(err)
	}
	if f.Rules["image-without-tag"].Line != 7 || *f.Rules["image-without-tag"].Enabled {
		t.Errorf("rule: %+v", f.Rules["image-without-tag"])
	}
	if e := f.Exceptions[0]; e.Line != 11 || e.Until != "2027-01-31" {
		t.Errorf("exception: %+v", e)
	}
	r := f.Releases[0]
	if r.Chart != "charts/api" || r.SetStrings()["replicas"] != "3" || r.SetStrings()["image.tag"] != "1.2" {
		t.Errorf("release: %+v", r)
	}
	if err := f.CheckRules([]string{"host-path-volume", "image-without-tag", "host-port"}); err != nil {
		t.Error(err)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"exclud: [a]", `.sekisho.yaml:1: unknown key "exclud", did you mean "exclude"?`},
		{"\nreleases:\n- name: a\n  chrt: b", `.sekisho.yaml:4: unknown key "chrt", did you mean "chart"?`},
		{"rules:\n  x:\n    sevrity: error", `.sekisho.yaml:3: unknown key "sevrity", did you mean "severity"?`},
		{"zzzzzzzz: 1", "known are exceptions, exclude"},
		{"rules:\n  x: {severity: fatal}", `.sekisho.yaml:2: rule x: severity "fatal" is none of error, warning, note`},
		{"profile: lax", `profile "lax" is neither default nor strict`},
		{"exceptions:\n- rules: [a]", ".sekisho.yaml:2: exception without a reason"},
		{"exceptions:\n- reason: because", "would accept everything"},
		{"exceptions:\n- rules: [a]\n  reason: b\n  until: soon", `until "soon" is not a date`},
		{"releases:\n- name: a\n  chart: ../b", `.sekisho.yaml:2: release "a": "../b" is not a path inside the repository`},
		{"releases:\n- name: a\n  chart: b\n  values: [/etc/passwd]", "not a path inside"},
		{"policies: [../x]", "not a path inside"},
		{"values-required: [/x]", `values-required: "/x" is not a path inside`},
		{"limits:\n  timeout: fast", `.sekisho.yaml:2: "fast" is not a duration like 90s or 2m`},
		{"limits:\n  memory: 1.5GiB", `.sekisho.yaml:2: "1.5GiB" is not a size like 512MiB or 2GiB`},
		{"limits:\n  timeot: 5s", `.sekisho.yaml:2: unknown key "timeot", did you mean "timeout"?`},
		{"limits: {documents: -1}", `documents -1 is less than nothing`},
		{"a: [", ".sekisho.yaml:1: "},
		{"- a", ".sekisho.yaml:1: is not a mapping"},
		{"exclude: {a: b}", ".sekisho.yaml:1: cannot unmarshal"},
	} {
		_, err := Parse(Name, []byte(tt.src))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q\n got %v\nwant %s", tt.src, err, tt.want)
		}
	}
}

func TestUnknownRule(t *testing.T) {
	f, err := Parse(Name, []byte("rules:\n  host-path-volumes: {enabled: false}"))
	if err != nil {
		t.Fatal(err)
	}
	err = f.CheckRules([]string{"host-path-volume", "host-port"})
	if err == nil || err.Error() != `.sekisho.yaml:2: unknown rule "host-path-volumes", did you mean "host-path-volume"?` {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("rules:\n  a: {severity: error}\nreleases:\n- name: a\n  chart: b\n"))
	f.Add([]byte("exceptions:\n- &a {rules: [x], reason: y}\n- *a\n"))
	f.Add([]byte("rules: *x\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if file, err := Parse(Name, src); err == nil {
			_ = file.CheckRules(nil)
		}
	})
}
