package facts

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// labelled is one row of testdata/credentials/*.yaml.
type labelled struct {
	where, key, value, want, inner string
}

// labelledCases reads the labelled cases.
func labelledCases(tb testing.TB) []labelled {
	tb.Helper()
	var all []labelled
	for _, name := range []string{"env", "elsewhere"} {
		src, err := os.ReadFile("testdata/credentials/" + name + ".yaml")
		if err != nil {
			tb.Fatal(err)
		}
		var file struct {
			Where string
			Cases [][]string
		}
		if err := yaml.Unmarshal([]byte(strings.ReplaceAll(string(src), "¦", "")), &file); err != nil {
			tb.Fatal(err)
		}
		for _, c := range file.Cases {
			if file.Where != "" {
				c = append([]string{file.Where}, append(c, "")...)
			}
			if len(c) != 5 {
				tb.Fatalf("%s.yaml: a case of %d: %q", name, len(c), c)
			}
			all = append(all, labelled{c[0], c[1], c[2], c[3], c[4]})
		}
	}
	return all
}

// object makes an object that holds the value in the place of the case.
func (c labelled) object() model.Object {
	container := map[string]any{"name": "app", "image": "registry.example.com/app:1.2.3"}
	pod := map[string]any{"containers": []any{container}}
	meta := map[string]any{"name": "sample"}
	o := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod}
	switch c.where {
	case "env":
		container["env"] = []any{map[string]any{"name": c.key, "value": c.value}}
	case "args":
		container["args"] = []any{c.value}
	case "header":
		container["livenessProbe"] = map[string]any{"httpGet": map[string]any{"port": 80, "httpHeaders": []any{map[string]any{"name": c.key, "value": c.value}}}}
	case "annotation":
		meta["annotations"] = map[string]any{c.key: c.value}
	case "label":
		meta["labels"] = map[string]any{c.key: c.value}
	case "config-map":
		o = map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": map[string]any{c.key: c.value}}
	case "secret":
		o = map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": map[string]any{c.key: base64.StdEncoding.EncodeToString([]byte(c.value))}}
		if strings.HasPrefix(c.value, "ENC[") {
			o["data"] = map[string]any{c.key: c.value}
		}
	case "field":
		o = map[string]any{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": meta, "spec": map[string]any{c.key: c.value}}
	default:
		panic("unknown place " + c.where)
	}
	return model.Object{ID: model.ObjectID{APIVersion: o["apiVersion"].(string), Kind: o["kind"].(string), Name: "sample"}, Value: o}
}

// credentialsOf states the credential facts of one object.
func credentialsOf(o model.Object) []map[string]any {
	v := model.View{Object: &o, Facts: map[string]any{}}
	addEncryption(&v)
	addCredentials(&v, nil)
	list, _ := v.Facts["credentials"].([]any)
	facts := make([]map[string]any, len(list))
	for i, f := range list {
		facts[i] = f.(map[string]any)
	}
	return facts
}

