package facts

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

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
	addCredentials(&v)
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