// TestCredentialCases holds every labelled case, and prints how well the
// detection does by place. A case that fails stands in the golden with what
// was expected, so that it is known and counted, never forgotten.
func TestCredentialCases(t *testing.T) {
	type score struct{ hit, miss, alarm, quiet, kind int }
	scores := map[string]*score{}
	var misses strings.Builder
	for _, c := range labelledCases(t) {
		s := scores[c.where]
		if s == nil {
			s = &score{}
			scores[c.where] = s
		}
		got, inner := "", ""
		if facts := credentialsOf(c.object()); len(facts) > 0 {
			got = facts[0]["kind"].(string)
			inner, _ = facts[0]["inner"].(string)
		}
		fires := func(kind string) bool { return kind != "" && kind != kindDummy && kind != kindPlain }
		switch {
		case fires(c.want) && fires(got):
			s.hit++
		case fires(c.want):
			s.miss++
		case fires(got):
			s.alarm++
		default:
			s.quiet++
		}
		if got != c.want || c.inner != "" && inner != c.inner {
			if got != c.want {
				s.kind++
			}
			fmt.Fprintf(&misses, "%s %s %.40q: want %q %q, got %q %q\n", c.where, c.key, c.value, c.want, c.inner, got, inner)
		}
	}
	var b strings.Builder
	var sum score
	row := func(name string, s score) {
		fmt.Fprintf(&b, "%-11s %4d cases  precision %5.1f %%  recall %5.1f %%  other kind %d\n", name, s.hit+s.miss+s.alarm+s.quiet,
			100*float64(s.hit)/float64(max(1, s.hit+s.alarm)), 100*float64(s.hit)/float64(max(1, s.hit+s.miss)), s.kind)
	}
	for _, where := range []string{"env", "args", "header", "annotation", "label", "config-map", "field", "secret"} {
		s := scores[where]
		row(where, *s)
		sum.hit, sum.miss, sum.alarm, sum.quiet, sum.kind = sum.hit+s.hit, sum.miss+s.miss, sum.alarm+s.alarm, sum.quiet+s.quiet, sum.kind+s.kind
	}
	row("all", sum)
	t.Log("\n" + b.String())
	compareGolden(t, "testdata/credentials/score.golden", b.String()+"\nnot as labelled:\n"+misses.String())
}

// compareGolden holds text to a file, or rewrites the file with -update.
func compareGolden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != text {
		t.Errorf("%s differs; if the change is meant: go test ./internal/facts -run %s -update\n--- want\n%s\n--- got\n%s", file, t.Name(), want, text)
	}
}

// TestNoFactHoldsAValue plants every labelled credential and looks for it in
// what is stated: whoever reads a message must not learn more than two
// characters.
func TestNoFactHoldsAValue(t *testing.T) {
	for _, c := range labelledCases(t) {
		facts := credentialsOf(c.object())
		said := fmt.Sprint(facts)
		for _, secret := range plantedIn(c.value) {
			if strings.Contains(said, secret) && !strings.Contains(c.key, secret) {
				t.Errorf("%s %s: a fact holds %q: %s", c.where, c.key, secret, said)
			}
		}
	}
}

// plantedIn cuts a value into the pieces that must not be seen: runs of six or
// more characters that have a digit or are the whole of the value.
func plantedIn(value string) []string {
	var pieces []string
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \n\t:/@=&;,\"'<>()[]{}$", r) }) {
		if len(word) >= 6 && strings.ContainsAny(word, "0123456789") || word == value {
			pieces = append(pieces, word)
		}
	}
	return pieces
}

// TestProvidersCompile holds every pattern of gitleaks that we use to being
// read, so that none is lost in silence when the library is updated.
func TestProvidersCompile(t *testing.T) {
	if n := len(providers()); n < 180 {
		t.Errorf("%d patterns, want some 190", n)
	}
	for _, p := range providers() {
		p.once.Do(p.compile)
		if p.detector == nil || len(p.detector.Config.Rules) != 1 {
			t.Errorf("%s does not compile", p.id)
		}
		if len(p.keywords) == 0 || p.keywords[0] == "" {
			t.Errorf("%s has no keyword", p.id)
		}
	}
	known := map[string]bool{}
	for _, p := range providers() {
		known[p.id] = true
	}
	for id := range betterKeywords {
		if !known[id] {
			t.Errorf("betterKeywords names %s, which gitleaks does not have", id)
		}
	}
}

// TestGeneratedIsNoCommittedSecret leaves out what a template invents.
func TestGeneratedIsNoCommittedSecret(t *testing.T) {
	o := labelled{"secret", "password", "Zx81spectrum", "", ""}.object()
	if len(credentialsOf(o)) != 1 {
		t.Fatal("the password is not found at all")
	}
	o.Generated = []model.Path{{"data", "password"}}
	if facts := credentialsOf(o); len(facts) != 0 {
		t.Errorf("got %v", facts)
	}
}

// TestDefaultOf names the values key that a value equals, the likeliest when
// there are several.
func TestDefaultOf(t *testing.T) {
	o := labelled{"secret", "postgres-password", "Zx81spectrum", "", ""}.object()
	o.Defaults = func() map[string]any {
		return map[string]any{
			"auth":   map[string]any{"adminToken": "Zx81spectrum", "postgresPassword": "Zx81spectrum"},
			"labels": map[string]any{"a": "b"},
		}
	}
	facts := credentialsOf(o)
	if len(facts) != 1 || facts[0]["default_of"] != "auth.postgresPassword" {
		t.Errorf("got %v", facts)
	}
}

// TestEncryption tells the ways a Secret is kept.
func TestEncryption(t *testing.T) {
	secret := func(field string, entries map[string]any, sops map[string]any) map[string]any {
		o := map[string]any{"kind": "Secret", field: entries}
		if sops != nil {
			o["sops"] = sops
		}
		return o
	}
	enc := "ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]"
	for _, c := range []struct {
		name  string
		kind  string
		value map[string]any
		tool  string
		plain int
	}{
		{"sops", "Secret", secret("data", map[string]any{"a": enc}, map[string]any{}), "sops", 0},
		{"sops in part", "Secret", secret("stringData", map[string]any{"a": enc, "b": "x", "c": ""}, map[string]any{}), "sops", 1},
		{"sops suffix", "Secret", secret("data", map[string]any{"a_clear": "x"}, map[string]any{"unencrypted_suffix": "_clear"}), "sops", 0},
		{"kubesec", "Secret", secret("data", map[string]any{"a": "aTfkm4tryWYf.pfZ4PTL0SEn0+sQ1.DQbjzCifiDBY8e0l9lkd1A=="}, nil), "kubesec", 0},
		{"sealed", "SealedSecret", map[string]any{"kind": "SealedSecret"}, "sealed-secrets", 0},
		{"plain", "Secret", secret("data", map[string]any{"a": "aHVudGVyMg=="}, nil), "", 0},
		{"empty", "Secret", secret("data", nil, nil), "", 0},
	} {
		v := model.View{Object: &model.Object{ID: model.ObjectID{Kind: c.kind}, Value: c.value}, Facts: map[string]any{}}
		addEncryption(&v)
		f, _ := v.Facts["encryption"].(map[string]any)
		tool, _ := f["tool"].(string)
		plain, _ := f["plaintext"].([]any)
		if tool != c.tool || len(plain) != c.plain {
			t.Errorf("%s: got %v", c.name, f)
		}
		if tool != "" {
			addCredentials(&v, nil)
			if v.Facts["credentials"] != nil {
				t.Errorf("%s: states credentials %v", c.name, v.Facts["credentials"])
			}
		}
	}
}

// TestOddShapes feeds what no schema allows: it must not panic.
func TestOddShapes(t *testing.T) {
	for _, value := range []map[string]any{
		nil,
		{"kind": "Secret", "data": []any{"x"}, "stringData": nil},
		{"kind": "Secret", "data": map[string]any{"a": 1, "b": nil, "c": map[string]any{}}},
		{"kind": "ConfigMap", "data": "password: hunter2hunter2"},
		{"spec": map[string]any{"containers": []any{nil, "x", map[string]any{"name": 1, "env": map[string]any{"a": "b"}, "args": []any{nil, 1, "--password"}}}}},
		{"metadata": map[string]any{"annotations": []any{"x"}}},
		{"kind": "Dockerfile", "stages": []any{nil, map[string]any{"instructions": []any{nil, map[string]any{"pairs": []any{nil}}}}}},
	} {
		kind, _ := value["kind"].(string)
		credentialsOf(model.Object{ID: model.ObjectID{Kind: kind}, Value: value})
	}
}

// TestHostileText takes what costs most, a quarter of a megabyte of it and four
// times less: what grows faster than its length does not end in time. The times
// are compared with each other, for machines differ.
func TestHostileText(t *testing.T) {
	for _, unit := range []string{
		"password", "password: ", "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEpAIBAAKCAQEA", "LS0tLS1CRUdJTiBQUklWQVRF", "mysql -p", "://",
		"a://b:c", "ghp" + "_", "eyJ", "datadog", "\"password\":\"", "curl -u ", "<name>password</name>", "password=\"x\\",
	} {
		took := func(size int) time.Duration {
			text := strings.Repeat(unit, size/len(unit))
			start := time.Now()
			inspect(nil, "x", text, nameSilent, false)
			judgeEntry(nil, "x", text)
			return time.Since(start)
		}
		small, large := took(1<<16), took(1<<18)
		if large > 10*time.Second && large > 10*small {
			t.Errorf("%q, repeated, took %v, and %v when four times longer", unit, small, large)
		} else {
			t.Logf("%-24.24q %v %v", unit, small, large)
		}
	}
}

// FuzzInspect looks for panics and for values that escape into what is shown.
func FuzzInspect(f *testing.F) {
	for _, c := range labelledCases(f) {
		f.Add(c.key, c.value)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		for _, found := range inspect(nil, key, value, classifyName(key), true) {
			if s := shown(found.value); len(found.value) > 40 && len(s) > 40 {
				t.Errorf("%q shows %q", found.value, s)
			}
			if found.line > 1+strings.Count(value, "\n") {
				t.Errorf("line %d of %q", found.line, value)
			}
		}
		judgeEntry(nil, key, value)
	})
}

// BenchmarkCredentials measures a Deployment of usual size without any keyword
// of a provider: the case of nearly every object.
func BenchmarkCredentials(b *testing.B) {
	o := deployment()
	credentialsOf(o) // cuts gitleaks' text, once
	b.ReportAllocs()
	for b.Loop() {
		if facts := credentialsOf(o); len(facts) > 0 {
			b.Fatal(facts)
		}
	}
}

// BenchmarkCredentialsFirst measures what the first object of a process pays.
func BenchmarkCredentialsFirst(b *testing.B) {
	for b.Loop() {
		cutProviders()
		buildLookout()
	}
}

func deployment() model.Object {
	var o map[string]any
	src := `{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop, namespace: shop, labels: {app.kubernetes.io/name: shop,
 app.kubernetes.io/instance: shop, app.kubernetes.io/version: 1.4.2, helm.sh/chart: shop-1.2.3}, annotations: {checksum/config:
 9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0}}, spec: {replicas: 2, selector: {matchLabels: {app: shop}},
 template: {metadata: {labels: {app: shop}}, spec: {serviceAccountName: shop, containers: [{name: shop,
 image: "registry.example.com/team/shop:1.4.2", args: ["--listen=:8080", "--log-level=info", "--config=/etc/shop/config.yaml"],
 env: [{name: LOG_LEVEL, value: info}, {name: DB_HOST, value: db.shop.svc.cluster.local}, {name: DB_PORT, value: "5432"},
 {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: shop-db, key: password}}}, {name: JAVA_OPTS, value: "-Xmx1g -XX:+UseG1GC"},
 {name: TZ, value: Europe/Berlin}, {name: CACHE_URL, value: "redis://cache:6379/0"}, {name: FEATURES, value: "a,b,c"}],
 ports: [{name: http, containerPort: 8080, protocol: TCP}], resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 512Mi}},
 livenessProbe: {httpGet: {path: /healthz, port: http}}, readinessProbe: {httpGet: {path: /ready, port: http}},
 volumeMounts: [{name: config, mountPath: /etc/shop}, {name: tmp, mountPath: /tmp}]}],
 volumes: [{name: config, configMap: {name: shop}}, {name: tmp, emptyDir: {}}], nodeSelector: {kubernetes.io/os: linux}}}}}`
	if err := yaml.Unmarshal([]byte(src), &o); err != nil {
		panic(err)
	}
	return model.Object{ID: model.ObjectID{APIVersion: "apps/v1", Kind: "Deployment", Name: "shop"}, Value: o}
}
